"""Ranking of latent dimensions, against numpy and scipy."""

import numpy as np
import pytest
from scipy.stats import f_oneway, pointbiserialr

import latentspace
from built import Built
from latentspace import latent
from latentspace.latent import association, rank_by_association, rank_by_effect, rank_by_variance
from latentspace.phenotype import LATER

RNG = np.random.default_rng(0)
Z = RNG.standard_normal((200, 4)).astype(np.float32) * np.array([1, 3, 2, 0.5], np.float32)
AGE = (50 - 4 * Z[:, 1] + 4 * RNG.standard_normal(200)).astype(np.float32)
SEX = (Z[:, 2] + RNG.standard_normal(200) > 0).astype(np.int16)
KIND = np.clip(np.abs(Z[:, 0]) * 2, 0, 3).astype(np.int16)
DIMS = ("z0", "z1", "z2", "z3")
EFFECTS = {"ecg": [0.1, 0.2, 0.4, 0.0], "cine": [0.3, 0.0, 0.1, 0.2]}


def test_association_with_a_number_is_pearsons_r() -> None:
    expected = [np.corrcoef(Z[:, i], AGE)[0, 1] for i in range(4)]
    np.testing.assert_allclose(association(Z, AGE, levels=0), expected, atol=1e-6)


def test_association_with_two_levels_is_the_point_biserial_r() -> None:
    expected = [np.asarray(pointbiserialr(SEX, Z[:, i]))[0] for i in range(4)]
    np.testing.assert_allclose(association(Z, SEX, levels=2), expected, atol=1e-6)


def test_association_with_more_levels_is_the_eta_of_an_analysis_of_variance() -> None:
    groups = [Z[level == KIND] for level in range(4)]
    f = f_oneway(*groups).statistic
    eta = np.sqrt(f * 3 / (f * 3 + 196))
    np.testing.assert_allclose(association(Z, KIND, levels=4), eta, atol=1e-5)


def test_rows_with_a_missing_value_or_no_posterior_do_not_count() -> None:
    z, age, kind = Z.copy(), AGE.copy(), KIND.copy()
    z[:20], age[20:50], kind[20:50] = np.nan, np.nan, -1
    np.testing.assert_allclose(association(z, age, levels=0), association(Z[50:], AGE[50:], levels=0), atol=1e-9)
    np.testing.assert_allclose(association(z, kind, levels=4), association(Z[50:], KIND[50:], levels=4), atol=1e-9)


def test_a_constant_or_unknown_phenotype_is_associated_with_nothing() -> None:
    assert (association(Z, np.full(200, 7, np.float32), levels=0) == 0).all()
    assert (association(Z, np.full(200, np.nan, np.float32), levels=0) == 0).all()
    assert (association(Z, np.full(200, -1, np.int16), levels=5) == 0).all()


def test_the_dimension_that_carries_the_phenotype_comes_first_whatever_its_sign() -> None:
    columns, levels = {"age": AGE, "sex": SEX}, {"age": 0, "sex": 2}
    ranked = rank_by_association(DIMS, Z, EFFECTS, columns, levels, "age")
    assert ranked[0].dim == "z1"
    assert ranked[0].value < -0.8
    assert ranked[0].statistic == "r"
    assert ranked[0].n == 200
    assert ranked[0].effect == {"ecg": 0.2, "cine": 0.0}
    second = next(r for r in ranked if r.dim == "z2")
    assert second.also is not None
    assert second.also.name == "sex"
    assert second.also.value == pytest.approx(np.asarray(pointbiserialr(SEX, Z[:, 2]))[0], abs=1e-6)


def test_many_levels_are_ranked_by_eta() -> None:
    ranked = rank_by_association(DIMS, Z, {}, {"kind": KIND}, {"kind": 4}, "kind")
    assert {r.statistic for r in ranked} == {"eta"}
    assert all(r.also is None and r.effect == {} for r in ranked)


def test_by_variance_the_widest_dimension_comes_first() -> None:
    ranked = rank_by_variance(DIMS, Z, EFFECTS)
    assert [r.dim for r in ranked] == ["z1", "z2", "z0", "z3"]
    assert ranked[0].value == pytest.approx(Z[:, 1].std())


def test_by_effect_each_modality_has_its_own_order() -> None:
    assert [r.dim for r in rank_by_effect(DIMS, Z, EFFECTS, "ecg")] == ["z2", "z1", "z0", "z3"]
    assert [r.index for r in rank_by_effect(DIMS, Z, EFFECTS, "cine")] == [0, 3, 2, 1]


def test_correlations_of_all_columns_at_once_are_those_of_numpy_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent, "ROWS_AT_ONCE", 64)
    rng = np.random.default_rng(8)
    z = rng.normal(3, 1, (500, 4)).astype(np.float32)
    z[::50] = np.nan
    columns = {
        "gaps": np.where(rng.random(500) < 0.3, np.nan, 80 + z[:, 1] + rng.normal(size=500)).astype(np.float32),
        "binary": rng.integers(-1, 2, 500).astype(np.int16),
        "constant": np.full(500, 7, np.float32),
        "nobody": np.full(500, np.nan, np.float32),
    }
    found = latent.associations(z, columns, {"gaps": 0, "binary": 2, "constant": 0, "nobody": 0})
    for name, column in columns.items():
        known = ~np.isnan(z[:, 0]) & (column >= 0 if name == "binary" else ~np.isnan(column))
        if name in {"constant", "nobody"}:
            np.testing.assert_array_equal(found[name], 0)
            continue
        by_hand = [np.corrcoef(z[known, i].astype(float), column[known].astype(float))[0, 1] for i in range(4)]
        np.testing.assert_allclose(found[name], by_hand, rtol=1e-9)


def test_what_happened_after_the_recording_is_named_beside_no_dimension(cardiac: Built) -> None:
    explorer = latentspace.open(cardiac.path)
    later = {p.name for p in explorer.describe().phenotypes if p.section == LATER}
    assert len(later) > 5
    also = {r.also.name for r in explorer.rank("association", "age") if r.also}
    assert also
    assert not also & later
    assert explorer.rank("association", "years_to_af")[0].value  # asked for by name, it is ranked by
