"""One person's translations with their bands: what one modality tells of another, and how far that may be off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Shaped

from latentspace.answers import Code, Figure, Translated
from latentspace.arrays import open_array, read_rows
from latentspace.artifact import read_json
from latentspace.codec import Decoder, OnnxCodec
from latentspace.latent import PosteriorArray, layout
from latentspace.modality import JOINT, Modality
from latentspace.prepare.pose import CANONICAL, Pose, estimate_pose, from_canonical, to_canonical
from latentspace.run import Run
from latentspace.stats.bands import HALF_WIDTH
from latentspace.uncertainty import draws

NO_ESTIMATE = "the run was embedded before bands were estimated: run `latentspace embed` again"
NO_COVERAGE = "not judged on held-out people yet: run `latentspace evaluate`"
Bounds = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Translating:
    """A run's decoder with what `embed` knows of its errors, read when they are first asked."""

    run: Run
    modalities: tuple[Modality, ...]
    _residuals: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])

    @cached_property
    def _decoder(self) -> Decoder:
        return Decoder(OnnxCodec(self.run, self.modalities), self.run.spaces(self.modalities))

    @cached_property
    def _widths(self) -> Mapping[str, Mapping[str, Any]]:
        return self.run.record.get("uncertainty", {})

    @cached_property
    def _figures(self) -> Mapping[str, Mapping[str, Any]]:
        return read_json(self.run.file("evaluation.json")) if self.run.has("evaluation.json") else {}

    def translate(self, code: Code, source: str, rng: np.random.Generator) -> list[Translated]:
        """Every other modality from the code that `source` alone gives.

        A band is the mean of 16 draws -+ 1.645 k SD, the SD that of draws and of residuals, as `evaluate` judges it.
        """
        others = [m for m in self.modalities if m.name != source]
        return [self._to(modality, code, source, rng) for modality in others]

    def _to(self, modality: Modality, code: Code, source: str, rng: np.random.Generator) -> Translated:
        shared = code.z[layout(self._decoder.spaces)[JOINT]]
        mean = self._decoder.decode(shared[None], None, modality.name)[0].reshape(modality.shape)
        said = self._widths.get(f"{source}_to_{modality.name}", {"reason": NO_ESTIMATE})
        if "reason" in said:
            low = high = np.full(modality.shape, np.nan, np.float32)
        else:
            drawn = self._draws(modality, code, rng)
            low, high = self._band(modality, drawn, mean, float(said["widening"]))
        figure = self._figures.get(f"translation.{source}_to_{modality.name}.coverage_90", {"reason": NO_COVERAGE})
        return Translated(
            modality=modality.name,
            mean=mean,
            low=low,
            high=high,
            covered=Figure(**figure),
            reason=str(said.get("reason", "")),
        )

    def _draws(self, modality: Modality, code: Code, rng: np.random.Generator) -> Shaped[np.ndarray, "16 ..."]:
        part = layout(self._decoder.spaces)[JOINT]
        posterior = PosteriorArray(code.z[None, part], code.log_var[None, part])
        return next(draws(self._decoder, posterior, modality.name, rng)).reshape(-1, *modality.shape)

    def _band(
        self,
        modality: Modality,
        drawn: Shaped[np.ndarray, "16 ..."],
        mean: Shaped[np.ndarray, "..."],
        widening: float,
    ) -> Bounds:
        pose = estimate_pose(mean) if modality.is_cine else CANONICAL
        if modality.is_cine:  # positions are in no other modality: the spread is that of hearts in one place
            drawn = np.stack([to_canonical(cine, estimate_pose(cine)) for cine in drawn])
        half = HALF_WIDTH * widening * np.sqrt(drawn.var(axis=0, ddof=1) + self._residual(modality) ** 2)
        middle = drawn.mean(axis=0)
        low, high = (middle - half).astype(np.float32), (middle + half).astype(np.float32)
        return (self._back(modality, low, pose), self._back(modality, high, pose)) if modality.is_cine else (low, high)

    def _back(
        self, modality: Modality, frames: Float32[np.ndarray, "frames _ _"], pose: Pose
    ) -> Float32[np.ndarray, "frames _ _"]:
        """Frames from the canonical pose to where the heart is drawn; NaN off the heart, where no band was judged."""
        moved = from_canonical(frames, pose)
        moved[:, ~self._mask_at(modality.name, pose)] = np.nan
        return moved

    def _mask_at(self, modality: str, pose: Pose) -> Bool[np.ndarray, "_ _"]:
        return from_canonical(self._stored(f"{modality}/mask").astype(np.float32), pose) > 0.5

    def _residual(self, modality: Modality) -> Float32[np.ndarray, "..."]:
        return self._stored(f"{modality.name}/residual_sd").reshape(modality.shape)

    def _stored(self, name: str) -> np.ndarray:
        if name not in self._residuals:
            self._residuals[name] = read_rows(open_array(self.run.file("uncertainty.zarr"), name))
        return self._residuals[name]
