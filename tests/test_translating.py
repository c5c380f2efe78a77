"""Bands of one person's translation: that they are those that evaluation judges, and hold as often as it says."""

from pathlib import Path

import numpy as np
import pytest

import latentspace
from foreign_run import LOG_VAR, N_PRIVATE, N_SHARED, foreign_run
from latentspace.arrays import read_rows
from latentspace.codec import Decoder, OnnxCodec
from latentspace.errors import NotFoundError
from latentspace.evaluate.bands import bands
from latentspace.evaluate.cohort import cohort_of
from latentspace.evaluate.people import held_out


def opened(folder: Path) -> latentspace.Explorer:
    workspace, run = foreign_run(folder)
    return latentspace.open(workspace.path, run.name)


def test_the_band_is_that_of_the_closed_form_of_a_linear_model(tmp_path: Path) -> None:
    explorer = opened(tmp_path)
    run, workspace = explorer.run, explorer.workspace
    (told,) = explorer.translate(3, "a")
    assert told.modality == "b"
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled))
    unit = np.eye(N_SHARED + N_PRIVATE, dtype=np.float32)
    columns = decoder.decode(unit[:, :N_SHARED], unit[:, N_SHARED:], "b")
    z = explorer.encode(3, ["a"]).z[:N_SHARED]
    np.testing.assert_allclose(told.mean.ravel(), z @ columns[:N_SHARED], atol=1e-5)
    rows = np.flatnonzero(run.split(workspace.subjects()) == "validation")
    rows = rows[workspace.present("b")[rows]]
    recorded = read_rows(workspace.recordings("b"), rows).reshape(len(rows), -1)
    full = np.concatenate([run.embedding("joint")[rows], run.embedding("private_b")[rows]], axis=1) @ columns
    residual = ((recorded - full) ** 2).mean(axis=0)
    spread = np.exp(LOG_VAR) * (columns[:N_SHARED] ** 2).sum(axis=0) + (columns[N_SHARED:] ** 2).sum(axis=0)
    half = 1.6448536 * run.record["uncertainty"]["a_to_b"]["widening"] * np.sqrt(spread + residual)
    some = [explorer.translate(row, "a")[0] for row in range(30)]
    np.testing.assert_allclose(np.mean([t.high - t.low for t in some], axis=0).ravel() / 2, half, rtol=0.15)
    assert told.low.dtype == told.high.dtype == np.float32
    assert told.mean.shape == told.low.shape == workspace.modality("b").shape


def test_bands_hold_as_much_of_what_was_recorded_of_held_out_people_as_evaluation_says(tmp_path: Path) -> None:
    explorer = opened(tmp_path)
    workspace, run = explorer.workspace, explorer.run
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled))
    cohort = cohort_of(workspace, run, held_out(workspace, run, np.random.default_rng(0)), decoder)
    judged = bands(cohort, np.random.default_rng(0))["translation.a_to_b.coverage_90"]
    held = explorer.columns(["part"])["part"] == 2
    rows = np.flatnonzero(held & workspace.present("a") & workspace.present("b"))[:60]
    inside: list[float] = []
    for row in rows.tolist():
        (told,) = explorer.translate(row, "a")
        x = explorer.subject(row).recordings["b"]
        inside.append(float(((x >= told.low) & (x <= told.high)).mean()))
    assert judged.value is not None
    assert 0.8 < np.mean(inside) < 0.97
    assert np.mean(inside) == pytest.approx(judged.value, abs=0.03)


def test_asked_twice_the_band_is_the_same(tmp_path: Path) -> None:
    explorer = opened(tmp_path)
    (one,), (other,) = explorer.translate(3, "a"), explorer.translate(3, "a")
    np.testing.assert_array_equal(one.low, other.low)
    np.testing.assert_array_equal(one.high, other.high)


def test_without_an_estimate_there_is_no_band_but_a_reason(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    run.update(uncertainty={})
    (told,) = latentspace.open(workspace.path, run.name).translate(3, "a")
    assert np.isnan(told.low).all()
    assert np.isnan(told.high).all()
    assert np.isfinite(told.mean).all()
    assert "latentspace embed" in told.reason
    assert told.covered.value is None
    assert "latentspace evaluate" in (told.covered.reason or "")


def test_a_translation_from_what_was_not_recorded_is_refused(tmp_path: Path) -> None:
    explorer = opened(tmp_path)
    with pytest.raises(NotFoundError):
        explorer.translate(3, "nothing")
