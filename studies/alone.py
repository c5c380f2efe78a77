"""The whole suite without any network but loopback: `python -m studies.alone [PYTEST ARGUMENT ...]`.

Runs pytest in a network namespace of its own (`unshare`, of util-linux), where nothing but 127.0.0.1 can be reached:
whatever asks for more fails there.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
REQUEST = "16sh14x"  # struct ifreq: a name and its flags
AS_ROOT = () if os.geteuid() == 0 else ("--user", "--map-root-user")  # root may, and keeps all other users
OWN = ("unshare", *AS_ROOT, "--net")


def refusal() -> str:
    """Why this machine does not let us make a network namespace; nothing if it does."""
    if shutil.which(OWN[0]) is None:
        return "unshare (util-linux) is not installed"
    tried = subprocess.run([*OWN, "true"], check=False, capture_output=True, text=True)  # noqa: S603 - fixed
    return tried.stderr.strip() if tried.returncode else ""


def within(command: Sequence[str]) -> list[str]:
    """The command that runs another one where there is only loopback."""
    return [*OWN, sys.executable, "-m", "studies.alone", "--here", *command]


def raise_loopback() -> None:
    """Bring up the interface `lo`, which is down in a new namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        told = fcntl.ioctl(asking, SIOCGIFFLAGS, struct.pack(REQUEST, b"lo", 0))
        _, flags = struct.unpack(REQUEST, told)
        fcntl.ioctl(asking, SIOCSIFFLAGS, struct.pack(REQUEST, b"lo", flags | IFF_UP))


def main(arguments: Sequence[str]) -> int:
    """Run pytest alone; within the namespace, the command itself."""
    if arguments[:1] == ["--here"]:
        raise_loopback()
        os.execvp(arguments[1], list(arguments[1:]))  # noqa: S606 - what the caller named
    if why := refusal():
        print(f"This machine does not let us make a network namespace: {why}")
        return 2
    command = within([sys.executable, "-m", "pytest", "-q", *arguments])
    return subprocess.run(command, check=False).returncode  # noqa: S603 - pytest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
