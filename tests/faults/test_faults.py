"""A verb that is killed at any named point, or finds no room, leaves the old run whole; the rerun ends as unbroken."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dying import Mortal, mortal
from foreign_run import foreign_run
from latentspace.cli import main
from latentspace.progress import silent
from latentspace.run import WRITTEN_BY, Run
from latentspace.verify import verify
from latentspace.workspace import open_folder

VERBS = {  # with options other than those of the run that is there, so that what is old and what is new differ
    "embed": (),
    "project": ("--perplexity", "10"),
    "evaluate": ("--quick", "--seed", "3"),
}
FOLDERS = {name for name in WRITTEN_BY if name.endswith(".zarr")}
MOMENTS = {True: ("written", "moved", "placed"), False: ("written", "placed")}
POINTS = [
    *((verb, f"{name}.{moment}") for name, verb in WRITTEN_BY.items() for moment in MOMENTS[name in FOLDERS]),
    *((verb, "run.json.written") for verb in VERBS),
]


@pytest.fixture(scope="module")
def child() -> Iterator[Mortal]:
    with mortal() as forking:
        yield forking


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is built to the end, whose every verb would now write something else."""
    workspace, run = foreign_run(tmp_path_factory.mktemp("old"), missing=3)
    whole = {space.name: run.embedding(space.name) for space in run.spaces(workspace.modelled)}
    for verb in ("project", "evaluate"):
        assert main([verb, str(workspace.path), *(["--quick"] if verb == "evaluate" else [])]) == 0
    run.write_embedding({name: {"mean": z, "log_var": 0 * z} for name, z in whole.items()})
    run.write_folder("uncertainty.zarr", _of_before)
    return workspace.path


@pytest.fixture(scope="module")
def unbroken(old: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What run.json says after each verb that nobody disturbed."""
    said: dict[str, dict[str, object]] = {}
    for verb, options in VERBS.items():
        path = copied(old, tmp_path_factory.mktemp(verb))
        assert main([verb, str(path), *options]) == 0
        said[verb] = open_folder(path).run().record
    return said


def _of_before(folder: Path) -> None:
    (folder / "other").write_text("of before")


def copied(old: Path, folder: Path) -> Path:
    return Path(shutil.copytree(old, folder / old.name))


def sound(path: Path) -> Run:
    """The run of a workspace that opens and in which every artifact is what was written, old or new."""
    workspace = open_folder(path)
    assert verify(workspace, silent)[1] == ()
    return workspace.run()


def left_behind(run: Run) -> list[str]:
    return [path.name for path in run.path.iterdir() if path.name.startswith(".")]


def test_every_verb_writes_something_else_than_the_old_run(old: Path, unbroken: dict[str, dict[str, object]]) -> None:
    before = open_folder(old).run().record["hashes"]
    for verb, record in unbroken.items():
        after = record["hashes"]
        assert isinstance(after, dict)
        changed = {name for name in before if before[name] != after[name]}
        assert changed
        assert {WRITTEN_BY[name] for name in changed} == {verb}


@pytest.mark.parametrize(("verb", "point"), POINTS)
def test_killed_at_a_named_point_the_run_is_whole_and_the_same_command_ends_as_unbroken(
    child: Mortal, old: Path, unbroken: dict[str, dict[str, object]], tmp_path: Path, verb: str, point: str
) -> None:
    path = copied(old, tmp_path)
    ended = child.run(verb, path, *VERBS[verb], crash_at=point)
    assert ended.code == -signal.SIGKILL, ended.said
    artifact, _, moment = point.rpartition(".")
    exchanged = moment == "placed" and artifact != "run.json"
    if exchanged:
        hashes = unbroken[verb]["hashes"]
        assert isinstance(hashes, dict)
        assert sound(path).hashes[artifact] == hashes[artifact]
    sound(path)
    assert main([verb, str(path), *VERBS[verb]]) == 0
    run = sound(path)
    assert run.record == unbroken[verb]
    assert left_behind(run) == []
