"""A run: one trained model and everything computed with it, under `runs/<run>/` of a workspace."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from jaxtyping import Bool, Float32, Int64, Shaped

from latentspace.arrays import Rows, open_array, read_rows, write_arrays
from latentspace.artifact import (
    content_hash,
    read_json,
    recover,
    replace_file,
    replace_folder,
    replace_json,
    room_for,
)
from latentspace.errors import InputError, NotFoundError
from latentspace.modality import Modality, Space, spaces_of

Model = Literal["cross_modal", "dropfuse", "dropfuse_small", "pca_cca", "unimodal"]  # what a run can be of
Part = Literal["train", "validation", "held_out"]
HELD_OUT, VALIDATION = 0.2, 0.1
WRITTEN_BY = {
    "embedding.zarr": "embed",
    "uncertainty.zarr": "embed",
    "projection.zarr": "project",
    "trust.zarr": "project",
    "evaluation.json": "evaluate",
    "evaluation.safetensors": "evaluate",
    "evaluation.html": "evaluate",
    "scores.parquet": "evaluate",
    "predictors.safetensors": "evaluate",
}
COMING = "coming"  # of run.json: hashes of what a verb is about to put in the place of an older one
BROUGHT = "brought"  # model of a run whose codes another program made
TOGETHER = "kept_with"  # column of the subjects table, written by ingest


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder. `run.json` holds id, config, seed, versions, parents, n_shared, n_private, and content hashes."""

    path: Path

    @property
    def name(self) -> str:
        """The run's id: a hash of its configuration and data."""
        return self.path.name

    @property
    def record(self) -> dict[str, Any]:
        """What run.json says."""
        try:
            return read_json(self.path / "run.json")
        except (OSError, ValueError) as error:
            raise _unreadable(self.path / "run.json", error) from error

    @property
    def hashes(self) -> dict[str, str]:
        """Content hash of every artifact; of one that a killed verb was about to exchange, that of the one there is."""
        record = self.record
        hashes: dict[str, str] = dict(record.get("hashes", {}))
        coming: dict[str, str] = record.get(COMING, {})
        for artifact, digest in coming.items():
            recover(self.path / artifact)
            if (self.path / artifact).exists() and content_hash(self.path / artifact) == digest:
                hashes[artifact] = digest
        return hashes

    def update(self, **fields: object) -> None:
        """Set fields of run.json; None takes one away.

        Raises:
            InputError: it cannot be written.
        """
        before = self.record if (self.path / "run.json").exists() else {}
        after = {name: value for name, value in {**before, **fields}.items() if value is not None or name != COMING}
        with room_for(self.path / "run.json"):
            replace_json(self.path / "run.json", after)

    @property
    def brought(self) -> bool:
        """Whether another program made its codes, so that no recording was encoded here."""
        return self.record.get("config", {}).get("model") == BROUGHT

    @property
    def labels_seen(self) -> tuple[str, ...]:
        """Phenotypes of the training people that the model was taught besides their recordings; none in most runs."""
        return tuple(self.record.get("labels_seen", ()))

    def spaces(self, modalities: tuple[Modality, ...]) -> tuple[Space, ...]:
        """The spaces of this run's model, joint first."""
        record = self.record
        if "spaces" in record:
            rows: list[dict[str, Any]] = record["spaces"]
            texts = ("modalities", "dims")
            whole: list[dict[str, Any]] = [row | {key: tuple(row[key]) for key in texts} for row in rows]
            return tuple(Space(**row) for row in whole)
        n_private = record["n_private"]
        if isinstance(n_private, int):  # runs of before: one width for all
            n_private = {m.name: n_private for m in modalities}
        return spaces_of(modalities, n_shared=record["n_shared"], n_private=n_private)

    def has(self, artifact: str) -> bool:
        """Whether an artifact (`embedding.zarr`, `encoder_ecg.onnx`) was written and recorded."""
        recover(self.path / artifact)
        return (self.path / artifact).exists() and artifact in self.record.get("hashes", {})

    def file(self, artifact: str) -> Path:
        """Path of an artifact that is there.

        Raises:
            NotFoundError: the verb that writes it has not run.
        """
        if not self.has(artifact):
            verb = WRITTEN_BY.get(artifact)
            which = f" --run {self.name}" if verb else ""
            raise NotFoundError(
                "run.incomplete",
                where=str(self.path / artifact),
                found="not written yet",
                hint=f"Run `latentspace {verb or 'train'} {self.path.parent.parent}{which}`.",
            )
        return self.path / artifact

    def write_file(self, artifact: str, data: bytes) -> None:
        """Write one file whole and record its hash.

        Raises:
            InputError: it cannot be written; the old one is whole.
        """
        digest = hashlib.sha256(data).hexdigest()
        self._announce(artifact, digest)
        with room_for(self.path / artifact):
            replace_file(self.path / artifact, data)
        self._record(artifact, digest)

    def write_folder(self, artifact: str, fill: Callable[[Path], None]) -> None:
        """Write one folder whole and record its hash.

        Raises:
            InputError: it cannot be written; the old one is whole.
        """
        digest = ""

        def filled(beside: Path) -> None:
            nonlocal digest
            fill(beside)
            digest = content_hash(beside)
            self._announce(artifact, digest)

        with room_for(self.path / artifact):
            replace_folder(self.path / artifact, filled)
        self._record(artifact, digest)

    def write_embedding(self, spaces: Mapping[str, Mapping[str, Rows]]) -> None:
        """Write `embedding.zarr/<space>/{mean, log_var}`, each (n, dims) float32, NaN where a modality is missing."""
        arrays = {f"{space}/{key}": values for space, parts in spaces.items() for key, values in parts.items()}
        names = dict.fromkeys(arrays, ("row", "dim"))
        self.write_folder("embedding.zarr", lambda path: write_arrays(path, arrays, dimensions=names))

    def write_projection(self, spaces: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Write `projection.zarr/<space>/{tsne, pca, ...}`, rows in the order of the subjects table."""
        arrays = {f"{space}/{key}": values for space, parts in spaces.items() for key, values in parts.items()}
        self.write_folder("projection.zarr", lambda path: write_arrays(path, arrays, dimensions={}))

    def embedding(
        self, space: str, part: Literal["mean", "log_var"] = "mean", rows: Int64[np.ndarray, " n"] | None = None
    ) -> Float32[np.ndarray, "n dims"]:
        """Posterior means or log-variances of every row, or of some rows, in one space."""
        stored = open_array(self.file("embedding.zarr"), f"{space}/{part}")
        return read_rows(stored) if rows is None else read_rows(stored, rows)

    def projection(self, space: str, name: str) -> np.ndarray:
        """One array of a space's projection: `tsne` and `pca` are (n, 2), NaN where the space has no posterior."""
        return read_rows(open_array(self.file("projection.zarr"), f"{space}/{name}"))

    def split(self, subjects: pl.DataFrame) -> np.ndarray:
        """The part of every row, from the seed in run.json."""
        return split(people(subjects), seed=self.record["split_seed"])

    def _announce(self, artifact: str, digest: str) -> None:
        """Say what will take the place of an older one, so that killed between the two, either is known."""
        if artifact in self.record.get("hashes", {}):
            self.update(coming={**self.record.get(COMING, {}), artifact: digest})

    def _record(self, artifact: str, digest: str) -> None:
        coming = {name: each for name, each in self.record.get(COMING, {}).items() if name != artifact}
        self.update(hashes={**self.record.get("hashes", {}), artifact: digest}, coming=coming or None)


def labels_warning(labels: Sequence[str]) -> str:
    """What must stand wherever such a run is named; nothing where the model has seen no labels."""
    if not labels:
        return ""
    return f"This embedding has seen labels of the training people: {', '.join(labels)}; it is not self-supervised."


def explained(modality: str) -> str:
    """Artifact that says how a modality's private code follows the shared one; foreign models have none."""
    return f"explained_{modality}.onnx"


def run_id(config: Mapping[str, object], data: Mapping[str, str]) -> str:
    """Name of the run that this configuration and these data hashes give: the same work resumes."""
    text = json.dumps({"config": config, "data": data}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def people(subjects: pl.DataFrame) -> list[str]:
    """Whom each row belongs to: its subject, or the one with whom an identical recording ties that subject."""
    return subjects[TOGETHER if TOGETHER in subjects.columns else "subject_id"].to_list()


def split(subject_ids: Sequence[str], *, seed: int) -> np.ndarray:
    """`train`, `validation` (for early stopping) or `held_out` (never seen) for every row.

    A person with several rows is never divided: people are ordered by a hash of seed and id, the first fifth is
    held out, the next tenth validates. The same person keeps a similar place when the cohort grows.
    """
    ids = pl.Series(subject_ids, dtype=pl.String)
    persons = ids.unique(maintain_order=True)
    prefix = f"{seed}:"
    digests = b"".join([hashlib.sha256((prefix + person).encode()).digest() for person in persons])
    words = np.frombuffer(digests, ">u8").reshape(-1, 4)
    order = np.lexsort(words.T[::-1])  # by the first word, then the second, ...: as bytes compare
    n_held, n_validation = round(len(persons) * HELD_OUT), round(len(persons) * VALIDATION)
    part = np.full(len(persons), "train", dtype="U10")
    part[order[:n_held]] = "held_out"
    part[order[n_held : n_held + n_validation]] = "validation"
    if len(persons) == len(ids):
        return part
    numbers = pl.Series(np.arange(len(persons)))
    return part[ids.replace_strict(persons, numbers, return_dtype=pl.Int64).to_numpy()]


def one_visit_each(
    ids: Shaped[np.ndarray, " rows"], held: Int64[np.ndarray, " rows"], mask: Bool[np.ndarray, " rows"]
) -> Int64[np.ndarray, " people"]:
    """For each person among `mask`, the row with most modalities (`held`), the first of several; none without any."""
    rows = np.flatnonzero(mask & (held > 0))
    fullest_first = rows[np.argsort(-held[rows], kind="stable")]
    _, first = np.unique(ids[fullest_first].astype(str), return_index=True)
    return np.sort(fullest_first[first])


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        "run.unreadable",
        where=str(path),
        found=f"cannot be read ({error})",
        hint="Run `latentspace verify`, or train again.",
    )
