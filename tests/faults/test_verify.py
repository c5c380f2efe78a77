"""Verify: one flipped bit anywhere in what was hashed is found, and named with what mends it."""

from pathlib import Path

import pytest

from foreign_run import foreign_run
from latentspace.progress import silent
from latentspace.project import ProjectOptions, project
from latentspace.verify import verify
from latentspace.workspace import Workspace

HINTS = {
    "subjects.parquet": "ingest again",
    "phenotypes.json": "ingest again",
    "ingest.json": "ingest again",
    "recordings/a.zarr": "ingest again",
    "runs/linear/embedding.zarr": "embed again",
    "runs/linear/uncertainty.zarr": "embed again",
    "runs/linear/projection.zarr": "project again",
    "runs/linear/decoder_b.onnx": "train again",
}
ARTIFACTS = 13  # five of the cohort; of the run two encoders, two decoders, embedding, uncertainty and projection


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with every kind of artifact; who damages it mends it again."""
    made, run = foreign_run(tmp_path_factory.mktemp("verify"))
    project(made, run, ProjectOptions(), silent)
    return made


def test_a_whole_workspace_is_checked_artifact_by_artifact(workspace: Workspace) -> None:
    heard: list[float] = []

    def listen(phase: str, done: float, total: float, note: str = "") -> None:
        del note
        assert (phase, total) == ("verify", ARTIFACTS)
        heard.append(done)

    checked, findings = verify(workspace, listen)
    assert findings == ()
    assert checked == ARTIFACTS
    assert heard == list(range(1, ARTIFACTS + 1))


@pytest.mark.parametrize("artifact", HINTS)
def test_a_flipped_bit_in_any_file_of_an_artifact_is_found(workspace: Workspace, artifact: str) -> None:
    whole = workspace.path / artifact
    files = [whole] if whole.is_file() else sorted(path for path in whole.rglob("*") if path.is_file())
    for file in files:
        before = file.read_bytes()
        file.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        (finding,) = verify(workspace, silent)[1]
        assert (finding.artifact, finding.found) == (artifact, "differs from what was written")
        assert HINTS[artifact] in finding.hint
        file.write_bytes(before)
    assert verify(workspace, silent)[1] == ()


def test_a_file_that_is_lost_from_an_array_is_found(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    next(path for path in (run.path / "embedding.zarr" / "joint" / "mean" / "c").rglob("*") if path.is_file()).unlink()
    (finding,) = verify(workspace, silent)[1]
    assert finding.artifact == "runs/linear/embedding.zarr"
    (run.path / "encoder_a.onnx").unlink()
    assert {f.found for f in verify(workspace, silent)[1]} == {"differs from what was written", "is missing"}
