"""Files that nothing reads, series maps that fit nobody, texts out of files: each is said, and none says a name."""

import json
from pathlib import Path

import pytest

import wfdb_cohort
from bulk import Scan, heart, write_folder, write_nifti, write_zip
from ecg_records import write_record
from latentspace.cli import main
from latentspace.errors import InputError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.cines import CineJob, read_cine
from latentspace.ingest.plan import DEFAULT, LeadModality
from latentspace.ingest.records import RecordJob, read_record
from latentspace.progress import silent
from latentspace.readers.words import spoken
from latentspace.report import Entry

TURNED = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


@pytest.fixture(scope="module")
def doubt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One person whose two series of the view show two planes, described with a name."""
    folder = tmp_path_factory.mktemp("doubt")
    planes = [
        Scan(frames=heart(5, n=10), description="Schmidt 4CH", number=7),
        Scan(frames=heart(6, n=12), description="retro 4CH 19500102", number=8, orientation=TURNED),
    ]
    write_folder(folder / "p", planes)
    write_zip(folder / "q.zip", [Scan(frames=heart(1, n=10))])
    return folder


def stray_lines(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(e.file, e.code, e.reason) for e in entries if e.code.startswith("file.")]


def test_every_file_that_nothing_reads_is_a_line_of_report_page_and_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "s"
    write_record(source, "a", wfdb_cohort.heart(1))
    (source / "sub").mkdir()
    for name in ("empty.csv", "sub/x_4ch.nii.gz", "lonely.dcm"):
        (source / name).write_bytes(b"")
    (source / "orphan.dat").write_bytes(b"1234")
    for i in range(9):
        (source / f"film{i}.mp4").write_bytes(b"1234")
    (source / ".DS_Store").write_bytes(b"1234")
    (source / "a.atr").write_bytes(b"1234")  # beside the record a: its annotations
    (source / "t.csv").write_text("subject_id\na\n")
    assert main(["ingest", str(source), "--into", str(tmp_path / "w.ls"), "--table", str(source / "t.csv")]) == 0
    told = json.loads((tmp_path / "w.ls" / "ingest.json").read_text())
    lines = [(e["file"], e["code"], e["reason"]) for e in told["entries"]]
    films = "not a format that is known: .mp4; film0.mp4, film1.mp4, film2.mp4 and 6 more"
    assert lines == [
        ("empty.csv", "file.empty", "empty file"),
        ("lonely.dcm", "file.empty", "empty file"),
        ("sub/x_4ch.nii.gz", "file.empty", "empty file"),
        ("orphan.dat", "file.unknown", "not a format that is known: .dat"),
        ("9 files *.mp4", "file.unknown", films),
    ]
    page, text = (tmp_path / "w.ls" / "ingest.html").read_text(), capsys.readouterr().out
    assert films in page
    assert "file.empty (rejected): 3" in text
    assert "ingest.html" in text


def test_signals_of_another_name_that_a_header_names_are_no_strays(tmp_path: Path) -> None:
    write_record(tmp_path / "s", "a", wfdb_cohort.heart(1))
    (tmp_path / "s" / "a.dat").rename(tmp_path / "s" / "other.dat")
    header = tmp_path / "s" / "a.hea"
    header.write_text(header.read_text().replace("a.dat", "other.dat"))
    report = ingest([tmp_path / "s"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert stray_lines(report.entries) == []


def test_a_plan_names_the_candidates_their_frames_and_size_and_the_command_to_go_on(
    doubt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "w.ls"
    assert main(["ingest", str(doubt), "--into", str(into), "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "7 '… 4ch' (10 frames of 120 x 140): for this one write  1.2.3.7,4ch" in text
    assert "8 'retro 4ch …' (12 frames of 120 x 140): for this one write  1.2.3.8,4ch" in text
    assert "into series_map.csv (to see them: the same command with --contact-sheet series.png), then:" in text
    assert f"latentspace ingest {doubt} --into {into} --series-map series_map.csv" in text
    assert "(cine.ambiguous). Say which is meant" in text
    assert not into.exists()


def test_without_doubt_a_plan_ends_with_the_command_itself(doubt: Path, tmp_path: Path) -> None:
    report = ingest([doubt / "q.zip"], tmp_path / "w", IngestOptions(workers=1, dry_run=True), silent)
    assert report.aside["next"] == f"latentspace ingest {doubt / 'q.zip'} --into {tmp_path / 'w'}"


def test_a_contact_sheet_is_drawn_by_an_ingest_too_and_its_absence_is_said(doubt: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "series.png"
    report = ingest([doubt], tmp_path / "w.ls", IngestOptions(workers=1, contact_sheet=sheet), silent)
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert report.summary()["contact_sheet"] == str(sheet)
    assert "contact_sheet" not in (tmp_path / "w.ls" / "ingest.json").read_text()
    sheet.unlink()
    report = ingest([doubt / "q.zip"], tmp_path / "v.ls", IngestOptions(workers=1, contact_sheet=sheet), silent)
    assert not sheet.exists()
    assert "no series is in doubt" in str(report.summary()["contact_sheet"])


def test_a_series_map_that_fits_nobody_is_an_error_and_a_line_that_fits_nobody_a_line(
    doubt: Path, tmp_path: Path
) -> None:
    options = IngestOptions(workers=1, series_map=tmp_path / "map.csv")
    (tmp_path / "map.csv").write_text("series,view\n9.9.9,4ch\nnothing*,4ch\n")
    with pytest.raises(InputError, match="none of its 2 lines") as refused:
        ingest([doubt], tmp_path / "w.ls", options, silent)
    assert refused.value.code == "series.unmatched"
    (tmp_path / "map.csv").write_text("series,view\n9.9.9,4ch\n1.2.3.7,4ch\n1.2.3.7,other\n")
    report = ingest([doubt], tmp_path / "w.ls", options, silent)
    told = [(e.file, e.reason) for e in report.entries if e.code == "series.unmatched"]
    assert told == [("map.csv", f"line {n} fits no series, or only those that a line above it fits") for n in (2, 4)]
    assert [row["series"] for row in report.recordings] == [7, 1]


def test_no_word_of_a_description_that_may_be_a_name_is_kept_or_shown(doubt: Path, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("series,view\nSchmidt*,4ch\n")
    ingest([doubt], tmp_path / "w.ls", IngestOptions(workers=1, series_map=tmp_path / "map.csv"), silent)
    for path in (tmp_path / "w.ls").rglob("*.*"):
        if path.is_file():
            assert b"schmidt" not in path.read_bytes().lower(), path
            assert b"19500102" not in path.read_bytes(), path
    assert json.loads((tmp_path / "w.ls" / "ingest.json").read_text())["series_chosen"]["… 4ch"] == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CINE_segmented_LAX_4Ch", "cine segmented lax 4ch"),
        ("Doe^Jane 4CH", "… 4ch"),
        ("4ch 1950-01-02", "4ch …"),
        ("T1 MOLLI sl3", "t1 molli sl3"),
        ("Müller Ägidius", ""),
        ("", ""),
        ("4ch 007 1234567", "4ch …"),
    ],
)
def test_only_words_of_imaging_are_shown(text: str, shown: str) -> None:
    assert spoken(text) == shown


def test_an_empty_nifti_image_is_one_line_and_a_sound_one_beside_it_is_taken(tmp_path: Path) -> None:
    write_nifti(tmp_path / "s" / "p_4ch.nii.gz", heart(4, n=10))
    (tmp_path / "s" / "e_4ch.nii.gz").write_bytes(b"")
    report = ingest([tmp_path / "s"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert stray_lines(report.entries) == [("e_4ch.nii.gz", "file.empty", "empty file")]
    assert len(report.entries) == 1


def test_a_nifti_series_says_its_frames_and_size(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "other.nii.gz", heart(4, n=10))
    job = CineJob(path=path, name=path.name, subject="7", modality="cine", view="4ch", mapping=())
    (entry,) = read_cine(job).entries
    assert "no known words (10 frames of 120 x 140; other.nii.gz)" in entry.reason


def test_an_empty_header_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "a.hea").write_bytes(b"")
    job = RecordJob(path=tmp_path / "a.hea", name="a.hea", subject="a", modalities=DEFAULT.leads)
    (entry,) = read_record(job).entries
    assert (entry.code, entry.reason) == ("wfdb.malformed", "is empty")


def test_what_is_kept_of_a_record_without_a_modality_is_said_as_it_is(tmp_path: Path) -> None:
    signal = wfdb_cohort.heart(1)
    write_record(tmp_path, "a", signal)
    lengths = {"long": 60, "short": 2}
    part = {n: LeadModality(name=n, label=n, leads=("I",), signal="strip", seconds=s) for n, s in lengths.items()}
    job = RecordJob(path=tmp_path / "a.hea", name="a.hea", subject="a", modalities=tuple(part.values()))
    record = read_record(job)
    assert list(record.arrays) == ["short"]
    assert record.entries[-1].hint == "The record's other modalities are kept."
    alone = read_record(RecordJob(path=job.path, name="a.hea", subject="a", modalities=(part["long"],)))
    assert not alone.arrays
    assert alone.entries[-1].hint == "Nothing of this record can be used: look at it."
