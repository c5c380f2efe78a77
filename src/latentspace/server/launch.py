"""Start the server on loopback, print the launch link, open a browser."""

import asyncio
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from latentspace.errors import InputError
from latentspace.explorer import Explorer
from latentspace.server.app import create_app
from latentspace.server.security import load_key

PORTS_TRIED = 20
DRAIN_S, PATIENCE_S = 4, 0.5  # for answers on their way; for what still computes when nobody waits for it
ENDED = {KeyboardInterrupt: 130, SystemExit: 128 + signal.SIGTERM}
TURN_S = 0.0005  # Python's own turn of 5 ms makes each step of an answer wait so long while something is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """Where to listen, under which other names, and where the key is kept.

    `user_header` is the header in which a proxy says who asks; without one the audit says "this machine".
    """

    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    key_folder: Path
    open_browser: bool
    user_header: str = ""


def serve(explorer: Explorer, options: ServeOptions, say: Callable[[str], None]) -> None:
    """Serve until interrupted; `say` gets the launch link, one line that begins with `http://`.

    Raises:
        InputError: not a loopback address, no free port, or no place for the key.
        NotFoundError: the page was not built.
    """
    _require_loopback(options.host)
    key = load_key(options.key_folder / "server.key")
    served = create_app(explorer, key, allowed_hosts=options.allowed_hosts, user_header=options.user_header)
    listener = listen(options.host, options.port, 1 if options.allowed_hosts else PORTS_TRIED)  # a proxy knows one port
    shown = f"[{options.host}]" if ":" in options.host else options.host
    link = f"http://{shown}:{listener.getsockname()[1]}/launch?token={key.launch_token}"
    config = uvicorn.Config(
        served.app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_S
    )
    logging.getLogger("uvicorn").getChild("error").addFilter(_told)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)  # uvicorn drains, then raises the signal again for this handler
    say(link)
    if options.open_browser:
        threading.Timer(0.5, webbrowser.open, [link]).start()
    sys.setswitchinterval(TURN_S)
    ending = threading.Event()
    expecting = threading.Thread(target=explorer.expect_files)  # its imports take a second
    warming = threading.Thread(target=_warm, args=(explorer, ending))
    expecting.start()
    try:
        warming.start()
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        ending.set()
        expecting.join()
        explorer.close()
        _end_what_computes(sys.exc_info()[1])


def _end_what_computes(error: BaseException | None) -> None:
    """Python waits at its end for every thread, however long its answer takes, which nobody will read.

    What is kept was kept before it was answered; a daemon that is cut off inside C++ would end the process by abort.
    """
    others = [t for t in threading.enumerate() if t is not threading.current_thread() and not t.daemon]
    until = time.monotonic() + PATIENCE_S
    for thread in others:
        thread.join(max(0.0, until - time.monotonic()))
    if isinstance(error, KeyboardInterrupt | SystemExit) and any(thread.is_alive() for thread in others):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ENDED[type(error)])


def _told(record: logging.LogRecord) -> bool:
    """An answer that the end of the server cut off is no defect."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _warm(explorer: Explorer, ending: threading.Event) -> None:
    for _ in explorer.warm():
        if ending.is_set():
            return


def _leave(signum: int, frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that children and what they share are let go."""
    del frame
    raise SystemExit(128 + signum)


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
