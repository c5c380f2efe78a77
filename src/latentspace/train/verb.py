"""`train`: one configuration and one cohort give one run, whose id is the hash of both."""

import dataclasses
import time
from collections.abc import Callable, Mapping
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
from latentspace.train.stopwatch import Stopwatch
from latentspace.vae.export import Standard, decoder_onnx, encoder_onnx, explained_onnx
from latentspace.workspace import Workspace

Exports = Mapping[str, Callable[[], tuple[bytes, bytes]]]  # of each modality: encoder and decoder
TRAINING_SHARE = 0.8  # of a budget; the rest is for reading, the closed forms and export


def train(workspace: Workspace, options: TrainOptions, progress: Progress) -> Run:
    """Train a model, or go on where it was stopped; a finished run is left as it is. It becomes the latest run.

    Raises:
        InputError: an unknown option, or data that cannot be trained on.
        StoppedError: interrupted; the same command resumes.
    """
    published = options.model.startswith("dropfuse")
    config = dropfuse.settings_of(options) if published else configured(options, workspace.modelled)
    described = {**dataclasses.asdict(config), **_identity(options)}
    parents = {name: h for name, h in workspace.hashes.items() if name.startswith(("recordings/", "subjects"))}
    run = workspace.new_run(run_id(described, parents))
    before = run.record if (run.path / "run.json").exists() else {}
    if not before.get("finished", False):
        if not before:
            run.update(id=run.name, config=described, parents=parents, finished=False, hashes={}, **_facts(options))
        watch = Stopwatch(run, progress)
        try:
            if isinstance(config, dropfuse.Settings):
                _finish_dropfuse(run, workspace, options, config, watch)
            else:
                _finish(run, workspace, options, config, watch)
        except KeyboardInterrupt as stop:
            raise StoppedError(
                "train.stopped",
                where=f"run {run.name}",
                found="training was interrupted",
                hint="Resume with the same command.",
            ) from stop
        finally:
            watch.count()
        run.update(finished=True)
        checkpoint.remove(run.path)
    workspace.set_latest(run)
    return run


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


def _finish(run: Run, workspace: Workspace, options: TrainOptions, config: Config, progress: Progress) -> None:
    progress("prepare", 0, 1)
    data = load(workspace, options.split_seed, config)
    model = begun(data, options, config)
    progress("prepare", 1, 1)
    data = dataclasses.replace(
        data, train=to_device(data.train, options.device), validation=to_device(data.validation, options.device)
    )
    model.to(options.device)
    run.update(
        n_shared=model.n_shared,
        n_private=model.n_private,
        n_parameters=sum(p.numel() for p in model.parameters()),
        n_train=len(data.train.person),
        n_validation=len(data.validation.person),
        labels_seen=data.labels_seen,
    )
    log = _fit(run, model, data, options, config, progress)
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
        log,
        {m: partial(export, m, s) for m, s in data.standards.items()},
        progress,
    )


def _fit(
    run: Run, model: loop.Trainable, data: Data, options: TrainOptions, config: Config, progress: Progress
) -> list[dict[str, float]]:
    """Train from where the run stands; the model has the best weights then. Gives the log."""
    if config.steps == 0:
        run.update(epochs=0, passes=0, best_epoch=0)
        return [{"epoch": 0}]
    planned = _plan(run, model, data, options, config)
    noise = torch.Generator(options.device).manual_seed(options.seed)
    state = loop.new_state(model, config, noise)
    state = checkpoint.read(run.path, state) or state
    state = loop.fit(run.path, state, data, config, planned, progress)
    model.load_state_dict(state.best)
    epochs = state.position["epoch"]
    run.update(epochs=epochs, passes=epochs, best_epoch=state.position["best_epoch"])
    return state.position["log"]


def _finish_dropfuse(
    run: Run, workspace: Workspace, options: TrainOptions, settings: dropfuse.Settings, progress: Progress
) -> None:
    model, log = dropfuse.finish(run, workspace, options, settings, progress)
    _write(run, model.state_dict(), log, {m: partial(dropfuse.exports, model, m) for m in model.forms}, progress)


def _plan(run: Run, model: loop.Trainable, data: Data, options: TrainOptions, config: Config) -> loop.Plan:
    """The plan of run.json, or a new one that is kept there: a resumed run has the same steps."""
    kept = run.record.get("plan")
    if kept is None:
        if options.budget_minutes is not None:
            first = data.train
            each = loop.seconds_per_step(model, first, config, time.monotonic)
            steps = int(options.budget_minutes * 60 * TRAINING_SHARE / each)
            config = dataclasses.replace(config, steps=max(1, steps))
        kept = dataclasses.asdict(loop.plan(len(data.train.person), config))
        run.update(plan=kept)
    return loop.Plan(**kept)


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
