"""A file of one's own: read in a limited child, prepared as the cohort's recordings were, and forgotten."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from latentspace.answers import MOST_BYTES
from latentspace.errors import InputError
from latentspace.ingest.limited import Child, Failure, Limits
from latentspace.ingest.plan import LeadModality
from latentspace.ingest.records import Record, RecordJob, find_records, read_record
from latentspace.modality import Modality
from latentspace.prepare.leads import STANDARD

MOST_FILES = 8
LIMITS = Limits(seconds_each=10.0)


class OwnReader:
    """Reads recordings that are not of the cohort; nothing of them is kept."""

    def __init__(self, modalities: tuple[Modality, ...]) -> None:
        """`modalities` are the workspace's; those of ECG leads are looked for in a file."""
        self.modalities = tuple(_leads(m) for m in modalities if _is_leads(m))
        self._child = Child(LIMITS)

    def start(self) -> None:
        """Let the child start while nobody waits for it."""
        self._child.start()

    def stop(self) -> None:
        """Stop the child."""
        self._child.stop()

    def read(self, files: Mapping[str, bytes]) -> Record:
        """One recording from its files by name: a WFDB header with its signals, or a table of leads.

        The files lie in a folder of this machine's temporary folder while they are read, and are removed.

        Raises:
            InputError: the workspace has no ECG; too many files, or too large; none, or more than one recording among
                them; one that cannot be read or has no heart beat.
        """
        if not any(m.signal == "beat" for m in self.modalities):
            raise _refused("own.no_ecg", "this workspace models no ECG", "Open a workspace of ECGs.")
        if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
            found = f"{len(files)} files, {sum(map(len, files.values())) / 2**20:.1f} MB"
            raise _refused("own.too_large", found, f"Drop one recording, at most {MOST_BYTES >> 20} MB.")
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / _safe(name)).write_bytes(content)
            return self._record(Path(folder), ", ".join(files))

    def _record(self, folder: Path, names: str) -> Record:
        found = find_records([folder])
        if len(found) != 1:
            what = "no recording" if not found else f"{len(found)} recordings"
            hint = "Drop one WFDB record (.hea with .dat), one CSV with `time`, I, II, V1 ..., or one file of a device."
            raise _refused("own.unreadable", f"{what} in {names[:80]}", hint)
        name = found[0].name
        job = RecordJob(path=found[0], name=name, subject="", modalities=self.modalities)
        record = self._child.read(read_record, job)
        if isinstance(record, Failure):
            raise _refused("own.unreadable", f"{name} {record.reason}", "Export it again, or as another format.")
        beats = [m.name for m in self.modalities if m.signal == "beat"]
        if not set(beats) & set(record.arrays):
            why = next((e for e in record.entries if e.outcome == "rejected"), None)
            reason, hint = (why.reason, why.hint) if why else ("has no heart beat", "Look at the recording.")
            raise _refused("own.unusable", f"{name}: {reason}", hint)
        return record


def _is_leads(modality: Modality) -> bool:
    lead = modality.axes[0]
    return len(modality.axes) == 2 and modality.unit == "mV" and bool(lead.labels) and set(lead.labels) <= set(STANDARD)


def _leads(modality: Modality) -> LeadModality:
    lead, time = modality.axes
    return LeadModality(
        name=modality.name,
        label=modality.label,
        leads=lead.labels,
        signal="beat" if modality.is_beat else "strip",
        seconds=time.size * time.step,
    )


def _safe(name: str) -> str:
    """The last part of a name, whatever the sender calls it."""
    last = Path(name.replace("\\", "/")).name
    if not last or last.startswith("."):
        raise _refused("own.unreadable", f"a file called {name!r}"[:80], "Rename it.")
    return last[:200]


def _refused(code: str, found: str, hint: str) -> InputError:
    return InputError(code, where="your own ECG", found=found, hint=hint)
