"""Figures of predictions and their intervals: against scikit-learn, scipy, DeLong's own formula and the bootstrap."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, brier_score_loss, mean_absolute_error, r2_score, roc_auc_score

from latentspace.scores.judged import Predictions, Table, calibrated, scored
from latentspace.scores.worst import Family, parts_of
from latentspace.stats.accuracy import Estimate, Ranked, auprc, auroc, brier, mae, r2
from latentspace.stats.calibration import bins, wilson
from latentspace.stats.gap import holm

Statistic = Callable[[Ranked], Estimate]
OF_CHANCE: dict[Statistic, Callable[..., float]] = {
    auroc: roc_auc_score,
    auprc: average_precision_score,
    brier: brier_score_loss,
}
OF_NUMBER: dict[Statistic, Callable[..., float]] = {r2: r2_score, mae: mean_absolute_error}


def ranked(truth: np.ndarray, said: np.ndarray, person: np.ndarray | None = None) -> Ranked:
    order = np.argsort(said, kind="stable")
    return Ranked(
        truth=truth[order].astype(float),
        said=said[order].astype(float),
        row=order,
        person=np.arange(len(said))[order] if person is None else person[order],
        fold=np.zeros(len(said), np.int64),
    )


def chances(seed: int, n: int, *, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Events and the probabilities that foretell them, in tenths where there are ties."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.3).astype(float)
    truth[:2] = 0, 1
    said = 1 / (1 + np.exp(-(1.2 * truth + rng.standard_normal(n) - 1)))
    return truth, said.round(1) if ties else said


def values(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said = rng.standard_normal(n)
    return said + 0.7 * rng.standard_normal(n), said


@given(st.integers(0, 10_000), st.integers(5, 80), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_value_is_that_of_scikit_learn(seed: int, n: int, ties: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    truth, said = chances(seed, n, ties=ties)
    for statistic, oracle in OF_CHANCE.items():
        assert statistic(ranked(truth, said)).value == pytest.approx(oracle(truth, said))
    number, guess = values(seed, n)
    for statistic, oracle in OF_NUMBER.items():
        assert statistic(ranked(number, guess)).value == pytest.approx(oracle(number, guess))


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_error_of_auroc_is_delongs(seed: int, ties: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    truth, said = chances(seed, 60, ties=ties)
    yes, no = said[truth > 0], said[truth == 0]
    if min(len(yes), len(no)) < 2:
        return
    wins = (yes[:, None] > no) + 0.5 * (yes[:, None] == no)
    variance = wins.mean(axis=1).var(ddof=1) / len(yes) + wins.mean(axis=0).var(ddof=1) / len(no)
    one = ranked(truth, said)
    assert auroc(one).error(one.person) == pytest.approx(np.sqrt(variance))


def test_people_of_different_folds_are_never_compared() -> None:
    truth, said = chances(3, 200)
    fold = np.arange(200) % 2
    shifted = ranked(truth, said + 5 * fold)
    within = Ranked(
        truth=shifted.truth, said=shifted.said, row=shifted.row, person=shifted.person, fold=fold[shifted.row]
    )
    pairs = [(truth[fold == f] > 0).sum() * (truth[fold == f] == 0).sum() for f in (0, 1)]
    each = [roc_auc_score(truth[fold == f], said[fold == f]) for f in (0, 1)]
    assert auroc(within).value == pytest.approx(np.average(each, weights=pairs))


@pytest.mark.parametrize("statistic", [*OF_CHANCE, *OF_NUMBER])
def test_the_error_is_that_of_a_bootstrap(statistic: Statistic) -> None:
    truth, said = chances(11, 600) if statistic in OF_CHANCE else values(11, 600)
    oracle = (OF_CHANCE | OF_NUMBER)[statistic]
    rng = np.random.default_rng(0)
    drawn = [oracle(truth[rows], said[rows]) for rows in rng.integers(0, 600, (800, 600))]
    one = ranked(truth, said)
    found = statistic(one)
    assert found.error(one.person) == pytest.approx(np.std(drawn), rel=0.12)
    low, high = found.interval(one.person)
    wanted = np.quantile(drawn, (0.025, 0.975))
    assert (low, high) == pytest.approx(tuple(wanted), abs=0.15 * (wanted[1] - wanted[0]))


@pytest.mark.parametrize("statistic", [*OF_CHANCE, *OF_NUMBER])
def test_a_second_visit_that_repeats_the_first_makes_nothing_surer(statistic: Statistic) -> None:
    truth, said = chances(5, 300) if statistic in OF_CHANCE else values(5, 300)
    once = ranked(truth, said)
    twice = ranked(np.tile(truth, 2), np.tile(said, 2), np.tile(np.arange(300), 2))
    assert statistic(twice).value == pytest.approx(statistic(once).value, abs=1e-9)
    assert statistic(twice).error(twice.person) == pytest.approx(statistic(once).error(once.person), rel=0.02)


def test_where_nothing_is_ranked_wrongly_the_interval_still_has_a_width() -> None:
    truth = np.repeat([0.0, 1.0], [50, 12])
    one = ranked(truth, truth * 0.5 + 0.2)
    exact = binomtest(12, 12).proportion_ci(method="exact")
    assert auroc(one).interval(one.person) == pytest.approx((exact.low, 1.0))


def predictions(truth: np.ndarray, said: np.ndarray, *, binary: bool) -> Predictions:
    n = len(truth)
    table = Table(person=np.arange(n), fold=np.zeros(n, np.int64), held_out=np.arange(n) % 5 == 0)
    return Predictions(
        space="joint",
        binary=(binary,),
        said=(said.astype(np.float32),),
        truth=(truth.astype(np.float64),),
        table=table,
    )


@pytest.mark.parametrize(
    ("truth", "rows", "reason"),
    [
        (np.arange(100) % 2, 0, "nobody"),
        (np.arange(100) % 2, 1, "one class only"),
        (np.ones(100), 100, "one class only"),
        (np.arange(100) % 2, 12, "at least 20"),
        (np.arange(100) % 25 == 0, 100, "4 people of one class"),
        (np.full(100, np.nan), 100, "nobody"),
    ],
)
def test_where_nothing_can_be_said_there_is_no_value_but_a_reason(truth: np.ndarray, rows: int, reason: str) -> None:
    asked = predictions(truth, np.linspace(0, 1, 100), binary=True)
    (_, group) = scored(asked, 0, [np.arange(100) < rows])
    for figure in (*group.figures.values(), group.held_out):
        assert figure.value is None
        assert figure.reason
    assert reason in str(group.figures["auroc"].reason)


def test_a_constant_phenotype_and_a_constant_prediction_are_told() -> None:
    constant = predictions(np.ones(100), np.linspace(0, 1, 100), binary=False)
    assert scored(constant, 0, [])[0].figures["r2"].reason == "the same for everybody"
    said = predictions(np.arange(100) % 2, np.full(100, 0.4), binary=True)
    figures = scored(said, 0, [])[0].figures
    assert figures["auroc"].value == pytest.approx(0.5)
    assert figures["auprc"].value == pytest.approx(0.5)
    assert calibrated(said, 0, [])[0].slope is None


def test_calibration_bins_hold_everybody_once_with_wilsons_interval() -> None:
    truth, said = chances(2, 1234)
    found = bins(ranked(truth, said), binary=True)
    assert sum(one.n for one in found) == 1234
    assert sum(one.n * one.observed for one in found) == pytest.approx(truth.sum())
    assert [one.predicted for one in found] == sorted(one.predicted for one in found)
    for one in found:
        exact = binomtest(round(one.n * one.observed), one.n).proportion_ci(method="wilson")
        assert (one.low, one.high) == pytest.approx((exact.low, exact.high))
    assert wilson(0, 20)[0] == pytest.approx(0, abs=1e-12)


def test_holm_adjusts_as_in_the_textbook() -> None:
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert len(holm(np.zeros(0))) == 0


def family(seed: int, *, planted: bool) -> Family:
    """Four tasks of 2,000 people, divided by age and ward; with planted noise in the labels of one ward."""
    rng = np.random.default_rng(seed)
    n, tasks = 2000, 4
    ward, age = rng.integers(0, 5, n).astype(float), rng.normal(60, 8, n)
    signal = rng.standard_normal((tasks, n))
    truth = [signal[i] + rng.standard_normal(n) for i in range(tasks)]
    truth[2:] = [(one > 0).astype(float) for one in truth[2:]]
    if planted:
        at = np.flatnonzero(ward == 3)
        for one in truth:
            one[at] = rng.permutation(one[at])
    asked = Predictions(
        space="joint",
        binary=(False, False, True, True),
        said=tuple(one.astype(np.float32) for one in (*signal[:2], *(1 / (1 + np.exp(-signal[2:]))))),
        truth=tuple(truth),
        table=Table(person=np.arange(n), fold=rng.integers(0, 5, n), held_out=np.zeros(n, bool)),
    )
    parts = [*parts_of("ward", "Ward", ward, tuple("abcde")), *parts_of("age", "Age", age, ())]
    return Family.of(asked, ["w", "x", "y", "z"], parts)


def test_the_ward_whose_labels_were_shuffled_is_named_for_every_task() -> None:
    found = family(1, planted=True)
    for task in range(4):
        worst = found.worst(task)
        assert worst is not None
        assert (worst.attribute, worst.level, worst.named) == ("ward", "d", True)
        others = [gap.p for gap in found.target(task) if not gap.named]
        assert len(others) > 2
        assert others == sorted(others), "the surest first"


def test_in_pure_noise_nobody_is_named_in_at_least_ninety_of_a_hundred_seeds() -> None:
    named = sum(any(gap.named for _, gap in family(seed, planted=False).gaps) for seed in range(100))
    assert named <= 10


def test_two_levels_are_one_difference_told_of_the_worse_one() -> None:
    rng = np.random.default_rng(4)
    sex = rng.integers(0, 2, 800).astype(float)
    said = rng.standard_normal(800)
    truth = said + np.where(sex == 1, 3.0, 0.5) * rng.standard_normal(800)
    found = Family.of(predictions(truth, said, binary=False), ["x"], parts_of("sex", "Sex", sex, ("Woman", "Man")))
    (gap,) = found.target(0)
    assert (gap.level, gap.n, gap.named) == ("Man", int(sex.sum()), True)
    errors = np.abs(truth - said.astype(np.float32))
    assert gap.value == pytest.approx(errors[sex == 1].mean() - errors[sex == 0].mean())


def test_a_phenotype_is_never_divided_by_itself() -> None:
    truth, said = values(1, 300)
    found = Family.of(predictions(truth, said, binary=False), ["age"], parts_of("age", "Age", truth, ()))
    assert found.tests == 0
    assert found.worst(0) is None
