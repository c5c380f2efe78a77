"""Drag a dot, and the signals change; translate one modality into another; look at a subject."""

import pytest
from browser import Visit
from playwright.sync_api import Locator

DRAWN = "section[aria-label=Decoded]"


def find(seen: Visit, subject: str) -> None:
    seen.page.get_by_role("combobox", name="Find subject").fill(subject)
    seen.page.keyboard.press("Enter")
    seen.settles(lambda: seen.state("subject") != "", f"{subject} is found")


@pytest.mark.parametrize("whose", ["everyone", "subject"])
def test_the_dot_of_the_dimension_most_associated_with_age_changes_the_ecg_and_brings_it_back(
    seen: Visit, whose: str
) -> None:
    if whose == "subject":
        find(seen, "15709")
    seen.page.get_by_label("Ranked by").select_option(label="Age")
    best = seen.explorer.rank(by="association", name="age")[0].dim
    strip = f"[data-testid=latent-{best}]"
    seen.page.wait_for_selector(f"{strip} canvas")
    assert seen.page.locator("[data-testid^=latent-]").first.get_attribute("data-testid") == f"latent-{best}"
    seen.settles(lambda: len(seen.picture(DRAWN)) > 0, "something is drawn")
    seen.page.wait_for_timeout(300)
    before = seen.picture(DRAWN)
    slider = seen.page.get_by_role("slider", name=f"Latent {best}")
    share = share_of(slider)
    x, y = seen.place(f"{strip} canvas", share, 0.6)
    mouse = seen.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 20, y)
    mouse.move(x + 40, y)
    seen.settles(lambda: seen.picture(DRAWN) != before, "the decoded signals change")
    away = seen.picture(DRAWN)
    mouse.move(x + 20, y)
    seen.settles(lambda: seen.picture(DRAWN) not in (before, away), "they change with the dot")
    mouse.move(x, y)
    mouse.up()
    seen.settles(lambda: seen.picture(DRAWN) == before, "they come back with the dot")


def share_of(slider: Locator) -> float:
    low, high, now = (float(slider.evaluate(f"e => e.{name}")) for name in ("min", "max", "value"))
    return (now - low) / (high - low)


def test_a_dimension_is_moved_by_keys_and_moved_back_by_its_button(seen: Visit) -> None:
    slider = seen.page.get_by_role("slider", name="Latent z").first
    name = (slider.get_attribute("aria-label") or "").removeprefix("Latent ")
    seen.page.wait_for_timeout(300)
    before = seen.picture(DRAWN)
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    seen.settles(lambda: seen.picture(DRAWN) != before, "the decoded signals change")
    seen.page.get_by_role("button", name=f"Move {name} back").click()
    seen.settles(lambda: seen.picture(DRAWN) == before, "they come back")


def test_a_translation_stands_beside_the_truth_and_is_marked_generated(seen: Visit) -> None:
    find(seen, "15709")
    seen.page.get_by_role("button", name="Translate", exact=True).click()
    panel = seen.page.locator(DRAWN)
    panel.get_by_text("drawn from limb leads alone").wait_for()
    assert "GENERATED" in panel.inner_text()
    assert "recorded" in panel.inner_text()
    assert "This translation misses" in panel.inner_text()
    limb = seen.picture(DRAWN)
    panel.get_by_role("button", name="Chest leads").click()
    panel.get_by_text("drawn from chest leads alone").wait_for()
    seen.settles(lambda: seen.picture(DRAWN) != limb, "the other direction is drawn")


def test_a_subject_is_found_and_its_recordings_are_shown(seen: Visit) -> None:
    find(seen, "15709")
    card = seen.page.get_by_role("region", name="Subject")
    subjects = seen.explorer.workspace.subjects()
    row = int(seen.state("subject"))
    assert subjects["subject_id"][row] == "15709"
    text = card.inner_text()
    assert "RECORDED" in text
    assert f"{subjects['age'][row]:.0f} years" in text
    assert "missing" in text
    assert seen.page.locator("section[aria-label=Subject] canvas").count() >= 2


def test_a_point_that_is_clicked_is_the_subject_that_is_shown(seen: Visit) -> None:
    box = seen.page.locator("[data-testid=map-limb] canvas").first.bounding_box()
    assert box
    for share in (0.3, 0.4, 0.5, 0.6, 0.7):
        seen.page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        if seen.state("subject"):
            break
    seen.settles(lambda: seen.state("subject") != "", "a click near points finds one")
    row = int(seen.state("subject"))
    assert (
        seen.explorer.workspace.subjects()["subject_id"][row]
        in seen.page.get_by_role("region", name="Subject").inner_text()
    )
