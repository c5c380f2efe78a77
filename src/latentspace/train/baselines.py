"""The models of `--model` that are made of the cross-modal VAE's parts: how each begins."""

import dataclasses
import math
from collections.abc import Sequence

import torch

from latentspace.modality import Modality
from latentspace.train.data import Data, starts_of
from latentspace.train.presets import Config, TrainOptions, beside_large, config_of, overridden
from latentspace.vae.baselines import Unimodal
from latentspace.vae.compression import LARGE
from latentspace.vae.model import Batch, CrossModalVAE
from latentspace.vae.reading import Convolutions, Perceptron, Reading
from latentspace.vae.timing import AsItRuns


def configured(options: TrainOptions, modalities: Sequence[Modality]) -> Config:
    """The configuration for these modalities, overrides last.

    PCA + CCA takes no steps, registers no cine and times no beat.

    Raises:
        InputError: as `config_of`.
    """
    config = config_of(options)
    if any(math.prod(m.shape) >= LARGE for m in modalities):
        config = overridden(beside_large(config), options.overrides)
    return (
        dataclasses.replace(config, steps=0, registration="off", timing="off") if options.model == "pca_cca" else config
    )


def begun(data: Data, options: TrainOptions, config: Config) -> CrossModalVAE | Unimodal:
    """The model before its first step, at its closed forms."""
    generator = torch.Generator().manual_seed(options.seed)
    if options.model == "unimodal":
        model = Unimodal({m: _cross_modal(_alone(data, m), config, generator) for m in data.standards})
    elif options.model == "pca_cca":
        nothing = dict.fromkeys(data.standards)
        model = CrossModalVAE(starts_of(data, config), nothing, nothing)
    else:
        model = _cross_modal(data, config, generator)
    model.calibrate(data.train)
    return model


def _cross_modal(data: Data, config: Config, generator: torch.Generator) -> CrossModalVAE:
    starts = starts_of(data, config)
    readings: dict[str, Reading | None] = {}
    drawings: dict[str, Perceptron | None] = {}
    for m, begin in starts.items():
        telling, n_shared = begin.to_shared.shape
        if config.convolutions == "on" and m in data.signals:
            standard = data.standards[m]
            before = None if standard.timing is None else AsItRuns(standard.timing, standard.mean, standard.scale)
            readings[m] = Convolutions(data.signals[m], config.n_hidden, 2 * n_shared, generator, before)
        else:
            readings[m] = Perceptron(telling, config.n_hidden, 2 * n_shared, generator)
        linear = config.drawing == "linear"
        k = len(begin.basis.spread)
        drawings[m] = None if linear else Perceptron(n_shared, config.n_hidden, k, generator)
    return CrossModalVAE(starts, readings, drawings)


def _alone(data: Data, m: str) -> Data:
    """The data of one modality."""
    parts = [Batch({m: b.x[m]}, {m: b.known[m]}, b.person) for b in (data.train, data.validation)]
    signals = {k: v for k, v in data.signals.items() if k == m}
    readers = {k: v for k, v in data.readers.items() if k == m}
    return Data(parts[0], parts[1], {m: data.standards[m]}, signals, readers)
