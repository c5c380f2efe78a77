"""Training in several processes: the parameters of one, whoever dies; only the first writes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from factor_cohort import factor_workspace
from latentspace.digits import digits_cohort
from latentspace.errors import InputError
from latentspace.progress import silent
from latentspace.run import Run
from latentspace.train import TrainOptions, joined, refuse_several, train
from latentspace.vae.ranks import Ranks
from latentspace.workspace import create, open_folder
from ranked import Job, together

SMALL = {"n_shared": 4, "n_components": 8, "n_hidden": 8, "batch": 32}
SAME = 1e-5


def _config(folder: Path, **settings: float) -> Path:
    path = folder / "config.toml"
    path.write_text("\n".join(f"{name} = {value}" for name, value in settings.items()), encoding="utf-8")
    return path


def _apart(a: Run, b: Run) -> float:
    """The largest difference of any parameter."""
    one, other = (load_file(run.file("weights.safetensors")) for run in (a, b))
    assert one.keys() == other.keys()
    return max(float(np.abs(one[k].astype(np.float64) - other[k]).max()) for k in one if one[k].size)


def test_torchrun_gives_the_parameters_of_one_process_after_twenty_steps(tmp_path: Path) -> None:
    settings = {"steps": 20, "patience": 1.0}
    alone = train(create(tmp_path / "one.ls", digits_cohort()), TrainOptions(overrides=settings), silent)
    shared = create(tmp_path / "two.ls", digits_cohort())
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "latentspace", "train"]
    done = subprocess.run(
        [sys.executable, "-m", *command, str(shared.path), "--config", str(_config(tmp_path, **settings)), "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1  # the first alone answers
    assert json.loads(done.stdout)["run"] == alone.name  # the same run, in however many processes
    assert shared.run().record["plan"] == alone.record["plan"] == {"epochs": 10, "steps_per_epoch": 2}
    assert shared.run().record["processes"] == 2
    assert 0 < _apart(alone, shared.run()) < SAME


def test_unequal_parts_and_missing_recordings_change_nothing_and_a_killed_run_is_resumed(tmp_path: Path) -> None:
    settings = {**SMALL, "steps": 20, "patience": 1.0}
    paths = [factor_workspace(tmp_path / name, n=93, missing=21).path for name in ("alone", "unbroken", "killed")]
    other = factor_workspace(tmp_path / "other", n=40).path
    config = str(_config(tmp_path, **settings))
    alone = train(open_folder(paths[0]), TrainOptions(overrides=settings), silent)
    unbroken, killed, resumed, unlike = together(
        Job([str(paths[1])] * 2, config),
        Job([str(paths[2])] * 2, config, crash_at="checkpoint.safetensors.placed"),
        Job([str(paths[2])] * 2, config),
        Job([str(paths[1]), str(other)], str(_config(tmp_path / "other", **{**settings, "steps": 8}))),
    )
    assert alone.record["n_train"] // alone.record["plan"]["steps_per_epoch"] % 2 == 1  # rows of a batch
    runs = [open_folder(path).run() for path in paths]
    assert unbroken.codes == resumed.codes == [0, 0], (unbroken, resumed)
    assert _apart(runs[0], runs[1]) < SAME
    assert killed.codes == [-signal.SIGKILL, 3]
    assert "[train.process_lost]" in killed.said[1]
    assert "epoch 1 of" not in resumed.said[0]  # it went on
    assert (runs[2].path / "weights.safetensors").read_bytes() == (runs[1].path / "weights.safetensors").read_bytes()
    assert unlike.codes == [2, 2]
    assert all("[train.processes]" in said for said in unlike.said)


def test_what_one_process_does_is_refused_to_several() -> None:
    refuse_several({"WORLD_SIZE": "1"}, "build")
    with pytest.raises(InputError, match="build is done by one process"):
        refuse_several({"WORLD_SIZE": "2"}, "build")


def test_dropfuse_is_not_trained_by_several(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    with pytest.raises(InputError, match="DropFuse is done by one process"):
        train(workspace, TrainOptions(model="dropfuse_small"), silent, Ranks(1, 2))
    assert not workspace.runs()


def test_processes_that_cannot_meet_are_told_how_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="torchrun --nproc-per-node"), joined(os.environ):
        pass
