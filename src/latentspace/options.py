"""Every verb with its options, as argparse reads them."""

import argparse
import tomllib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from latentspace.disclosure import ORDER
from latentspace.errors import InputError

MOST_PROCESSES = 30  # they share thirty dropped files a minute
Answer = dict[str, object]
Verb = Callable[[argparse.Namespace], Answer | None]  # None: another process says it


def build_parser(verbs: Mapping[str, Verb]) -> argparse.ArgumentParser:
    """The parser of `latentspace`; `verbs` are the functions that do the work, by name."""
    parser = argparse.ArgumentParser(
        prog="latentspace",
        description="See into the latent space of a model that sees a person through several measurements at once.",
    )
    parser.add_argument("--version", action="version", version=version("latent-space-explorer"))
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(verb=verbs[name])
        sub.add_argument("--json", action="store_true", help="one JSON object on standard output")
        return sub

    _demo(command("demo", "build the demonstration and open it"))
    _simulate(_workspace(command("simulate", "simulate a cohort of hearts and ECGs with a known truth")))
    _ingest(command("ingest", "read recordings and tables into a workspace"))
    _train(_workspace(command("train", "train a cross-modal model; the same command resumes")))
    _embed(_run(_workspace(command("embed", "place every subject in every latent space"))))
    _project(_run(_workspace(command("project", "draw the maps: t-SNE and PCA of every space"))))
    _evaluate(_run(_workspace(command("evaluate", "measure the model on held-out people"))))
    _compare(_workspace(command("compare", "show two evaluated runs side by side")))
    _train(_workspace(command("build", "train, embed, project and evaluate, resuming where it stopped")))
    _serve(_run(_workspace(command("serve", "open the page on this machine"))))
    _workspace(command("info", "say what a workspace holds"))
    _workspace(command("verify", "check every content hash"))
    _audit(command("audit", "check that nothing in the list of who asked what was changed or removed"))
    _export(_run(_workspace(command("export", "write codes, maps or a model card for others"))))
    _group(_run(_workspace(command("group", "apply a group recipe to the cohort, or list the saved groups"))))
    return parser


def _workspace(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("workspace", type=Path, metavar="W", help="folder of the workspace")
    return parser


def _run(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--run", metavar="RUN", help="a run other than the latest")
    return parser


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "which", nargs="?", choices=["cardiac", "digits"], default="cardiac", help="which demonstration"
    )
    parser.add_argument("--subjects", type=int, default=2000, metavar="N", help="people to simulate (cardiac)")
    _workers(parser, "processes that simulate")
    parser.add_argument("--into", type=Path, metavar="DIR", help="where it is kept (default: the user's cache)")
    parser.add_argument("--budget", type=float, metavar="MINUTES", help="time to train")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, order and maps")
    parser.add_argument("--build-only", action="store_true", help="build, do not serve")
    _page(parser)


def _page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8765, help="port; the next free one is taken if it is busy")
    parser.add_argument("--no-open", action="store_true", help="print the link, do not open a browser")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="where the server keeps its key, groups and views (default: W/state)"
    )


def _simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--subjects", type=int, default=2000, metavar="N", help="how many people")
    parser.add_argument("--seed", type=int, default=0, help="who they are: the same seed gives the same bytes")
    parser.add_argument(
        "--cohort",
        choices=["clinic", "population"],
        default="clinic",
        help="clinic: every condition often enough to see its group; population: as among volunteers",
    )
    parser.add_argument(
        "--without-cine", type=float, default=0.0, metavar="SHARE", help="share of the people who have no cine"
    )
    parser.add_argument("--blood", action="store_true", help="blood values as a third modality")
    _workers(parser, "processes that simulate")


def _at_least_one(text: str) -> int:
    if (n := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{n} is less than 1")
    return n


def _processes(text: str) -> int:
    if not 1 <= (n := int(text)) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{n} is not of 1 to {MOST_PROCESSES}")
    return n


def _workers(parser: argparse.ArgumentParser, what: str, default: int = 2) -> None:
    parser.add_argument("--workers", type=_at_least_one, default=default, metavar="N", help=what)


def _cluster(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--cluster", metavar="URL", help=f"Dask scheduler whose workers {what}, as tcp://HOST:8786")


def _embed(parser: argparse.ArgumentParser) -> None:
    _workers(parser, "processes that encode", default=1)
    _cluster(parser, "encode")


def _ingest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="folders or files with recordings")
    parser.add_argument("--into", type=Path, required=True, metavar="W", help="workspace to write")
    parser.add_argument("--table", type=Path, metavar="F", help="CSV, TSV or Parquet table of subjects")
    parser.add_argument("--dictionary", type=Path, metavar="F", help="data dictionary (JSON)")
    parser.add_argument("--modalities", type=Path, metavar="F", help="TOML: modalities, table columns, derivations")
    parser.add_argument(
        "--embedding",
        action="append",
        default=[],
        metavar="SPACE=F",
        help="codes that another program made of the people of SOURCE, a table; once for each space",
    )
    parser.add_argument("--onnx", type=Path, metavar="DIR", help="folder of decoder_<modality>.onnx that draw them")
    parser.add_argument("--title", metavar="TEXT", help="title of the cohort on the page")
    _workers(parser, "processes that read")
    _cluster(parser, "read")
    parser.add_argument(
        "--series-map", type=Path, metavar="F", help="table (series, view) that says which series it is"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be read, and how long it takes")
    parser.add_argument("--contact-sheet", type=Path, metavar="F", help="PNG of the series among which you must choose")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when anything was rejected")


def read_overrides(path: Path | None) -> dict[str, float | int | str]:
    """Settings of a training run from a TOML file, those of a table as `objective.kl`; none without a file.

    Raises:
        InputError: the file cannot be read, or is no TOML.
    """
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            settings = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            "train.config", where=str(path), found=f"cannot be read ({error})", hint="Give a TOML file."
        ) from error
    flat: dict[str, float | int | str] = {}
    for name, value in settings.items():
        flat |= {f"{name}.{inner}": v for inner, v in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        choices=["cross_modal", "dropfuse", "dropfuse_small", "pca_cca", "unimodal"],
        default="cross_modal",
        help="cross_modal, or one that it is compared with",
    )
    parser.add_argument("--config", type=Path, metavar="F", help="TOML: settings other than the preset's")
    parser.add_argument(
        "--preset",
        choices=["fast", "standard", "paper", "labelled"],
        default="fast",
        help="size and length of the training; labelled: as standard, and it sees phenotypes of the training people",
    )
    parser.add_argument("--budget", type=float, metavar="MINUTES", help="time to train; fixes the steps once")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and order; who is held out stays")


def _project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--perplexity", type=float, default=30.0, metavar="P", help="neighbourhood of t-SNE")
    parser.add_argument("--seed", type=int, default=0, help="seed of the maps")
    _cluster(parser, "seek neighbours")


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="the experiments that anyone would do first")
    parser.add_argument("--seed", type=int, default=0, help="seed of bootstrap and pairings")
    _workers(parser, "processes that predict phenotypes", default=1)
    _cluster(parser, "predict phenotypes")


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs=2, metavar="RUN", help="names of the two runs, A and B")


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="loopback address to listen on")
    parser.add_argument("--allow-host", action="append", default=[], metavar="H", help="another name for this server")
    parser.add_argument(
        "--user-header", default="", metavar="NAME", help="header in which a proxy before it says who asks"
    )
    parser.add_argument(
        "--processes", type=_processes, default=1, metavar="N", help="server processes at one port, with one state"
    )
    _disclosure(parser)
    _page(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["verify"], help="follow the hashes from the first line to the last")
    _workspace(parser)
    parser.add_argument("--head", default="", metavar="HASH", help="a hash that was noted earlier and must be there")
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the server keeps its files (default: W/state)")


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="form",
        choices=["parquet", "latentverse", "card"],
        required=True,
        help="codes and places on the maps; CSV that latentverse reads; a model card",
    )
    parser.add_argument("--into", type=Path, metavar="DIR", help="folder to write (default: W/exports/RUN)")


def _disclosure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--disclosure", choices=ORDER, default="laptop", help="how openly counts and figures of groups are told"
    )


def _group(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=["apply", "list", "compare", "survival"],
        help="say whom a recipe selects, which groups are saved, what sets groups apart, or who had an event when",
    )
    parser.add_argument(
        "recipe",
        nargs="*",
        metavar="RECIPE",
        help="JSON file, as the page's “Copy recipe” writes it; to compare, several of them or letters of saved groups",
    )
    forms = ["csv", "markdown", "html"]
    parser.add_argument("--form", choices=forms, default="markdown", help="how a table is written")
    parser.add_argument("--adjust", metavar="NAMES", help="columns that a table holds equal, with commas (age,sex)")
    parser.add_argument("--event", default="", metavar="NAME", help="which time to an event (default: the first)")
    _disclosure(parser)
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the page keeps its groups (default: W/state)")
