"""The command line as a user meets it: answers, errors of one line, exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

import wfdb_cohort
from built import Built
from factor_cohort import factor_workspace
from foreign_run import foreign_run
from latentspace.cli import VERBS, main
from latentspace.comparison.text import Form
from latentspace.options import build_parser
from latentspace.progress import silent
from latentspace.run import Model
from latentspace.train import TrainOptions, train
from latentspace.train.presets import Preset
from latentspace.workspace import open_folder

CALL = "import sys; from latentspace.cli import main; sys.exit(main(sys.argv[1:]))"


def run(*arguments: str | Path, before: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"{before}\n{CALL}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def refused(done: subprocess.CompletedProcess[str], code: str) -> None:
    """One line on standard error with a code and a hint; exit code 2; no traceback."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("latentspace: ")
    assert done.stderr.endswith(f"[{code}]\n")


def test_help_waits_for_no_library() -> None:
    heavy = "{'numpy', 'polars', 'zarr', 'torch', 'onnxruntime', 'fastapi', 'scipy'} & set(sys.modules)"
    code = f"import atexit\natexit.register(lambda: print({heavy}, file=sys.stderr) if {heavy} else None)\n{CALL}"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "serve" in done.stdout


def test_what_may_be_chosen_is_what_there_is() -> None:
    chosen = build_parser(VERBS).parse_args
    for model in get_args(Model):
        assert chosen(["train", "w", "--model", model]).model == model
    for preset in get_args(Preset):
        assert chosen(["train", "w", "--preset", preset]).preset == preset
    for form in get_args(Form):
        assert chosen(["group", "w", "compare", "--form", form]).form == form


@pytest.mark.parametrize("verb", ["train", "embed", "project", "evaluate", "build", "serve", "info", "verify"])
def test_a_wrong_path_is_one_line_with_a_hint(verb: str) -> None:
    refused(run(verb, "/nowhere/at/all"), "workspace.missing")


def test_a_workspace_of_another_version_is_one_line_with_a_hint(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    manifest = json.loads((workspace.path / "workspace.json").read_text())
    (workspace.path / "workspace.json").write_text(json.dumps({**manifest, "format": 99}))
    done = run("info", workspace.path)
    refused(done, "workspace.version")
    assert "format 99" in done.stderr


def test_a_missing_extra_is_one_line_that_says_what_to_install(tmp_path: Path) -> None:
    absent = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else find(name, package)
sys.modules["torch"] = None
"""
    done = run("train", factor_workspace(tmp_path).path, before=absent)
    refused(done, "extra.train")
    assert "pip install 'latent-space-explorer[train]'" in done.stderr


def test_damage_is_one_line_with_a_hint(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    (workspace.path / "workspace.json").write_text("{broken")
    refused(run("info", workspace.path), "workspace.damaged")


@pytest.mark.parametrize(
    ("artifact", "code"),
    [("recordings/a.zarr/values/c/0/0", "array.damaged"), ("runs/linear/encoder_a.onnx", "run.unreadable")],
)
def test_a_file_cut_short_is_one_line_with_a_hint(tmp_path: Path, artifact: str, code: str) -> None:
    workspace, _ = foreign_run(tmp_path)
    victim = workspace.path / artifact
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    done = run("embed", workspace.path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith(f"[{code}]\n")
    assert "latentspace verify" in done.stderr.splitlines()[-1]


def test_a_run_or_an_artifact_that_is_not_there_is_one_line_with_the_verb_to_run(digits: Built, tmp_path: Path) -> None:
    untrained = factor_workspace(tmp_path).path
    for verb in ("embed", "project", "evaluate", "serve"):
        done = run(verb, untrained)
        refused(done, "run.missing")
        assert "latentspace train" in done.stderr
    refused(run("embed", digits.path, "--run", "other"), "run.missing")
    refused(run("ingest", "/nowhere", "--into", tmp_path / "w.ls"), "ingest.no_source")
    refused(run("group", digits.path, "apply", tmp_path / "none.json"), "recipe.unreadable")


def test_json_is_one_object_and_progress_goes_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(factor_workspace(tmp_path).path), "--json"]) == 0
    said = capsys.readouterr()
    assert set(json.loads(said.out)) == {"run", "path"}
    assert "export 100%" in said.err


def test_info_says_what_a_workspace_holds(digits: Built) -> None:
    said = json.loads(run("info", digits.path, "--json").stdout)
    assert (said["rows"], said["people"], said["simulator"]) == (1797, 1797, "none: recorded people")
    assert said["modalities"] == {"left": 1797, "right": 1797}
    assert list(said["runs"].values()) == ["cross_modal, fast"]
    assert "rows: 1797" in run("info", digits.path).stdout


def test_a_group_recipe_names_its_subjects(digits: Built, tmp_path: Path) -> None:
    recipe = tmp_path / "sevens.json"
    recipe.write_text('{"kind": "one_of", "column": "digit", "values": ["seven"]}')
    said = json.loads(run("group", digits.path, "apply", recipe, "--json").stdout)
    digit = open_folder(digits.path).subjects().filter(pl.col("digit") == "seven")
    assert said["subject_ids"] == digit["subject_id"].to_list()
    assert (said["selected"], said["of"], said["people"]) == (179, 1797, 179)


def test_a_verify_that_finds_damage_names_it_and_exits_with_1(tmp_path: Path) -> None:
    workspace, _ = foreign_run(tmp_path)
    assert run("verify", workspace.path).returncode == 0
    (workspace.path / "runs" / "linear" / "encoder_a.onnx").unlink()
    done = run("verify", workspace.path, "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "runs/linear/encoder_a.onnx: is missing" in done.stderr
    assert done.stderr.endswith("[verify.damaged]\n")


def test_a_strict_ingest_exits_with_1_when_anything_was_rejected(tmp_path: Path) -> None:
    wfdb_cohort.write(tmp_path)
    arguments = [
        *("ingest", tmp_path / "records", "--into", tmp_path / "w.ls", "--table", tmp_path / "people.csv"),
        *("--dictionary", tmp_path / "dictionary.json", "--modalities", tmp_path / "modalities.toml"),
    ]
    assert run(*arguments).returncode == 0
    done = run(*arguments, "--strict")
    assert done.returncode == 1
    assert "[ingest.rejected]" in done.stderr


def test_a_build_that_is_finished_is_not_done_again(digits: Built) -> None:
    before = {path: path.stat().st_mtime_ns for path in (digits.path / "runs").rglob("*") if path.is_file()}
    started = time.monotonic()
    assert main(["build", str(digits.path)]) == 0
    assert time.monotonic() - started < 10
    after = {path: path.stat().st_mtime_ns for path in (digits.path / "runs").rglob("*") if path.is_file()}
    assert {p: t for p, t in after.items() if p.name != "latest"} == {
        p: t for p, t in before.items() if p.name != "latest"
    }


# what `train` waits at, so that it is in the middle when it is stopped, however fast the machine is
AT_A_CHECKPOINT = """
import time
from latentspace.train import checkpoint, loop
loop.CHECKPOINT_EVERY_S = 0.0
write = checkpoint.write
checkpoint.write = lambda *given: (write(*given), time.sleep(600))
"""
IN_TRAINING = """
import time
from latentspace.train import loop
loop.fit = lambda *given: time.sleep(600)
"""


def start_training(workspace: Path, marker: str, stand: str) -> subprocess.Popen[str]:
    """`train` in a process of its own that stands still, once a file of the run that fits `marker` is there."""
    command = [sys.executable, "-c", f"{stand}\n{CALL}", "train", str(workspace), "--seed", "3"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while child.poll() is None and not list((workspace / "runs").glob(f"*/{marker}")):
        time.sleep(0.005)
    assert child.poll() is None, child.communicate()
    return child


def test_training_that_is_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = train(factor_workspace(tmp_path / "whole", n=350), TrainOptions(seed=3), silent)
    path = factor_workspace(tmp_path, n=350).path
    child = start_training(path, "checkpoint.safetensors", AT_A_CHECKPOINT)
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    assert not (path / "runs" / whole.name / "weights.safetensors").exists()
    done = run("train", path, "--seed", "3")
    assert done.returncode == 0, done.stderr
    weights = load_file(path / "runs" / whole.name / "weights.safetensors")
    for name, values in load_file(whole.path / "weights.safetensors").items():
        np.testing.assert_array_equal(weights[name], values, err_msg=name)


def test_training_that_is_interrupted_says_how_to_go_on_and_exits_with_3(tmp_path: Path) -> None:
    child = start_training(factor_workspace(tmp_path, n=350).path, "run.json", IN_TRAINING)
    os.killpg(child.pid, signal.SIGINT)
    _, said = child.communicate()
    assert child.returncode == 3
    assert "same command" in said.splitlines()[-1]
    assert "Traceback" not in said


INTERRUPTED = """
import signal
from latentspace import cli
def verb(chosen):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        {then}
    cli._progress()("train", 0, 1)
    return {{}}
cli.VERBS = {{**cli.VERBS, "info": verb}}
"""


@pytest.mark.parametrize("then", ["pass", "raise BaseException('panic') from None"], ids=["swallowed", "turned"])
def test_a_ctrl_c_that_a_library_swallows_or_turns_into_its_own_error_still_stops(tmp_path: Path, then: str) -> None:
    done = run("info", tmp_path, before=INTERRUPTED.format(then=then))
    assert done.returncode == 3
    assert "same command" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_option_has_a_help_text() -> None:
    parser = build_parser(VERBS)
    commands = next(action for action in parser._actions if action.choices).choices
    assert commands
    assert set(commands) == set(VERBS)
    for name, command in dict(commands).items():
        for action in command._actions:
            assert action.help, (name, action.dest)
