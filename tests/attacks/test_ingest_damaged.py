"""Images that are cut off, lie about themselves or were made to do harm: always a line of the report."""

import gzip
import struct
import tracemalloc
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from bulk import CANARY, Scan, dicom, heart, write_folder, write_nifti, write_zip
from latentspace.errors import InputError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.cines import CineJob, read_cine
from latentspace.ingest.records import Record
from latentspace.progress import silent

SMALL = Scan(frames=heart(1, n=8)[:, 40:90, 40:100])


def job(path: Path) -> CineJob:
    return CineJob(path=path, name=path.name, subject="7", modality="cine", view="4ch", mapping=())


def lines(record: Record) -> list[tuple[str, str]]:
    assert not any(CANARY in entry.reason for entry in record.entries)
    return [(entry.code, entry.outcome) for entry in record.entries]


def test_one_file_cut_off_anywhere_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", [SMALL])
    victim = next(iter(sorted(folder.iterdir())))
    whole = victim.read_bytes()
    for size in [*range(0, 1000, 23), *range(1000, len(whole), 997)]:
        victim.write_bytes(whole[:size])
        record = read_cine(job(folder))
        assert record.arrays or record.entries[-1].outcome == "rejected", size
        assert lines(record), size


def test_a_zip_cut_off_or_changed_anywhere_is_a_line(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [SMALL])
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for size in range(0, len(whole), len(whole) // 25):
        path.write_bytes(whole[:size])
        assert lines(read_cine(job(path)))[-1] == ("zip.damaged", "rejected")
    for _ in range(40):
        place = int(rng.integers(len(whole)))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        record = read_cine(job(path))
        assert record.arrays or lines(record)[-1][1] == "rejected"


def test_a_nifti_image_cut_off_anywhere_is_a_line(tmp_path: Path) -> None:
    for name in ("a_4ch.nii", "b_4ch.nii.gz"):
        path = write_nifti(tmp_path / name, SMALL.frames)
        whole = path.read_bytes()
        for size in [*range(0, 400, 7), *range(400, len(whole) - 9, len(whole) // 20)]:
            path.write_bytes(whole[:size])
            code = "nifti.malformed" if size else "file.empty"
            assert lines(read_cine(job(path)))[-1] == (code, "rejected"), size


@pytest.mark.parametrize(
    ("at", "form", "values"),
    [
        (40, "<5h", (4, 2048, 2048, 1, 400)),  # 3 GB of voxels
        (40, "<5h", (4, 2, 2, 1, 401)),  # more images than a beat has
        (40, "<5h", (4, -5, 50, 1, 8)),
        (40, "<2h", (9, 60)),
        (70, "<h", (1792,)),
        (108, "<f", (float("nan"),)),
        (108, "<f", (1e30,)),
        (0, "<i", (7,)),
    ],
)
def test_a_nifti_header_that_lies_is_refused(tmp_path: Path, at: int, form: str, values: tuple[int, ...]) -> None:
    path = write_nifti(tmp_path / "a_4ch.nii", SMALL.frames)
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, at, *values)
    path.write_bytes(data)
    assert lines(read_cine(job(path))) == [("nifti.malformed", "rejected")]


def test_a_gzip_bomb_is_inflated_no_further_than_its_header_says(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a_4ch.nii.gz", SMALL.frames)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + bytes(200 << 20)))
    tracemalloc.start()
    record = read_cine(job(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert record.arrays
    assert peak < 64 << 20


def test_a_deflated_dicom_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    name, data = next(iter(dicom(SMALL).items()))
    one = dcmread(BytesIO(data))
    one.PixelData = bytes(100 << 20)
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    one.save_as(folder / name, enforce_file_format=True)
    assert (folder / name).stat().st_size < 1 << 20
    tracemalloc.start()
    record = read_cine(job(folder))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "deflated" in record.entries[0].reason
    assert lines(record) == [("dicom.malformed", "rejected"), ("cine.none", "rejected")]
    assert peak < 16 << 20


@pytest.mark.parametrize(("rows", "code"), [(60_000, "dicom.size"), (2000, "dicom.pixels"), (0, "dicom.size")])
def test_a_dicom_header_that_lies_about_its_size_is_refused(tmp_path: Path, rows: int, code: str) -> None:
    folder = write_folder(tmp_path / "a", [SMALL])
    for path in folder.iterdir():
        one = dcmread(path)
        one.Rows = rows
        one.save_as(path)
    assert lines(read_cine(job(folder)))[-1] == (code, "rejected")


def test_sequences_within_sequences_do_not_end_the_reader(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", [SMALL])
    data = next(iter(dicom(SMALL).values()))
    deep = (
        struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    ) * 5000
    at = data.index(struct.pack("<HH", 0x10, 0x10))
    (folder / "deep.dcm").write_bytes(data[:at] + deep + data[at:])
    record = read_cine(job(folder))
    assert record.arrays
    assert lines(record) == [("dicom.malformed", "rejected")]


def test_a_zip_bomb_and_a_locked_zip_are_refused_unopened(tmp_path: Path) -> None:
    bomb = tmp_path / "a.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(3):
            archive.writestr(f"{i}.dcm", bytes(70 << 20))
    record = read_cine(job(bomb))
    assert lines(record) == [("dicom.malformed", "rejected"), ("cine.none", "rejected")]
    assert "70 MB, at most 64" in record.entries[0].reason
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.dcm", bytes(10 << 20))  # 10 kB in the zip
    assert "10 MB out of" in read_cine(job(bomb)).entries[0].reason
    locked = write_zip(tmp_path / "b.zip", [SMALL])
    data = bytearray(locked.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    locked.write_bytes(data)
    assert lines(read_cine(job(locked))) == [("zip.locked", "rejected")]
    forged = write_zip(tmp_path / "c.zip", [SMALL])
    data = bytearray(forged.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 0xF0000000)
    forged.write_bytes(data)
    assert lines(read_cine(job(forged))) == [("zip.size", "rejected")]


def test_a_zip_within_a_zip_and_paths_out_of_it_do_nothing(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "x" / "inner.zip", [SMALL])
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("../../evil.dcm", next(iter(dicom(SMALL).values())))
    record = read_cine(job(path))
    assert lines(record) == [("zip.nested", "rejected"), ("cine.view", "rejected")]  # one image is no cine
    assert not (tmp_path.parent / "evil.dcm").exists()
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "inner.zip")
    (entry,) = read_cine(job(path)).entries
    assert (entry.code, entry.hint) == ("zip.nested", "Unpack the inner zip.")
    assert entry.reason == "inner.zip is a zip within a zip, which is not opened"
    assert {p.name for p in tmp_path.iterdir()} == {"x", "a.zip"}


def test_through_the_whole_ingest_damaged_people_are_lines_and_the_others_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "s"
    write_zip(source / "1_20208_2_0.zip", [Scan(frames=heart(1))])
    (source / "2_20208_2_0.zip").write_bytes(b"PK\3\4" + zlib.compress(b"nonsense"))
    (source / "3_20208_2_0.zip").write_bytes(b"")
    (source / "4_20205_2_0.xml").write_bytes(b"")
    report = ingest([source], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert sorted((e.subject, e.code) for e in report.entries) == [
        ("2", "zip.damaged"),
        ("3", "zip.damaged"),
        ("4", "cardiosoft.empty"),
    ]
    assert report.facts["people"] == 1


def test_members_are_refused_where_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latentspace.readers.archive.MAX_FILES", 5)
    folder = write_folder(tmp_path / "a", [SMALL])
    assert lines(read_cine(job(folder))) == [("zip.size", "rejected")]
    with pytest.raises(InputError, match="could be read"):
        ingest([write_zip(tmp_path / "b.zip", [Scan(frames=heart(1)[:3])])], tmp_path / "w", IngestOptions(), silent)
