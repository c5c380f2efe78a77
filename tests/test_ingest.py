"""From a folder with good and bad files to a workspace and a report that names every bad one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import wfdb_cohort
from ecg_records import real_data, write_record
from latentspace.arrays import read_rows
from latentspace.errors import InputError, NotFoundError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.copies import flag_copies
from latentspace.ingest.match import Visit
from latentspace.ingest.records import Record
from latentspace.progress import silent
from latentspace.report import IngestReport
from latentspace.run import people, split
from latentspace.verify import verify
from latentspace.workspace import open_folder

EXAMPLE = Path(__file__).parents[1] / "examples" / "ptbxl"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, IngestReport]:
    """A cohort in which every kind of trouble occurs once, ingested."""
    folder = tmp_path_factory.mktemp("cohort")
    options = wfdb_cohort.write(folder)
    return folder, ingest([folder / "records"], folder / "made.ls", options, silent)


def found(report: IngestReport, code: str) -> list[tuple[str, str]]:
    return [(entry.subject, entry.outcome) for entry in report.entries if entry.code == code]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("wfdb.missing_dat", [("gone", "rejected")]),
        ("wfdb.truncated", [("cut", "rejected")]),
        ("wfdb.malformed", [("liar", "rejected")]),
        ("row.duplicate", [("007", "rejected")]),
        ("record.identical", [("copy", "flagged")]),
        ("record.conflict", [("thief", "rejected")]),
        ("row.no_record", [("absent", "rejected")]),
        ("row.no_subject", [("", "rejected")]),
        ("record.no_row", [("", "rejected")]),
        ("modality.missing", [(name, "rejected") for name in ("limbs", "flat", "noise", "noise")]),
        ("lead.flat", [("flat", "rejected")]),
        ("lead.gaps", [("gaps", "flagged")]),
        ("lead.einthoven", [("swapped", "flagged")]),
        ("lead.reversed", [("arms", "flagged")]),
        ("lead.saturated", [("clipped", "flagged")]),
        ("signal.gain", [("loud", "flagged")]),
        ("beat.none", [("noise", "rejected")]),
        ("cell.text", [("gaps", "rejected")]),
        ("cell.range", [("loud", "rejected")]),
        ("cell.level", [("arms", "rejected")]),
        ("cell.codes", [("", "rejected")]),
        ("table.ragged", [("", "rejected")]),
        ("dictionary.absent", [("", "flagged")]),
    ],
)
def test_each_trouble_is_one_line_of_the_report(
    ingested: tuple[Path, IngestReport], code: str, expected: list[tuple[str, str]]
) -> None:
    assert sorted(found(ingested[1], code)) == sorted(expected)


def test_the_rest_is_there_and_its_values_are_those_of_the_files(ingested: tuple[Path, IngestReport]) -> None:
    workspace = open_folder(ingested[0] / "made.ls")
    subjects = workspace.subjects()
    kept = [("007", "1"), ("007", "2"), *((name, "1") for name in ("copy", *wfdb_cohort.KEPT))]
    assert subjects.select("subject_id", "visit").rows() == kept
    first = subjects.row(0, named=True)
    assert (first["age"], first["sex"], first["sick"], first["well"]) == (61.0, "Woman", True, False)
    assert first["heart_rate"] == pytest.approx(75, abs=0.5)
    assert subjects.filter(subjects["subject_id"] == "gaps")["age"].to_list() == [None]
    strip = read_rows(workspace.recordings("rhythm"))[0, 0]
    np.testing.assert_allclose(strip, wfdb_cohort.heart(0)[1], atol=0.0006)
    assert not verify(workspace, silent)[1]


def test_a_person_without_a_modality_is_kept_with_the_others(ingested: tuple[Path, IngestReport]) -> None:
    workspace = open_folder(ingested[0] / "made.ls")
    row = workspace.subjects()["subject_id"].to_list().index("limbs")
    assert workspace.present("limb")[row]
    assert not workspace.present("chest")[row]
    assert np.isnan(read_rows(workspace.recordings("chest"))[row]).all()
    assert np.isfinite(read_rows(workspace.recordings("limb"))[row]).all()


def test_names_and_undeclared_texts_are_found_nowhere_in_the_workspace(ingested: tuple[Path, IngestReport]) -> None:
    table = (ingested[0] / "people.csv").read_text()
    assert table.count("CANARY") > 20
    for path in (ingested[0] / "made.ls").rglob("*"):
        assert not path.is_file() or b"CANARY" not in path.read_bytes(), path
    assert "name" in ingested[1].facts["columns_left_out"]


def test_a_dry_run_reports_what_needs_no_reading_and_writes_nothing(ingested: tuple[Path, IngestReport]) -> None:
    folder, before = ingested
    options = wfdb_cohort.options(folder, dry_run=True)
    report = ingest([folder / "records"], folder / "dry.ls", options, silent)
    assert [e for e in report.entries if e in before.entries] == report.entries
    assert {"row.no_record", "row.duplicate", "record.no_row", "cell.range"} <= {e.code for e in report.entries}
    assert not (folder / "dry.ls").exists()
    assert sorted(path.name for path in folder.glob(".*")) == []


def test_ids_that_a_program_wrote_as_floats_lose_the_point(tmp_path: Path) -> None:
    write_record(tmp_path / "r", "a", wfdb_cohort.heart(1))
    (tmp_path / "t.csv").write_text("subject_id,file\n15709.0,a\n")
    (tmp_path / "m.toml").write_text('[table]\nfile = "file"\n[[modality]]\nname = "ecg"\nleads = ["I", "V2"]\n')
    options = IngestOptions(table=tmp_path / "t.csv", modalities=tmp_path / "m.toml", workers=1)
    report = ingest([tmp_path / "r"], tmp_path / "w.ls", options, silent)
    assert open_folder(tmp_path / "w.ls").subjects()["subject_id"].to_list() == ["15709"]
    assert found(report, "subject.float") == [("", "repaired")]


def test_without_table_and_dictionary_every_record_is_a_person(tmp_path: Path) -> None:
    for name in ("007", "8"):
        write_record(tmp_path / "r", name, wfdb_cohort.heart(int(name)))
    ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    workspace = open_folder(tmp_path / "w.ls")
    assert workspace.subjects()["subject_id"].to_list() == ["007", "8"]
    assert workspace.modalities[0].shape == (12, 600)
    assert workspace.modalities[0].axes[1].origin == pytest.approx(-0.434)


def test_a_column_that_recordings_tell_too_is_the_tables_own(tmp_path: Path) -> None:
    for i in range(6):
        write_record(tmp_path / "r", f"p{i}", wfdb_cohort.heart(i))
    said = [(f"p{i}", 61.25 + i, 979.5 + i) for i in range(6)]
    lines = ["subject_id,heart_rate,rr_ms", *(",".join(map(str, row)) for row in said)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    report = ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(table=tmp_path / "t.csv", workers=1), silent)
    assert found(report, "column.told_twice") == [("", "flagged")] * 2
    workspace = open_folder(tmp_path / "w.ls")
    assert workspace.subjects()["heart_rate"].to_list() == [row[1] for row in said]
    assert workspace.subjects()["rr_ms"].to_list() == [row[2] for row in said]
    assert sorted(p.name for p in workspace.dictionary()) == ["heart_rate", "rr_ms"]


def test_a_name_in_a_record_line_is_not_in_the_report(tmp_path: Path) -> None:
    write_record(tmp_path / "r", "a", wfdb_cohort.heart(1))
    (tmp_path / "r" / "b.hea").write_text("b Mustermann 500 5000\n")
    (tmp_path / "r" / "c.hea").write_text("c 1 500 5000\nErika Mustermann, a line\n")
    report = ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert len([entry for entry in report.entries if entry.code.startswith("wfdb.")]) == 2
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "w.ls").glob("ingest.*")]
    assert len(texts) == 2
    assert not [text for text in texts if "Mustermann" in text]


def test_kinds_are_inferred_and_said_where_there_is_no_dictionary(tmp_path: Path) -> None:
    lines = ["subject_id,age,sex,ill,free"]
    for i in range(6):
        write_record(tmp_path / "r", f"p{i}", wfdb_cohort.heart(i))
        lines.append(f"p{i},{40 + i}.5,{'mw'[i % 2]},{i % 2},CANARY {i}")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    report = ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(table=tmp_path / "t.csv", workers=1), silent)
    assert report.facts["inferred_kinds"] == {"age": "continuous", "sex": "nominal", "ill": "boolean"}
    assert set(report.facts["columns_left_out"]) == {"subject_id", "free"}
    assert open_folder(tmp_path / "w.ls").subjects()["ill"].to_list() == [False, True] * 3


def test_a_new_ingest_keeps_the_runs_and_replaces_the_cohort(tmp_path: Path) -> None:
    write_record(tmp_path / "r", "a", wfdb_cohort.heart(1))
    ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    (tmp_path / "w.ls" / "runs" / "x").mkdir(parents=True)
    (tmp_path / "w.ls" / "runs" / "x" / "run.json").write_text("{}")
    write_record(tmp_path / "r", "b", wfdb_cohort.heart(2))
    ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert len(open_folder(tmp_path / "w.ls").subjects()) == 2
    assert (tmp_path / "w.ls" / "runs" / "x" / "run.json").read_text() == "{}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r", "w.ls"]


@pytest.mark.parametrize("delay_s", [0.5, 1.5, 2.0, 2.2, 2.4, 2.6, 3.0])
def test_killed_at_any_moment_the_old_workspace_is_whole(tmp_path: Path, delay_s: float) -> None:
    for i in range(3):
        write_record(tmp_path / "r", f"p{i}", wfdb_cohort.heart(i))
    ingest([tmp_path / "r" / "p0.hea"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    code = "import sys; from latentspace.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "ingest", str(tmp_path / "r"), "--into", str(tmp_path / "w.ls")]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(delay_s)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    workspace = open_folder(tmp_path / "w.ls")
    assert len(workspace.subjects()) in (1, 3)
    assert not verify(workspace, silent)[1]


def test_killed_between_the_two_renames_the_old_workspace_is_found_again(tmp_path: Path) -> None:
    write_record(tmp_path / "r", "a", wfdb_cohort.heart(1))
    ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    (tmp_path / "w.ls").rename(tmp_path / ".w.ls.old")  # what such a kill leaves
    assert len(open_folder(tmp_path / "w.ls").subjects()) == 1


@pytest.mark.parametrize(
    ("prepare", "error", "code"),
    [
        ("nothing", NotFoundError, "ingest.no_source"),
        ("empty", NotFoundError, "ingest.no_records"),
        ("occupied", InputError, "workspace.occupied"),
        ("git", InputError, "workspace.git"),
        ("unreadable", InputError, "ingest.nothing"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(
    tmp_path: Path, prepare: str, error: type[InputError | NotFoundError], code: str
) -> None:
    records, into = tmp_path / "r", tmp_path / "w.ls"
    if prepare != "nothing":
        records.mkdir()
    if prepare not in ("nothing", "empty"):
        write_record(records, "a", np.zeros((12, 100)) if prepare == "unreadable" else wfdb_cohort.heart(1))
    if prepare == "occupied":
        into.mkdir()
        (into / "thesis.docx").write_text("precious")
    if prepare == "git":
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with pytest.raises(error) as raised:
        ingest([records], into, IngestOptions(workers=1), silent)
    assert raised.value.code == code
    assert raised.value.hint
    assert prepare != "occupied" or (into / "thesis.docx").read_text() == "precious"


def test_an_ignored_folder_within_git_is_accepted(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("*.ls/\n")
    write_record(tmp_path / "r", "a", wfdb_cohort.heart(1))
    ingest([tmp_path / "r"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert (tmp_path / "w.ls" / "workspace.json").is_file()


def test_people_who_share_a_recording_are_never_parted(ingested: tuple[Path, IngestReport]) -> None:
    subjects = open_folder(ingested[0] / "made.ls").subjects()
    kept_with = dict(subjects.select("subject_id", "kept_with").rows())
    assert kept_with.pop("copy") == "007"
    assert all(subject == other for subject, other in kept_with.items())
    held_out = {seed for seed in range(40) if split(people(subjects), seed=seed)[2] == "held_out"}
    assert held_out == {seed for seed in range(40) if split(people(subjects), seed=seed)[0] == "held_out"}
    assert 2 < len(held_out) < 38


def test_ties_through_a_third_person_hold_too() -> None:
    def visit(subject: str, number: int, digest: str) -> tuple[Visit, dict[str, Record]]:
        file = {"ecg": Path(f"{subject}-{number}.hea")}
        at = Visit(subject_id=subject, visit=str(number), position=0, row=0, files=file)
        return at, {"ecg": Record(arrays={"ecg": np.zeros((1, 1), np.float32)}, entries=(), digest=digest)}

    kept = [visit("a", 1, "x"), visit("b", 1, "y"), visit("c", 1, "z"), visit("b", 2, "x"), visit("c", 2, "y")]
    together, entries = flag_copies(kept)
    assert together == ["a"] * 5
    assert [(entry.subject, entry.outcome) for entry in entries] == [("b", "flagged"), ("c", "flagged")]


def test_ptb_xl_is_ingested_whole_and_its_copies_are_named(tmp_path: Path) -> None:
    folder = real_data()
    options = IngestOptions(
        table=folder / "ptbxl_database.csv",
        dictionary=EXAMPLE / "dictionary.json",
        modalities=EXAMPLE / "modalities.toml",
    )
    report = ingest([folder / "records500"], tmp_path / "ptbxl.ls", options, silent)
    facts = report.facts
    assert (facts["records_found"], facts["table_rows"]) == (434, 434)
    assert (facts["rows_kept"], facts["people"]) == (434, 407)
    assert facts["present"] == {"limb": 434, "chest": 434, "rhythm": 434}
    assert facts["phenotypes"]["height"] == 434 - 291
    assert report.rejected == 0
    copies = [entry for entry in report.entries if entry.code == "record.identical"]
    assert [entry.file for entry in copies] == [
        "00138_hr.hea",
        "00144_hr.hea",
        "00457_hr.hea",
        "00460_hr.hea",
        "00463_hr.hea",
    ]
    assert ["same subject" in entry.reason for entry in copies] == [True, True, True, True, False]
    subjects = open_folder(tmp_path / "ptbxl.ls").subjects()
    assert len(set(people(subjects))) == 406
    assert subjects["subject_id"][0] == "15709"
    assert set(subjects["sex"]) == {"Man", "Woman"}
    assert subjects.columns[2:] == [*facts["phenotypes"], "kept_with"]
    sums = {name: int(subjects[name].sum()) for name in ("normal", "infarction", "conduction", "hypertrophy")}
    assert sums == wfdb_cohort.superclasses(folder, [int(visit) for visit in subjects["visit"]])
