"""Cines in few coordinates: distances, round trips, and the same numbers in the exported network."""

import numpy as np
import pytest
import torch

from latentspace.vae.compression import Compress, Compression, compress

FRAMES, SIDE, RANK = 12, 9, 4


@pytest.fixture(scope="module")
def recordings() -> np.ndarray:
    """Sixty recordings of rank four about a mean, with two time courses."""
    rng = np.random.default_rng(0)
    courses = np.linalg.qr(rng.standard_normal((FRAMES, 2)))[0]
    pictures = rng.standard_normal((RANK, 2, SIDE * SIDE))
    scores = rng.standard_normal((60, RANK))
    varied = np.einsum("nr,rkp,fk->nfp", scores, pictures, courses)
    mean = courses @ rng.standard_normal((2, SIDE * SIDE)) * 5
    return (100 + 0 * varied + mean + varied).reshape(60, FRAMES, SIDE, SIDE).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(recordings: np.ndarray) -> Compression:
    return compress(recordings[:40], n_components=10, in_time=True)


def test_recordings_of_low_rank_come_back_whole(recordings: np.ndarray, fitted: Compression) -> None:
    front = Compress(fitted)
    back = front.expand(torch.from_numpy(fitted.coordinates(recordings))).numpy()
    scale = np.sqrt(((recordings - recordings.mean(axis=0)) ** 2).mean())
    assert np.abs(back - recordings).max() < 0.02 * scale
    assert fitted.kept > 0.99
    assert len(fitted.components) <= 10


def test_distances_between_recordings_are_distances_between_coordinates(
    recordings: np.ndarray, fitted: Compression
) -> None:
    flat, short = recordings.reshape(60, -1), fitted.coordinates(recordings)
    for a, b in ((0, 1), (5, 41), (50, 59)):
        assert np.linalg.norm(short[a] - short[b]) == pytest.approx(np.linalg.norm(flat[a] - flat[b]), rel=2e-3)


def test_the_network_gives_the_same_coordinates(recordings: np.ndarray, fitted: Compression) -> None:
    ours = fitted.coordinates(recordings)
    theirs = Compress(fitted)(torch.from_numpy(recordings)).numpy()
    np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-3 * np.abs(ours).max())


def test_bases_are_orthonormal(fitted: Compression) -> None:
    np.testing.assert_allclose(fitted.time.T @ fitted.time, np.eye(fitted.time.shape[1]), atol=1e-5)
    gram = fitted.components @ fitted.components.T
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=2e-3)


def test_a_still_image_has_one_frame(recordings: np.ndarray) -> None:
    still = compress(recordings[:, 0], n_components=3, in_time=False)
    assert still.time.shape == (1, 1)
    assert Compress(still).expand(torch.zeros(2, len(still.components))).shape == (2, SIDE, SIDE)
