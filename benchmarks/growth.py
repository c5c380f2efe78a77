"""How time and memory of each verb grow: 1,000 to 64,000 people with small recordings, one process for each.

The exponent is the slope of log time (or memory) by log people between the second size (4,000; 1,000 of whole hearts
and ECGs) and the most: 1 grows as the cohort does.
"""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

from benchmarks.cohorts import BUILT, ROOT
from benchmarks.timing import Claim, Effort, valued
from latentspace.modality import Axis, Modality
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.workspace import CohortData, create
from studies.picture import write_png
from tests.ecg_records import made_ecg, write_record

SIZES, FEW_SIZES = (1_000, 4_000, 16_000, 64_000), (500, 1_000, 2_000)
READ_SIZES, FEW_READ = (250, 1_000, 4_000), (60, 120, 240)  # people whose files are written, read and drawn
VERBS = ("train", "embed", "project", "evaluate")
TIME, MEMORY = 1.2, 0.5  # exponents that are promised: of time, and of the memory of what is streamed
PICTURE = ROOT / "docs" / "images" / "growth.png"
HELD = "The verb holds what it knows of every person: codes, or in `project` the pairs of 90 neighbours on each side."
FACTORS, LEADS, SAMPLES, SIDE = 6, 2, 128, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one command took: seconds of the processor, with its children's, and MB of the largest process."""

    n: int
    cpu_s: float
    memory_mb: float


def measure(effort: Effort) -> list[Claim]:
    """Every verb at every size; a picture of all."""
    sizes, read = (FEW_SIZES, FEW_READ) if effort.quick else (SIZES, READ_SIZES)
    folder = BUILT / "growth"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    used: dict[str, list[Used]] = {"simulate": [], "ingest": [], **{verb: [] for verb in VERBS}}
    for n in read:
        used["simulate"].append(_used(n, "simulate", str(folder / f"hearts-{n}"), "--subjects", str(n)))
        used["ingest"].append(_used(n, "ingest", str(_records(folder, n)), "--into", str(folder / f"read-{n}")))
    for n in sizes:
        path = str(_cohort(folder, n))
        for verb in VERBS:
            used[verb].append(_used(n, verb, path, *(["--quick"] if verb == "evaluate" else [])))
    if not effort.quick:
        _picture(used)
    return [claim for verb, each in used.items() for claim in _claims(verb, each)]


def _used(n: int, *command: str) -> Used:
    """Run one verb to its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "latentspace", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (command, said.decode()[-500:])
    used = Used(n=n, cpu_s=usage.ru_utime + usage.ru_stime, memory_mb=usage.ru_maxrss / 1024)
    print(f"  {command[0]} of {n:,}: {used.cpu_s:.1f} s of the processor, {used.memory_mb:.0f} MB", flush=True)
    return used


def _claims(verb: str, used: Sequence[Used]) -> list[Claim]:
    cpu, memory = _exponent([u.cpu_s for u in used], used), _exponent([u.memory_mb for u in used], used)
    last = used[-1]
    of = f"{verb}, {used[0].n:,} to {last.n:,} people"
    return [
        valued(f"growth of time: {of}", TIME, "exponent", np.array([[cpu]]), ()),
        dataclasses.replace(valued(f"growth of memory: {of}", MEMORY, "exponent", np.array([[memory]]), ()), why=HELD),
        valued(f"time of the processor: {verb} of {last.n:,}", None, "s", np.array([[last.cpu_s]]), ()),
        valued(f"memory: {verb} of {last.n:,}", None, "MB", np.array([[last.memory_mb]]), ()),
    ]


def _exponent(values: Sequence[float], used: Sequence[Used]) -> float:
    """Between the second size and the last: a start of some seconds is no growth."""
    return float(np.log(values[-1] / values[1]) / np.log(used[-1].n / used[1].n))


def _cohort(folder: Path, n: int) -> Path:
    """A signal and an image of the same six factors, and what a table says of them."""
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((n, FACTORS), dtype=np.float32)
    time = Axis(name="time", size=SAMPLES, step=0.01, unit="s")
    signal = Modality(name="signal", label="Signal", axes=(Axis(name="lead", size=LEADS), time), unit="mV")
    axes = (Axis(name="row", size=SIDE), Axis(name="column", size=SIDE))
    image = Modality(name="image", label="Image", axes=axes, unit="1")
    recordings: dict[str, np.ndarray] = {}
    for m in (signal, image):
        size = int(np.prod(m.shape))
        drawn = np.tanh(factors @ rng.standard_normal((FACTORS, size), dtype=np.float32) / FACTORS**0.5)
        noise = 0.1 * rng.standard_normal((n, size), dtype=np.float32)
        recordings[m.name] = (drawn + noise).reshape(n, *m.shape)
    table = pl.DataFrame(
        {"subject_id": [f"G-{i:06d}" for i in range(n)], "visit": ["1"] * n, "first": factors[:, 0].astype(float)}
    )
    cohort = CohortData(
        title=f"{n:,} made-up people",
        modalities=(signal, image),
        subjects=table,
        dictionary=Dictionary((Phenotype(name="first", label="First factor", kind="continuous"),)),
        recordings=recordings,
        present={m.name: np.ones(n, bool) for m in (signal, image)},
        report={},
        simulator="growth",
    )
    return create(folder / f"people-{n}", cohort).path


def _records(folder: Path, n: int) -> Path:
    """Ten seconds of ECG for each person."""
    into = folder / f"records-{n}"
    into.mkdir()
    strip = made_ecg([0.5 + 0.8 * k for k in range(12)])
    for i in range(n):
        write_record(into, f"g{i:06d}", strip * (1 + 0.2 * i / n))
    return into


def _picture(used: dict[str, list[Used]]) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for verb, each in used.items():
        n = [u.n for u in each]
        left.loglog(n, [u.cpu_s for u in each], "o-", label=verb)
        right.loglog(n, [u.memory_mb for u in each], "o-", label=verb)
    for axes, title in ((left, "seconds of the processor"), (right, "memory, MB")):
        axes.set(xlabel="people", title=title)
        axes.grid(alpha=0.3, which="both")
    left.legend()
    write_png(figure, PICTURE, dpi=110, colours=64)
