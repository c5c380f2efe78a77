"""Training: the same work gives the same weights, stopped or not; nobody held out is seen."""

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from factor_cohort import IMAGE, SIGNAL, TABLE, factor_workspace
from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec
from latentspace.errors import InputError, StoppedError
from latentspace.progress import silent
from latentspace.run import split
from latentspace.train import TrainOptions, checkpoint, config_of, loop, stopwatch, train
from latentspace.train.data import in_common, load, mixed
from latentspace.workspace import CohortData, Workspace, create

SMALL = {"n_shared": 4, "n_components": 8, "n_hidden": 8, "steps": 12, "batch": 32, "patience": 1.0}
OPTIONS = TrainOptions(overrides=SMALL)


class Heard:
    """A progress that remembers."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.phases: list[str] = []
        self.epochs: list[float] = []

    def __call__(self, phase: str, done: float, total: float, note: str = "") -> None:
        """Keep the phase and, of training, the epoch."""
        del total
        self.phases.append(phase)
        if phase == "train":
            assert "nats per subject" in note
            self.epochs.append(done)


def test_a_killed_and_resumed_run_equals_an_unbroken_one_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    unbroken = train(factor_workspace(tmp_path / "a"), OPTIONS, silent)

    class PowerCutError(Exception):
        pass

    def cut(phase: str, done: float, total: float, note: str = "") -> None:
        del total, note
        if phase == "train" and done == 3:
            raise PowerCutError

    workspace = factor_workspace(tmp_path / "b")
    with pytest.raises(PowerCutError):
        train(workspace, OPTIONS, cut)
    heard = Heard()
    resumed = train(workspace, OPTIONS, heard)
    assert heard.epochs[0] == 4  # it went on, it did not begin again
    assert resumed.name == unbroken.name
    for artifact in ("weights.safetensors", "encoder_image.onnx"):
        assert (resumed.path / artifact).read_bytes() == (unbroken.path / artifact).read_bytes()
    assert pl.read_parquet(resumed.path / "metrics.parquet").equals(pl.read_parquet(unbroken.path / "metrics.parquet"))


def test_an_interrupt_says_how_to_resume_and_leaves_the_run_unfinished(tmp_path: Path) -> None:
    def press(phase: str, done: float, total: float, note: str = "") -> None:
        del done, total, note
        if phase == "train":
            raise KeyboardInterrupt

    workspace = factor_workspace(tmp_path)
    with pytest.raises(StoppedError, match="same command"):
        train(workspace, OPTIONS, press)
    assert not workspace.runs()[0].record["finished"]


def test_a_finished_run_is_not_trained_again_and_is_the_latest(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    run = train(workspace, OPTIONS, silent)
    heard = Heard()
    again = train(workspace, OPTIONS, heard)
    assert again == run == workspace.run()
    assert heard.phases == []
    assert not (run.path / checkpoint.NAME).exists()
    record = run.record
    assert record["finished"]
    assert record["versions"]["torch"] == torch.__version__
    assert record["parents"]["recordings/signal.zarr"] == workspace.hashes["recordings/signal.zarr"]
    assert record["n_shared"] == 4
    assert {"metrics.parquet", "weights.safetensors", "decoder_signal.onnx"} <= set(record["hashes"])


def test_another_seed_is_another_run_with_other_weights(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    a, b = (train(workspace, TrainOptions(seed=seed, overrides=SMALL), silent) for seed in (0, 1))
    assert a.name != b.name
    assert (a.path / "weights.safetensors").read_bytes() != (b.path / "weights.safetensors").read_bytes()


def test_held_out_people_do_not_reach_training(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    before = train(workspace, OPTIONS, silent)
    ids = workspace.subjects()["subject_id"].to_list()
    held = split(ids, seed=0) == "held_out"
    recordings = {m.name: read_rows(workspace.recordings(m.name)) for m in workspace.modelled}
    for values in recordings.values():
        values[held] *= -100
    data = load(workspace, 0, config_of(OPTIONS))
    assert not set(np.unique(np.array(ids))[data.train.person]) & set(np.array(ids)[held])
    changed = _with(tmp_path / "changed", recordings)
    after = train(changed, OPTIONS, silent)
    assert (after.path / "weights.safetensors").read_bytes() == (before.path / "weights.safetensors").read_bytes()


def _with(folder: Path, recordings: dict[str, np.ndarray]) -> Workspace:
    base = factor_workspace(folder)
    cohort = CohortData(
        title=base.title,
        simulator="test 1",
        modalities=base.modalities,
        subjects=base.subjects(),
        dictionary=base.dictionary(),
        recordings=recordings,
        present={m.name: base.present(m.name) for m in base.modalities},
        report={},
    )
    return create(base.path, cohort)


def test_what_is_learnt_translates_the_shared_factors_for_people_never_seen(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, (SIGNAL, IMAGE, TABLE), n=160, missing=20)
    run = train(workspace, TrainOptions(overrides={**SMALL, "steps": 60}), silent)
    held = np.flatnonzero(run.split(workspace.subjects()) == "held_out")
    held = held[workspace.present("table")[held]]
    codec = OnnxCodec(run, workspace.modalities)
    said = codec.encode({"signal": read_rows(workspace.recordings("signal"), held)})
    z = np.zeros((len(held), 4 + sum(run.record["n_private"].values())), np.float32)
    z[:, :4] = said["joint"].mean
    true = read_rows(workspace.recordings("table"), held)
    error = ((codec.decode(z, "table") - true) ** 2).sum() / ((true - true.mean(axis=0)) ** 2).sum()
    assert error < 0.3


def test_a_budget_fixes_the_steps_once(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    options = TrainOptions(budget_minutes=0.01, overrides=SMALL)
    run = train(workspace, options, silent)
    assert run.record["plan"]["epochs"] >= run.record["epochs"] >= 1
    assert run.record["seconds"] < 20


def test_options_that_do_not_exist_are_refused_with_what_does() -> None:
    with pytest.raises(InputError, match="n_shared"):
        config_of(TrainOptions(overrides={"n_sharde": 3}))
    with pytest.raises(InputError, match="of type int"):
        config_of(TrainOptions(overrides={"steps": "many"}))
    assert config_of(TrainOptions(overrides={"objective.kl": 2})).objective.kl == 2


def test_time_is_counted_over_all_sittings_and_while_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = factor_workspace(tmp_path).new_run("timed")
    run.update(seconds=100.0, cpu_seconds=50.0)
    monkeypatch.setattr(stopwatch, "EVERY_S", 0.0)
    heard = Heard()
    watch = stopwatch.Stopwatch(run, heard)
    spend_until = time.process_time() + 0.2
    while time.process_time() < spend_until:
        pass
    watch("export", 0, 1)
    assert heard.phases == ["export"]
    assert 100.1 <= run.record["seconds"] < 110
    assert 50.1 <= run.record["cpu_seconds"] < 55


def test_too_few_recordings_are_refused(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path, n=40, missing=39)
    with pytest.raises(InputError, match="image"):
        train(workspace, OPTIONS, silent)


def test_a_damaged_checkpoint_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)

    def press(phase: str, done: float, total: float, note: str = "") -> None:
        del total, note
        if phase == "train" and done == 2:
            raise KeyboardInterrupt

    workspace = factor_workspace(tmp_path)
    with pytest.raises(StoppedError):
        train(workspace, OPTIONS, press)
    path = workspace.runs()[0].path / checkpoint.NAME
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="Delete this file"):
        train(workspace, OPTIONS, silent)


@pytest.mark.parametrize("ranks", [(7,), (5, 3), (4, 4, 4, 4), (9, 2, 3), (6, 5, 4), (1, 1, 1)])
def test_as_many_dimensions_are_in_common_as_pairs_can_be_taken_from_piles(ranks: tuple[int, ...]) -> None:
    """Each shared dimension takes one from two piles; taking from the two largest gives most pairs."""
    piles, pairs = sorted(ranks), 0
    while len(piles) > 1 and piles[-2] > 0:
        piles[-1], piles[-2] = piles[-1] - 1, piles[-2] - 1
        piles, pairs = sorted(piles), pairs + 1
    assert in_common(ranks) == (pairs if len(ranks) > 1 else 7)


def test_a_mixture_keeps_the_variance_and_needs_both_recordings(tmp_path: Path) -> None:
    batch = load(factor_workspace(tmp_path, n=80, missing=20), 0, config_of(OPTIONS)).train
    both = mixed(batch, 0.5, torch.Generator().manual_seed(0))
    known = both.known["image"]
    assert int(known.sum()) < int(batch.known["image"].sum())
    assert (both.x["image"][~known] == 0).all()
    ratio = float(both.x["signal"].square().mean() / batch.x["signal"].square().mean())
    assert ratio == pytest.approx(1.0, abs=0.2)
