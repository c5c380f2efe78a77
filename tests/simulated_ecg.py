"""Simulated ECGs with the factors they were made from, for tests of the simulator and of measurement."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from jaxtyping import Float32

from latentspace.simulate.ecg import ecg
from latentspace.simulate.people import Cohort
from latentspace.simulate.physiology import draw

ILL = ("hcm", "dcm", "old_mi", "af", "lbbb", "rbbb", "lvh", "heart_failure", "av_block_1")
Factors = dict[str, float]


@dataclass(frozen=True)
class Ecgs:
    """Subjects in order: factors, median beats and rhythm strips."""

    factors: pl.DataFrame
    beats: Float32[np.ndarray, "n 12 600"]
    strips: Float32[np.ndarray, "n 2 5000"]

    def where(self, condition: pl.Expr) -> "Ecgs":
        """Those who meet a condition."""
        mask = self.factors.select(condition).to_series().to_numpy()
        return Ecgs(self.factors.filter(mask), self.beats[mask], self.strips[mask])

    def column(self, name: str) -> np.ndarray:
        """One factor of everyone."""
        return self.factors[name].to_numpy()


@cache
def simulated(n: int, cohort: Cohort, seed: int) -> Ecgs:
    """`n` subjects of a cohort."""
    factors = draw(n, seed=seed, cohort=cohort)
    drawn = [ecg(row, np.random.default_rng([seed, i, 2])) for i, row in enumerate(factors.to_dicts())]
    return Ecgs(factors, np.stack([beat for beat, _, _ in drawn]), np.stack([strip for _, strip, _ in drawn]))


def healthy() -> pl.Expr:
    """Nobody with a condition that the ECG shows."""
    return pl.all_horizontal([pl.col(name) == 0 for name in ILL])


def only(condition: str) -> pl.Expr:
    """People with this condition and none of the other visible ones."""
    others = [pl.col(name) == 0 for name in ILL if name not in {condition, "lvh", "heart_failure"}]
    return pl.all_horizontal([pl.col(condition) == 1, *others])
