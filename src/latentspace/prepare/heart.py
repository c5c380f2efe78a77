"""What of a cine is compared between people: its slow pictures, about the heart, in the canonical pose."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Real
from scipy.ndimage import binary_dilation

from latentspace.prepare.cine import FRAMES, SIZE
from latentspace.prepare.pose import Pose, estimate_pose, from_canonical, to_canonical

SLOW = 8  # time courses; pixel noise lies mostly outside them
BEATS, AROUND = 0.02, 9  # of the strongest motion, from which on a place is the heart's; pixels by which that grows
STILLS = slice(0, FRAMES, 10)  # the five frames that stand for the beat where all fifty would say the same


@dataclass(frozen=True, slots=True)
class HeartFrame:
    """How the hearts of a cohort are compared.

    `time` are orthonormal time courses, strongest first (the first is the stillest); `mask` is where hearts move in the
    canonical pose, `typical` the mean maps there.
    """

    time: Float32[np.ndarray, "50 8"]
    mask: Bool[np.ndarray, "96 96"]
    typical: Float32[np.ndarray, "8 96 96"]

    def maps(self, cine: Real[np.ndarray, "50 96 96"]) -> Float32[np.ndarray, "8 96 96"]:
        """What each time course carries at each place."""
        return _maps(cine, self.time)

    def stills(self, maps: Float32[np.ndarray, "8 96 96"]) -> Float32[np.ndarray, "5 96 96"]:
        """Five frames of the beat, drawn by the slow time courses alone."""
        return np.tensordot(self.time[STILLS], maps, axes=1)

    def mask_at(self, pose: Pose) -> Bool[np.ndarray, "96 96"]:
        """The mask moved to where a heart lies."""
        return from_canonical(self.mask.astype(np.float32), pose) > 0.5


def heart_frame(cines: Real[np.ndarray, "n 50 96 96"]) -> HeartFrame:
    """Time courses, mask and typical heart of people who are not judged.

    The mask: dynamic energy (slow maps without the first) above 2 % of its maximum, grown by 9 x 9 pixels.
    """
    time = _courses(cines)
    typical, energy = np.zeros((SLOW, SIZE, SIZE)), np.zeros((SIZE, SIZE))
    for cine in cines:
        maps = to_canonical(_maps(cine, time), estimate_pose(cine))
        typical += maps / len(cines)
        energy += (maps[1:].astype(np.float64) ** 2).sum(axis=0)
    mask = binary_dilation(energy > BEATS * energy.max(), np.ones((AROUND, AROUND), bool))
    return HeartFrame(time, mask, typical.astype(np.float32))


def _courses(cines: Iterable[Real[np.ndarray, "50 96 96"]]) -> Float32[np.ndarray, "50 8"]:
    about_nought = np.zeros((FRAMES, FRAMES))
    for cine in cines:
        frames = cine.reshape(FRAMES, -1).astype(np.float32)
        about_nought += frames @ frames.T
    return np.linalg.eigh(about_nought)[1][:, ::-1][:, :SLOW].astype(np.float32)


def _maps(cine: Real[np.ndarray, "50 96 96"], time: Float32[np.ndarray, "50 8"]) -> Float32[np.ndarray, "8 96 96"]:
    return np.tensordot(time.T, cine.astype(np.float32), axes=1)
