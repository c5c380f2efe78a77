"""Fit the coefficients of `latentspace.measure.outlines`: python -m studies.outlines [n_subjects].

Simulated cines in poses, contrasts and sharpness wider than any cohort's; two fifths teach the first guess, the rest
the corrections, since a guess is too good on the cines that taught it. Writes measure/outlines.npz in the package.
"""

import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from latentspace.measure import outlines as fit
from latentspace.simulate import cine as simulated
from latentspace.simulate.anatomy import heart
from latentspace.simulate.physiology import draw

N_MODES = 34
PENALTY = 0.03  # of the corrections
RANK = 40  # of the first guess
STEPS = (3.6, 2.7, 1.8, 1.8, 1.8)  # mm between places across a wall, stage by stage
PICK = np.r_[0:28:2, 27]
SEED = 101
KINDS = {"look": np.float16, "guess": np.float16, "stages": np.float16}
FRAMES_EACH = 8
FEW = 4  # one of so many has an asymmetric septum


Example = tuple[np.ndarray, np.ndarray, dict[str, float]]  # cine, outlines (50, 150, 2), pose


def examples(n: int) -> list[Example]:
    """Each of n people twice, with other contrast."""
    people = draw(n, seed=SEED, cohort="clinic").to_dicts()
    thick = np.random.default_rng(SEED).uniform(1.2, 2.2, n)
    for person, septum in list(zip(people, thick, strict=True))[::FEW]:  # or a thick septum is taken for a rare one
        person |= {"hcm": 1.0, "septum": float(septum)}
    pairs = [subject(person, np.random.default_rng([SEED, i])) for i, person in enumerate(people)]
    return [example for pair in pairs for example in pair]


def subject(factors: dict[str, float], rng: np.random.Generator) -> tuple[Example, Example]:
    """One heart in an unusual pose, seen in two ways."""
    view = simulated.draw_view(factors, rng)
    view |= {name: 1.4 * view[name] for name in simulated.FREE}
    view["rv_apex"] += float(rng.uniform(-1, 1))
    view["turn"] = float(rng.uniform(12, 68))
    view["shift_x"] += float(rng.normal(0, 5))
    view["shift_y"] += float(rng.normal(0, 5))
    view["noise"] *= float(rng.uniform(0.5, 2.5))
    view["inflow"] *= float(rng.uniform(0.5, 2))
    view["fat_mm"] *= float(rng.uniform(0.5, 1.5))
    frames, shape, pose = simulated.render(factors, view, rng), truth(factors, view), simulated.pose(factors, view)
    return (altered(frames, rng), shape, pose), (altered(frames, rng), shape, pose)


def truth(factors: dict[str, float], view: dict[str, float]) -> np.ndarray:
    """The true outlines in mm (50, 150, 2), points as `measure.outlines` expects them."""
    body = heart(factors, view)
    place = simulated.placement(body, view)
    return np.concatenate([place(getattr(body, side)[:, PICK]) for side in fit.SIDES], axis=1).astype(np.float32)


def altered(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other contrast, shading and sharpness, as scanners, flow and decoders give."""
    grey = (frames / np.float32(255)) ** np.float32(rng.uniform(0.7, 1.5))
    grey *= np.exp(
        rng.uniform(0, 0.3) * smooth((1, 96, 96), 14, rng) + rng.uniform(0, 0.12) * smooth((50, 96, 96), 5, rng)
    )
    grey = gaussian_filter(grey, (rng.uniform(0, 0.6), *[rng.uniform(0, 0.9)] * 2))
    return (grey + rng.uniform(0, 0.02) * rng.standard_normal(grey.shape, dtype=np.float32)).astype(np.float16)


def smooth(shape: tuple[int, int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """A random field of unit spread that varies over `scale` pixels and four frames."""
    coarse = rng.standard_normal((-(-shape[0] // 4), *(int(96 / scale) + 2,) * 2), dtype=np.float32)
    fine = np.asarray(zoom(coarse, (shape[0] / coarse.shape[0], 96 / coarse.shape[1], 96 / coarse.shape[2]), order=1))
    return fine / np.std(fine)


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Weights, the last row the constant."""
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    centred = x - mean_x
    gram = centred.T @ centred
    weights = np.linalg.solve(gram + penalty * np.trace(gram) / len(gram) * np.eye(len(gram)), centred.T @ (y - mean_y))
    return np.vstack([weights, mean_y - mean_x @ weights])


def fitted(cines: np.ndarray, shapes: np.ndarray) -> fit.Model:
    """All coefficients from cines (n, 50, 96, 96) and their shapes (n, 50, 150, 2)."""
    n = len(cines)
    flat = shapes.reshape(n, 50, -1).astype(np.float64)
    mean = flat.mean(axis=(0, 1))
    _, values, modes = np.linalg.svd((flat - mean)[:, ::7].reshape(-1, len(mean)), full_matrices=False)
    spread = values[:N_MODES] / np.sqrt(n * 8)
    modes = modes[:N_MODES] * spread[:, None]
    print("shape left out of the modes, mm rms:", np.sqrt((values[N_MODES:] ** 2).sum() / (n * 8) / 150).round(3))
    codes = (flat - mean) @ (modes / spread[:, None] ** 2).T
    features = np.array([fit.pooled(cine.astype(np.float32)) for cine in cines])
    half = 2 * int(0.2 * n)  # both views of a person on the same side
    scale = np.stack([features[:half].mean(axis=0), features[:half].std(axis=0) + 0.02])
    curves = np.linalg.pinv(fit.harmonics())
    amplitudes = np.einsum("ct,ntk->nck", curves, codes).reshape(n, -1)
    guess = ridge((features[:half] - scale[0]) / scale[1], amplitudes[:half], 0.3)
    u, s, v = np.linalg.svd(guess, full_matrices=False)
    model = fit.Model(mean, modes, scale, u[:, :RANK] * s[:RANK], v[:RANK], np.zeros((0, 0, 0)), np.array([]))
    return corrected(model, cines[half:], codes[half:], features[half:])


def corrected(model: fit.Model, cines: np.ndarray, codes: np.ndarray, features: np.ndarray) -> fit.Model:
    """Add the cascade: each stage learns what is still wrong after those before it."""
    rng = np.random.default_rng(SEED)
    now = np.array([fit.first_guess(model, f) for f in features])
    now += 0.25 * rng.standard_normal((len(now), 1, N_MODES)) * (np.arange(N_MODES) < 12)
    stages = []
    level = [fit.grey_levels(c.astype(np.float32), fit.to_shape(model, z)) for c, z in zip(cines, now, strict=True)]
    for step in STEPS:
        report(model, now, codes)
        seen = np.stack([
            fit.profiles(c.astype(np.float32), fit.to_shape(model, z), grey, step).astype(np.float32)
            for c, z, grey in zip(cines, now, level, strict=True)
        ])  # fmt: skip
        pick = np.array([rng.choice(50, FRAMES_EACH, replace=False) for _ in cines])
        rows = np.arange(len(cines))[:, None]
        wrong = (codes - now)[rows, pick].reshape(-1, N_MODES)
        stages.append(ridge(seen[rows, pick].reshape(len(wrong), -1).astype(np.float64), wrong, PENALTY))
        now = now + seen @ stages[-1][:-1] + stages[-1][-1]
    report(model, now, codes)
    return replace(model, stages=np.stack(stages), steps=np.array(STEPS))


def report(model: fit.Model, now: np.ndarray, codes: np.ndarray) -> None:
    """Print how far the outlines are from the truth."""
    apart = np.sqrt((((now - codes) @ model.modes) ** 2).sum(axis=-1).mean() / 150)
    print("mean distance from the truth, mm rms:", apart.round(2))


def write(seen: Sequence[Example]) -> None:
    """Fit, and put the coefficients into the package."""
    model = fitted(np.stack([cine for cine, _, _ in seen]), np.stack([shape for _, shape, _ in seen]))
    arrays = {f.name: getattr(model, f.name).astype(KINDS.get(f.name, np.float32)) for f in fields(model)}
    np.savez_compressed(Path(fit.__file__).with_name("outlines.npz"), **arrays)


if __name__ == "__main__":
    write(examples(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
