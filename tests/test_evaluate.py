"""Evaluation: against naive loops and closed forms, and on a linear run whose answers are known."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import entropy, norm, spearmanr
from sklearn.metrics import roc_auc_score

from foreign_run import LOG_VAR, N_SHARED, N, foreign_run
from latentspace.evaluate import evaluate
from latentspace.evaluate.alignment import matched_auc, told_apart
from latentspace.evaluate.latents import active, kl
from latentspace.evaluate.reconstruction import pearson
from latentspace.evaluate.retrieval import cosines, ranks
from latentspace.evaluate.translation import closer_than_others
from latentspace.evaluate.traversal import monotone
from latentspace.progress import silent
from latentspace.project import ProjectOptions, project
from latentspace.run import one_visit_each
from latentspace.stats.bootstrap import figure, mean, median, ratio

Evaluated = tuple[dict[str, dict[str, Any]], Any]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """Figures and run of the linear model."""
    workspace, run = foreign_run(tmp_path_factory.mktemp("evaluate"))
    project(workspace, run, ProjectOptions(), silent)
    return evaluate(workspace, run, seed=0, progress=silent, quick=True), run


def test_every_figure_has_a_value_inside_its_interval_or_a_reason(evaluated: Evaluated) -> None:
    figures, run = evaluated
    assert json.loads(run.file("evaluation.json").read_text()) == figures
    for name, each in figures.items():
        assert set(each) <= {"value", "low", "high", "n", "reason"}, name
        if "low" in each:
            assert each["low"] <= each["value"] <= each["high"], name
        assert each["value"] is not None or each["reason"], name


def test_the_names_of_the_quick_evaluation_are_those_of_the_reference(evaluated: Evaluated) -> None:
    figures = evaluated[0]
    expected = {f"reconstruction.{m}.{k}" for m in "ab" for k in ("unexplained_variance", "mae", "pearson")}
    expected |= {
        f"translation.{p}.{k}"
        for p in ("a_to_b", "b_to_a")
        for k in ("unexplained_variance", "closer_than_shuffled", "closer_in_sd", "closer_than_mean")
    }
    retrieved = ("recall_at_1", "recall_at_5", "recall_at_10", "median_rank", "pool")
    expected |= {f"retrieval.{p}.{k}" for p in ("a_to_b", "b_to_a") for k in retrieved}
    expected |= {"alignment.auc", "alignment.modality_classifier", "latent.active", "latent.active_share", "latent.kl"}
    shares = ("trustworthiness", "continuity", "knn_kept")
    expected |= {f"projection.{s}.{k}" for s in ("joint", "a", "b") for k in shares}
    expected |= {f"traversal.z{i}.{m}.{k}" for i in range(N_SHARED) for m in "ab" for k in ("spearman", "share")}
    assert {name for name in figures if not name.startswith("downstream.")} == expected


def test_the_whole_evaluation_says_why_it_knows_no_partners_and_no_truth(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    figures = evaluate(workspace, run, seed=0, progress=silent)
    quick = evaluate(workspace, run, seed=0, progress=silent, quick=True)
    assert {name: figures[name] for name in quick} == quick
    bands = {f"translation.{p}.{k}" for p in ("a_to_b", "b_to_a") for k in ("coverage_90", "width_90", "crps")}
    why = {f"translation.{p}.{k}": "sex, age" for p in ("a_to_b", "b_to_a") for k in (
        "closer_than_matched", "matched_coverage_90", "matched_width_90")}  # fmt: skip
    why |= {f"retrieval.{p}.recall_at_10_adjusted": "sex, age" for p in ("a_to_b", "b_to_a")}
    why |= {f"truth.{k}": "nobody knows" for k in ("dci", "mig", "sap")}
    assert set(figures) - set(quick) == set(why) | bands
    for name, reason in why.items():
        assert figures[name]["value"] is None
        assert reason in figures[name]["reason"]
    # what is drawn has the spread that it has in life: 2 private dimensions of 1 in 12 elements, and the residual
    assert figures["translation.a_to_b.width_90"]["value"] == pytest.approx(3.29 * np.sqrt(2 / 12), rel=0.25)


def test_a_run_that_was_embedded_before_has_no_bands_and_says_what_to_do(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    run.update(uncertainty={})
    figures = evaluate(workspace, run, seed=0, progress=silent)
    assert "embed again" in figures["translation.a_to_b.coverage_90"]["reason"]


def test_a_linear_model_leaves_what_theory_leaves(evaluated: Evaluated) -> None:
    figures = evaluated[0]
    # 4 shared + 2 private dimensions of variance 1 and 12 x 0.05^2 of noise, of which half stays
    assert figures["reconstruction.a.unexplained_variance"]["value"] < 0.02
    # private dimensions cannot be translated: 2 of 6
    assert figures["translation.a_to_b.unexplained_variance"]["value"] == pytest.approx(1 / 3, abs=0.08)
    assert figures["translation.a_to_b.closer_than_shuffled"]["value"] > 0.9
    # one channel: its unit changes no comparison
    in_sd = figures["translation.a_to_b.closer_in_sd"]["value"]
    assert in_sd == pytest.approx(figures["translation.a_to_b.closer_than_shuffled"]["value"])
    assert figures["retrieval.a_to_b.recall_at_1"]["value"] == 1
    assert figures["retrieval.a_to_b.pool"]["value"] == 24
    assert figures["alignment.auc"]["value"] > 0.999
    assert figures["alignment.modality_classifier"]["value"] < 0.8
    assert figures["latent.active"]["value"] == N_SHARED
    assert figures["traversal.z0.a.spearman"]["value"] == 1


def test_the_effects_of_all_dimensions_add_up_to_what_the_shared_code_explains(evaluated: Evaluated) -> None:
    effects = evaluated[1].record["effects"]
    for m in "ab":
        assert len(effects[m]) == N_SHARED
        assert sum(effects[m]) == pytest.approx(2 / 3, abs=0.1)


def test_the_same_seed_gives_the_same_figures_and_another_seed_other_intervals(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    first, again = (evaluate(workspace, run, seed=0, progress=silent, quick=True) for _ in range(2))
    other = evaluate(workspace, run, seed=1, progress=silent, quick=True)
    assert first == again
    name = "reconstruction.a.mae"
    assert first[name]["value"] == pytest.approx(other[name]["value"])
    assert first[name]["low"] != other[name]["low"]
    assert first["projection.joint.trustworthiness"] == {"value": None, "reason": "not projected yet"}


def test_what_too_few_people_have_is_null_with_a_reason(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path, missing=N - 6)
    figures = evaluate(workspace, run, seed=0, progress=silent)
    for name in ("translation.a_to_b.unexplained_variance", "retrieval.a_to_b.recall_at_1", "alignment.auc"):
        assert figures[name]["value"] is None
        assert "held-out people" in figures[name]["reason"]
    assert figures["reconstruction.a.mae"]["value"] is not None


def test_the_untrained_decoder_of_another_person_is_seen_as_no_better_than_chance() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 9)).astype(np.float32)
    assert closer_than_others(rng.permutation(x), x).mean() == pytest.approx(0.5, abs=0.06)


def test_a_person_is_judged_once_by_the_fullest_visit() -> None:
    ids = np.array(["b", "a", "a", "c", "b", "d"])
    rows = one_visit_each(ids, np.array([2, 1, 2, 0, 2, 1]), np.array([True, True, True, True, True, False]))
    assert rows.tolist() == [0, 2]


def test_closer_than_others_equals_a_loop_with_ties_as_halves() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (30, 3)).astype(np.float32)
    drawn = rng.integers(0, 3, (30, 3)).astype(np.float32)
    expected = []
    for i in range(30):
        own = ((drawn[i] - x[i]) ** 2).sum()
        others = [((drawn[i] - x[j]) ** 2).sum() for j in range(30) if j != i]
        expected.append(np.mean([1.0 if o > own else 0.5 if o == own else 0.0 for o in others]))
    np.testing.assert_allclose(closer_than_others(drawn, x), expected)


def test_only_those_who_match_are_asked_and_nobody_gives_no_share() -> None:
    rng = np.random.default_rng(0)
    x, drawn = rng.standard_normal((2, 12, 3)).astype(np.float32)
    among = rng.random((12, 12)) < 0.4
    np.fill_diagonal(among, val=False)
    among[3] = False
    distance = ((drawn[:, None] - x[None]) ** 2).sum(axis=2)
    expected = [np.mean(distance[i, among[i]] > distance[i, i]) if among[i].any() else np.nan for i in range(12)]
    np.testing.assert_allclose(closer_than_others(drawn, x, among=among), expected)


def test_ranks_equal_a_loop_and_a_collapsed_space_finds_nobody() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((50, 4)).astype(np.float32)
    b = (a + rng.standard_normal((50, 4))).astype(np.float32)
    expected = []
    for i in range(50):
        cosine = [a[i] @ b[j] / np.linalg.norm(a[i]) / np.linalg.norm(b[j]) for j in range(50)]
        expected.append(1 + sum(c > cosine[i] for j, c in enumerate(cosine) if j != i))
    np.testing.assert_array_equal(ranks(cosines(a, b)), expected)
    assert (ranks(np.ones((9, 9))) == 5).all()


def test_matched_auc_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    similarity = np.round(rng.standard_normal((40, 40)) + 0.8 * np.eye(40), 1)
    expected = roc_auc_score(np.eye(40).ravel(), similarity.ravel())
    assert matched_auc(similarity)(np.ones((1, 40)))[0] == pytest.approx(expected)


def test_the_weights_of_the_auc_count_people_twice_as_if_they_were_there_twice() -> None:
    similarity = np.random.default_rng(0).standard_normal((4, 4))
    weights = np.array([[2.0, 1.0, 1.0, 0.0]])
    people = [0, 0, 1, 2]
    unmatched = [similarity[i, j] for i in people for j in people if i != j]
    expected = np.mean([similarity[i, i] > u for i in people for u in unmatched])
    assert matched_auc(similarity)(weights)[0] == pytest.approx(expected)


def test_modalities_that_lie_apart_are_told_apart_and_mixed_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 200, 5)).astype(np.float32)
    assert told_apart([a, b]).mean() == pytest.approx(0.5, abs=0.08)
    assert told_apart([a, b + 6]).mean() > 0.99


def test_kl_to_the_prior_is_the_integral() -> None:
    grid = np.linspace(-12, 12, 40001)
    expected = 0.0
    for mu, log_var in ((0.7, -1.2), (-1.5, 0.4)):
        q = norm.pdf(grid, mu, math.exp(log_var / 2))
        expected += float(entropy(q, norm.pdf(grid)))
    assert kl(np.array([[0.7, -1.5]]), np.array([[-1.2, 0.4]])).sum() == pytest.approx(expected, abs=1e-6)


def test_the_kl_of_the_joint_posterior_is_what_product_and_closed_form_give(evaluated: Evaluated) -> None:
    figures, run = evaluated
    assert run.embedding("joint", "log_var")[0, 0] == pytest.approx(-math.log(2 * math.exp(-LOG_VAR) - 1), abs=1e-5)
    variance = 1 / (2 * math.exp(-LOG_VAR) - 1)
    # mean^2 of the joint code is about 1 in each dimension, a little more by the weights of the experts
    expected = 0.5 * N_SHARED * (1 + variance - 1 - math.log(variance))
    assert figures["latent.kl"]["value"] == pytest.approx(expected, rel=0.15)


def test_a_dimension_that_says_less_than_a_fiftieth_of_a_nat_is_not_active(evaluated: Evaluated) -> None:
    mean_sd = np.sqrt(2 * np.array([1.0, 0.021, 0.019, 0.0]))  # KL of N(m, 1) is m^2 / 2
    nats = kl(np.tile(mean_sd, (50, 1)) * np.resize([1, -1], (50, 1)), np.zeros((50, 4)))
    np.testing.assert_allclose(nats[0], [1.0, 0.021, 0.019, 0.0])
    assert active(nats, np.ones((1, 50)))[0] == 2
    assert evaluated[0]["latent.active_share"]["value"] == 1


def test_pearson_is_the_mean_of_the_leads_that_vary() -> None:
    rng = np.random.default_rng(0)
    x, drawn = rng.standard_normal((2, 5, 3, 20)).astype(np.float32)
    x[:, 2] = 0
    expected = [np.mean([np.corrcoef(x[i, c], drawn[i, c])[0, 1] for c in (0, 1)]) for i in range(5)]
    np.testing.assert_allclose(pearson(x.reshape(5, -1), drawn.reshape(5, -1), channels=3), expected, atol=1e-6)
    assert np.isnan(pearson(np.zeros((1, 6), np.float32), np.ones((1, 6), np.float32), channels=2)).all()


def test_monotone_is_spearmans_rho_and_zero_for_a_dead_dimension() -> None:
    change = np.random.default_rng(0).random((4, 2, 6))
    expected = [np.mean([np.asarray(spearmanr(np.arange(6), way))[0] for way in person]) for person in change]
    np.testing.assert_allclose(monotone(change), expected)
    assert (monotone(np.zeros((2, 2, 6))) == 0).all()


def test_the_interval_of_a_mean_is_that_of_the_central_limit() -> None:
    values = np.random.default_rng(0).exponential(size=400)
    found = figure(mean(values), 400, np.random.default_rng(1))
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.02)
    assert found.high == pytest.approx(values.mean() + half, abs=0.02)


def test_weights_repeat_people_in_ratio_and_median() -> None:
    values, below = np.array([1.0, 2.0, 7.0]), np.array([1.0, 1.0, 2.0])
    weights = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0]])
    np.testing.assert_allclose(ratio(values, below)(weights), [15 / 5, 5 / 4])
    np.testing.assert_allclose(median(values)(weights), [7, 1])


def test_four_people_are_too_few_and_a_constant_has_no_ratio() -> None:
    rng = np.random.default_rng(0)
    assert "at least 5" in str(figure(mean(np.ones(4)), 4, rng).reason)
    flat = figure(ratio(np.zeros(9), np.zeros(9)), 9, rng)
    assert flat.value is None
    assert flat.reason == "not defined here: nothing varies"
