"""Two machines as two network namespaces: what goes between them goes over a wire, here a pair of virtual cards."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dask_cluster import started
from factor_cohort import factor_workspace
from foreign_run import foreign_run
from latentspace.artifact import content_hash

ADDRESSES = ("10.77.0.1", "10.77.0.2")
CONFIG = "n_shared = 4\nn_components = 8\nn_hidden = 8\nbatch = 32\nsteps = 12\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """A namespace, the address of its card, and the card's name."""

    namespace: str
    address: str
    card: str

    @property
    def inside(self) -> list[str]:
        """What is put before a command so that it runs there."""
        return ["ip", "netns", "exec", self.namespace]


@pytest.fixture(scope="module")
def machines() -> Generator[tuple[Machine, Machine]]:
    """Two of them, wired together and to nothing else."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("only root may make network namespaces, with `ip` of iproute2")
    names = [f"lse{os.getpid()}{end}" for end in "ab"]
    if subprocess.run(["ip", "netns", "add", names[0]], capture_output=True, check=False).returncode:
        pytest.skip("this system makes no network namespaces")
    try:
        _ip("netns", "add", names[1])
        _ip("link", "add", "wire", "netns", names[0], "type", "veth", "peer", "name", "wire", "netns", names[1])
        for name, address in zip(names, ADDRESSES, strict=True):
            for rest in (["address", "add", f"{address}/24", "dev", "wire"], ["link", "set", "wire", "up"]):
                _ip("-n", name, *rest)
            _ip("-n", name, "link", "set", "lo", "up")
        one, other = (Machine(name, address, "wire") for name, address in zip(names, ADDRESSES, strict=True))
        yield one, other
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _command(verb: str, workspace: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "latentspace", verb, str(workspace), *more, "--json"]


def test_a_cluster_on_another_machine_embeds(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    one, other = machines
    workspace, run = foreign_run(tmp_path)
    before = content_hash(run.file("embedding.zarr"))
    shutil.rmtree(run.file("embedding.zarr"))
    with started(tmp_path, workers=1, before=one.inside, host=one.address) as dask:
        assert one.address in dask.address
        command = _command("embed", workspace.path, "--cluster", dask.address)
        done = subprocess.run([*other.inside, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert content_hash(run.file("embedding.zarr")) == before


def test_two_machines_train_one_run(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    workspace = factor_workspace(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    command = _command("train", workspace.path, "--config", str(config))
    running = [_ranked(machine, rank, command) for rank, machine in enumerate(machines)]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert workspace.run().record["processes"] == 2
    assert not said[1][0]  # the first alone answers


def _ranked(machine: Machine, rank: int, command: Sequence[str]) -> subprocess.Popen[str]:
    """One process as torchrun starts it."""
    meeting = {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": ADDRESSES[0], "MASTER_PORT": "29400"}
    environment = {**os.environ, **meeting, "GLOO_SOCKET_IFNAME": machine.card, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*machine.inside, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
