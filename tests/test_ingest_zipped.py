"""ECGs within zips: found, read, tied to people as if they lay in a folder; hostile zips harm nothing."""

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import wfdb_cohort
from bulk import CANARY, Scan, cardiosoft, heart, write_zip
from ecg_records import made_ecg, write_record
from latentspace.arrays import read_rows
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.zipped import ecgs_in, on_disk
from latentspace.progress import silent
from latentspace.readers.archive import listable
from latentspace.workspace import open_folder

STRIP = made_ecg([0.5 + 0.8 * k for k in range(12)])


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_records_in_a_zip_are_those_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "private"))
    (tmp_path / "private").mkdir()
    for i in range(2):
        write_record(tmp_path / "s" / "deep", f"p{i}", wfdb_cohort.heart(i))
    (tmp_path / "s" / "deep" / "q.xml").write_bytes(cardiosoft(STRIP))
    files = {f"deep/{path.name}": path.read_bytes() for path in (tmp_path / "s" / "deep").iterdir()}
    zipped(tmp_path / "z" / "all.zip", files | {"readme.md": b"nothing", "deep/table.csv": b"id,age\n1,2\n"})
    (tmp_path / "t.csv").write_text("subject_id\np0\np1\nq\n")
    options = IngestOptions(workers=1, table=tmp_path / "t.csv")
    report = ingest([tmp_path / "z"], tmp_path / "z.ls", options, silent)
    ingest([tmp_path / "s"], tmp_path / "s.ls", options, silent)
    assert report.entries == []
    assert open_folder(tmp_path / "z.ls").subjects()["subject_id"].to_list() == ["p0", "p1", "q"]
    of_zip, of_folder = (read_rows(open_folder(tmp_path / w).recordings("ecg")) for w in ("z.ls", "s.ls"))
    np.testing.assert_array_equal(of_zip, of_folder)
    assert list((tmp_path / "private").glob("latentspace-*")) == []  # nothing of it stays on disk


def test_a_zip_of_a_biobank_field_is_tied_by_its_own_name_and_a_zip_of_both_gives_both(tmp_path: Path) -> None:
    zipped(tmp_path / "s" / "1000001_20205_2_0.zip", {"ecg.xml": cardiosoft(STRIP)})
    write_zip(tmp_path / "s" / "1000001_20208_2_0.zip", [Scan(frames=heart(1, n=10))])
    both = write_zip(tmp_path / "s" / "p.zip", [Scan(frames=heart(2, n=10))])
    with zipfile.ZipFile(both, "a") as archive:
        archive.writestr("p.xml", cardiosoft(1.1 * STRIP))
    report = ingest([tmp_path / "s"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    read = open_folder(tmp_path / "w.ls")
    assert report.entries == []
    assert read.subjects().select("subject_id", "visit").rows() == [("1000001", "2"), ("p", "1")]
    assert read.present("ecg").all()
    assert read.present("cine").all()
    assert not any(CANARY.encode() in path.read_bytes() for path in read.path.rglob("*") if path.is_file())


def test_names_that_lead_out_of_a_zip_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(cardiosoft(STRIP))
    inside = cardiosoft(2 * STRIP)
    path = zipped(tmp_path / "a.zip", {str(secret): inside, "../../b.xml": inside})
    found = ecgs_in(path)
    assert len(found) == 2
    for one in found:
        assert path in one.parents
        with on_disk(one) as copy:
            assert copy.read_bytes() == inside
            assert copy.parent.parent == Path(tempfile.gettempdir())
        assert not copy.exists()


def test_a_signal_file_that_is_missing_or_damaged_in_a_zip_is_a_line(tmp_path: Path) -> None:
    write_record(tmp_path, "a", wfdb_cohort.heart(1))
    zipped(tmp_path / "s" / "a.zip", {"a.hea": (tmp_path / "a.hea").read_bytes()})
    zipped(tmp_path / "s" / "b.zip", {"b.xml": cardiosoft(STRIP)[:5000], "c.xml": cardiosoft(STRIP)})
    report = ingest([tmp_path / "s"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert [(e.file, e.code) for e in report.entries] == [
        ("a.hea", "wfdb.missing_dat"),
        ("b.xml", "cardiosoft.malformed"),
    ]


def test_a_zip_that_cannot_be_listed_or_lists_too_much_is_left_to_the_limited_child(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.xml": cardiosoft(STRIP)})
    assert len(ecgs_in(path)) == 1
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\5\6")
    data[at + 12 : at + 16] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(data)
    assert not listable(path)
    for content in (bytes(data), b"", b"PK\3\4", bytes(data[:-40])):
        path.write_bytes(content)
        assert ecgs_in(path) == ()
