"""Start the server on loopback, print the launch link, open a browser."""

import ipaddress
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from latentspace.disclosure import Preset
from latentspace.errors import InputError
from latentspace.explorer import Explorer
from latentspace.server.answering import answer, end_on_sigterm
from latentspace.server.app import create_app
from latentspace.server.security import load_key
from latentspace.server.several import keep_answering
from latentspace.workspace import open_folder

PORTS_TRIED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Where to listen, under which other names, and where the key is kept.

    `user_header` is the header in which a proxy says who asks; without one the audit says "this machine".
    `processes` answer at one socket, with one key, one state and one audit.
    """

    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    key_folder: Path
    open_browser: bool
    user_header: str = ""
    processes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one of several processes needs to answer as the others do."""

    workspace: Path
    run: str
    disclosure: Preset
    options: ServeOptions
    listener: socket.socket


def serve(explorer: Explorer, options: ServeOptions, say: Callable[[str], None]) -> None:
    """Serve until interrupted; `say` gets the launch link, one line that begins with `http://`.

    Several processes open the workspace each for itself: `explorer` then stays unread.

    Raises:
        InputError: not a loopback address, no free port, or no place for the key.
        NotFoundError: the page was not built.
        StoppedError: of several processes five died within a minute.
    """
    _require_loopback(options.host)
    app = _app(explorer, options)
    listener = listen(options.host, options.port, 1 if options.allowed_hosts else PORTS_TRIED)  # a proxy knows one port
    shown = f"[{options.host}]" if ":" in options.host else options.host
    token = load_key(options.key_folder / "server.key").launch_token
    link = f"http://{shown}:{listener.getsockname()[1]}/launch?token={token}"
    end_on_sigterm()
    say(link)
    if options.open_browser:
        threading.Timer(0.5, webbrowser.open, [link]).start()
    if options.processes == 1:
        answer(explorer, app, listener)
        return
    part = Part(
        workspace=explorer.workspace.path,
        run=explorer.run.name,
        disclosure=explorer.disclosure,
        options=options,
        listener=listener,
    )
    keep_answering(partial(_answer_part, part), options.processes)


def _answer_part(part: Part) -> None:
    end_on_sigterm()
    workspace = open_folder(part.workspace)
    explorer = Explorer(workspace, workspace.run(part.run), part.options.key_folder)
    explorer.disclosure = part.disclosure
    answer(explorer, _app(explorer, part.options), part.listener)


def _app(explorer: Explorer, options: ServeOptions) -> ASGIApp:
    key = load_key(options.key_folder / "server.key")
    return create_app(
        explorer,
        key,
        allowed_hosts=options.allowed_hosts,
        user_header=options.user_header,
        processes=options.processes,
    ).app


def _require_loopback(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputError(
            "serve.not_loopback",
            where=f"--host {host}",
            found="is no loopback address",
            hint="Serve on 127.0.0.1 and put a TLS proxy or an SSH tunnel before it.",
        )


def listen(host: str, port: int, tries: int = PORTS_TRIED) -> socket.socket:
    """A socket at `port`, or at the next that is free of as many as `tries`; 0 is any.

    Raises:
        InputError: none is free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in (0,) if port == 0 else range(port, port + tries):
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: else no TCP_NODELAY
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError:
            listener.close()
            continue
        listener.listen(128)
        return listener
    raise InputError(
        "serve.no_port",
        where=f"--port {port}",
        found=f"ports {port} to {port + tries - 1} are all taken" if tries > 1 else f"port {port} is taken",
        hint="Give another --port.",
    )
