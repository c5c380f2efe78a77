"""`train`: one configuration and one cohort give one run, whose id is the hash of both."""

import dataclasses
import time
from importlib.metadata import version
from io import BytesIO

import polars as pl
import torch
from safetensors.torch import save
from torch import Tensor

from latentspace.errors import StoppedError
from latentspace.progress import Progress
from latentspace.run import Run, run_id
from latentspace.train import checkpoint, loop
from latentspace.train.data import Data, load, starts_of, to_device
from latentspace.train.presets import Config, TrainOptions, beside_large, config_of
from latentspace.vae.compression import Compress
from latentspace.vae.export import Standard, decoder_onnx, encoder_onnx
from latentspace.vae.model import CrossModalVAE
from latentspace.workspace import Workspace

TRAINING_SHARE = 0.8  # of a budget; the rest is for reading, the closed forms and export


def train(workspace: Workspace, options: TrainOptions, progress: Progress) -> Run:
    """Train a model, or go on where it was stopped; a finished run is left as it is. It becomes the latest run.

    Raises:
        InputError: an unknown option, or data that cannot be trained on.
        StoppedError: interrupted; the same command resumes.
    """
    config = config_of(options)
    described = {**dataclasses.asdict(config), **_identity(options)}
    parents = {name: h for name, h in workspace.hashes.items() if name.startswith(("recordings/", "subjects"))}
    run = workspace.new_run(run_id(described, parents))
    before = run.record if (run.path / "run.json").exists() else {}
    if not before.get("finished", False):
        begun = time.monotonic() - before.get("seconds", 0.0)
        if not before:
            run.update(id=run.name, config=described, parents=parents, finished=False, hashes={}, **_facts(options))
        try:
            _finish(run, workspace, options, config, progress)
        except KeyboardInterrupt as stop:
            raise StoppedError(
                "train.stopped",
                where=f"run {run.name}",
                found="training was interrupted",
                hint="Resume with the same command.",
            ) from stop
        finally:
            run.update(seconds=round(time.monotonic() - begun, 1))
        run.update(finished=True)
        checkpoint.remove(run.path)
    workspace.set_latest(run)
    return run


def _identity(options: TrainOptions) -> dict[str, object]:
    return {
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
    if any(standard.compression for standard in data.standards.values()):
        config = beside_large(config)
    generator = torch.Generator().manual_seed(options.seed)
    model = CrossModalVAE(starts_of(data, config), data.channels, config.n_hidden, generator)
    model.calibrate(data.train)
    progress("prepare", 1, 1)
    data = dataclasses.replace(
        data, train=to_device(data.train, options.device), validation=to_device(data.validation, options.device)
    )
    model.to(options.device)
    planned = _plan(run, model, data, options, config)
    run.update(
        n_shared=model.n_shared,
        n_private=model.n_private,
        n_parameters=sum(p.numel() for p in model.parameters()),
        n_train=len(data.train.person),
        n_validation=len(data.validation.person),
    )
    noise = torch.Generator(options.device).manual_seed(options.seed)
    state = loop.new_state(model, config, noise)
    state = checkpoint.read(run.path, state) or state
    state = loop.fit(run.path, state, data, config, planned, progress)
    model.load_state_dict(state.best)
    run.update(epochs=state.position["epoch"], best_epoch=state.position["best_epoch"])
    _write(run, model.to("cpu"), data, state, progress)


def _plan(run: Run, model: CrossModalVAE, data: Data, options: TrainOptions, config: Config) -> loop.Plan:
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


def _write(run: Run, model: CrossModalVAE, data: Data, state: checkpoint.State, progress: Progress) -> None:
    buffer = BytesIO()
    pl.DataFrame(state.position["log"]).write_parquet(buffer)
    run.write_file("metrics.parquet", buffer.getvalue())
    bases = {f"compression.{m}.{k}": v for m, s in data.standards.items() for k, v in _bases(s).items()}
    tensors = {**model.state_dict(), **bases}
    run.write_file("weights.safetensors", save({k: v.contiguous() for k, v in tensors.items()}))
    for i, (m, standard) in enumerate(data.standards.items()):
        progress("export", i, len(data.standards), m)
        _export(run, model, m, standard)
    progress("export", 1, 1)


def _bases(standard: Standard) -> dict[str, Tensor]:
    return {} if standard.compression is None else dict(Compress(standard.compression).named_buffers())


def _export(run: Run, model: CrossModalVAE, m: str, standard: Standard) -> None:
    run.write_file(f"encoder_{m}.onnx", encoder_onnx(model.encoder(m), standard))
    run.write_file(f"decoder_{m}.onnx", decoder_onnx(model.decoder(m), standard))
