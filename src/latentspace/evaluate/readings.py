"""Decoded signals and pictures, measured like recorded ones: do the numbers that a clinician reads come back?"""

from itertools import permutations

import numpy as np
from jaxtyping import Float64, Int64

from latentspace.evaluate.cohort import SEX, Cohort
from latentspace.evaluate.distance import pearson_each
from latentspace.evaluate.hearts import decoded_cines
from latentspace.evaluate.people import channels
from latentspace.measure.cine import lv_area
from latentspace.measuring import measurable, measured
from latentspace.modality import JOINT, Modality, private
from latentspace.stats.bootstrap import Figure, figure, mean, median
from latentspace.stats.correlation import correlation, within

INTERVALS = ("qrs", "qt", "pr")
TRANSLATED = ("lvm", "lvedv", "lvef", "la_max", "qrs", "qt")
RR = "rr_ms"
READ, TRACED = 300, 100  # people whose recordings are measured, whose beat is traced


def readings(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """What is measured on reconstructions against recordings, and on translations against the table.

    `reconstruction.<m>.pearson_median`: of all people and channels; `.qrs_error`, `.qt_error`, `.pr_error`: median
    absolute difference, ms; `.area_time_r`: of the left ventricle's area on the frames of the beat.
    `translation.<a>_to_<b>.<phenotype>.{r, r_within_sex}`: with the phenotype's value in the table.
    """
    figures = _per_lead(cohort, rng)
    for group in measurable(cohort.people.modalities):
        figures |= _beats(cohort, group[0], rng) if group[0].is_cine else _intervals(cohort, group, rng)
    for a, b in permutations(cohort.people.modalities, 2):
        if (b,) in measurable(cohort.people.modalities):
            figures |= _translated(cohort, a.name, b, rng)
    return figures


def read(
    cohort: Cohort,
    recordings: dict[str, np.ndarray],
    rows: Int64[np.ndarray, " n"],
) -> dict[str, Float64[np.ndarray, " n"]]:
    """Everything that can be measured on some people's flattened recordings, by name; NaN where one cannot."""
    parts = tuple(m for m in cohort.people.modalities if m.name in recordings)
    rr = cohort.number(RR)
    found: list[dict[str, float]] = []
    for i, row in enumerate(rows):
        one = {m.name: recordings[m.name][i].reshape(m.shape) for m in parts}
        rr_ms = float(rr[row]) if np.isfinite(rr[row]) else None
        found.append({x.name: np.nan if x.value is None else x.value for x in measured(parts, one, rr_ms)})
    names = found[0] if found else {}
    return {name: np.array([each[name] for each in found]) for name in names}


def _per_lead(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for m in cohort.people.modalities:
        if channels(m) == 1:
            continue
        who = cohort.people.having(m.name)
        r = pearson_each(cohort.people.recordings[m.name][who], _own(cohort, m, who), channels=channels(m))
        person, lead = np.nonzero(np.isfinite(r))
        of_all = median(r[person, lead])
        figures[f"reconstruction.{m.name}.pearson_median"] = figure(
            lambda weights, of_all=of_all, person=person: of_all(weights[:, person]), len(who), rng
        )
    return figures


def _own(cohort: Cohort, m: Modality, who: Int64[np.ndarray, " n"]) -> np.ndarray:
    people = cohort.people
    if not len(who):
        return people.recordings[m.name][who]
    return cohort.decoder.decode(people.spaces[JOINT][who], people.spaces[private(m.name)][who], m.name)


def _intervals(cohort: Cohort, group: tuple[Modality, ...], rng: np.random.Generator) -> dict[str, Figure]:
    who = _some(cohort.people.having(*(m.name for m in group)), READ, rng)
    rows = cohort.people.rows[who]
    true = read(cohort, {m.name: cohort.people.recordings[m.name][who] for m in group}, rows)
    decoded = read(cohort, {m.name: _own(cohort, m, who) for m in group}, rows)
    figures: dict[str, Figure] = {}
    for name in INTERVALS:
        wrong = np.abs(decoded[name] - true[name]) if name in true else np.zeros(0)
        wrong = wrong[np.isfinite(wrong)]
        key = f"reconstruction.{'+'.join(m.name for m in group)}.{name}_error"
        figures[key] = figure(median(wrong), len(wrong), rng)
    return figures


def _beats(cohort: Cohort, m: Modality, rng: np.random.Generator) -> dict[str, Figure]:
    who = _some(cohort.people.having(m.name), TRACED, rng)
    z, own = cohort.people.spaces[JOINT][who], cohort.people.spaces[private(m.name)][who]
    r: list[float] = []
    for i, decoded in zip(who, decoded_cines(cohort.decoder, m, z, own), strict=True):
        true, drawn = lv_area(cohort.people.recordings[m.name][i].reshape(m.shape)), lv_area(decoded)
        if true is not None and drawn is not None:
            r.append(float(np.corrcoef(true, drawn)[0, 1]))
    return {f"reconstruction.{m.name}.area_time_r": figure(mean(np.array(r)), len(r), rng)}


def _translated(cohort: Cohort, given: str, m: Modality, rng: np.random.Generator) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    who = _some(cohort.people.having(given, m.name), READ, rng)
    if not len(who):
        return figures
    rows = cohort.people.rows[who]
    drawn = cohort.decoder.decode(cohort.people.spaces[given][who], None, m.name)
    for name, values in read(cohort, {m.name: drawn}, rows).items():
        true = cohort.number(name)
        if name not in TRANSLATED or not cohort.has(name):
            continue
        key = f"translation.{given}_to_{m.name}.{name}"
        known = np.isfinite(values) & np.isfinite(true[rows])
        figures[f"{key}.r"] = _correlated(values[known], true[rows][known], rng)
        figures[f"{key}.r_within_sex"] = _within_sex(cohort, (values[known], true[rows][known], rows[known]), rng)
    return figures


def _within_sex(
    cohort: Cohort,
    compared: tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"], Int64[np.ndarray, " n"]],
    rng: np.random.Generator,
) -> Figure:
    values, true, rows = compared
    if not cohort.columns.levels(SEX):
        return Figure(n=len(rows), reason="needs a phenotype named sex")
    sex = cohort.columns.values(SEX)[rows]
    known = sex >= 0
    return _correlated(within(values[known], sex[known]), within(true[known], sex[known]), rng)


def _correlated(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"], rng: np.random.Generator) -> Figure:
    return figure(correlation(x, y), len(x), rng)


def _some(who: Int64[np.ndarray, " n"], most: int, rng: np.random.Generator) -> Int64[np.ndarray, " some"]:
    return np.sort(rng.permutation(who)[:most])
