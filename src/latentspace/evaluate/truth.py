"""Where the truth is known: does a dimension stand for one thing that these people were made from?"""

import numpy as np
import polars as pl

from latentspace.errors import NotFoundError
from latentspace.evaluate.cohort import Cohort
from latentspace.modality import JOINT
from latentspace.stats.bootstrap import FEWEST, Figure
from latentspace.stats.disentanglement import dci, mig, sap

MEASURES = {"truth.dci": dci, "truth.mig": mig, "truth.sap": sap}


def truth(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """`truth.dci`, `.mig` and `.sap` of the joint means against every factor that differs between held-out people.

    They have no interval: compare runs of several seeds.
    """
    del rng
    try:
        table = cohort.source.workspace.truth()
    except NotFoundError:
        return dict.fromkeys(MEASURES, Figure(reason="nobody knows the truth of recorded people"))
    who = cohort.people.having(JOINT)
    numbers = table.select(pl.selectors.numeric() | pl.selectors.boolean()).cast(pl.Float64)
    factors = numbers.to_numpy()[cohort.people.rows[who]]
    factors = factors[:, np.isfinite(factors).all(axis=0)]
    factors = factors[:, factors.std(axis=0) > 1e-12] if len(who) else factors
    z = cohort.people.spaces[JOINT][who].astype(np.float64)
    if len(who) < FEWEST or factors.shape[1] < 2 or z.shape[1] < 2:
        reason = f"{len(who)} held-out people, {factors.shape[1]} factors and {z.shape[1]} dimensions are too few"
        return dict.fromkeys(MEASURES, Figure(n=len(who), reason=reason))
    return {name: Figure(value=measure(z, factors), n=len(who)) for name, measure in MEASURES.items()}
