"""Workspaces that the command line has built, every verb as a user would call it: PTB-XL's real ECGs, and digits."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from ecg_records import real_data

EXAMPLE = Path(__file__).parents[1] / "examples" / "ptbxl"


@dataclass(frozen=True, slots=True)
class Built:
    """A workspace and what each verb said with `--json`."""

    path: Path
    said: Mapping[str, Mapping[str, Any]]


def built_once(folder: Path, build: Callable[[Path], Built]) -> Built:
    """What `build` makes in a folder; whoever else asks for that folder waits, and then reads it."""
    folder.mkdir(exist_ok=True)
    kept = folder / "built.json"
    with FileLock(folder / "lock"):
        if kept.is_file():
            told = json.loads(kept.read_text(encoding="utf-8"))
            return Built(Path(told["path"]), told["said"])
        made = build(folder)
        kept.write_text(json.dumps({"path": str(made.path), "said": made.said}), encoding="utf-8")
        return made


def latentspace(*arguments: str | Path) -> Mapping[str, Any]:
    """Run one command; the object that it prints."""
    command = [sys.executable, "-m", "latentspace", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1, done.stdout
    return json.loads(done.stdout)


def build_ptbxl(folder: Path) -> Built:
    """The real recordings through every verb; the caller's test is skipped where they are not at hand."""
    source, path = real_data(), folder / "ptbxl.ls"
    said = {
        "ingest": latentspace(
            *("ingest", source / "records500", "--into", path, "--table", source / "ptbxl_database.csv"),
            *("--dictionary", EXAMPLE / "dictionary.json", "--modalities", EXAMPLE / "modalities.toml"),
        ),
        **modelled(path),
    }
    return Built(path, said)


def modelled(path: Path, *training: str | Path) -> dict[str, Any]:
    """What every verb after the cohort says, `training` being further options of `train`."""
    return {
        "train": latentspace("train", path, *training),
        "embed": latentspace("embed", path),
        "project": latentspace("project", path),
        "evaluate": latentspace("evaluate", path, "--quick"),
        "info": latentspace("info", path),
        "verify": latentspace("verify", path),
    }


def build_digits(folder: Path) -> Built:
    """The demo's workspace of handwritten digits."""
    said = latentspace("demo", "digits", "--into", folder, "--build-only")
    return Built(Path(said["workspace"]), {"demo": said})


def build_cardiac(folder: Path) -> Built:
    """Simulated hearts: few people, trained just enough that those with LBBB lie together on the ECG map."""
    path, config = folder / "hearts.ls", folder / "short.toml"
    config.write_text("steps = 150\n", encoding="utf-8")
    said = latentspace("simulate", path, "--subjects", "600")
    return Built(path, {"simulate": said, **modelled(path, "--config", config)})
