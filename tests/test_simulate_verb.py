"""`simulate`: a workspace that is the same whoever made it, whole whenever it was killed, and apart from its truth."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dying import Mortal, all_gone, mortal
from factor_cohort import factor_workspace
from latentspace.arrays import read_rows
from latentspace.errors import InputError
from latentspace.progress import silent
from latentspace.simulate.block import BLOCK
from latentspace.simulate.people import CONDITIONS
from latentspace.simulate.verb import SimulateOptions, simulate
from latentspace.verify import verify
from latentspace.workspace import Workspace, open_folder

N = BLOCK + 3
OPTIONS = SimulateOptions(subjects=N, seed=5, workers=1)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return simulate(tmp_path_factory.mktemp("simulated") / "one.ls", OPTIONS, silent)


@pytest.fixture(scope="module")
def child() -> Iterator[Mortal]:
    with mortal() as forking:
        yield forking


def test_two_workers_write_the_same_bytes_as_one(cohort: Workspace, tmp_path: Path) -> None:
    two = simulate(tmp_path / "two.ls", SimulateOptions(subjects=N, seed=5, workers=2), silent)
    assert two.hashes == cohort.hashes


def test_a_larger_cohort_begins_with_the_same_people(cohort: Workspace, tmp_path: Path) -> None:
    fewer = simulate(tmp_path / "few.ls", SimulateOptions(subjects=4, seed=5, workers=1), silent)
    assert fewer.subjects().equals(cohort.subjects().head(4))
    for name in ("ecg", "cine", "rhythm"):
        assert np.array_equal(read_rows(fewer.recordings(name)), read_rows(cohort.recordings(name), slice(0, 4)))


def test_another_seed_gives_other_people(cohort: Workspace, tmp_path: Path) -> None:
    other = simulate(tmp_path / "other.ls", SimulateOptions(subjects=3, seed=6, workers=1), silent)
    assert not other.subjects().drop("subject_id").equals(cohort.subjects().head(3).drop("subject_id"))


def test_recordings_have_the_declared_shapes_and_types(cohort: Workspace) -> None:
    assert cohort.simulated
    shapes = {m.name: (m.shape, m.dtype, m.role) for m in cohort.modalities}
    assert shapes == {
        "ecg": ((12, 600), "float32", "modelled"),
        "cine": ((50, 96, 96), "uint8", "modelled"),
        "rhythm": ((2, 5000), "float32", "display"),
    }
    for m in cohort.modalities:
        stored = cohort.recordings(m.name)
        assert (stored.shape, stored.dtype) == ((N, *m.shape), np.dtype(m.dtype))


def test_thirty_phenotypes_and_every_condition_are_in_the_dictionary(cohort: Workspace) -> None:
    names = [p.name for p in cohort.dictionary()]
    assert len(names) >= 30
    assert {*CONDITIONS, "lvh", "incident_af", "incident_heart_failure", "follow_up"} <= set(names)
    assert cohort.subjects().columns == ["subject_id", "visit", *names]


def test_what_a_person_lacks_is_null(cohort: Workspace) -> None:
    subjects = cohort.subjects()
    ill = subjects.filter(pl.col("af"))
    assert len(ill) > 0
    assert ill["pr"].null_count() == len(ill)
    assert ill["incident_af"].null_count() == len(ill)
    came = subjects.filter(pl.col("incident_af"))
    assert (came["years_to_af"] <= came["follow_up"]).all()
    assert subjects.filter(~pl.col("incident_af"))["years_to_af"].null_count() == len(
        subjects.filter(~pl.col("incident_af"))
    )


def test_the_truth_is_apart_and_agrees_with_the_phenotypes(cohort: Workspace) -> None:
    truth, subjects = cohort.truth(), cohort.subjects()
    assert truth["subject_id"].to_list() == subjects["subject_id"].to_list()
    assert np.abs(truth["lvedv"].to_numpy() - subjects["lvedv"].to_numpy()).max() <= 0.05
    own = {name for name in truth.columns if name.startswith(("cine_", "ecg_"))}
    assert len(own) > 30
    assert not own & set(subjects.columns)


def test_ids_of_people_who_never_lived_are_no_seven_digits(cohort: Workspace) -> None:
    ids = cohort.subjects()["subject_id"].to_list()
    assert not [one for one in ids if not one.startswith("S-") or re.fullmatch(r"\D*\d{7}\D*", one)]


def test_a_finished_cohort_is_left_as_it_is(cohort: Workspace) -> None:
    before = (cohort.path / "workspace.json").stat().st_mtime_ns
    assert simulate(cohort.path, OPTIONS, silent).hashes == cohort.hashes
    assert (cohort.path / "workspace.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_it_leaves_no_process_and_goes_on_with_the_blocks_that_are_there(
    cohort: Workspace, tmp_path: Path, workers: str
) -> None:
    command = [sys.executable, "-m", "latentspace", "simulate", tmp_path / "killed.ls", "--seed", "5"]
    options = ["--workers", workers, "--subjects", str(N)]
    child = subprocess.Popen([*map(str, command), *options], stderr=subprocess.DEVNULL, start_new_session=True)
    blocks = tmp_path / ".killed.ls.simulating"
    deadline = time.monotonic() + 120
    while not (blocks / "0000000.safetensors").exists():
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert all_gone(child.pid)
    assert not (tmp_path / "killed.ls").exists()
    first = (blocks / "0000000.safetensors").stat().st_mtime_ns
    notes: list[str] = []

    def heard(phase: str, done: float, total: float, note: str = "") -> None:
        del done, total
        if phase == "simulate" and note:
            notes.append(note)
            assert (blocks / "0000000.safetensors").stat().st_mtime_ns == first

    assert simulate(tmp_path / "killed.ls", OPTIONS, heard).hashes == cohort.hashes
    assert notes
    assert not blocks.exists()


@pytest.mark.parametrize("point", ["0000032.safetensors.written", "recordings.written", "k.ls.written", "k.ls.placed"])
def test_killed_at_a_named_point_the_same_command_ends_with_the_same_hashes(
    cohort: Workspace, child: Mortal, tmp_path: Path, point: str
) -> None:
    command = ("simulate", tmp_path / "k.ls", "--seed", "5", "--workers", "1", "--subjects", str(N))
    assert child.run(*command, crash_at=point).code == -signal.SIGKILL
    assert (tmp_path / "k.ls").exists() == (point == "k.ls.placed")
    assert simulate(tmp_path / "k.ls", OPTIONS, silent).hashes == cohort.hashes
    assert verify(open_folder(tmp_path / "k.ls"), silent)[1] == ()
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")] == []


def test_recorded_people_are_never_replaced_by_simulated_ones(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    manifest = workspace.path / "workspace.json"
    manifest.write_text(manifest.read_text().replace('"test 1"', '""'))
    before = manifest.read_bytes()
    with pytest.raises(InputError, match="recorded people"):
        simulate(workspace.path, OPTIONS, silent)
    assert manifest.read_bytes() == before


@pytest.mark.parametrize("n", [0, -3, 2_000_000])
def test_a_number_of_people_out_of_range_is_refused(tmp_path: Path, n: int) -> None:
    with pytest.raises(InputError, match=r"simulate\.subjects"):
        simulate(tmp_path / "no.ls", SimulateOptions(subjects=n), silent)
    assert not (tmp_path / "no.ls").exists()
