"""What an ingest reads waits on disk: memory stays small, order and hashes are those of the people."""

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import wfdb_cohort
from bulk import Scan, heart, write_folder
from ecg_records import write_record
from latentspace.errors import InputError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.filed import Filed, FiledRows
from latentspace.ingest.kept import TOGETHER, Kept
from latentspace.ingest.limited import AHEAD, Limits, map_limited
from latentspace.ingest.plan import CineModality
from latentspace.ingest.records import Record
from latentspace.progress import silent

CINE = CineModality(name="cine", label="MRI").modality
PEOPLE = 4 * TOGETHER


def made(i: int) -> np.ndarray:
    return np.random.default_rng(i).integers(0, 256, CINE.shape, np.uint8)


def test_what_is_read_does_not_stay_in_memory_and_keeps_its_order(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", clock=lambda: 0.0)
    tracemalloc.start()
    for i in np.random.default_rng(0).permutation(PEOPLE):
        kept.add(str(i), Record(arrays={"cine": made(int(i))}, entries=()))
    kept.flush()
    peak, size = tracemalloc.get_traced_memory()[1], int(np.prod(CINE.shape))
    tracemalloc.stop()
    assert peak < 2.5 * TOGETHER * size  # those that wait, and their file; of four times as many
    rows = FiledRows(CINE, [kept.held[str(i)].given["cine"] if i else None for i in range(PEOPLE)])
    assert (rows.shape, rows.dtype) == ((PEOPLE, *CINE.shape), np.uint8)
    assert not rows[0:1].any()  # who has none
    for i in (1, TOGETHER, PEOPLE - 1):
        np.testing.assert_array_equal(rows[i : i + 1][0], made(i))


def test_where_nothing_can_be_kept_it_stays_in_memory(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file, where the folder should be")
    kept = Kept(tmp_path / "kept", clock=lambda: 0.0)
    kept.add("a", Record(arrays={"cine": made(1)}, entries=()))
    kept.flush()
    np.testing.assert_array_equal(FiledRows(CINE, [kept.held["a"].given["cine"]])[0:1][0], made(1))


def test_a_file_that_was_removed_in_the_meantime_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="same command again"):
        Filed(tmp_path / "gone.safetensors", "0 cine").read()


def test_whichever_child_ends_first_the_hashes_are_the_same(tmp_path: Path) -> None:
    source = tmp_path / "s"
    write_folder(source / "a", [Scan(frames=heart(1, n=60), number=i) for i in range(4)])  # slow, and first
    for i in range(6):
        write_record(source, f"p{i}", wfdb_cohort.heart(i))
    manifests = []
    for workers in (1, 3):
        ingest([source], tmp_path / "w.ls", IngestOptions(workers=workers), silent)
        manifests.append((tmp_path / "w.ls" / "workspace.json").read_bytes())
    assert manifests[0] == manifests[1]


def begun(path: Path) -> None:
    path.write_bytes(b"")


def test_no_child_runs_far_ahead_of_whoever_takes_the_results(tmp_path: Path) -> None:
    results = map_limited(begun, [tmp_path / str(i) for i in range(40)], workers=1, limits=Limits())
    next(results)
    time.sleep(1.0)
    assert 1 <= len(list(tmp_path.iterdir())) <= 1 + AHEAD
    assert len(list(results)) == 39
    assert len(list(tmp_path.iterdir())) == 40
