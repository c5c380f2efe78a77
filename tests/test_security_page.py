"""The page of security names every promise of the project by its number, each with a test or with the word none."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "security.md").read_text(encoding="utf-8")
NUMBERS = [f"{letter}{i}" for letter, last in (("D", 12), ("B", 21), ("F", 16), ("P", 7)) for i in range(1, last + 1)]
ROWS = re.findall(r"^\| ([DBFP]\d+) \| .+? \| (.+) \|$", PAGE, flags=re.MULTILINE)


def test_every_number_has_one_row_in_order() -> None:
    assert [number for number, _ in ROWS] == NUMBERS


def test_every_row_names_a_test_or_says_that_there_is_none() -> None:
    assert [number for number, said in ROWS if "`tests/" not in said and "none" not in said] == []
