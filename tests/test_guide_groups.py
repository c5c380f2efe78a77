"""The guide's walk from a question to a table for a paper: its numbers are those that the command line writes."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from built import Built
from latentspace.cli import main

GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "groups.md"
RECIPE = {"kind": "one_of", "column": "lbbb", "values": ["Yes"]}


def written(cardiac: Built, folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What `group W compare lbbb.json` prints."""
    file = folder / "lbbb.json"
    file.write_text(json.dumps(RECIPE), encoding="utf-8")
    capsys.readouterr()
    assert main(["group", str(cardiac.path), "compare", str(file), *options]) == 0
    return capsys.readouterr().out


def lines_shown() -> list[str]:
    """The lines that the guide says are printed."""
    (block,) = re.findall(r"```text\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return block.splitlines()


def test_every_line_that_the_guide_shows_is_printed_in_this_order(
    cardiac: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = written(cardiac, tmp_path, capsys, "--form", "markdown").splitlines()
    shown = lines_shown()
    assert len(shown) > 6
    assert [line for line in printed if line in shown] == shown


def test_strict_says_what_the_guide_says_of_it(
    cardiac: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, _, *rows = written(cardiac, tmp_path, capsys, "--form", "markdown", "--disclosure", "strict").splitlines()
    assert head.startswith(("| Variable | lbbb (n = 45) |", "| Variable | lbbb (n = 50) |"))
    assert rows[1].startswith("| QRS duration, ms | ")
    counts = [int(n) for line in rows for n in re.findall(r"\| (\d+) \(\d", line)]
    assert len(counts) > 8
    assert all(n > 10 and n % 5 == 0 for n in counts)
    (dilated,) = (line for line in rows if line.startswith("| Dilated cardiomyopathy |"))
    assert dilated.startswith(("| Dilated cardiomyopathy | – |", "| Dilated cardiomyopathy | 15 ("))


class Cells(HTMLParser):
    """The cells of a table, row by row; a line break is kept as Markdown writes it."""

    def __init__(self) -> None:
        """Without a row yet."""
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row, a cell or a line break begins."""
        self.tags.add(" ".join([tag, *(f"{name}={value}" for name, value in attrs if name == "scope")]))
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
        elif tag == "br":
            self.rows[-1][-1] += "<br>"

    def handle_data(self, data: str) -> None:
        """The text of the cell."""
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_markdown_html_and_csv_are_one_table_with_qrs_duration_first(
    cardiac: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    markdown = written(cardiac, tmp_path, capsys, "--form", "markdown")
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.splitlines() if line[:1] == "|"]
    html = Cells()
    html.feed(written(cardiac, tmp_path, capsys, "--form", "html").partition("</table>")[0])
    heading, *rows = html.rows
    assert heading == lines[0]
    assert {"table", "th scope=col", "th scope=row", "th scope=rowgroup"} <= html.tags
    for row, line in zip(rows, lines[2:], strict=True):
        assert row == line if len(row) > 1 else line[0] == f"**{row[0]}**"
    assert (rows[0], rows[1][0]) == (["Measurements"], "QRS duration, ms")
    records = list(csv.DictReader(io.StringIO(written(cardiac, tmp_path, capsys, "--form", "csv"))))
    assert (records[0]["table"], records[0]["name"]) == ("Measurements", "qrs")
    assert rows[1][1].startswith(f"{float(records[0]['lbbb: mean']):.0f} ± {float(records[0]['lbbb: sd']):.0f}")
    named = [record["label"] for record in records if record["table"] == "Measurements"]
    assert [row[0].rpartition(",")[0] or row[0] for row in rows[1 : 1 + len(named)]] == named
    assert {record["table"] for record in records} == {"Measurements", "Conditions and categories"}
