"""Saved groups and named views: killed at any moment nothing is lost; a read-only workspace can still be read."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from latentspace.errors import InputError, NotFoundError
from latentspace.groups import parse
from latentspace.state import FILE, MAX_VIEW, State

TALL = {"kind": "between", "column": "height", "low": 0.0, "high": 99.0}
RECIPE = parse(TALL)
FOREVER = """
import sys
from pathlib import Path
from latentspace.groups import parse
from latentspace.state import State
state = State(folder=Path(sys.argv[1]), now=lambda: "2026-01-01")
group = state.save_group("first", parse({"kind": "all_of", "of": []}))
for turn in range(100_000):
    state.save_group(f"turn {turn}", group.recipe, group.id)
    state.save_view(f"view {turn % 7}", {"turn": turn})
    print(turn, flush=True)
"""
TEN = """
import sys
from pathlib import Path
from latentspace.groups import parse
from latentspace.state import State
state = State(folder=Path(sys.argv[1]), now=lambda: "2026-01-01")
for turn in range(10):
    state.save_group(f"{sys.argv[2]} {turn}", parse({"kind": "all_of", "of": []}))
"""


def state_in(folder: Path) -> State:
    return State(folder=folder, now=lambda: "2026-01-01T00:00:00.000+00:00")


def test_nothing_is_made_where_nothing_is_saved(tmp_path: Path) -> None:
    state = state_in(tmp_path / "state")
    assert (state.groups(), state.views()) == ([], [])
    assert not (tmp_path / "state").exists()


def test_a_group_takes_the_first_free_letter_and_keeps_it(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    a, b, c = (state.save_group(name, RECIPE) for name in ("one", "two", "three"))
    assert [group.letter for group in (a, b, c)] == ["A", "B", "C"]
    state.remove("groups", b.id)
    renamed = state.save_group("  third   of all ", RECIPE, c.id)
    assert (renamed.letter, renamed.name, renamed.id) == ("C", "third of all", c.id)
    assert state.save_group("four", RECIPE).letter == "B"
    assert state.save_group("two again", RECIPE, b.id, 1).letter == "D", "its letter is taken"
    state.remove("groups", a.id)
    assert state.save_group("one again", RECIPE, a.id, 0).letter == "A"
    assert [group.recipe for group in state.groups()] == [RECIPE] * 4


def test_there_are_as_many_groups_as_letters(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    assert [state.save_group(str(i), RECIPE).letter for i in range(26)][-1] == "Z"
    with pytest.raises(InputError, match=r"state\.full"):
        state.save_group("one more", RECIPE)


def test_a_view_is_given_back_as_it_came_and_replaced_under_its_name(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    state.save_view("mine", {"version": 1, "nested": [1.5, None, "ü"]})
    assert state.views()[0].state == {"version": 1, "nested": [1.5, None, "ü"]}
    state.save_view("mine", {"version": 2})
    assert [view.state for view in state.views()] == [{"version": 2}]
    with pytest.raises(InputError, match=r"state\.full"):
        state.save_view("large", {"x": "x" * MAX_VIEW})
    state.remove("views", "mine")
    assert state.views() == []
    with pytest.raises(NotFoundError, match=r"state\.missing"):
        state.remove("views", "mine")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_is_asked_for(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"state\.name"):
        state_in(tmp_path).save_group(name, RECIPE)


def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    for wait in (3, 11, 24):
        folder = tmp_path / str(wait)
        process = subprocess.Popen([sys.executable, "-c", FOREVER, str(folder)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        last = max(int(process.stdout.readline()) for _ in range(wait))
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        last = int(said[-1]) if said else last
        (group,) = state_in(folder).groups()
        assert int(group.name.split()[1]) in (last, last + 1)
        assert max(view.state["turn"] for view in state_in(folder).views()) in (last, last + 1)
        with sqlite3.connect(folder / FILE) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        file.close()


def test_a_change_that_is_killed_halfway_never_was(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    before = state.save_group("whole", RECIPE)
    child = os.fork()
    if not child:
        with state._writing() as file:  # pyright: ignore[reportPrivateUsage]
            file.execute("DELETE FROM groups")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert state.groups() == [before]
    assert state.save_group("goes on", RECIPE).letter == "B"


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    started = [subprocess.Popen([sys.executable, "-c", TEN, str(tmp_path), who]) for who in ("left", "right")]
    assert [process.wait() for process in started] == [0, 0]
    found = state_in(tmp_path).groups()
    assert [group.slot for group in found] == list(range(20))
    assert {group.name for group in found} == {f"{who} {i}" for who in ("left", "right") for i in range(10)}


def saved_at(start: float, state: State, name: str) -> int:
    while time.monotonic() < start:
        pass
    try:
        state.save_group(name, RECIPE)
    except InputError:
        return 1
    return 0


def test_processes_that_begin_at_once_wait_for_each_other(tmp_path: Path) -> None:
    for turn in range(30):
        state, start = state_in(tmp_path / str(turn)), time.monotonic() + 0.02
        children: list[int] = []
        for who in ("left", "right"):
            children.append(os.fork())
            if not children[-1]:
                os._exit(saved_at(start, state, who))
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
        assert len(state.groups()) == 2


def test_what_a_kill_left_in_the_journal_is_undone_by_the_next_reader(tmp_path: Path) -> None:
    state = state_in(tmp_path)
    before = state.save_group("whole", RECIPE)
    child = os.fork()
    if not child:
        with state._writing() as file:  # pyright: ignore[reportPrivateUsage]
            file.execute("PRAGMA cache_size = 1")  # more than fits: pages reach the file before the commit
            for i in range(300):
                file.execute("INSERT INTO views VALUES (?, ?, '')", (str(i), "x" * 4000))
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / f"{FILE}-journal").stat().st_size > 0
    assert state.groups() == [before]
    assert state.views() == []


def as_nobody(act: str, folder: Path) -> str:
    """What a process without rights on the folder says."""
    code = f"""
import os
from pathlib import Path
from latentspace.errors import InputError
from latentspace.state import State
if os.geteuid() == 0: os.setuid(65534)
state = State(folder=Path({str(folder)!r}), now=lambda: "2026-01-01")
try: print({act})
except InputError as error: print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_read_only_workspace_is_read_and_says_what_to_do() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "state"
        state_in(folder).save_group("kept", RECIPE)
        Path(name).chmod(0o755)
        (folder / FILE).chmod(0o444)
        folder.chmod(0o555)
        try:
            assert as_nobody("[g.name for g in state.groups()]", folder) == "['kept']"
            for act in ("state.save_group('new', state.groups()[0].recipe)", "state.remove('views', 'x')"):
                said = as_nobody(act, folder)
                assert "[state.not_writable]" in said
                assert "--state DIR" in said
            said = as_nobody("state.save_view('new', {})", folder / "deeper")
            assert "[state.not_writable]" in said
        finally:
            folder.chmod(0o755)


def test_a_damaged_file_is_set_aside_and_said_once_and_then_all_goes_on(tmp_path: Path) -> None:
    kept = []
    for number in (1, 2):
        kept.append(b"not a database, and long enough to have a header" * (100 + number))
        (tmp_path / FILE).write_bytes(kept[-1])
        with pytest.raises(InputError, match=rf"{FILE}\.damaged-{number}\b"):
            state_in(tmp_path).groups()
        assert state_in(tmp_path).groups() == []
        state_in(tmp_path).save_group("Again", RECIPE)
        assert [(tmp_path / f"{FILE}.damaged-{i + 1}").read_bytes() for i in range(number)] == kept


def test_a_file_whose_head_alone_is_sound_is_set_aside_too(tmp_path: Path) -> None:
    for i in range(20):
        state_in(tmp_path).save_view(f"view {i}", {"a": "x" * 5000})
    data = bytearray((tmp_path / FILE).read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(InputError, match="set_aside"):
        state_in(tmp_path).views()
    assert (state_in(tmp_path).views(), state_in(tmp_path).groups()) == ([], [])
