"""Spaces of embeddings that another program made: their names, and what the joint space is where several are given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.errors import InputError
from latentspace.modality import CODE, JOINT, Space, private

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
TAKEN = {CODE, "all", "phenotypes", "both", "part", "reliability"}  # scores and columns of every run
PRIVATE = private("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One `--embedding SPACE=F`."""

    space: str
    path: Path


def read_given(texts: Sequence[str]) -> tuple[Given, ...]:
    """The embeddings that the command line names.

    Raises:
        InputError: not of the form SPACE=F, a name that cannot be one, or one given twice.
    """
    given = tuple(_one(text) for text in texts)
    names = [each.space for each in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _option(twice[0], "is given twice")
    if names and all(name.startswith(PRIVATE) for name in names):
        raise _option(names[0], "is private to one modality, and no other space is given")
    return given


def _one(text: str) -> Given:
    space, equals, file = text.partition("=")
    if not equals or not file:
        raise _option(text, "is not of the form SPACE=F")
    if not NAME.fullmatch(space) or space in TAKEN:
        raise _option(space, "cannot be the name of a space")
    return Given(space=space, path=Path(file))


def _option(what: str, found: str) -> InputError:
    hint = "Write --embedding SPACE=F, SPACE being letters, digits and underscores, such as joint or ecg."
    return InputError("embedding.option", where=f"--embedding {what[:80]}", found=found, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The code of every row in every space, `joint` first; NaN rows where there is none.

    `label` is that of the joint space, `beside` are the spaces that it is made of, where it was not given.
    """

    values: Mapping[str, Float32[np.ndarray, "n _"]]
    label: str
    beside: tuple[str, ...] = ()

    def spaces(self, modalities: Mapping[str, str]) -> tuple[Space, ...]:
        """Every space with its dimensions; `modalities` are the labels of those that can be drawn, by name."""
        return tuple(self._space(name, modalities) for name in self.values)

    def _space(self, name: str, modalities: Mapping[str, str]) -> Space:
        width = self.values[name].shape[1]
        if name == JOINT:
            parts = {f"{each}_": self.values[each].shape[1] for each in self.beside} or {"z": width}
            dims = tuple(dim for prefix, size in parts.items() for dim in _dims(prefix, size))
            return Space(name=name, label=self.label, modalities=tuple(modalities), dims=dims)
        own = name.removeprefix(PRIVATE)
        label = modalities.get(own, own) + (", private" if own != name else "")
        return Space(
            name=name, label=label, modalities=(own,) if own in modalities else (), dims=tuple(_dims(own, width))
        )


def with_joint(values: Mapping[str, Float32[np.ndarray, "n _"]]) -> Codes:
    """The codes of every space given, and of the joint one.

    A space named `joint` is it; a lone space becomes it, under its own name. Of several, joint is all of them side by
    side: each dimension from its mean, each space scaled as one so that all have the same variance in sum and none
    outweighs another by its unit or its number of dimensions. Who lacks one space has no place in the joint one.
    """
    shared = tuple(name for name in values if not name.startswith(PRIVATE))
    if JOINT in values or len(shared) == 1:
        joint = JOINT if JOINT in values else shared[0]
        others = {name: z for name, z in values.items() if name != joint}
        return Codes(values={JOINT: values[joint], **others}, label="Joint" if joint == JOINT else joint)
    size = sum(values[name].shape[1] for name in shared) / len(shared)
    parts = [_level(values[name]) * np.sqrt(size) for name in shared]
    joined = np.concatenate(parts, axis=1).astype(np.float32)
    joined[np.isnan(joined).any(axis=1)] = np.nan
    return Codes(values={JOINT: joined, **values}, label="Joint", beside=shared)


def _dims(prefix: str, width: int) -> list[str]:
    digits = len(str(max(0, width - 1)))
    return [f"{prefix}{i:0{digits}d}" for i in range(width)]


def _level(z: Float32[np.ndarray, "n dims"]) -> Float64[np.ndarray, "n dims"]:
    """From their mean, so that the variances of all dimensions add up to 1; nought where nothing varies."""
    known = z[~np.isnan(z).any(axis=1)].astype(np.float64)
    spread = np.sqrt(known.var(axis=0).sum()) if len(known) else 0.0
    return (z - (known.mean(axis=0) if len(known) else 0.0)) / max(float(spread), 1e-12)
