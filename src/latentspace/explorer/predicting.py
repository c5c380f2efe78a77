"""What a run predicts for one person: of a recorded row what a fit on others says, of a code what its numbers say."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float32
from safetensors.numpy import load_file
from scipy.special import expit

from latentspace.answers import Predicted
from latentspace.errors import NotFoundError
from latentspace.phenotype import Dictionary
from latentspace.run import Run


@dataclass(frozen=True)
class Predicting:
    """A run's predictors and scores, read when they are first asked."""

    run: Run
    dictionary: Dictionary

    def row(self, row: int, space: str) -> list[Predicted]:
        """Every phenotype of a recorded row, out of fold: this person taught nothing of what is said of them.

        Raises:
            NotFoundError: the run is not evaluated yet, or has no such space.
        """
        known = self._known(space, tuple(self._record["spaces"]))
        names = [f"{space}.{target['key']}" for target in self._record["targets"]]
        scores = pl.scan_parquet(self.run.file("scores.parquet")).select(names).slice(row, 1).collect()
        said = scores.row(0) if names else ()
        missing = "not known of this person, so nothing to compare with; or a recording is missing"
        return [
            self._answer(target, value, each, ("n_out_of_fold", missing))
            for target, value, each in zip(self._record["targets"], said, known, strict=True)
        ]

    def code(self, z: Float32[np.ndarray, " dims"], space: str, row: int | None) -> list[Predicted]:
        """Every phenotype of a code of this space, by the fit on all people who are not held out.

        With a row, from whose code it was moved, by the fit that its person taught nothing.

        Raises:
            NotFoundError: the run is not evaluated yet, or a code has no such space.
        """
        known = self._known(space, tuple(name.removesuffix(".weights") for name in self._tensors if "weights" in name))
        which = -1 if row is None else int(self._fold[row])
        said = z @ self._tensors[f"{space}.weights"][which] + self._tensors[f"{space}.offset"][which]
        taught = "n_predictor" if row is None else "n_out_of_fold"
        return [
            self._answer(
                target,
                float(expit(value)) if target["level"] else float(value),
                each,
                (taught, "too few people to learn from"),
            )
            for target, value, each in zip(self._record["targets"], said, known, strict=True)
        ]

    def _answer(
        self, target: Mapping[str, str], said: float, known: Mapping[str, Any], otherwise: tuple[str, str]
    ) -> Predicted:
        taught, missing = otherwise
        phenotype = self.dictionary[target["phenotype"]]
        reason = known["reason"] or ("" if math.isfinite(said) else missing)
        width: float | None = None if reason else known["half_width_90"]
        return Predicted(
            name=target["key"],
            label=phenotype.label,
            level=target["level"],
            unit="" if target["level"] else phenotype.unit,
            value=None if reason else said,
            low=None if width is None else said - width,
            high=None if width is None else said + width,
            n=known[taught],
            skill=known["skill"],
            reason=reason,
        )

    def _known(self, space: str, spaces: tuple[str, ...]) -> list[dict[str, Any]]:
        if space not in spaces:
            raise NotFoundError(
                "predict.space",
                where=f"space {space!r}"[:80],
                found="predicts nothing here",
                hint=f"Choose one of {', '.join(spaces)}.",
            )
        return self._record["spaces"][space]

    @cached_property
    def _record(self) -> dict[str, Any]:
        self.run.file("scores.parquet")
        return self.run.record["scoring"]

    @cached_property
    def _fold(self) -> np.ndarray:
        return pl.scan_parquet(self.run.file("scores.parquet")).select("fold").collect()["fold"].to_numpy()

    @cached_property
    def _tensors(self) -> dict[str, np.ndarray]:
        return load_file(self.run.file("predictors.safetensors"))
