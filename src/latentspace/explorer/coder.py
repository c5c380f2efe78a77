"""Between recordings, codes and maps: a run's encoders, decoders and placers, opened when they are first asked."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32

from latentspace.answers import Code
from latentspace.codec import OnnxCodec
from latentspace.errors import InputError
from latentspace.latent import layout
from latentspace.modality import JOINT, Modality, Space
from latentspace.project import Method, Placer, drawn_methods, no_map
from latentspace.run import Run

MAX_SD = 50.0  # of a latent: beyond it a decoder is only ever asked by mistake
MOST_TILES = 16  # of a filmstrip
KEPT = 8  # codes whose recordings are kept: what is drawn is measured and traced next


class Coder:
    """One run's model, for single subjects; a full code is `z = [joint | private of each modality]`."""

    def __init__(self, run: Run, modalities: tuple[Modality, ...]) -> None:
        """Nothing is read yet; `modalities` are the modelled ones."""
        self.run, self.modalities = run, modalities
        self.spaces: tuple[Space, ...] = run.spaces(modalities)
        self.layout = layout(self.spaces)
        self.n_latent = max(part.stop for part in self.layout.values())
        self._codec = OnnxCodec(run, modalities)
        self._placers: dict[str, Placer] = {}
        self._methods = drawn_methods(run)
        self._largest = max(MAX_SD, 2 * run.record.get("largest", 0.0))
        self._decoded = lru_cache(maxsize=KEPT)(self._decode)

    @property
    def shared(self) -> tuple[Space, ...]:
        """The spaces that have maps."""
        return tuple(s for s in self.spaces if not s.name.startswith("private_"))

    def encode(self, recordings: Mapping[str, np.ndarray]) -> Code:
        """The posterior given one subject's recordings; what they do not tell keeps its prior."""
        posterior = self._codec.encode({name: values[None] for name, values in recordings.items()})
        z, log_var = np.zeros(self.n_latent, np.float32), np.zeros(self.n_latent, np.float32)
        for space, part in self.layout.items():
            if space in posterior:
                z[part], log_var[part] = posterior[space].mean[0], posterior[space].log_var[0]
        return Code(z=z, log_var=log_var)

    def decode(self, z: Float32[np.ndarray, " n_latent"]) -> dict[str, np.ndarray]:
        """Every modality, in its unit and dtype, generated from one full code.

        Raises:
            InputError: wrong length, or not finite, or further than 50 SD from the prior.
        """
        self.check(z)
        return dict(self._decoded(np.asarray(z, np.float32).tobytes()))

    def _decode(self, code: bytes) -> dict[str, np.ndarray]:
        z = np.frombuffer(code, np.float32)[None]
        drawn = {m.name: self._codec.decode(z, m.name)[0] for m in self.modalities}
        for values in drawn.values():
            values.flags.writeable = False  # kept for who asks next
        return drawn

    def stored(self, row: int) -> Code:
        """The code of a row as it was made elsewhere, without its width; nought in the spaces where it has none."""
        parts = [self.run.embedding(space)[row] for space in self.layout]
        z = np.nan_to_num(np.concatenate(parts)).astype(np.float32)
        return Code(z=z, log_var=np.zeros_like(z))

    def traverse(
        self,
        z: Float32[np.ndarray, " n_latent"],
        index: int,
        values: Sequence[float],
        modalities: Sequence[str],
        frame: int | None,
    ) -> dict[str, np.ndarray]:
        """Modalities, a row for each value that one dimension of a code takes; of a cine one frame, where it is given.

        Raises:
            InputError: as `decode`; no such dimension or frame; no values, or more than 16.
        """
        self.check(z)
        if not (0 <= index < self.n_latent and 0 < len(values) <= MOST_TILES):
            raise InputError(
                "traverse.malformed",
                where="traverse",
                found=f"{len(values)} values of dimension {index}",
                hint=f"Ask for 1 to {MOST_TILES} values of a dimension below {self.n_latent}.",
            )
        codes = np.repeat(z[None], len(values), axis=0)
        codes[:, index] = values
        for code in codes:
            self.check(code)
        drawn = {m.name: self._codec.decode(codes, m.name) for m in self.modalities if m.name in modalities}
        return {name: _frame(self._modality(name), values, frame) for name, values in drawn.items()}

    def place(
        self, z: Float32[np.ndarray, " n_latent"], maps: Sequence[str] | None = None
    ) -> dict[str, Float32[np.ndarray, "2"]]:
        """Where a code would lie on some maps, named `<space>.<method>`; on all of them when none are named.

        NaN on the map of a space that has other dimensions than the joint one.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such map.
        """
        self.check(z)
        code = z[self.layout[JOINT]][None]
        drawn: dict[str, tuple[str, Method]] = {
            f"{space.name}.{method}": (space.name, method) for space in self.shared for method in self._methods
        }
        alike = {space.name for space in self.shared if space.dims == self.spaces[0].dims}
        nowhere = np.full(2, np.nan, np.float32)
        places: dict[str, np.ndarray] = {}
        for name in maps or drawn:
            if name not in drawn:
                raise no_map(name)
            space, method = drawn[name]
            places[name] = self._placer(space).place(code, method)[0] if space in alike else nowhere
        return places

    def check(self, z: Float[np.ndarray, " n"]) -> None:
        """Refuse what is no code.

        Raises:
            InputError: wrong length, or not finite, or further than 50 SD from the prior; codes made elsewhere may
                reach twice as far as the farthest person.
        """
        if z.shape != (self.n_latent,) or not np.isfinite(z).all() or np.abs(z).max() > self._largest:
            raise InputError(
                "code.malformed",
                where="z",
                found=f"{z.shape[0]} numbers, largest {np.abs(z).max(initial=0):.3g}",
                hint=f"Send {self.n_latent} finite numbers within {self._largest:g} SD.",
            )

    def _modality(self, name: str) -> Modality:
        return next(m for m in self.modalities if m.name == name)

    def _placer(self, space: str) -> Placer:
        if space not in self._placers:
            self._placers[space] = Placer.load(self.run, space)
        return self._placers[space]


def _frame(modality: Modality, values: np.ndarray, frame: int | None) -> np.ndarray:
    """One frame of what has rows and columns over time; everything of the rest."""
    moves = [axis.name for axis in modality.axes] == ["time", "row", "column"]
    if frame is None or not moves:
        return values
    if not 0 <= frame < values.shape[1]:
        raise InputError(
            "traverse.frame",
            where=f"frame {frame} of {modality.name}",
            found=f"it has frames 0 to {values.shape[1] - 1}",
            hint="Choose one of them.",
        )
    return values[:, frame]
