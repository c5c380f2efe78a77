"""`evaluate`: how good a run is, on held-out people only, with 95 % intervals."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from latentspace.cluster import Workers
from latentspace.codec import Decoder, OnnxCodec
from latentspace.evaluate.alignment import alignment
from latentspace.evaluate.bands import bands
from latentspace.evaluate.brought import evaluate_brought
from latentspace.evaluate.cohort import Cohort, cohort_of
from latentspace.evaluate.directions import directions, judged_courses
from latentspace.evaluate.downstream import downstream
from latentspace.evaluate.hearts import hearts
from latentspace.evaluate.latents import latents
from latentspace.evaluate.page import page
from latentspace.evaluate.partners import partners
from latentspace.evaluate.parts import drawn_by, plain, write_parts
from latentspace.evaluate.people import held_out
from latentspace.evaluate.projection import projection
from latentspace.evaluate.readings import readings
from latentspace.evaluate.reconstruction import reconstruction
from latentspace.evaluate.retrieval import adjusted, retrieval
from latentspace.evaluate.samples import Judged
from latentspace.evaluate.translation import translation
from latentspace.evaluate.traversal import latent_effects, traversal
from latentspace.evaluate.truth import truth
from latentspace.progress import Progress
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure
from latentspace.workspace import Workspace

__all__ = ["evaluate"]

Aspects = dict[str, Callable[[np.random.Generator], dict[str, Figure]]]


def evaluate(
    workspace: Workspace, run: Run, *, seed: int, progress: Progress, quick: bool = False, workers: Workers = 1
) -> dict[str, dict[str, Any]]:
    """Judge a run on held-out people; writes evaluation.json, each person's parts and a page beside it.

    Of codes that another program made, only what needs no recording: maps and predictions.
    The `effects` of every shared dimension go to run.json. `quick` leaves out what takes minutes: measurements on
    decoded recordings, bands, matched partners, truth. Predictions are computed by the `workers`, the rest here.

    Returns:
        Flat: `retrieval.ecg_to_cine.recall_at_10` and the like to `{value, low, high, n}` or `{value: None, reason}`.

    Raises:
        NotFoundError: the run has no embedding yet.
        LatentSpaceError: as `cluster.each`.
    """
    if run.brought:
        return evaluate_brought(workspace, run, seed=seed, progress=progress, workers=workers)
    people = held_out(workspace, run, np.random.default_rng(seed))
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled))
    effects = latent_effects(people, decoder, np.random.default_rng(seed))
    aspects: Aspects = {
        "reconstruction": lambda rng: reconstruction(people, decoder, rng),
        "translation": lambda rng: translation(people, decoder, rng),
        "traversal": lambda rng: traversal(people, decoder, effects, rng),
        "retrieval": lambda rng: retrieval(people, rng),
        "alignment": lambda rng: alignment(people, rng),
        "latents": lambda rng: latents(people, rng),
        "projection": lambda rng: projection(people, run, rng),
        "downstream": lambda rng: downstream(workspace, run, rng, workers, progress),
    }
    cohort = None
    if not quick:
        progress("evaluate", 0, len(aspects), "people")
        cohort = cohort_of(workspace, run, people, decoder)
        aspects |= _full(cohort)
    judged: dict[str, Figure] = {}
    for i, (aspect, judge) in enumerate(aspects.items()):
        progress("evaluate", i, len(aspects), aspect)
        judged |= judge(np.random.default_rng([seed, *aspect.encode()]))  # by name: a new aspect changes no other
    figures = {name: plain(figure) for name, figure in judged.items()}
    write_parts(run, people.rows, judged, drawn_by(workspace, run, seed))
    run.write_file("evaluation.json", json.dumps(figures, indent=1, allow_nan=False).encode())
    run.update(effects={modality: shares.tolist() for modality, shares in effects.items()})
    seen = Judged(
        people=people,
        decoder=decoder,
        effects=effects,
        courses={} if cohort is None else judged_courses(cohort, judged),
        figures=judged,
        seed=seed,
    )
    run.write_file("evaluation.html", page(workspace, run, seen).encode())
    progress("evaluate", len(aspects), len(aspects))
    return figures


def _full(cohort: Cohort) -> Aspects:
    return {
        "hearts": lambda rng: hearts(cohort, rng),
        "partners": lambda rng: partners(cohort, rng),
        "readings": lambda rng: readings(cohort, rng),
        "directions": lambda rng: directions(cohort, rng),
        "bands": lambda rng: bands(cohort, rng),
        "adjusted retrieval": lambda rng: adjusted(cohort, rng),
        "truth": lambda rng: truth(cohort, rng),
    }
