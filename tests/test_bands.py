"""Bands of translations: their arithmetic against integrals, their width against the closed form of a linear model."""

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from foreign_run import LOG_VAR, N_PRIVATE, N_SHARED, N, foreign_run
from latentspace.arrays import open_array, read_rows
from latentspace.codec import Decoder, OnnxCodec
from latentspace.evaluate.bands import bands
from latentspace.evaluate.cohort import cohort_of
from latentspace.evaluate.people import held_out
from latentspace.latent import PosteriorArray
from latentspace.stats.bands import HALF_WIDTH, covered, crps, widening, width
from latentspace.uncertainty import DRAWS, Elements, Source, drawn


def test_ninety_per_cent_of_a_gaussian_lie_in_its_band_and_in_no_narrower_one() -> None:
    rng = np.random.default_rng(0)
    mean, sd = rng.standard_normal((2, 40, 500))
    sd = np.abs(sd) + 0.1
    x = mean + sd * rng.standard_normal(mean.shape)
    assert pytest.approx(norm.ppf(0.95)) == HALF_WIDTH
    assert covered(x, mean, sd).mean() == pytest.approx(0.9, abs=0.01)
    assert widening(x, mean, sd) == pytest.approx(1, abs=0.02)
    assert widening(x, mean, sd / 3) == pytest.approx(3, abs=0.06)
    np.testing.assert_allclose(width(sd), [2 * 1.6448536 * row.mean() for row in sd], rtol=1e-6)


def test_the_widening_is_the_smallest_that_holds_nine_tenths() -> None:
    rng = np.random.default_rng(1)
    x, mean, sd = rng.exponential(size=(3, 7, 11))
    k = widening(x, mean, sd)
    assert covered(x, mean, k * (1 + 1e-9) * sd).mean() >= 0.9
    assert covered(x, mean, k * (1 - 1e-9) * sd).mean() < 0.9


def test_where_there_is_no_spread_what_is_hit_needs_no_widening_and_what_is_missed_cannot_be_held() -> None:
    x = np.zeros((1, 10))
    assert widening(x, x, np.zeros((1, 10))) == 0
    assert np.isinf(widening(x, x + 1, np.zeros((1, 10))))


def test_the_score_of_a_gaussian_is_the_integral_of_its_distribution_against_the_step() -> None:
    x, mean, sd = np.array([[0.3, -2.0]]), np.array([[1.0, 0.5]]), np.array([[0.7, 2.0]])

    def integral(i: int) -> float:
        def missed(t: float) -> float:
            return float((norm.cdf(t, mean[0, i], sd[0, i]) - (t >= x[0, i])) ** 2)

        return quad(missed, -30, x[0, i], epsabs=1e-9)[0] + quad(missed, x[0, i], 30, epsabs=1e-9)[0]

    assert crps(x, mean, sd)[0] == pytest.approx((integral(0) + integral(1)) / 2, abs=1e-6)
    assert crps(x, mean, np.zeros((1, 2)))[0] == pytest.approx((0.7 + 2.5) / 2)


def test_the_variance_of_the_draws_is_that_of_the_posterior_and_the_prior_through_the_decoder(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled))
    posterior = PosteriorArray(run.embedding("a"), run.embedding("a", "log_var"))
    mean, variance = drawn(decoder, posterior, Elements(workspace.modality("b"), None), np.random.default_rng(0))
    unit = np.eye(N_SHARED + N_PRIVATE, dtype=np.float32)
    shared, own = (decoder.decode(unit[:, :N_SHARED], unit[:, N_SHARED:], "b")[part] for part in (
        slice(None, N_SHARED), slice(N_SHARED, None)))  # fmt: skip
    expected = np.exp(LOG_VAR) * (shared**2).sum(axis=0) + (own**2).sum(axis=0)
    np.testing.assert_allclose(variance.mean(axis=0), expected, rtol=0.2)
    middle = decoder.decode(posterior.mean, None, "b")
    assert np.sqrt(((mean - middle) ** 2).mean()) < 2 * np.sqrt(expected.mean() / DRAWS)


def test_embed_leaves_the_residuals_of_validation_people_and_the_widening_of_each_direction(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    source = Source(workspace, run, Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled)))
    rows = np.flatnonzero(run.split(workspace.subjects()) == "validation")
    stored = read_rows(open_array(run.file("uncertainty.zarr"), "a/residual_sd"))
    expected = np.sqrt(np.mean((source.recorded("a", rows) - source.reconstructed("a", rows)) ** 2, axis=0))
    np.testing.assert_allclose(stored, expected, rtol=1e-5)
    said = run.record["uncertainty"]
    assert set(said) == {"a_to_b", "b_to_a"}
    for each in said.values():
        assert each["people"] == len(rows)
        # private codes are drawn from the prior that they have: the bands are right already
        assert each["widening"] == pytest.approx(1, abs=0.2)


def test_bands_hold_nine_tenths_of_people_who_did_not_set_their_width(tmp_path: Path) -> None:
    held: list[float | None] = []
    for seed in range(4):
        workspace, run = foreign_run(tmp_path / str(seed), seed=seed)
        decoder, rng = (
            Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled)),
            np.random.default_rng(0),
        )
        figures = bands(cohort_of(workspace, run, held_out(workspace, run, rng), decoder), rng)
        held += [figures[f"translation.{p}.coverage_90"].value for p in ("a_to_b", "b_to_a")]
    # 12 people set a width and 24 are judged, of two private dimensions each: one cohort alone is off by .05
    assert np.mean(np.array(held, float)) == pytest.approx(0.9, abs=0.04)


def test_without_validation_people_the_reason_is_recorded(tmp_path: Path) -> None:
    _, run = foreign_run(tmp_path, missing=N - 6)
    assert "validation people have b" in run.record["uncertainty"]["a_to_b"]["reason"]
    assert "validation people" in run.record["uncertainty"]["b_to_a"]["reason"]
