"""The socket that the server listens on, and how it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from built import Built
from latentspace.server.launch import listen


def test_an_answer_is_sent_at_once_not_40_ms_later_when_the_browser_has_acknowledged_its_head() -> None:
    async def delay_is_off() -> bool:
        accepted = asyncio.get_running_loop().create_future()

        def met(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(met, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            said = await asyncio.wait_for(accepted, 5)
            writer.close()
        return bool(said)

    assert asyncio.run(delay_is_off())


ALONE = """
import socket, uvicorn
from threadpoolctl import threadpool_info
from latentspace.server import answering

class Nobody:
    def expect_files(self): ...
    def warm(self): return ()
    def close(self): ...

def run(self, sockets):
    print({each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"})

uvicorn.Server.run = run
answering.answer(Nobody(), None, socket.socket())
"""


def test_products_of_an_answer_have_one_thread_for_those_that_wait_take_a_core_from_the_page() -> None:
    threads = {**os.environ, "OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}
    said = subprocess.run([sys.executable, "-c", ALONE], env=threads, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "{1}"


def answers(process: subprocess.Popen[str]) -> None:
    """Wait until the server answers: whatever it starts beside runs by then."""
    assert process.stdout
    link = next((line for line in process.stdout if line.startswith("http://")), "")
    with urlopen(f"{link.partition('/launch')[0]}/healthz") as answer:  # noqa: S310 - our own server
        assert answer.read() == b"ok"


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_leaves_nothing_behind_and_says_nothing(
    digits: Built, tmp_path: Path, sign: signal.Signals
) -> None:
    command = [sys.executable, "-m", "latentspace", "serve", digits.path, "--port", "0", "--no-open"]
    process = subprocess.Popen(
        [*command, "--state", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    answers(process)
    process.send_signal(sign)
    _, said = process.communicate(timeout=30)
    assert "resource_tracker" not in said
    assert "Traceback" not in said
    assert said.split("latentspace: ")[1:] == (["stopped serving.\n"] if sign == signal.SIGINT else [])


SLOW = """
import sys, time
from latentspace.cli import main
from latentspace.explorer import Explorer

def warm(explorer):
    time.sleep(600)
    yield ""

Explorer.warm = warm
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_what_still_computes_does_not_hold_the_end(
    digits: Built, tmp_path: Path, sign: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-c", SLOW, "serve", str(digits.path), "--port", "0", "--no-open", "--state", tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    answers(process)
    process.send_signal(sign)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (code, False)
