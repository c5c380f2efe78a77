"""An ingest that is killed or stopped goes on with the same command, and ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import wfdb_cohort
from bulk import Scan, heart, write_folder
from dying import all_gone
from ecg_records import write_record
from latentspace.errors import NotFoundError
from latentspace.faults import ASKED
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.kept import Kept, key_of, place
from latentspace.ingest.limited import Limits, map_limited
from latentspace.ingest.plan import DEFAULT
from latentspace.ingest.records import Record, RecordJob, read_record
from latentspace.progress import silent
from latentspace.verify import verify
from latentspace.workspace import open_folder

PEOPLE = 5
POINTS = {
    "records kept": "ingest.kept",
    "all read": "ingest.read",
    "recordings half written": "subjects.parquet.written",
    "written, not exchanged": "workspace.json.placed",
    "exchanged, not tidied": "w.ls.placed",
}
KILLED = """
import sys
if __name__ == "__main__":
    import latentspace.ingest.kept
    from latentspace.cli import main
    latentspace.ingest.kept.TOGETHER = 2
    sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ECGs and a cine, one of them damaged."""
    folder = tmp_path_factory.mktemp("source")
    for i in range(PEOPLE):
        write_record(folder, f"p{i}", wfdb_cohort.heart(i))
    (folder / "p1.dat").write_bytes(b"short")
    write_folder(folder / "p2", [Scan(frames=heart(1, n=10))])
    return folder


@pytest.fixture(scope="module")
def unbroken(source: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The manifest, with the hashes of everything, of an ingest that nobody disturbed."""
    into = tmp_path_factory.mktemp("unbroken") / "w.ls"
    ingest([source], into, IngestOptions(workers=1), silent)
    return (into / "workspace.json").read_bytes()


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_the_same_command_ends_with_the_hashes_of_an_unbroken_run(
    source: Path, unbroken: bytes, tmp_path: Path, point: str
) -> None:
    into, killed_there = tmp_path / "w.ls", {**os.environ, ASKED: POINTS[point]}
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), "ingest", str(source), "--into", str(into)]
    killed = subprocess.run(command, check=False, capture_output=True, timeout=120, env=killed_there)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    if point == "exchanged, not tidied":
        assert not verify(open_folder(into), silent)[1]
    else:
        with pytest.raises(NotFoundError):
            open_folder(into)
    script.unlink()
    shown: list[float] = []

    def progress(phase: str, done: float, total: float, note: str = "") -> None:
        del total, note
        shown.extend([done] * (phase == "Reading records"))

    ingest([source], into, IngestOptions(workers=1), progress)
    assert (into / "workspace.json").read_bytes() == unbroken
    assert [path.name for path in tmp_path.iterdir()] == ["w.ls"]
    went_on = [done for done in shown if done]
    assert went_on[0] >= (2 if point == "records kept" else PEOPLE + 1)


def test_ctrl_c_leaves_no_process_and_no_half_workspace(source: Path, tmp_path: Path) -> None:
    write_folder(tmp_path / "s" / "slow", [Scan(frames=heart(1, n=40), number=i) for i in range(20)])
    code = "import sys; from latentspace.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "ingest", str(source), str(tmp_path / "s"), "--into", str(tmp_path / "w.ls")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr is not None
        while "Reading records" not in running.stderr.readline():
            assert running.poll() is None
        time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the children too
        said = running.stderr.read()
        assert running.wait(timeout=20) == 3
    assert "The same command goes on" in said
    assert "Traceback" not in said
    assert all_gone(running.pid)
    assert {path.name for path in tmp_path.iterdir()} <= {"s", ".w.ls.reading"}


def test_a_record_is_kept_as_it_was_read_and_a_damaged_file_of_them_is_read_again(source: Path, tmp_path: Path) -> None:
    job = RecordJob(path=source / "p0.hea", name="p0.hea", subject="p0", modalities=DEFAULT.leads)
    record, kept = read_record(job), Kept(tmp_path / "kept", clock=lambda: 0.0)
    kept.add(key_of(job), record)
    assert not (tmp_path / "kept").exists()  # one record is no file yet
    kept.flush()
    ((key, same),) = kept.records()
    assert key == key_of(job)
    assert (same.entries, same.digest, same.rr_ms, same.measured) == (
        record.entries,
        record.digest,
        record.rr_ms,
        record.measured,
    )
    np.testing.assert_array_equal(same.filed["ecg"].read(), record.arrays["ecg"])
    (file,) = (tmp_path / "kept").glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])
    assert list(kept.records()) == []
    assert not list((tmp_path / "kept").glob("*.safetensors"))


def test_another_file_subject_or_modality_is_another_key(source: Path, tmp_path: Path) -> None:
    (tmp_path / "a.hea").write_bytes((source / "p0.hea").read_bytes())
    (tmp_path / "a.dat").write_bytes((source / "p0.dat").read_bytes())
    job = RecordJob(path=tmp_path / "a.hea", name="a.hea", subject="a", modalities=DEFAULT.leads)
    keys = {key_of(job), key_of(RecordJob(path=job.path, name=job.name, subject="b", modalities=job.modalities))}
    keys.add(key_of(RecordJob(path=job.path, name=job.name, subject="a", modalities=())))
    (tmp_path / "a.dat").write_bytes((source / "p1.dat").read_bytes())
    assert len(keys | {key_of(job)}) == 4


def test_records_are_kept_in_time_before_there_are_many(tmp_path: Path) -> None:
    now = [0.0]
    kept, empty = Kept(place(tmp_path / "w"), clock=lambda: now[0]), Record(arrays={}, entries=())
    kept.add("a", empty)
    now[0] = 6.0
    kept.add("b", empty)
    assert sorted(key for key, _ in kept.records()) == ["a", "b"]


def slow(item: int) -> int:
    time.sleep(30)
    return item


def test_whoever_stops_listening_stops_the_children() -> None:
    started = time.monotonic()
    results = map_limited(slow, [1, 2, 3], workers=1, limits=Limits(seconds_each=1.5))
    next(results)
    results.close()
    assert time.monotonic() - started < 15
