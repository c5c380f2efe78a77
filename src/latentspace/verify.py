"""Check every content hash of a workspace: what was written is what is there."""

from dataclasses import dataclass
from pathlib import Path

from latentspace.artifact import content_hash
from latentspace.elsewhere import content_hash_at
from latentspace.errors import LatentSpaceError
from latentspace.progress import Progress
from latentspace.run import WRITTEN_BY
from latentspace.workspace import Workspace

RECORDINGS, UNCHECKED = "recordings/", "was not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One artifact that is not what was written, and what to do."""

    artifact: str
    found: str
    hint: str


def verify(workspace: Workspace, progress: Progress) -> tuple[int, tuple[Finding, ...]]:
    """Hash every artifact of the cohort and of all runs; recordings that lie elsewhere are read whole, there.

    Returns:
        How many artifacts were checked, and those that are missing or damaged.
    """
    recorded = [(workspace.path / name, digest, "ingest again") for name, digest in workspace.hashes.items()]
    for run in workspace.runs():
        recorded += [(run.path / name, digest, _verb(name)) for name, digest in run.hashes.items()]
    findings: list[Finding] = []
    for i, (path, digest, hint) in enumerate(recorded):
        name = path.relative_to(workspace.path).as_posix()
        lies_there = bool(workspace.elsewhere) and name.startswith(RECORDINGS)
        at = f"{workspace.elsewhere.rstrip('/')}/{path.name}"
        found = _compare_elsewhere(at, digest) if lies_there else _compare(path, digest)
        if found:
            mend = _mend(found, "copy it there again" if lies_there else hint)
            findings.append(Finding(artifact=name, found=found, hint=mend))
        progress("verify", i + 1, len(recorded))
    return len(recorded), tuple(findings)


def _compare(path: Path, digest: str) -> str | None:
    if not path.exists():
        return "is missing"
    return None if content_hash(path) == digest else "differs from what was written"


def _compare_elsewhere(url: str, digest: str) -> str | None:
    try:
        return None if content_hash_at(url) == digest else f"at {url} differs from what was written"
    except LatentSpaceError as error:
        return f"at {url} {UNCHECKED}: {error.found}"


def _mend(found: str, how: str) -> str:
    return "Make it reachable, then verify again." if UNCHECKED in found else f"Repair it: {how}."


def _verb(artifact: str) -> str:
    if artifact in WRITTEN_BY:
        return f"{WRITTEN_BY[artifact]} again"
    return "train again in a new run (another --seed), or restore the run from a copy"
