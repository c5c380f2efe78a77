"""From nothing to a workspace that can be explored; every stage is kept, so a second start is at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from latentspace.artifact import room_for
from latentspace.errors import NotFoundError
from latentspace.progress import Progress
from latentspace.run import Model, Run
from latentspace.workspace import Workspace, create, open_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What `build` and `demo` pass on to `train` and the stages after it."""

    model: Model = "cross_modal"
    preset: Literal["fast", "standard", "paper", "labelled"] = "fast"
    seed: int = 0
    budget_minutes: float | None = None
    overrides: Mapping[str, float | int | str] = field(default_factory=dict[str, float | int | str])


def demo_folder() -> Path:
    """Where the demo's workspaces are kept: under the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "latentspace"


def demo_digits(folder: Path, options: BuildOptions, progress: Progress) -> Workspace:
    """The workspace of handwritten digits under `folder`, built as far as it is not there yet."""
    workspace = _digits_workspace(folder / "digits", progress)
    build(workspace, options, progress)
    return workspace


def demo_cardiac(folder: Path, options: BuildOptions, progress: Progress, *, subjects: int, workers: int) -> Workspace:
    """The workspace of simulated hearts and ECGs (the clinic) under `folder`, built as far as it is not there yet."""
    workspace = _cardiac_workspace(folder / f"cardiac-{subjects}", subjects, workers, progress)
    build(workspace, options, progress)
    return workspace


def build(workspace: Workspace, options: BuildOptions, progress: Progress) -> Run:
    """Train, embed, project, evaluate --quick; what is finished is not done again."""
    run = _trained(workspace, options, progress)
    if not run.has("embedding.zarr"):
        from latentspace.embed import embed  # noqa: PLC0415 - a cached demo starts without it

        embed(workspace, run, progress)
    if not run.has("projection.zarr"):
        from latentspace.project import ProjectOptions, project  # noqa: PLC0415

        project(workspace, run, ProjectOptions(seed=options.seed), progress)
    if not run.has("evaluation.json"):
        from latentspace.evaluate import evaluate  # noqa: PLC0415

        evaluate(workspace, run, seed=options.seed, progress=progress, quick=True)
    return run


def _cardiac_workspace(path: Path, subjects: int, workers: int, progress: Progress) -> Workspace:
    try:
        return open_folder(path)
    except NotFoundError:
        from latentspace.simulate.verb import SimulateOptions, simulate  # noqa: PLC0415 - waits for the compiler

        return simulate(path, SimulateOptions(subjects=subjects, workers=workers), progress)


def _digits_workspace(path: Path, progress: Progress) -> Workspace:
    try:
        return open_folder(path)
    except NotFoundError:
        from latentspace.digits import digits_cohort  # noqa: PLC0415 - scikit-learn takes a second to import

        progress("read digits", 0, 1)
        with room_for(path):
            workspace = create(path, digits_cohort())
        progress("read digits", 1, 1)
        return workspace


def _trained(workspace: Workspace, options: BuildOptions, progress: Progress) -> Run:
    if not options.overrides and (finished := _finished(workspace, options)):
        workspace.set_latest(finished)
        return finished
    from latentspace.train import TrainOptions, train  # noqa: PLC0415 - torch takes seconds to import

    chosen = TrainOptions(
        model=options.model,
        preset=options.preset,
        seed=options.seed,
        budget_minutes=options.budget_minutes,
        overrides=options.overrides,
    )
    return train(workspace, chosen, progress)


def _finished(workspace: Workspace, options: BuildOptions) -> Run | None:
    """The run that `train` would find done, found without torch: same options, same data, same version."""
    wanted = {
        "model": options.model,
        "preset": options.preset,
        "seed": options.seed,
        "budget_minutes": options.budget_minutes,
        "split_seed": 0,
    }
    for run in workspace.runs():
        record = run.record
        made_here = record.get("versions", {}).get("latentspace") == version("latent-space-explorer")
        same_data = all(workspace.hashes.get(name) == digest for name, digest in record.get("parents", {}).items())
        plain = record.get("finished") and not record.get("overrides", True)
        if plain and made_here and same_data and wanted.items() <= record["config"].items():
            return run
    return None
