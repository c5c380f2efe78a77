"""The study of folds: who is asked, what linear methods find, and what the table says of a difference."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from factor_cohort import factor_workspace
from latentspace.evaluate.compare import paired
from latentspace.train import Config
from studies.fold_table import MODEL, Fold, area, hits, read_folds, table, whole
from studies.linear_pairs import METHODS, Pair, best, components_of, one_of_each
from studies.ptbxl_folds import Training, asked, cohort_of, divisions
from studies.read_out import read_out

VISITS = np.array([0, 0, 0, 1, 2, 2, *range(3, 40), 3, 39])


def pair(n: int = 60, noise: float = 0.1) -> Pair:
    """Eight factors through two random maps, with noise."""
    rng = np.random.default_rng(3)
    factors = rng.standard_normal((n, 8))
    a, b = (factors @ rng.standard_normal((8, size)) + noise * rng.standard_normal((n, size)) for size in (30, 50))
    return Pair(a, b)


def repeat(number: int, found: dict[str, np.ndarray], said: dict[str, np.ndarray] | None = None) -> list[Fold]:
    """Five folds of people whose partners were found (1) or not (0) by each method, in a shuffled order."""
    n = len(next(iter(found.values())))
    parts = np.array_split(np.random.default_rng(number).permutation(n), 5)
    return [
        Fold(
            repeat=number,
            fold=i,
            asked=part,
            ranks={name: np.stack([2.0 - hit[part], np.full(len(part), 3.0)]) for name, hit in found.items()},
            said={space: {"sex": values[part]} for space, values in (said or {}).items()},
            settings={},
            cpu_seconds=1.0,
        )
        for i, part in enumerate(parts)
    ]


def test_folds_never_split_a_person_and_ask_each_person_once() -> None:
    for number in range(3):
        five = [d for d in divisions(VISITS, 3) if d.repeat == number]
        for d in five:
            assert not set(VISITS[d.learnt]) & set(VISITS[d.asked])
            assert set(VISITS[d.learnt]) | set(VISITS[d.asked]) == set(VISITS)
        everyone = np.concatenate([VISITS[d.asked] for d in five])
        assert sorted(everyone) == sorted(set(VISITS))
    first, second = (next(d for d in divisions(VISITS, 2) if d.repeat == r and d.fold == 0) for r in (0, 1))
    assert set(VISITS[first.asked]) != set(VISITS[second.asked])


def test_the_visit_that_is_asked_is_the_same_in_every_repeat() -> None:
    assert (
        len({tuple(sorted(np.concatenate([d.asked for d in divisions(VISITS, 2) if d.repeat == r]))) for r in (0, 1)})
        == 1
    )
    assert one_of_each(VISITS, VISITS < 2).tolist() == [0, 3]


def test_a_paired_difference_has_the_interval_of_the_normal_law() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = (rng.random((2, 1000)) < share for share in (0.8, 0.7))
    repeats = [repeat(r, {MODEL: ours[r].astype(float), "CCA": theirs[r].astype(float)}) for r in (0, 1)]
    found = paired(hits(repeats, "CCA", (0,)), hits(repeats, MODEL, (0,)))
    each = ours.mean(axis=0) - theirs.mean(axis=0)  # of each person, over the repeats
    half = norm.ppf(0.975) * each.std() / np.sqrt(len(each))
    assert found.value == pytest.approx(each.mean())
    assert found.low == pytest.approx(each.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(each.mean() + half, abs=0.15 * half)
    both = hits(repeats, MODEL, (0, 1))  # on the way back nobody was found
    assert both.above.mean() == pytest.approx(ours.mean() / 2)


def test_an_auroc_is_that_of_scikit_learn_within_folds_and_nothing_less_itself() -> None:
    rng = np.random.default_rng(2)
    truth = (rng.random(200) < 0.4).astype(float)
    said = truth + rng.standard_normal(200)
    truth[:7] = np.nan
    five = repeat(0, {MODEL: truth}, {MODEL: said, "PCA": said, "worse": rng.standard_normal(200)})
    pairs = np.zeros(2)
    for fold in five:
        known = fold.asked[~np.isnan(truth[fold.asked])]
        n = (truth[known] == 1).sum() * (truth[known] == 0).sum()
        pairs += n * np.array([roc_auc_score(truth[known], said[known]), 1])
    assert area([five], [MODEL], "sex", truth).value == pytest.approx(pairs[0] / pairs[1])
    same = area([five], [MODEL, "PCA"], "sex", truth)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    better = area([five], [MODEL, "worse"], "sex", truth)
    assert better.low is not None
    assert better.low > 0


def test_components_are_those_of_scikit_learn() -> None:
    x = pair().a
    ours, theirs = components_of(x, 5), PCA(5).fit(x)
    assert np.allclose(np.abs(ours.scores(x[:9])), np.abs(theirs.transform(x[:9])))
    assert np.allclose(ours.variance * len(x) / (len(x) - 1), theirs.explained_variance_)


@pytest.mark.parametrize("name", METHODS)
def test_a_linear_method_finds_planted_partners_and_no_others(name: str) -> None:
    method = METHODS[name]
    shared, fitted, others = pair(160), np.arange(100), np.arange(100, 160)
    for partners, low, high in ((shared, 0.9, 1.0), (Pair(shared.a, np.roll(shared.b, 77, axis=0)), 0.0, 0.1)):
        setting = best(method, partners.of(fitted), fitted, seed=0)
        codes = dict(method(partners.of(fitted), partners.of(others)))[setting]
        assert low <= np.mean([rank <= 1 for rank in codes.ranks()]) <= high


def test_plain_cca_finds_the_correlations_of_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    factors = rng.standard_normal((4000, 20))
    made = Pair(factors + 0.5 * rng.standard_normal((4000, 20)), factors + 0.5 * rng.standard_normal((4000, 20)))
    codes = dict(METHODS["CCA"](made, made))["20 components, ridge 0.01, 20 dimensions, power 0"].forth
    found = [np.corrcoef(codes.a[:, i], codes.b[:, i])[0, 1] for i in range(3)]
    assert found == pytest.approx(
        [1 / 1.25] * 3, abs=0.06
    )  # var 1 shared of 1.25; the highest of twenty are a little above


def test_what_is_read_out_is_learnt_from_the_others_alone() -> None:
    rng = np.random.default_rng(5)
    z, person = rng.standard_normal((300, 6)), np.arange(300)
    truth = (z[:, 0] + 0.3 * rng.standard_normal(300) > 0).astype(float)
    learnt, ask = np.arange(200), np.arange(200, 300)
    said = read_out(z, truth, person, learnt, ask)
    assert roc_auc_score(truth[ask], said) > 0.95
    turned = truth.copy()
    turned[ask] = 1 - turned[ask]
    assert np.array_equal(read_out(z, turned, person, learnt, ask), said)
    turned[ask[0]], turned[learnt[:3]] = np.nan, np.nan
    assert np.isnan(read_out(z, turned, person, learnt, ask)).tolist() == [True] + [False] * 99
    assert set(read_out(z, np.ones(300), person, learnt, ask)) == {0.0}


def test_a_fold_is_asked_written_read_and_shown(tmp_path: Path) -> None:
    cohort = cohort_of(factor_workspace(tmp_path / "w"))
    cohort = dataclasses.replace(cohort, truth={"high": (cohort.pair.a[:, 0] > 0).astype(float)})
    path = tmp_path / "folds.jsonl"
    lines = [
        json.dumps(asked(cohort, d, Training(Config(steps=4), validate=8 * (d.fold % 2))))
        for d in divisions(cohort.person, 1)
    ]
    path.write_text("\n".join(lines) + '\n{"repeat": 1, "fo', encoding="utf-8")
    folds = read_folds(path)
    assert [(f.repeat, f.fold) for f in folds] == [(0, i) for i in range(5)]
    assert len(whole(folds)) == 1
    assert not whole(folds[:4])
    recall = [float(hits(whole(folds), name, (0, 1)).above.mean()) for name in (MODEL, "CCA")]
    assert min(recall) > 0.3  # three factors and noise: by chance it would be .06
    text = table(folds, cohort.truth, ["signal", "image"])
    assert "| found first | signal to image | image to signal | both |" in text
    assert f"| CCA | {np.mean(hits(whole(folds), 'CCA', (0,)).above):.3f} |" in text
    assert text.count("model less") == 5
