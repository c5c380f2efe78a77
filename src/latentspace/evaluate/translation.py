"""One modality in, another out: is it this person's, or anybody's?"""

import numpy as np

from latentspace.codec import Decoder
from latentspace.evaluate.distance import closer_than_others, squared
from latentspace.evaluate.people import People
from latentspace.stats.bootstrap import Figure, figure, mean, ratio


def translation(people: People, decoder: Decoder, rng: np.random.Generator) -> dict[str, Figure]:
    """For each pair of modalities, from the posterior mean of one alone, private latents at their prior mean.

    `closer_than_shuffled` is how often a translation is closer to its own partner than to another person's, over
    all ordered pairs of people, by squared distance in the unit of the recording. `closer_in_sd` is the same with
    each channel in units of its spread among the people seen in training, as the model's likelihood has it: no
    lead counts more for being larger. `closer_than_mean` is how often a translation is closer to its partner than
    the mean recording is.
    """
    figures: dict[str, Figure] = {}
    names = [m.name for m in people.modalities]
    for a, b in ((a, b) for a in names for b in names if a != b):
        who = people.having(a, b)
        x, typical = people.recordings[b][who], people.typical[b]
        drawn = decoder.decode(people.spaces[a][who], None, b)
        own, dull = squared(x, drawn), squared(x, typical)
        closer, spread = closer_than_others(drawn, x), people.spread[b].astype(np.float64)
        values = {
            "unexplained_variance": ratio(own, dull),
            "closer_than_shuffled": mean(closer),
            "closer_in_sd": mean(closer_than_others(drawn, x, spread) if np.ptp(spread) else closer),
            "closer_than_mean": mean((own < dull).astype(np.float64)),
        }
        figures |= {f"translation.{a}_to_{b}.{key}": figure(value, len(who), rng) for key, value in values.items()}
    return figures
