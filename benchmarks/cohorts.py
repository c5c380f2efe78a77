"""What is measured on: the digits, and twelve-lead ECGs (PTB-XL's where they are at hand, else written ones)."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wfdb

from latentspace.demo import BuildOptions, build, demo_digits
from latentspace.ingest import IngestOptions, ingest
from latentspace.progress import silent
from latentspace.workspace import Workspace, open_folder

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "bench"
EXAMPLE = ROOT / "examples" / "ptbxl"
RATE_HZ = 500
LEADS = ["I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Recordings to ingest, and how."""

    name: str
    records: Path
    options: IngestOptions


def ecg_source() -> Source:
    """PTB-XL's records and table, or 400 written records without one."""
    data = Path(os.environ.get("LATENTSPACE_REAL_DATA", ROOT.parent / "shared" / "data")) / "ptbxl"
    if data.is_dir():
        options = IngestOptions(
            table=data / "ptbxl_database.csv",
            dictionary=EXAMPLE / "dictionary.json",
            modalities=EXAMPLE / "modalities.toml",
        )
        return Source(name="PTB-XL", records=data / "records500", options=options)
    made = BUILT / "records"
    if not made.is_dir():
        _write_records(made, 400)
    return Source(name="written ECGs", records=made, options=IngestOptions())


def digits() -> Workspace:
    """The demo's workspace, built once."""
    return demo_digits(BUILT, BuildOptions(), silent)


def ecgs() -> Workspace:
    """The ECGs through every verb, once."""
    source = ecg_source()
    path = BUILT / f"{source.records.name}.ls"
    if not (path / "workspace.json").is_file():
        ingest([source.records], path, source.options, silent)
    workspace = open_folder(path)
    build(workspace, BuildOptions(), silent)
    return workspace


def _write_records(folder: Path, count: int) -> None:
    """Ten seconds of Gaussian P, QRS and T waves at a rate and with sizes of each record's own, with noise."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    clock = np.arange(10 * RATE_HZ) / RATE_HZ
    for number in range(count):
        phase = clock % (60 / rng.uniform(50, 100))
        waves = [np.exp(-(((phase - at) / width) ** 2)) for at, width in ((0.12, 0.03), (0.28, 0.015), (0.52, 0.06))]
        signal = np.stack(waves, axis=1) @ rng.normal((0.1, 1.0, 0.3), 0.1, (8, 3)).T
        one, two = signal[:, 0], signal[:, 1]
        limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
        whole = np.column_stack([*limbs, signal[:, 2:]]) + rng.normal(0, 0.01, (len(clock), 12))
        wfdb.wrsamp(
            f"r{number:04d}", RATE_HZ, ["mV"] * 12, LEADS, p_signal=whole, fmt=["16"] * 12, write_dir=str(folder)
        )
