"""Recordings and codes, back and forth, and what is read off either: places, measurements, predictions."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from latentspace.answers import Code, Measured, Predicted
from latentspace.errors import InputError, NotFoundError
from latentspace.explorer.disclosed import told_predicted
from latentspace.explorer.followed import Followed
from latentspace.explorer.predicting import Predicting
from latentspace.modality import CODE, JOINT

if TYPE_CHECKING:
    from latentspace.explorer.aside import Aside

RR = "rr_ms"  # phenotype with the recorded RR interval


class Read(Followed):
    """One subject at a time: encoded, decoded, placed, measured, predicted."""

    @cached_property
    def _predicting(self) -> Predicting:
        return Predicting(self.run, self._columns.dictionary)

    @cached_property
    def _aside(self) -> "Aside":
        from latentspace.explorer.aside import Aside  # noqa: PLC0415 - what reads files takes a second to import

        return Aside(self.workspace.modalities)

    @property
    def n_latent(self) -> int:
        """Length of a full code."""
        return self._coder.n_latent

    def encode(self, row: int, modalities: Sequence[str]) -> Code:
        """The posterior of one row from some of its modalities; what they do not tell keeps its prior.

        Of a run whose codes another program made, these, whatever the modalities.

        Raises:
            NotFoundError: no such row or modality, or the row lacks every one of them.
        """
        if self.run.brought:
            self._check_row(row)
            return self._coder.stored(row)
        recordings = self.subject(row).recordings
        known = {m: recordings[m] for m in modalities if self.workspace.modality(m).name in recordings}
        if not known:
            raise NotFoundError(
                "subject.no_recording",
                where=f"row {row}",
                found=f"has no recording of {', '.join(modalities) or 'nothing'}",
                hint="Choose another subject, or another modality.",
            )
        return self._coder.encode(known)

    def decode(self, z: Float32[np.ndarray, " n_latent"]) -> dict[str, np.ndarray]:
        """Every modelled modality, generated from one full code, in the modality's own unit.

        Raises:
            InputError: wrong length, or not finite, or further than 50 SD from the prior.
        """
        return self._coder.decode(z)

    def place(
        self, z: Float32[np.ndarray, " n_latent"], maps: Sequence[str] | None = None
    ) -> dict[str, Float32[np.ndarray, "2"]]:
        """Where a code would lie on some maps, named `<space>.<method>`; on all of them when none are named.

        Where single people are not shown, in the middle of a cell of `grid`.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such map.
        """
        return {name: self._in_cell(name, at) for name, at in self._coder.place(z, maps).items()}

    def measure(self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None) -> list[Measured]:
        """What can be read from the signals and images of a row as recorded, or from those generated from `z`.

        A generated beat has no rate of its own: with a row, its recorded RR interval corrects the QT interval.

        Raises:
            NotFoundError: no such row.
            InputError: as `decode`; neither a row nor a code.
        """
        recordings = self._measurable(row, z)
        return self._aside.measured(recordings, None if row is None else self._rr_ms(row))

    def areas(
        self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None
    ) -> dict[str, Float32[np.ndarray, " frames"]]:
        """Area of the left ventricle on every frame, cm2, of each cine of a row as recorded, or generated from `z`.

        NaN where it cannot be traced; nothing where there is no cine.

        Raises:
            NotFoundError, InputError: as `measure`.
        """
        return self._aside.areas(self._measurable(row, z))

    def predict(
        self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None, space: str = CODE
    ) -> list[Predicted]:
        """What a linear fit predicts of a row's person or, with `z`, of a full code; predicted, never measured.

        Of a row out of fold, from any space of scores.parquet: its person taught nothing of it. Of a code from the
        `code` itself, or from its shared part as `joint`, or as the space of the only modality that it was encoded
        from, by a fit on people who are not held out; with the row from which it was moved, by the fit that its person
        taught nothing.

        Raises:
            NotFoundError: no such row or space; the run is not evaluated yet.
            InputError: as `decode`; neither a row nor a code.
        """
        if row is not None:
            self._check_row(row)
        if z is not None:
            self._coder.check(z)
            said = self._predicting.code(z if space == CODE else z[self._coder.layout[JOINT]], space, row)
            return told_predicted(said, self._everyone.of(space))
        if row is None:
            raise InputError("predict.nothing", where="predict", found="neither row nor code", hint="Give one.")
        return told_predicted(self._predicting.row(row, space), self._everyone.of(space))

    def _measurable(self, row: int | None, z: np.ndarray | None) -> Mapping[str, np.ndarray]:
        """Recordings of a row, or what is generated from a code."""
        if row is not None:
            self._check_row(row)
        if z is not None:
            return self.decode(z)
        if row is None:
            raise InputError("measure.nothing", where="measure", found="neither row nor code", hint="Give one.")
        return self.subject(row).recordings

    def _rr_ms(self, row: int) -> float | None:
        value = float(self._columns.values(RR)[row]) if RR in self._columns.dictionary else math.nan
        return value if math.isfinite(value) else None
