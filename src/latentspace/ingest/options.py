"""What `ingest` is asked for besides its sources."""

from dataclasses import dataclass, field
from pathlib import Path

from latentspace.ingest.limited import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What `ingest` reads besides the sources, and how; `dry_run` only says what it would do."""

    table: Path | None = None
    dictionary: Path | None = None
    modalities: Path | None = None
    title: str | None = None
    workers: int = 2
    cluster: str | None = None  # address of a Dask scheduler, whose workers read instead
    series_map: Path | None = None
    contact_sheet: Path | None = None
    dry_run: bool = False
    limits: Limits = field(default_factory=Limits)
