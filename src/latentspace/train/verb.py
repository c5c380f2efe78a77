"""`train`: one configuration and one cohort give one run, whose id is the hash of both."""

import dataclasses
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from io import BytesIO
from typing import Any

import polars as pl
import torch
from safetensors.torch import save
from torch import Tensor

from latentspace.errors import StoppedError
from latentspace.progress import Progress
from latentspace.run import Run, explained, run_id
from latentspace.train import checkpoint, dropfuse, loop
from latentspace.train.baselines import begun, configured
from latentspace.train.data import Data, load, to_device
from latentspace.train.presets import Config, TrainOptions
from latentspace.train.processes import one_only
from latentspace.train.stopwatch import Stopwatch
from latentspace.vae.export import Standard, decoder_onnx, encoder_onnx, explained_onnx
from latentspace.vae.ranks import ALONE, Ranks
from latentspace.workspace import Workspace

Exports = Mapping[str, Callable[[], tuple[bytes, bytes]]]  # of each modality: encoder and decoder
TRAINING_SHARE = 0.8  # of a budget; the rest is for reading, the closed forms and export


@dataclass(frozen=True, slots=True)
class Sitting:
    """One run in one process, from the start of a command to its end."""

    run: Run
    options: TrainOptions
    config: Config
    progress: Progress
    ranks: Ranks


def train(workspace: Workspace, options: TrainOptions, progress: Progress, ranks: Ranks = ALONE) -> Run:
    """Train a model, or go on where it was stopped; a finished run is left as it is. It becomes the latest run.

    Of several processes (`ranks`) each calls this with the same workspace and options; the first alone writes.

    Raises:
        InputError: an unknown option, data that cannot be trained on, or several processes for DropFuse.
        StoppedError: interrupted, or another process is gone; the same command resumes.
    """
    published = options.model.startswith("dropfuse")
    if published and ranks.size > 1:
        raise one_only("DropFuse")
    config = dropfuse.settings_of(options) if published else configured(options, workspace.modelled)
    described = {**dataclasses.asdict(config), **_identity(options)}
    parents = {name: h for name, h in workspace.hashes.items() if name.startswith(("recordings/", "subjects"))}
    run = workspace.new_run(run_id(described, parents))
    before = run.record if (run.path / "run.json").exists() else {}
    (finished,) = ranks.agreed(before.get("finished", False))
    if not finished:
        if ranks.first and not before:
            run.update(id=run.name, config=described, parents=parents, finished=False, hashes={}, **_facts(options))
        _sit(run, workspace, options, progress, ranks)
        if ranks.first:
            run.update(finished=True)
            checkpoint.remove(run.path)
    if ranks.first:
        workspace.set_latest(run)
    ranks.wait()
    return run


def _sit(run: Run, workspace: Workspace, options: TrainOptions, progress: Progress, ranks: Ranks) -> None:
    """Go on to the end of a run, counting the time of the process that writes it."""
    try:
        with _timed(run, progress) if ranks.first else nullcontext(progress) as heard:
            if options.model.startswith("dropfuse"):
                _finish_dropfuse(run, workspace, options, dropfuse.settings_of(options), heard)
                return
            sitting = Sitting(run, options, configured(options, workspace.modelled), heard, ranks)
            _finish(sitting, workspace) if ranks.first else _follow(sitting, workspace)
    except KeyboardInterrupt as stop:
        raise StoppedError(
            "train.stopped",
            where=f"run {run.name}",
            found="training was interrupted",
            hint="Resume with the same command.",
        ) from stop


@contextmanager
def _timed(run: Run, progress: Progress) -> Generator[Stopwatch]:
    watch = Stopwatch(run, progress)
    try:
        yield watch
    finally:
        watch.count()


def _identity(options: TrainOptions) -> dict[str, object]:
    return {
        "model": options.model,
        "preset": options.preset,
        "seed": options.seed,
        "split_seed": options.split_seed,
        "budget_minutes": options.budget_minutes,
    }


def _facts(options: TrainOptions) -> dict[str, object]:
    versions = {"latentspace": version("latent-space-explorer"), "torch": torch.__version__}
    chosen = {"seed": options.seed, "split_seed": options.split_seed, "overrides": dict(options.overrides)}
    return {**chosen, "versions": versions}


def _finish(sitting: Sitting, workspace: Workspace) -> None:
    """All that one process does, or the first of several."""
    run, progress = sitting.run, sitting.progress
    data, model = _prepared(sitting, workspace)
    run.update(
        n_shared=model.n_shared,
        n_private=model.n_private,
        n_parameters=sum(p.numel() for p in model.parameters()),
        n_train=len(data.train.person),
        n_validation=len(data.validation.person),
        labels_seen=data.labels_seen,
        processes=sitting.ranks.size,
    )
    position = _fit(sitting, model, data)
    run.update(epochs=position["epoch"], passes=position["epoch"], best_epoch=position["best_epoch"])
    model.settle(data.train)
    model.to("cpu")
    for m in data.standards:
        run.write_file(explained(m), explained_onnx(model.explained(m), model.n_shared))
    bases = {f"front.{m}.{k}": v for m, s in data.standards.items() for k, v in _bases(s).items()}

    def export(m: str, standard: Standard) -> tuple[bytes, bytes]:
        return encoder_onnx(model.inference(m), standard), decoder_onnx(model.decoder(m), standard)

    _write(
        run,
        {**model.state_dict(), **bases},
        position["log"],
        {m: partial(export, m, s) for m, s in data.standards.items()},
        progress,
    )


def _follow(sitting: Sitting, workspace: Workspace) -> None:
    """What a process does that is not the first: its rows of every step."""
    data, model = _prepared(sitting, workspace)
    _fit(sitting, model, data)


def _prepared(sitting: Sitting, workspace: Workspace) -> tuple[Data, loop.Trainable]:
    """The data and the model before its first step, the same in every process."""
    options, progress = sitting.options, sitting.progress
    progress("prepare", 0, 1)
    data = load(workspace, options.split_seed, sitting.config)
    model = begun(data, options, sitting.config)
    batches = (data.train, data.validation)
    sitting.ranks.same([t for b in batches for t in (*b.x.values(), *b.known.values(), b.person)])
    sitting.ranks.same(list(model.state_dict().values()))
    progress("prepare", 1, 1)
    data = dataclasses.replace(
        data, train=to_device(data.train, options.device), validation=to_device(data.validation, options.device)
    )
    return data, model.to(options.device)


def _fit(sitting: Sitting, model: loop.Trainable, data: Data) -> dict[str, Any]:
    """Train from where the run stands; the model has the best weights then. Gives epochs and log."""
    config, options = sitting.config, sitting.options
    if config.steps == 0:
        return {"epoch": 0, "best_epoch": 0, "log": [{"epoch": 0}]}
    work = loop.Work(data, config, _plan(sitting, model, data), sitting.ranks)
    noise = torch.Generator(options.device).manual_seed(options.seed)
    state = loop.new_state(model, config, noise)
    state = checkpoint.read(sitting.run.path, state) or state
    state = loop.fit(sitting.run.path, state, work, sitting.progress)
    model.load_state_dict(state.best)
    return state.position


def _finish_dropfuse(
    run: Run, workspace: Workspace, options: TrainOptions, settings: dropfuse.Settings, progress: Progress
) -> None:
    model, log = dropfuse.finish(run, workspace, options, settings, progress)
    _write(run, model.state_dict(), log, {m: partial(dropfuse.exports, model, m) for m in model.forms}, progress)


def _plan(sitting: Sitting, model: loop.Trainable, data: Data) -> loop.Plan:
    """The plan of run.json, or a new one that is kept there: a resumed run has the same steps."""
    run, config, ranks, minutes = sitting.run, sitting.config, sitting.ranks, sitting.options.budget_minutes
    kept = run.record.get("plan") if ranks.first else None
    (known,) = ranks.agreed(kept is not None)
    if not known:
        if minutes is not None:
            each = loop.seconds_per_step(model, data.train, config, time.monotonic, ranks)
            steps = int(minutes * 60 * TRAINING_SHARE / each)
            config = dataclasses.replace(config, steps=max(1, steps))
        kept = dataclasses.asdict(loop.plan(len(data.train.person), config))
        if ranks.first:
            run.update(plan=kept)
    epochs, per_epoch = ranks.agreed(*(kept or {"epochs": 0, "steps_per_epoch": 0}).values())
    return loop.Plan(int(epochs), int(per_epoch))


def _write(
    run: Run, weights: Mapping[str, Tensor], log: list[dict[str, Any]], exports: Exports, progress: Progress
) -> None:
    buffer = BytesIO()
    pl.DataFrame(log).write_parquet(buffer)
    run.write_file("metrics.parquet", buffer.getvalue())
    run.write_file("weights.safetensors", save({k: v.contiguous() for k, v in weights.items()}))
    for i, (m, export) in enumerate(exports.items()):
        progress("export", i, len(exports), m)
        encoder, decoder = export()
        run.write_file(f"encoder_{m}.onnx", encoder)
        run.write_file(f"decoder_{m}.onnx", decoder)
    progress("export", 1, 1)


def _bases(standard: Standard) -> dict[str, Tensor]:
    front = standard.front()
    return {} if front is None else dict(front.named_buffers())
