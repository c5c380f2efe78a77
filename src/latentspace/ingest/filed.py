"""Arrays that wait on disk until the workspace is written: an ingest has few in memory, however many it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from latentspace.errors import InputError
from latentspace.modality import Modality


@dataclass(frozen=True, slots=True)
class Filed:
    """One array: its file, and its name there."""

    path: Path
    name: str

    def read(self) -> np.ndarray:
        """The array as it was filed.

        Raises:
            InputError: somebody removed or damaged the file in the meantime.
        """
        try:
            with safe_open(self.path, "np") as file:
                return file.get_tensor(self.name)
        except (SafetensorError, OSError) as error:
            hint = "Run the same command again: only what is lost is read anew."
            found = f"cannot be read ({type(error).__name__})"
            raise InputError("array.damaged", where=str(self.path), found=found, hint=hint) from error


@dataclass(frozen=True, slots=True)
class FiledRows:
    """Every row of one modality, read when it is written; one without an array is NaN, or 0 where values are bytes."""

    modality: Modality
    each: Sequence[np.ndarray | Filed | None]

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return (len(self.each), *self.modality.shape)

    @property
    def dtype(self) -> np.dtype:
        """Of every row."""
        return np.dtype(self.modality.dtype)

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Consecutive rows.

        Raises:
            InputError: a file of them was removed or damaged.
        """
        chosen = self.each[rows]
        values = np.full((len(chosen), *self.modality.shape), 0 if self.dtype == np.uint8 else np.nan, self.dtype)
        for row, array in enumerate(chosen):
            if array is not None:
                values[row] = array.read() if isinstance(array, Filed) else array
        return values
