"""From nothing to a workspace: every stage is kept, and what is lost is made again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from factor_cohort import factor_workspace
from latentspace.artifact import content_hash
from latentspace.demo import BuildOptions, build, demo_digits, demo_folder
from latentspace.errors import InputError, VersionError
from latentspace.progress import silent
from latentspace.train import TrainOptions, train


class Phases:
    """A progress that remembers which stages were at work."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.heard: set[str] = set()

    def __call__(self, phase: str, done: float, total: float, note: str = "") -> None:
        """Keep the stage."""
        del done, total, note
        self.heard.add(phase)


def test_a_stage_that_is_lost_is_made_again_alone_and_the_same(tmp_path: Path) -> None:
    workspace, first = factor_workspace(tmp_path), Phases()
    run = build(workspace, BuildOptions(), first)
    assert "train" in first.heard
    parts = ("projection.zarr", "embedding.zarr", "evaluation.json", "weights.safetensors")
    before = {part: content_hash(run.file(part)) for part in parts}
    idle = Phases()
    assert build(workspace, BuildOptions(), idle) == run
    assert idle.heard == set()
    shutil.rmtree(run.path / "projection.zarr")
    (run.path / "evaluation.json").unlink()
    again = Phases()
    build(workspace, BuildOptions(), again)
    assert again.heard
    assert not again.heard & {"train", "embed", "export"}
    assert {part: content_hash(run.file(part)) for part in parts} == before


def test_a_finished_build_is_found_without_torch_and_only_for_the_same_options(tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    changed = train(workspace, TrainOptions(overrides={"steps": 4}), silent)
    run = build(workspace, BuildOptions(), silent)
    assert run.name != changed.name
    code = f"""
import sys
from pathlib import Path
from latentspace.demo import BuildOptions, build
from latentspace.progress import silent
from latentspace.workspace import open_folder
print(build(open_folder(Path({str(workspace.path)!r})), BuildOptions(), silent).name, "torch" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == [run.name, "False"]
    assert build(workspace, BuildOptions(seed=1), silent).name not in {run.name, changed.name}


def test_a_workspace_of_another_version_or_damaged_is_not_overwritten(tmp_path: Path) -> None:
    for text, expected in ((json.dumps({"format": 99}), VersionError), ("{broken", InputError)):
        manifest = tmp_path / "digits" / "workspace.json"
        manifest.parent.mkdir(exist_ok=True)
        manifest.write_text(text)
        with pytest.raises(expected):
            demo_digits(tmp_path, BuildOptions(), silent)
        assert manifest.read_text() == text
        assert list(manifest.parent.iterdir()) == [manifest]


def test_demos_are_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert demo_folder() == tmp_path / "latentspace"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert demo_folder() == tmp_path / ".cache" / "latentspace"
