"""Cines in few coordinates: distances, round trips, and hearts described in the canonical pose."""

import numpy as np
import onnxruntime
import pytest
import torch

from latentspace.prepare.pose import CANONICAL, estimate_pose
from latentspace.simulate.cine import cine
from latentspace.simulate.physiology import draw
from latentspace.vae.compression import Compress, Compression, Sizes, compress
from latentspace.vae.export import to_onnx
from latentspace.vae.principal import TileCodes, cut, folding, joined, principal, tiles_of
from latentspace.vae.registration import Register

FRAMES, SIDE, RANK = 12, 9, 4
TEN, CINE = Sizes(heart=4, tiles=3, rest=3), Sizes(heart=24, tiles=24, rest=24)


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
    return compress(recordings[:40], TEN, in_time=True)


def test_recordings_of_low_rank_come_back_whole(recordings: np.ndarray, fitted: Compression) -> None:
    front = Compress(fitted)
    back = front.expand(torch.from_numpy(fitted.coordinates(recordings))).numpy()
    scale = np.sqrt(((recordings - recordings.mean(axis=0)) ** 2).mean())
    assert np.abs(back - recordings).max() < 0.02 * scale
    assert len(fitted.components) <= 10


def test_distances_between_recordings_are_distances_between_coordinates(
    recordings: np.ndarray, fitted: Compression
) -> None:
    flat, short = recordings.reshape(60, -1), fitted.coordinates(recordings)
    for a, b in ((0, 1), (5, 41), (50, 59)):
        assert np.linalg.norm(short[a] - short[b]) == pytest.approx(np.linalg.norm(flat[a] - flat[b]), rel=2e-3)


def test_bases_are_orthonormal(fitted: Compression) -> None:
    np.testing.assert_allclose(fitted.time.T @ fitted.time, np.eye(fitted.time.shape[1]), atol=1e-5)
    gram = fitted.components @ fitted.components.T
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=2e-3)


def test_a_still_image_has_one_frame(recordings: np.ndarray) -> None:
    still = compress(recordings[:, 0], Sizes(heart=1, tiles=1, rest=1), in_time=False)
    assert still.time.shape == (1, 1)
    assert Compress(still).expand(torch.zeros(2, len(still.components))).shape == (2, SIDE, SIDE)


@pytest.fixture(scope="module")
def hearts() -> tuple[np.ndarray, np.ndarray]:
    """Simulated cines, and where their hearts lie: mm right, mm down and degrees away from the canonical pose."""
    people = draw(72, seed=41, cohort="clinic").to_dicts()
    drawn = [cine(person, np.random.default_rng([41, i])) for i, person in enumerate(people)]
    poses = np.array([[view["heart_x"], view["heart_y"], view["heart_turn"]] for _, view in drawn])
    return np.stack([frames for frames, _ in drawn]), poses - [CANONICAL.x_mm, CANONICAL.y_mm, CANONICAL.turn_deg]


def test_the_network_finds_the_pose_of_a_heart(hearts: tuple[np.ndarray, np.ndarray]) -> None:
    cines, poses = hearts
    found = Register().pose(torch.from_numpy(cines.astype(np.float32))).numpy()
    error = (found - poses).std(axis=0)
    assert (error < [1.5, 1.5, 2.0]).all()
    assert (error < 0.3 * poses.std(axis=0)).all()


def test_the_network_and_the_preparation_agree_on_the_pose(hearts: tuple[np.ndarray, np.ndarray]) -> None:
    cines = hearts[0][:6]
    theirs = Register().pose(torch.from_numpy(cines.astype(np.float32))).numpy()
    ours = [estimate_pose(frames) for frames in cines]
    away = [
        [p.x_mm - CANONICAL.x_mm, p.y_mm - CANONICAL.y_mm, p.turn_deg - CANONICAL.turn_deg] for p in ours
    ]  # fmt: skip
    np.testing.assert_allclose(theirs, away, atol=0.01)


def test_a_heart_that_is_moved_and_moved_back_is_where_it_was() -> None:
    register = Register()
    y, x = torch.meshgrid(torch.linspace(-3, 3, 96), torch.linspace(-3, 3, 96), indexing="ij")
    smooth = torch.exp(-(x**2) - 2 * (y - 0.5) ** 2)[None, None]
    pose = torch.tensor([[7.0, -5.0, 12.0]])
    back = register.from_canonical(register.to_canonical(smooth, pose), pose)
    assert float((back - smooth)[..., 16:-16, 16:-16].abs().max()) < 0.02
    assert float((register.to_canonical(smooth, pose) - smooth).abs().max()) > 0.2


def test_hearts_that_were_never_seen_are_drawn_better_in_their_pose(hearts: tuple[np.ndarray, np.ndarray]) -> None:
    cines, _ = hearts
    seen, fresh = cines[:56], cines[56:].astype(np.float32)
    errors: dict[bool, float] = {}
    for heart in (False, True):
        front = Compress(fit := compress(seen, CINE, in_time=True, heart=heart))
        with torch.no_grad():
            drawn = front.expand(torch.from_numpy(fit.coordinates(fresh))).numpy()
        middle = np.s_[:, :, 24:72, 24:72]
        errors[heart] = float(((drawn - fresh)[middle] ** 2).mean())
    assert errors[True] < 0.9 * errors[False]


def test_the_pose_is_among_the_coordinates(hearts: tuple[np.ndarray, np.ndarray]) -> None:
    cines, poses = hearts
    fit = compress(cines[:56], CINE, in_time=True, heart=True)
    assert fit.heart is not None
    first = len(fit.heart.components)
    told = fit.coordinates(cines)[:, first : first + 3] / fit.heart.pose_weight
    assert np.corrcoef(told[:, 2], poses[:, 2])[0, 1] > 0.95


def test_principal_components_are_those_of_the_singular_value_decomposition() -> None:
    rows = torch.randn(80, 50, generator=torch.Generator().manual_seed(1)) * torch.linspace(3, 0.1, 50)
    rows -= rows.mean(dim=0)
    expected = torch.linalg.svd(rows, full_matrices=False).Vh[:4]
    found = principal(rows, 4)
    torch.testing.assert_close((found @ expected.T).abs(), torch.eye(4), atol=5e-3, rtol=0)
    flat = torch.outer(torch.arange(8.0) - 3.5, torch.ones(6))
    assert principal(flat, 4).shape == (1, 6)


def test_tiles_are_cut_and_joined_without_loss() -> None:
    pictures = torch.randn(3, 2, 12, 12, generator=torch.Generator().manual_seed(2))
    tiles = cut(pictures, 4)
    assert tiles.shape == (3, 9, 32)
    assert torch.equal(tiles[1, 5], pictures[1, :, 4:8, 8:12].flatten())
    assert torch.equal(joined(tiles, 3, 4), pictures)


def test_folding_is_a_turn_that_lets_tiles_fade_into_each_other() -> None:
    fold = folding(24, 8)
    torch.testing.assert_close(fold @ fold.T, torch.eye(24), atol=1e-6, rtol=0)
    seen = fold.T[:, 8:16].square().sum(dim=1)  # how much of each pixel the middle tile describes
    assert not seen[:6].any()
    assert not seen[18:].any()
    torch.testing.assert_close(seen[10:14], torch.ones(4), atol=1e-6, rtol=0)
    assert (seen[6:10].diff() > 0.1).all()
    assert (seen[14:18].diff() < -0.1).all()
    torch.testing.assert_close(seen[7] + seen[8], torch.tensor(1.0), atol=1e-6, rtol=0)


def test_codes_of_tiles_go_where_the_variance_is_and_draw_it_again() -> None:
    generator = torch.Generator().manual_seed(3)
    pictures = torch.zeros(60, 1, 8, 8)
    pattern = torch.randn(2, 9, generator=generator)
    pictures[:, 0, 5:, :3] = (torch.randn(60, 2, generator=generator) @ pattern).view(60, 3, 3)
    pictures[:, 0, 0, 7] = 0.01 * torch.randn(60, generator=generator)
    pictures -= pictures.mean(dim=0)
    fit = tiles_of(pictures.clone(), 4, 2)  # which folds them in place
    codes = TileCodes(fit)
    assert codes.n_codes == 2
    drawn = codes.drawn(codes(pictures))
    torch.testing.assert_close(drawn[:, :, 4:, :4], pictures[:, :, 4:, :4], atol=1e-4, rtol=0)
    assert not drawn[:, :, :4].any()


def test_a_registered_cine_is_encoded_and_drawn_by_onnx_as_by_torch_in_any_batch(
    hearts: tuple[np.ndarray, np.ndarray],
) -> None:
    cines = hearts[0]
    fit = compress(cines[:56], CINE, in_time=True, heart=True)
    width = fit.coordinates(cines[:1]).shape[1]
    front, back = Compress(fit), _Expand(fit)
    with torch.no_grad():
        graphs = [
            onnxruntime.InferenceSession(to_onnx(module, example, "x", ("y",)))
            for module, example in ((front, torch.zeros(2, 50, 96, 96)), (back, torch.zeros(2, width)))
        ]
        for n in (1, 3):
            x = torch.from_numpy(cines[56 : 56 + n].astype(np.float32))
            code = front(x)
            (found,) = graphs[0].run(None, {"x": x.numpy()})
            (drawn,) = graphs[1].run(None, {"x": code.numpy()})
            np.testing.assert_allclose(np.asarray(found), code.numpy(), atol=0.5)
            np.testing.assert_allclose(np.asarray(drawn), back(code).numpy(), atol=0.5)


class _Expand(torch.nn.Module):
    def __init__(self, fit: Compression) -> None:
        super().__init__()
        self.compress = Compress(fit)

    def forward(self, coordinates: torch.Tensor) -> torch.Tensor:
        return self.compress.expand(coordinates)
