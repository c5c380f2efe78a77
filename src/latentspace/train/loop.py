"""The training loop: epochs of shuffled batches, validation after each, early stopping, exact resume."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from latentspace.progress import Progress
from latentspace.train import checkpoint
from latentspace.train.data import Data, mixed
from latentspace.train.presets import Config
from latentspace.vae.baselines import Unimodal
from latentspace.vae.model import Batch, CrossModalVAE, Loss
from latentspace.vae.ranks import ALONE, Ranks

Trainable = CrossModalVAE | Unimodal

CHECKPOINT_EVERY_S = 2.0
NATS = 100.0  # the loss is scaled down so that clipping acts on outliers, not on every step
LINEAR = ("to_shared", "log_precision", "loadings", "log_scales", "log_temperature")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train; fixed once and kept in run.json."""

    epochs: int
    steps_per_epoch: int


@dataclass(frozen=True, slots=True)
class Work:
    """What stays the same while training."""

    data: Data
    config: Config
    planned: Plan
    ranks: Ranks = ALONE


def plan(n_train: int, config: Config) -> Plan:
    """Whole epochs that hold the configured number of steps."""
    per_epoch = max(1, round(n_train / config.batch))
    return Plan(max(1, math.ceil(config.steps / per_epoch)), per_epoch)


def new_state(model: Trainable, config: Config, generator: torch.Generator) -> checkpoint.State:
    """A fresh optimizer; what started in closed form moves more slowly and is not decayed."""
    linear = [p for name, p in model.named_parameters() if name.rpartition(".")[2] in LINEAR or "log_scales" in name]
    slow = {id(p) for p in linear}
    rest = [p for p in model.parameters() if id(p) not in slow]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": config.weight_decay, "rate": 1.0},
        {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0, "rate": 1.0},
        {"params": linear, "weight_decay": 0.0, "rate": config.linear_rate},
    ]
    optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))
    return checkpoint.State(
        model, optimizer, generator, _copy(model), {"epoch": 0, "best": math.inf, "best_epoch": 0, "log": []}
    )


def fit(folder: Path, state: checkpoint.State, work: Work, progress: Progress) -> checkpoint.State:
    """Train from wherever `state` stands until the plan ends or validation no longer improves.

    A checkpoint is written every two seconds, at the end of an epoch: what is lost by a kill is computed again,
    with the same random numbers. Of several processes, the first writes it and decides when to end.
    """
    model, position, planned, ranks = state.model, state.position, work.planned, work.ranks
    assert isinstance(model, Trainable)  # noqa: S101 - for the type checker
    best, saved = state.best, time.monotonic()
    if position["epoch"] == 0:
        position["best"] = _decisive(_validate(model, work), ranks)
    patience = max(1, math.ceil(work.config.patience * planned.epochs))
    while position["epoch"] < planned.epochs and position["epoch"] - position["best_epoch"] < patience:
        trained = _epoch(state, work)
        ranks.same(list(model.parameters()))
        loss = _validate(model, work)
        total = _decisive(loss, ranks)
        position["epoch"] += 1
        if total < position["best"]:
            position["best"], position["best_epoch"], best = total, position["epoch"], _copy(model)
        position["log"].append(_row(position["epoch"], trained, loss))
        if ranks.first and time.monotonic() - saved > CHECKPOINT_EVERY_S:
            saved = time.monotonic()
            checkpoint.write(folder, checkpoint.State(model, state.optimizer, state.generator, best, position))
        note = f"epoch {position['epoch']} of {planned.epochs}, validation loss {total:.0f} nats per subject"
        progress("train", position["epoch"], planned.epochs, note)
    return checkpoint.State(model, state.optimizer, state.generator, best, position)


def seconds_per_step(
    model: Trainable, batch: Batch, config: Config, clock: Callable[[], float], ranks: Ranks = ALONE
) -> float:
    """Time of a forward and backward pass, the best of three; changes neither weights nor random numbers."""
    times: list[float] = []
    for _ in range(3):
        begun = clock()
        generator = torch.Generator(batch.person.device).manual_seed(0)
        model.loss(batch, config.objective, warm_up=1.0, generator=generator, ranks=ranks).total.backward()
        model.zero_grad(set_to_none=True)
        times.append(clock() - begun)
    return min(times)


def _epoch(state: checkpoint.State, work: Work) -> dict[str, float]:
    batch, config, planned = work.data.train, work.config, work.planned
    order = torch.randperm(len(batch.person), generator=state.generator, device=batch.person.device)
    sums: dict[str, float] = {}
    total_steps = planned.epochs * planned.steps_per_epoch
    for i, rows in enumerate(order.tensor_split(planned.steps_per_epoch)):
        step = state.position["epoch"] * planned.steps_per_epoch + i
        _set_rate(state.optimizer, config, step, total_steps)
        warm_up = min(1.0, (step + 1) / max(1.0, config.warm_up * total_steps))
        loss = _step(state, mixed(batch.rows(rows), config.mix, state.generator), work, warm_up)
        for name, value in _read(loss).items():
            sums[name] = sums.get(name, 0.0) + value / planned.steps_per_epoch
    return sums


def _step(state: checkpoint.State, batch: Batch, work: Work, warm_up: float) -> Loss:
    assert isinstance(state.model, Trainable)  # noqa: S101 - for the type checker
    state.optimizer.zero_grad(set_to_none=True)
    objective, ranks = work.config.objective, work.ranks
    loss = state.model.loss(batch, objective, warm_up=warm_up, generator=state.generator, ranks=ranks)
    (loss.total / NATS).backward()
    ranks.average(state.model.parameters())
    nn.utils.clip_grad_norm_(state.model.parameters(), work.config.clip)
    state.optimizer.step()
    return loss


def _set_rate(optimizer: torch.optim.Optimizer, config: Config, step: int, total: int) -> None:
    """Linear warm-up, then a cosine to zero."""
    rising = min(1.0, (step + 1) / max(1.0, 0.05 * total))
    rate = config.learning_rate * rising * 0.5 * (1 + math.cos(math.pi * step / total))
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate"]


@torch.no_grad()
def _validate(model: Trainable, work: Work) -> Loss:
    return model.loss(work.data.validation, work.config.objective, warm_up=1.0, ranks=work.ranks)


def _decisive(loss: Loss, ranks: Ranks) -> float:
    """What decides when to end: the same in every process."""
    return ranks.agreed(float(loss.total))[0]


def _row(epoch: int, trained: dict[str, float], loss: Loss) -> dict[str, float]:
    validated = {f"validation.{name}": value for name, value in _read(loss).items()}
    return {"epoch": epoch, **{f"train.{name}": value for name, value in trained.items()}, **validated}


def _read(loss: Loss) -> dict[str, float]:
    return {"total": float(loss.total.detach()), **{name: float(value.detach()) for name, value in loss.terms.items()}}


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
