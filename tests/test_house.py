"""The rules of the house, as far as a machine can check them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
WRITTEN = [
    *SOURCES,
    *sorted(p for p in (ROOT / "tests").rglob("*.py") if p != Path(__file__)),
    *sorted(p for p in (ROOT / "frontend/src").rglob("*") if p.suffix in {".ts", ".svelte"} and ".gen." not in p.name),
]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_point_down() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_a_file_stays_under_300_lines_and_leaves_nothing_to_do(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 300
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_is_ever_pickled(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {name.name.split(".")[0] for name in node.names} & {"pickle", "joblib", "dill", "shelve"}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in {"pickle", "joblib", "dill", "shelve"}
        elif isinstance(node, ast.keyword):
            assert node.arg != "allow_pickle"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {("torch", "load"), ("torch", "save")}


def test_a_target_of_the_makefile_takes_one_or_two_lines() -> None:
    recipe_lines = 0
    for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines():
        recipe_lines = recipe_lines + 1 if line.startswith("\t") else 0
        assert recipe_lines <= 2, line


def test_the_server_starts_without_torch() -> None:
    code = "import sys, latentspace.server.app; sys.exit('torch' in sys.modules or 'latentspace.vae' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_no_two_test_files_have_one_name() -> None:
    """Tests are modules without packages: of two with one name only one can be collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
