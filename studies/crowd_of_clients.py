"""A hundred people at one server: how long they wait for each answer, and whether any was refused.

`python -m studies.crowd_of_clients WORKSPACE [SECONDS [CLIENTS]]` serves a workspace (30 s, 100 clients): each asks,
reads, looks at it for half a second to one and a half, and asks again. Of the questions 60 % decode a code, 30 % are
columns and points, 10 % compare a group with the rest. Prints for each route the number, the median, the 95th
percentile and the errors. Five clients come eight seconds earlier. Clients and server share the machine.
"""

import json
import os
import random
import struct
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.chromium import served

CLIENTS, SECONDS = 100, 30.0
FEW, WARMS_S = 5, 8.0  # before it: networks and tables are read when they are first asked for
LOOKS_S = (0.5, 1.5)
SHARES = {"decode": 0.6, "columns": 0.15, "points": 0.15, "compare": 0.1}


@dataclass(frozen=True, slots=True)
class Door:
    """Where the page is and the cookie that opens it."""

    host: str
    port: int
    home: str
    cookie: str

    @classmethod
    def of(cls, link: str) -> "Door":
        """Follow a launch link."""
        parts = urlsplit(link)
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=30)) as connection:
            connection.request("GET", f"{parts.path}?{parts.query}")
            answer = connection.getresponse()
            answer.read()
        jar = SimpleCookie(answer.headers["set-cookie"])
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
        return cls(parts.hostname or "", parts.port or 80, answer.headers["location"], cookie)

    def ask(self, connection: HTTPConnection, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """One question and its answer."""
        method = "GET" if body is None else "POST"
        connection.request(method, self.home + path, body, {"Cookie": self.cookie})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def once(self, path: str) -> tuple[int, bytes]:
        """One question by a connection of its own."""
        with closing(self.connection()) as connection:
            return self.ask(connection, path)

    def connection(self) -> HTTPConnection:
        """A new one, that waits a minute at most."""
        return HTTPConnection(self.host, self.port, timeout=60)


@dataclass(slots=True)
class Heard:
    """Seconds of every answer by route, and what was no answer."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def at(self, share: float, route: str = "") -> float:
        """A quantile of the seconds of one route, or of all."""
        every = [s for name, each in self.seconds.items() for s in each if route in ("", name)]
        return sorted(every)[min(len(every) - 1, int(share * len(every)))] if every else float("nan")


def questions(about: Mapping[str, Any], rng: random.Random) -> dict[str, tuple[str, bytes | None]]:
    """One of each kind, of this workspace."""
    n_latent, phenotypes, maps = about["n_latent"], about["phenotypes"], about["maps"]
    numbers = [p for p in phenotypes if p["kind"] == "continuous"]
    chosen, drawn = rng.choice(numbers)["name"], rng.choice(maps)
    code = struct.pack(f"<{n_latent}f", *(rng.gauss(0, 1) for _ in range(n_latent)))
    group = {"kind": "between", "column": chosen, "low": -1e9, "high": float(rng.randrange(20, 90))}
    return {
        "decode": ("decode", code),
        "columns": (f"columns?names={chosen}", None),
        "points": (f"points?space={drawn['space']}&method={drawn['method']}", None),
        "compare": ("compare", json.dumps({"groups": [{"name": "some", "recipe": group}]}).encode()),
    }


def crowd(door: Door, clients: int, seconds: float) -> Heard:
    """So many clients at once for so long."""
    about, heard, lock = json.loads(door.once("describe")[1]), Heard(), threading.Lock()
    until = time.monotonic() + seconds

    def client(number: int) -> None:
        rng, connection = random.Random(number), door.connection()  # noqa: S311 - no secret
        time.sleep(rng.random() * LOOKS_S[1])
        while time.monotonic() < until:
            route = rng.choices(list(SHARES), list(SHARES.values()))[0]
            path, body = questions(about, rng)[route]
            begun = time.monotonic()
            try:
                status, said = door.ask(connection, path, body)
            except (OSError, HTTPException) as error:
                status, said = 0, repr(error).encode()
                connection.close()  # and it opens again by itself
            with lock:
                heard.seconds[route].append(time.monotonic() - begun)
                if status != 200:
                    heard.errors.append(f"{route} {status} {said[:200].decode(errors='replace')}")
            time.sleep(rng.uniform(*LOOKS_S))
        connection.close()

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return heard


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    seconds = float(arguments[1]) if len(arguments) > 1 else SECONDS
    clients = int(arguments[2]) if len(arguments) > 2 else CLIENTS
    before = os.getloadavg()[0]
    with served(Path(arguments[0])) as (link, _):
        crowd(Door.of(link), FEW, WARMS_S)
        heard = crowd(Door.of(link), clients, seconds)
    print(f"{clients} clients for {seconds:g} s on {os.cpu_count()} cores; load before {before:.1f}")
    for route in (*SHARES, ""):
        n = sum(len(each) for name, each in heard.seconds.items() if route in ("", name))
        median, late = heard.at(0.5, route), heard.at(0.95, route)
        print(f"{route or 'all':8} {n:6} answers, median {1000 * median:6.0f} ms, 95 % within {1000 * late:6.0f} ms")
    print(f"{len(heard.errors)} errors", *sorted(set(heard.errors))[:5], sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
