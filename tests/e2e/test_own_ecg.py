"""An ECG of one's own, chosen on the page: drawn, placed, with neighbours and predictions, and closed again."""

from pathlib import Path

import numpy as np
import pytest
from browser import Visit

from ecg_records import made_ecg, real_data, write_record

OWN = "section[aria-label='Own ECG']"


def files_of() -> list[Path]:
    header = sorted(real_data().rglob("*.hea"))[3]
    return [header, header.with_suffix(".dat")]


def drop(seen: Visit, paths: list[Path]) -> None:
    seen.page.get_by_label("Files of your own ECG").set_input_files(paths)


@pytest.fixture
def ecgs(seen: Visit) -> Visit:
    if not any(m.is_beat for m in seen.about.modalities):
        pytest.skip("this cohort has no ECG")
    return seen


def test_the_page_shows_what_explorer_says_of_the_same_files(ecgs: Visit) -> None:
    paths = files_of()
    before = ecgs.picture("section[aria-label=Decoded]")
    drop(ecgs, paths)
    card = ecgs.page.locator(OWN)
    nearest = card.get_by_test_id("own-nearest").get_by_role("button")
    nearest.first.wait_for()
    own = ecgs.explorer.own({path.name: path.read_bytes() for path in paths})
    near = ecgs.explorer.neighbours(own.code.z, 4)
    assert [int(b.get_attribute("data-row") or -1) for b in nearest.all()] == [n.row for n in near.nearest]
    said = {p.name: p for p in ecgs.explorer.predict(None, own.code.z, "joint") if not p.reason}
    shown = card.get_by_test_id("own-predicted").locator("dd")
    assert shown.count() == len(said)
    for cell in shown.all():
        one = said[cell.get_attribute("data-name") or ""]
        number = float(cell.inner_text().split()[0])
        expected = 100 * (one.value or 0) if one.level else one.value
        assert number == pytest.approx(expected, rel=0.01, abs=0.51)
    ecgs.settles(lambda: ecgs.picture("section[aria-label=Decoded]") != before, "its copy is drawn")
    card.get_by_role("button", name="Close own ECG").click()
    card.wait_for(state="detached")


def test_a_file_that_is_no_ecg_says_what_to_drop(ecgs: Visit, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear colleague")
    drop(ecgs, [tmp_path / "letter.txt"])
    alert = ecgs.page.locator(OWN).get_by_role("alert")
    alert.wait_for()
    assert "own.unreadable" in alert.inner_text()
    assert ".hea with .dat" in alert.inner_text()
    ecgs.complaints.clear()  # the browser reports the refusal (422) itself


def test_a_record_without_its_signals_says_which_file_is_missing(ecgs: Visit, tmp_path: Path) -> None:
    header = write_record(tmp_path, "mine", made_ecg(np.arange(0.5, 9.5, 0.8).tolist()))
    drop(ecgs, [header])
    alert = ecgs.page.locator(OWN).get_by_role("alert")
    alert.wait_for()
    assert "own.unusable" in alert.inner_text()
    ecgs.complaints.clear()  # the browser reports the refusal (422) itself
