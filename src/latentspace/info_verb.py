"""The verb `info`: what a workspace holds."""

from collections.abc import Mapping

from latentspace.options import Answer
from latentspace.run import Run, labels_warning
from latentspace.workspace import Workspace


def told(workspace: Workspace) -> Answer:
    """Title, people, recordings of each modality, phenotypes, and of each run how it was made."""
    subjects, report = workspace.subjects(), workspace.report()
    entries: list[Mapping[str, object]] = report.get("entries", [])
    return {
        "workspace": str(workspace.path),
        "title": workspace.title,
        "simulator": workspace.simulator or "none: recorded people",
        "rows": len(subjects),
        "people": subjects["subject_id"].n_unique(),
        "modalities": {m.name: int(workspace.present(m.name).sum()) for m in workspace.modalities},
        "phenotypes": [phenotype.name for phenotype in workspace.dictionary()],
        "ingest report entries": len(entries),
        "runs": {run.name: _made_by(run) for run in workspace.runs()},
    }


def _made_by(run: Run) -> str:
    config: Mapping[str, object] = run.record.get("config", {})
    made = f"{config.get('model', 'cross_modal')}, {config.get('preset', '?')}"
    return ". ".join(filter(None, (made, labels_warning(run.labels_seen))))
