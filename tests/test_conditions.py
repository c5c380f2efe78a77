"""Diagnoses of a long table as conditions: what a set of prefixes says, by sets of Python alone."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from latentspace.errors import InputError, NotFoundError
from latentspace.ingest import IngestOptions
from latentspace.ingest.conditions import conditions, read_conditions
from latentspace.ingest.plan import read_plan
from latentspace.ingest.table_told import phenotypes_of_table
from latentspace.readers.table import read_table
from latentspace.report import IngestReport

CLASSES = [
    {"name": "failure", "label": "Heart failure", "prefixes": ["I50", "I11.0"]},
    {"name": "ischaemic", "label": "Ischaemic heart disease", "prefixes": ["I20-I25"]},
]
PEOPLE = pl.DataFrame({"eid": ["007", "008", "009", "010", None]})


def long_table(folder: Path, text: str, name: str = "hesin_diag.txt") -> list[Path]:
    (folder / name).write_text(text)
    return [folder]


def test_codes_with_and_without_the_dot_belong_to_prefixes_and_ranges(tmp_path: Path) -> None:
    rows = [
        "007\tI50.1",
        "007\tJ45",
        "008\ti110",
        "008\tI119",
        "009\tI252",
        "009\tI26.0",
        "099\tI50",
        "010\t",
        "010\t410.9",
    ]
    folders = long_table(tmp_path, "\n".join(["eid\tdiag_icd10", *rows]))
    derive = read_conditions(
        {"kind": "icd10", "table": "hesin_diag.txt", "subject": "eid", "code": "diag_icd10", "classes": CLASSES}
    )
    columns, entries = conditions(derive, PEOPLE, "eid", folders)
    assert {c.name: c.to_list() for c in columns} == {
        "failure": [True, True, False, False, False],
        "ischaemic": [False, False, True, False, False],
    }
    assert [(e.code, e.outcome) for e in entries] == [("icd.codes", "flagged")]  # ICD-9
    assert "1 of 7 rows" in entries[0].reason


def test_only_diagnoses_up_to_the_day_of_the_visit_count(tmp_path: Path) -> None:
    rows = ["007,I500,31/01/2020", "008,I500,2020-02-01", "009,I500,", "010,I21,2019-12-24"]
    folders = long_table(tmp_path, "\n".join(["eid,code,epistart", *rows]), "d.csv")
    people = PEOPLE.with_columns(
        pl.Series("seen", ["2020-01-31", "2020-01-31", "2020-01-31", "2020-01-31 10:00", None])
    )
    row = {"kind": "icd10", "table": "d.csv", "subject": "eid", "date": "epistart", "until": "seen", "classes": CLASSES}
    columns, entries = conditions(read_conditions(row), people, "eid", folders)
    assert columns[0].to_list() == [True, False, False, False, False]
    assert columns[1].to_list() == [False, False, False, True, False]
    assert "1 diagnoses without a date" in entries[0].reason


def test_a_large_table_is_what_sets_of_python_say_with_several_visits_of_a_person(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n, people = 200_000, [f"{i:04d}" for i in range(2000)]
    codes = np.array(["I500", "I110", "I219", "J45", "I259", "I26", "E119", "I48.9", "Z99"])
    who = rng.integers(0, 4000, n)
    frame = pl.DataFrame(
        {"eid": [f"{i:04d}" for i in who], "code": codes[rng.choice(9, n, p=[0.002] * 5 + [0.2475] * 4)]}
    )
    frame.write_parquet(tmp_path / "d.parquet")
    held: dict[str, set[str]] = {}
    for person, code in frame.iter_rows():
        held.setdefault(person, set()).add(code)
    derive = read_conditions({"kind": "icd10", "table": "d.parquet", "subject": "eid", "classes": CLASSES})
    columns, entries = conditions(derive, pl.DataFrame({"eid": people * 2}), "eid", [tmp_path])
    assert columns[0].to_list() == [bool(held.get(p, set()) & {"I500", "I110"}) for p in people] * 2
    assert columns[1].to_list() == [bool(held.get(p, set()) & {"I219", "I259"}) for p in people] * 2
    assert 0.05 < np.mean(columns[0].to_list()) < 0.5
    assert entries == []


def test_a_column_of_codes_is_read_and_an_empty_cell_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("eid,p41270\n1,\"['I500', 'J45']\"\n2,I10|I25.1\n3,\n4,none\n")
    classes = "\n".join(f'[[derive.classes]]\nname = "{c["name"]}"\nprefixes = {c["prefixes"]}' for c in CLASSES)
    tables = ('[table]\nsubject = "eid"', '[[modality]]\nname = "ecg"\nleads = ["I"]', '[[derive]]\nkind = "icd10"')
    plan = "\n".join([*tables, 'column = "p41270"', ""])
    (tmp_path / "m.toml").write_text(plan + classes)
    options = IngestOptions(table=tmp_path / "people.csv")
    report = IngestReport()
    found = phenotypes_of_table(read_table(tmp_path / "people.csv"), read_plan(tmp_path / "m.toml"), options, report)
    values = {c.name: c.to_list() for c in found.columns}
    assert values["failure"] == [True, False, None, None]
    assert values["ischaemic"] == [False, True, None, None]
    assert [p.label for p in found.dictionary if p.name == "failure"] == ["failure"]
    assert [e.code for e in report.entries] == ["icd.codes"]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"table": "a.csv", "column": "b"},
        {"table": "a.csv", "date": "d"},
        {"table": "a.csv", "wild": "d"},
        {"table": "a.csv", "classes": [{"name": "a", "prefixes": ["heart"]}]},
        {"table": "a.csv", "classes": [{"name": "a", "prefixes": ["I20-I251"]}]},
    ],
)
def test_a_derivation_that_cannot_be_understood_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="derive"):
        read_conditions({"kind": "icd10", "classes": CLASSES, **row})


def test_a_table_or_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    derive = read_conditions({"kind": "icd10", "table": "d.csv", "classes": CLASSES})
    with pytest.raises(NotFoundError, match=r"d\.csv"):
        conditions(derive, PEOPLE, "eid", [tmp_path])
    with pytest.raises(InputError, match="has no column 'subject_id'"):
        conditions(derive, PEOPLE, "eid", long_table(tmp_path, "who,code\n1,I50\n", "d.csv"))
