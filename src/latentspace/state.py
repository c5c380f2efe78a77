"""What people keep in a workspace: groups and named views, in one SQLite file, the only thing that changes."""

import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from latentspace.answers import SavedGroup, SavedView
from latentspace.errors import InputError, NotFoundError
from latentspace.groups import Recipe, parse, to_json

FILE = "state.sqlite"
SLOTS = 26  # A to Z
MAX_NAME = 80
MAX_VIEW = 512 * 1024
MAX_VIEWS = 500
WAIT_S = 30.0  # for another process that writes
TABLES = (
    """CREATE TABLE IF NOT EXISTS groups (
      id TEXT PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, recipe TEXT NOT NULL, created TEXT NOT NULL
    ) STRICT""",
    "CREATE TABLE IF NOT EXISTS views (name TEXT PRIMARY KEY, state TEXT NOT NULL, created TEXT NOT NULL) STRICT",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The file `state.sqlite` in a folder, opened anew for each question: threads and processes may share it.

    A change is on the disk when the method returns, and is there whole or not at all. `now` says the time of a change
    (ISO 8601, UTC).
    """

    folder: Path
    now: Callable[[], str]

    def groups(self) -> list[SavedGroup]:
        """Saved groups by letter, all taken to be usable; none where nothing was ever saved.

        Raises:
            InputError: the file is damaged, or no state of this program.
        """
        with self._reading() as file:
            rows = file.execute("SELECT id, slot, name, recipe, created FROM groups ORDER BY slot") if file else []
            return [_group(row) for row in rows]

    def save_group(self, name: str, recipe: Recipe, group_id: str = "", slot: int | None = None) -> SavedGroup:
        """Keep a group: a new one without `group_id`, else that one under a new name or with a new recipe.

        A group that is gone is made again under its id. `slot` is the place (0 is A) that a new one takes if it is
        free; else the first free one.

        Raises:
            InputError: no name, all 26 letters are taken, or the folder cannot be written.
        """
        name, text = _name(name), json.dumps(to_json(recipe))
        with self._writing() as file:
            changed = file.execute(
                "UPDATE groups SET name = ?, recipe = ? WHERE id = ?", (name, text, group_id)
            ).rowcount
            if not changed:
                group_id = group_id or secrets.token_hex(6)
                taken = {row[0] for row in file.execute("SELECT slot FROM groups")}
                row = (group_id, _free(taken, slot), name, text, self.now())
                file.execute("INSERT INTO groups (id, slot, name, recipe, created) VALUES (?, ?, ?, ?, ?)", row)
            kept = file.execute(
                "SELECT id, slot, name, recipe, created FROM groups WHERE id = ?", (group_id,)
            ).fetchone()
        return _group(kept)

    def views(self) -> list[SavedView]:
        """Named views, the newest first.

        Raises:
            InputError: the file is damaged, or no state of this program.
        """
        with self._reading() as file:
            query = "SELECT name, state, created FROM views ORDER BY created DESC, name"
            rows = file.execute(query) if file else []
            return [SavedView(name=name, state=json.loads(state), created=made) for name, state, made in rows]

    def save_view(self, name: str, state: dict[str, Any]) -> SavedView:
        """Keep a view under a name; one of the same name is replaced.

        Raises:
            InputError: no name, too large or too many, or the folder cannot be written.
        """
        view, text = SavedView(name=_name(name), state=state, created=self.now()), json.dumps(state)
        if len(text) > MAX_VIEW:
            raise _full(f"{len(text)} bytes, more than {MAX_VIEW}", "Save a view with fewer outlines.")
        with self._writing() as file:
            others = file.execute("SELECT count(*) FROM views WHERE name != ?", (view.name,)).fetchone()[0]
            if others >= MAX_VIEWS:
                raise _full(f"{MAX_VIEWS} views are saved", "Delete one first.")
            file.execute(
                "INSERT OR REPLACE INTO views (name, state, created) VALUES (?, ?, ?)", (view.name, text, view.created)
            )
        return view

    def remove(self, table: Literal["groups", "views"], key: str) -> None:
        """Forget the group of an id or the view of a name.

        Raises:
            NotFoundError: there is none.
            InputError: the folder cannot be written.
        """
        query = "DELETE FROM groups WHERE id = ?" if table == "groups" else "DELETE FROM views WHERE name = ?"
        with self._writing() as file:
            gone = file.execute(query, (key,)).rowcount
        if not gone:
            raise NotFoundError(
                "state.missing", where=f"{table} {key!r}"[:120], found="is not saved", hint="Reload the page."
            )

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection | None]:
        """The file as it is, None when there is none; nothing is made, so that a read-only workspace can be read."""
        path = self.folder / FILE
        if not path.is_file():
            yield None
            return
        ours = os.access(self.folder, os.W_OK) and os.access(path, os.W_OK)  # then what a kill left is undone first
        with _closing(path, f"{path.absolute().as_uri()}?{'mode=rw' if ours else 'mode=ro'}") as file:
            yield file

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """One transaction: committed and flushed at the end, or undone.

        The lock is asked for before anything else: a connection that waits for it holds none itself, so that two
        processes cannot wait for each other. With a rollback journal, for a log beside it needs shared memory, which
        network shares do not have.
        """
        path = self.folder / FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _not_writable(path, error.strerror or "refused") from error
        with _closing(path, path.absolute().as_uri()) as file:
            file.execute("PRAGMA synchronous = FULL")
            file.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                file.execute(table)
            yield file
            file.execute("COMMIT")


@contextmanager
def _closing(path: Path, address: str) -> Generator[sqlite3.Connection]:
    """A connection that is closed at the end; closed in a transaction, that is undone."""
    file = None
    try:
        file = sqlite3.connect(address, uri=True, timeout=WAIT_S, isolation_level=None)
        yield file
    except sqlite3.OperationalError as error:  # readonly database, unable to open, disk full, locked
        raise _not_writable(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        raise _set_aside(path, str(error)) from error
    finally:
        if file is not None:
            file.close()


def _set_aside(path: Path, why: str) -> InputError:
    """Rename a damaged file, so that the page goes on with an empty one; what is left of it is not lost."""
    aside = next(p for n in count(1) if not (p := path.with_name(f"{path.name}.damaged-{n}")).exists())
    try:
        path.rename(aside)
    except OSError:
        hint = "Move it away; groups and views are then empty."
        return InputError("state.unreadable", where=str(path), found=f"cannot be read ({why})", hint=hint)
    return InputError(
        "state.set_aside",
        where=str(path),
        found=f"cannot be read ({why}) and now lies beside it as {aside.name}",
        hint="Reload the page: groups and views begin anew. `sqlite3 FILE .recover` may bring back the old ones.",
    )


def _group(row: tuple[str, int, str, str, str]) -> SavedGroup:
    group_id, slot, name, recipe, created = row
    return SavedGroup(
        id=group_id,
        slot=slot,
        letter=chr(ord("A") + slot),
        name=name,
        recipe=parse(json.loads(recipe)),
        created=created,
        reason="",
    )


def _name(name: str) -> str:
    kept = " ".join(name.split())
    if not 0 < len(kept) <= MAX_NAME:
        raise InputError(
            "state.name", where="name", found=f"{len(kept)} letters", hint=f"Give a name of 1 to {MAX_NAME} letters."
        )
    return kept


def _free(taken: set[int], wanted: int | None) -> int:
    if wanted is not None and wanted in set(range(SLOTS)) - taken:
        return wanted
    free = next((slot for slot in range(SLOTS) if slot not in taken), None)
    if free is None:
        raise _full(f"all {SLOTS} letters are taken", "Delete a group first.")
    return free


def _full(found: str, hint: str) -> InputError:
    return InputError("state.full", where="saved groups and views", found=found, hint=hint)


def _not_writable(path: Path, found: str) -> InputError:
    return InputError(
        "state.not_writable",
        where=str(path),
        found=f"cannot be written ({found})",
        hint="Serve with a folder of your own: --state DIR.",
    )
