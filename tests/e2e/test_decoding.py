"""Drag a dot, and the signals change; translate one modality into another; look at a subject."""

import pytest
from browser import Visit
from playwright.sync_api import Locator

DRAWN = "section[aria-label=Decoded]"


@pytest.mark.parametrize("whose", ["everyone", "subject"])
def test_the_dot_of_the_dimension_most_associated_with_a_phenotype_changes_what_is_drawn_and_brings_it_back(
    seen: Visit, whose: str
) -> None:
    if whose == "subject":
        seen.find(seen.alone())
    phenotype = seen.numeric
    seen.page.get_by_label("Ranked by").select_option(label=phenotype.label)
    best = seen.explorer.rank(by="association", name=phenotype.name)[0].dim
    strip = f"[data-testid=latent-{best}]"
    seen.page.wait_for_selector(f"{strip} canvas")
    first = seen.page.locator("[data-testid^=latent-]").first
    seen.settles(lambda: first.get_attribute("data-testid") == f"latent-{best}", f"{best} is the first")
    before = seen.rests(DRAWN)
    x, y = seen.place(f"{strip} canvas", share_of(seen.page.get_by_role("slider", name=f"Latent {best}")), 0.6)
    mouse = seen.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 20, y)
    mouse.move(x + 40, y)
    seen.settles(lambda: seen.picture(DRAWN) != before, "the decoded signals change")
    away = seen.rests(DRAWN)
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
    before = seen.rests(DRAWN)
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    seen.settles(lambda: seen.picture(DRAWN) != before, "the decoded signals change")
    seen.page.get_by_role("button", name=f"Move {name} back").click()
    seen.settles(lambda: seen.picture(DRAWN) == before, "they come back")


def test_with_the_keyboard_alone_a_subject_is_found_and_a_dot_is_moved(seen: Visit) -> None:
    page, wanted = seen.page, seen.alone()

    def named() -> str:
        return page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")

    def tab_to(start: str) -> None:
        for _ in range(200):
            if named().startswith(start):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"no Tab leads to {start}")

    tab_to("Find subject")
    decoded = seen.state("decoded")
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")
    seen.settles(lambda: seen.state("subject") != "" and seen.state("decoded") != decoded, "the subject is drawn")
    before = seen.rests(DRAWN)
    tab_to("Latent z")
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    seen.settles(lambda: seen.picture(DRAWN) != before, "the decoded signals change")
    tab_to("Move z")
    page.keyboard.press("Enter")
    seen.settles(lambda: seen.picture(DRAWN) == before, "they come back")


def test_a_moved_code_is_placed_on_the_maps_that_are_seen_and_on_no_other(seen: Visit) -> None:
    first, second = seen.two
    seen.advanced()
    seen.find(seen.alone())
    maps = seen.rests(seen.map(first))
    slider = seen.page.get_by_role("slider", name="Latent z").first
    with seen.page.expect_request("**/place?**") as asked:
        slider.press("PageUp")
    assert f"{first.name}.tsne" in asked.value.url
    assert f"{second.name}.tsne" in asked.value.url
    assert "pca" not in asked.value.url
    assert "joint" not in asked.value.url
    seen.settles(lambda: seen.picture(seen.map(first)) != maps, "it is marked on the map")
    with seen.page.expect_request("**/place?**") as asked:
        seen.page.get_by_role("button", name="PCA", exact=True).click()
    assert f"{first.name}.pca" in asked.value.url


def test_a_translation_stands_beside_the_truth_and_is_marked_generated(seen: Visit) -> None:
    first, second = (m.label for m in seen.two)
    seen.find(seen.alone())
    seen.page.get_by_role("button", name="Translate", exact=True).click()
    panel = seen.page.locator(DRAWN)
    panel.get_by_text(f"expects from {first.lower()} alone").wait_for()
    text = panel.inner_text()
    assert "GENERATED" in text
    assert "recorded" in text.lower()
    assert f"({second})" in text.split("This translation misses")[1]
    one = seen.rests(DRAWN)
    panel.get_by_role("button", name=second).click()
    panel.get_by_text(f"expects from {second.lower()} alone").wait_for()
    seen.settles(lambda: seen.picture(DRAWN) != one, "the other direction is drawn")


def test_a_subject_is_found_and_its_recordings_are_shown(seen: Visit) -> None:
    wanted = seen.alone()
    row = seen.find(wanted)
    subjects = seen.explorer.workspace.subjects()
    assert subjects["subject_id"][row] == wanted
    card = seen.page.get_by_role("region", name="Subject")
    text = card.inner_text()
    assert wanted in text
    assert "RECORDED" in text
    assert "the model never saw this person" in text
    phenotype = next(p for p in seen.about.phenotypes if p.kind == "nominal")
    assert subjects[phenotype.name][row] in text
    assert ("missing" in text) == any(subjects[p.name][row] is None for p in seen.about.phenotypes)
    shown = [m.label for m in seen.about.modalities if m.name in seen.explorer.subject(row).recordings]
    assert all(label in text for label in shown)
    assert card.locator("canvas").count() >= 1


def test_every_ecg_states_the_scale_of_its_paper(seen: Visit) -> None:
    if seen.two[0].axes[0].name != "lead":
        pytest.skip("no ECG: the workspace holds digits")
    seen.find(seen.alone())
    for place in (seen.page.locator(DRAWN), seen.page.get_by_role("region", name="Subject")):
        place.get_by_text("25 mm/s · limb 10, chest 5 mm/mV").wait_for()
    seen.page.get_by_role("region", name="Subject").get_by_text("25 mm/s · 10 mm/mV").wait_for()
    seen.page.get_by_role("button", name="Translate", exact=True).click()
    seen.page.locator(DRAWN).get_by_text("25 mm/s · limb 10, chest 5 mm/mV").wait_for()


def test_a_point_that_is_clicked_is_the_subject_that_is_shown(seen: Visit) -> None:
    box = seen.page.locator(f"{seen.map(seen.two[0])} canvas").first.bounding_box()
    assert box
    for share in (0.3, 0.4, 0.5, 0.6, 0.7):
        seen.page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        seen.page.wait_for_timeout(100)  # a click where nobody is says nothing that could be waited for
        if seen.state("subject"):
            break
    subject = seen.explorer.workspace.subjects()["subject_id"][int(seen.state("subject"))]
    seen.page.get_by_role("region", name="Subject").get_by_text(subject).first.wait_for()
