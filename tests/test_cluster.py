"""On a Dask cluster every verb gives the bytes that it gives on one machine, whichever worker dies."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

import wfdb_cohort
from bulk import Scan, heart, write_folder
from dask_cluster import Dask, started
from ecg_records import write_record
from foreign_run import foreign_run
from latentspace import cluster, embed, neighbourhoods
from latentspace.artifact import content_hash
from latentspace.cluster import Cluster, each, workers_of
from latentspace.errors import InputError, MissingExtraError
from latentspace.evaluate import evaluate
from latentspace.ingest import IngestOptions, ingest
from latentspace.neighbourhoods import nearest_on
from latentspace.progress import Progress, silent
from latentspace.stats.neighbours import TOGETHER

PEOPLE = 8


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Generator[Dask]:
    """A scheduler and four workers: three tests kill one each."""
    with started(tmp_path_factory.mktemp("dask"), workers=4) as running:
        yield running


def _killing(kill: Callable[[], None], watched: str) -> tuple[Progress, list[float]]:
    """A progress that kills somebody when the first piece of a phase is done; and what it was told of that phase."""
    heard: list[float] = []

    def progress(phase: str, done: float, total: float, note: str = "") -> None:
        del note
        if phase == watched and 0 < done < total:
            if not heard:
                kill()
            heard.append(done)

    return progress, heard


def test_an_ingest_whose_worker_is_killed_ends_with_the_bytes_of_one_machine(dask: Dask, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for i in range(PEOPLE):
        write_record(source, f"p{i}", wfdb_cohort.heart(i))
    (source / "p1.dat").write_bytes(b"short")
    write_folder(source / "p2", [Scan(frames=heart(1, n=10))])
    here, there = (tmp_path / name / "w.ls" for name in ("here", "there"))
    ingest([source], here, IngestOptions(workers=1), silent)
    progress, heard = _killing(dask.workers[0].kill, "Reading records")
    report = ingest([source], there, IngestOptions(cluster=dask.address), progress)
    assert heard
    assert dask.workers[0].wait(timeout=20) < 0
    assert report.rejected == 1
    assert (there / "workspace.json").read_bytes() == (here / "workspace.json").read_bytes()  # hashes of everything


def test_an_embedding_whose_worker_is_killed_has_the_bytes_of_one_machine(
    dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "BATCH", 3)
    workspace, run = foreign_run(tmp_path, missing=3)
    hashes: list[str] = []
    progress, heard = _killing(dask.workers[1].kill, "embed")
    for workers, told in ((1, silent), (2, silent), (workers_of(1, dask.address, workspace.path), progress)):
        embed.embed(workspace, run, told, workers)
        hashes.append(content_hash(run.file("embedding.zarr")))
    assert heard
    assert dask.workers[1].wait(timeout=20) < 0
    assert hashes == hashes[:1] * 3


def test_neighbours_that_are_sought_on_a_cluster_are_those_of_one_machine(
    dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbourhoods, "PIECE", TOGETHER)
    z = np.random.default_rng(0).standard_normal((2 * TOGETHER + 100, 6)).astype(np.float32)
    there = workers_of(1, dask.address, tmp_path)
    one, other = (nearest_on(workers, z, k=15, beside=tmp_path / "neighbours") for workers in (1, there))
    for here, sought in zip(one, other, strict=True):
        np.testing.assert_array_equal(here, sought)
    assert list(tmp_path.iterdir()) == []


def test_an_evaluation_whose_worker_is_killed_has_the_bytes_of_one_process(dask: Dask, tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path, missing=3)
    written: list[object] = []
    progress, heard = _killing(dask.workers[2].kill, "predict")
    for workers, told in ((1, silent), (2, silent), (workers_of(1, dask.address, workspace.path), progress)):
        figures = evaluate(workspace, run, seed=0, progress=told, quick=True, workers=workers)
        names = ("scores.parquet", "predictors.safetensors", "evaluation.json", "evaluation.safetensors")
        written.append(([run.file(name).read_bytes() for name in names], run.record["scoring"]))
    assert heard
    assert dask.workers[2].wait(timeout=20) < 0
    assert figures["downstream.joint.height.r2"]["value"] > 0.9
    assert written == written[:1] * 3


def test_a_worker_that_does_not_see_the_files_says_so(dask: Dask, tmp_path: Path) -> None:
    missing = Cluster(dask.address, (tmp_path / "elsewhere",))
    with pytest.raises(InputError, match=r"elsewhere.*\[cluster.unshared\]"):
        list(each(missing, abs, [-1]))
    assert sorted(each(Cluster(dask.address, (tmp_path,)), abs, [-1, -2])) == [(0, 1), (1, 2)]


def test_a_worker_of_another_version_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = cluster.checked(abs, ())
    assert checked(-1) == 1
    monkeypatch.setattr(cluster, "own_version", lambda: "0.0")
    with pytest.raises(InputError, match=r"\[cluster\.version\]"):
        checked(-1)


def test_a_cluster_that_is_not_there_or_has_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MEETING_S", 1.0)
    for address in ("tcp://127.0.0.1:1", "nonsense://here", "tls://127.0.0.1:1"):
        with pytest.raises(InputError, match=r"dask scheduler.*\[cluster.unreachable\]"):
            list(each(Cluster(address, ()), abs, [-1]))
    idle: Any = LocalCluster(n_workers=0, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=":0")
    with idle, pytest.raises(InputError, match=r"dask worker.*\[cluster.no_workers\]"):
        list(each(Cluster(idle.scheduler_address, ()), abs, [-1]))


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"\[cluster\]"):
        list(each(Cluster("tcp://127.0.0.1:1", ()), abs, [-1]))
