"""DropFuse, the published design: its size, its loss, its training, and what it leaves in a run."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from factor_cohort import factor_workspace
from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec
from latentspace.embed import embed
from latentspace.errors import InputError
from latentspace.evaluate import evaluate
from latentspace.explorer import Explorer
from latentspace.explorer.coder import Coder
from latentspace.modality import Axis, Modality
from latentspace.progress import silent
from latentspace.train import TrainOptions, dropfuse, train
from latentspace.train.recordings import recordings_of
from latentspace.vae.dropfuse import Design, DropFuse, Form, dropped, merge
from latentspace.vae.model import Batch

LEADS = Modality(
    name="leads",
    label="Leads",
    axes=(Axis(name="lead", size=2, labels=("I", "II")), Axis(name="time", size=16, step=0.1, unit="s")),
    unit="mV",
)
LOOP = Modality(
    name="loop",
    label="Loop",
    axes=(Axis(name="time", size=4), Axis(name="row", size=8), Axis(name="column", size=8)),
    unit="grey",
)
BOTH = (LEADS, LOOP)
TINY = {
    "design.code": 8,
    "design.kernel": 3,
    "design.signal_first": 4,
    "design.signal_dense": 4,
    "design.signal_layers": 2,
    "design.cine_first": 4,
    "design.cine_dense": 4,
    "design.cine_layers": 2,
    "batch": 8,
    "passes": 3.0,
    "learning_rate": 3e-3,
}
OPTIONS = TrainOptions(model="dropfuse", overrides=TINY)
FORMS = {m.name: Form(shape=m.shape, mean=0.0, scale=1.0) for m in BOTH}
SMALL = Design(code=8, kernel=3, signal_first=4, signal_dense=4, signal_layers=2, cine_first=4, cine_dense=4)


def _batch(n: int, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = {m.name: torch.randn(n, math.prod(m.shape), generator=generator) for m in BOTH}
    return Batch(x, {m: torch.ones(n, dtype=torch.bool) for m in x}, torch.arange(n))


def _model(seed: int = 0) -> DropFuse:
    return DropFuse(FORMS, SMALL, torch.Generator().manual_seed(seed))


def test_at_the_published_sizes_it_has_the_published_parameters_and_decoding_costs() -> None:
    forms = {"ecg": Form(shape=(12, 600), mean=0, scale=1), "cine": Form(shape=(50, 96, 96), mean=0, scale=1)}
    model = DropFuse(forms, Design(), torch.Generator().manual_seed(0))
    assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(14.75, rel=0.001)
    work: list[int] = []

    def count(layer: nn.Module, _: object, out: torch.Tensor) -> None:
        work.append(layer.get_parameter("weight").numel() * (out[0, 0].numel() if out.ndim > 2 else 1))

    for m, published in (("ecg", 1.36), ("cine", 1.07)):
        work.clear()
        for layer in model.decoders[m].modules():
            if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
                layer.register_forward_hook(count)
        with torch.no_grad():
            assert model.decoders[m](torch.zeros(1, 256)).shape == (1, *forms[m].shape)
        assert sum(work) / 1e9 == pytest.approx(published, rel=0.01)


def test_eight_people_are_learnt_by_heart() -> None:
    wide = Design(code=16, kernel=3, signal_first=8, signal_dense=12, signal_layers=2, cine_first=8, cine_dense=12)
    model, batch = DropFuse(FORMS, wide, torch.Generator().manual_seed(0)), _batch(8)
    optimizer = torch.optim.RAdam(model.parameters(), lr=1e-2)
    before = model.loss(batch, 0.1)
    for _ in range(300):
        optimizer.zero_grad()
        model.loss(batch, 0.1).total.backward()
        optimizer.step()
    after = model.loss(batch, 0.1)
    for name, value in before.terms.items():
        assert float(after.terms[name].detach()) < 0.25 * float(value.detach()), name


def test_losses_are_log_cosh_of_signals_and_squares_of_cines() -> None:
    model, batch = _model(), _batch(6)
    with torch.no_grad():
        codes = {m: model.encoders[m](batch.x[m].unflatten(1, form.shape)) for m, form in FORMS.items()}
        merged = (codes["leads"] + codes["loop"]) / 2
        error = {m: (model.decoders[m](merged).flatten(1) - batch.x[m]).numpy() for m in FORMS}
        loss = model.loss(batch, 0.1)
    expected = {"leads": np.log(np.cosh(error["leads"])).mean(), "loop": (error["loop"] ** 2).mean()}
    unit = {m: (code / code.norm(dim=1, keepdim=True)).numpy() for m, code in codes.items()}
    score = unit["leads"] @ unit["loop"].T
    each = [np.diagonal(s) - np.log(np.exp(s).sum(axis=1)) for s in (score, score.T)]
    contrast = -0.5 * (each[0].mean() + each[1].mean())
    for m, value in expected.items():
        assert float(loss.terms[f"{m}.reconstruction"]) == pytest.approx(float(value), rel=1e-4)
    assert float(loss.terms["contrastive"]) == pytest.approx(float(contrast), rel=1e-4)
    assert float(loss.total) == pytest.approx(sum(expected.values()) + 0.1 * contrast, rel=1e-4)


def test_dropout_keeps_each_subset_a_third_of_the_time_and_never_leaves_a_row_with_nothing() -> None:
    n = 3000
    known = {"a": torch.ones(n, dtype=torch.bool), "b": torch.arange(n) >= 300}
    kept = dropped(known, torch.Generator().manual_seed(0))
    assert kept["a"][:300].all()
    assert not kept["b"][:300].any()
    a, b = kept["a"][300:], kept["b"][300:]
    assert (a | b).all()
    for subset in (a & b, a & ~b, b & ~a):
        assert float(subset.float().mean()) == pytest.approx(1 / 3, abs=0.03)


def test_merged_codes_are_the_mean_of_those_kept() -> None:
    codes = {"a": torch.tensor([[1.0, 2], [3, 4]]), "b": torch.tensor([[5.0, 6], [7, 8]])}
    kept = {"a": torch.tensor([True, False]), "b": torch.tensor([True, True])}
    assert merge(codes, kept).tolist() == [[3, 4], [7, 8]]


def test_what_a_missing_recording_would_hold_changes_nothing() -> None:
    model, batch = _model(), _batch(8)
    batch.known["loop"][:3] = False
    zeros = float(model.loss(batch, 0.1).total.detach())
    batch.x["loop"][:3] = 50.0
    assert float(model.loss(batch, 0.1).total.detach()) == pytest.approx(zeros, rel=1e-6)


def test_a_killed_and_resumed_run_equals_an_unbroken_one_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropfuse, "CHECKPOINT_EVERY_S", 0.0)
    unbroken = train(factor_workspace(tmp_path / "a", BOTH, missing=10), OPTIONS, silent)
    steps: list[float] = []

    class PowerCutError(Exception):
        pass

    def cut(phase: str, done: float, total: float, note: str = "") -> None:
        del total, note
        if phase == "train":
            steps.append(done)
            if done == 11:  # within the second pass
                raise PowerCutError

    workspace = factor_workspace(tmp_path / "b", BOTH, missing=10)
    with pytest.raises(PowerCutError):
        train(workspace, OPTIONS, cut)
    resumed = train(workspace, OPTIONS, cut)
    assert steps[:12] == [*range(1, 12), 12]  # it went on, it did not begin again
    assert resumed.name == unbroken.name
    for artifact in ("weights.safetensors", "encoder_leads.onnx", "decoder_loop.onnx"):
        assert (resumed.path / artifact).read_bytes() == (unbroken.path / artifact).read_bytes()
    log = pl.read_parquet(resumed.path / "metrics.parquet")
    assert log.equals(pl.read_parquet(unbroken.path / "metrics.parquet"))
    assert log["epoch"].to_list() == [1, 2, 3]
    assert resumed.record["passes"] == 3


def test_a_pass_sees_everybody_once_in_another_order_each_time(tmp_path: Path) -> None:
    source = recordings_of(factor_workspace(tmp_path, BOTH, n=82), 0, 8)
    settings = dropfuse.settings_of(OPTIONS)
    per_pass = len(source.train) // settings.batch
    work = dropfuse.Work(source, settings, dropfuse.Plan(9 * per_pass, per_pass), 0, "cpu")
    seen = [source.train[dropfuse.order(work, step)].tolist() for step in range(2 * per_pass)]
    first, second = ([row for rows in part for row in rows] for part in (seen[:per_pass], seen[per_pass:]))
    for rows in (first, second):
        assert len(set(rows)) == len(rows) == per_pass * settings.batch
    assert first != second


def test_a_run_is_embedded_evaluated_and_decoded_without_private_latents(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, BOTH, n=160, missing=30)
    run = train(workspace, OPTIONS, silent)
    embed(workspace, run, silent)
    assert run.embedding("private_loop").shape == (160, 0)
    assert run.embedding("joint").shape == (160, 8)
    figures = evaluate(workspace, run, seed=0, progress=silent)
    assert figures["reconstruction.loop.unexplained_variance"]["value"] > 0
    coder = Coder(run, workspace.modelled)
    assert coder.n_latent == 8
    code = coder.encode({"leads": read_rows(workspace.recordings("leads"))[0]})
    assert coder.decode(code.z)["loop"].shape == LOOP.shape
    parts = {part.space: part.stop - part.start for part in Explorer(workspace, run).describe().layout}
    assert parts == {"joint": 8, "private_leads": 0, "private_loop": 0}


def test_exported_networks_are_torchs_and_the_joint_is_the_mean_of_the_codes(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, BOTH)
    run = train(workspace, OPTIONS, silent)
    raw = {m.name: read_rows(workspace.recordings(m.name))[:5] for m in BOTH}
    codec = OnnxCodec(run, workspace.modalities)
    said = codec.encode(raw)
    source = recordings_of(workspace, 0, 8)
    model = DropFuse(source.forms, dropfuse.settings_of(OPTIONS).design, torch.Generator().manual_seed(1))
    model.load_state_dict(load_file(run.path / "weights.safetensors"))
    batch = source.batch(np.arange(5))
    with torch.no_grad():
        codes = {m: model.encoders[m](batch.x[m].unflatten(1, form.shape)) for m, form in source.forms.items()}
        drawn = {m: decoder(codes["leads"]).numpy() for m, decoder in model.decoders.items()}
    for m, form in source.forms.items():
        np.testing.assert_allclose(said[m].mean, codes[m].numpy(), rtol=1e-4, atol=1e-4)
        found = codec.decode(codes["leads"].numpy(), m)
        np.testing.assert_allclose(found, drawn[m] * form.scale + form.mean, rtol=1e-4, atol=1e-4)
    both = (codes["leads"] + codes["loop"]).numpy() / 2
    np.testing.assert_allclose(said["joint"].mean, both, rtol=1e-3, atol=1e-3)


def test_training_stops_when_validation_no_longer_improves(tmp_path: Path) -> None:
    still = TrainOptions(model="dropfuse", overrides={**TINY, "passes": 50.0, "patience": 2, "learning_rate": 0.0})
    run = train(factor_workspace(tmp_path, BOTH), still, silent)
    assert run.record["best_epoch"] == 1
    assert run.record["passes"] == 3


def test_a_budget_fixes_the_steps_once(tmp_path: Path) -> None:
    options = TrainOptions(model="dropfuse", budget_minutes=0.02, overrides={**TINY, "patience": 10**6})
    run = train(factor_workspace(tmp_path, BOTH), options, silent)
    assert run.record["plan"]["steps"] == pytest.approx(run.record["passes"] * run.record["plan"]["steps_per_pass"], 1)
    assert 0.2 < run.record["seconds"] < 20


def test_modalities_that_the_design_does_not_know_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train\.modalities"):
        train(factor_workspace(tmp_path / "a"), OPTIONS, silent)
    with pytest.raises(InputError, match="multiples of 8"):
        train(factor_workspace(tmp_path / "b", (LEADS, _narrow())), OPTIONS, silent)
    with pytest.raises(InputError, match=r"train\.too_few"):
        train(factor_workspace(tmp_path / "c", BOTH, n=40, missing=39), OPTIONS, silent)


def _narrow() -> Modality:
    axes = (Axis(name="time", size=4), Axis(name="row", size=8), Axis(name="column", size=6))
    return Modality(name="loop", label="Loop", axes=axes, unit="grey")
