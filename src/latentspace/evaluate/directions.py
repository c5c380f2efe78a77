"""Move along the course of a phenotype: does what is drawn change by it, by it alone, and stay the same person?"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.stats import rankdata

from latentspace.evaluate.cohort import Cohort
from latentspace.evaluate.readings import read
from latentspace.evaluate.samples import STEPS_SD
from latentspace.measuring import measurable
from latentspace.modality import JOINT, Modality, private
from latentspace.stats.bootstrap import FEWEST, Figure, figure, mean, ratio
from latentspace.stats.course import course_of_known

PHENOTYPES = ("lvm", "lvef", "qrs", "qt")
SLIDER = np.linspace(-2, 2, 9)  # SD of the phenotype, as normal scores
MOVED, SMALLEST, MONOTONE = 50, 0.1, 0.8

Course = Mapping[str, Float32[np.ndarray, "steps dims"]]
"""What is added to the codes of each space at each step."""


def directions(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """For each phenotype that can be measured and stands in the table, from -2 to 2 SD along its course.

    `traversal.<phenotype>.spearman`: of slider and measurement, the mean over people; `.share_monotone`: share of
    people for whom it is .8 or more; `.shared_spearman`: the same when only the shared code is moved; `.selectivity`:
    SD by which the target changes, over the mean SD by which the other phenotypes measured on the same recording do;
    `.identity`: share of people who, moved by .1 SD, decoded and encoded again, are still nearest to themselves among
    the held-out people.
    """
    figures: dict[str, Figure] = {}
    who = cohort.people.having(*(m.name for m in cohort.people.modalities))
    who = np.sort(rng.permutation(who)[:MOVED])
    for group in measurable(cohort.people.modalities) if len(who) else ():
        names = _comparable(cohort, read(cohort, _moved(cohort, group, who[:1]), cohort.people.rows[who[:1]]))
        for name in (name for name in PHENOTYPES if name in names):
            whole = phenotype_course(cohort, name, SLIDER)
            values = _measured(cohort, group, who, whole)
            values = {one: values[one] for one in names}
            shared = _measured(cohort, group, who, {JOINT: whole[JOINT]})[name]
            rho = rank_correlation(shared)
            found = _changes(cohort, name, values, rng) | {
                "shared_spearman": figure(mean(rho[np.isfinite(rho)]), int(np.isfinite(rho).sum()), rng),
                "identity": figure(mean(_kept(cohort, who, name)), len(who), rng),
            }
            figures |= {f"traversal.{name}.{key}": one for key, one in found.items()}
    return figures


def phenotype_course(cohort: Cohort, name: str, levels: Float64[np.ndarray, " steps"]) -> Course:
    """How the people who are not held out differ with a phenotype, in the shared and in every private code."""
    spaces, run = [JOINT, *(private(m.name) for m in cohort.people.modalities)], cohort.source.run
    rows, values = cohort.seen(JOINT), cohort.number(name)
    return {space: course_of_known(values[rows], run.embedding(space)[rows], levels) for space in spaces}


def judged_courses(cohort: Cohort, judged: Mapping[str, Figure]) -> dict[str, Course]:
    """The course of every phenotype that has figures, at `STEPS_SD`, by its label."""
    names = [name for name in PHENOTYPES if f"traversal.{name}.spearman" in judged]
    levels = np.array(STEPS_SD, np.float64)
    return {cohort.columns.dictionary[name].label: phenotype_course(cohort, name, levels) for name in names}


def rank_correlation(values: Float64[np.ndarray, "n steps"]) -> Float64[np.ndarray, " n"]:
    """Spearman's rho of each row with the number of its step, where it has a value; 0 where it never changes.

    NaN where fewer than five steps have one.
    """
    rho = np.full(len(values), np.nan)
    for i, row in enumerate(values):
        known = np.flatnonzero(np.isfinite(row))
        if len(known) >= FEWEST:
            rho[i] = np.corrcoef(rankdata(row[known]), np.arange(len(known)))[0, 1] if np.ptp(row[known]) else 0.0
    return rho


def slopes(values: Float64[np.ndarray, "n steps"], steps: Float64[np.ndarray, " steps"]) -> Float64[np.ndarray, " n"]:
    """Least-squares slope of each row on the steps where it has a value; NaN where fewer than five have one."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=1), 1)
    x = np.where(known, steps, 0) - known * (np.where(known, steps, 0).sum(axis=1) / count)[:, None]
    scale = (x**2).sum(axis=1)
    enough = (known.sum(axis=1) >= FEWEST) & (scale > 0)
    return np.where(enough, (x * np.where(known, values, 0)).sum(axis=1) / np.where(enough, scale, 1), np.nan)


def _changes(
    cohort: Cohort, name: str, values: dict[str, Float64[np.ndarray, "n steps"]], rng: np.random.Generator
) -> dict[str, Figure]:
    rho = rank_correlation(values[name])
    rho = rho[np.isfinite(rho)]
    return {
        "spearman": figure(mean(rho), len(rho), rng),
        "share_monotone": figure(mean((rho >= MONOTONE).astype(np.float64)), len(rho), rng),
        "selectivity": selectivity(cohort, name, values, rng),
    }


def selectivity(
    cohort: Cohort, name: str, values: dict[str, Float64[np.ndarray, "n steps"]], rng: np.random.Generator
) -> Figure:
    """SD by which a phenotype changes with the slider, over the mean SD by which the others do."""
    seen = cohort.seen(JOINT)
    change = {one: slopes(v, SLIDER) / np.nanstd(cohort.number(one)[seen]) for one, v in values.items()}
    target = change.pop(name)
    others = np.abs(np.stack([np.full(len(target), np.nan), *change.values()]))
    known = np.isfinite(target) & np.isfinite(others).any(axis=0)
    if not known.any():
        return Figure(n=0, reason="nothing else is measured on the same recording")
    return figure(ratio(target[known], np.nanmean(others[:, known], axis=0)), int(known.sum()), rng)


def _comparable(cohort: Cohort, measured: dict[str, Float64[np.ndarray, " n"]]) -> list[str]:
    """Measurements that the table has too, and that have an SD there, as angles have not."""
    known = [name for name in measured if cohort.has(name) and cohort.columns.dictionary[name].unit != "degrees"]
    rows = cohort.seen(JOINT)
    numbers = {name: cohort.number(name)[rows] for name in known}
    return [name for name, values in numbers.items() if np.unique(values[np.isfinite(values)]).size > 1]


def _measured(
    cohort: Cohort, group: tuple[Modality, ...], who: Int64[np.ndarray, " n"], along: Course
) -> dict[str, Float64[np.ndarray, "n steps"]]:
    """What is measured on the recordings of people at each step of a course."""
    steps = [{space: codes[i] for space, codes in along.items()} for i in range(len(SLIDER))]
    each = [read(cohort, _moved(cohort, group, who, step), cohort.people.rows[who]) for step in steps]
    return {one: np.stack([found[one] for found in each], axis=1) for one in each[0]}


def _moved(
    cohort: Cohort,
    group: tuple[Modality, ...],
    who: Int64[np.ndarray, " n"],
    step: Mapping[str, Float32[np.ndarray, " dims"]] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Recordings of people whose codes are moved by a step in each space that it has."""

    def code(space: str) -> Float32[np.ndarray, "n dims"]:
        return cohort.people.spaces[space][who] + step.get(space, np.float32(0))

    return {m.name: cohort.decoder.decode(code(JOINT), code(private(m.name)), m.name) for m in group}


def _kept(cohort: Cohort, who: Int64[np.ndarray, " n"], name: str) -> Float64[np.ndarray, " n"]:
    modalities, z = cohort.people.modalities, cohort.people.spaces[JOINT]
    step = {space: codes[0] for space, codes in phenotype_course(cohort, name, np.array([SMALLEST])).items()}
    recordings = _moved(cohort, modalities, who, step)
    shaped = {m.name: recordings[m.name].reshape(-1, *m.shape).astype(np.float32) for m in modalities}
    again = cohort.decoder.codec.encode(shaped)[JOINT].mean
    distance = np.stack([((z - one) ** 2).sum(axis=1) for one in again])
    return (np.nanargmin(distance, axis=1) == who).astype(np.float64)
