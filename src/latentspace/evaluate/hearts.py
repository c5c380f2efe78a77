"""Decoded cines: the heart, not the still chest about it; its motion, its sharpness, and its beat."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from latentspace.codec import BATCH, Decoder
from latentspace.evaluate.cohort import Cohort, Hearts, gradient
from latentspace.modality import JOINT, Modality, private
from latentspace.prepare.heart import STILLS, HeartFrame
from latentspace.prepare.pose import Pose, estimate_pose, to_canonical
from latentspace.stats.bootstrap import Figure, figure, mean, ratio
from latentspace.stats.similarity import ssim


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What decoded cines are held against: the frame of hearts, the typical maps in the picture, the brightest grey."""

    heart: HeartFrame
    typical: Float32[np.ndarray, "8 96 96"]
    peak: float


def hearts(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """For each cine, from own posterior means, where each heart lies.

    `maps`: unexplained variance of the 8 slow maps, whole frame; `heart`: inside the heart's mask; `heart_dyn`: that
    of the maps without the first, which is motion; `psnr` (dB) and `ssim` of five frames inside the mask;
    `sharpness`: gradient magnitude there, decoded over recorded, both drawn by the slow time courses alone.
    """
    figures: dict[str, Figure] = {}
    for name, recorded in cohort.hearts.items():
        who, heart = cohort.people.having(name), cohort.heart(name)
        if heart is None or not len(who):
            continue
        m = cohort.elements[name].modality
        typical = heart.maps(cohort.people.typical[name].reshape(m.shape))
        peak = 255.0 if m.dtype == "uint8" else float(np.ptp(cohort.people.typical[name]))
        z, own = cohort.people.spaces[JOINT][who], cohort.people.spaces[private(name)][who]
        decoded = decoded_cines(cohort.decoder, m, z, own)
        true = (cohort.people.recordings[name][i].reshape(m.shape) for i in who)
        poses = (recorded.poses[i] for i in who)
        yard = Yardstick(heart, typical, peak)
        rows = np.array([against(yard, *each) for each in zip(true, decoded, poses, strict=True)]).T
        statistics = {
            "maps": ratio(rows[0], rows[1]),
            "heart": ratio(rows[2], rows[3]),
            "heart_dyn": ratio(rows[4], rows[5]),
            "psnr": mean(rows[6]),
            "ssim": mean(rows[7]),
            "sharpness": ratio(rows[8], rows[9]),
        }
        figures |= {f"reconstruction.{name}.{key}": figure(s, len(who), rng) for key, s in statistics.items()}
    return figures


def against(
    yard: Yardstick, true: Shaped[np.ndarray, "50 96 96"], decoded: Shaped[np.ndarray, "50 96 96"], pose: Pose
) -> list[float]:
    """One decoded cine beside the recorded one.

    Returns:
        Squared differences from the decoded and from the typical maps: of whole maps, inside the heart, of its motion;
        then PSNR (dB) and SSIM inside the heart, and the gradient there of the decoded and of the recorded heart.
    """
    heart, mask = yard.heart, yard.heart.mask_at(pose)
    maps, drawn = heart.maps(true), heart.maps(decoded)
    missed, dull = (maps - drawn) ** 2, (maps - yard.typical) ** 2
    stills, others = (v[STILLS].astype(np.float64) for v in (true, decoded))
    noise = max(float(((stills - others)[:, mask] ** 2).mean()), 1e-12)
    pairs = [(x, x[:, mask], x[1:][:, mask]) for x in (missed, dull)]
    return [
        *(float(x.sum(dtype=np.float64)) for both in zip(*pairs, strict=True) for x in both),
        10 * float(np.log10(yard.peak**2 / noise)),
        float(ssim(stills, others, peak=yard.peak)[:, mask].mean()),
        gradient(heart, drawn, mask),
        gradient(heart, maps, mask),
    ]


def translated_hearts(cohort: Cohort, given: str, cine: str, who: Int64[np.ndarray, " n"]) -> Hearts:
    """Hearts that one other modality's posterior means draw, each moved to the canonical pose."""
    heart, m = cohort.heart(cine), cohort.elements[cine].modality
    if heart is None:
        message = f"{cine} is no cine"
        raise ValueError(message)
    poses: list[Pose] = []
    inside, sharp = np.zeros((len(who), len(heart.typical), int(heart.mask.sum())), np.float32), np.zeros(len(who))
    for i, drawn in enumerate(decoded_cines(cohort.decoder, m, cohort.people.spaces[given][who], None)):
        poses.append(estimate_pose(drawn))
        maps = to_canonical(heart.maps(drawn), poses[-1])
        inside[i], sharp[i] = maps[:, heart.mask], gradient(heart, maps, heart.mask)
    return Hearts(tuple(poses), inside, sharp)


def translation_of_hearts(
    drawn: Hearts, true: Hearts, heart: HeartFrame, who: Int64[np.ndarray, " n"], rng: np.random.Generator
) -> dict[str, Figure]:
    """`heart`, `heart_dyn`, `sharpness` of translated hearts in the canonical pose, about the typical heart there."""
    typical = heart.typical[:, heart.mask]
    rows = np.array([_both(x, one, typical) for x, one in zip((true.maps[i] for i in who), drawn.maps, strict=True)])
    missed, dull, missed_motion, dull_motion = rows.reshape(-1, 4).T
    statistics = {
        "heart": ratio(missed, dull),
        "heart_dyn": ratio(missed_motion, dull_motion),
        "sharpness": ratio(drawn.gradient, true.gradient[who]),
    }
    return {key: figure(statistic, len(who), rng) for key, statistic in statistics.items()}


def decoded_cines(
    decoder: Decoder, m: Modality, shared: Float32[np.ndarray, "n shared"], own: Float32[np.ndarray, "n private"] | None
) -> Iterator[Shaped[np.ndarray, "50 96 96"]]:
    """One decoded cine after another, a batch in memory at a time."""
    for first in range(0, len(shared), BATCH):
        part = slice(first, first + BATCH)
        yield from decoder.decode(shared[part], None if own is None else own[part], m.name).reshape(-1, *m.shape)


def _both(
    true: Float32[np.ndarray, "8 inside"],
    drawn: Float32[np.ndarray, "8 inside"],
    typical: Float32[np.ndarray, "8 inside"],
) -> list[float]:
    """Squared differences from what was drawn and from the typical heart, whole and in motion."""
    missed, dull = (((true - other) ** 2).sum(axis=1, dtype=np.float64) for other in (drawn, typical))
    return [float(part.sum()) for part in (missed, dull, missed[1:], dull[1:])]
