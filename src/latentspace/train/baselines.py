"""The models of `--model` that are made of the cross-modal VAE's parts: how each begins."""

import dataclasses

import torch

from latentspace.train.data import Data, starts_of
from latentspace.train.presets import Config, TrainOptions, config_of
from latentspace.vae.baselines import PcaCca, Unimodal
from latentspace.vae.model import Batch, CrossModalVAE


def configured(options: TrainOptions) -> Config:
    """The configuration; PCA + CCA takes no steps, and components of cines as they are, not registered.

    Raises:
        InputError: as `config_of`.
    """
    config = config_of(options)
    return dataclasses.replace(config, steps=0, registration="off") if options.model == "pca_cca" else config


def begun(data: Data, options: TrainOptions, config: Config) -> CrossModalVAE | Unimodal | PcaCca:
    """The model before its first step, at its closed forms."""
    if options.model == "pca_cca":
        return PcaCca(starts_of(data, config))
    generator = torch.Generator().manual_seed(options.seed)
    if options.model == "unimodal":
        model = Unimodal({m: _cross_modal(_alone(data, m), config, generator) for m in data.standards})
    else:
        model = _cross_modal(data, config, generator)
    model.calibrate(data.train)
    return model


def _cross_modal(data: Data, config: Config, generator: torch.Generator) -> CrossModalVAE:
    return CrossModalVAE(starts_of(data, config), data.channels, config.n_hidden, generator)


def _alone(data: Data, m: str) -> Data:
    """The data of one modality."""
    parts = [Batch({m: b.x[m]}, {m: b.known[m]}, b.person) for b in (data.train, data.validation)]
    return Data(parts[0], parts[1], {m: data.standards[m]}, {m: data.channels[m]})
