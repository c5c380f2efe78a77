"""The view of survival: every number that it shows is the one that Python says of the same recipe."""

from decimal import ROUND_HALF_UP, Decimal

from browser import Visit
from playwright.sync_api import Locator

from latentspace.comparison.answer import CompareOptions, Estimate, Side
from latentspace.comparison.text import chance, estimate
from latentspace.disclosure import Preset
from latentspace.groups import parse
from latentspace.survival.answer import CoxModels, Survival

VIEW, COX = "[data-testid=survival]", "[data-testid=cox]"


def rounded(value: float, places: int) -> str:
    """As JavaScript's toFixed does: halves away from nought."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def percent(share: float) -> str:
    return rounded(100 * share, 1 if 0 < share < 0.0995 else 0)


def said(n: int | None) -> str:
    return "–" if n is None else f"{n:,}"


def at_mark(found: Survival, group: int, tick: float, *, rising: bool) -> str:
    """The share at a mark of the axis with its interval, as the table writes it."""
    one, at = found.groups[group], max(i for i, time in enumerate(found.times) if time <= tick + 1e-9)
    if not one.share or (share := one.share[at]) is None:
        return "–"
    low, high = one.low[at], one.high[at]
    if rising:
        share, low, high = 1 - share, None if high is None else 1 - high, None if low is None else 1 - low
    ends = "" if low is None or high is None else f" ({percent(low)} to {percent(high)})"
    return f"{percent(share)} %{ends}"


def cells(row: Locator) -> list[str]:
    return [text.strip() for text in row.locator("td").all_inner_texts()]


def ratio(one: Estimate, reason: str) -> str:
    return reason if one.value is None else estimate(one)


def agrees(seen: Visit, found: Survival, shape: str) -> None:
    """Tables and numbers below the curves are those of `found`, and each curve ends where its last share lies."""
    p = seen.page.get_by_test_id("log-rank").inner_text()
    assert (f"log-rank p {chance(found.p)}," if found.p is not None else found.reason) in p
    marks = seen.page.get_by_test_id("survival-shares").locator("tbody tr").all()
    plot = seen.page.locator(f"{VIEW} svg[data-top]")
    top = float(plot.get_attribute("data-top") or "nan")
    for i, group in enumerate(found.groups):
        contrast = found.contrasts[i - 1] if i else None
        shown = cells(seen.page.locator(f"[data-testid=survival-groups] tr[data-group='{group.name}']"))
        half = "–" if group.median is None else rounded(group.median, 1)
        assert shown[:4] == [said(group.n), said(group.missing), said(group.events), half]
        if contrast:
            texts = [ratio(contrast.ratio, contrast.reason), ratio(contrast.adjusted, contrast.reason_adjusted)]
            assert shown[4:] == texts
        assert cells(marks[i]) == [at_mark(found, i, tick, rising=shape == "incidence") for tick in found.ticks]
        drawn = plot.locator(f"g[data-group='{group.name}']")
        assert plot.locator(f"[data-risk^='{i}-']").all_text_contents() == [said(n) for n in group.at_risk]
        path = drawn.locator("path.curve").get_attribute("d") or ""
        told = [value for value in group.share if value is not None]
        if told:
            last = told[-1] if shape == "survival" else 1 - told[-1]
            assert abs(float(path.rpartition("V")[2]) - 300 * (1 - last / top)) < 0.011
        else:
            assert path == ""


def foreseen(seen: Visit, models: CoxModels) -> None:
    """The table of the C-index is that of Python."""
    for model in models.models:
        shown = cells(seen.page.locator(f"{COX} tr[data-source={model.source}]"))
        figure = model.reason or estimate(model.concordance)
        assert shown == [f"{said(model.events)} / {said(model.n)}", figure], model.source


def asked(seen: Visit, disclosure: Preset) -> Survival:
    """What Python says of the selection beside the rest."""
    side, event = Side(name="Selection", recipe=parse(seen.recipe())), chosen_event(seen)
    return seen.explorer.survival([side], event, CompareOptions(disclosure=disclosure))


def chosen_event(seen: Visit) -> str:
    """The event that the page asks for, the second where there are two: hearts fail more often than they fibrillate."""
    timed = [p for p in seen.about.phenotypes if p.kind == "time_to_event"]
    return timed[min(1, len(timed) - 1)].name


def opened(seen: Visit) -> None:
    seen.page.get_by_label("Views").get_by_role("button", name="Survival").click()
    if seen.page.get_by_label("Event", exact=True).count():
        seen.page.get_by_label("Event", exact=True).select_option(value=chosen_event(seen))


def ready(seen: Visit, disclosure: Preset) -> None:
    seen.page.wait_for_selector(f"{VIEW}[data-ready=true][data-groups='2'][data-disclosure={disclosure}]")
    seen.page.wait_for_selector(f"{VIEW}[data-event={chosen_event(seen)}]")


def survival_is_pythons(seen: Visit) -> None:
    """Of the older half: both shapes of the curves, hazards and C-index; strict takes few events away."""
    seen.page.get_by_label("Views").get_by_role("button", name="Explore").click()
    seen.page.get_by_role("button", name="Clear all", exact=True).click()
    while seen.mask().mean() > 0.5:
        seen.page.get_by_role("slider", name="Age from").press("PageUp")
    opened(seen)
    seen.page.get_by_label("Disclosure").select_option(value="laptop")
    ready(seen, "laptop")
    exact = asked(seen, "laptop")
    for shape, button in (("survival", "Event-free"), ("incidence", "With event")):
        seen.page.get_by_role("group", name="Curves").get_by_role("button", name=button).click()
        seen.page.wait_for_selector(f"{VIEW}[data-shape={shape}]")
        agrees(seen, exact, shape)
    seen.page.get_by_role("button", name="Fit Cox models").click()
    seen.page.wait_for_selector(f"{COX}[data-ready=true]", timeout=60_000)
    foreseen(seen, seen.explorer.hazards(exact.name))
    seen.page.get_by_label("Disclosure").select_option(value="strict")
    ready(seen, "strict")
    seen.page.wait_for_selector(f"{COX}[data-disclosure=strict]", timeout=60_000)
    strict = asked(seen, "strict")
    agrees(seen, strict, "incidence")
    foreseen(seen, seen.explorer.hazards(exact.name, "strict"))
    assert exact.contrasts[0].ratio.value
    assert [(group.events, group.share) for group in strict.groups] == [(None, ()), (None, ())]
    assert "suppressed" in seen.page.get_by_test_id("survival-groups").inner_text()
