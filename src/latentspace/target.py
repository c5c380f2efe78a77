"""Where a workspace may be written, and how it is exchanged as one whole."""

import os
import shutil
import subprocess
from pathlib import Path

from latentspace.artifact import recover, replace_folder
from latentspace.errors import InputError
from latentspace.workspace import CohortData, create

COHORT = (
    *("recordings", "subjects.parquet", "phenotypes.json", "truth.parquet"),
    *("ingest.json", "ingest.html", "workspace.json"),
)


def check_target(into: Path) -> None:
    """Refuse a folder that is not ours, and one that git would commit.

    Raises:
        InputError: `into` is a file, a folder of something else, or within a git work tree that does not ignore it.
    """
    recover(into)
    if into.exists() and not (into / "workspace.json").is_file() and (into.is_file() or any(into.iterdir())):
        found = "exists and is no workspace; it would be overwritten"
        raise InputError("workspace.occupied", where=str(into), found=found, hint="Name a new folder.")
    check_uncommitted(into)


def check_uncommitted(into: Path) -> None:
    """Refuse a folder that git would commit.

    Raises:
        InputError: `into` lies within a git work tree that does not ignore it.
    """
    if _would_be_committed(into.absolute()):
        raise InputError(
            "workspace.git",
            where=str(into),
            found="lies in a git work tree that does not ignore it, so people's data could be committed",
            hint=f"Add {into.name}/ to .gitignore, or name a folder elsewhere.",
        )


def write(into: Path, cohort: CohortData) -> None:
    """Write or replace the cohort of the workspace at `into`; killed at any moment, the old one is whole.

    Runs, state and whatever else lies in the old folder stay: they are linked, not copied.

    Raises:
        InputError: the disk is full or the folder cannot be written.
    """

    def fill(beside: Path) -> None:
        create(beside, cohort)
        for kept in into.iterdir() if into.is_dir() else ():
            if kept.name in COHORT or kept.name.startswith(".recordings."):
                continue
            if kept.is_dir():
                shutil.copytree(kept, beside / kept.name, copy_function=os.link)
            else:
                os.link(kept, beside / kept.name)

    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        replace_folder(into, fill)
    except OSError as error:
        found = f"cannot be written ({error.strerror or error})"
        hint = "Free some space or name another folder; nothing was changed."
        raise InputError("workspace.unwritable", where=str(into), found=found, hint=hint) from error


def _would_be_committed(into: Path) -> bool:
    git = shutil.which("git")
    tree = next((folder for folder in into.parents if (folder / ".git").exists()), None)
    if git is None or tree is None:
        return False
    command = [git, "-C", str(tree), "check-ignore", "--quiet", "--no-index", f"{into}/"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 1  # noqa: S603 - fixed, no shell
