"""A whole ingest (read, check, median beats, phenotypes, write) beside wfdb, which only reads the same records."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import wfdb

from benchmarks import cohorts
from benchmarks.timing import Claim, claim, in_turns, seconds
from latentspace.ingest import ingest as run_ingest
from latentspace.ingest.records import find_records
from latentspace.progress import silent

RECORDS = 100
PEERS = ("wfdb.rdsamp, 1 process",)


def measure() -> list[Claim]:
    """With one child process and with two; the time of starting them is in it."""
    with tempfile.TemporaryDirectory() as folder:
        return [_with(workers, Path(folder)) for workers in (1, 2)]


def _with(workers: int, folder: Path) -> Claim:
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

    taken = in_turns({"ours": fresh, PEERS[0]: lambda: seconds(peer)}, rounds=20, warm_up=1)
    text = f"ingest {len(headers)} records of {source.name}, {workers} child{'ren' * (workers > 1)}"
    return claim(text, None, "s", taken, PEERS)


def _linked(header: Path, folder: Path) -> Path:
    for path in (header, header.with_suffix(".dat")):
        (folder / path.name).symlink_to(path.resolve())
    return folder / header.name
