"""The parts of an ingest: limits of the children, the modalities file, codes, cells, matching."""

import ast
import os
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_records import real_data
from latentspace.errors import InputError, NotFoundError
from latentspace.ingest.cells import BadCell, read_cell
from latentspace.ingest.codes import parse_codes
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.match import match
from latentspace.ingest.plan import TableColumns, read_plan
from latentspace.phenotype import Phenotype
from latentspace.readers.table import Table, read_table

EXAMPLE = Path(__file__).parents[1] / "examples" / "ptbxl" / "modalities.toml"


def behave(item: str) -> str:
    """What a reader may do; a function of the module, so that a child can find it."""
    match item:
        case "die":
            os._exit(9)
        case "eat":
            return str(len(bytearray(4 << 30)))
        case "hang":
            time.sleep(60)
        case "break":
            raise KeyError(item)
        case "panic":  # polars' Rust code panics with what is no Exception, and cannot be pickled
            raise type("Panic", (BaseException,), {})
        case _:
            pass
    return item.upper()


def test_a_file_that_kills_eats_hangs_or_breaks_the_reader_costs_only_itself() -> None:
    items = ["a", "die", "b", "eat", "c", "hang", "break", "panic", "d"]
    limits = Limits(memory_bytes=2 << 30, seconds_each=3.0)
    results = dict(map_limited(behave, items, workers=2, limits=limits))
    failures = {items[i]: r.reason for i, r in results.items() if isinstance(r, Failure)}
    assert [results[i] for i in (0, 2, 4, 8)] == ["A", "B", "C", "D"]
    assert "kills" in failures["die"]
    assert "memory" in failures["eat"]
    assert "longer than 3 s" in failures["hang"]
    assert "KeyError" in failures["break"]
    assert "Panic" in failures["panic"]


def test_the_example_says_what_it_means() -> None:
    plan = read_plan(EXAMPLE)
    assert [part.modality.shape for part in plan.modalities] == [(2, 600), (6, 600), (1, 5000)]
    assert [part.modality.role for part in plan.modalities] == ["modelled", "modelled", "display"]
    assert plan.modalities[0].modality.axes[1].origin == pytest.approx(-0.434)
    assert (plan.table.subject, plan.table.visit, plan.table.file) == ("patient_id", "ecg_id", "filename_hr")
    assert {c.value for c in plan.derive[0].classes} == {"NORM", "MI", "STTC", "CD", "HYP"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "Invalid value"),
        ('title = "x"', "modality"),
        ('[[modality]]\nname = "a"', "leads"),
        ('[[modality]]\nname = "a"\nleads = ["X9"]', "aVR"),
        ('[[modality]]\nname = "a"\nleads = ["I", "i"]', "each once"),
        ('[[modality]]\nname = "../a"\nleads = ["I"]', "lower-case"),
        ('[[modality]]\nname = "a"\nleads = ["I"]\nsignal = "sum"', "beat or strip"),
        ('[[modality]]\nname = "a"\nleads = ["I"]\nleeds = 1', "leeds"),
        ('[[modality]]\nname = "a"\nleads = ["I"]\n[[modality]]\nname = "a"\nleads = ["II"]', "twice"),
        ('[[modality]]\nname = "a"\nleads = ["I"]\n[[derive]]\nkind = "guess"', "from-codes"),
        ("modality = 3", "not iterable"),
        ('modality = ["a"]', ""),
    ],
)
def test_a_wrong_modalities_file_is_refused_with_the_reason(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(InputError) as error:
        read_plan(tmp_path / "m.toml")
    assert error.value.code == "modalities.malformed"
    assert says in error.value.found


def test_a_missing_modalities_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_plan(tmp_path / "none.toml")


def test_codes_of_every_real_record_are_read_as_python_reads_them() -> None:
    cells = read_table(real_data() / "ptbxl_database.csv").frame["scp_codes"].to_list()
    assert len(cells) == 434
    assert [parse_codes(cell) for cell in cells] == [ast.literal_eval(cell) for cell in cells]


@given(st.dictionaries(st.from_regex(r"\A[A-Z0-9_]{1,6}\Z"), st.floats(0, 100, allow_nan=False)))
def test_any_dictionary_of_codes_is_read_as_python_reads_it(codes: dict[str, float]) -> None:
    assert parse_codes(repr(codes)) == codes


@pytest.mark.parametrize("text", ["{", "{'A'}", "{'A': __import__('os')}", "{'A': 1", "{'A': 1, 2}", "{'A': e}"])
def test_what_is_no_dictionary_of_codes_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - float's own message too
        parse_codes(text)


def test_plain_lists_of_codes_are_codes() -> None:
    assert set(parse_codes("I21.0, I48 E11;J45")) == {"I21.0", "I48", "E11", "J45"}


AGE = Phenotype(name="age", label="", kind="continuous", missing=("300", "-1"), range=(0.0, 120.0))
COUNT = Phenotype(name="n", label="", kind="count")
SEX = Phenotype(name="sex", label="", kind="nominal", levels=("Man", "Woman"), codes=("0", "1"))
FLAG = Phenotype(name="flag", label="", kind="boolean", levels=("No", "Yes"))


@pytest.mark.parametrize(
    ("phenotype", "cell", "expected"),
    [
        (AGE, "56.5", 56.5),
        (AGE, "300.0", None),
        (AGE, "-1", None),
        (AGE, "nan", None),
        (AGE, "old", "cell.text"),
        (AGE, "1,5", "cell.text"),
        (AGE, "121", "cell.range"),
        (AGE, "inf", "cell.number"),
        (COUNT, "3.0", 3),
        (COUNT, "3.5", "cell.number"),
        (SEX, "1.0", "Woman"),
        (SEX, "Man", "Man"),
        (SEX, "2", "cell.level"),
        (FLAG, "True", True),
        (FLAG, "0.0", False),
        (FLAG, "No", False),
        (FLAG, "maybe", "cell.boolean"),
    ],
)
def test_a_cell_is_what_the_dictionary_declares(phenotype: Phenotype, cell: str, expected: object) -> None:
    value = read_cell(phenotype, cell)
    assert (value.code if isinstance(value, BadCell) else value) == expected


def test_of_two_files_of_one_name_the_path_decides_and_a_wrong_folder_is_not_guessed() -> None:
    frame = pl.DataFrame({"id": ["1", "2", "3"], "file": ["a/x", "b/x", "c/x"]})
    table = Table(file="t.csv", frame=frame, rows=(2, 3, 4), entries=())
    records = [Path("/data/b/x.hea"), Path("/data/a/x.hea")]
    visits, entries = match(table, TableColumns(subject="id", file="file"), {"ecg": records})
    assert [(v.subject_id, str(v.files["ecg"])) for v in visits] == [("1", "/data/a/x.hea"), ("2", "/data/b/x.hea")]
    assert [(e.code, e.subject) for e in entries] == [("row.no_record", "3")]
    alone, _ = match(table, TableColumns(subject="id", file="file"), {"ecg": records[:1]})
    assert [v.subject_id for v in alone] == ["2"]


def test_ids_keep_their_zeros_and_a_wrong_column_is_named() -> None:
    frame = pl.DataFrame({"id": ["007", "7.0"], "file": ["a", "b"]})
    table = Table(file="t.csv", frame=frame, rows=(2, 3), entries=())
    visits, _ = match(table, TableColumns(subject="id", file="file"), {"ecg": [Path("a.hea"), Path("b.hea")]})
    assert [v.subject_id for v in visits] == ["007", "7.0"]
    with pytest.raises(InputError, match="no column 'who'"):
        match(table, TableColumns(subject="who"), {})
