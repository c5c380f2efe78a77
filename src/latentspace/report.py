"""The ingest report: one line for everything that was rejected, flagged or repaired, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Outcome = Literal["rejected", "flagged", "repaired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: what (file or table cell), whose, a stable code, the reason, what to do, and what was done."""

    file: str
    code: str
    reason: str
    hint: str
    outcome: Outcome = "rejected"
    subject: str = ""


@dataclass(slots=True)
class IngestReport:
    """Everything worth knowing of one ingest.

    Without `seconds` and `aside` it becomes ingest.json, which is the same for the same files.
    """

    entries: list[Entry] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    recordings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])  # what headers say of each cine
    seconds: float | None = None
    aside: dict[str, Any] = field(default_factory=dict)  # said once, of this machine, and not kept

    @property
    def rejected(self) -> int:
        """How many inputs were rejected."""
        return sum(entry.outcome == "rejected" for entry in self.entries)

    def summary(self) -> dict[str, object]:
        """Facts, and the number of entries for each code."""
        codes = Counter(f"{entry.code} ({entry.outcome})" for entry in self.entries)
        took = {} if self.seconds is None else {"seconds": self.seconds}
        return {**self.facts, **self.aside, **took, "report": dict(sorted(codes.items()))}

    def to_json(self) -> Mapping[str, Any]:
        """The content of ingest.json."""
        listed = {"recordings": self.recordings} if self.recordings else {}
        return {**self.facts, **listed, "entries": [asdict(entry) for entry in self.entries]}
