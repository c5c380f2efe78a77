"""Own posterior in, own recording out: how much of it comes back."""

import numpy as np

from latentspace.codec import Decoder
from latentspace.evaluate.distance import absolute, pearson, squared
from latentspace.evaluate.people import People, channels
from latentspace.modality import JOINT, private
from latentspace.stats.bootstrap import Figure, figure, mean, ratio


def reconstruction(people: People, decoder: Decoder, rng: np.random.Generator) -> dict[str, Figure]:
    """For each modality: unexplained variance, mean absolute error (its unit) and Pearson's r, from means."""
    figures: dict[str, Figure] = {}
    for m in people.modalities:
        who = people.having(m.name)
        x = people.recordings[m.name][who]
        drawn = decoder.decode(people.spaces[JOINT][who], people.spaces[private(m.name)][who], m.name)
        name = f"reconstruction.{m.name}"
        figures[f"{name}.unexplained_variance"] = figure(
            ratio(squared(x, drawn), squared(x, people.typical[m.name])), len(who), rng
        )
        figures[f"{name}.mae"] = figure(mean(absolute(x, drawn)), len(who), rng)
        r = pearson(x, drawn, channels=channels(m))
        varies = np.isfinite(r)
        figures[f"{name}.pearson"] = figure(mean(r[varies]), int(varies.sum()), rng)
    return figures
