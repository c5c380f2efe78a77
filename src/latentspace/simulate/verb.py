"""`simulate`: a cohort of people who never lived, with ECG, cine, phenotypes and a known truth, as a workspace."""

import contextlib
import shutil
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from latentspace.errors import InputError, MissingExtraError, NotFoundError, StoppedError

if find_spec("numba") is None:
    raise MissingExtraError(
        "extra.train",
        where="simulation",
        found="numba is not installed",
        hint="Run `pip install 'latent-space-explorer[train]'`.",
    )

from latentspace.artifact import read_json, replace_json, room_for
from latentspace.cluster import each
from latentspace.modality import UPRIGHT, Axis, Modality
from latentspace.phenotype import Dictionary
from latentspace.progress import Progress
from latentspace.simulate import blood
from latentspace.simulate.block import BLOCK, Blocks, Job, Missing, simulate_block, truth_of, whole, with_cine
from latentspace.simulate.cycle import FRAMES
from latentspace.simulate.ecg import LEADS, ONSET, RATE_HZ, SAMPLES, STRIP, STRIP_SAMPLES
from latentspace.simulate.people import Cohort
from latentspace.simulate.phenotypes import dictionary, subjects
from latentspace.simulate.physiology import VERSION, draw
from latentspace.simulate.raster import PIXEL_MM, SIZE
from latentspace.target import check_target, write
from latentspace.workspace import CohortData, Workspace, open_folder

SIMULATOR = f"simulated cardiac cohort {VERSION}"
BLOCK_BYTES, STORED_BYTES = 1_100_000, 500_000  # of a subject: as drawn, and in the workspace, where it is packed
FEWEST, MOST = 1, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """Whom to simulate: `population` has the prevalences of volunteers, `clinic` enough of every condition to see.

    `without_cine` is the share of people who have no cine; `blood` adds blood values as a third modality.
    """

    subjects: int = 2000
    seed: int = 0
    cohort: Cohort = "clinic"
    workers: int = 2
    without_cine: float = 0.0
    blood: bool = False


def simulate(into: Path, options: SimulateOptions, progress: Progress) -> Workspace:
    """Write the cohort to `into`; stopped or killed, the same command goes on, and a finished one is left as it is.

    The bytes depend on the options but not on the workers.

    Raises:
        InputError: a number of subjects out of range, a target that is not ours to replace, or no space for it.
        StoppedError: interrupted.
    """
    identity = _identity(options)
    if (there := _there(into)) is not None:
        if there.report().get("simulation") == identity:
            return there
        if not there.simulated:
            raise InputError(
                "simulate.recorded",
                where=str(into),
                found="holds recorded people, who would be replaced",
                hint="Name a new folder.",
            )
    check_target(into)
    beside = _beside(into, identity)
    _check_space(beside, options.subjects)
    factors = draw(options.subjects, seed=options.seed, cohort=options.cohort)
    try:
        files = _blocks(beside, factors, options, progress)
    except KeyboardInterrupt as stop:
        raise StoppedError(
            "simulate.stopped",
            where=str(into),
            found="the simulation was interrupted",
            hint="The same command goes on where it was.",
        ) from stop
    progress("write the workspace", 0, 1)
    report = {"simulation": identity, "entries": []}
    write(into, _cohort(files, factors, options, report))
    shutil.rmtree(beside)
    progress("write the workspace", 1, 1)
    return open_folder(into)


def modalities() -> tuple[Modality, ...]:
    """What is simulated: the median beat, the cine, and two leads of a rhythm strip to look at."""
    step = 1 / RATE_HZ
    beat = Axis(name="time", size=SAMPLES, step=step, unit="s", origin=-ONSET * step)
    rows, columns = (Axis(name=k, size=SIZE, step=PIXEL_MM, unit="mm", ends=v) for k, v in UPRIGHT.items())
    return (
        Modality(name="ecg", label="ECG", axes=(Axis(name="lead", size=len(LEADS), labels=LEADS), beat), unit="mV"),
        Modality(
            name="cine",
            label="MRI",
            axes=(Axis(name="time", size=FRAMES, step=1 / FRAMES, unit="RR"), rows, columns),
            unit="grey",
            dtype="uint8",
        ),
        Modality(
            name="rhythm",
            label="Rhythm strip",
            axes=(
                Axis(name="lead", size=len(STRIP), labels=STRIP),
                Axis(name="time", size=STRIP_SAMPLES, step=step, unit="s"),
            ),
            unit="mV",
            role="display",
        ),
    )


def _identity(options: SimulateOptions) -> dict[str, Any]:
    if not FEWEST <= options.subjects <= MOST:
        raise InputError(
            "simulate.subjects",
            where="--subjects",
            found=f"{options.subjects}, expected {FEWEST} to {MOST}",
            hint="2000 take about a minute.",
        )
    if not 0 <= options.without_cine < 1:
        raise InputError(
            "simulate.share",
            where="--without-cine",
            found=f"{options.without_cine}, expected 0 or more and less than 1",
            hint="0.3 leaves three of ten people without a cine.",
        )
    chosen = asdict(options)
    asked = {name: chosen[name] for name in ("without_cine", "blood") if chosen[name]}
    return {"simulator": SIMULATOR, **{name: chosen[name] for name in ("subjects", "seed", "cohort")}, **asked}


def _there(into: Path) -> Workspace | None:
    with contextlib.suppress(NotFoundError):
        return open_folder(into)
    return None


def _beside(into: Path, identity: dict[str, Any]) -> Path:
    """The folder of the blocks: what an interrupted simulation of the same cohort left, or a new one."""
    beside = into.parent / f".{into.name}.simulating"
    options = beside / "options.json"
    if beside.exists() and not (options.exists() and read_json(options) == identity):
        shutil.rmtree(beside)
    with room_for(options):
        beside.mkdir(parents=True, exist_ok=True)
        replace_json(options, identity)
    return beside


def _check_space(beside: Path, n: int) -> None:
    done = sum(file.stat().st_size for file in beside.iterdir())
    needed, free = n * (BLOCK_BYTES + STORED_BYTES) - done, shutil.disk_usage(beside).free
    if needed > free:
        raise InputError(
            "simulate.space",
            where=str(beside.parent),
            found=f"{free / 1e9:.1f} GB are free, {needed / 1e9:.1f} GB are needed while the cohort is written",
            hint="Free some space, name another folder, or simulate fewer --subjects.",
        )


def _blocks(beside: Path, factors: pl.DataFrame, options: SimulateOptions, progress: Progress) -> tuple[Path, ...]:
    """Every block, drawn unless it is there already."""
    rows = factors.to_dicts()
    files = tuple(beside / f"{first:07d}.safetensors" for first in range(0, len(rows), BLOCK))
    jobs = [
        Job(path=file, seed=options.seed, first=i * BLOCK, factors=tuple(rows[i * BLOCK : (i + 1) * BLOCK]))
        for i, file in enumerate(files)
        if not whole(file)
    ]
    done = len(rows) - sum(len(job.factors) for job in jobs)
    resumed = f"{done} were there" if done else ""
    progress("simulate", done, len(rows), resumed)
    for _, n in each(min(options.workers, max(len(jobs), 1)), simulate_block, jobs):
        done += n
        progress("simulate", done, len(rows))
    return files


def _cohort(
    files: tuple[Path, ...], factors: pl.DataFrame, options: SimulateOptions, report: dict[str, Any]
) -> CohortData:
    n = len(factors)
    table = subjects(factors)
    has_cine = with_cine(n, options.seed, options.without_cine)
    blocks = {m.name: Blocks(files, m.name, n) for m in modalities()}
    cohort = CohortData(
        title=f"Simulated hearts, {'clinic' if options.cohort == 'clinic' else 'population'}",
        modalities=modalities(),
        subjects=table,
        dictionary=dictionary(),
        recordings=blocks if has_cine.all() else {**blocks, "cine": Missing(blocks["cine"], has_cine)},
        present={m.name: has_cine if m.is_cine else np.ones(n, bool) for m in modalities()},
        report=report,
        simulator=SIMULATOR,
        truth=pl.concat([table.select("subject_id"), factors, truth_of(files, n)], how="horizontal"),
    )
    return _with_blood(cohort, factors, options.seed) if options.blood else cohort


def _with_blood(cohort: CohortData, factors: pl.DataFrame, seed: int) -> CohortData:
    """The same people with their blood values: a modality in zlog, phenotypes in the units of a report."""
    own = blood.draw_own(len(factors), seed)
    values = blood.blood(factors, own)
    assert cohort.truth is not None  # noqa: S101 - for the type checker
    return replace(
        cohort,
        modalities=(*cohort.modalities, blood.modality()),
        subjects=cohort.subjects.hstack(values),
        dictionary=Dictionary((*cohort.dictionary, *blood.phenotypes())),
        recordings={**cohort.recordings, "blood": blood.zlog(values)},
        present={**cohort.present, "blood": np.ones(len(factors), bool)},
        truth=cohort.truth.hstack(own),
    )
