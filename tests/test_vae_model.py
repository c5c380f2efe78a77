"""The cross-modal VAE as a whole: any subset of modalities, missing rows, what the loss says and its gradients."""

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from factor_cohort import IMAGE, N_FACTORS, SIGNAL, TABLE, factor_workspace
from latentspace.train.data import Data, load, starts_of, take
from latentspace.train.presets import Config
from latentspace.vae.export import decoder_onnx, encoder_onnx
from latentspace.vae.model import Batch, CrossModalVAE, Objective

CONFIG = Config(n_shared=4, n_private=2, n_hidden=8)
THREE = (SIGNAL, IMAGE, TABLE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load(factor_workspace(tmp_path_factory.mktemp("vae"), THREE, missing=10), 0, CONFIG)


@pytest.fixture(scope="module")
def model(data: Data) -> CrossModalVAE:
    generator = torch.Generator().manual_seed(0)
    network = CrossModalVAE(starts_of(data, CONFIG), data.channels, CONFIG.n_hidden, generator)
    network.calibrate(data.train)
    with torch.no_grad():  # so that the corrections, which start at zero, take part
        for name, weight in network.named_parameters():
            if name.endswith("last.weight"):
                weight.normal_(std=0.05, generator=generator)
    return network


def _without(batch: Batch, modality: str, rows: torch.Tensor | slice, value: float = 0.0) -> Batch:
    known = {m: k.clone() for m, k in batch.known.items()}
    x = {m: v.clone() for m, v in batch.x.items()}
    known[modality][rows], x[modality][rows] = False, value
    return Batch(x, known, batch.person)


def test_what_a_missing_recording_would_hold_changes_nothing(data: Data, model: CrossModalVAE) -> None:
    rows = torch.arange(5)
    zeros, rubbish = (_without(data.train, "image", rows, value) for value in (0.0, 50.0))
    a, b = (model.loss(batch, Objective(), warm_up=1.0) for batch in (zeros, rubbish))
    assert float(a.total.detach()) == pytest.approx(float(b.total.detach()), rel=1e-6)


def test_a_batch_in_another_order_has_the_same_loss(data: Data, model: CrossModalVAE) -> None:
    backwards = take(data.train, torch.arange(len(data.train.person) - 1, -1, -1))
    a, b = (model.loss(batch, Objective(), warm_up=1.0) for batch in (data.train, backwards))
    for name, nats in a.terms.items():
        assert float(b.terms[name].detach()) == pytest.approx(float(nats.detach()), rel=1e-4, abs=1e-4), name


def test_more_modalities_make_the_joint_posterior_narrower(data: Data, model: CrossModalVAE) -> None:
    complete, _ = model.encode(data.validation)
    fewer, _ = model.encode(_without(data.validation, "signal", slice(None)))
    assert (complete.log_var <= fewer.log_var + 1e-6).all()
    assert float((fewer.log_var - complete.log_var).detach().mean()) > 0.1


def test_every_shared_dimension_moves_every_modality(model: CrossModalVAE) -> None:
    for m in model.modalities:
        for dim in range(N_FACTORS):  # ordered by what they explain; the rest is noise
            z = torch.zeros(2, 6)
            z[0, dim], z[1, dim] = -2.0, 2.0
            low, high = model.decoder(m)(z).detach()
            assert float((high - low).square().mean()) > 0.1, (m, dim)


def test_every_parameter_learns(data: Data, model: CrossModalVAE) -> None:
    model.zero_grad()
    generator = torch.Generator().manual_seed(1)
    model.loss(data.train, Objective(free_bits=0.0), warm_up=1.0, generator=generator).total.backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or float(p.grad.abs().sum()) == 0]
    assert still == []


def test_free_bits_are_charged_but_not_reported(data: Data, model: CrossModalVAE) -> None:
    plain, floored = (model.loss(data.train, Objective(free_bits=f), warm_up=1.0) for f in (0.0, 100.0))
    assert float(plain.terms["shared_kl"].detach()) == float(floored.terms["shared_kl"].detach())
    n_private = 2 * len(THREE)
    expected = 100.0 * (4 + n_private)
    kl = sum(float(nats.detach()) for name, nats in plain.terms.items() if name == "shared_kl" or "private" in name)
    assert float((floored.total - plain.total).detach()) == pytest.approx(expected - kl, rel=1e-4)


def test_without_warm_up_the_divergences_cost_nothing(data: Data, model: CrossModalVAE) -> None:
    cold = float(model.loss(data.train, Objective(), warm_up=0.0).total.detach())
    free = dataclasses.replace(Objective(), kl=0.0, conditional=0.0)
    assert cold == pytest.approx(float(model.loss(data.train, free, warm_up=1.0).total.detach()), rel=1e-6)


def test_one_modality_alone_has_a_model(tmp_path: Path) -> None:
    alone = load(factor_workspace(tmp_path, (SIGNAL,)), 0, CONFIG)
    model = CrossModalVAE(starts_of(alone, CONFIG), alone.channels, 8, torch.Generator().manual_seed(0))
    model.calibrate(alone.train)
    loss = model.loss(alone.train, Objective(), warm_up=1.0)
    assert torch.isfinite(loss.total)
    assert "contrastive" not in loss.terms


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("name", ["signal", "image", "table"])
def test_onnx_encodes_and_decodes_raw_recordings_as_torch_does(
    data: Data, model: CrossModalVAE, name: str, rows: int
) -> None:
    standard = data.standards[name]
    x = data.validation.x[name][:rows]
    raw = x.unflatten(1, standard.mean.shape) * standard.scale + standard.mean
    session = onnxruntime.InferenceSession(encoder_onnx(model.encoder(name), standard))
    found = session.run(None, {"recordings": raw.numpy()})
    said = model.encoder(name)(model.encoder(name).features(x))
    expected = (said.shared.mean, said.shared.log_var, said.private.mean, said.private.log_var)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(a), b.detach().numpy(), rtol=1e-4, atol=1e-4)
    z = torch.randn(rows, 6, generator=torch.Generator().manual_seed(0))
    session = onnxruntime.InferenceSession(decoder_onnx(model.decoder(name), standard))
    drawn = model.decoder(name)(z).unflatten(1, standard.mean.shape) * standard.scale + standard.mean
    np.testing.assert_allclose(
        np.asarray(session.run(None, {"z": z.numpy()})[0]), drawn.detach().numpy(), rtol=1e-4, atol=1e-4
    )
