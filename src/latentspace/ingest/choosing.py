"""What a plan tells in text: each line of trouble, the series among which somebody must choose, and how to go on."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from latentspace.ingest.options import IngestOptions
from latentspace.ingest.preview import Doubts
from latentspace.report import Entry

MOST_LINES, MOST_FILES = 30, 20  # lines of the report, and files in doubt, that are written out


def said_of(entries: Sequence[Entry]) -> dict[str, object]:
    """Each line of the report in words, for a plan writes no report."""
    lines = [f"{e.file}: {e.reason} ({e.code}). {e.hint}" for e in entries[:MOST_LINES]]
    more = [f"and {len(entries) - MOST_LINES:,} more"] if len(entries) > MOST_LINES else []
    return {"lines": [*lines, *more]} if lines else {}


def choices(doubts: Doubts) -> dict[str, object]:
    """Of each file in doubt the series with frames and size, and the line of a series map that takes it."""
    told = {
        name: [f"{one.about}: for this one write  {one.line}" for one in each]
        for name, each in list(doubts.items())[:MOST_FILES]
    }
    more = {"more": f"{len(doubts) - MOST_FILES:,} files"} if len(doubts) > MOST_FILES else {}
    return {"series_to_choose": {**told, **more}} if told else {}


def go_on(sources: Sequence[Path], into: Path, options: IngestOptions, *, doubt: bool) -> str:
    """The command that follows the plan, with what to do before where series are in doubt."""
    series_map = options.series_map or (Path("series_map.csv") if doubt else None)
    given = {
        "--table": options.table,
        "--dictionary": options.dictionary,
        "--modalities": options.modalities,
        "--series-map": series_map,
    }
    words = ["latentspace", "ingest", *map(str, sources), "--into", str(into)]
    words += [word for name, path in given.items() if path is not None for word in (name, str(path))]
    command = shlex.join(words)
    if not doubt:
        return command
    seen = "" if options.contact_sheet else " (to see them: the same command with --contact-sheet series.png)"
    return f"write `series,view` and below it the line of each right series into {series_map}{seen}, then: {command}"
