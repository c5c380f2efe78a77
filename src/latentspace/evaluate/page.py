"""`evaluation.html`: one self-contained page with every figure of an evaluation and pictures, failures included."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from latentspace.evaluate.drawings import interval
from latentspace.evaluate.pictures import Look, legend, look_at, sample_row, strip_row
from latentspace.evaluate.samples import Judged, Sample, samples, strips
from latentspace.evaluate.words import ASPECTS, Aspect, bracket, metric_of, number
from latentspace.run import Run, labels_warning
from latentspace.stats.bootstrap import Figure
from latentspace.workspace import Workspace

PATTERNS = """<svg width="0" height="0" aria-hidden="true"><defs>
<pattern id="mm" width="100" height="100" patternUnits="userSpaceOnUse">
<path class="mm" d="M20 0V100M40 0V100M60 0V100M80 0V100M0 20H100M0 40H100M0 60H100M0 80H100"/>
<path class="cm" d="M0 0V100M0 0H100"/></pattern>
<pattern id="cm" width="100" height="100" patternUnits="userSpaceOnUse">
<path class="cm" d="M0 0V100M0 0H100"/></pattern>
</defs></svg>"""

MOST_ROWS = 60
DOWNSTREAM = "downstream"  # aspect whose figures labels flatter
COLUMNS = '<colgroup><col class="what"><col class="plot"><col class="value"><col class="better"><col></colgroup>'
CONFIDENTIAL = '<p class="warn">This page holds recordings of people. Keep it as confidential as the workspace.</p>'


def page(workspace: Workspace, run: Run, judged: Judged) -> str:
    """The page: what was judged, a section for each aspect, pictures. The same evaluation gives the same bytes."""
    looks = {m.name: look_at(m, judged.people.recordings[m.name]) for m in judged.people.modalities}
    labels = {p.name: p.label for p in workspace.dictionary()} | {m.name: m.label for m in judged.people.modalities}
    pictures = {"translation": _samples(workspace, judged, looks), "traversal": _strips(judged, looks)}
    seen = [labels.get(name, name) for name in run.labels_seen]
    body = [PATTERNS, _head(workspace, run, judged, labels_warning(seen)), _short(judged.figures, labels)]
    for key, aspect in _aspects(judged.figures).items():
        known = replace(aspect, trap=f"{aspect.trap} {_flattered(seen)}") if seen and key == DOWNSTREAM else aspect
        section = _section(key, known, judged.figures, labels)
        body.append(f'<section id="{escape(key)}">{section}{pictures.pop(key, "")}</section>')
    body += [f"<section>{rest}</section>" for rest in pictures.values() if rest]
    style = files("latentspace.evaluate").joinpath("page.css").read_text(encoding="utf-8")
    title = f"Evaluation of {escape(run.name)}: {escape(workspace.title)}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return (
        f'<!doctype html>\n<html lang="en">\n<head>{head}\n<style>{style}</style></head>\n'
        f"<body>\n{''.join(body)}\n</body>\n</html>\n"
    )


def _aspects(figures: Mapping[str, Figure]) -> dict[str, Aspect]:
    """The aspects that were judged, in the order of `ASPECTS`; one that is not listed there comes last."""
    judged = dict.fromkeys(name.partition(".")[0] for name in figures)
    known = {key: aspect for key, aspect in ASPECTS.items() if key in judged}
    return known | {key: Aspect(title=key, plain="", trap="") for key in judged if key not in ASPECTS}


def _flattered(labels: Sequence[str]) -> str:
    return (
        f"The training people's own {', '.join(labels)} went into this embedding: figures of these over everyone "
        "flatter it. Those of held-out people do not, but an embedding without labels had no such help."
    )


def _head(workspace: Workspace, run: Run, judged: Judged, seen: str) -> str:
    aspects = _aspects(judged.figures)
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in _facts(workspace, run, judged).items())
    absent = [aspect.title.lower() for key, aspect in ASPECTS.items() if key not in aspects]
    missing = f"<p>Not judged here: {', '.join(absent)}.</p>" if absent else ""
    links = "".join(f'<a href="#{escape(key)}">{escape(aspect.title)}</a>' for key, aspect in aspects.items())
    warning = "" if workspace.simulated else CONFIDENTIAL
    warning += f'<p class="warn">{escape(seen)}</p>' if seen else ""
    title = f"<h1>Evaluation <span>{escape(workspace.title)}</span></h1>"
    return f"<header>{title}{warning}<dl>{rows}</dl>{missing}<nav>{links}</nav></header>"


def _facts(workspace: Workspace, run: Run, judged: Judged) -> dict[str, str]:
    record = run.record
    config: dict[str, Any] = record.get("config", {})
    who = "simulated people" if workspace.simulated else "people"
    made = f"simulated ({workspace.simulator}): none of them ever lived" if workspace.simulated else "recorded"
    seen = "of whom another program's model may have seen any" if run.brought else "whom the model has not seen"
    versions: dict[str, str] = {f"trained by {k}": v for k, v in record.get("versions", {}).items()}
    versions["evaluated by latentspace"] = version("latent-space-explorer")
    return {
        "Cohort": f"{workspace.title} ({workspace.name})",
        "People": made,
        "Judged on": f"{len(judged.people.rows):,} held-out {who}, {seen}, one visit each",
        "Modalities": ", ".join(m.label for m in judged.people.modalities) or "none are recorded",
        "Run": run.name,
        "Model": f"{config.get('model', 'cross_modal')}, preset {config.get('preset', 'unknown')}",
        "Seeds": f"training {config.get('seed', 'unknown')}, split {record['split_seed']}, evaluation {judged.seed}",
        "Epochs": str(record.get("passes", record.get("epochs", "unknown"))),
        "Versions": ", ".join(f"{name} {said}" for name, said in versions.items()),
    }


def _short(figures: Mapping[str, Figure], labels: Mapping[str, str]) -> str:
    lines = [f"<li>{line}</li>" for name, figure in figures.items() if (line := _sentence(name, figure, labels))]
    short = f"<ul>{''.join(lines)}</ul>" if lines else "<p>Nothing that can be said in a sentence.</p>"
    how = (
        "Every figure is over held-out people. The 95 % intervals come from drawing them anew up to 1,000 times "
        "(bootstrap). A thin tick marks where a model that knows nothing would be."
    )
    return f'<section><h2>In short</h2>{short}<p class="plain">{how}</p></section>'


def _sentence(name: str, figure: Figure, labels: Mapping[str, str]) -> str:
    parts = name.split(".")
    if figure.value is None or figure.low is None or figure.high is None or len(parts) != 3:
        return ""
    value, low, high = (100 * v for v in (figure.value, figure.low, figure.high))
    said = f"<b>{number(value)}\u00a0%</b> {bracket(value, low, high)}"
    a, _, b = parts[1].partition("_to_")
    one, other = (escape(labels.get(m, m)) for m in (a, b))
    match parts[0], parts[2]:
        case "reconstruction", "unexplained_variance":
            return f"{one}, encoded and decoded again: {said} of the variance stays unexplained."
        case "translation", "closer_than_shuffled":
            kept = f"closer to the own person than to another in {said} of comparisons (chance 50\u00a0%)"
            return f"{other}, drawn from {one} alone: {kept}."
        case "retrieval", "recall_at_10":
            chance = number(100 * min(1.0, 10 / max(1, figure.n or 1)))
            found = f"among the ten most alike of {figure.n} for {said} of people (chance {chance}\u00a0%)"
            return f"{other}, looked for by {one}: {found}."
        case _:
            return ""


def _section(key: str, aspect: Aspect, figures: Mapping[str, Figure], labels: Mapping[str, str]) -> str:
    groups: dict[str, list[str]] = {}
    for name, figure in figures.items():
        first, *middle, _ = name.split(".") if "." in name else (name, "")
        if first == key:
            said = [_said(part, labels) for part in middle]
            groups.setdefault(said[0] if said else "", []).append(_table_row(name, said[1:], figure))
    trap = f"<p><b>Trap.</b> {escape(aspect.trap)}</p>" if aspect.trap else ""
    plain = f'<h2>{escape(aspect.title)}</h2><p class="plain">{escape(aspect.plain)}</p>{trap}'
    return plain + _tables(groups)


def _tables(groups: Mapping[str, Sequence[str]]) -> str:
    """One table; where it would be too long to read, one for each group, to be opened."""
    if sum(map(len, groups.values())) > MOST_ROWS:
        return "".join(
            f"<details><summary>{escape(group)} <span>{len(lines)} figures</span></summary>"
            f"<table>{COLUMNS}{''.join(lines)}</table></details>"
            for group, lines in groups.items()
        )
    rows = [
        (f'<tr class="group"><th colspan="5">{escape(group)}</th></tr>' if group else "") + "".join(lines)
        for group, lines in groups.items()
    ]
    return f"<table>{COLUMNS}{''.join(rows)}</table>"


def _said(part: str, labels: Mapping[str, str]) -> str:
    """Part of a name with the modalities' own labels: `ecg_to_cine` is `12-lead ECG → Four-chamber cine`."""
    a, arrow, b = part.partition("_to_")
    known = arrow and a in labels and b in labels
    return f"{labels[a]} → {labels[b]}" if known else labels.get(part, part)


def _table_row(name: str, within: Sequence[str], figure: Figure) -> str:
    metric = metric_of(name, figure.n)
    what = f"<td>{escape(' · '.join([*within, metric.label]))}<code>{escape(name)}</code></td>"
    n = f'<td class="n">{"" if figure.n is None else f"n {figure.n:,}"}</td>'
    if figure.value is None:
        return f'<tr>{what}<td colspan="3" class="reason">none: {escape(figure.reason or "")}</td>{n}</tr>'
    better = f'<td class="better">{metric.better and f"{metric.better} is better"}</td>'
    if figure.low is None or figure.high is None:
        return f'<tr>{what}<td></td><td class="value"><b>{number(figure.value)}</b></td>{better}{n}</tr>'
    value = f"<b>{number(figure.value)}</b> {bracket(figure.value, figure.low, figure.high)}"
    return f'<tr>{what}<td class="plot">{interval(figure, metric)}</td><td class="value">{value}</td>{better}{n}</tr>'


def _samples(workspace: Workspace, judged: Judged, looks: Mapping[str, Look]) -> str:
    truth = "Simulated" if workspace.simulated else "Recorded"
    ids: list[str] = workspace.subjects()["subject_id"].to_list()
    blocks: list[str] = []
    for m in judged.people.modalities:
        three = samples(judged, m)
        people = [_person(looks[m.name], s, truth, ids[judged.people.rows[s.place]]) for s in three]
        if three:
            head = _sample_head(three[0], looks[m.name])
            blocks.append(f'<article>{head}<div class="people">{"".join(people)}</div></article>')
    return "".join(blocks)


def _sample_head(sample: Sample, look: Look) -> str:
    label = escape(sample.modality.label)
    if sample.source is None:
        title, by = f"{label}, reconstructed", "reconstruction"
    else:
        title, by = f"{label}, reconstructed and drawn from {escape(sample.source.label)}", "translation"
    order = f"Best, median and worst of {sample.of} held-out people by the unexplained variance of the {by}."
    return f'<h3>{title}</h3><p class="plain">{order} {legend(look)}</p>'


def _person(look: Look, sample: Sample, truth: str, subject: str) -> str:
    said = f"{escape(subject)}, unexplained variance {number(sample.unexplained)}"
    return f"<div><h4>{sample.rank} <span>{said}</span></h4>{sample_row(look, sample, truth)}</div>"


def _strips(judged: Judged, looks: Mapping[str, Look]) -> str:
    rows = [strip_row(looks[strip.modality.name], strip) for along in strips(judged) for strip in along]
    what = "the three shared dimensions with the largest effect"
    if judged.courses:
        what = f"the course by which people differ with each of {', '.join(judged.courses)}; then along {what}"
    plain = escape(
        f"From the average held-out person along {what}; private codes stay at their mean. "
        "Traces: grey is 0 SD. Images in time: both phases above, below how each differs from 0 SD."
    )
    return f'<h3>Filmstrips</h3><p class="plain">{plain}</p>{"".join(rows)}' if rows else ""
