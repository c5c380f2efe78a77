"""Tables as people write them."""

from pathlib import Path

import polars as pl
import pytest

from latentspace.errors import InputError, NotFoundError
from latentspace.readers.table import Table, read_table


def table(folder: Path, data: bytes, name: str = "t.csv") -> Table:
    (folder / name).write_bytes(data)
    return read_table(folder / name)


def codes(read: Table) -> list[str]:
    return [f"{entry.code}:{entry.outcome}" for entry in read.entries]


def test_cells_stay_text_and_empty_ones_are_missing(tmp_path: Path) -> None:
    read = table(tmp_path, b"id,age\n007,56.0\n123456789012345678901234567890,\n")
    assert read.frame.rows() == [("007", "56.0"), ("123456789012345678901234567890", None)]
    assert read.rows == (2, 3)
    assert not read.entries


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("latin-1", ["table.encoding:repaired"]),
        ("utf-16", ["table.encoding:repaired"]),
    ],
)
def test_every_encoding_gives_the_same_letters(tmp_path: Path, encoding: str, expected: list[str]) -> None:
    read = table(tmp_path, "id,größe\na,é\n".encode(encoding))
    assert read.frame.columns == ["id", "größe"]
    assert read.frame.rows() == [("a", "é")]
    assert codes(read) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_a_line_end(tmp_path: Path, end: str) -> None:
    assert table(tmp_path, f"id,x{end}a,1{end}b,2{end}".encode()).frame.rows() == [("a", "1"), ("b", "2")]


def test_a_short_row_is_filled_and_a_long_one_is_left_out_and_both_are_said(tmp_path: Path) -> None:
    read = table(tmp_path, b"id,x,y\na,1\nb,1,2,3\nc,1,2,\nd,1,2\n")
    assert read.frame.rows() == [("a", "1", None), ("c", "1", "2"), ("d", "1", "2")]
    assert read.rows == (2, 4, 5)
    assert codes(read) == ["table.ragged:repaired", "table.ragged:rejected", "table.ragged:repaired"]


def test_an_unclosed_quote_loses_its_own_row_only(tmp_path: Path) -> None:
    read = table(tmp_path, b'id,x\na,1\nb,"oops\nc,3\n')
    assert read.frame.rows() == [("a", "1"), ("c", "3")]
    assert codes(read) == ["table.ragged:rejected"]
    assert "row 3" in read.entries[0].reason


def test_semicolons_tabs_and_parquet_are_read_alike(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a"], "x": [1.5]}).write_parquet(tmp_path / "p.parquet")
    expected = [("a", "1.5")]
    assert table(tmp_path, b"id;x\na;1.5\n").frame.rows() == expected
    assert table(tmp_path, b"id\tx\na\t1.5\n", "t.tsv").frame.rows() == expected
    assert read_table(tmp_path / "p.parquet").frame.rows() == expected


@pytest.mark.parametrize(
    ("name", "data"), [("t.csv", b"id,id\n1,2\n"), ("t.csv", b""), ("t.xlsx", b"PK"), ("t.parquet", b"PAR1 not")]
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(InputError, match=r"table\.unreadable"):
        table(tmp_path, data, name)


def test_a_missing_table_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "none.csv")
