"""What a run holds, for other programs and for readers: Parquet, the CSV that latentverse reads, a model card."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from latentspace.artifact import replace_file
from latentspace.errors import InputError
from latentspace.exports.card import card
from latentspace.exports.tables import latentverse, parquet
from latentspace.run import Run
from latentspace.target import check_uncommitted
from latentspace.workspace import Workspace

__all__ = ["Form", "export"]

Form = Literal["parquet", "latentverse", "card"]
OWNER_ONLY = 0o600
WRITERS: Mapping[Form, Callable[[Workspace, Run], Mapping[str, bytes]]] = {
    "parquet": parquet,
    "latentverse": latentverse,
    "card": card,
}


def export(workspace: Workspace, run: Run, form: Form, into: Path | None) -> dict[str, object]:
    """Write the files of one form into a folder (by default `exports/<run>` of the workspace), for its owner alone.

    Each file is written beside and renamed; files of other names in that folder stay.

    Raises:
        InputError: the folder lies in a git work tree that does not ignore it, or cannot be written.
        NotFoundError: the run lacks what the form is made of.
    """
    folder = into or workspace.path / "exports" / run.name
    check_uncommitted(folder)
    files = WRITERS[form](workspace, run)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            replace_file(folder / name, data, mode=OWNER_ONLY)
    except OSError as error:
        found = f"cannot be written ({error.strerror or error})"
        raise InputError("export.unwritable", where=str(folder), found=found, hint="Name another folder.") from error
    return {"run": run.name, "folder": str(folder), "files": sorted(files)}
