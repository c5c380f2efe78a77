"""Ninety per cent bands of translations: do they hold what was recorded, and are they narrower than knowing peers?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64

from latentspace.evaluate.cohort import NO_TRAITS, Cohort, Traits
from latentspace.stats.bands import covered, crps, widening, width
from latentspace.stats.bootstrap import FEWEST, Figure, figure, mean
from latentspace.uncertainty import CALIBRATED, Elements, band

JUDGED, PEERS, AT_ONCE = 200, 1000, 64  # people whose bands are drawn; among whom peers are sought; recordings read
OWN, MATCHED = ("coverage_90", "width_90", "crps"), ("matched_coverage_90", "matched_width_90")


@dataclass(frozen=True, slots=True)
class Peers:
    """People who are not held out, by row, with the elements of their recordings."""

    rows: Int64[np.ndarray, " m"]
    values: Float32[np.ndarray, "m elements"]

    def spread(
        self, traits: Traits, rows: Int64[np.ndarray, " n"]
    ) -> tuple[Bool[np.ndarray, " n"], Float32[np.ndarray, "known elements"], Float32[np.ndarray, "known elements"]]:
        """Who has at least five matched peers, and the mean and SD of those."""
        match = traits.match(rows, self.rows)
        known = match.sum(axis=1) >= FEWEST
        mean, sd = (np.empty((int(known.sum()), self.values.shape[1]), np.float32) for _ in range(2))
        for i, these in enumerate(match[known]):
            mean[i], sd[i] = self.values[these].mean(axis=0), self.values[these].std(axis=0, ddof=1)
        return known, mean, sd


def bands(cohort: Cohort, rng: np.random.Generator) -> dict[str, Figure]:
    """For each pair of modalities, `coverage_90`, `width_90` and `crps`, in the unit of what is drawn.

    A band is mean +- 1.645 k sd; `sd` from draws and residuals, `k` from validation people (see `uncertainty`).
    `matched_width_90` and `matched_coverage_90` are those of bands that know no recording of the person: mean and
    spread of people who are not held out, of the same sex, age +- 5 and heart rate +- 5, widened in the same way.
    """
    figures: dict[str, Figure] = {}
    names = list(cohort.elements)
    for b in names:
        peers = _peers(cohort, cohort.elements[b], rng)
        for a in (name for name in names if name != b):
            who = np.sort(rng.permutation(cohort.people.having(a, b))[:JUDGED])
            found = _own(cohort, a, b, who, rng) | _matched(cohort, b, peers, who, rng)
            figures |= {f"translation.{a}_to_{b}.{key}": each for key, each in found.items()}
    return figures


def _own(cohort: Cohort, a: str, b: str, who: Int64[np.ndarray, " n"], rng: np.random.Generator) -> dict[str, Figure]:
    widths: dict[str, dict[str, Any]] = cohort.source.run.record.get("uncertainty", {})
    said = widths.get(f"{a}_to_{b}", {"reason": "embedded by a version that did not estimate it: embed again"})
    if "reason" in said:
        return dict.fromkeys(OWN, Figure(n=len(who), reason=said["reason"]))
    if len(who) < FEWEST:
        return dict.fromkeys(OWN, figure(mean(np.zeros(len(who))), len(who), rng))
    parts, rows = cohort.elements[b], cohort.people.rows[who]
    middle, sd = band(cohort.source, a, parts, cohort.source.residual_sd(b), rows, rng)
    sd *= np.float32(said["widening"])
    true = parts.of(cohort.people.recordings[b][who])
    values = (covered(true, middle, sd), width(sd), crps(true, middle, sd))
    return {key: figure(mean(each), len(who), rng) for key, each in zip(OWN, values, strict=True)}


def _matched(
    cohort: Cohort, b: str, peers: Peers | None, who: Int64[np.ndarray, " n"], rng: np.random.Generator
) -> dict[str, Figure]:
    if peers is None or cohort.traits is None:
        return dict.fromkeys(MATCHED, Figure(n=len(who), reason=NO_TRAITS))
    parts, source = cohort.elements[b], cohort.source
    validating = source.having(source.validation(), b)[:CALIBRATED]
    known, middle, sd = peers.spread(cohort.traits, validating)
    if known.sum() < FEWEST:
        reason = f"{known.sum()} validation people have matched partners, at least {FEWEST} are needed"
        return dict.fromkeys(MATCHED, Figure(n=len(who), reason=reason))
    k = widening(parts.of(source.recorded(b, validating[known])), middle, sd)
    known, middle, sd = peers.spread(cohort.traits, cohort.people.rows[who])
    sd *= np.float32(k)
    true = cohort.people.recordings[b][who[known]]
    values = (covered(parts.of(true), middle, sd), width(sd)) if known.any() else (np.zeros(0), np.zeros(0))
    return {key: figure(mean(each), int(known.sum()), rng) for key, each in zip(MATCHED, values, strict=True)}


def _peers(cohort: Cohort, parts: Elements, rng: np.random.Generator) -> Peers | None:
    if cohort.traits is None:
        return None
    name, source = parts.modality.name, cohort.source
    rows = cohort.seen(name)
    rows = np.sort(rng.permutation(rows[cohort.traits.known(rows)])[:PEERS])
    values = [parts.of(source.recorded(name, rows[i : i + AT_ONCE])) for i in range(0, len(rows), AT_ONCE)]
    return Peers(rows, np.concatenate(values)) if values else None
