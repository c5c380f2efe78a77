"""Undo and redo of everything, as a person sees it: each step back and forward again, on the page and on the server."""

import time
from collections.abc import Callable

from browser import PATIENCE_S, Visit
from grouping import keep, row, saved
from playwright.sync_api import Locator
from test_latents import brush, choose
from test_walk import open_walk

VIEWS = "async () => (await (await fetch('views')).json()).map((view) => view.name)"
State = dict[str, object]


def state(seen: Visit) -> State:
    """All that the steps below change, as the page shows it and the server keeps it."""
    page = seen.page
    direction = page.get_by_role("slider", name="Direction of")
    return {
        "recipe": seen.state("recipe"),
        "subject": seen.state("subject"),
        "groups": [(letter, group["id"], group["name"], group["recipe"]) for letter, group in saved(seen).items()],
        "names": page.get_by_role("textbox", name="Name of ").evaluate_all("all => all.map((one) => one.value)"),
        "colour": page.get_by_label("Colour by").input_value(),
        "maps": page.locator("[data-testid^=map-]").evaluate_all("all => all.map((one) => one.dataset.testid)"),
        "order": page.get_by_label("Ranked by").input_value(),
        "dims": dims(seen),
        "latent": page.get_by_role("slider", name="Latent z").first.input_value(),
        "direction": direction.input_value() if direction.count() else "",
        "pinned": page.locator("[data-pinned]").evaluate_all("all => all.map((one) => one.dataset.pinned)"),
        "views": page.evaluate(VIEWS),
    }


def dragged(seen: Visit) -> None:
    """One drag of the first dot with the mouse, over many places."""
    dot = seen.page.locator("[data-testid^=latent-] canvas").first
    box = dot.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    seen.page.mouse.move(box["x"] + 0.7 * box["width"], y)
    seen.page.mouse.down()
    for share in (0.72, 0.75, 0.8, 0.85):
        seen.page.mouse.move(box["x"] + share * box["width"], y)
    seen.page.mouse.up()


def slid(seen: Visit) -> None:
    seen.page.get_by_role("slider", name="Direction of").press("PageUp")


def coloured(seen: Visit) -> None:
    choose_another(seen.page.get_by_label("Colour by"))


def ordered(seen: Visit) -> None:
    before = dims(seen)
    choose_another(seen.page.get_by_label("Ranked by"))
    seen.settles(lambda: dims(seen) != before, "the dimensions are in another order")


def dims(seen: Visit) -> list[str]:
    """The dimensions with a row, in the order of the rows."""
    rows = seen.page.locator("[data-testid^=latent-]")
    return rows.evaluate_all("all => all.map((one) => one.dataset.testid)")


def choose_another(box: Locator) -> None:
    values = box.locator("option").evaluate_all("all => all.map((one) => one.value)")
    box.select_option(next(value for value in values if value != box.input_value()))


def a_map_less(seen: Visit) -> None:
    seen.page.get_by_role("group", name="Maps shown").get_by_role("button", pressed=True).first.click()


def pinned(seen: Visit) -> None:
    pin = seen.page.get_by_role("button", name=f"Pin {seen.numeric.label}", exact=True)
    pin.press("Enter")
    seen.page.get_by_role("region", name="Pinned").get_by_role("slider").first.wait_for()
    assert pin.get_attribute("aria-pressed") == "true"
    seen.settles(lambda: pin.evaluate("one => one === document.activeElement"), "the keyboard stays on the pin")


def deleted(seen: Visit) -> None:
    seen.page.get_by_role("button", name="Delete A", exact=True).click()
    row(seen, "A").wait_for(state="detached")


def views(seen: Visit, act: Callable[[], None]) -> None:
    seen.page.get_by_role("button", name="Views", exact=True).click()
    act()
    seen.page.keyboard.press("Escape")
    seen.page.get_by_role("dialog").wait_for(state="detached")


def view_saved(seen: Visit) -> None:
    def act() -> None:
        seen.page.get_by_role("textbox", name="Name of the view").fill("Mine")
        seen.page.get_by_role("button", name="Save", exact=True).click()
        seen.page.get_by_role("button", name="Open Mine").wait_for()

    views(seen, act)


def view_deleted(seen: Visit) -> None:
    def act() -> None:
        seen.page.get_by_role("button", name="Delete Mine").click()
        seen.page.get_by_role("button", name="Open Mine").wait_for(state="detached")

    views(seen, act)


STEPS: tuple[tuple[str, Callable[[Visit], object]], ...] = (
    ("latent ", dragged),
    ("slider of ", slid),
    ("colour by ", coloured),
    ("choice of maps", a_map_less),
    ("order of the latents", ordered),
    ("pin of ", pinned),
    ("saving of view Mine", view_saved),
    ("deletion of view Mine", view_deleted),
    ("deletion of A", deleted),
)


def test_everything_that_is_done_is_undone_step_by_step_and_done_again(bare: Visit) -> None:
    page = bare.page
    bare.find(bare.alone())
    brush(bare)
    keep(bare, "A", "The older")
    choose(bare)
    page.keyboard.press("Escape")
    seen = [settled(bare, "")]
    for label, act in STEPS:
        act(bare)
        seen.append(settled(bare, label))
        assert seen[-1] != seen[-2], label
    for wanted in reversed(seen[:-1]):
        page.keyboard.press("Control+z")
        becomes(bare, wanted)
    for wanted in seen[1:]:
        page.keyboard.press("Control+Shift+z")
        becomes(bare, wanted)
    for _ in STEPS:
        page.keyboard.press("Control+z")
    becomes(bare, seen[0])
    all_undone(bare, seen[-1])
    walk_ends(bare)


def becomes(seen: Visit, wanted: State) -> None:
    """Wait for a state; who waits in vain sees what is otherwise."""
    end = time.monotonic() + PATIENCE_S
    while state(seen) != wanted and time.monotonic() < end:
        seen.page.wait_for_timeout(20)
    assert state(seen) == wanted


def settled(seen: Visit, label: str) -> State:
    """The state after a step."""
    offered(seen, label)
    return state(seen)


def offered(seen: Visit, label: str) -> None:
    """The button says what it would take back."""
    button = seen.page.get_by_role("button", name="Undo")
    seen.settles(lambda: f"Undo: {label}" in (button.get_attribute("title") or ""), f"undo says {label}")


def all_undone(bare: Visit, last: State) -> None:
    """Back to the page as it opened, before the brush, the subject, the group and its name; and forward to the end."""
    undo = bare.page.get_by_role("button", name="Undo")
    while undo.is_enabled():
        undo.click()
    opened = {"groups": [], "names": [], "subject": "", "direction": "", "recipe": '{"kind":"all_of","of":[]}'}
    bare.settles(lambda: opened.items() <= state(bare).items(), "nothing was ever done")
    redo = bare.page.get_by_role("button", name="Redo")
    while redo.is_enabled():
        redo.click()
    bare.settles(lambda: state(bare) == last, "all is done again")


def walk_ends(bare: Visit) -> None:
    open_walk(bare)
    end, walk = bare.page.get_by_label("End A"), bare.page.get_by_test_id("walk")
    before = end.input_value()
    end.select_option("everyone")
    bare.settles(lambda: walk.get_attribute("data-a") == "everyone", "it starts at everyone")
    bare.page.get_by_role("button", name="Undo").click()
    bare.settles(lambda: (walk.get_attribute("data-a"), end.input_value()) == (before, before), "the old end")
    bare.page.get_by_role("button", name="Redo").click()
    bare.settles(lambda: (walk.get_attribute("data-a"), end.input_value()) == ("everyone",) * 2, "the new end")


CHOSEN = """() => [...document.querySelectorAll('[aria-pressed], select')].map(
  (one) => [one.getAttribute('aria-label') ?? one.textContent, one.value, one.ariaPressed].join(' '))"""


def choices(seen: Visit) -> list[str]:
    return seen.page.evaluate(CHOSEN)


def other(seen: Visit, box: str) -> None:
    choose_another(seen.page.get_by_label(box, exact=True))


def pressed(seen: Visit, name: str) -> None:
    seen.page.get_by_role("button", name=name, exact=False, pressed=False).first.click()


def one_step(seen: Visit, label: str, act: Callable[[], None]) -> None:
    """A choice, taken back and made again; the view shows it each time."""
    before = choices(seen)
    act()
    offered(seen, label)
    after = choices(seen)
    assert after != before, label
    seen.page.keyboard.press("Control+z")
    seen.settles(lambda: choices(seen) == before, f"{label} is taken back")
    seen.page.keyboard.press("Control+Shift+z")
    seen.settles(lambda: choices(seen) == after, f"{label} is made again")


def test_choices_of_every_view_are_steps_and_back_goes_through_the_views(bare: Visit) -> None:
    page = bare.page
    brush(bare)
    keep(bare, "A", "The older")
    one_step(bare, "maps or table", lambda: pressed(bare, "As table"))
    one_step(bare, "advanced page", lambda: pressed(bare, "Advanced"))
    page.get_by_role("navigation").get_by_role("button", name="Compare").click()
    page.wait_for_selector("[data-testid=compare][data-ready=true]")
    one_step(bare, "statistic", lambda: pressed(bare, "Median"))
    one_step(bare, "order of the rows", lambda: pressed(bare, "By section"))
    one_step(bare, "how openly", lambda: other(bare, "Disclosure"))
    one_step(bare, "groups that", lambda: other(bare, "Group to compare"))
    page.get_by_role("navigation").get_by_role("button", name="Score").click()
    page.wait_for_selector("[data-testid=score][data-ready=true]")
    one_step(bare, "order of the tasks", lambda: other(bare, "Sorted"))
    for name in ("Compare", "Explore"):
        page.go_back()
        here = page.get_by_role("navigation").get_by_role("button", name=name)
        bare.settles(lambda here=here: here.get_attribute("aria-current") == "page", f"back at {name}")
    page.go_forward()
    page.wait_for_selector("[data-testid=compare]")
