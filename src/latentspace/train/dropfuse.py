"""Train DropFuse: small batches read as they are needed, validation after each pass, early stopping, exact resume."""

import dataclasses
import math
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from latentspace.errors import InputError
from latentspace.progress import Progress
from latentspace.run import Run
from latentspace.train import checkpoint
from latentspace.train.data import to_device
from latentspace.train.presets import TrainOptions, overridden
from latentspace.train.recordings import Recordings, recordings_of
from latentspace.vae.dropfuse import CodeIn, CodeOut, Design, DropFuse
from latentspace.vae.export import ENCODER_OUTPUTS, to_onnx
from latentspace.vae.model import Batch, Loss
from latentspace.workspace import Workspace

CHECKPOINT_EVERY_S = 60.0  # 240 MB each
THREADS = 2
JUDGED = "validation.total"  # column of the log that decides when to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every number that decides a run of DropFuse.

    `passes` is how often it sees each training person, `patience` how many passes without a better validation loss
    end it. `most_validated` people are asked after each pass.
    """

    batch: int = 4
    passes: float = 5.0
    patience: int = 3
    learning_rate: float = 2e-4
    contrastive: float = 0.1
    most_validated: int = 256
    design: Design = field(default_factory=Design)


SMALL = Settings(passes=60.0, design=Design(signal_first=12, signal_dense=16, cine_first=12, cine_dense=16))


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train; fixed once and kept in run.json."""

    steps: int
    steps_per_pass: int


@dataclass(frozen=True, slots=True)
class Work:
    """What stays the same while training."""

    source: Recordings
    settings: Settings
    planned: Plan
    seed: int
    device: str


def settings_of(options: TrainOptions) -> Settings:
    """The published design, or the one of reduced width, with the overrides.

    Raises:
        InputError: no such field, or a value of another type; or it is to see labels, which it has no place for.
    """
    if options.preset == "labelled":
        raise InputError(
            "train.option",
            where="training option preset",
            found="'labelled' with a model that reads no labels",
            hint="Use --model cross_modal, or another preset.",
        )
    return overridden(SMALL if options.model == "dropfuse_small" else Settings(), options.overrides)


def finish(
    run: Run, workspace: Workspace, options: TrainOptions, settings: Settings, progress: Progress
) -> tuple[DropFuse, list[dict[str, float]]]:
    """Train from wherever the run stands to its end; gives the model with its best weights, and the log.

    Raises:
        InputError: data that this design cannot be trained on.
    """
    progress("prepare", 0, 1)
    source = recordings_of(workspace, options.split_seed, 2**settings.design.scales)
    progress("prepare", 1, 1)
    with _threads(THREADS):
        model = DropFuse(source.forms, settings.design, torch.Generator().manual_seed(options.seed))
        model.to(options.device)
        planned = _plan(run, model, source, options, settings)
        run.update(
            n_shared=settings.design.code,
            n_private=dict.fromkeys(source.forms, 0),
            n_parameters=sum(p.numel() for p in model.parameters()),
            n_train=len(source.train),
            n_validation=len(source.validation),
        )
        work = Work(source, settings, planned, options.seed, options.device)
        state = fit(run, _new_state(model, settings, options), work, progress)
    model.load_state_dict(state.best)
    per_pass = planned.steps_per_pass
    passes, best = (round(state.position[key] / per_pass, 3) for key in ("step", "best_step"))
    run.update(epochs=passes, passes=passes, best_epoch=best)
    return model.to("cpu"), state.position["log"]


def fit(run: Run, state: checkpoint.State, work: Work, progress: Progress) -> checkpoint.State:
    """Go on from the run's checkpoint until the plan ends or validation no longer improves."""
    state = checkpoint.read(run.path, state) or state
    position, saved = state.position, time.monotonic()
    planned = work.planned
    while position["step"] < planned.steps and not _stale(position, work):
        _sum(position["sums"], _step(state, work.settings, _batch(work, position["step"])))
        position["step"] += 1
        if position["step"] % planned.steps_per_pass == 0 or position["step"] == planned.steps:
            state = _validated(state, work)
        if time.monotonic() - saved > CHECKPOINT_EVERY_S:
            checkpoint.write(run.path, state)
            saved = time.monotonic()
        progress("train", position["step"], planned.steps, _note(position, planned))
    return state


def exports(model: DropFuse, m: str) -> tuple[bytes, bytes]:
    """Encoder and decoder of one modality as ONNX, with the outputs that every model has."""
    form = model.forms[m]
    encoder, decoder = CodeIn(model.encoders[m], form), CodeOut(model.decoders[m], form)
    return (
        to_onnx(encoder, torch.zeros(2, *form.shape), "recordings", ENCODER_OUTPUTS),
        to_onnx(decoder, torch.zeros(2, model.code), "z", ("recording",)),
    )


def order(work: Work, step: int) -> Int64[np.ndarray, " batch"]:
    """Whom a step sees, as places in `train`; the order of a pass depends on seed and pass alone."""
    number, place = divmod(step, work.planned.steps_per_pass)
    shuffle = torch.Generator().manual_seed(work.seed * 1_000_003 + number)
    everybody = torch.randperm(len(work.source.train), generator=shuffle)
    return everybody[place * work.settings.batch :][: work.settings.batch].numpy()


def seconds_per_step(state: checkpoint.State, work: Work, clock: Callable[[], float]) -> float:
    """Time of reading and one forward and backward pass, the best of three; changes no weights."""
    times: list[float] = []
    for i in range(3):
        begun = clock()
        _model(state).loss(_batch(work, i), work.settings.contrastive).total.backward()
        state.optimizer.zero_grad(set_to_none=True)
        times.append(clock() - begun)
    return min(times)


def _plan(run: Run, model: DropFuse, source: Recordings, options: TrainOptions, settings: Settings) -> Plan:
    kept = run.record.get("plan")
    if kept is None:
        per_pass = max(1, len(source.train) // settings.batch)
        planned = Plan(max(1, math.ceil(settings.passes * per_pass)), per_pass)
        if options.budget_minutes is not None:
            work = Work(source, settings, planned, options.seed, options.device)
            each = seconds_per_step(_new_state(model, settings, options), work, time.monotonic)
            each *= 1 + min(settings.most_validated, len(source.validation)) / (3 * per_pass * settings.batch)
            planned = dataclasses.replace(planned, steps=max(1, int(options.budget_minutes * 60 / each)))
        kept = dataclasses.asdict(planned)
        run.update(plan=kept)
    return Plan(**kept)


def _new_state(model: DropFuse, settings: Settings, options: TrainOptions) -> checkpoint.State:
    optimizer = torch.optim.RAdam(model.parameters(), lr=settings.learning_rate)
    noise = torch.Generator(options.device).manual_seed(options.seed)
    position: dict[str, Any] = {"step": 0, "best": math.inf, "best_step": 0, "sums": {}, "log": []}
    return checkpoint.State(model, optimizer, noise, _copy(model), position)


def _batch(work: Work, step: int) -> Batch:
    return to_device(work.source.batch(work.source.train[order(work, step)]), work.device)


def _step(state: checkpoint.State, settings: Settings, batch: Batch) -> Loss:
    state.optimizer.zero_grad(set_to_none=True)
    loss = _model(state).loss(batch, settings.contrastive, state.generator)
    loss.total.backward()
    state.optimizer.step()
    return loss


@torch.no_grad()
def _validated(state: checkpoint.State, work: Work) -> checkpoint.State:
    """The state after a look at the validation people; without any, the latest weights are the best."""
    position, best = state.position, state.best
    sums: dict[str, list[float]] = {}
    rows = work.source.validation[: work.settings.most_validated]
    for first in range(0, len(rows), work.settings.batch):
        batch = to_device(work.source.batch(rows[first : first + work.settings.batch]), work.device)
        _sum(sums, _model(state).loss(batch, work.settings.contrastive))
    row = {f"{part}.{k}": v for part, s in (("train", position["sums"]), ("validation", sums)) for k, v in _means(s)}
    total = row.get(JUDGED, -float(position["step"]))
    position["log"].append({"epoch": _passes(position, work.planned), **row})
    position["sums"] = {}
    if total < position["best"]:
        position["best"], position["best_step"], best = total, position["step"], _copy(state.model)
    return dataclasses.replace(state, best=best)


def _sum(sums: dict[str, list[float]], loss: Loss) -> None:
    """Add every term to [sum, count]: a term may be missing in some batches."""
    for name, value in (("total", loss.total), *loss.terms.items()):
        before = sums.get(name, [0.0, 0.0])
        sums[name] = [before[0] + float(value.detach()), before[1] + 1]


def _means(sums: dict[str, list[float]]) -> list[tuple[str, float]]:
    return [(name, total / count) for name, (total, count) in sums.items()]


def _stale(position: dict[str, Any], work: Work) -> bool:
    waited = position["step"] - position["best_step"]
    return bool(position["log"]) and waited >= work.settings.patience * work.planned.steps_per_pass


def _passes(position: dict[str, Any], planned: Plan) -> float:
    return round(position["step"] / planned.steps_per_pass, 3)


def _note(position: dict[str, Any], planned: Plan) -> str:
    log: list[dict[str, float]] = position["log"]
    loss = f", validation loss {log[-1].get(JUDGED, math.nan):.3f}" if log else ""
    return f"step {position['step']} of {planned.steps}, {_passes(position, planned):.2f} passes{loss}"


def _model(state: checkpoint.State) -> DropFuse:
    assert isinstance(state.model, DropFuse)  # noqa: S101 - for the type checker
    return state.model


def _copy(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


@contextmanager
def _threads(n: int) -> Generator[None, None, None]:
    """Always as many: another number adds in another order, and a resumed run would differ in the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
