"""`ingest --embedding`: a workspace with a run from codes that another program made, and from its decoders."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from latentspace.artifact import content_hash
from latentspace.errors import InputError, LatentSpaceError, NotFoundError
from latentspace.ingest.brought_cohort import Source, brought_cohort
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.networks import DESCRIPTION, Networks, read_networks
from latentspace.ingest.options import IngestOptions
from latentspace.ingest.page import reported
from latentspace.ingest.plan import DEFAULT, read_plan
from latentspace.ingest.spaces import Codes, Given, with_joint
from latentspace.modality import JOINT, private
from latentspace.progress import Progress
from latentspace.readers.table import read_table
from latentspace.readers.vectors import Vectors, read_vectors
from latentspace.report import IngestReport
from latentspace.run import BROUGHT, run_id
from latentspace.target import check_target, write
from latentspace.workspace import Workspace, open_folder

SPLIT_SEED = 0
LIMITS = Limits(memory_bytes=4 << 30, seconds_each=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What another program made: a table, its people's codes in one or several spaces, a folder of networks or none."""

    table: Path
    embeddings: tuple[Given, ...]
    onnx: Path | None = None

    @classmethod
    def of(cls, sources: Sequence[Path], embeddings: tuple[Given, ...], onnx: Path | None) -> "Brought":
        """What the command line names: one table, whose people have a vector each.

        Raises:
            InputError: no embedding, or not exactly one table.
        """
        if not embeddings or len(sources) != 1:
            found = f"{len(sources)} sources with {len(embeddings)} embeddings"
            hint = "Write: latentspace ingest TABLE --into W --embedding SPACE=F."
            raise InputError("embedding.option", where="ingest", found=found, hint=hint)
        return cls(table=sources[0], embeddings=embeddings, onnx=onnx)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of an error, which does not cross from one process to another itself."""

    kind: type[LatentSpaceError]
    code: str
    where: str
    found: str
    hint: str


def bring(brought: Brought, into: Path, options: IngestOptions, progress: Progress) -> IngestReport:
    """Make a workspace at `into` of a table and embeddings, and a run of them; the same input again does nothing.

    Raises:
        NotFoundError, InputError: a file is missing, cannot be understood or does not fit the table; `into` is no
            place for it, or holds recordings.
        MissingExtraError: what reads .h5ad is not installed.
    """
    check_target(into)
    _check_holds_no_recordings(into)
    options = replace(options, table=brought.table)
    table, plan = read_table(brought.table), read_plan(options.modalities) if options.modalities else DEFAULT
    vectors = _read(brought.embeddings, progress)
    networks = read_networks(brought.onnx)
    config, data = _config(brought, networks, options), _data(brought, networks, options)
    name = run_id(config, data)
    if not options.dry_run and _done(into, name):
        return IngestReport(facts={"run": name, "done": "already done: the same files gave this run"})
    report = IngestReport(facts={"run": name})
    each = {given.space: (given.path, read) for given, read in zip(brought.embeddings, vectors, strict=True)}
    source = Source(table=table, vectors=each, modalities=networks.modalities)
    cohort, values = brought_cohort(source, plan, options, report)
    codes = with_joint(_with_private(values, networks))
    _check_widths(codes, networks)
    if not options.dry_run:
        write(into, reported(replace(cohort, title=options.title or into.stem), report))
        _write_run(open_folder(into), name, {"config": config, "parents": data}, codes, networks)
    return report


def read_one(given: Given) -> Vectors | Refusal:
    """One embedding, as a limited child reads it."""
    try:
        return read_vectors(given.path, given.space)
    except LatentSpaceError as error:
        return Refusal(type(error), error.code, error.where, error.found, error.hint)


def _read(embeddings: Sequence[Given], progress: Progress) -> list[Vectors]:
    read: dict[int, Vectors] = {}
    for place, answer in map_limited(read_one, embeddings, workers=1, limits=LIMITS):
        progress("Reading embeddings", len(read), len(embeddings))
        if isinstance(answer, Refusal):
            raise answer.kind(answer.code, where=answer.where, found=answer.found, hint=answer.hint)
        if isinstance(answer, Failure):
            where, hint = str(embeddings[place].path), "Look at the file; if it is sound, tell us."
            raise InputError("embedding.unreadable", where=where, found=answer.reason, hint=hint)
        read[place] = answer
    return [read[place] for place in range(len(embeddings))]


def _config(brought: Brought, networks: Networks, options: IngestOptions) -> dict[str, object]:
    """What is kept of how the run came about; names of files, never paths."""
    return {
        "model": BROUGHT,
        "embeddings": {given.space: given.path.name for given in brought.embeddings},
        "networks": sorted(networks.files),
        "title": options.title or "",
        "version": version("latent-space-explorer"),
    }


def _data(brought: Brought, networks: Networks, options: IngestOptions) -> dict[str, str]:
    """Content hashes of everything that was read."""
    files: dict[str, Path | None] = {
        "table": brought.table,
        "dictionary": options.dictionary,
        "modalities": options.modalities,
        **{f"embedding {given.space}": given.path for given in brought.embeddings},
        **networks.files,
        DESCRIPTION: brought.onnx and brought.onnx / DESCRIPTION,
    }
    return {name: content_hash(path) for name, path in files.items() if path and path.is_file()}


def _done(into: Path, name: str) -> bool:
    """Whether this very run is the latest there, and whole."""
    try:
        return open_folder(into).run(name).has("embedding.zarr") and open_folder(into).run().name == name
    except NotFoundError:
        return False


def _check_holds_no_recordings(into: Path) -> None:
    """A workspace with recordings would lose them."""
    if not (into / "workspace.json").is_file():
        return
    there = open_folder(into)
    if any(there.present(m.name).any() for m in there.modalities):
        found, hint = "holds recordings, which would be replaced", "Name a new folder."
        raise InputError("workspace.occupied", where=str(into), found=found, hint=hint)


def _with_private(
    values: Mapping[str, Float32[np.ndarray, "n _"]], networks: Networks
) -> dict[str, Float32[np.ndarray, "n _"]]:
    """Every decoder has a private space: of no numbers, or of nought, the typical one, where its encoder has more."""
    joint = with_joint(values).values[JOINT]
    known = ~np.isnan(joint).any(axis=1)
    added: dict[str, np.ndarray] = {}
    for modality, width in networks.widths.items():
        size = width - joint.shape[1] if networks.shared.get(modality) == joint.shape[1] else 0
        z = np.full((len(joint), size), np.nan, np.float32)
        z[known] = 0
        added[private(modality)] = z
    return {**values, **{name: z for name, z in added.items() if name not in values}}


def _check_widths(codes: Codes, networks: Networks) -> None:
    """Whether every decoder takes as many numbers as there are of the joint space and its own."""
    for modality, width in networks.widths.items():
        joint, own = (codes.values[space].shape[1] for space in (JOINT, private(modality)))
        if codes.beside or joint + own != width:
            made = f", made of {' and '.join(codes.beside)}" if codes.beside else ""
            raise InputError(
                "onnx.width",
                where=f"decoder_{modality}.onnx",
                found=f"takes {width} numbers; joint has {joint}{made}, {private(modality)} {own}",
                hint=f"Give what it takes: --embedding joint=F, the rest as --embedding {private(modality)}=F.",
            )


def _write_run(workspace: Workspace, name: str, made: Mapping[str, object], codes: Codes, networks: Networks) -> None:
    """The run's record, its networks and its embedding, which comes last: with it the run is whole."""
    run = workspace.new_run(name)
    spaces = codes.spaces(networks.labels)
    finite = [np.nanmax(np.abs(z)) for z in codes.values.values() if z.size]
    run.update(
        **made,
        split_seed=SPLIT_SEED,
        spaces=[asdict(space) for space in spaces],
        largest=float(np.max(finite)),
        versions={package: version(package) for package in ("latent-space-explorer", "numpy")},
    )
    for file, path in networks.files.items():
        run.write_file(file, path.read_bytes())
    run.write_embedding({space: {"mean": z} for space, z in codes.values.items()})
    workspace.set_latest(run)
