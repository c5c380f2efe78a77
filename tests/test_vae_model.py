"""The cross-modal VAE as a whole: any subset of modalities, missing rows, what the loss says and its gradients."""

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.linear_model import Ridge

from factor_cohort import IMAGE, N_FACTORS, SIGNAL, TABLE, factor_workspace
from latentspace.train.baselines import begun
from latentspace.train.data import Data, load
from latentspace.train.presets import Config, TrainOptions
from latentspace.vae.export import decoder_onnx, encoder_onnx
from latentspace.vae.linear import PENALTIES
from latentspace.vae.model import Batch, CrossModalVAE, Objective
from latentspace.vae.networks import LEAST
from latentspace.vae.reading import Convolutions, Noise

CONFIG = Config(n_shared=4, n_components=8, n_hidden=8)
THREE = (SIGNAL, IMAGE, TABLE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load(factor_workspace(tmp_path_factory.mktemp("vae"), THREE, missing=10), 0, CONFIG)


@pytest.fixture(scope="module")
def model(data: Data) -> CrossModalVAE:
    generator = torch.Generator().manual_seed(0)
    network = begun(data, TrainOptions(), CONFIG)
    assert isinstance(network, CrossModalVAE)
    with torch.no_grad():  # so that the corrections, which start at zero, take part
        for name, weight in network.named_parameters():
            if name.endswith("last.weight"):
                weight.normal_(std=0.05, generator=generator)
    network.settle(data.train)
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
    backwards = data.train.rows(torch.arange(len(data.train.person) - 1, -1, -1))
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
            z = torch.zeros(2, model.decoder(m).n_latent)
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
    kl = float(plain.terms["shared_kl"].detach())
    assert float((floored.total - plain.total).detach()) == pytest.approx(100.0 * 4 - kl, rel=1e-4)


def test_without_warm_up_the_divergences_cost_nothing(data: Data, model: CrossModalVAE) -> None:
    cold = float(model.loss(data.train, Objective(), warm_up=0.0).total.detach())
    free = dataclasses.replace(Objective(), kl=0.0, conditional=0.0)
    assert cold == pytest.approx(float(model.loss(data.train, free, warm_up=1.0).total.detach()), rel=1e-6)


def test_one_modality_alone_has_a_model(tmp_path: Path) -> None:
    alone = load(factor_workspace(tmp_path, (SIGNAL,)), 0, CONFIG)
    model = begun(alone, TrainOptions(), CONFIG)
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
    session = onnxruntime.InferenceSession(encoder_onnx(model.inference(name), standard))
    found = session.run(None, {"recordings": raw.numpy()})
    said = model.inference(name)(x)
    expected = (said.shared.mean, said.shared.log_var, said.private.mean, said.private.log_var)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(a), b.detach().numpy(), rtol=1e-4, atol=1e-4)
    z = torch.randn(rows, model.decoder(name).n_latent, generator=torch.Generator().manual_seed(0))
    session = onnxruntime.InferenceSession(decoder_onnx(model.decoder(name), standard))
    drawn = model.decoder(name)(z).unflatten(1, standard.mean.shape) * standard.scale + standard.mean
    np.testing.assert_allclose(
        np.asarray(session.run(None, {"z": z.numpy()})[0]), drawn.detach().numpy(), rtol=1e-4, atol=1e-4
    )


def test_a_recording_comes_back_whole_from_its_shared_and_private_codes(data: Data, model: CrossModalVAE) -> None:
    for m in model.modalities:
        x = data.validation.x[m]
        said, decoder = model.inference(m)(x), model.decoder(m)
        own = torch.cat([said.shared.mean, said.private.mean], dim=1)
        scores = model.encoder(m).scores(x)
        kept = scores if decoder.expand is None else scores @ decoder.expand
        torch.testing.assert_close(decoder(own), kept, rtol=1e-3, atol=1e-3)
        joint = model.encode(data.validation)[0].mean  # another shared code: the coupling makes up for it
        explained = model.explained(m)
        moved = said.private.mean + explained(said.shared.mean) - explained(joint)
        torch.testing.assert_close(decoder(torch.cat([joint, moved], dim=1)), kept, rtol=1e-3, atol=1e-3)


def test_private_codes_of_the_people_learnt_from_are_of_unit_spread(data: Data, model: CrossModalVAE) -> None:
    joint, _ = model.encode(data.train)
    for m in model.modalities:
        scores = model.encoder(m).scores(data.train.x[m])
        codes = model.decoder(m).private(scores, joint.mean).mean[data.train.known[m]].detach()
        spread, decoder = codes.square().mean(dim=0), model.decoder(m)
        left_little = decoder.left <= 1.001 * LEAST * decoder.unit  # the shared code says nearly all of these
        torch.testing.assert_close(spread[~left_little], torch.ones(int((~left_little).sum())), rtol=1e-3, atol=1e-3)
        assert (spread[left_little] < 1.001).all()


def test_what_settles_draws_a_translation_as_ridge_regression_does(data: Data, model: CrossModalVAE) -> None:
    both = data.train.known["signal"] & data.train.known["table"]
    said = model.encode(data.train)[1]
    z = model.fuse(said, data.train, ["signal", "image"]).mean[both].detach().double().numpy()
    y = model.encoder("table").scores(data.train.x["table"])[both].detach().double().numpy()
    z_ = model.fuse(said, data.train, ["signal", "image"]).mean[both]
    y = y - model.decoder("table").corrected(z_).detach().double().numpy()
    found = model.decoder("table").loadings.detach().numpy()
    near = [np.abs(Ridge(alpha=p * (z**2).sum() / 4, fit_intercept=False).fit(z, y).coef_.T - found).max()
            for p in PENALTIES]  # fmt: skip
    assert min(near) < 1e-3


@pytest.mark.parametrize("rows", [1, 3])
def test_convolutions_read_signals_and_their_noise_is_the_generators(rows: int) -> None:
    generator = torch.Generator().manual_seed(3)
    network = Convolutions((2, 150), 8, 6, generator)
    with torch.no_grad():
        network.last.weight.normal_(generator=generator)
    x = torch.randn(rows, 300, generator=generator)
    plain = network(x, None)
    assert plain.shape == (rows, 6)
    twice = [network(x, Noise(torch.Generator().manual_seed(5), 0.2, 0.1)) for _ in range(2)]
    assert torch.equal(*twice)
    assert not torch.allclose(twice[0], plain, atol=1e-3)


def test_noise_has_the_spread_that_it_says() -> None:
    noise = Noise(torch.Generator().manual_seed(0), dropout=0.25, scores=0.5, samples=0.0, gain=(0.0, 0.0), shift=0)
    x = torch.ones(200, 3, 40)
    assert torch.equal(noise.disturbed(x), x)
    assert float((noise.added(x, 0.5) - x).std()) == pytest.approx(0.5, rel=0.03)
    dropped = noise.dropped(x)
    assert float((dropped == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)
