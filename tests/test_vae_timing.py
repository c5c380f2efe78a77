"""Beats in a common timing: round trips, marks against delineation, and mixtures that keep their intervals."""

import numpy as np
import onnxruntime
import pytest
import torch
from scipy.interpolate import CubicSpline

from latentspace.measure.delineation import MS, delineate
from latentspace.measure.ecg import INDEPENDENT
from latentspace.simulate.verb import modalities
from latentspace.train.timing import timing_of, weighted
from latentspace.vae.export import to_onnx
from latentspace.vae.timing import Retime, Timing, between
from simulated_ecg import simulated

ECG = modalities()[0]


@pytest.fixture(scope="module")
def beats() -> np.ndarray:
    return simulated(360, "clinic", 17).beats.astype(np.float32)


@pytest.fixture(scope="module")
def fitted(beats: np.ndarray) -> Timing:
    timing = timing_of(beats[:300], ECG)
    assert timing
    return timing


def marks_of(beats: np.ndarray) -> np.ndarray:
    """Samples at which QRS and T end, by delineation."""
    found = [delineate(beat[INDEPENDENT].astype(np.float64)) for beat in beats]
    return np.array([(m.qrs_offset, np.nan if m.t_end is None else m.t_end) for m in found]) / MS


def moved(timing: Timing, beats: np.ndarray, marks: np.ndarray, were: np.ndarray) -> np.ndarray:
    given = (torch.from_numpy(np.asarray(v, np.float32)) for v in (beats, marks, were))
    return Retime(timing).moved(*given).numpy()


def test_a_beat_comes_back_from_the_usual_timing(beats: np.ndarray, fitted: Timing) -> None:
    retime = Retime(fitted)
    back = retime.expand(retime(torch.from_numpy(beats[300:]))).numpy()
    unexplained = ((back - beats[300:]) ** 2).sum() / ((beats[300:] - beats[:300].mean(axis=0)) ** 2).sum()
    assert unexplained < 3e-4


def test_the_marks_of_beats_that_taught_nothing_are_those_of_delineation(beats: np.ndarray, fitted: Timing) -> None:
    true = marks_of(beats[300:])
    with torch.no_grad():
        said = Retime(fitted).marks(torch.from_numpy(beats[300:])).numpy()
    known = np.isfinite(true).all(axis=1)
    for mark in range(2):
        assert np.corrcoef(said[known, mark], true[known, mark])[0, 1] > 0.5
    assert np.median(np.abs(said - true)[known], axis=0).max() * MS < 12


def test_a_mark_that_is_moved_moves_what_is_measured(beats: np.ndarray, fitted: Timing) -> None:
    some = beats[300:320]
    true = marks_of(some)
    known = np.isfinite(true).all(axis=1)
    some, true = some[known], true[known]
    longer = moved(fitted, some, true + np.array([10, 15]), true)
    change = np.nanmedian(marks_of(longer) - true, axis=0)
    np.testing.assert_allclose(change, [10, 15], atol=2)


def test_what_comes_before_qrs_is_left_alone(beats: np.ndarray, fitted: Timing) -> None:
    marks = np.tile(fitted.usual, (len(beats), 1))
    there = moved(fitted, beats, marks + np.array([12, 20]), marks)
    np.testing.assert_allclose(there[:, :, : fitted.onset], beats[:, :, : fitted.onset], atol=1e-5)


def test_marks_keep_their_order_however_far_they_are_drawn(fitted: Timing) -> None:
    retime = Retime(fitted)
    for far in ([-900.0, 900.0], [900.0, -900.0], [900.0, 900.0], [-900.0, -900.0]):
        qrs, t = retime.bounded(torch.tensor([far]))[0].tolist()
        assert fitted.onset + 20 < qrs < t - 10 < fitted.shape[1] - 30


def test_between_samples_lies_what_a_smooth_curve_has_there() -> None:
    x = np.arange(80.0)
    curve = np.sin(x / 6) + 0.3 * np.cos(x / 3)
    places = np.linspace(2, 77, 301)
    drawn = between(
        torch.tensor(curve, dtype=torch.float32)[None, None], torch.tensor(places, dtype=torch.float32)[None]
    )
    np.testing.assert_allclose(drawn[0, 0].numpy(), CubicSpline(x, curve)(places), atol=4e-3)


def test_a_distance_between_marks_is_one_between_beats(beats: np.ndarray, fitted: Timing) -> None:
    retime, scale = Retime(fitted), np.full(fitted.shape, 0.2, np.float32)
    mean = retime(torch.from_numpy(beats)).numpy()[:, :-2].mean(axis=0).reshape(fitted.shape)
    weight = weighted(retime, mean, scale)
    usual = fitted.usual[None]
    for mark in range(2):
        step = np.eye(2)[mark] * 3
        apart = moved(fitted, mean[None], usual + step, usual) - moved(fitted, mean[None], usual - step, usual)
        assert np.linalg.norm(apart / 0.2) == pytest.approx(6 * weight[mark], rel=0.25)


def test_the_exported_graph_says_the_same_of_any_number_of_beats(beats: np.ndarray, fitted: Timing) -> None:
    graph = to_onnx(Retime(fitted), torch.from_numpy(beats[:2]), "beats", ("values",))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    for n in (1, 7):
        said = session.run(None, {"beats": beats[:n]})[0]
        with torch.no_grad():
            np.testing.assert_allclose(np.asarray(said), Retime(fitted)(torch.from_numpy(beats[:n])).numpy(), atol=1e-4)


def test_the_exported_way_back_draws_the_same_of_any_number_of_beats(beats: np.ndarray, fitted: Timing) -> None:
    class Back(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.retime = Retime(fitted)

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return self.retime.expand(values)

    with torch.no_grad():
        values = Retime(fitted)(torch.from_numpy(beats[:7]))
        drawn = Retime(fitted).expand(values).numpy()
    graph = to_onnx(Back(), values[:2], "values", ("beats",))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    for n in (1, 7):
        said = np.asarray(session.run(None, {"values": values[:n].numpy()})[0])
        np.testing.assert_allclose(said, drawn[:n], atol=1e-4)


def test_beats_without_waves_have_no_timing() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (80, *ECG.shape)).astype(np.float32)
    assert timing_of(noise, ECG) is None
