"""Every test that the guide names as the one that shows a promise is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WRITTEN = [
    *(ROOT / "docs" / "guide").glob("*.md"),
    ROOT / "docs" / "design" / "statistics.md",
    ROOT / "docs" / "reference" / "security.md",
]
PAGES = sorted(p for p in WRITTEN if "tests/" in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:tests|frontend/src)/[\w/.-]+\.(?:py|ts))(?:::(\w+))?`", page.read_text(encoding="utf-8"))
    missing = [f"{path}::{name}" for path, name in named if not is_there(ROOT / path, name)]
    assert missing == []


def test_the_page_of_promises_names_many() -> None:
    text = (ROOT / "docs" / "guide" / "promises.md").read_text(encoding="utf-8")
    assert len(re.findall(r"::test_\w+`", text)) > 40
    assert not is_there(ROOT / "tests" / "test_promises.py", "test_that_nobody_wrote")


def is_there(path: Path, name: str) -> bool:
    """Whether the file is there and defines the function, if one is named."""
    if not path.is_file():
        return False
    if not name:
        return True
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in body)
