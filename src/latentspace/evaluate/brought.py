"""What can be judged of codes that another program made: how far maps keep their neighbours, and what they predict."""

import json
from typing import Any

import numpy as np

from latentspace.cluster import Workers
from latentspace.codec import Decoder, OnnxCodec
from latentspace.evaluate.downstream import downstream
from latentspace.evaluate.page import page
from latentspace.evaluate.parts import drawn_by, plain, write_parts
from latentspace.evaluate.people import MOST, People
from latentspace.evaluate.projection import projection
from latentspace.evaluate.samples import Judged
from latentspace.modality import JOINT
from latentspace.progress import Progress
from latentspace.run import Run, one_visit_each, people
from latentspace.stats.bootstrap import Figure
from latentspace.workspace import Workspace


def evaluate_brought(
    workspace: Workspace, run: Run, *, seed: int, progress: Progress, workers: Workers = 1
) -> dict[str, dict[str, Any]]:
    """Write evaluation.json, evaluation.safetensors, the scores, and a page without pictures.

    Raises:
        NotFoundError: the run has no embedding.
        LatentSpaceError: as `cluster.each`.
    """
    chosen = _people(workspace, run, np.random.default_rng(seed))
    progress("evaluate", 0, 2, "projection")
    judged: dict[str, Figure] = projection(chosen, run, np.random.default_rng([seed, *b"projection"]))
    progress("evaluate", 1, 2, "downstream")
    judged |= downstream(workspace, run, np.random.default_rng([seed, *b"downstream"]), workers, progress)
    figures = {name: plain(figure) for name, figure in judged.items()}
    write_parts(run, chosen.rows, judged, drawn_by(workspace, run, seed))
    run.write_file("evaluation.json", json.dumps(figures, indent=1, allow_nan=False).encode())
    decoder = Decoder(OnnxCodec(run, workspace.modalities), run.spaces(workspace.modelled))
    seen = Judged(people=chosen, decoder=decoder, effects={}, courses={}, figures=judged, seed=seed)
    run.write_file("evaluation.html", page(workspace, run, seen).encode())
    progress("evaluate", 2, 2)
    return figures


def _people(workspace: Workspace, run: Run, rng: np.random.Generator) -> People:
    """At most 1,000 held-out people drawn by `rng`, one visit each, who have a place in the joint space."""
    subjects = workspace.subjects()
    joint = run.embedding(JOINT)
    placed = np.asarray(~np.isnan(joint).any(axis=1), np.int64)
    rows = one_visit_each(np.array(people(subjects)), placed, run.split(subjects) == "held_out")
    rows = np.sort(rng.permutation(rows)[:MOST])
    return People(
        rows=rows,
        modalities=(),
        recordings={},
        typical={},
        spread={},
        spaces={s.name: run.embedding(s.name)[rows] for s in run.spaces(workspace.modelled)},
        joint_log_var=np.zeros((len(rows), joint.shape[1]), np.float32),
    )
