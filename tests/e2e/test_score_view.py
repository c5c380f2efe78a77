"""The table of scores, driven as a person does: every number shown is the one that Python computes."""

from collections.abc import Sequence

import pytest
from barriers import barriers
from browser import Visit, visit
from grouping import combined, forgetting, keep, outlined, row, saved
from playwright.sync_api import Browser
from test_page import CLIPPED, CUT, SIZES

from built import Built
from latentspace import groups
from latentspace.answers import Figure
from latentspace.scores.answer import Gap, Task

PAGE = "[data-testid=score]"


def share(value: float) -> str:
    """As the page writes a share: `.78`."""
    text = f"{value:.2f}".replace("-", "−")
    return text.replace("0.", ".", 1) if text.startswith(("0.", "−0.")) else text


def first(figures: dict[str, Figure]) -> Figure:
    return figures["auroc"] if "auroc" in figures else figures["r2"]


def opened(seen: Visit, people: int) -> None:
    """Press Score in the panel of groups."""
    seen.page.get_by_role("region", name="Groups").get_by_role("button", name="Score").click()
    ready(seen, people)


def ready(seen: Visit, people: int) -> None:
    seen.page.wait_for_selector(f"{PAGE}[data-ready=true][data-people='{people}']")


def two_groups(seen: Visit) -> list[groups.Recipe]:
    outlined(seen)
    keep(seen, "A", "Outlined")
    combined(seen, "The rest: not in A", "A")
    row(seen, "B").wait_for()
    seen.page.get_by_role("button", name="Clear all", exact=True).click()
    seen.settles(lambda: seen.state("selected") == str(seen.about.n), "nobody is selected")
    return [groups.parse(saved(seen)[letter]["recipe"]) for letter in "AB"]


def lines(seen: Visit, task: Task) -> Sequence[Sequence[str]]:
    """The cells of a task as they are shown."""
    rows = seen.page.get_by_test_id(f"task-{task.name}").locator("tr[data-people]")
    return [line.locator("td, th.who").all_inner_texts() for line in rows.all()]


def test_every_number_of_the_table_is_pythons(bare: Visit) -> None:
    recipes = two_groups(bare)
    opened(bare, people=2)
    table = bare.explorer.score(recipes)
    assert bare.page.locator(PAGE).get_attribute("data-tests") == str(table.tests)
    assert table.tasks
    for task in table.tasks:
        shown = lines(bare, task)
        assert len(shown) == 3
        for scored, cells in zip(task.scored, shown, strict=True):
            events = "" if scored.events is None else f"{scored.events:,} / "
            assert cells[1] == f"{events}{scored.n:,}"
            found = first(dict(scored.figures))
            if found.value is None or found.low is None or found.high is None:
                assert len(cells) == 3
                continue
            held = "–" if scored.held_out.value is None else share(scored.held_out.value)
            wanted = [
                share(found.value),
                f"{share(found.low)} to {share(found.high)}",
                held,
            ]
            assert cells[3:] == wanted, task.name
        named = bare.page.get_by_test_id(f"task-{task.name}").get_attribute("data-named")
        assert named == (task.worst.attribute if task.worst and task.worst.named else "")


def test_another_space_and_another_division_are_asked_of_python(bare: Visit) -> None:
    opened(bare, people=0)
    space = bare.two[0].name
    bare.page.get_by_label("Predicted from").select_option(space)
    bare.page.wait_for_selector(f"{PAGE}[data-ready=true][data-space={space}]")
    first_by = bare.explorer.score().by[0]
    label = next(p.label for p in bare.about.phenotypes if p.name == first_by)
    bare.page.get_by_role("button", name=f"No longer divide by {label}").click()
    table = bare.explorer.score(space=space, by=[name for name in bare.explorer.score().by if name != first_by])
    bare.settles(lambda: bare.page.locator(PAGE).get_attribute("data-tests") == str(table.tests), "it is divided anew")
    for task in table.tasks:
        found = first(dict(task.scored[0].figures))
        if found.value is not None:
            assert lines(bare, task)[0][3] == share(found.value)


def test_one_task_is_told_in_full(bare: Visit) -> None:
    recipes = two_groups(bare)
    opened(bare, people=2)
    table = bare.explorer.score(recipes)
    task = next(t for t in table.tasks if first(dict(t.scored[0].figures)).value is not None)
    bare.page.get_by_test_id(f"task-{task.name}").get_by_role("button").press("Enter")
    bare.page.wait_for_selector(f"[data-testid=score-task][data-task='{task.name}']")
    told = bare.explorer.score_task(task.name, recipes)
    for source in told.sources:
        rows = bare.page.get_by_test_id(f"from-{source.space}").locator("tr")
        for scored, line in zip(source.scored, rows.all(), strict=True):
            found = first(dict(scored.figures))
            if found.value is not None:
                assert line.locator("td.value").inner_text() == share(found.value)
    calibration = bare.page.get_by_role("region", name="Calibration")
    for one in told.calibration:
        dots = calibration.locator(f"g[data-people='{one.people}'] circle")
        shown = dots.evaluate_all("all => all.map((d) => [Number(d.dataset.predicted), Number(d.dataset.observed)])")
        assert shown == [[pytest.approx(b.predicted), pytest.approx(b.observed)] for b in one.bins]
    gaps = bare.page.get_by_test_id("gap")
    assert gaps.count() == len(told.gaps)
    for gap, line in zip(told.gaps, gaps.all(), strict=True):
        assert line.get_attribute("data-named") == str(gap.named).lower()
        assert f"{gap.n:,}" in line.inner_text()
    assert worst_words(told.gaps) in bare.page.get_by_test_id("worst").inner_text()


def worst_words(gaps: Sequence[Gap]) -> str:
    named = next((gap for gap in gaps if gap.named), None)
    if named is None:
        return "Nobody is named"
    return share(named.here) if named.statistic == "auroc" else "mean error"


def test_the_selection_is_scored_beside_everyone_without_being_saved(bare: Visit) -> None:
    outlined(bare)
    opened(bare, people=1)
    (task, *_) = bare.explorer.score([groups.parse(bare.recipe())]).tasks
    assert lines(bare, task)[1][0].strip() == "selection"
    assert lines(bare, task)[1][1].endswith(f"{task.scored[1].n:,}")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_clipped_in_the_table(browser: Browser, link: str, built: Built, size: tuple[int, int]) -> None:
    with visit(browser, link, built.path, size=size) as seen, forgetting(seen):
        two_groups(seen)
        opened(seen, people=2)
        seen.page.wait_for_selector("[data-testid=score-task]:not([data-task=''])")
        for check in (CLIPPED, CUT):
            assert seen.page.evaluate(check) == []
        for region in seen.page.locator(".rows.scroll").all():
            assert region.evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier_in_the_table(browser: Browser, link: str, built: Built, theme: str) -> None:
    with visit(browser, link, built.path, theme=theme) as seen, forgetting(seen):
        two_groups(seen)
        opened(seen, people=2)
        seen.page.wait_for_selector("[data-testid=score-task]:not([data-task=''])")
        assert barriers(seen) == []
