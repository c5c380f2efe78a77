"""Simulated hearts on the page: frames move together, a dragged dot changes what is drawn, and both are measured."""

import pytest
from browser import Visit

DECODED = "section[aria-label=Decoded]"


@pytest.fixture
def heart(hearts: Visit) -> Visit:
    """The page, with a subject open."""
    hearts.find(hearts.alone())
    return hearts


def tile(role: str) -> str:
    return f"{DECODED} canvas[aria-label='MRI, {role}']"


def pixels(seen: Visit, role: str) -> str:
    return seen.page.locator(tile(role)).evaluate("one => one.toDataURL()")


def test_the_slider_shows_another_frame_of_every_heart(heart: Visit) -> None:
    heart.rests(DECODED)
    before = [pixels(heart, role) for role in ("recorded", "now")]
    slider = heart.page.get_by_label("Frame of the beat").first
    slider.focus()
    for _ in range(18):
        slider.press("ArrowRight")
    heart.settles(lambda: all(pixels(heart, r) != b for r, b in zip(("recorded", "now"), before, strict=True)), "both")
    assert "frame 19 of 50" in (slider.get_attribute("aria-valuetext") or "")
    for _ in range(18):
        slider.press("ArrowLeft")
    heart.settles(lambda: [pixels(heart, r) for r in ("recorded", "now")] == before, "they come back")


def test_play_moves_the_heart_and_pause_holds_it(heart: Visit) -> None:
    bar = heart.page.get_by_label("Frame of the beat").first
    heart.page.locator(DECODED).get_by_role("button", name="Play").click()
    heart.settles(lambda: bar.input_value() not in ("0", "1"), "the heart beats")
    heart.page.locator(DECODED).get_by_role("button", name="Pause").click()
    held = bar.input_value()
    heart.page.wait_for_timeout(200)
    assert bar.input_value() == held


def test_a_moved_dot_changes_the_drawn_heart_and_its_change_but_never_the_recording(heart: Visit) -> None:
    heart.rests(DECODED)
    before = {role: pixels(heart, role) for role in ("recorded", "now", "change")}
    slider = heart.page.get_by_role("slider", name="Latent z").first
    slider.focus()
    for _ in range(15):
        slider.press("ArrowRight")
    heart.settles(lambda: pixels(heart, "now") != before["now"], "the drawn heart changes")
    heart.settles(lambda: pixels(heart, "change") != before["change"], "and the change is shown")
    assert pixels(heart, "recorded") == before["recorded"]


def test_what_was_recorded_and_what_is_drawn_are_measured_as_explorer_does(heart: Visit) -> None:
    row = int(heart.state("subject"))
    recorded = {m.name: m.value for m in heart.explorer.measure(row)}
    table = heart.page.get_by_role("region", name="Measured").first
    qrs = table.locator("dl div", has_text="QRS duration")
    heart.settles(lambda: qrs.count() == 1 and "…" not in qrs.inner_text(), "both are measured")
    assert recorded["qrs"] is not None
    assert qrs.locator("dd span").first.inner_text() == f"{recorded['qrs']:.0f}"
    table.get_by_role("button", name="All").click()
    rows = heart.page.get_by_role("dialog", name="Measured").locator("tbody tr")
    assert rows.count() == len(recorded)
    head = heart.page.get_by_role("dialog", name="Measured").locator("thead")
    heart.settles(lambda: "Predicted" in head.inner_text(), "what the code predicts stands beside it")
    known = [p for p in heart.explorer.predict(row) if p.name == "qrs"]
    cell = rows.filter(has_text="QRS duration").locator("td").nth(2)
    assert known
    assert cell.inner_text()
