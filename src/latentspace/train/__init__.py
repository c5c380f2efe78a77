"""Train the cross-modal VAE on a workspace: resumable, deterministic for a seed, exported to ONNX."""

from latentspace.train.presets import PRESETS, Config, Preset, TrainOptions, config_of
from latentspace.train.verb import train

__all__ = ["PRESETS", "Config", "Preset", "TrainOptions", "config_of", "train"]
