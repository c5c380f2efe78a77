"""Every guard broken in turn, to see that its test fails: `python -m studies.guards [PROMISE ...]`.

The package is copied to a temporary folder, one line of the copy is changed, and the tests that
`docs/reference/security.md` names for the promise are run against it. Prints a row for each: promise, guard, test, and
whether it failed. Exit code 1 if a guard could be broken unseen.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from studies.breaks import BREAKS, Break

ROOT = Path(__file__).parents[1]
LIMIT_S = 180
BUILDS = "test_server.py::test_a_path_of_this_machine_does_not_reach_the_page"


def copied(folder: Path) -> Path:
    """The package and its tests in another folder; the package's place there."""
    for part in ("src", "tests", "studies", "examples"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder / "src" / "latentspace"


def run(test: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """One test of the copy; what tests share, and the bytes of all modules, are made once, while nothing is broken."""
    return subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{test}"],
        cwd=folder,
        env={
            "LATENTSPACE_BUILT": str(folder / "built"),
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder)]),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )


def outcome(one: Break, package: Path) -> str:
    """Whether the test fails where the guard is broken, `yes` or in bold what else; the copy is mended afterwards."""
    victim = package / one.file
    text = victim.read_text(encoding="utf-8")
    if one.before not in text:
        return "**the guard is no longer there**"
    victim.write_text(text.replace(one.before, one.after), encoding="utf-8")
    try:
        done = run(one.test, package.parents[1])
    except subprocess.TimeoutExpired:
        return "**no end**"
    finally:
        victim.write_text(text, encoding="utf-8")
    if " failed" in done.stdout and done.returncode == 1:
        return "yes"
    if " passed" in done.stdout and done.returncode == 0:
        return "**no**"
    print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
    return "**could not be run**"


def main(promises: Sequence[str]) -> int:
    """Print the table."""
    print("| promise | guard broken | test | failed |\n|---|---|---|---|")
    unseen = 0
    with tempfile.TemporaryDirectory() as folder:
        package = copied(Path(folder))
        (Path(folder) / "built").mkdir()
        run(BUILDS, Path(folder))
        for one in BREAKS:
            if not promises or one.promise in promises:
                said = outcome(one, package)
                unseen += said != "yes"
                print(f"| {one.promise} | {one.guard} | `tests/{one.test}` | {said} |", flush=True)
    return int(unseen > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
