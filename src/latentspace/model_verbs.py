"""`train` and `build`: from options of the command line to a run."""
# ruff: noqa: PLC0415 - torch takes seconds to import

import argparse
import os

from latentspace.options import Answer, read_overrides
from latentspace.progress import Progress, silent
from latentspace.workspace import open_folder


def train_model(chosen: argparse.Namespace, progress: Progress) -> Answer | None:
    """Train, as one of several processes where torchrun started them; only the first has something to say.

    Raises:
        LatentSpaceError: as `latentspace.train.train`, or the processes cannot meet.
    """
    from latentspace.train import TrainOptions, joined, train

    options = TrainOptions(
        model=chosen.model,
        preset=chosen.preset,
        seed=chosen.seed,
        budget_minutes=chosen.budget,
        overrides=read_overrides(chosen.config),
    )
    with joined(os.environ) as ranks:
        run = train(open_folder(chosen.workspace), options, progress if ranks.first else silent, ranks)
    return {"run": run.name, "path": str(run.path)} if ranks.first else None


def build_run(chosen: argparse.Namespace, progress: Progress) -> Answer:
    """Train, embed, project and evaluate.

    Raises:
        LatentSpaceError: as any of these, or torchrun started several processes.
    """
    from latentspace.demo import BuildOptions, build
    from latentspace.train import refuse_several

    refuse_several(os.environ, "build")
    options = BuildOptions(
        model=chosen.model,
        preset=chosen.preset,
        seed=chosen.seed,
        budget_minutes=chosen.budget,
        overrides=read_overrides(chosen.config),
    )
    run = build(open_folder(chosen.workspace), options, progress)
    return {"run": run.name, "path": str(run.path)}
