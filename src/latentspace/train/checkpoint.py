"""The state of a training run in one safetensors file, so that a resumed run equals an unbroken one, bit for bit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from latentspace.artifact import replace_file, room_for
from latentspace.errors import InputError

NAME = "checkpoint.safetensors"


@dataclass(frozen=True, slots=True)
class State:
    """What changes while training, beside the model itself.

    `best` are the weights with the lowest validation loss; `position` is plain data: epoch, loss, log.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    best: dict[str, Tensor]
    position: dict[str, Any]


def write(folder: Path, state: State) -> None:
    """Write everything in one file, whole or not at all."""
    moments = {
        f"optimizer/{i}/{key}": value
        for i, values in state.optimizer.state_dict()["state"].items()
        for key, value in values.items()
    }
    tensors = {
        **{f"model/{name}": value for name, value in state.model.state_dict().items()},
        **{f"best/{name}": value for name, value in state.best.items()},
        **moments,
        "generator": state.generator.get_state(),
    }
    whole = {name: value.detach().contiguous().clone() for name, value in tensors.items()}
    with room_for(folder / NAME):
        replace_file(folder / NAME, save(whole, metadata={"position": json.dumps(state.position)}))


def read(folder: Path, state: State) -> State | None:
    """Put back what `write` kept, into the model, optimizer and generator of `state`; None if there is nothing.

    Raises:
        InputError: the checkpoint is damaged or of another model.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            position = json.loads((file.metadata() or {})["position"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        state.model.load_state_dict(_under(tensors, "model/"))
        state.optimizer.load_state_dict({**state.optimizer.state_dict(), "state": _moments(tensors)})
        state.generator.set_state(tensors["generator"])
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise InputError(
            "train.checkpoint",
            where=str(path),
            found=f"cannot be resumed from ({error})",
            hint="Delete this file; training then starts again.",
        ) from error
    return State(state.model, state.optimizer, state.generator, _under(tensors, "best/"), position)


def remove(folder: Path) -> None:
    """The run is finished."""
    (folder / NAME).unlink(missing_ok=True)


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _moments(tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(tensors, "optimizer/").items():
        index, key = name.split("/")
        moments.setdefault(int(index), {})[key] = value
    return moments
