"""How far a translation may be off: drawn from what one modality leaves open, and from what reconstructions leave."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, Shaped

from latentspace.arrays import open_array, read_rows, write_arrays
from latentspace.codec import Decoder, OnnxCodec
from latentspace.latent import PosteriorArray, layout
from latentspace.modality import JOINT, Modality, private
from latentspace.prepare.heart import STILLS, HeartFrame, heart_frame
from latentspace.prepare.pose import estimate_pose, to_canonical
from latentspace.progress import Progress
from latentspace.run import Run, one_visit_each, people
from latentspace.stats.bands import widening
from latentspace.stats.bootstrap import FEWEST
from latentspace.workspace import Workspace

DRAWS = 16
RESIDUALS, CALIBRATED, FRAMED = 100, 40, 200  # people: of residuals, of the widening, of the heart's frame


@dataclass(frozen=True, slots=True)
class Elements:
    """What of a modality's recordings a band is drawn for.

    Of a cine, five frames inside the heart's mask, moved to the canonical pose, for position is in no other modality;
    of all others (`heart` is None) every element.
    """

    modality: Modality
    heart: HeartFrame | None

    def of(self, recordings: Shaped[np.ndarray, "n _"]) -> Float32[np.ndarray, "n elements"]:
        """The elements of flattened recordings, in their unit."""
        if self.heart is None:
            return recordings.astype(np.float32)
        cines = recordings.reshape(-1, *self.modality.shape)
        return np.stack([to_canonical(cine[STILLS], estimate_pose(cine))[:, self.heart.mask].ravel() for cine in cines])

    def pick(self, whole: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, " elements"]:
        """The same elements of an array that has the shape of a recording (in the canonical pose already)."""
        return whole.ravel() if self.heart is None else whole[STILLS][:, self.heart.mask].ravel()

    def missed(
        self, recorded: Shaped[np.ndarray, "n _"], drawn: Shaped[np.ndarray, "n _"]
    ) -> Float32[np.ndarray, " ..."]:
        """Root mean square over people of recorded - drawn, in the shape of a recording; cines in the pose recorded."""
        total = np.zeros(self.modality.shape)
        for x, other in zip(recorded, drawn, strict=True):
            difference = (x.astype(np.float32) - other).reshape(self.modality.shape)
            if self.heart is not None:
                difference = to_canonical(difference, estimate_pose(x.reshape(self.modality.shape)))
            total += difference.astype(np.float64) ** 2
        return np.sqrt(total / len(recorded)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Source:
    """A workspace with a run that is embedded, and its decoder."""

    workspace: Workspace
    run: Run
    decoder: Decoder

    def recorded(self, modality: str, rows: Int64[np.ndarray, " n"]) -> Shaped[np.ndarray, "n _"]:
        """Flattened recordings of some rows."""
        return read_rows(self.workspace.recordings(modality), rows).reshape(len(rows), -1)

    def reconstructed(self, modality: str, rows: Int64[np.ndarray, " n"]) -> Shaped[np.ndarray, "n _"]:
        """The same people, decoded from their own posterior means."""
        return self.decoder.decode(
            self.run.embedding(JOINT, rows=rows), self.run.embedding(private(modality), rows=rows), modality
        )

    def posterior(self, space: str, rows: Int64[np.ndarray, " n"]) -> PosteriorArray:
        """Where these people are in one space."""
        return PosteriorArray(self.run.embedding(space, rows=rows), self.run.embedding(space, "log_var", rows))

    def having(self, rows: Int64[np.ndarray, " n"], *modalities: str) -> Int64[np.ndarray, " having"]:
        """Those of the rows that have all of these modalities."""
        return rows[np.logical_and.reduce([self.workspace.present(m)[rows] for m in modalities])]

    def validation(self) -> Int64[np.ndarray, " n"]:
        """At most 100 validation people, one row each."""
        subjects = self.workspace.subjects()
        held = np.stack([self.workspace.present(m.name) for m in self.workspace.modelled]).sum(axis=0)
        rows = one_visit_each(np.array(people(subjects)), held, self.run.split(subjects) == "validation")
        return np.sort(np.random.default_rng(0).permutation(rows)[:RESIDUALS])

    def residual_sd(self, modality: str) -> Float32[np.ndarray, "..."]:
        """What reconstructions leave, as `embed` has stored it.

        Raises:
            NotFoundError: the run was embedded before this was estimated.
        """
        return read_rows(open_array(self.run.file("uncertainty.zarr"), f"{modality}/residual_sd"))

    def elements(self, modality: Modality) -> Elements:
        """The elements of a modality; the heart's frame is that of at most 200 people who are not held out."""
        if not modality.is_cine:
            return Elements(modality, None)
        part = self.run.split(self.workspace.subjects())
        seen = np.flatnonzero((part != "held_out") & self.workspace.present(modality.name))
        chosen = np.sort(np.random.default_rng(0).permutation(seen)[:FRAMED])
        return Elements(modality, heart_frame(read_rows(self.workspace.recordings(modality.name), chosen)))


def drawn(
    decoder: Decoder, posterior: PosteriorArray, elements: Elements, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, "n elements"], Float32[np.ndarray, "n elements"]]:
    """Mean and variance over the draws of each person."""
    means: list[np.ndarray] = []
    variances: list[np.ndarray] = []
    for recordings in draws(decoder, posterior, elements.modality.name, rng):
        values = elements.of(recordings)
        means.append(values.mean(axis=0))
        variances.append(values.var(axis=0, ddof=1))
    return np.stack(means), np.stack(variances)


def draws(
    decoder: Decoder, posterior: PosteriorArray, modality: str, rng: np.random.Generator
) -> Iterator[Shaped[np.ndarray, "16 _"]]:
    """For each person 16 flattened recordings: the shared code from its posterior, the private one from its prior."""
    own = layout(decoder.spaces)[private(modality)]
    sd = np.exp(np.minimum(posterior.log_var, 0) / 2)  # no wider than the prior, as in latent.fuse
    for mean, wide in zip(posterior.mean, sd, strict=True):
        shared = mean + wide * rng.standard_normal((DRAWS, len(mean)), dtype=np.float32)
        code = rng.standard_normal((DRAWS, own.stop - own.start), dtype=np.float32)
        yield decoder.decode(shared, code, modality)


def estimate_uncertainty(workspace: Workspace, run: Run, progress: Progress) -> None:
    """From validation people: what reconstructions leave, and by how much bands must be widened to hold nine tenths.

    Writes `uncertainty.zarr/<m>/residual_sd` in the shape of a recording (a cine in the canonical pose, with the
    heart's `mask` beside it), and to run.json `uncertainty`: for each direction the factor `widening` and the number
    of `people` who tell it, or the `reason` why there is none.
    """
    source = Source(workspace, run, Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled)))
    rows, modalities = source.validation(), workspace.modelled
    arrays: dict[str, np.ndarray] = {}
    widths: dict[str, dict[str, object]] = {}
    for i, m in enumerate(modalities):
        progress("uncertainty", i, len(modalities))
        these, others = source.having(rows, m.name), [other.name for other in modalities if other is not m]
        if len(these) < FEWEST:
            reason = f"{len(these)} validation people have {m.name}, at least {FEWEST} are needed"
            widths |= {f"{a}_to_{m.name}": {"reason": reason} for a in others}
            continue
        parts = source.elements(m)
        sd = parts.missed(source.recorded(m.name, these), source.reconstructed(m.name, these))
        arrays |= {f"{m.name}/residual_sd": sd}
        if parts.heart is not None:
            arrays[f"{m.name}/mask"] = parts.heart.mask
        widths |= {f"{a}_to_{m.name}": _widening(source, a, parts, sd, rows) for a in others}
    run.write_folder("uncertainty.zarr", lambda path: write_arrays(path, arrays, dimensions={}))
    run.update(uncertainty=widths)
    progress("uncertainty", 1, 1)


def band(
    source: Source,
    given: str,
    parts: Elements,
    residual_sd: Float32[np.ndarray, "..."],
    rows: Int64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> tuple[Float32[np.ndarray, "n elements"], Float32[np.ndarray, "n elements"]]:
    """Mean and SD of the translation of these people, not widened yet: the variance of draws and that of residuals."""
    mean, variance = drawn(source.decoder, source.posterior(given, rows), parts, rng)
    return mean, np.sqrt(variance + parts.pick(residual_sd) ** 2)


def _widening(
    source: Source, given: str, parts: Elements, sd: Float32[np.ndarray, "..."], rows: Int64[np.ndarray, " n"]
) -> dict[str, object]:
    name = parts.modality.name
    these = source.having(rows, given, name)[:CALIBRATED]
    if len(these) < FEWEST:
        return {"reason": f"{len(these)} validation people have {given} and {name}, at least {FEWEST} are needed"}
    mean, wide = band(source, given, parts, sd, these, np.random.default_rng(0))
    k = widening(parts.of(source.recorded(name, these)), mean, wide)
    return {"widening": k, "people": len(these)} if math.isfinite(k) else {"reason": "its bands have no width"}
