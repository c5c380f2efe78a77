"""What lies in deploy/: the proxy as it is written there, before a real server; the unit; and a copy put elsewhere."""

import base64
import configparser
import json
import shlex
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from socket import socket

import pytest

import latentspace
from built import Built
from chromium import served
from door import client_of
from foreign_run import foreign_run
from latentspace.cli import VERBS, main
from latentspace.errors import InputError
from latentspace.groups import AllOf
from latentspace.options import build_parser
from latentspace.server.launch import listen

DEPLOY = Path(__file__).parents[1] / "deploy"
NAME = "explorer.example.org"
ANNA = base64.b64encode(b"anna:heart").decode()


def free() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}", "-days", "1"]
    subprocess.run([*command, "-keyout", folder / "key", "-out", folder / "pem"], check=True, capture_output=True)


def conf(folder: Path, port: int, server: str) -> str:
    """deploy/nginx.conf with the places and ports of this test, and what Debian's own nginx.conf has around it."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for there, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/certs/explorer.pem", str(folder / "pem")),
        ("/etc/ssl/private/explorer.key", str(folder / "key")),
        ("/etc/nginx/latentspace.users", str(folder / "users")),
        ("http://127.0.0.1:8765", server),
    ):
        assert there in text
        text = text.replace(there, here)
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/errors; user {folder.owner()};\nevents {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied; {text} }}\n"
    )


@pytest.fixture
def proxied(digits: Built, tmp_path: Path) -> Iterator[tuple[int, str, Path]]:
    """Port of the proxy, path of the launch link, and the folder with the audit."""
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl is not installed: the proxy of deploy/nginx.conf is not tried")
    state = tmp_path / "state"
    more = ("--allow-host", NAME, "--user-header", "X-Remote-User")
    with served(digits.path, *more, kept=state) as (link, _):
        server, port = link.partition("/launch")[0], free()
        certificate(tmp_path)
        (tmp_path / "users").write_text("anna:{PLAIN}heart\n", encoding="utf-8")
        (tmp_path / "conf").write_text(conf(tmp_path, port, server), encoding="utf-8")
        with subprocess.Popen(["nginx", "-c", tmp_path / "conf"], stderr=subprocess.DEVNULL) as proxy:
            yield port, link.removeprefix(server), state
            proxy.terminate()


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    until = time.monotonic() + 10
    while True:
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # signed by this test itself
            with closing(HTTPSConnection("127.0.0.1", port, context=context, timeout=30)) as connection:
                connection.request(method, path, headers={"Host": NAME, **headers})
                with connection.getresponse() as answer:
                    return answer.status, dict(answer.getheaders()), answer.read()
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_behind_the_proxy_the_page_opens_over_tls_and_the_audit_says_who_asked(
    proxied: tuple[int, str, Path],
) -> None:
    port, launch, state = proxied
    assert ask(port, launch)[0] == 401
    status, headers, _ = ask(port, launch, Authorization=f"Basic {ANNA}")
    assert status == 303
    assert {"Secure", "HttpOnly", "SameSite=strict"} <= {part.strip() for part in headers["set-cookie"].split(";")}
    known = {"Authorization": f"Basic {ANNA}", "Cookie": headers["set-cookie"].partition(";")[0]}
    home = headers["location"]
    assert ask(port, f"{home}describe", **known)[0] == 200
    assert ask(port, f"{home}subject?row=0", **known, **{"X-Remote-User": "the director"})[0] == 200
    told = [json.loads(line) for line in (state / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["who"] for line in told} == {"anna"}
    assert ask(port, f"{home}compare", "POST", **known, Origin="https://elsewhere.example")[0] == 403


def test_the_unit_gives_options_that_there_are_and_leaves_nothing_to_write_but_its_state() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string((DEPLOY / "latentspace.service").read_text(encoding="utf-8"))
    service = {name.lower(): value for name, value in unit["Service"].items()}
    chosen = build_parser(VERBS).parse_args(shlex.split(service["execstart"])[1:])
    assert (chosen.state, chosen.allow_host) == (Path("/var/lib/latentspace"), [NAME])
    assert service["ipaddressallow"] == "localhost"
    assert (service["protectsystem"], service["statedirectory"]) == ("strict", "latentspace")


def test_behind_a_proxy_a_port_that_is_taken_is_an_error_and_no_other_is_listened_on() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(InputError, match="is taken"):
        listen("127.0.0.1", first.getsockname()[1], 1)


def test_a_copy_of_the_folder_is_a_backup_with_groups_and_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = foreign_run(tmp_path / "first")
    explorer = latentspace.open(workspace.path)
    client = client_of(explorer)
    kept = explorer.save_group("Half", AllOf(of=()))
    assert client.get(f"/w/{workspace.path.name}/subject?row=0").status_code == 200
    copy = shutil.copytree(workspace.path, tmp_path / "restored")
    assert main(["verify", str(copy)]) == 0
    assert main(["audit", "verify", str(copy)]) == 0
    capsys.readouterr()
    assert main(["group", str(copy), "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert latentspace.open(copy).groups() == [kept]
