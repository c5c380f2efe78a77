"""Translations against people who are alike on paper: is it this person, or anybody of that sex, age and heart rate?"""

from itertools import permutations

import numpy as np

from latentspace.evaluate.cohort import NO_TRAITS, Cohort
from latentspace.evaluate.distance import closer_than_others
from latentspace.evaluate.hearts import translated_hearts, translation_of_hearts
from latentspace.stats.bootstrap import Figure, figure, mean


def partners(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """For each pair of modalities, `closer_than_matched`; for a cine also the heart's figures, in the canonical pose.

    `closer_than_matched`: of the held-out others of the same sex, age +- 5 and heart rate +- 5, the share whose
    recording is further from the translation than the own one, the mean over people who have such others. Squared
    distance of the recordings, of cines that of the slow maps inside the heart's mask in the canonical pose.
    """
    figures: dict[str, Figure] = {}
    for a, b in permutations(cohort.elements, 2):
        who = cohort.people.having(a, b)
        name = f"translation.{a}_to_{b}"
        heart, true = cohort.heart(b), cohort.people.recordings[b][who]
        if heart is not None:
            hearts = translated_hearts(cohort, a, b, who)
            measured = translation_of_hearts(hearts, cohort.hearts[b], heart, who, rng)
            figures |= {f"{name}.{key}": each for key, each in measured.items()}
            drawn, true = (maps.reshape(len(who), -1) for maps in (hearts.maps, cohort.hearts[b].maps[who]))
        else:
            drawn = cohort.decoder.decode(cohort.people.spaces[a][who], None, b) if len(who) else true
        figures[f"{name}.closer_than_matched"] = _closer(cohort, (who, drawn, true), rng)
    return figures


def _closer(cohort: Cohort, compared: tuple[np.ndarray, np.ndarray, np.ndarray], rng: np.random.Generator) -> Figure:
    who, drawn, true = compared
    if cohort.traits is None:
        return Figure(n=len(who), reason=NO_TRAITS)
    rows = cohort.people.rows[who]
    closer = closer_than_others(drawn, true, among=cohort.traits.match(rows, rows))
    closer = closer[np.isfinite(closer)]
    return figure(mean(closer), len(closer), rng)
