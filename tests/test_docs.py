"""What the documentation must mention, so that nothing is added in silence; and that it builds without a warning."""

import argparse
import ast
import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from latentspace.cli import VERBS
from latentspace.ingest.array_modality import ArrayModality
from latentspace.ingest.conditions import Condition, FromIcd10
from latentspace.ingest.plan import CineModality, CodeClass, FromCodes, LeadModality, TableColumns
from latentspace.options import build_parser
from latentspace.phenotype import Phenotype

NOUNS = [
    *(TableColumns, LeadModality, CineModality, FromCodes, CodeClass, Phenotype),
    *(FromIcd10, Condition, ArrayModality),
]
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CODE = re.compile(r"[a-z]+\.[a-z_]+")
FILES = re.compile(r"\.(json|parquet|zarr|toml|onnx|safetensors|html|css|key|partial|lock)$|^docs\.|^latentspace\.")


def words(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def codes_in_source() -> set[str]:
    """Literals of the form `noun.trouble` that are given to an error, a report entry or an answer."""
    found: set[str] = set()
    for path in (ROOT / "src" / "latentspace").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call) and ast.unparse(node.func) not in ("at", "logging.getLogger"):
                given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "code")]
            elif isinstance(node, ast.Dict):
                keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
                given = [value for key, value in zip(keys, node.values, strict=True) if key == "code"]
            texts = [value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)]
            found |= {text for text in texts if CODE.fullmatch(text) and not FILES.search(text)}
    return found


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    documented = set(re.findall(r"`([a-z]+\.[a-z_]+)`", words("reference/errors.md"))) - {"run.json"}
    made_of_parts = {"lead.flat", "lead.gaps", "lead.missing", "lead.saturated", "wfdb.malformed"}
    assert codes_in_source() - documented == set()
    assert documented - codes_in_source() == made_of_parts


def test_every_verb_and_option_is_documented() -> None:
    page = words("reference/cli.md")
    parser = build_parser(VERBS)
    verbs: dict[str, argparse.ArgumentParser] = next(a.choices for a in parser._actions if isinstance(a.choices, dict))
    for verb, command in verbs.items():
        part = re.search(rf"^## {verb}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
        assert part, verb
        for action in command._actions:
            for option in action.option_strings:
                if option not in ("-h", "--help", "--json"):
                    assert re.search(rf"[`\[]{option}\b", part[1]), (verb, option)
    assert "`--json`" in page


@pytest.mark.parametrize("noun", NOUNS)
def test_every_field_of_the_files_that_users_write_is_documented(noun: type) -> None:
    page = words("guide/ingest.md") + words("guide/dictionary.md") + words("guide/own-domain.md")
    for field in dataclasses.fields(noun):
        assert re.search(rf"(`{field.name}`|\b{field.name} =)", page), field.name


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    page = words("design/dependencies.md")
    for requirement in named:
        assert f"`{re.split('[<>=]', requirement)[0]}`" in page, requirement


def test_the_readme_names_the_two_commands_and_shows_the_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", readme):
        assert (ROOT / picture).stat().st_size < 400_000


@pytest.mark.parametrize(
    "page", sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("examples/**/*.md")]), ids=lambda p: p.name
)
def test_every_link_of_a_page_beside_the_documentation_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).is_file()] == []


def test_every_picture_is_shown_and_small() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    for picture in (DOCS / "images").iterdir():
        assert f"images/{picture.name})" in pages, picture
        assert picture.stat().st_size < 400_000, picture


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"\.PHONY: (.*)", makefile)
    assert targets
    explained = re.findall(r"^([a-z0-9]+):.*## ", makefile, re.MULTILINE)
    assert set(targets[1].split()) == set(explained)


def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, [line for line in done.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    pages = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")}
    fetched = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//")
    assert [str(path) for path, text in pages.items() if fetched.search(text)] == []
    assert "ranked" in (tmp_path / "reference" / "python.html").read_text(encoding="utf-8").lower()
