"""Codes that another program made become a workspace that can be explored, or one line that says what is wrong."""

import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from safetensors.numpy import save_file

import latentspace
from brought import Components, brought, digits_by_components, opened
from latentspace.cli import main
from latentspace.digits import NAMES
from latentspace.embed import embed
from latentspace.errors import InputError, LatentSpaceError, NotFoundError
from latentspace.groups import OneOf
from latentspace.ingest import read_given
from latentspace.ingest.aligned import aligned
from latentspace.modality import JOINT
from latentspace.progress import silent
from latentspace.project import ProjectOptions, project
from latentspace.readers.table import read_table
from latentspace.readers.vectors import read_vectors
from latentspace.verify import verify
from latentspace.workspace import open_folder

N = 60


@pytest.fixture
def few(tmp_path: Path) -> Components:
    """Sixty digits."""
    return digits_by_components(tmp_path, N)


def written(folder: Path, codes: np.ndarray, ids: tuple[str, ...]) -> dict[str, Path]:
    """The same codes in every format; those that know ids have the rows in reverse order."""
    files = {end: folder / f"codes.{end}" for end in ("npy", "safetensors", "parquet", "h5ad")}
    np.save(files["npy"], codes)
    save_file({"pca": codes, "other": codes[:, :2].copy()}, files["safetensors"])
    turned = codes[::-1].copy()
    pl.DataFrame({"subject_id": ids[::-1], "pca": turned.tolist()}).write_parquet(files["parquet"])
    with h5py.File(files["h5ad"], "w") as file:
        file["obsm/X_pca"] = turned
        file["obs/name"] = np.array(ids[::-1], dtype=h5py.string_dtype())
        file["obs"].attrs["_index"] = "name"
    return files


@pytest.mark.parametrize("end", ["npy", "safetensors", "parquet", "h5ad"])
def test_codes_of_every_format_are_kept_bit_for_bit_in_the_rows_of_the_table(few: Components, end: str) -> None:
    path = written(few.table.parent, few.codes, few.ids)[end]
    brought(few, f"pca={path}")
    explorer = opened(few)
    np.testing.assert_array_equal(explorer.run.embedding(JOINT), few.codes)
    assert explorer.workspace.subjects()["subject_id"].to_list() == list(few.ids)
    assert explorer.spaces[0].label == "pca"
    assert "ingest.html" in explorer.workspace.hashes
    assert verify(explorer.workspace, silent)[1] == ()


def test_the_same_input_is_done_already_and_another_is_another_run(few: Components) -> None:
    path = written(few.table.parent, few.codes, few.ids)["npy"]
    first = brought(few, f"pca={path}")
    stamp = (opened(few).workspace.path / "subjects.parquet").stat().st_mtime_ns
    again = brought(few, f"pca={path}")
    assert "already done" in str(again.facts["done"])
    assert (opened(few).workspace.path / "subjects.parquet").stat().st_mtime_ns == stamp
    np.save(path, few.codes + 1)
    assert brought(few, f"pca={path}").facts["run"] != first.facts["run"] == again.facts["run"]
    np.testing.assert_array_equal(opened(few).run.embedding(JOINT), few.codes + 1)


def test_of_several_spaces_joint_is_all_side_by_side_with_the_same_variance_each(few: Components) -> None:
    folder = few.table.parent
    some = few.codes[:, :3] * 1000 + 5
    some[4] = np.nan
    np.save(folder / "a.npy", some)
    np.save(folder / "b.npy", few.codes[:, 3:])
    brought(few, f"a={folder / 'a.npy'}", f"b={folder / 'b.npy'}")
    explorer = opened(few)
    joint = explorer.run.embedding(JOINT)
    assert [space.name for space in explorer.spaces] == [JOINT, "a", "b"]
    assert explorer.spaces[0].dims == ("a_0", "a_1", "a_2", "b_0", "b_1", "b_2", "b_3", "b_4")
    known = ~np.isnan(joint).any(axis=1)
    assert np.flatnonzero(~known).tolist() == [4]
    expected = {"a": some[known], "b": few.codes[:, 3:]}
    for name, part in (("a", joint[known, :3]), ("b", joint[:, 3:][known])):
        np.testing.assert_allclose(part.var(axis=0).sum(), 4, rtol=1e-2)  # 8 dimensions in 2 spaces
        for i in range(part.shape[1]):
            assert abs(np.corrcoef(part[:, i], expected[name][known if name == "b" else slice(None), i])[0, 1]) > 0.9999
    np.testing.assert_array_equal(explorer.columns(["b.b2"])["b.b2"], few.codes[:, 5])


def test_a_space_named_joint_is_the_joint_one(few: Components) -> None:
    folder = few.table.parent
    np.save(folder / "a.npy", few.codes[:, :3])
    np.save(folder / "b.npy", few.codes)
    brought(few, f"a={folder / 'a.npy'}", f"joint={folder / 'b.npy'}")
    np.testing.assert_array_equal(opened(few).run.embedding(JOINT), few.codes)


def test_a_row_that_is_not_finite_is_missing_and_one_without_any_vector_is_left_out(few: Components) -> None:
    codes = few.codes.copy()
    codes[3, 1], codes[7] = np.inf, np.nan
    np.save(few.table.parent / "a.npy", codes)
    report = brought(few, f"a={few.table.parent / 'a.npy'}")
    assert [entry.subject for entry in report.entries] == ["0003", "0007"]
    assert {entry.code for entry in report.entries} == {"row.no_vector"}
    assert len(opened(few).workspace.subjects()) == N - 2


def test_everything_that_needs_no_recording_answers_as_numpy_does(tmp_path: Path) -> None:
    cohort = digits_by_components(tmp_path, 400)
    np.save(tmp_path / "a.npy", cohort.codes)
    brought(cohort, f"pca={tmp_path / 'a.npy'}")
    workspace = open_folder(tmp_path / "w.ls")
    project(workspace, workspace.run(), ProjectOptions(), silent)
    explorer = opened(cohort)
    threes, fours = (OneOf(column="digit", values=(name,)) for name in ("three", "four"))
    np.testing.assert_array_equal(explorer.select(threes), cohort.digit == 3)
    a, b = cohort.codes[cohort.digit == 3], cohort.codes[cohort.digit == 4]
    pooled = np.sqrt((a.var(axis=0, ddof=1) + b.var(axis=0, ddof=1)) / 2)
    best = int(np.argmax(np.abs(a.mean(axis=0) - b.mean(axis=0)) / pooled))
    assert explorer.separates(threes, fours).ranked[0].index == best
    assert explorer.describe().brought
    assert explorer.describe().modalities == ()
    np.testing.assert_array_equal(explorer.encode(5, []).z, cohort.codes[5])
    assert explorer.decode(cohort.codes[5]) == {}
    centred = cohort.codes - cohort.codes.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(explorer.points(JOINT, "pca")), np.abs((u * s)[:, :2]), atol=0.01)
    np.testing.assert_allclose(explorer.mean(cohort.digit == 3), a.mean(axis=0), atol=1e-3)
    distance = np.linalg.norm(cohort.codes - cohort.codes[5], axis=1)
    near = explorer.neighbours(cohort.codes[5], 3, row=5).nearest
    assert [each.row for each in near] == np.argsort(distance)[1:4].tolist()


def test_it_is_evaluated_without_a_model_and_scored_as_any_run(tmp_path: Path) -> None:
    cohort = digits_by_components(tmp_path, 400)
    np.save(tmp_path / "a.npy", cohort.codes[:, :5])
    np.save(tmp_path / "b.npy", cohort.codes[:, 5:])
    into = str(tmp_path / "w.ls")
    given = [f"--embedding=a={tmp_path / 'a.npy'}", f"--embedding=b={tmp_path / 'b.npy'}"]
    assert main(["ingest", str(cohort.table), "--into", into, *given]) == 0
    assert main(["project", into]) == 0
    assert main(["evaluate", into]) == 0
    explorer = latentspace.open(into)
    told = explorer.score(space="a").tasks
    assert {task.name for task in told} == {"ink", *(f"digit={name}" for name in NAMES)}
    assert explorer.predict(5, space=JOINT)[0].n > 200
    figures = explorer.describe().evaluation
    assert figures["projection.b.trustworthiness"].value
    assert not any(name.startswith(("translation", "reconstruction")) for name in figures)
    assert "<td" in explorer.run.file("evaluation.html").read_text(encoding="utf-8")


def test_every_wrong_file_is_refused_in_one_line(few: Components) -> None:
    objects, ragged = np.array([{}, {}], dtype=object), {"pca": [[1.0, 2.0], [1.0]]}
    cases: dict[str, tuple[str, Callable[[Path], object]]] = {
        "objects.npy": ("embedding.unreadable", lambda p: np.save(p, objects, allow_pickle=True)),
        "pickle.npy": ("embedding.unreadable", lambda p: p.write_bytes(pickle.dumps(few.codes))),
        "cut.npy": ("embedding.unreadable", lambda p: p.write_bytes(b"\x93NUMPY\x01\x00v\x00{")),
        "words.npy": ("embedding.unreadable", lambda p: np.save(p, np.array([["a"] * 3] * N))),
        "flat.npy": ("embedding.shape", lambda p: np.save(p, few.codes[:, 0])),
        "short.npy": ("embedding.rows", lambda p: np.save(p, few.codes[:-1])),
        "none.npy": ("embedding.missing", lambda _: None),
        "codes.pkl": ("embedding.unreadable", lambda p: p.write_bytes(pickle.dumps(few.codes))),
        "no.safetensors": ("embedding.unreadable", lambda p: p.write_bytes(b"\xff" * 100)),
        "two.safetensors": ("embedding.name", lambda p: save_file({"a": few.codes, "b": few.codes}, p)),
        "ragged.parquet": ("embedding.shape", lambda p: pl.DataFrame(ragged).write_parquet(p)),
        "plain.parquet": ("embedding.unreadable", lambda p: pl.DataFrame({"x": [1.0]}).write_parquet(p)),
        "no.parquet": ("embedding.unreadable", lambda p: p.write_bytes(b"PAR1")),
        "no.h5ad": ("embedding.unreadable", lambda p: p.write_bytes(b"\x89HDF\r\n")),
        "strangers.parquet": ("embedding.ids", lambda p: with_ids(p, [f"x{i}" for i in range(N)], few)),
        "numbers.parquet": ("embedding.ids", lambda p: with_ids(p, ["1234"] * N, few)),
        "twice.parquet": ("embedding.ids", lambda p: with_ids(p, ["0001", *few.ids[1:]], few)),
    }
    table = read_table(few.table)
    for file, (code, write) in cases.items():
        path = few.table.parent / file
        write(path)
        with pytest.raises(LatentSpaceError) as caught:
            aligned(path, read_vectors(path, "pca"), table, few.ids)
        assert caught.value.code == code, file
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_refusal_comes_out_of_the_child_as_one_line_and_nothing_is_written(
    few: Components, capsys: pytest.CaptureFixture[str]
) -> None:
    path = few.table.parent / "objects.npy"
    np.save(path, np.array([{}, {}], dtype=object), allow_pickle=True)
    into = few.table.parent / "w.ls"
    assert main(["ingest", str(few.table), "--into", str(into), "--embedding", f"pca={path}"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("[embedding.unreadable]")
    np.save(path, few.codes * np.nan)
    assert main(["ingest", str(few.table), "--into", str(into), "--embedding", f"pca={path}"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("[embedding.nobody]")
    assert main(["ingest", str(few.table), "--into", str(into), "--onnx", str(few.table.parent)]) == 2
    assert not into.exists()


def with_ids(path: Path, ids: list[str], few: Components) -> None:
    pl.DataFrame({"subject_id": ids, "pca": few.codes.tolist()}).write_parquet(path)


def test_an_array_that_lies_in_another_file_is_refused(few: Components) -> None:
    there, here = few.table.parent / "there.h5", few.table.parent / "here.h5ad"
    with h5py.File(there, "w") as file:
        file["x"] = few.codes
    with h5py.File(here, "w") as file:
        file["obs/_index"] = np.array(few.ids, dtype=h5py.string_dtype())
        file["obsm/pca"] = h5py.ExternalLink(str(there), "x")
    with pytest.raises(InputError) as caught:
        read_vectors(here, "pca")
    assert caught.value.code == "embedding.external"


def test_a_claim_of_more_than_memory_is_refused_before_it_is_allocated(few: Components) -> None:
    path = few.table.parent / "huge.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (10**5, 10**4)})
        file.truncate(4 * 10**9 + 128)  # a hole: it takes no place on the disk
    with pytest.raises(InputError) as caught:
        read_vectors(path, "pca")
    assert caught.value.code == "embedding.too_large"


def test_what_is_not_there_says_what_would_bring_it(few: Components) -> None:
    np.save(few.table.parent / "a.npy", few.codes)
    brought(few, f"pca={few.table.parent / 'a.npy'}")
    explorer = opened(few)
    with pytest.raises(InputError, match="project"):
        embed(explorer.workspace, explorer.run, silent)
    with pytest.raises(NotFoundError, match="train"):
        explorer.run.file("decoder_digit.onnx")


@pytest.mark.parametrize("text", ["a", "=x.npy", "a=", "1a=x.npy", "a b=x.npy", "code=x.npy", "private_a=x.npy"])
def test_an_embedding_that_has_no_name_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_given([text])
    assert caught.value.code == "embedding.option"


def test_a_workspace_with_recordings_is_not_replaced(tmp_path: Path, few: Components) -> None:
    from foreign_run import foreign_run  # noqa: PLC0415 - its run is made for this test alone

    workspace, _ = foreign_run(tmp_path)
    np.save(few.table.parent / "a.npy", few.codes)
    with pytest.raises(InputError) as caught:
        brought(few, f"pca={few.table.parent / 'a.npy'}", to=workspace.name)
    assert caught.value.code == "workspace.occupied"
