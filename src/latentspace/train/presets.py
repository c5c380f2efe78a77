"""What a training run is made of: presets, the options of a caller, and the configuration that results."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from latentspace.errors import InputError
from latentspace.run import Model
from latentspace.vae.model import Objective

Preset = Literal["fast", "standard", "paper", "labelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every number that decides a run; it stands in run.json and makes the run's id.

    Widths are upper bounds: a modality with few degrees of freedom gets fewer (see `train.data.starts_of`).
    `n_principal` of the shared dimensions start at what is largest in all modalities, not at what these agree on.
    `n_components` are those of a recording. A large one (a cine) has `n_heart` + `n_tiles` + `n_rest` coordinates (see
    `vae.compression`). `convolutions` read signals (an ECG) where they are on, else a perceptron reads their scores.
    What a shared code draws is corrected by a network unless `drawing` is linear.
    `steps` are optimiser steps in all; `patience` is the share of them without a better validation loss after
    which training stops. `linear_rate` scales the learning rate of what started in closed form; `mix` is the largest
    share of another person mixed into a training row. With `registration` off, a cine is described where it lies;
    with `timing` on, a beat in the usual timing (see `vae.timing`).
    With `labels` on, what a large recording tells the shared code is phenotypes as a ridge regression reads them from
    its coordinates (see `train.labels`): the model has then seen labels of the training people.
    """

    n_shared: int = 64
    n_principal: int = 0
    n_components: int = 64
    n_heart: int = 128
    n_tiles: int = 512
    n_rest: int = 768
    n_hidden: int = 256
    ridge: float = 0.01
    batch: int = 512
    steps: int = 240
    patience: float = 0.25
    learning_rate: float = 1e-3
    linear_rate: float = 0.1
    weight_decay: float = 0.1
    warm_up: float = 0.1
    clip: float = 2.0
    mix: float = 0.5
    convolutions: Literal["on", "off"] = "off"
    drawing: Literal["network", "linear"] = "network"
    registration: Literal["on", "off"] = "on"
    timing: Literal["on", "off"] = "off"
    labels: Literal["on", "off"] = "off"
    objective: Objective = field(default_factory=Objective)


def beside_large(config: Config) -> Config:
    """The configuration where a large recording is modelled: thousands of people teach convolutions and timing.

    What a shared code draws stays linear there: networks that draw it learn those people by heart (`docs/design/cine`).
    """
    objective = dataclasses.replace(config.objective, matching=0.0, contrastive=100.0, noise=0.15)
    wider = dataclasses.replace(config, n_components=2 * config.n_components, convolutions="on", drawing="linear")
    return dataclasses.replace(wider, timing="on", learning_rate=1.5e-3, mix=0.0, objective=objective)


PRESETS: Mapping[Preset, Config] = {
    "fast": Config(),
    "standard": Config(n_tiles=2048, n_rest=1024, steps=600),
    "paper": Config(n_shared=256, n_tiles=2048, n_rest=1024, steps=600),
    "labelled": Config(n_tiles=2048, n_rest=1024, steps=600, labels="on"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """What a caller chooses. `budget_minutes` replaces the preset's number of steps by what fits in that time.

    `overrides` are fields of `Config`, those of the objective as `objective.kl`.
    """

    model: Model = "cross_modal"
    preset: Preset = "fast"
    seed: int = 0
    split_seed: int = 0
    budget_minutes: float | None = None
    device: str = "cpu"
    overrides: Mapping[str, float | int | str] = field(default_factory=dict[str, float | int | str])


def config_of(options: TrainOptions) -> Config:
    """The preset with the overrides.

    Raises:
        InputError: no such preset or field, or a value of another type.
    """
    if options.preset not in PRESETS:
        raise _wrong("preset", f"{options.preset!r}", f"Use one of {', '.join(get_args(Preset))}.")
    return overridden(PRESETS[options.preset], options.overrides)


def overridden(before: Any, overrides: Mapping[str, float | int | str]) -> Any:  # noqa: ANN401 - a dataclass
    """A dataclass with some of its fields replaced, those of a dataclass within it as `objective.kl`.

    Raises:
        InputError: no such field, or a value of another type.
    """
    parts = [f.name for f in dataclasses.fields(before) if dataclasses.is_dataclass(getattr(before, f.name))]
    outer = {k: v for k, v in overrides.items() if k.partition(".")[0] not in parts}
    after = _replace(before, outer, "")
    for part in parts:
        inner = {k.removeprefix(f"{part}."): v for k, v in overrides.items() if k.startswith(f"{part}.")}
        after = dataclasses.replace(after, **{part: _replace(getattr(before, part), inner, f"{part}.")})
    return after


def _replace(before: Any, values: Mapping[str, float | int | str], prefix: str) -> Any:  # noqa: ANN401 - a dataclass
    known = {f.name: type(getattr(before, f.name)) for f in dataclasses.fields(before)}
    choices = {
        name: get_args(hint) for name, hint in get_type_hints(type(before)).items() if get_origin(hint) is Literal
    }
    for name, value in values.items():
        expected = known.get(name)
        if expected not in (int, float, str):
            raise _wrong(prefix + name, "no such field", f"Fields are {', '.join(known)}.")
        if type(value) is not expected and not (expected is float and type(value) is int):
            raise _wrong(prefix + name, f"{value!r}", f"Give a value of type {expected.__name__}.")
        if value not in choices.get(name, (value,)):
            raise _wrong(prefix + name, f"{value!r}", f"Use one of {', '.join(choices[name])}.")
    return dataclasses.replace(before, **values)


def _wrong(where: str, found: str, hint: str) -> InputError:
    return InputError("train.option", where=f"training option {where}", found=found, hint=hint)
