"""Explorer: everything that a front end may ask of a workspace, in numpy; it knows neither torch nor the web."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float32

from latentspace.answers import (
    Code,
    Description,
    Figure,
    Measured,
    Own,
    Part,
    Predicted,
    Provenance,
    Translated,
    map_info,
)
from latentspace.artifact import read_json
from latentspace.errors import InputError, NotFoundError
from latentspace.explorer.followed import Followed
from latentspace.explorer.means import Means
from latentspace.explorer.predicting import Predicting
from latentspace.explorer.provenance import provenance
from latentspace.explorer.rows import HELD_OUT_CODE
from latentspace.explorer.telling import told_array, told_predicted
from latentspace.modality import CODE, JOINT
from latentspace.project import METHODS, drawn_methods
from latentspace.reliability import told
from latentspace.run import labels_warning
from latentspace.workspace import open_folder

if TYPE_CHECKING:
    from latentspace.explorer.aside import Aside
    from latentspace.explorer.own import OwnReader
    from latentspace.explorer.translating import Translating

HELD = ".held_out_coverage_90"
RR = "rr_ms"  # phenotype with the recorded RR interval


class Explorer(Followed):
    """A workspace and one of its runs, open for questions."""

    @cached_property
    def _predicting(self) -> Predicting:
        return Predicting(self.run, self._columns.dictionary)

    @cached_property
    def _means(self) -> Means:
        return Means(self.run, self._coder.layout)

    @cached_property
    def _own(self) -> "OwnReader":
        from latentspace.explorer.own import OwnReader  # noqa: PLC0415 - signal processing takes a second to import

        return OwnReader(self.workspace.modalities)

    @cached_property
    def _aside(self) -> "Aside":
        from latentspace.explorer.aside import Aside  # noqa: PLC0415 - what reads files takes a second to import

        return Aside(self.workspace.modalities)

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

    @property
    def n_latent(self) -> int:
        """Length of a full code."""
        return self._coder.n_latent

    def encode(self, row: int, modalities: Sequence[str]) -> Code:
        """The posterior of one row from some of its modalities; what they do not tell keeps its prior.

        Of a run whose codes another program made, these, whatever the modalities.

        Raises:
            NotFoundError: no such row or modality, or the row lacks every one of them.
        """
        if self.run.brought:
            self._check_row(row)
            return self._coder.stored(row)
        recordings = self.subject(row).recordings
        known = {m: recordings[m] for m in modalities if self.workspace.modality(m).name in recordings}
        if not known:
            raise NotFoundError(
                "subject.no_recording",
                where=f"row {row}",
                found=f"has no recording of {', '.join(modalities) or 'nothing'}",
                hint="Choose another subject, or another modality.",
            )
        return self._coder.encode(known)

    def own(self, files: Mapping[str, bytes]) -> Own:
        """Prepare and encode a recording that is not of the cohort, from its files by name; nothing of it is kept.

        Raises:
            InputError: no ECG in this workspace, or the files are too large, unreadable, or without a heart beat.
        """
        record = self._own.read(files)
        modelled = {m.name for m in self.workspace.modelled}
        known = tuple(name for name in record.arrays if name in modelled)
        return Own(
            code=self._coder.encode({name: record.arrays[name] for name in known}),
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

    def decode(self, z: Float32[np.ndarray, " n_latent"]) -> dict[str, np.ndarray]:
        """Every modelled modality, generated from one full code, in the modality's own unit.

        Raises:
            InputError: wrong length, or not finite, or further than 50 SD from the prior.
        """
        return self._coder.decode(z)

    def mean(self, chosen: Bool[np.ndarray, " rows"]) -> Float32[np.ndarray, " n_latent"]:
        """The mean code of the rows that are true: each part of those who have it, of a large part 256 numbers.

        Raises:
            InputError: fewer values than rows, or more than fill a byte; fewer people than may be told of.
        """
        n = len(self._subjects)
        if not 0 <= len(chosen) - n < 8:
            hint = "Send one bit for each row."
            raise InputError("mean.rows", where="mean", found=f"{len(chosen)} bits for {n} rows", hint=hint)
        rows = chosen[:n]
        told = self._enough(rows)
        return told_array(self._means.of(rows), 1.0, int(rows.sum()), told.of("mean"))

    def translate(self, row: int, source: str) -> list[Translated]:
        """Every other modality of a row as `source` alone tells it, with 90 % bands and how often such bands hold.

        Raises:
            NotFoundError: no such row or modality, or the row lacks it.
        """
        return self._translating.translate(self.encode(row, [source]), source, np.random.default_rng(row))

    def place(
        self, z: Float32[np.ndarray, " n_latent"], maps: Sequence[str] | None = None
    ) -> dict[str, Float32[np.ndarray, "2"]]:
        """Where a code would lie on some maps, named `<space>.<method>`; on all of them when none are named.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such map.
        """
        return self._coder.place(z, maps)

    def measure(self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None) -> list[Measured]:
        """What can be read from the signals and images of a row as recorded, or from those generated from `z`.

        A generated beat has no rate of its own: with a row, its recorded RR interval corrects the QT interval.

        Raises:
            NotFoundError: no such row.
            InputError: as `decode`; neither a row nor a code.
        """
        recordings = self._measurable(row, z)
        return self._aside.measured(recordings, None if row is None else self._rr_ms(row))

    def areas(
        self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None
    ) -> dict[str, Float32[np.ndarray, " frames"]]:
        """Area of the left ventricle on every frame, cm2, of each cine of a row as recorded, or generated from `z`.

        NaN where it cannot be traced; nothing where there is no cine.

        Raises:
            NotFoundError, InputError: as `measure`.
        """
        return self._aside.areas(self._measurable(row, z))

    def predict(
        self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None, space: str = CODE
    ) -> list[Predicted]:
        """What a linear fit predicts of a row's person or, with `z`, of a full code; predicted, never measured.

        Of a row out of fold, from any space of scores.parquet: its person taught nothing of it. Of a code from the
        `code` itself, or from its shared part as `joint`, or as the space of the only modality that it was encoded
        from, by a fit on people who are not held out; with the row from which it was moved, by the fit that its person
        taught nothing.

        Raises:
            NotFoundError: no such row or space; the run is not evaluated yet.
            InputError: as `decode`; neither a row nor a code.
        """
        if row is not None:
            self._check_row(row)
        if z is not None:
            self._coder.check(z)
            said = self._predicting.code(z if space == CODE else z[self._coder.layout[JOINT]], space, row)
            return told_predicted(said, self._everyone.of(space))
        if row is None:
            raise InputError("predict.nothing", where="predict", found="neither row nor code", hint="Give one.")
        return told_predicted(self._predicting.row(row, space), self._everyone.of(space))

    def _measurable(self, row: int | None, z: np.ndarray | None) -> Mapping[str, np.ndarray]:
        """Recordings of a row, or what is generated from a code."""
        if row is not None:
            self._check_row(row)
        if z is not None:
            return self.decode(z)
        if row is None:
            raise InputError("measure.nothing", where="measure", found="neither row nor code", hint="Give one.")
        return self.subject(row).recordings

    def _rr_ms(self, row: int) -> float | None:
        value = float(self._columns.values(RR)[row]) if RR in self._columns.dictionary else math.nan
        return value if math.isfinite(value) else None


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
