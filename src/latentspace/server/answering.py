"""Answer requests at a socket until told to end, and then end in time."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from latentspace.explorer import Explorer

DRAIN_S, PATIENCE_S = 4, 0.5  # for answers on their way; for what still computes when nobody waits for it
ENDED = {KeyboardInterrupt: 130, SystemExit: 128 + signal.SIGTERM}
TURN_S = 0.0005  # Python's own turn of 5 ms makes each step of an answer wait so long while something is measured


def end_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that children and what they share are let go."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)  # uvicorn drains, then raises the signal again for this handler


def answer(explorer: Explorer, app: ASGIApp, listener: socket.socket) -> None:
    """Answer with `app` at `listener` until a signal ends it; `explorer` is warmed meanwhile, then closed."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_S
    )
    logging.getLogger("uvicorn").getChild("error").addFilter(_told)
    sys.setswitchinterval(TURN_S)
    threadpool_limits(1, "blas")  # threads that wait for more of a small product spin, and take a core from the page
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
    del frame
    raise SystemExit(128 + signum)
