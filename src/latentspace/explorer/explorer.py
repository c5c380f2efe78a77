"""Explorer: everything that a front end may ask of a workspace, in numpy; it knows neither torch nor the web."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float32

from latentspace.answers import (
    Description,
    Figure,
    Own,
    Part,
    Provenance,
    Translated,
    map_info,
)
from latentspace.artifact import read_json
from latentspace.errors import InputError, NotFoundError
from latentspace.explorer.disclosed import told_array
from latentspace.explorer.means import Means
from latentspace.explorer.provenance import provenance
from latentspace.explorer.read import Read
from latentspace.explorer.rows import HELD_OUT_CODE
from latentspace.groups import Recipe
from latentspace.modality import CODE
from latentspace.project import METHODS, drawn_methods
from latentspace.reliability import told
from latentspace.run import labels_warning
from latentspace.workspace import open_folder

if TYPE_CHECKING:
    from latentspace.explorer.own import OwnReader
    from latentspace.explorer.translating import Translating

HELD = ".held_out_coverage_90"


class Explorer(Read):
    """A workspace and one of its runs, open for questions."""

    @cached_property
    def _means(self) -> Means:
        return Means(self.run, self._coder.layout)

    @cached_property
    def _own(self) -> "OwnReader":
        from latentspace.explorer.own import OwnReader  # noqa: PLC0415 - signal processing takes a second to import

        return OwnReader(self.workspace.modalities)

    @cached_property
    def _translating(self) -> "Translating":
        from latentspace.explorer.translating import Translating  # noqa: PLC0415 - signal processing takes a second to import

        return Translating(self.run, self.workspace.modelled)

    def describe(self) -> Description:
        """What is measured, embedded and drawn, and how well."""
        quality: dict[str, Any] = self.run.record.get("projection", {})
        figures: dict[str, Any] = {}
        if self.run.has("evaluation.json"):
            figures = read_json(self.run.file("evaluation.json"))
            figures = {name: each for name, each in figures.items() if _described(name)}
        return Description(
            workspace=self.workspace.name,
            title=self.workspace.title,
            simulator=self.workspace.simulator,
            run=self.run.name,
            brought=self.run.brought,
            labels_warning=labels_warning(self.run.labels_seen),
            version=version("latent-space-explorer"),
            n=len(self._subjects),
            people=self._people,
            held_out=int((self._part_codes == HELD_OUT_CODE).sum()),
            modalities=self.workspace.modalities,
            spaces=self.spaces,
            layout=tuple(Part(space=k, start=v.start, stop=v.stop) for k, v in self._coder.layout.items()),
            n_latent=self.n_latent,
            phenotypes=self._columns.phenotypes,
            told=tuple(t for t in told(self.run, self._coder.shared) if t.name not in self._columns.dictionary),
            maps=tuple(
                map_info(s, m, quality.get(s.name, {}).get(m, {}))
                for s in self._coder.shared
                for m in drawn_methods(self.run)
            ),
            evaluation={name: Figure(**figure) for name, figure in figures.items()},
            map_hash=self._map_hash(),
            disclosure=self.disclosure,
        )

    def provenance(self) -> Provenance:
        """Versions, settings and hashes of the run and its cohort."""
        return provenance(self.workspace, self.run)

    def own(self, files: Mapping[str, bytes]) -> Own:
        """Prepare and encode a recording that is not of the cohort, from its files by name; nothing of it is kept.

        Raises:
            InputError: no ECG in this workspace, or the files are too large, unreadable, without a heart beat, or
                unlike every recording of the cohort (microvolts taken for millivolts, say).
        """
        record = self._own.read(files)
        modelled = {m.name for m in self.workspace.modelled}
        known = tuple(name for name in record.arrays if name in modelled)
        code = self._coder.encode({name: record.arrays[name] for name in known})
        try:
            self._coder.check(code.z)
        except InputError as error:
            raise InputError(
                "own.unlike",
                where="own ECG",
                found="is like none that the model has seen: its code lies far beyond the cohort",
                hint="Check the unit (mV) and the gain in the file.",
            ) from error
        return Own(
            code=code,
            modalities=known,
            recordings=record.arrays,
            rr_ms=record.rr_ms,
            notes=tuple(f"{entry.reason}. {entry.hint}" for entry in record.entries),
        )

    def expect_files(self) -> None:
        """Start what reads files that are not of the cohort, and what measures, so that the first need not wait."""
        self._own.start()
        self._aside.start()

    def warm(self) -> Iterator[str]:
        """Do once, step by step, what the first visitor of a large cohort would wait for; tells each step done."""
        about = self.describe()
        yield "description"
        z = np.zeros(self.n_latent, np.float32)
        steps: dict[str, Callable[[], object]] = {
            "mean": lambda: self.mean(np.ones(about.n, bool)),
            "decoders": lambda: self.decode(z),
            **{f"map of {s}": partial(self._coder.place, z, [f"{s}.{METHODS[0]}"]) for s in self.mapped},
            "density": lambda: self.density(z),
            "neighbours": lambda: self.neighbours(z, 1),
            **{f"ranking by {p.name}": partial(self.rank, "association", p.name) for p in about.phenotypes[:1]},
        }
        for name, step in steps.items():
            with suppress(NotFoundError):  # what this run lacks
                step()
            yield name

    def close(self) -> None:
        """Stop what was started."""
        self._own.stop()
        self._aside.stop()

    def mean(self, chosen: Bool[np.ndarray, " rows"]) -> Float32[np.ndarray, " n_latent"]:
        """The mean code of the rows that are true: each part of those who have it, of a large part 256 numbers.

        Raises:
            InputError: fewer values than rows, or more than fill a byte; fewer people than may be told of.
        """
        n = len(self._subjects)
        if not 0 <= len(chosen) - n < 8:
            hint = "Send one bit for each row."
            raise InputError("mean.rows", where="mean", found=f"{len(chosen)} bits for {n} rows", hint=hint)
        return self._mean_of(chosen[:n])

    def centre(self, group: Recipe) -> Float32[np.ndarray, " n_latent"]:
        """The mean code of whom a recipe selects, each part of those who have it, as `mean`.

        Raises:
            NotFoundError, InputError: as `select`; fewer people than may be told of.
        """
        return self._mean_of(self.select(group))

    def _mean_of(self, rows: Bool[np.ndarray, " n"]) -> Float32[np.ndarray, " n_latent"]:
        """Zeros, which is everyone's middle, in a part that fewer people have than may be told of."""
        told, z = self._enough(rows).of("mean"), self._means.of(rows)
        if told.fewest == 1:
            return z
        z = z.copy()
        for space, n in self._means.known(rows).items():
            part, own = self._coder.layout[space], told.of(space)
            z[part] = 0 if own.hides(n) else told_array(z[part], 1.0, n, own)
        return z

    def translate(self, row: int, source: str) -> list[Translated]:
        """Every other modality of a row as `source` alone tells it, with 90 % bands and how often such bands hold.

        Raises:
            NotFoundError: no such row or modality, or the row lacks it.
        """
        return self._translating.translate(self.encode(row, [source]), source, np.random.default_rng(row))


def _described(name: str) -> bool:
    """Of the thousand figures of predictions a page needs only how often their ranges held."""
    return not name.startswith("downstream.") or (name.startswith(f"downstream.{CODE}.") and name.endswith(HELD))


def open_workspace(path: str | Path, run: str | None = None) -> Explorer:
    """Open a workspace for exploration: `latentspace.open("heart.ls")`.

    Raises:
        NotFoundError: no workspace there, or nothing trained in it.
        VersionError: written in another format.
    """
    workspace = open_folder(Path(path))
    return Explorer(workspace, workspace.run(run))
