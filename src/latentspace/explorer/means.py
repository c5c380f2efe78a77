"""The mean code of many people, read block by block so that a million of them need little memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32

from latentspace.arrays import open_array, read_rows
from latentspace.run import Run

MOST_MEANT = 256  # dimensions of a space whose mean is told; that of a cine's remaining private ones is nearly nought
BLOCK = 8192  # rows: within one, sums in float32 are exact enough
HELD_BYTES = 256 << 20  # of a space; larger ones are read anew for each question

Block = tuple[Float32[np.ndarray, "rows dims"], Bool[np.ndarray, " rows"]]


@dataclass(frozen=True, slots=True)
class Means:
    """A run's codes, for means; `layout` says where each space lies in a full code."""

    run: Run
    layout: Mapping[str, slice]
    _everyone: list[Float32[np.ndarray, " n_latent"]] = field(default_factory=list[np.ndarray])
    _held: dict[str, list[Block]] = field(default_factory=dict[str, list[Block]])

    def of(self, chosen: Bool[np.ndarray, " n"]) -> Float32[np.ndarray, " n_latent"]:
        """Mean of each part over the chosen rows that have it; zeros where none has, and after 256 numbers."""
        if not chosen.all():
            return self._of(chosen)
        if not self._everyone:
            self._everyone.append(self._of(chosen))
        return self._everyone[0]

    def known(self, chosen: Bool[np.ndarray, " n"]) -> dict[str, int]:
        """How many of the chosen rows have each part."""
        counts: dict[str, int] = {}
        for space, part in self.layout.items():
            n, first = 0, 0
            for values, known in self._blocks(space, min(part.stop - part.start, MOST_MEANT)):
                n, first = n + int((chosen[first : first + len(values)] & known).sum()), first + len(values)
            counts[space] = n
        return counts

    def _of(self, chosen: Bool[np.ndarray, " n"]) -> Float32[np.ndarray, " n_latent"]:
        z = np.zeros(max(part.stop for part in self.layout.values()), np.float32)
        for space, part in self.layout.items():
            if part.stop == part.start:
                continue
            total, n, first = np.zeros(min(part.stop - part.start, MOST_MEANT)), 0, 0
            for values, known in self._blocks(space, len(total)):
                here = chosen[first : first + len(values)] & known
                total += here.astype(np.float32) @ values
                n, first = n + int(here.sum()), first + len(values)
            z[part.start : part.start + len(total)] = total / max(n, 1)
        return z

    def _blocks(self, space: str, width: int) -> Iterator[Block]:
        if space in self._held:
            yield from self._held[space]
            return
        stored = open_array(self.run.file("embedding.zarr"), f"{space}/mean")
        kept: list[Block] = []
        for first in range(0, stored.shape[0], BLOCK):
            values = np.ascontiguousarray(read_rows(stored, slice(first, first + BLOCK))[:, :width])
            block: Block = np.nan_to_num(values), np.isfinite(values.sum(axis=1))
            if stored.shape[0] * width * 4 <= HELD_BYTES:
                kept.append(block)
            yield block
        if kept:
            self._held[space] = kept
