"""Dictionaries of others and UK Biobank's columns: what is declared is what was meant, and nothing vanishes."""

import json
from pathlib import Path

import polars as pl
import pytest

from latentspace.errors import InputError
from latentspace.ingest import IngestOptions
from latentspace.ingest.dictionaries import declared_in
from latentspace.ingest.fields import Field, field_of
from latentspace.ingest.plan import DEFAULT
from latentspace.ingest.table_told import phenotypes_of_table
from latentspace.readers.table import read_table
from latentspace.report import IngestReport

SHOWCASE = """Path,Category,FieldID,Field,Participants,Items,Stability,ValueType,Units,ItemType,Instances,Array,Coding
Population > Baseline,100,31,Sex,1,1,Complete,Categorical single,,Data,1,1,9
Assessment > Reception,100,21003,Age when attended assessment centre,1,1,Complete,Integer,years,Data,4,1,
ECG > Rest,104,22335,P axis,1,1,Complete,Integer,degrees,Data,2,1,
Lifestyle > Alcohol,100,1588,Average weekly beer intake,1,1,Complete,Integer,pints/week,Data,4,1,100291
Outcomes > HES,100,41270,Diagnoses - ICD10,1,1,Complete,Categorical multiple,,Data,1,243,19
Notes > Free,100,22000,Notes of the nurse,1,1,Complete,Text,,Data,1,1,
Sleep > Sleep,100,1200,Sleeplessness,1,1,Complete,Categorical single,,Data,4,1,100343
"""
CODINGS = """Coding,Value,Meaning
9,0,Female
9,1,Male
100343,1,Never/rarely
100343,2,Sometimes
100343,3,Usually
100343,-3,Prefer not to answer
"""


def cohort(folder: Path, text: str, dictionary: str, name: str) -> tuple[pl.DataFrame, IngestReport]:
    """The phenotypes of a table by a dictionary of that file name, and the report."""
    (folder / "people.csv").write_text(text)
    (folder / name).write_text(dictionary)
    table = read_table(folder / "people.csv")
    options = IngestOptions(table=folder / "people.csv", dictionary=folder / name)
    report = IngestReport()
    found = phenotypes_of_table(table, DEFAULT, options, report)
    assert [p.name for p in found.dictionary] == [column.name for column in found.columns]
    return pl.DataFrame(list(found.columns)), report


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("p21003_i2", Field(21003, 2, 0)),
        ("p31", Field(31, 0, 0)),
        ("p41270_a3", Field(41270, 0, 3)),
        ("p4080_i2_a1", Field(4080, 2, 1)),
        ("participant.p21003_i2", Field(21003, 2, 0)),
        ("21003-2.0", Field(21003, 2, 0)),
        ("f.21003.2.0", Field(21003, 2, 0)),
        ("21003_Age_2_0", Field(21003, 2, 0)),
        ("21003_Age_when_attended_2_0", Field(21003, 2, 0)),
        ("21003_2_0", Field(21003, 2, 0)),
        ("age_when_attended_f21003_2_0", Field(21003, 2, 0)),
        *[(name, None) for name in ("eid", "age", "p21003_2", "21003", "pulse_1", "f.eid", "2020-01-31", "p-1_i0")],
    ],
)
def test_every_dialect_of_a_column_is_one_field(column: str, field: Field | None) -> None:
    assert field_of(column) == field


@pytest.mark.parametrize("column", ["p21003_i2", "21003-2.0", "f.21003.2.0", "21003_Age_2_0"])
@pytest.mark.parametrize("name", ["21003-2.0", "p21003_i2"])
def test_our_dictionary_finds_a_column_in_any_dialect(tmp_path: Path, column: str, name: str) -> None:
    dictionary = json.dumps([{"name": name, "label": "Age", "kind": "count", "unit": "years"}])
    columns, report = cohort(tmp_path, f"subject_id,{column},more\n007,54,1\n008,61,2\n", dictionary, "d.json")
    assert columns.to_dict(as_series=False) == {name: [54, 61]}
    assert report.facts["columns_left_out"] == {"more": "not declared in the dictionary"}
    assert report.entries == []


def test_the_showcase_says_kinds_units_levels_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "Codings.csv").write_text(CODINGS)
    table = (
        "subject_id,p31,p21003_i2,p21003_i3,22335-2.0,p1588_i2,p41270,p22000,f.1200.2.0,mystery\n"
        "1,0,54,57,-1,-10,I10,nice,1,x\n2,1,61,,-30,-3,,,-3,y\n3,1,70,72,55,12,,,3,z\n"
    )
    columns, report = cohort(tmp_path, table, SHOWCASE, "Data_Dictionary_Showcase.csv")
    assert columns["p31"].to_list() == ["Female", "Male", "Male"]
    assert columns["22335-2.0"].to_list() == [-1, -30, 55]  # an axis of -1 degree is a value: the field has no codes
    assert columns["p1588_i2"].to_list() == [0, None, 12]  # less than one; prefers not to answer
    assert columns["f.1200.2.0"].to_list() == ["Never/rarely", None, "Usually"]
    assert columns["p21003_i3"].to_list() == [57, None, 72]
    declared = declared_in(tmp_path / "Data_Dictionary_Showcase.csv", read_table(tmp_path / "people.csv")).dictionary
    assert [declared[n].label for n in ("p31", "p21003_i2", "p21003_i3")] == [
        "Sex",
        "Age when attended assessment centre, visit 2",
        "Age when attended assessment centre, visit 3",
    ]
    assert (declared["p21003_i2"].unit, declared["p21003_i2"].section) == ("years", "Reception")
    assert declared["f.1200.2.0"].levels == ("Never/rarely", "Sometimes", "Usually")
    left_out = report.facts["columns_left_out"]
    assert set(left_out) == {"p41270", "p22000", "mystery"}
    assert "several answers" in left_out["p41270"]
    assert "Text" in left_out["p22000"]
    assert [(e.code, e.outcome) for e in report.entries] == [("cell.few", "repaired")]


def test_a_table_schema_is_read_with_levels_bounds_and_missing_values(tmp_path: Path) -> None:
    schema = {
        "missingValues": ["", "NA"],
        "fields": [
            {"name": "subject_id", "type": "string"},
            {"name": "age", "title": "Age", "type": "integer", "constraints": {"minimum": 18, "maximum": 110}},
            {"name": "bmi", "type": "number", "unit": "kg/m2"},
            {"name": "nyha", "type": "string", "categories": ["I", "II", "III"], "categoriesOrdered": True},
            {
                "name": "sex",
                "type": "integer",
                "categories": [{"value": 1, "label": "Man"}, {"value": 2, "label": "Woman"}],
            },
            {"name": "smokes", "type": "boolean", "trueValues": ["Y"], "falseValues": ["N"]},
            {"name": "seen", "type": "date"},
            {"name": "note", "type": "string"},
            {"name": "gone", "type": "number"},
        ],
    }
    table = (
        "subject_id,age,bmi,nyha,sex,smokes,seen,note\n1,54,NA,II,1,Y,2020-01-31,hi\n2,200,24.5,I,2,N,2021-02-01,ho\n"
    )
    for content in (schema, {"resources": [{"name": "people", "schema": schema}]}):
        columns, report = cohort(tmp_path, table, json.dumps(content), "schema.json")
        assert columns["age"].to_list() == [54, None]
        assert columns["bmi"].to_list() == [None, 24.5]
        assert columns["nyha"].to_list() == ["II", "I"]
        assert columns["sex"].to_list() == ["Man", "Woman"]
        assert columns["smokes"].to_list() == [True, False]
        assert [str(day) for day in columns["seen"]] == ["2020-01-31", "2021-02-01"]
        assert list(report.facts["columns_left_out"]) == ["note"]
        assert sorted(e.code for e in report.entries) == ["cell.range", "dictionary.absent"]


def test_a_bids_description_is_read_and_kinds_it_does_not_say_follow_from_the_cells(tmp_path: Path) -> None:
    described = {
        "subject_id": {"Description": "who"},
        "age": {"LongName": "Age", "Units": "years"},
        "sex": {"Levels": {"M": "male", "F": {"Description": "female", "TermURL": "http://x"}}},
        "handed": {"Description": "hand"},
        "story": {"Description": "free"},
    }
    rows = [f"{i},{50 + i},{'MF'[i % 2]},{'LR'[i % 2]},told {i}" for i in range(6)]
    table = "\n".join(["subject_id,age,sex,handed,story", *rows, "9,n/a,n/a,n/a,n/a"])
    columns, report = cohort(tmp_path, table, json.dumps(described), "participants.json")
    assert columns["age"].to_list() == [*range(50, 56), None]
    assert columns["sex"].to_list() == ["male", "female"] * 3 + [None]
    assert columns["handed"].to_list() == ["L", "R"] * 3 + [None]
    assert list(report.facts["columns_left_out"]) == ["story"]
    assert report.entries == []


def test_our_own_dictionary_may_be_a_table(tmp_path: Path) -> None:
    dictionary = (
        "name,label,kind,unit,levels,codes,missing,range,sensitive\n"
        "age,Age,continuous,years,,,-1|-3,18|110,\nsex,Sex,nominal,,Man|Woman,0|1,,,true\n"
    )
    columns, _ = cohort(tmp_path, "subject_id,age,sex\n1,54,0\n2,-3,1\n", dictionary, "d.csv")
    assert columns.to_dict(as_series=False) == {"age": [54.0, None], "sex": ["Man", "Woman"]}
    declared = declared_in(tmp_path / "d.csv", read_table(tmp_path / "people.csv")).dictionary
    assert (declared["sex"].sensitive, declared["age"].sensitive, declared["age"].range) == (True, False, (18, 110))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", '{"age": 3}'),
        ("a.json", '{"fields": [{"type": "number"}]}'),
        ("a.json", '{"fields": [3]}'),
        ("a.json", '{"age": {"Levels": ["M"]}}'),
        ("a.json", "[" * 100_000),
        ("a.csv", "x,y\n1,2\n"),
        ("a.csv", "name,kind\nage,wild\n"),
    ],
)
def test_what_is_no_dictionary_is_refused_with_a_hint(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "people.csv").write_text("subject_id,age\n1,2\n")
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as refused:
        declared_in(tmp_path / name, read_table(tmp_path / "people.csv"))
    assert refused.value.code == "dictionary.unreadable"
    assert refused.value.hint
