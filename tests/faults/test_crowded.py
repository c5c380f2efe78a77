"""Many clients at once, and clients who do not read what they asked for: nobody is refused, nobody waits for them."""

import socket
import time
from collections.abc import Iterator

import pytest

from built import Built
from chromium import served
from studies.crowd_of_clients import SHARES, Door, crowd

CLIENTS, SLOW, PATIENCE_S = 100, 20, 5.0


@pytest.fixture(scope="module")
def door(digits: Built) -> Iterator[Door]:
    with served(digits.path) as (link, _):
        yield Door.of(link)


def test_a_hundred_clients_at_once_are_all_answered(door: Door) -> None:
    """How fast is told by `python -m studies.crowd_of_clients`, on a machine that does nothing else."""
    heard = crowd(door, CLIENTS, 3.0)
    assert heard.errors == []
    assert set(heard.seconds) == set(SHARES)
    assert sum(map(len, heard.seconds.values())) >= CLIENTS


def test_twenty_who_do_not_read_what_they_asked_for_hold_up_nobody(door: Door) -> None:
    names = ",".join(f"joint.z{i:02d}" for i in range(12)) + ",ink,width,height,slant,right_share,digit,subject_id"
    status, whole = door.once(f"columns?names={names}")
    assert status == 200
    host = f"Host: {door.host}:{door.port}"
    question = f"GET {door.home}columns?names={names} HTTP/1.1\r\n{host}\r\nCookie: {door.cookie}\r\n\r\n"
    slow: list[socket.socket] = []
    try:
        for _ in range(SLOW):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.connect((door.host, door.port))
            one.sendall(question.encode() * 200)  # the answers of 200 fit into no buffer
            slow.append(one)
        time.sleep(0.5)
        begun = time.monotonic()
        for path in ("describe", "points?space=joint&method=tsne", f"columns?names={names}"):
            assert door.once(path)[0] == 200
        assert time.monotonic() - begun < PATIENCE_S
        assert len(whole) * 200 > 10_000_000
        assert [one.recv(12) for one in slow] == [b"HTTP/1.1 200"] * SLOW
    finally:
        for one in slow:
            one.close()
    assert door.once("describe")[0] == 200
