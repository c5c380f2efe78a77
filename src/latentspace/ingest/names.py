"""What the name of a file or folder says: its subject and, as UK Biobank names its bulk files, the visit."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from latentspace.ingest.plugins import brought_readers
from latentspace.readers.nifti_cine import is_nifti, stem

SUFFIXES = (".hea", ".dat", ".xml", ".zip", ".csv", ".tsv", ".txt", ".dcm", ".scp", ".edf", ".ecg")
BIOBANK = re.compile(r"(?P<subject>\d+)_(?P<field>20\d{3})_(?P<instance>\d+)_\d+")


def bare(path: PurePosixPath | Path) -> str:
    """The name without the suffix of a kind that is read; a folder may have dots in its name."""
    known = is_nifti(path.name) or path.suffix.lower() in SUFFIXES or path.suffix.lower() in brought_readers()
    return stem(path.name) if known else path.name


def biobank(path: Path) -> tuple[str, str] | None:
    """Subject and instance of `<id>_20208_<instance>_0.zip`, None for any other name."""
    zipped = path.parent if path.parent.suffix.lower() == ".zip" else path  # an ECG in a zip of the field
    found = BIOBANK.fullmatch(bare(path)) or BIOBANK.fullmatch(bare(zipped))
    return (found["subject"], found["instance"]) if found else None


def first_whole(found: Mapping[str, Sequence[Path]]) -> dict[str, str]:
    """For each subject of UK Biobank's files the instance that has the most kinds of them, of equals the first."""
    kinds: dict[str, dict[str, set[str]]] = {}
    for kind, paths in found.items():
        for subject, instance in filter(None, map(biobank, paths)):
            kinds.setdefault(subject, {}).setdefault(instance, set()).add(kind)
    return {s: min(each, key=lambda i: (-len(each[i]), int(i))) for s, each in kinds.items()}
