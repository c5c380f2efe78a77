"""The phenotype columns as the page holds them: float32 numbers, int16 codes of levels, UTF-8 texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Float64

from latentspace.errors import NotFoundError
from latentspace.phenotype import Dictionary, Phenotype


@dataclass(frozen=True, slots=True)
class Columns:
    """The subjects table, read through its dictionary."""

    subjects: pl.DataFrame
    dictionary: Dictionary

    @property
    def phenotypes(self) -> tuple[Phenotype, ...]:
        """In display order, each with the levels that its values are codes of."""
        return tuple(replace(p, levels=self.levels(p.name)) for p in self.dictionary)

    def levels(self, name: str) -> tuple[str, ...]:
        """Texts of a column's levels; none when it is numeric or not a phenotype."""
        if name not in self.dictionary:
            return ()
        phenotype = self.dictionary[name]
        return phenotype.levels or (("No", "Yes") if phenotype.kind == "boolean" else ())

    def values(self, name: str) -> np.ndarray:
        """(n,) float32 with NaN where missing, or int16 codes with -1 where missing; a date counts days from 1970.

        Raises:
            NotFoundError: no such phenotype.
        """
        if name not in self.dictionary:
            raise NotFoundError(
                "column.missing",
                where=f"column {name!r}"[:80],
                found="no phenotype or latent of that name",
                hint="`describe` lists the phenotypes and spaces.",
            )
        column, levels = self.subjects[name], self.levels(name)
        if not levels:
            return column.cast(pl.Int32 if column.dtype == pl.Date else pl.Float32).cast(pl.Float32).to_numpy()
        if column.dtype == pl.Boolean:
            return column.cast(pl.Int16).fill_null(-1).to_numpy()
        codes = pl.Series(range(len(levels)), dtype=pl.Int16)
        return (
            column.replace_strict(pl.Series(levels), codes, default=-1, return_dtype=pl.Int16).fill_null(-1).to_numpy()
        )

    def numbers(self, name: str) -> Float64[np.ndarray, " n"]:
        """A phenotype as numbers, levels as 0, 1, ...; NaN where missing.

        Raises:
            NotFoundError: no such phenotype.
        """
        values = self.values(name)
        return np.where(values < 0, np.nan, values) if values.dtype == np.int16 else values.astype(np.float64)


def text_arrays(name: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Texts as two arrays: their UTF-8 bytes end to end, and the n + 1 offsets between them."""
    encoded = [str(text).encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.uint32)
    return {f"{name}.text": np.frombuffer(b"".join(encoded), np.uint8), f"{name}.offsets": offsets}
