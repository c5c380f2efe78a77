"""Who asked what is noted before it is answered, and nobody changes the notes unseen."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import latentspace
from door import KEY, client_of
from foreign_run import foreign_run
from latentspace.audit import BEGIN, FILE, Audit, Deed, verify
from latentspace.cli import main
from latentspace.errors import InputError
from latentspace.server.app import QUESTIONS, create_api, create_app
from latentspace.server.audited import HERE, UNHEARD

HOME = "/w/linear.ls"
DEED = Deed(who="dr.a", what="compare", recipe="ab", n=25, outcome=200)
ROW = 1


@pytest.fixture
def explorer(tmp_path: Path) -> latentspace.Explorer:
    workspace, _ = foreign_run(tmp_path, missing=3)
    return latentspace.open(workspace.path)


def written(folder: Path, count: int) -> list[bytes]:
    audit = Audit(folder=folder, now=lambda: "2026-11-27T00:00:00.000+00:00")
    for _ in range(count):
        audit.add(DEED)
    return (folder / FILE).read_bytes().splitlines(keepends=True)


def test_each_line_has_the_hash_of_the_one_before(tmp_path: Path) -> None:
    lines = written(tmp_path, 3)
    befores = [json.loads(line)["before"] for line in lines]
    assert befores == [BEGIN, *(sha256(line.rstrip()).hexdigest() for line in lines[:2])]
    checked = verify(tmp_path)
    assert (checked.lines, checked.findings) == (3, ())
    assert checked.head == sha256(lines[-1].rstrip()).hexdigest()


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "a value": (lambda lines: [lines[0], lines[1].replace(b"25", b"26"), *lines[2:]], "line 3 does not follow"),
    "one line less": (lambda lines: [lines[0], *lines[2:]], "line 2 does not follow"),
    "one line more": (lambda lines: [lines[0], lines[0], *lines[1:]], "line 2 does not follow"),
    "no first line": (lambda lines: lines[1:], "line 1 does not follow"),
    "other order": (lambda lines: [lines[0], lines[2], lines[1], lines[3]], "line 2 does not follow"),
    "no entry": (lambda lines: [*lines[:3], b"null\n"], "line 4 is cut off or no entry"),
    "cut off": (lambda lines: [*lines[:3], lines[3][:20]], "line 4 is cut off or no entry"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_found_at_its_line(tmp_path: Path, change: str) -> None:
    act, said = CHANGES[change]
    lines = written(tmp_path, 4)
    (tmp_path / FILE).write_bytes(b"".join(act(lines)))
    assert verify(tmp_path).findings[0].startswith(said)


def test_lines_that_are_missing_at_the_end_are_found_by_a_head_that_was_noted(tmp_path: Path) -> None:
    lines = written(tmp_path, 4)
    head = verify(tmp_path).head
    (tmp_path / FILE).write_bytes(b"".join(lines[:3]))
    assert verify(tmp_path).findings == ()
    assert f"no line has the hash {head[:16]}" in verify(tmp_path, head).findings[0]
    assert verify(tmp_path, verify(tmp_path).head).findings == ()


def test_after_a_line_that_was_cut_off_the_next_begins_a_line_and_the_chain_goes_on(tmp_path: Path) -> None:
    lines = written(tmp_path, 2)
    (tmp_path / FILE).write_bytes(lines[0] + lines[1][:30])
    written(tmp_path, 2)
    checked = verify(tmp_path)
    assert (checked.lines, checked.findings) == (4, ("line 2 is cut off or no entry",))


def test_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from latentspace.audit import Audit, Deed\n"
        "audit = Audit(folder=Path(sys.argv[1]), now=lambda: 'now')\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for i in range(400): audit.add(Deed(who='w', what='score', recipe=None, n=i, outcome=200))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    assert [one.stdout.readline() for one in running if one.stdout] == ["ready\n"] * 3
    for one in running:  # all at once: what each writes takes less time than its start
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.close()
    assert [one.wait(timeout=60) for one in running] == [0] * 3
    for one in running:
        assert one.stdout
        one.stdout.close()
    checked = verify(tmp_path)
    assert (checked.lines, checked.findings) == (1200, ())


def test_a_disk_that_is_full_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    before = b"".join(written(tmp_path, 2))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 40, hard))
    try:
        with pytest.raises(InputError, match=r"audit\.not_written"):
            written(tmp_path, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / FILE).read_bytes() == before


def test_every_route_is_noted_or_said_to_be_unheard() -> None:
    assert {path.removeprefix("/w/x/") for path in create_api("x").openapi()["paths"]} == QUESTIONS > UNHEARD
    heard = QUESTIONS - UNHEARD
    assert heard >= {"subject", "compare", "compare_table", "score", "survival", "own", "neighbours", "save_group"}


def deeds(explorer: latentspace.Explorer) -> list[dict[str, object]]:
    path = explorer.audit.folder / FILE
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_what_is_asked_is_noted_with_hash_number_and_outcome_and_without_values(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer)
    subject_id = explorer.subject(ROW).subject_id
    everyone = {"kind": "all_of", "of": []}
    groups = {"groups": [{"name": "Secret name", "recipe": everyone}]}
    client.get(f"{HOME}/subject?row={ROW}")
    client.get(f"{HOME}/subject?row=999999")
    compared = client.post(f"{HOME}/compare", json=groups)
    client.post(f"{HOME}/decode", content=bytes(4 * explorer.describe().n_latent))
    said = deeds(explorer)
    assert [(one["what"], one["outcome"]) for one in said] == [("subject", 200), ("subject", 404), ("compare", 200)]
    assert said[2]["n"] == compared.json()["groups"][0]["n"] == explorer.workspace.subjects()["subject_id"].n_unique()
    assert said[2]["recipe"] == sha256(compared.request.content).hexdigest()[:16]
    assert [one["recipe"] for one in said[:2]] == [None, None]
    assert {one["who"] for one in said} == {HERE}
    text = (explorer.audit.folder / FILE).read_text(encoding="utf-8")
    assert not [secret for secret in (subject_id, "Secret name", "999999") if secret in text]
    assert verify(explorer.audit.folder).findings == ()


def test_the_number_noted_is_as_openly_told_as_the_answer(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer)
    groups = {"groups": [{"name": "all", "recipe": {"kind": "all_of", "of": []}}], "disclosure": "strict"}
    told = client.post(f"{HOME}/compare", json=groups).json()["groups"][0]["n"]
    assert deeds(explorer)[-1]["n"] == told


def test_who_asks_is_what_the_proxy_says(explorer: latentspace.Explorer) -> None:
    app = create_app(explorer, KEY, user_header="X-Remote-User").app
    client = TestClient(app, base_url="http://127.0.0.1:8765")
    client.get(f"/launch?token={KEY.launch_token}")
    client.get(f"{HOME}/describe", headers={"x-remote-user": "dr.who\t" + "x" * 200})
    client.get(f"{HOME}/describe")
    assert [one["who"] for one in deeds(explorer)] == [("dr.who" + "x" * 200)[:80], HERE]


def test_what_cannot_be_noted_is_not_answered(explorer: latentspace.Explorer) -> None:
    client = client_of(explorer)
    (explorer.audit.folder / FILE).mkdir(parents=True)
    answer = client.get(f"{HOME}/subject?row={ROW}")
    assert (answer.status_code, answer.json()["code"]) == (503, "audit.not_written")
    assert explorer.subject(ROW).subject_id not in answer.text
    assert client.post(f"{HOME}/decode", content=bytes(4 * explorer.describe().n_latent)).status_code == 200


def test_who_is_refused_at_the_door_is_not_noted(explorer: latentspace.Explorer) -> None:
    assert client_of(explorer, launched=False).get(f"{HOME}/subject?row={ROW}").status_code == 401
    assert deeds(explorer) == []


def test_the_verb_says_how_many_lines_and_which_is_wrong(
    explorer: latentspace.Explorer, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(explorer.workspace.path)
    assert main(["audit", "verify", path]) == 2
    assert "audit.missing" in capsys.readouterr().err
    lines = written(explorer.audit.folder, 2)
    assert main(["audit", "verify", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lines"] == 2
    (explorer.audit.folder / FILE).write_bytes(lines[1])
    assert main(["audit", "verify", path]) == 1
    assert "audit.changed" in capsys.readouterr().err
