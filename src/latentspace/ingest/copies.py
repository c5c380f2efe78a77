"""Recordings that are there twice: each is flagged, and people who share one stay together in every split."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from latentspace.ingest.match import Visit
from latentspace.ingest.records import Record
from latentspace.report import Entry


def flag_copies(kept: Sequence[tuple[Visit, Mapping[str, Record]]]) -> tuple[list[str], list[Entry]]:
    """For every visit the person whom it must not be parted from in a split, and a line for each copy.

    Two ids may be one person, or one file may be in the wrong place: nobody can tell from the values, so both are
    kept, and a model is never tested on a recording that it was trained on.
    """
    first: dict[str, tuple[Visit, Path]] = {}
    together = {visit.subject_id: visit.subject_id for visit, _ in kept}
    entries: list[Entry] = []
    for visit, kind, digest in ((v, kind, r.digest) for v, each in kept for kind, r in each.items() if r.given):
        original, file = first.setdefault(digest, (visit, visit.files[kind]))
        if original is visit:
            continue
        entries.append(_entry(visit, visit.files[kind], original, file))
        stays, moves = together[original.subject_id], together[visit.subject_id]
        together = {subject: stays if head == moves else head for subject, head in together.items()}
    return [together[visit.subject_id] for visit, _ in kept], entries


def _entry(copy: Visit, file: Path, original: Visit, original_file: Path) -> Entry:
    same = copy.subject_id == original.subject_id
    whose = f"visit {original.visit} of the same subject" if same else f"subject {original.subject_id}"
    kept = "" if same else ", so the two subjects stay together in every split"
    return Entry(
        file=file.name,
        code="record.identical",
        reason=f"has the same values as {original_file.name} of {whose}{kept}",
        hint="One of the two is a copy: find out which, and leave it out of the table.",
        outcome="flagged",
        subject=copy.subject_id,
    )
