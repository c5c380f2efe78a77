"""Arithmetic on latents in plain numpy: product of experts, layout of the full code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.modality import Space


@dataclass(frozen=True, slots=True)
class PosteriorArray:
    """A diagonal Gaussian for each row; NaN rows where there is nothing to infer from."""

    mean: Float32[np.ndarray, "n dims"]
    log_var: Float32[np.ndarray, "n dims"]


def fuse(posteriors: Sequence[PosteriorArray]) -> PosteriorArray:
    """Posterior given all modalities that a row has; one with NaN in a row has no say there.

    Each posterior is prior x expert, so the prior N(0, I) is counted once: q(z | all) ~ p(z) prod_m q(z | m) / p(z).
    One modality alone gives its own posterior; a row without any is NaN. A posterior wider than the prior is taken
    as wide as the prior.

    Source:
        Wu & Goodman 2018, multimodal variational autoencoder, equations 3 and 4.
    """
    precision = np.ones_like(posteriors[0].mean)
    weighted = np.zeros_like(posteriors[0].mean)
    known = np.zeros(len(precision), bool)
    for posterior in posteriors:
        here = ~np.isnan(posterior.mean).any(axis=1)
        own = np.exp(-np.minimum(posterior.log_var[here], 0))
        precision[here] += own - 1
        weighted[here] += own * posterior.mean[here]
        known |= here
    mean, log_var = weighted / precision, -np.log(precision)
    mean[~known], log_var[~known] = np.nan, np.nan
    return PosteriorArray(mean, log_var)


def layout(spaces: Sequence[Space]) -> Mapping[str, slice]:
    """Where each part of a full code `z = [joint | private of each modality]` lies, by space name."""
    parts = [s for s in spaces if s.name == "joint" or s.name.startswith("private_")]
    stops = np.cumsum([len(s.dims) for s in parts])
    return {s.name: slice(int(stop) - len(s.dims), int(stop)) for s, stop in zip(parts, stops, strict=True)}


ROWS_AT_ONCE = 65_536
RankStatistic = Literal["r", "eta", "sd", "share", "d"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """How strongly a dimension goes with one phenotype: `r`, or the correlation ratio `eta` for several levels."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedDim:
    """One dimension in a ranking: the statistic it is ranked by, from `n` rows, and its effect on each modality.

    `effect[m]` is the share of the cohort's variance in modality m that one SD of this dimension accounts for.
    """

    dim: str
    index: int
    value: float
    statistic: RankStatistic
    n: int
    also: Association | None
    effect: dict[str, float]


def rank_by_variance(
    dims: Sequence[str], z: Float32[np.ndarray, "n dims"], effects: Mapping[str, Sequence[float]]
) -> list[RankedDim]:
    """By the spread of the posterior means, largest first."""
    known = z[~np.isnan(z).any(axis=1)]
    return _ranked(dims, known.std(axis=0), "sd", len(known), effects)


def rank_by_effect(
    dims: Sequence[str], z: Float32[np.ndarray, "n dims"], effects: Mapping[str, Sequence[float]], modality: str
) -> list[RankedDim]:
    """By the share of one modality's variance that a dimension moves, largest first."""
    values = np.array(effects.get(modality, [0.0] * len(dims)))
    return _ranked(dims, values, "share", int((~np.isnan(z).any(axis=1)).sum()), effects)


def rank_by_separation(
    dims: Sequence[str], difference: Float64[np.ndarray, " dims"], n: int, effects: Mapping[str, Sequence[float]]
) -> list[RankedDim]:
    """By the standardised mean difference between two groups of `n` people together, largest first."""
    return _ranked(dims, difference, "d", n, effects)


def rank_by_association(
    dims: Sequence[str],
    z: Float32[np.ndarray, "n dims"],
    effects: Mapping[str, Sequence[float]],
    columns: Mapping[str, np.ndarray],
    levels: Mapping[str, int],
    name: str,
) -> list[RankedDim]:
    """By association with phenotype `name`, strongest first; `also` is the strongest other phenotype.

    `columns` and `levels` are all phenotypes: float values with NaN (levels 0), or codes with -1 and their count.
    """
    strength = associations(z, columns, levels)
    n = int((~_missing(columns[name], levels[name]) & ~np.isnan(z).any(axis=1)).sum())
    return rank_by_strength(dims, strength, effects, name, n=n, levels=levels[name])


def rank_by_strength(
    dims: Sequence[str],
    strength: Mapping[str, np.ndarray],
    effects: Mapping[str, Sequence[float]],
    name: str,
    *,
    n: int,
    levels: int,
) -> list[RankedDim]:
    """As `rank_by_association`, from what `associations` found; `n` rows know phenotype `name`, of so many levels."""
    others = {other: values for other, values in strength.items() if other != name}
    ranked = _ranked(dims, strength[name], "eta" if levels > 2 else "r", n, effects)
    return [
        RankedDim(
            dim=r.dim,
            index=r.index,
            value=r.value,
            statistic=r.statistic,
            n=r.n,
            also=_strongest(others, r.index),
            effect=r.effect,
        )
        for r in ranked
    ]


def associations(
    z: Float32[np.ndarray, "n dims"], columns: Mapping[str, np.ndarray], levels: Mapping[str, int]
) -> dict[str, np.ndarray]:
    """`association` with every column: the correlations of all at once, from sums over blocks of rows."""
    plain = [name for name in columns if levels[name] <= 2]
    strength = dict(
        zip(plain, _correlations(z, [columns[name] for name in plain], [levels[p] for p in plain]), strict=True)
    )
    return {
        name: strength[name] if name in strength else association(z, values, levels=levels[name])
        for name, values in columns.items()
    }


def _correlations(
    z: Float32[np.ndarray, "n dims"], columns: Sequence[np.ndarray], levels: Sequence[int]
) -> Float64[np.ndarray, "columns dims"]:
    """Pearson's r of each column with each dimension over the rows that know both; zero as in `association`."""
    shape = (len(columns), z.shape[1])
    if 0 in shape:
        return np.zeros(shape)
    has_code = ~np.isnan(z @ np.ones(z.shape[1], np.float32))  # NaN where any of a row is
    known = np.stack([has_code & ~_missing(c, k) for c, k in zip(columns, levels, strict=True)])
    spread = np.array([np.ptp(c[k]) if k.sum() >= 3 else 0 for c, k in zip(columns, known, strict=True)])
    middle = np.array([c[k].mean(dtype=np.float64) if k.any() else 0 for c, k in zip(columns, known, strict=True)])
    centre = z[has_code].mean(axis=0, dtype=np.float64) if has_code.any() else np.zeros(shape[1])
    n, zy, zz, sz = known.sum(axis=1)[:, None], np.zeros(shape), np.zeros(shape), np.zeros(shape)
    sy, yy = np.zeros((len(columns), 1)), np.zeros((len(columns), 1))
    for first in range(0, len(z), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        here = known[:, rows].astype(np.float64)
        y = np.where(known[:, rows], np.stack([c[rows] for c in columns]) - middle[:, None], 0.0)
        x = np.where(has_code[rows, None], z[rows] - centre, 0.0)
        zy, zz, sz = zy + y @ x, zz + here @ x**2, sz + here @ x
        sy, yy = sy + y.sum(axis=1, keepdims=True), yy + (y**2).sum(axis=1, keepdims=True)
    n = np.maximum(n, 1)
    total = np.maximum(zz - sz**2 / n, 1e-30) * np.maximum(yy - sy**2 / n, 1e-30)
    return np.where(spread[:, None] > 0, (zy - sz * sy / n) / np.sqrt(total), 0.0)


def association(z: Float32[np.ndarray, "n dims"], column: np.ndarray, *, levels: int) -> np.ndarray:
    """Pearson's r of every dimension with a numeric or two-level column, the correlation ratio for more levels.

    Zero where the column is constant, or known in fewer than three rows.
    """
    known = ~_missing(column, levels) & ~np.isnan(z).any(axis=1)
    here, values = z[known].astype(np.float64), column[known].astype(np.float64)
    if len(values) < 3 or np.ptp(values) == 0:
        return np.zeros(z.shape[1])
    centred = here - here.mean(axis=0)
    total = np.maximum((centred**2).sum(axis=0), 1e-30)
    if levels > 2:
        means = [
            (len(group), group.mean(axis=0)) for level in np.unique(values) if len(group := centred[values == level])
        ]
        return np.sqrt(sum(n * mean**2 for n, mean in means) / total)
    deviation = values - values.mean()
    return deviation @ centred / np.sqrt(total * (deviation**2).sum())


def _missing(column: np.ndarray, levels: int) -> np.ndarray:
    return column < 0 if levels else np.isnan(column)


def _strongest(strength: Mapping[str, np.ndarray], index: int) -> Association | None:
    if not strength:
        return None
    name = max(strength, key=lambda other: abs(strength[other][index]))
    return Association(name=name, value=float(strength[name][index]))


def _ranked(
    dims: Sequence[str], values: np.ndarray, statistic: RankStatistic, n: int, effects: Mapping[str, Sequence[float]]
) -> list[RankedDim]:
    order: list[int] = np.argsort(-np.abs(values), kind="stable").tolist()
    return [
        RankedDim(
            dim=dims[i],
            index=i,
            value=float(values[i]),
            statistic=statistic,
            n=n,
            also=None,
            effect={modality: float(shares[i]) for modality, shares in effects.items()},
        )
        for i in order
    ]
