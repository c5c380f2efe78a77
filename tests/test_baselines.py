"""PCA + CCA and unimodal VAEs, and how a model and its settings are chosen."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA

from factor_cohort import IMAGE, N_FACTORS, SIGNAL, factor_workspace
from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec
from latentspace.demo import BuildOptions, build
from latentspace.errors import InputError
from latentspace.options import read_overrides
from latentspace.progress import silent
from latentspace.run import Model, Run
from latentspace.train import TrainOptions, config_of, train
from latentspace.workspace import Workspace

SIZES = {"n_shared": 3, "n_components": 8, "n_hidden": 8, "steps": 12, "batch": 32}
LINEAR = TrainOptions(model="pca_cca", overrides=SIZES)
UNIMODAL = TrainOptions(model="unimodal", overrides=SIZES)


def _raw(workspace: Workspace, rows: np.ndarray | slice = slice(None)) -> dict[str, np.ndarray]:
    return {m.name: read_rows(workspace.recordings(m.name), rows) for m in workspace.modelled}


def test_the_variates_of_pca_cca_agree_as_canonical_correlation_analysis_says(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, n=600)
    run = train(workspace, LINEAR, silent)
    seen = np.flatnonzero(run.split(workspace.subjects()) == "train")
    raw = _raw(workspace, seen)
    said = OnnxCodec(run, workspace.modalities).encode(raw)

    def agreement(a: np.ndarray, b: np.ndarray) -> list[float]:
        return sorted(np.corrcoef(a[:, i], b[:, i])[0, 1] for i in range(N_FACTORS))

    ours = agreement(said["signal"].mean, said["image"].mean)
    flat = [raw[m].reshape(len(seen), -1) for m in ("signal", "image")]
    theirs = agreement(*CCA(n_components=N_FACTORS, max_iter=2000).fit_transform(*flat))
    assert ours == pytest.approx(theirs, abs=0.02)
    assert run.record["passes"] == 0


def test_pca_cca_is_affine_both_ways(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    run = train(workspace, LINEAR, silent)
    codec = OnnxCodec(run, workspace.modalities)
    rng = np.random.default_rng(0)
    width = 3 + sum(run.record["n_private"].values())
    a, b = rng.standard_normal((2, 4, width)).astype(np.float32)
    decoded = [codec.decode(z, "image") for z in (a, b, (a + b) / 2)]
    np.testing.assert_allclose(decoded[2], (decoded[0] + decoded[1]) / 2, atol=1e-4)
    x, y = (_raw(workspace, slice(i, i + 4))["signal"] for i in (0, 4))
    codes = [codec.encode({"signal": v})["signal"] for v in (x, y, (x + y) / 2)]
    np.testing.assert_allclose(codes[2].mean, (codes[0].mean + codes[1].mean) / 2, atol=1e-4)
    assert np.ptp(codes[0].log_var, axis=0).max() == 0


def test_the_joint_of_unimodal_models_is_the_concatenation_of_their_codes(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, missing=10)
    run = train(workspace, UNIMODAL, silent)
    said = OnnxCodec(run, workspace.modalities).encode(_raw(workspace))
    assert run.record["n_shared"] == 6
    signal, image = (said[m].mean for m in ("signal", "image"))
    assert (signal[:, 3:] == 0).all()
    assert (image[10:, :3] == 0).all()
    assert (said["image"].log_var[10:, :3] == 0).all()
    assert (said["image"].log_var[10:, 3:] < 0).all()
    joint = np.concatenate([signal[10:, :3], image[10:, 3:]], axis=1)
    np.testing.assert_allclose(said["joint"].mean[10:], joint, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(said["joint"].mean[:10], signal[:10], rtol=1e-4, atol=1e-5)


def test_no_unimodal_decoder_sees_the_other_modalitys_code(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    run = train(workspace, UNIMODAL, silent)
    codec = OnnxCodec(run, workspace.modalities)
    z = np.zeros((2, 6 + sum(run.record["n_private"].values())), np.float32)
    z[1, :3] = 2.0  # the block of the signal
    assert np.array_equal(*codec.decode(z, "image"))
    assert not np.array_equal(*codec.decode(z, "signal"))


def test_unimodal_models_reconstruct_their_own(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, n=160)
    run = train(workspace, TrainOptions(model="unimodal", overrides={**SIZES, "steps": 60}), silent)
    held = np.flatnonzero(run.split(workspace.subjects()) == "held_out")
    raw, codec = _raw(workspace, held), OnnxCodec(run, workspace.modalities)
    said = codec.encode(raw)
    z = np.concatenate([said[space].mean for space in ("joint", "private_signal", "private_image")], axis=1)
    for m in (SIGNAL, IMAGE):
        x = raw[m.name]
        left = ((codec.decode(z, m.name) - x) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()
        assert left < 0.2, m.name


def test_every_model_is_a_run_of_its_own_and_is_found_again(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    models: tuple[Model, ...] = ("cross_modal", "pca_cca")
    runs: dict[Model, Run] = {model: build(workspace, BuildOptions(model=model), silent) for model in models}
    assert len({run.name for run in runs.values()}) == 2
    for model, run in runs.items():
        assert run.record["config"]["model"] == model
        assert build(workspace, BuildOptions(model=model), silent) == run
    assert workspace.run() == runs["pca_cca"]


def test_settings_come_from_a_file_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("n_shared = 5\n[objective]\nkl = 2\n", encoding="utf-8")
    config = config_of(TrainOptions(overrides=read_overrides(path)))
    assert (config.n_shared, config.objective.kl) == (5, 2)
    assert read_overrides(None) == {}
    path.write_text("[objective]\nkll = 2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"train\.option"):
        config_of(TrainOptions(overrides=read_overrides(path)))
    with pytest.raises(InputError, match="one of on, off"):
        config_of(TrainOptions(overrides={"registration": "of"}))
    path.write_text("[objective\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"train\.config"):
        read_overrides(path)
