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


def area_of(seen: Visit, role: str) -> str:
    return seen.page.get_by_test_id("lv-area").first.get_attribute(f"data-{role}") or ""


def marks(seen: Visit, role: str) -> list[int]:
    ticks = seen.page.locator(f"{DECODED} [data-mark={role}]")
    return [int(tick.get_attribute("data-frame") or -1) for tick in ticks.all()]


def test_the_beat_is_marked_where_the_recorded_and_the_drawn_ventricle_are_largest_and_smallest(heart: Visit) -> None:
    row = int(heart.state("subject"))
    recorded = heart.explorer.areas(row)["cine"]
    drawn = heart.explorer.areas(None, heart.explorer.encode(row, ["ecg", "cine"]).z)["cine"]
    heart.settles(lambda: len(marks(heart, "before")) == 2 == len(marks(heart, "now")), "both are marked")
    assert marks(heart, "before") == [int(recorded.argmax()), int(recorded.argmin())]
    assert marks(heart, "now") == [int(drawn.argmax()), int(drawn.argmin())]
    assert area_of(heart, "before") == f"{recorded.max():.1f}–{recorded.min():.1f}"
    slider = heart.page.get_by_label("Frame of the beat").first
    slider.focus()
    for key, frame in (("s", drawn.argmin()), ("d", drawn.argmax()), ("Shift+S", recorded.argmin())):
        slider.press(key)
        assert slider.input_value() == str(frame)
    heart.page.locator(DECODED).get_by_role("button", name="ES", exact=True).click()
    assert slider.input_value() == str(drawn.argmin())
    assert "end systole" in (slider.get_attribute("aria-valuetext") or "")


def test_window_and_level_change_the_greys_of_recorded_and_drawn_alike_and_no_number(heart: Visit) -> None:
    heart.settles(lambda: area_of(heart, "now") not in ("", "–"), "it is measured")
    heart.rests(DECODED)
    before = {role: pixels(heart, role) for role in ("recorded", "now", "change")}
    number = area_of(heart, "now")
    heart.page.get_by_label("Window", exact=True).press("ArrowLeft")
    ranges = heart.page.locator(f"{DECODED} [data-range]")
    low, high = 255 * 0.025, 255 * 0.975
    heart.settles(lambda: all(pixels(heart, r) != before[r] for r in ("recorded", "now")), "both have other greys")
    said = [[float(v) for v in (one.get_attribute("data-range") or "").split()] for one in ranges.all()]
    assert said[:2] == [pytest.approx([low, high])] * 2
    assert pixels(heart, "change") == before["change"]
    x, y = heart.place(tile("now"), 0.5, 0.5)
    heart.page.mouse.move(x, y)
    heart.page.mouse.down(button="right")
    heart.page.mouse.move(x + 50, y - 25, steps=4)
    heart.page.mouse.up(button="right")
    greys = heart.page.get_by_role("group", name="Window and level")
    assert (greys.get_attribute("data-width"), greys.get_attribute("data-level")) == ("115", "60")
    greys.get_by_role("button", name="Reset").click()
    heart.settles(lambda: pixels(heart, "recorded") == before["recorded"], "the greys are back")
    assert area_of(heart, "now") == number


def test_letters_say_which_side_of_the_patient_lies_where(heart: Visit) -> None:
    rows, columns = heart.explorer.workspace.modality("cine").axes[1:]
    shown = heart.page.locator(f"{DECODED} [data-ends]").first.get_attribute("data-ends")
    assert shown == " ".join((*rows.ends, *columns.ends)) == "A P R L"
