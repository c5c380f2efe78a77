"""What is measured on: the digits, and twelve-lead ECGs (PTB-XL's where they are at hand, else written ones)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentspace.demo import BuildOptions, build, demo_digits
from latentspace.ingest import IngestOptions, ingest
from latentspace.progress import silent
from latentspace.workspace import Workspace, open_folder
from tests.ecg_records import made_ecg, shared_data, write_record

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "bench"
EXAMPLE = ROOT / "examples" / "ptbxl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Recordings to ingest, and how."""

    name: str
    records: Path
    options: IngestOptions


def ecg_source() -> Source:
    """PTB-XL's records and table, or 400 written records without one."""
    data = shared_data() / "ptbxl"
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
    """Ten seconds at a rate and with sizes of each record's own."""
    rng = np.random.default_rng(0)
    for number in range(count):
        onsets = np.arange(0.4, 9.4, 60 / rng.uniform(50, 100))
        write_record(folder, f"r{number:04d}", made_ecg(onsets.tolist(), seed=number))
