"""A clock that jumps forward and back changes no order, ends no session and makes no time left absurd."""

import ast
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import latentspace
from door import KEY, client_of
from foreign_run import foreign_run
from latentspace.audit import FILE, verify
from latentspace.explorer import remembered
from latentspace.progress import TerminalProgress

HOME = "/w/linear.ls"
EVERYONE = {"kind": "all_of", "of": []}
JUMPS = (0, 3650, -3650, 1, -30_000, 0)  # days
SOURCES = Path(latentspace.__file__).parent


class Jumping(datetime):
    """A clock whose every look is at another of the days."""

    days: Iterator[int]

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        """The day that comes next."""
        del tz
        return datetime(2026, 11, 27, tzinfo=UTC) + timedelta(days=next(cls.days))


def test_the_order_of_the_audit_the_session_and_what_is_saved_hold_when_the_clock_jumps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = latentspace.open(foreign_run(tmp_path)[0].path)
    client = client_of(explorer)
    Jumping.days = iter(JUMPS * 20)
    monkeypatch.setattr(remembered, "datetime", Jumping)
    for i in range(len(JUMPS)):
        monkeypatch.setattr(time, "time", lambda day=JUMPS[i]: 1.8e9 + 86400 * day)
        made = client.post(f"{HOME}/save_group?name=g{i}", json=EVERYONE)
        assert made.status_code == 200, made.text
        assert client.get(f"{HOME}/subject?row={i}").status_code == 200
        view = client.post(f"{HOME}/save_view?name=v{i}", json={"i": i})
        assert view.status_code == 200, view.text
    letters = [(group["letter"], group["name"]) for group in client.get(f"{HOME}/groups").json()]
    assert letters == [("ABCDEF"[i], f"g{i}") for i in range(len(JUMPS))]
    assert {view["name"] for view in client.get(f"{HOME}/views").json()} == {f"v{i}" for i in range(len(JUMPS))}
    checked = verify(explorer.audit.folder)
    assert checked.findings == ()
    text = (explorer.audit.folder / FILE).read_text(encoding="utf-8")
    asked = [line.split('"what": "')[1].split('"')[0] for line in text.splitlines()]
    assert asked[: 3 * len(JUMPS)] == ["save_group", "subject", "save_view"] * len(JUMPS)
    assert "1944-" in text, "the clock has jumped"
    assert "2036-" in text


def test_the_cookie_bears_no_date_that_a_clock_could_pass(tmp_path: Path) -> None:
    client = client_of(latentspace.open(foreign_run(tmp_path)[0].path), launched=False)
    cookie = client.get(f"/launch?token={KEY.launch_token}", follow_redirects=False).headers["set-cookie"].lower()
    assert "expires" not in cookie
    assert "max-age" not in cookie


def test_the_time_left_is_of_a_clock_that_cannot_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter(JUMPS * 10)
    monkeypatch.setattr(time, "time", lambda: 1.8e9 + 86400 * next(days))
    with (tmp_path / "said").open("w") as stream:
        progress = TerminalProgress(stream=stream)
        for done in range(5):
            progress("embed", done, 4)
    shown = (tmp_path / "said").read_text().splitlines()
    assert re.fullmatch(r"embed   0%  \d s", shown[0])
    assert re.fullmatch(r"embed 100%  \d s", shown[-1])


def test_only_what_is_noted_for_people_asks_what_time_it_is() -> None:
    """Whatever waits, limits or resumes goes by a clock that cannot be set."""
    asking: list[str] = []
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                named = f"{node.value.id}.{node.attr}"
                if named in {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"}:
                    asking.append(f"{path.relative_to(SOURCES).as_posix()} {named}")
    assert asking == ["explorer/remembered.py datetime.now"]
