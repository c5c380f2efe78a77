"""What is exported is read back as it was, by its owner alone, and not into a folder that git would commit."""

import csv
import io
import stat
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from brought import Components, brought, digits_by_components
from built import Built
from latentspace.cli import main
from latentspace.errors import InputError, NotFoundError
from latentspace.exports import export
from latentspace.modality import JOINT
from latentspace.progress import silent
from latentspace.project import ProjectOptions, project
from latentspace.workspace import Workspace, open_folder


@pytest.fixture
def made(tmp_path: Path) -> tuple[Components, Workspace]:
    """Sixty digits with maps; one lacks the second space, and one has an id that a spreadsheet would run."""
    cohort = digits_by_components(tmp_path, 60)
    table = pl.read_csv(cohort.table, schema_overrides={"subject_id": pl.String})
    table = table.with_columns(
        subject_id=pl.when(pl.col("subject_id") == "0009").then(pl.lit("=1+1")).otherwise("subject_id")
    )
    table.write_csv(cohort.table)
    second = cohort.codes[:, 4:].copy()
    second[7] = np.nan
    np.save(tmp_path / "a.npy", cohort.codes)
    np.save(tmp_path / "b.npy", second)
    brought(cohort, f"joint={tmp_path / 'a.npy'}", f"b={tmp_path / 'b.npy'}")
    workspace = open_folder(tmp_path / "w.ls")
    project(workspace, workspace.run(), ProjectOptions(), silent)
    return cohort, workspace


def test_parquet_holds_the_codes_and_the_places_on_the_map(made: tuple[Components, Workspace]) -> None:
    cohort, workspace = made
    run = workspace.run()
    assert export(workspace, run, "parquet", None)["files"] == ["b.parquet", "joint.parquet"]
    folder = workspace.path / "exports" / run.name
    joint, b = (pl.read_parquet(folder / name) for name in ("joint.parquet", "b.parquet"))
    np.testing.assert_array_equal(joint["vector"].to_numpy(), cohort.codes)
    np.testing.assert_array_equal(joint.select("x", "y").to_numpy(), run.projection(JOINT, "tsne"))
    assert joint["subject_id"].to_list() == workspace.subjects()["subject_id"].to_list()
    assert joint["part"].value_counts().filter(part="held_out")["count"].to_list() == [12]
    assert b.row(7)[3:] == (None, None, None)
    assert stat.S_IMODE((folder / "joint.parquet").stat().st_mode) == 0o600


def test_csv_for_latentverse_joins_codes_and_labels_by_sample_id(
    made: tuple[Components, Workspace], tmp_path: Path
) -> None:
    cohort, workspace = made
    export(workspace, workspace.run(), "latentverse", tmp_path / "out")
    codes = list(csv.reader(io.StringIO((tmp_path / "out" / "b.csv").read_text(encoding="utf-8"))))
    labels = list(csv.DictReader(io.StringIO((tmp_path / "out" / "labels.csv").read_text(encoding="utf-8"))))
    assert codes[0] == ["sample_id", "b0", "b1", "b2", "b3"]
    assert [row[0] for row in codes[1:4]] == ["0000", "0001", "0002"]
    assert len(codes) == 60  # a header, and all but the one that lacks this space
    np.testing.assert_allclose(np.array([row[1:] for row in codes[1:8]], float), cohort.codes[:7, 4:], rtol=1e-5)
    assert {row[0] for row in codes[1:]} < {row["sample_id"] for row in labels}
    assert "'=1+1" in {row["sample_id"] for row in labels}
    assert [float(row["ink"]) for row in labels[:5]] == cohort.images[:5].sum(axis=1).tolist()


def test_a_card_says_what_was_evaluated_with_intervals_and_which_goals_were_missed(
    digits: Built, tmp_path: Path
) -> None:
    assert main(["export", str(digits.path), "--as", "card", "--into", str(tmp_path)]) == 0
    text = (tmp_path / "model-card.md").read_text(encoding="utf-8")
    run = open_folder(digits.path).run()
    assert run.name in text
    for heading in ("What it was made of", "Intended use", "Limits", "Figures", "Goals missed", "Hashes"):
        assert f"## {heading}" in text
    assert "1,797 people" in text
    assert run.record["hashes"]["embedding.zarr"] in text
    assert "`reconstruction.left.unexplained_variance`" in text
    rows = [line for line in text.splitlines() if line.startswith("| `projection.joint.trustworthiness`")]
    assert len(rows) == 1
    assert "[" in rows[0]


def test_a_card_of_a_run_that_is_not_evaluated_says_what_to_do(made: tuple[Components, Workspace]) -> None:
    _, workspace = made
    with pytest.raises(NotFoundError, match="latentspace evaluate"):
        export(workspace, workspace.run(), "card", None)


def test_people_are_not_exported_to_where_git_would_commit_them(
    made: tuple[Components, Workspace], tmp_path: Path
) -> None:
    _, workspace = made
    tree = tmp_path / "tree"
    subprocess.run(["git", "init", "-q", tree], check=True)
    with pytest.raises(InputError) as caught:
        export(workspace, workspace.run(), "parquet", tree / "out")
    assert caught.value.code == "workspace.git"
    assert not (tree / "out").exists()
