"""From a workspace to standardised tensors; everything is measured on training rows alone."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from latentspace.arrays import Chosen
from latentspace.errors import InputError
from latentspace.modality import Modality
from latentspace.run import people, split
from latentspace.train.labels import Labels, Reader, labels_of, nothing_large, read
from latentspace.train.presets import Config
from latentspace.train.timing import timing_of, weighted
from latentspace.vae.compression import AT_ONCE, LARGE, Compress, Sizes, compress
from latentspace.vae.export import Standard
from latentspace.vae.linear import Basis, LinearStart, basis_of, coordinates_of, start
from latentspace.vae.model import Batch
from latentspace.vae.timing import Retime
from latentspace.workspace import Workspace

FEWEST, MOST_COMPRESSED = 8, 4096  # people to train on; recordings from which a compression is fitted
ASKED = 128  # recordings by which is measured what a compression leaves
SIGNAL = 128  # samples from which a lead is a signal to convolutions


@dataclass(frozen=True, slots=True)
class Data:
    """Training and validation people, standardised, and how they were; `signals`: (leads, samples) of what has them.

    A modality with a reader has what that says in columns beside its coordinates, of training people out of fold.
    """

    train: Batch
    validation: Batch
    standards: Mapping[str, Standard]
    signals: Mapping[str, tuple[int, int]]
    readers: Mapping[str, Reader] = field(default_factory=dict[str, Reader])

    @property
    def labels_seen(self) -> list[str]:
        """Phenotypes that readers were taught."""
        return list(dict.fromkeys(name for reader in self.readers.values() for name in reader.names))


def load(workspace: Workspace, split_seed: int, config: Config) -> Data:
    """Read the training and validation rows; held-out people are not read, labels of training people if wanted.

    Raises:
        InputError: as `gathered`.
    """
    return gathered(workspace, split(people(workspace.subjects()), seed=split_seed), config)


def gathered(workspace: Workspace, part: Shaped[np.ndarray, " rows"], config: Config) -> Data:
    """Read the rows of which `part` says `train` or `validation`.

    Raises:
        InputError: fewer than 8 people to train on, a modality that none of them has, values that are no numbers, or
            labels are wanted and cannot be read from any recording.
    """
    person = np.unique(np.array(people(workspace.subjects())), return_inverse=True)[1]
    anything = np.logical_or.reduce([workspace.present(m.name) for m in workspace.modelled])
    rows = {name: np.flatnonzero(anything & (part == name)) for name in ("train", "validation")}
    x: dict[str, dict[str, Tensor]] = {name: {} for name in rows}
    known: dict[str, dict[str, Tensor]] = {name: {} for name in rows}
    standards: dict[str, Standard] = {}
    for m in workspace.modelled:
        present = workspace.present(m.name)
        for name, these in rows.items():
            has = present[these]
            recordings = Chosen(workspace.recordings(m.name), these[has])
            if name == "train":
                _check(recordings, m)
                standards[m.name], values = _fitted(recordings, m, config)
            else:
                values = _before(standards[m.name], recordings)
            scaled = np.zeros((len(these), standards[m.name].mean.numel()), np.float32)
            for first in range(0, len(values), ASKED):
                here = slice(first, first + ASKED)
                scaled[np.flatnonzero(has)[here]] = standards[m.name].standardise(values[here])
            del values  # of the next modality there are as many
            x[name][m.name], known[name][m.name] = torch.from_numpy(scaled), torch.from_numpy(has)
    batches = {name: Batch(x[name], known[name], torch.from_numpy(person[rows[name]])) for name in rows}
    signals = {m.name: (m.shape[0], m.shape[1]) for m in workspace.modelled if _is_signal(m)}
    data = Data(batches["train"], batches["validation"], standards, signals)
    return _read_by(data, labels_of(workspace, rows["train"])) if config.labels == "on" else data


def _read_by(data: Data, labels: Labels) -> Data:
    """The same with readers of every large modality, taught by labels of the training people."""
    large = [m for m, standard in data.standards.items() if standard.compression]
    if not large:
        raise nothing_large()
    train, validation, readers = dict(data.train.x), dict(data.validation.x), dict[str, Reader]()
    person = data.train.person.numpy()
    for m in large:
        known, x = data.train.known[m].numpy(), train[m].numpy().astype(np.float64)
        readers[m], of_known = read(x[known], {name: v[known] for name, v in labels.items()}, person[known])
        said = np.zeros((len(x), of_known.shape[1]))
        said[known] = of_known
        train[m] = torch.cat([train[m], torch.from_numpy(said.astype(np.float32))], dim=1)
        weights = torch.from_numpy(readers[m].weights.astype(np.float32))
        validation[m] = torch.cat([validation[m], validation[m] @ weights], dim=1)
    parts = [dataclasses.replace(b, x=x) for b, x in ((data.train, train), (data.validation, validation))]
    return dataclasses.replace(data, train=parts[0], validation=parts[1], readers=readers)


def mixed(batch: Batch, share: float, generator: torch.Generator) -> Batch:
    """Each row with up to `share` of another person's mixed in, the same in every modality; its variance is kept.

    A row and its partner must both have a modality for the mixture to have it.

    Source:
        Zhang et al. 2018, mixup, on inputs alone.
    """
    if share == 0:
        return batch
    n, device = len(batch.person), batch.person.device
    weight = share * torch.rand((n, 1), generator=generator, device=device)
    partner = torch.randperm(n, generator=generator, device=device)
    length = torch.sqrt(weight**2 + (1 - weight) ** 2)
    known = {m: k & k[partner] for m, k in batch.known.items()}
    x = {m: ((1 - weight) * v + weight * v[partner]) / length for m, v in batch.x.items()}
    return Batch({m: torch.where(known[m][:, None], v, 0) for m, v in x.items()}, known, batch.person)


def to_device(batch: Batch, device: str) -> Batch:
    """The same batch elsewhere."""
    return Batch(
        {m: v.to(device) for m, v in batch.x.items()},
        {m: v.to(device) for m, v in batch.known.items()},
        batch.person.to(device),
    )


def starts_of(data: Data, config: Config) -> dict[str, LinearStart]:
    """The closed forms that the network starts from.

    The shared code is at most two thirds as wide as what the modalities can have in common: the two halves of an
    8 x 8 image need no 64 dimensions. Private codes are as wide as the scores of a modality.
    """
    arrays = {m: v.numpy().astype(np.float64) for m, v in data.train.x.items()}
    known = {m: v.numpy() for m, v in data.train.known.items()}
    bases = {
        m: _basis(a if known[m].all() else a[known[m]], data.standards[m], config, data.readers.get(m))
        for m, a in arrays.items()
    }
    n_shared = min(config.n_shared, max(1, in_common([min(b.rank, b.telling) for b in bases.values()]) * 2 // 3))
    n_principal = min(config.n_principal, n_shared // 2)
    parts = start(list(arrays.values()), list(known.values()), list(bases.values()), n_shared, n_principal)
    return dict(zip(arrays, parts, strict=True))


def in_common(ranks: Sequence[int]) -> int:
    """Dimensions that recordings of these ranks can have in common: each is known to two of them; all, of one."""
    return ranks[0] if len(ranks) == 1 else min(sum(ranks) - max(ranks), sum(ranks) // 2)


def _basis(x: np.ndarray, standard: Standard, config: Config, reader: Reader | None) -> Basis:
    if standard.compression is None:
        return basis_of(x, n_components=config.n_components, ridge=config.ridge)
    return coordinates_of(
        x[:, : standard.mean.numel()],
        telling=standard.compression.telling,
        ridge=config.ridge,
        noise=standard.noise,
        reader=None if reader is None else reader.weights,
    )


def _is_signal(modality: Modality) -> bool:
    """Leads by samples, long enough for convolutions."""
    return len(modality.axes) == 2 and modality.axes[1].name == "time" and modality.axes[1].size >= SIGNAL


def _channels(modality: Modality) -> int:
    """Parts of a recording with a scale each: named leads, or every element of a vector; else the whole."""
    first = modality.axes[0]
    return first.size if first.labels or len(modality.axes) == 1 else 1


def _fitted(recordings: Chosen, modality: Modality, config: Config) -> tuple[Standard, np.ndarray]:
    """How recordings are standardised, and what is: themselves, or coordinates of large ones.

    All coordinates have one scale: distances stay what they are.
    """
    if math.prod(modality.shape) < LARGE:
        values = recordings[:]
        if modality.is_beat and config.timing == "on" and (timed := _timed(values, modality)):
            return timed
        return _standard(values, modality), values
    compression = compress(
        Chosen(recordings.array, recordings.rows[:MOST_COMPRESSED]),
        Sizes(heart=config.n_heart, tiles=config.n_tiles, rest=config.n_rest),
        in_time=modality.axes[0].name == "time",
        heart=modality.is_cine and config.registration == "on",
    )
    coordinates = compression.coordinates(recordings)
    middle = coordinates.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = float(np.sqrt(((coordinates - middle) ** 2).mean()))
    asked = torch.from_numpy(recordings[:ASKED].astype(np.float32))
    with torch.no_grad():
        left = asked - Compress(compression).expand(torch.from_numpy(coordinates[:ASKED]))
    noise = float(left.square().mean()) / spread**2
    return Standard(torch.from_numpy(middle), torch.full(middle.shape, spread), compression, noise), coordinates


def _timed(beats: np.ndarray, modality: Modality) -> tuple[Standard, np.ndarray] | None:
    """Beats in their usual timing, and their marks in such units that a distance stays one between beats."""
    timing = timing_of(beats, modality)
    if timing is None:
        return None
    standard = _standard(_retimed(Retime(timing), beats)[:, :-2].reshape(beats.shape), modality)
    timing = dataclasses.replace(timing, weight=weighted(Retime(timing), standard.mean.numpy(), standard.scale.numpy()))
    none, ones = torch.zeros(2), torch.ones(2)
    mean, scale = (torch.cat([v.flatten(), more]) for v, more in ((standard.mean, none), (standard.scale, ones)))
    return Standard(mean, scale, timing=timing), _retimed(Retime(timing), beats)


def _before(standard: Standard, recordings: Chosen) -> np.ndarray:
    """What is standardised of recordings."""
    if standard.compression:
        return standard.compression.coordinates(recordings)
    return recordings[:] if standard.timing is None else _retimed(Retime(standard.timing), recordings[:])


def _retimed(retime: Retime, beats: np.ndarray) -> np.ndarray:
    """Beats in their usual timing and both marks, as rows."""
    rows = np.empty((len(beats), beats[0].size + 2), np.float32)
    with torch.no_grad():
        for first in range(0, len(beats), ASKED):
            rows[first : first + ASKED] = retime(torch.from_numpy(beats[first : first + ASKED])).numpy()
    return rows


def _standard(values: np.ndarray, modality: Modality) -> Standard:
    mean, channels = values.mean(axis=0), _channels(modality)
    squares = np.zeros(channels)
    for first in range(0, len(values), ASKED):  # doubles of all would not fit
        parts = (values[first : first + ASKED] - mean).reshape(-1, channels, mean.size // channels)
        squares += (parts.astype(np.float64) ** 2).sum(axis=(0, 2))
    spread = np.sqrt(squares * channels / values.size)
    spread = np.where(spread > 1e-6 * max(1e-30, float(spread.max())), spread, 1.0)
    scale = np.broadcast_to(spread[:, None], (channels, mean.size // channels)).reshape(modality.shape)
    return Standard(torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(scale.astype(np.float32)))


def _check(recordings: Chosen, modality: Modality) -> None:
    n = recordings.shape[0]
    if n < FEWEST:
        raise too_few(modality, n)
    if recordings.dtype.kind == "f":
        for first in range(0, n, AT_ONCE):
            if not np.isfinite(recordings[first : first + AT_ONCE]).all():
                raise not_finite(modality)


def too_few(modality: Modality, n: int) -> InputError:
    """Why nothing is learnt from so few."""
    return InputError(
        "train.too_few",
        where=f"modality {modality.name}",
        found=f"{n} training recordings, at least {FEWEST} are needed",
        hint="Ingest more people, or leave this modality out.",
    )


def not_finite(modality: Modality) -> InputError:
    """Why nothing is learnt from these."""
    return InputError(
        "train.not_finite",
        where=f"modality {modality.name}",
        found="recordings with values that are no numbers",
        hint="Ingest again; the report names the records.",
    )
