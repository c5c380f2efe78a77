"""Every verb killed at random moments: `python -m studies.kills [MOMENTS [VERB ...]]` (default: 30 moments of each).

A verb is a process of its own on a small cohort (300 digits, 60 simulated people, 12 recordings), killed as by
`kill -9` at moments drawn evenly over the time that it takes undisturbed. After each kill the workspace is verified,
then the same command runs to its end, and every content hash is compared with that of an undisturbed run. Prints a row
for each verb; exit code 1 if a workspace was broken, a command did not end well, a hash differs or a process is left.
"""

import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from latentspace.artifact import content_hash
from latentspace.cli import main as command_line
from latentspace.digits import digits_cohort
from latentspace.groups import parse
from latentspace.state import State
from latentspace.workspace import create, open_folder
from tests.ecg_records import made_ecg, write_record

DIGITS, RECORDS, SEED, PATIENCE_S = 300, 12, 0, 20.0
SHORT = "steps = 60\nn_hidden = 16\nn_components = 16\n"
IMPORTED = ("embed", "evaluate", "exports", "ingest", "project", "simulate.verb", "train")
HEAD = """| verb | killed at moments | s undisturbed | broken workspaces | differing hashes | left running |
|---|---|---|---|---|---|"""
Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Case:
    """A verb: the folder that it begins with, its command in a copy of that folder, and what it must end with."""

    verb: str
    begin: Path | None
    command: Callable[[Path], Command]
    hashes: Callable[[Path], Mapping[str, str]]


@dataclass(slots=True)
class Tally:
    """What came of the kills of one verb."""

    killed: int = 0
    broken: int = 0
    differing: int = 0
    left: int = 0


def of_workspace(folder: Path) -> Mapping[str, str]:
    """Content hash of every artifact of the workspace `w.ls` and of its runs, as they are on the disk."""
    workspace = open_folder(folder / "w.ls")
    paths = [workspace.path / name for name in workspace.hashes]
    paths += [run.path / name for run in workspace.runs() for name in run.hashes]
    return {path.relative_to(folder).as_posix(): content_hash(path) for path in paths}


def of_export(folder: Path) -> Mapping[str, str]:
    """The content hash of what was exported."""
    return {"out": content_hash(folder / "out")}


def of_state(folder: Path) -> Mapping[str, str]:
    """Groups and views as they are read."""
    state = State(folder=folder / "w.ls" / "state", now=str)
    return {"groups": repr(state.groups()), "views": repr(state.views())}


def save_state(folder: Path) -> int:
    """Save, change and remove groups and views as the page does; what is there already is saved again."""
    state = State(folder=folder / "w.ls" / "state", now=lambda: "2026-01-01T00:00:00Z")
    for i in range(26):
        recipe = parse({"kind": "between", "column": "ink", "low": i, "high": i + 20})
        state.save_group(f"group {i}", recipe, f"{i:012x}", i)
        state.save_view(f"view {i}", {"groups": list(range(i))})
    return 0


def begin(action: Callable[[], int], said: Path) -> int:
    """Start `action` in a process and session of its own, forked so that it need not import; its number.

    This process itself reads no table: a child of one that has threads of polars would wait for them for ever.
    """
    process = os.fork()
    if process:
        return process
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with said.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    code = 99
    try:
        code = action()
    except BaseException:  # noqa: BLE001 - whatever it is, it is said; the parent's own end is not for the child
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def must(well: bool, what: str, said: Path) -> None:  # noqa: FBT001 - reads as a sentence
    """Give up where something fails undisturbed."""
    if not well:
        raise SystemExit(f"{what} fails undisturbed:\n{said.read_text(encoding='utf-8')[-3000:]}")


def ended(process: int) -> int:
    """The exit code of a process, once it has ended; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def left_behind(session: int) -> bool:
    """Whether a process of the session that was killed is still there after a while; it is ended then."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    os.killpg(session, signal.SIGKILL)
    return True


def action_of(case: Case, folder: Path) -> Callable[[], int]:
    """What the process of a case does in `folder`."""
    if case.verb == "groups":
        return lambda: save_state(folder)
    return lambda: command_line(case.command(folder))


def copied(case: Case, folder: Path) -> Path:
    """What the case begins with, in a new folder."""
    if case.begin is None:
        folder.mkdir()
    else:
        shutil.copytree(case.begin, folder)
    return folder


def sound(case: Case, folder: Path, said: Path) -> bool:
    """Whether `latentspace verify` finds no damage; where no workspace is yet there is none to be damaged."""
    path = folder / "w.ls"
    if case.begin is None and not path.exists():
        return True
    return ended(begin(lambda: command_line(["verify", str(path)]), said)) == 0


def cases(folder: Path, said: Path) -> list[Case]:
    """Every verb with what it begins with, built once; those that replace something find another one there."""
    source, config = folder / "source", folder / "short.toml"
    config.write_text(SHORT, encoding="utf-8")
    for i in range(RECORDS):
        write_record(source, f"p{i}", made_ecg([0.5 + 0.8 * k for k in range(12)], seed=i))
    bare, built = folder / "bare", folder / "built"
    bare.mkdir()
    must(ended(begin(lambda: create_few(bare / "w.ls"), said)) == 0, "create", said)
    shutil.copytree(bare, built)
    training = ("--config", str(config))
    for verb, *options in (("train", *training), ("embed",), ("project",), ("evaluate", "--quick")):
        must(ended(begin(partial(command_line, [verb, str(built / "w.ls"), *options]), said)) == 0, verb, said)

    def on(verb: str, *options: str) -> Callable[[Path], Command]:
        return lambda where: (verb, str(where / "w.ls"), *options)

    return [
        Case("simulate", None, on("simulate", "--subjects", "60"), of_workspace),
        Case("ingest", None, lambda w: ("ingest", str(source), "--into", str(w / "w.ls")), of_workspace),
        Case("train", bare, on("train", *training), of_workspace),
        Case("embed", built, on("embed"), of_workspace),
        Case("project", built, on("project", "--perplexity", "10"), of_workspace),
        Case("evaluate", built, on("evaluate", "--quick", "--seed", "3"), of_workspace),
        Case("export", built, lambda w: (*on("export", "--as", "parquet", "--into", str(w / "out"))(w),), of_export),
        Case("groups", built, on("group"), of_state),
    ]


def create_few(path: Path) -> int:
    """A workspace of the first digits alone, so that a verb takes seconds."""
    whole = digits_cohort()
    few = replace(
        whole,
        subjects=whole.subjects.head(DIGITS),
        recordings={name: np.asarray(values)[:DIGITS] for name, values in whole.recordings.items()},
        present={name: values[:DIGITS] for name, values in whole.present.items()},
    )
    create(path, few)
    return 0


def undisturbed(case: Case, folder: Path, said: Path) -> tuple[float, Mapping[str, str]]:
    """Seconds that the case takes, and the hashes that it ends with."""
    copied(case, folder)
    started = time.monotonic()
    must(ended(begin(action_of(case, folder), said)) == 0, case.verb, said)
    return time.monotonic() - started, case.hashes(folder)


def kill_once(case: Case, folder: Path, said: Path, after_s: float) -> tuple[bool, bool, bool, Mapping[str, str]]:
    """Kill the case after so many seconds, verify, and let the same command end.

    Returns:
        Whether it was killed before its end, whether all was sound then and the command ended well, whether a process
        was left behind, and the hashes at the end.
    """
    process = begin(action_of(case, copied(case, folder)), said)
    time.sleep(after_s)
    os.kill(process, signal.SIGKILL)
    killed = ended(process) == -signal.SIGKILL
    whole = sound(case, folder, said)
    whole = ended(begin(action_of(case, folder), said)) == 0 and whole and sound(case, folder, said)
    return killed, whole, left_behind(process), case.hashes(folder) if whole else {}


def row(case: Case, folder: Path, moments: int) -> tuple[str, bool]:
    """The row of one verb, and whether all was well; a moment after the verb's end is drawn again."""
    said, draw, tally = folder / f"{case.verb}.said", np.random.default_rng(SEED), Tally()
    seconds, hashes = undisturbed(case, folder / f"{case.verb}-whole", said)
    latest = seconds
    while tally.killed < moments:
        after_s, where = float(draw.uniform(0, latest)), folder / f"{case.verb}-{tally.killed}"
        killed, whole, left, after = kill_once(case, where, said, after_s)
        latest = latest if killed else after_s
        tally.killed += killed
        tally.broken += not whole
        tally.left += left
        tally.differing += sum(after.get(name) != hashes.get(name) for name in after.keys() | hashes.keys()) * whole
        if not whole or after != hashes:
            print(f"{case.verb} killed after {after_s:.3f} s; what it said:\n{said.read_text()[-3000:]}")
        shutil.rmtree(where)
    cells = (case.verb, moments, f"{seconds:.1f}", tally.broken, tally.differing, tally.left)
    return f"| {' | '.join(map(str, cells))} |", tally.broken + tally.differing + tally.left == 0


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    moments, verbs = int(arguments[0]) if arguments else 30, arguments[1:]
    well = True
    for name in IMPORTED:  # so that moments fall into the work; here, so that a verb's own children need not
        importlib.import_module(f"latentspace.{name}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        chosen = [case for case in cases(folder, folder / "said") if not verbs or case.verb in verbs]
        print(HEAD, flush=True)
        for case in chosen:
            line, sound_all = row(case, folder, moments)
            well = well and sound_all
            print(line, flush=True)
    return int(not well)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
