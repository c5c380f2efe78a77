"""Arrays of any modality from files, row by row, by ids or a file for each person: what was saved is what is stored."""

import json
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr

from latentspace.arrays import read_rows
from latentspace.errors import InputError, LatentSpaceError, NotFoundError
from latentspace.ingest import IngestOptions, ingest
from latentspace.modality import Axis
from latentspace.progress import silent
from latentspace.readers.array_file import read_array
from latentspace.report import IngestReport
from latentspace.workspace import Workspace, open_folder

GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "own-domain.md"
RNG = np.random.default_rng(0)
N = 6
IDS = [f"{i:03d}" for i in range(N)]
GAS = RNG.standard_normal((N, 3)).astype(np.float32)
LEAF = RNG.integers(0, 256, (N, 4, 5)).astype(np.uint8)
GAS_TOML = 'axes = [{ name = "gas", labels = ["O2", "CO2", "N2"] }]\nunit = "ppm"'
LEAF_TOML = (
    'axes = [{ name = "row", step = 2.0, unit = "cm" }, { name = "column", step = 2.0, unit = "cm" }]\ndtype = "uint8"'
)


def save(path: Path, values: np.ndarray, ids: Sequence[str] | None = None, key: str = "x") -> Path:
    """An array, and the ids where they are given, by the libraries' own writers."""
    named: Mapping[str, np.ndarray] = {key: values} | ({} if ids is None else {"ids": np.array(ids)})
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".npz":
        np.savez(path, **dict(named))  # pyright: ignore[reportArgumentType] - names are ours
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, array in named.items():
                file.create_dataset(name, data=array.astype("S") if array.dtype.kind == "U" else array)
    else:
        group = zarr.open_group(path, mode="w")
        for name, array in named.items():
            group.create_array(name, data=array)
    return path


def run(folder: Path, toml: Sequence[str], **files: str) -> tuple[Workspace, IngestReport]:
    """Ingest a folder with a table of six people and modalities of these lines."""
    people = files.get("people") or "\n".join(["subject_id,height", *(f"{i},{170 + k}" for k, i in enumerate(IDS))])
    (folder / "people.csv").write_text(people)
    parts = [f'[[modality]]\nkind = "array"\nname = "m{i}"\n{text}' for i, text in enumerate(toml)]
    (folder / "m.toml").write_text("\n".join(parts))
    options = IngestOptions(table=folder / "people.csv", modalities=folder / "m.toml", workers=1, title="Leaves")
    report = ingest([folder], folder / "w", options, silent)
    workspace = open_folder(folder / "w")
    assert "ingest.html" in workspace.hashes
    return workspace, report


def test_the_modalities_of_the_guide_are_read_from_every_kind_of_file(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    parts = [part.partition("\n")[2] for part in found[1].split("[[modality]]")[1:]]
    save(tmp_path / "leaves.npz", GAS[::-1], IDS[::-1], "gas")
    for i, subject in enumerate(IDS):
        save(tmp_path / f"{subject}_1.npy", LEAF[i])
    for end in ("npy", "h5", "zarr"):
        save(tmp_path / f"all.{end}", LEAF)
    named = [re.sub(r'(kind|name) = "(array|gas|leaf)"\n', "", part, count=2) for part in parts]
    workspace, report = run(tmp_path, [*named, *(f'file = "all.{end}"\n{LEAF_TOML}' for end in ("npy", "h5", "zarr"))])
    np.testing.assert_array_equal(read_rows(workspace.recordings("m0")), GAS)
    for name in ("m1", "m2", "m3", "m4"):
        np.testing.assert_array_equal(read_rows(workspace.recordings(name)), LEAF)
    gas, leaf = workspace.modalities[:2]
    assert gas.axes == (Axis(name="gas", size=3, labels=("O2", "CO2", "N2")),)
    assert (gas.label, gas.unit, leaf.dtype) == ("Gas exchange", "ppm", "uint8")
    assert [(a.name, a.size, a.step, a.unit) for a in leaf.axes] == [("row", 4, 2.0, "cm"), ("column", 5, 2.0, "cm")]
    assert workspace.subjects()["height"].to_list() == [170, 171, 172, 173, 174, 175]
    assert report.entries == []
    assert workspace.title == "Leaves"


def test_rows_with_ids_find_their_people_in_any_order_and_strangers_are_a_line(tmp_path: Path) -> None:
    order = [4, 0, 2, 5]
    save(tmp_path / "gas.h5", np.vstack([GAS[order], GAS[:1]]), [*(IDS[i] for i in order), "999"])
    workspace, report = run(tmp_path, [f'file = "gas.h5"\nkey = "x"\nids = "ids"\n{GAS_TOML}'])
    assert workspace.subjects()["subject_id"].to_list() == ["000", "002", "004", "005"]
    np.testing.assert_array_equal(read_rows(workspace.recordings("m0")), GAS[[0, 2, 4, 5]])
    assert sorted(e.code for e in report.entries) == ["embedding.no_row", "row.no_array", "row.no_array"]


def test_each_person_may_have_a_file_and_a_bad_one_is_a_line(tmp_path: Path) -> None:
    for i, subject in enumerate(IDS[:5]):
        save(tmp_path / f"{subject}_leaf.npy", LEAF[i])
    np.save(tmp_path / "001_leaf.npy", LEAF[1, :2])
    (tmp_path / "002_leaf.npy").write_bytes(b"\x93NUMPY nonsense")
    save(tmp_path / "gas.npy", np.where(np.arange(N)[:, None] == 3, np.nan, GAS))
    toml = [f'file = "{{subject}}_leaf.npy"\n{LEAF_TOML}', f'file = "gas.npy"\n{GAS_TOML}']
    workspace, report = run(tmp_path, toml)
    assert workspace.present("m0").tolist() == [True, False, False, True, True, False]
    assert workspace.present("m1").tolist() == [True, True, True, False, True, True]
    np.testing.assert_array_equal(read_rows(workspace.recordings("m0"))[[0, 3, 4]], LEAF[[0, 3, 4]])
    lines = {(e.file, e.code, e.subject) for e in report.entries}
    assert lines == {("001_leaf.npy", "array.shape", "001"), ("002_leaf.npy", "array.unreadable", "002")}


def test_an_array_with_a_gap_is_left_out_and_said(tmp_path: Path) -> None:
    gas = GAS.copy()
    gas[2, 1] = np.inf
    save(tmp_path / "gas.npy", gas)
    workspace, report = run(tmp_path, [f'file = "gas.npy"\n{GAS_TOML}'])
    assert workspace.subjects()["subject_id"].to_list() == [i for i in IDS if i != "002"]
    assert sorted(e.code for e in report.entries) == ["array.not_finite", "row.no_array"]


def test_several_visits_have_files_of_their_own(tmp_path: Path) -> None:
    save(tmp_path / "a_1.npy", GAS[0])
    save(tmp_path / "a_2.npy", GAS[1])
    toml = [f'file = "{{subject}}_{{visit}}.npy"\n{GAS_TOML}\n[table]\nvisit = "when"']
    workspace, _ = run(tmp_path, toml, people="subject_id,when\na,1\na,2\n")
    np.testing.assert_array_equal(read_rows(workspace.recordings("m0")), GAS[:2])
    assert workspace.subjects()["visit"].to_list() == ["1", "2"]


@pytest.mark.parametrize(
    ("values", "text", "code"),
    [
        (GAS[:4], f'file = "a.npy"\n{GAS_TOML}', "embedding.rows"),
        (GAS[:, :2], f'file = "a.npy"\n{GAS_TOML}', "array.axes"),
        (GAS, f'file = "b.npy"\n{GAS_TOML}', "array.missing"),
        (GAS.astype("S"), f'file = "a.npy"\n{GAS_TOML}', "array.unreadable"),
        (GAS, f'file = "a.npy"\n{GAS_TOML}\ndtype = "complex"', "modalities.malformed"),
        (GAS, f'file = "a.npy"\n{GAS_TOML}\nwild = 1', "modalities.malformed"),
        (GAS, 'file = "a.npy"', "modalities.malformed"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_hint(tmp_path: Path, values: np.ndarray, text: str, code: str) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(LatentSpaceError) as refused:
        run(tmp_path, [text])
    assert refused.value.code == code
    assert refused.value.hint


def test_an_id_with_dots_reads_no_file_outside_the_source(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    save(tmp_path / "secret.npy", GAS[0])
    with pytest.raises(NotFoundError, match="holds no"):
        run(inside, [f'file = "{{subject}}.npy"\n{GAS_TOML}'], people="subject_id\n../secret\n")


def test_no_file_runs_code_or_claims_more_than_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99), }".ljust(117) + b"\n"
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["x"] = h5py.ExternalLink("other.h5", "/x")
    with h5py.File(tmp_path / "huge.h5", "w") as file:
        file.create_dataset("x", shape=(1 << 20, 1 << 12), dtype="f4", chunks=(64, 64))
    zarr.create_array(tmp_path / "pickled.zarr", shape=(4,), dtype="f4", zarr_format=2, compressors=None)
    told = json.loads((tmp_path / "pickled.zarr" / ".zarray").read_text())
    told["compressor"] = {"id": "pickle", "protocol": 4}
    (tmp_path / "pickled.zarr" / ".zarray").write_text(json.dumps(told))
    for name in ("objects.npy", "bomb.npz", "link.h5", "huge.h5", "pickled.zarr"):
        with pytest.raises(InputError) as refused:
            read_array(tmp_path / name, "" if name == "pickled.zarr" else "x")
        assert refused.value.code in {"array.unreadable", "array.size", "embedding.external"}, name


@pytest.mark.parametrize("end", ["npy", "npz", "h5", "zarr"])
def test_a_file_cut_off_anywhere_is_refused_or_read(tmp_path: Path, end: str) -> None:
    path = save(tmp_path / f"gas.{end}", GAS)
    part = next(p for p in sorted(path.rglob("*")) if p.name == "zarr.json") if end == "zarr" else path
    whole = part.read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 40)):
        part.write_bytes(whole[:size])
        try:
            assert read_array(path, "").shape == GAS.shape
        except InputError as refused:
            assert refused.hint  # noqa: PT017 - some are read
