"""Simulated people, written as UK Biobank's bulk fields hold them, come back as the arrays that went in."""

import numpy as np
import pytest
from jaxtyping import Float, UInt8
from scipy.ndimage import shift

from bulk import CANARY, Scan, cardiosoft, heart, write_zip
from ecg_records import made_ecg
from latentspace.arrays import read_rows
from latentspace.ingest import IngestOptions, ingest
from latentspace.prepare.cine import Acquired, prepare_cine
from latentspace.progress import silent
from latentspace.simulate.cine import cine
from latentspace.simulate.physiology import draw
from latentspace.workspace import Workspace, open_folder

PEOPLE = ("1000001", "1000002", "1000003")
RR_MS = 900.0
MODALITIES = """
[table]
subject = "eid"
[[modality]]
name = "ecg"
leads = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]
[[modality]]
name = "cine"
kind = "cine"
"""
ROWS = [0, 1, 6, 7, 8, 9, 10, 11]


@pytest.fixture(scope="module")
def cines() -> list[UInt8[np.ndarray, "50 96 96"]]:
    factors = draw(len(PEOPLE), seed=5, cohort="clinic").to_dicts()
    return [cine(f, np.random.default_rng(i))[0] for i, f in enumerate(factors)]


def beat(i: int) -> Float[np.ndarray, "12 600"]:
    return made_ecg([0.434], seed=20 + i)[:, :600]


@pytest.fixture(scope="module")
def biobank(tmp_path_factory: pytest.TempPathFactory, cines: list[UInt8[np.ndarray, "50 96 96"]]) -> Workspace:
    """The third person has no ECG, and the first a second visit with an ECG alone."""
    folder = tmp_path_factory.mktemp("biobank")
    strip = made_ecg([0.5 + 0.8 * k for k in range(12)])
    for i, (person, frames) in enumerate(zip(PEOPLE, cines, strict=True)):
        scans = [
            Scan(frames=frames.astype(np.int64), rr_ms=RR_MS, number=20),
            Scan(frames=heart(1), description="CINE_segmented_LAX_2Ch", number=21),
        ]
        write_zip(folder / "bulk" / "20208" / person[-2:] / f"{person}_20208_2_0.zip", scans)
        ecg = folder / "bulk" / f"{person}_20205_2_0.xml"
        if i < 2:
            ecg.write_bytes(cardiosoft(strip + i / 1000 * np.sin(np.arange(5000)), beat(i)))
    (folder / "bulk" / f"{PEOPLE[0]}_20205_3_0.xml").write_bytes(cardiosoft(1.1 * strip, beat(9)))
    (folder / "table.csv").write_text("eid,age\n" + "".join(f"{p},{50 + i}\n" for i, p in enumerate(PEOPLE)))
    (folder / "m.toml").write_text(MODALITIES)
    options = IngestOptions(table=folder / "table.csv", modalities=folder / "m.toml", workers=1)
    ingest([folder / "bulk"], folder / "w.ls", options, silent)
    return open_folder(folder / "w.ls")


def test_everybody_is_there_with_what_they_have(biobank: Workspace) -> None:
    subjects = biobank.subjects()
    assert subjects.select("subject_id", "visit", "age").rows() == [(p, "2", 50 + i) for i, p in enumerate(PEOPLE)]
    assert biobank.present("ecg").tolist() == [True, True, False]
    assert biobank.present("cine").all()
    assert subjects["cine_rr_ms"].to_list() == [RR_MS] * 3
    assert subjects["device_qrs_ms"].to_list() == [92.0, 92.0, None]
    assert np.isnan(read_rows(biobank.recordings("ecg"))[2]).all()


def test_the_other_visit_is_a_line_and_nothing_else_is(biobank: Workspace) -> None:
    lines = [(e["code"], e["subject"], e["file"]) for e in biobank.report()["entries"]]
    assert lines == [("record.other_visit", PEOPLE[0], f"{PEOPLE[0]}_20205_3_0.xml")]


def test_beats_come_back_within_half_a_count(biobank: Workspace) -> None:
    beats = read_rows(biobank.recordings("ecg"))
    for i in range(2):
        assert np.abs(beats[i] - beat(i)[ROWS]).max() <= 0.0025 + 1e-6


def test_cines_come_back_as_the_frames_give_without_files(
    biobank: Workspace, cines: list[UInt8[np.ndarray, "50 96 96"]]
) -> None:
    stored = read_rows(biobank.recordings("cine"))
    times = np.round(np.arange(50) * RR_MS / 50, 4)
    for one, frames in zip(stored, cines, strict=True):
        whole = Acquired(frames.astype(np.float32), (1.8, 1.8), times, RR_MS, np.array([1.0, 0, 0, 0, 1, 0]))
        assert np.array_equal(one, prepare_cine(whole, source="made").frames)


def test_cines_come_back_as_the_frames_moved_and_scaled_as_the_report_says(
    biobank: Workspace, cines: list[UInt8[np.ndarray, "50 96 96"]]
) -> None:
    """Moved by scipy: within 2 of 255 grey levels on average, 12 in 99 % of the pixels, where the source reaches."""
    stored = read_rows(biobank.recordings("cine"))
    for one, frames, told in zip(stored, cines, biobank.report()["recordings"], strict=True):
        move = 47.5 - np.array(told["centre"])
        assert np.abs(move).max() < 20
        moved = shift(frames.astype(np.float32), (0, *move), order=1, mode="nearest")
        back = told["low"] + one / 255 * (told["high"] - told["low"])
        away = np.abs(np.clip(moved, told["low"], told["high"]) - back)[:, 22:-22, 22:-22]
        assert away.mean() < 2
        assert np.percentile(away, 99) < 12


def test_no_name_or_date_of_birth_is_in_the_workspace(biobank: Workspace) -> None:
    for path in biobank.path.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
        assert not path.is_file() or b"19010101" not in path.read_bytes(), path
