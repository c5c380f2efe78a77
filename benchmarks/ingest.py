"""A whole ingest (read, check, prepare, write): ECGs beside wfdb, which only reads them; and bulk files with cines."""

import resource
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import wfdb

from benchmarks import cohorts
from benchmarks.timing import Claim, Effort, claim, in_turns, seconds
from latentspace.ingest import IngestOptions
from latentspace.ingest import ingest as run_ingest
from latentspace.ingest.records import find_records
from latentspace.progress import silent
from tests.bulk import Scan, cardiosoft, heart, write_zip
from tests.ecg_records import made_ecg

RECORDS, PEOPLE, FEW, PER_SECOND, CPU_MS = 100, 1000, 60, 10, 180.0
PEERS = ("wfdb.rdsamp, 1 process",)


def measure(effort: Effort) -> list[Claim]:
    """With one child process and with two; the time of starting them is in it."""
    with tempfile.TemporaryDirectory() as folder:
        people = FEW if effort.quick else PEOPLE
        return [*(_with(workers, Path(folder), effort) for workers in (1, 2)), *_bulk(Path(folder), people)]


def _with(workers: int, folder: Path, effort: Effort) -> Claim:
    source = cohorts.ecg_source()
    some = folder / f"records{workers}"
    some.mkdir()
    headers = [_linked(header, some) for header in find_records([source.records])[:RECORDS]]
    options = replace(source.options, workers=workers)

    def ours() -> None:
        run_ingest([some], folder / "into", options, silent)

    def peer() -> None:
        for header in headers:
            wfdb.rdsamp(str(header.with_suffix("")))

    def fresh() -> float:
        shutil.rmtree(folder / "into", ignore_errors=True)
        return seconds(ours)

    taken = in_turns({"ours": fresh, PEERS[0]: lambda: seconds(peer)}, rounds=effort.rounds(20), warm_up=1)
    text = f"ingest {len(headers)} records of {source.name}, {workers} child{'ren' * (workers > 1)}"
    return claim(text, None, "s", taken, PEERS)


def _bulk(folder: Path, people: int) -> list[Claim]:
    """So many people as UK Biobank's bulk files: a CardioSoft document and a zip with 50 phases of two views each."""
    strip = made_ecg([0.5 + 0.8 * k for k in range(12)])
    for i in range(people):
        scans = [Scan(frames=heart(i, n=50)), Scan(frames=heart(i, n=50), description="LAX_2Ch", number=2)]
        write_zip(folder / "bulk" / f"{i}_20208_2_0.zip", scans)
        (folder / "bulk" / f"{i}_20205_2_0.xml").write_bytes(cardiosoft(strip, strip[:, :600] * (1 + i / people)))
    before = _cpu_s()
    taken = seconds(lambda: run_ingest([folder / "bulk"], folder / "people", IngestOptions(), silent))
    each = (_cpu_s() - before) / people
    text = f"ingest {people} people's bulk files (CardioSoft, zipped DICOM), 2 children"
    return [
        claim(text, people / PER_SECOND, "s", np.array([[taken]]), ()),
        claim("ingest one of them, processor time of all processes", CPU_MS, "ms", np.array([[each]]), ()),
    ]


def _cpu_s() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _linked(header: Path, folder: Path) -> Path:
    for path in (header, header.with_suffix(".dat")):
        (folder / path.name).symlink_to(path.resolve())
    return folder / header.name
