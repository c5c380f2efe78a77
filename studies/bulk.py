"""Simulated people, written as UK Biobank's bulk files, come back as the arrays that went in: how exactly, how fast.

`python -m studies.bulk W [PEOPLE]`: so many of the people of a simulated workspace (default 1,000), each a CardioSoft
document and a zip of DICOM images with two views.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import shift

from latentspace.arrays import read_rows
from latentspace.ingest import IngestOptions, ingest
from latentspace.prepare.cine import Acquired, prepare_cine
from latentspace.progress import silent
from latentspace.workspace import Workspace, open_folder
from tests.bulk import Scan, cardiosoft, write_zip

RR_MS, HALF_COUNT_MV, EDGE = 900.0, 0.0025, 22  # EDGE: pixels that a heart may be moved to be in the middle
ALONG = np.array([1.0, 0, 0, 0, 1.0, 0])


def main() -> None:
    """Print one line for each question."""
    cohort, n = open_folder(Path(sys.argv[1])), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    beats = read_rows(cohort.recordings("ecg"), slice(n))
    with tempfile.TemporaryDirectory() as folder:
        bulk = Path(folder) / "bulk"
        for i in range(n):
            _write(bulk, i, beats[i], read_rows(cohort.recordings("cine"), slice(i, i + 1))[0])
        began, before = time.monotonic(), _cpu_s()
        report = ingest([bulk], Path(folder) / "w.ls", IngestOptions(), silent)
        seconds, cpu = time.monotonic() - began, _cpu_s() - before
        print(f"{n} people in {seconds:.1f} s: {n / seconds:.1f} a second, 2 children")
        print(f"processor time {1000 * cpu / n:.0f} ms a person")
        print(f"lines of the report: {report.summary()['report'] or 'none'}")
        _compare(open_folder(Path(folder) / "w.ls"), cohort, beats)


def _write(folder: Path, i: int, beat: Float[np.ndarray, "12 600"], cine: UInt8[np.ndarray, "50 96 96"]) -> None:
    frames = cine.astype(np.int64)
    scans = [Scan(frames=frames, rr_ms=RR_MS), Scan(frames=frames[::-1], description="LAX_2Ch", number=2)]
    write_zip(folder / f"{i}_20208_2_0.zip", scans)
    (folder / f"{i}_20205_2_0.xml").write_bytes(cardiosoft(_strip(beat.astype(np.float64)), beat.astype(np.float64)))


def _strip(beat: Float[np.ndarray, "12 600"]) -> Float[np.ndarray, "12 5000"]:
    """Ten seconds of one beat again and again, its end led over into its beginning."""
    fade = np.linspace(0, 1, 60)
    end = beat[:, -60:] * (1 - fade) + beat[:, :1] * fade
    return np.tile(np.concatenate([beat[:, :-60], end], axis=1), 9)[:, :5000]


def _compare(read: Workspace, cohort: Workspace, beats: Float[np.ndarray, "n 12 600"]) -> None:
    people = [int(s) for s in read.subjects()["subject_id"]]
    away = np.abs(read_rows(read.recordings("ecg")) - beats[people]).max(axis=(1, 2))
    near = (away <= HALF_COUNT_MV + 1e-6).sum()
    print(f"ECG: {near} of {len(away)} within half a count, most {1e3 * away.max():.2f} uV")
    told = {row["subject_id"]: row for row in read.report()["recordings"]}
    times, same, grey = np.round(np.arange(50) * RR_MS / 50, 4), 0, list[tuple[float, float]]()
    for row, i in enumerate(people):
        frames = read_rows(cohort.recordings("cine"), slice(i, i + 1))[0].astype(np.float32)
        stored = read_rows(read.recordings("cine"), slice(row, row + 1))[0]
        whole = Acquired(frames, (1.8, 1.8), times, RR_MS, ALONG)
        same += np.array_equal(stored, prepare_cine(whole, source="made").frames)
        grey.append(_apart(stored, frames, told[str(i)]))
    mean, most = np.array(grey).max(axis=0)
    print(f"cine: {same} of {len(people)} are what the same frames give without files")
    print(f"cine against scipy's shift, worst person: {mean:.2f} grey levels on average, {most:.1f} in 99 % of pixels")


def _apart(
    stored: UInt8[np.ndarray, "50 96 96"], frames: Float[np.ndarray, "50 96 96"], told: Mapping[str, float]
) -> tuple[float, float]:
    """Mean and 99th percentile of the difference from the frames moved as the report says, of 255 grey levels."""
    moved = shift(frames, (0, *(47.5 - np.array(told["centre"]))), order=1, mode="nearest")
    back = told["low"] + stored / 255 * (told["high"] - told["low"])
    away = np.abs(np.clip(moved, told["low"], told["high"]) - back)[:, EDGE:-EDGE, EDGE:-EDGE]
    return float(away.mean()), float(np.percentile(away, 99))


def _cpu_s() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
