"""Train the cross-modal VAE on a workspace: resumable, deterministic for a seed, exported to ONNX."""

from importlib.util import find_spec

from latentspace.errors import MissingExtraError

if missing := [name for name in ("torch", "onnx") if find_spec(name) is None]:
    raise MissingExtraError(
        "extra.train",
        where="training",
        found=f"{' and '.join(missing)} is not installed",
        hint="Run `pip install 'latent-space-explorer[train]'`.",
    )

from latentspace.train.presets import PRESETS, Config, Preset, TrainOptions, config_of
from latentspace.train.processes import joined, refuse_several
from latentspace.train.verb import train

__all__ = ["PRESETS", "Config", "Preset", "TrainOptions", "config_of", "joined", "refuse_several", "train"]
