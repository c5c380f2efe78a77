"""The model card of a run: what it was made of, how well it does, which goals it missed, what it is not for."""

from collections.abc import Mapping
from fnmatch import fnmatch
from importlib.metadata import version
from typing import Any

from latentspace.artifact import read_json
from latentspace.evaluate.words import bracket, metric_of, number
from latentspace.run import Run, labels_warning
from latentspace.workspace import Workspace

# The first limits of the page's Health panel (docs/guide/trusting.md): beyond them a light is no longer green.
GOALS: Mapping[str, tuple[float, float]] = {
    "reconstruction.*.unexplained_variance": (0.0, 0.1),
    "bands.*.coverage_90": (0.87, 0.93),
    "downstream.code.*.held_out_coverage_90": (0.87, 0.93),
}
LEFT_OUT = (
    "traversal.",
    "directions.",
    "readings.",
    "downstream.",
)  # thousands of lines: they are on the evaluation's page
PREDICTED = ("r2", "auroc")
SPACE = "joint"


def card(workspace: Workspace, run: Run) -> dict[str, bytes]:
    """`model-card.md`, with every figure that says something of the whole run and its 95 % interval.

    Raises:
        NotFoundError: the run is not evaluated yet.
    """
    figures: dict[str, dict[str, Any]] = read_json(run.file("evaluation.json"))
    parts = (_made(workspace, run), _uses(run), _figures(figures), _missed(figures), _hashes(workspace, run))
    text = f"# Model card of run {run.name}\n\n" + "\n\n".join(parts) + "\n"
    return {"model-card.md": text.encode()}


def _made(workspace: Workspace, run: Run) -> str:
    record, subjects = run.record, workspace.subjects()
    config: dict[str, Any] = record.get("config", {})
    part = run.split(subjects)
    people = {
        name: subjects.filter(part == name)["subject_id"].n_unique() for name in ("train", "validation", "held_out")
    }
    modalities = ", ".join(f"{_cell(m.label)} {'x'.join(map(str, m.shape))} ({m.unit})" for m in workspace.modelled)
    lines = {
        "Cohort": f"{_cell(workspace.title)}; {len(subjects):,} rows of {subjects['subject_id'].n_unique():,} people",
        "People": f"simulated by {workspace.simulator}: nobody ever lived" if workspace.simulated else "recorded",
        "Modalities": modalities or "none: the codes were made by another program",
        "Model": ", ".join(str(config[key]) for key in ("model", "preset") if key in config),
        "Spaces": ", ".join(f"{_cell(s.label)} ({len(s.dims)})" for s in run.spaces(workspace.modelled) if s.dims),
        "Split by person": f"seed {record['split_seed']}: " + ", ".join(f"{n:,} {p}" for p, n in people.items()),
        "Seed": str(record.get("seed", "not known")),
        "Versions": ", ".join(f"{name} {said}" for name, said in record.get("versions", {}).items()),
        "Card written by": f"latentspace {version('latent-space-explorer')}",
    }
    table = "\n".join(f"| {name} | {said} |" for name, said in lines.items())
    return f"## What it was made of\n\n| | |\n|---|---|\n{table}"


def _uses(run: Run) -> str:
    limits = [
        "- It describes the people that it was made of: no figure here covers other devices, countries or ages.",
        "- What it draws is GENERATED: nobody's recording, and no evidence of anything in a single person.",
        "- Predictions are linear fits on codes; what follows from age and sex is no merit of the model.",
        "- Figures are over people; how well it does in a group is on the page, under *Score*.",
    ]
    if run.brought:
        limits.append("- Another program made the codes: whether its model has seen the held-out people is not known.")
    if warning := labels_warning(run.labels_seen):
        limits.append(f"- {warning}")
    use = (
        "To explore a cohort: to find groups, compare them, and form questions that other data must answer. It is no "
        "medical device and decides nothing about a person."
    )
    return f"## Intended use\n\n{use}\n\n## Limits\n\n" + "\n".join(limits)


def _figures(figures: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [_row(name, each) for name, each in figures.items() if _told(name)]
    note = "Held-out people; predictions out of fold, from the joint code. 95 % intervals by drawing people anew."
    table = "\n".join(rows) or "| none | | | |"
    return f"## Figures\n\n{note}\n\n| figure | what it is | value | n |\n|---|---|---|---|\n{table}"


def _told(name: str) -> bool:
    predicted = name.startswith(f"downstream.{SPACE}.") and name.rpartition(".")[2] in PREDICTED
    return predicted or not name.startswith(LEFT_OUT)


def _row(name: str, figure: Mapping[str, Any]) -> str:
    value, low, high, n = (figure.get(key) for key in ("value", "low", "high", "n"))
    said = str(figure.get("reason", "not known")) if value is None else number(value)
    if value is not None and low is not None and high is not None:
        said += f" {bracket(value, low, high)}"
    return f"| `{_cell(name)}` | {metric_of(name, n).label} | {_cell(said)} | {'' if n is None else f'{n:,}'} |"


def _missed(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Goals are missed by the value itself; an interval that reaches into the goal does not meet it."""
    rows: list[str] = []
    for pattern, (low, high) in GOALS.items():
        for name, figure in figures.items():
            value = figure.get("value")
            if fnmatch(name, pattern) and value is not None and not low <= value <= high:
                rows.append(f"| `{_cell(name)}` | {low:g} to {high:g} | {number(value)} |")
    judged = any(fnmatch(name, pattern) for name in figures for pattern in GOALS)
    if not rows:
        return "## Goals missed\n\n" + ("None of those that were judged." if judged else "None were judged.")
    return "## Goals missed\n\n| figure | goal | value |\n|---|---|---|\n" + "\n".join(rows)


def _hashes(workspace: Workspace, run: Run) -> str:
    each = {**workspace.hashes, **run.hashes}
    table = "\n".join(f"| `{name}` | `{digest}` |" for name, digest in each.items())
    return f"## Hashes (SHA-256)\n\n| file | hash |\n|---|---|\n{table}"


def _cell(text: str) -> str:
    """Text that stays in its cell, and is text there."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
