"""Every verb on a disk without room: one line with a code, a place and what to do; the old is whole; later it works."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

import wfdb_cohort
from dying import Mortal, mortal
from ecg_records import write_record
from foreign_run import foreign_run
from latentspace.artifact import content_hash
from latentspace.cli import main
from latentspace.errors import InputError
from latentspace.groups import AllOf
from latentspace.progress import silent
from latentspace.state import State
from latentspace.verify import verify
from latentspace.workspace import open_folder

VERBS = {"embed": (), "project": ("--perplexity", "10"), "evaluate": ("--quick", "--seed", "3")}
ROOM = {"nothing": 64, "little": 1500}  # bytes that a file may have: not even run.json, and small ones alone


@pytest.fixture(scope="module")
def child() -> Iterator[Mortal]:
    with mortal() as forking:
        yield forking


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign_run(tmp_path_factory.mktemp("full"))[0].path


@pytest.mark.parametrize("room", ROOM)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_without_room_says_so_leaves_the_old_whole_and_works_when_there_is_room(
    child: Mortal, workspace: Path, verb: str, room: str
) -> None:
    if verb == "evaluate" and not open_folder(workspace).run().has("projection.zarr"):
        assert main(["project", str(workspace)]) == 0
    before = content_hash(workspace)
    ended = child.run(verb, workspace, *VERBS[verb], largest=ROOM[room])
    assert (ended.code, "[artifact.unwritable]" in ended.said) == (2, True), ended.said
    assert f"latentspace: {workspace}/runs/" in ended.said
    assert "File too large" in ended.said
    assert "Free some space" in ended.said
    if room == "nothing":
        assert content_hash(workspace) == before
    assert verify(open_folder(workspace), silent)[1] == ()
    assert [path.name for path in workspace.rglob("*.partial")] == []
    if room == "little":
        assert main([verb, str(workspace), *VERBS[verb]]) == 0
        assert verify(open_folder(workspace), silent)[1] == ()


def test_an_ingest_without_room_leaves_no_half_workspace_and_the_old_one_whole(child: Mortal, tmp_path: Path) -> None:
    source, into = tmp_path / "source", tmp_path / "w.ls"
    source.mkdir()
    command = ("ingest", source, "--into", into, "--workers", "1")
    write_record(source, "p0", wfdb_cohort.heart(0))
    ended = child.run(*command, largest=2000)
    assert (ended.code, "[workspace.unwritable]" in ended.said) == (2, True), ended.said
    assert not into.exists()
    assert main([str(part) for part in command]) == 0
    before = content_hash(into)
    write_record(source, "p1", wfdb_cohort.heart(1))
    ended = child.run(*command, largest=2000)
    assert (ended.code, "[workspace.unwritable]" in ended.said) == (2, True), ended.said
    assert content_hash(into) == before
    assert main([str(part) for part in command]) == 0
    assert len(open_folder(into).subjects()) == 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_simulation_without_room_says_so_and_goes_on_when_there_is(
    child: Mortal, tmp_path: Path, workers: str
) -> None:
    command = ("simulate", tmp_path / "s.ls", "--subjects", "33" if workers == "2" else "2", "--workers", workers)
    ended = child.run(*command, largest=100_000)
    assert (ended.code, "[artifact.unwritable]" in ended.said) == (2, True), ended.said
    assert "Traceback" not in ended.said
    assert not (tmp_path / "s.ls").exists()
    if workers == "1":
        assert main([str(part) for part in command]) == 0
        assert verify(open_folder(tmp_path / "s.ls"), silent)[1] == ()


def test_a_group_that_finds_no_room_is_not_saved_and_the_others_stay(tmp_path: Path) -> None:
    state = State(folder=tmp_path, now=lambda: "2026-11-27T00:00:00.000+00:00")
    kept = state.save_group("kept", AllOf(of=()))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "state.sqlite").stat().st_size, hard))
    try:
        with pytest.raises(InputError, match=r"state\.not_writable") as raised:
            state.save_view("large", {"text": "x" * 100_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "state.sqlite" in raised.value.where
    assert "--state" in raised.value.hint
    assert state.groups() == [kept]
    assert state.views() == []
    state.save_view("large", {"text": "x" * 100_000})
    assert [view.name for view in state.views()] == ["large"]
