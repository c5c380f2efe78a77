"""The command line: one function for each verb, no logic; heavy modules are imported by the verb that needs them."""
# ruff: noqa: PLC0415 - `latentspace --help` must not wait for arrays and tables, nor `serve` for torch

import argparse
import json
import logging
import signal
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from latentspace.errors import CheckFailedError, LatentSpaceError
from latentspace.options import Answer, Verb, build_parser
from latentspace.progress import TerminalProgress

if TYPE_CHECKING:
    from latentspace.workspace import Workspace

STOPPED, WIDE = 3, 100  # exit code; characters of a list that stays on one line
_stop_asked = Event()  # a library may swallow the KeyboardInterrupt of a Ctrl-C, or make another error of it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 done, 1 a check failed, 2 the user can mend it, 3 stopped and can be resumed.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    chosen = build_parser(VERBS).parse_args(arguments)
    try:
        with _noticing_stop():
            answer = chosen.verb(chosen)
    except LatentSpaceError as error:
        _say(f"latentspace: {error}")
        return error.exit_code
    except BaseException as error:
        if not (isinstance(error, KeyboardInterrupt) or _stop_asked.is_set()):
            raise
        goes_on = chosen.verb is not _serve
        _say(f"\nlatentspace: stopped{'. The same command goes on where it can.' if goes_on else ' serving.'}")
        return STOPPED
    if chosen.json and answer is not None:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, allow_nan=False, default=str) + "\n")
    elif answer:
        sys.stdout.write(_readable(answer))
    return 0


def _demo(chosen: argparse.Namespace) -> Answer:
    from latentspace.demo import BuildOptions, demo_cardiac, demo_digits, demo_folder

    options = BuildOptions(seed=chosen.seed, budget_minutes=chosen.budget)
    folder, progress = chosen.into or demo_folder(), _progress()
    if chosen.which == "digits":
        workspace = demo_digits(folder, options, progress)
    else:
        workspace = demo_cardiac(folder, options, progress, subjects=chosen.subjects, workers=chosen.workers)
    if not chosen.build_only:
        _open_page(workspace, chosen, host="127.0.0.1", allowed_hosts=())
    return {"workspace": str(workspace.path), "run": workspace.run().name}


def _simulate(chosen: argparse.Namespace) -> Answer:
    from latentspace.simulate.verb import SimulateOptions, simulate

    options = SimulateOptions(
        subjects=chosen.subjects,
        seed=chosen.seed,
        cohort=chosen.cohort,
        workers=chosen.workers,
        without_cine=chosen.without_cine,
        blood=chosen.blood,
    )
    workspace = simulate(chosen.workspace, options, _progress())
    return {"workspace": str(workspace.path), "simulator": workspace.simulator, "subjects": chosen.subjects}


def _ingest(chosen: argparse.Namespace) -> Answer:
    from latentspace.ingest import Brought, IngestOptions, bring, ingest, read_given

    options = IngestOptions(
        table=chosen.table,
        dictionary=chosen.dictionary,
        modalities=chosen.modalities,
        title=chosen.title,
        workers=chosen.workers,
        cluster=chosen.cluster,
        series_map=chosen.series_map,
        contact_sheet=chosen.contact_sheet,
        dry_run=chosen.dry_run,
    )
    if chosen.embedding or chosen.onnx:
        brought = Brought.of(chosen.sources, read_given(chosen.embedding), chosen.onnx)
        report = bring(brought, chosen.into, options, _progress())
    else:
        report = ingest(chosen.sources, chosen.into, options, _progress())
    if chosen.strict and report.rejected:
        where, found = str(chosen.into / "ingest.json"), f"{report.rejected} inputs were rejected"
        hint = "Mend what the report names, or ingest without --strict."
        raise CheckFailedError("ingest.rejected", where=where, found=found, hint=hint)
    told = {} if chosen.dry_run or not report.entries else {"every_line": str(chosen.into / "ingest.html")}
    return {**report.summary(), **told}


def _train(chosen: argparse.Namespace) -> Answer | None:
    from latentspace.model_verbs import train_model

    return train_model(chosen, _progress())


def _embed(chosen: argparse.Namespace) -> Answer:
    from latentspace.cluster import workers_of
    from latentspace.embed import embed

    workspace = _opened(chosen)
    run = workspace.run(chosen.run)
    embed(workspace, run, _progress(), workers_of(chosen.workers, chosen.cluster, workspace.path))
    return {"run": run.name, "spaces": [space.name for space in run.spaces(workspace.modelled)]}


def _project(chosen: argparse.Namespace) -> Answer:
    from latentspace.cluster import workers_of
    from latentspace.project import ProjectOptions, project

    workspace = _opened(chosen)
    run, workers = workspace.run(chosen.run), workers_of(1, chosen.cluster, workspace.path)
    project(workspace, run, ProjectOptions(perplexity=chosen.perplexity, seed=chosen.seed), _progress(), workers)
    return {"run": run.name, "maps": run.record["projection"]}


def _evaluate(chosen: argparse.Namespace) -> Answer:
    from latentspace.cluster import workers_of
    from latentspace.evaluate import evaluate

    workspace = _opened(chosen)
    run, workers = workspace.run(chosen.run), workers_of(chosen.workers, chosen.cluster, workspace.path)
    figures = evaluate(workspace, run, seed=chosen.seed, progress=_progress(), quick=chosen.quick, workers=workers)
    _say(f"The page is {run.file('evaluation.html')}")
    return dict(figures)


def _compare(chosen: argparse.Namespace) -> Answer:
    from latentspace.evaluate.compare import compare

    workspace = _opened(chosen)
    found = compare(workspace, *(workspace.run(name) for name in chosen.runs))
    if chosen.json:
        return found.to_json()
    _announce(found.table())
    return {}


def _build(chosen: argparse.Namespace) -> Answer:
    from latentspace.model_verbs import build_run

    return build_run(chosen, _progress())


def _serve(chosen: argparse.Namespace) -> Answer:
    _open_page(_opened(chosen), chosen, host=chosen.host, allowed_hosts=tuple(chosen.allow_host))
    return {}


def _info(chosen: argparse.Namespace) -> Answer:
    from latentspace.info_verb import told

    return told(_opened(chosen))


def _verify(chosen: argparse.Namespace) -> Answer:
    from latentspace.check_verb import check_hashes

    return check_hashes(chosen, _progress())


def _audit(chosen: argparse.Namespace) -> Answer:
    from latentspace.check_verb import check_audit

    return check_audit(chosen)


def _group(chosen: argparse.Namespace) -> Answer:
    from latentspace.group_verb import group

    return group(chosen)


def _export(chosen: argparse.Namespace) -> Answer:
    from latentspace.exports import export

    workspace = _opened(chosen)
    return export(workspace, workspace.run(chosen.run), chosen.form, chosen.into)


def _open_page(
    workspace: "Workspace", chosen: argparse.Namespace, *, host: str, allowed_hosts: tuple[str, ...]
) -> None:
    from latentspace.explorer import Explorer
    from latentspace.server.launch import ServeOptions, serve

    explorer = Explorer(workspace, workspace.run(getattr(chosen, "run", None)), chosen.state)
    explorer.disclosure = getattr(chosen, "disclosure", "laptop")
    options = ServeOptions(
        host=host,
        port=chosen.port,
        allowed_hosts=allowed_hosts,
        key_folder=chosen.state or workspace.path / "state",
        open_browser=not chosen.no_open,
        user_header=getattr(chosen, "user_header", ""),
        processes=getattr(chosen, "processes", 1),
    )
    serve(explorer, options, say=_announce)


def _opened(chosen: argparse.Namespace) -> "Workspace":
    from latentspace.workspace import open_folder

    return open_folder(chosen.workspace)


def _progress() -> TerminalProgress:
    return TerminalProgress(stopped=_stop_asked.is_set)


@contextmanager
def _noticing_stop() -> Generator[None, None, None]:
    def ask(*_: object) -> None:
        _stop_asked.set()
        raise KeyboardInterrupt

    _stop_asked.clear()
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _readable(answer: Answer) -> str:
    def text(value: object) -> str:
        if isinstance(value, Mapping):
            return "".join(f"\n  {key}: {text(inner)}" for key, inner in value.items())
        if isinstance(value, list | tuple):
            items = [str(item) for item in value]
            long = len(items) > 1 and sum(map(len, items)) > WIDE
            return "".join(f"\n    {item}" for item in items) if long else ", ".join(items) or "none"
        return str(value)

    return "".join(f"{key}: {text(value)}\n" for key, value in answer.items())


VERBS: Mapping[str, Verb] = {
    "demo": _demo,
    "simulate": _simulate,
    "ingest": _ingest,
    "train": _train,
    "embed": _embed,
    "project": _project,
    "evaluate": _evaluate,
    "compare": _compare,
    "build": _build,
    "serve": _serve,
    "info": _info,
    "verify": _verify,
    "audit": _audit,
    "group": _group,
    "export": _export,
}
