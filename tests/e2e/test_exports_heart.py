"""Simulated hearts as files: an ECG to scale, a film of one beat, and a table, each against what Explorer says."""

from collections.abc import Iterator

import numpy as np
import pytest
from browser import Visit, visit
from playwright.sync_api import Browser
from saving import GENERATED, film, line_of, nobody_is_named, saved, says_where_from, table

from built import Built
from chromium import served

MM_PER_S, TABLE, WHY_NOT = 25.0, "Measured, predicted", "why not, predicted"


@pytest.fixture
def heart(browser: Browser, cardiac: Built) -> Iterator[Visit]:
    """The page, with a subject open. The console stays silent."""
    with served(cardiac.path) as (address, _), visit(browser, address, cardiac.path) as opened:
        opened.find(opened.alone())
        opened.settles(lambda: opened.page.locator("canvas[aria-label='MRI, recorded']").count() > 0, "it is drawn")
        yield opened
        assert not opened.complaints


def code(heart: Visit) -> np.ndarray:
    """Of the subject that is open, from all that was recorded."""
    return heart.explorer.encode(int(heart.state("subject")), [m.name for m in heart.two]).z


def near(value: float | None) -> object:
    """What a cell must be: empty where there is no value."""
    return None if value is None else pytest.approx(value, rel=1e-4)


def test_the_saved_ecg_is_what_explorer_decodes_in_millimetres(heart: Visit) -> None:
    svg = saved(heart, "Decoded", "ECG", "SVG").read_text(encoding="utf-8")
    says_where_from(heart, svg)
    assert GENERATED in svg
    nobody_is_named(heart, svg)
    leads, time = heart.two[0].axes
    row = int(heart.state("subject"))
    for role, recordings in (
        ("before", heart.explorer.subject(row).recordings),
        ("now", heart.explorer.decode(code(heart))),
    ):
        for lead, values in zip(leads.labels, recordings["ecg"], strict=True):
            line = line_of(svg, f"{role}-{lead}")
            gain = 5.0 if lead.startswith("V") else 10.0
            assert line[:, 0] - line[0, 0] == pytest.approx(np.arange(time.size) * time.step * MM_PER_S, abs=0.002)
            assert line[0, 1] - line[:, 1] == pytest.approx((values - values[0]) * gain, abs=0.005), lead


def test_the_film_is_what_explorer_decodes_and_lasts_one_beat(heart: Visit) -> None:
    frames, times, comment = film(saved(heart, "Decoded", "MRI, one beat", "GIF"))
    says_where_from(heart, comment)
    assert GENERATED in comment
    wanted = heart.explorer.decode(code(heart))["cine"]
    n, rows, cols = wanted.shape
    rr = float(heart.explorer.columns(["rr_ms"])["rr_ms"][int(heart.state("subject"))])
    assert sum(times) == pytest.approx(rr, abs=5)
    assert min(times) >= 20
    assert len(frames) == min(n, int(round(rr / 10) // 2))
    scale = frames.shape[2] // cols
    assert scale * cols == frames.shape[2]
    shown = np.arange(len(frames)) * n // len(frames)
    middle = slice(scale // 2, scale * (rows - 8), scale)  # the word is burnt into the last rows
    across = slice(scale // 2, None, scale)
    drawn = frames[:, middle, across].astype(int)
    assert np.abs(drawn - wanted[shown, : drawn.shape[1]].astype(int)).max() <= 1
    burnt = frames[:, scale * (rows - 8) : scale * rows, :100]
    assert (burnt.max(axis=(1, 2)) == 255).all()


def test_the_measured_table_is_explorers(heart: Visit) -> None:
    section = heart.page.get_by_role("region", name="Measured").first
    heart.settles(lambda: section.count() == 1 and "…" not in section.inner_text(), "all is measured")
    row, z = int(heart.state("subject")), code(heart)
    predicted = {p.name: p for p in heart.explorer.predict(row, z)}

    def rows() -> list[dict[str, str]]:
        return table(saved(heart, "Decoded", TABLE, "CSV"))[1]

    heart.settles(lambda: any(each["predicted"] or each[WHY_NOT] for each in rows()), "all is predicted")
    notes, found = table(saved(heart, "Decoded", TABLE, "CSV"))
    says_where_from(heart, notes[0])
    assert GENERATED in notes[0]
    values = {each["name"]: each for each in found}
    for column, measured in (
        ("measured, recorded", heart.explorer.measure(row)),
        ("measured, now (GENERATED)", heart.explorer.measure(row, z)),
    ):
        for each in measured:
            cell = values[each.name][column]
            assert (float(cell) if cell else None) == near(each.value), each.name
    named = [name for name in values if name in predicted]
    assert named
    for name in named:
        one, cells = predicted[name], values[name]
        assert cells[WHY_NOT] == one.reason
        for column, wanted in (("predicted", one.value), ("predicted from", one.low), ("predicted to", one.high)):
            assert (float(cells[column]) if cells[column] else None) == near(wanted)
