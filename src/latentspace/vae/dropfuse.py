"""DropFuse, the published design that the model is compared with: deterministic autoencoders around one code."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import gelu, mish

from latentspace.vae.likelihood import info_nce
from latentspace.vae.model import Batch, Loss

LOG_VAR = math.log(1e-4)  # of an exported code: narrow, so that a product of experts is the mean of the codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Widths; the defaults are the published ones.

    A signal goes through a residual block of `signal_first` filters, a pool over two samples and a dense block of
    `signal_layers` convolutions with `signal_dense` filters, all with kernel `kernel`. A cine, whose frames are
    channels, goes through a residual block of `cine_first` filters, then `scales` times a pool over 2 x 2 pixels and
    a dense block of `cine_layers` convolutions with `cine_dense` filters, all 3 x 3.
    """

    code: int = 256
    kernel: int = 71
    signal_first: int = 23
    signal_dense: int = 46
    signal_layers: int = 5
    cine_first: int = 24
    cine_dense: int = 40
    cine_layers: int = 3
    scales: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A modality as its autoencoder sees it: (leads, samples) or (frames, rows, columns), and how it is standardised.

    One mean and one scale for the whole cohort, so that a decoded recording has its level and contrast back.
    """

    shape: tuple[int, ...]
    mean: float
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One modality's side of the design."""

    conv: type[nn.Conv1d] | type[nn.Conv2d]
    pool: type[nn.AvgPool1d] | type[nn.AvgPool2d]
    act: Callable[[Tensor], Tensor]
    kernel: int
    first: int
    dense: int
    layers: int
    scales: int

    def layer(self, n_in: int, n_out: int) -> nn.Module:
        """A convolution that keeps the size."""
        return self.conv(n_in, n_out, self.kernel, padding=self.kernel // 2)


def branch_of(form: Form, design: Design) -> Branch:
    """The widths and the kind of convolution for a signal or a cine."""
    if len(form.shape) == 2:
        return Branch(
            conv=nn.Conv1d,
            pool=nn.AvgPool1d,
            act=mish,
            kernel=design.kernel,
            first=design.signal_first,
            dense=design.signal_dense,
            layers=design.signal_layers,
            scales=1,
        )
    return Branch(
        conv=nn.Conv2d,
        pool=nn.AvgPool2d,
        act=gelu,
        kernel=3,
        first=design.cine_first,
        dense=design.cine_dense,
        layers=design.cine_layers,
        scales=design.scales,
    )


class Dense(nn.Module):
    """Convolutions that each see the input and what all before them gave; the last one's filters are the output.

    Source:
        Huang et al. 2017, Densely connected convolutional networks.
    """

    def __init__(self, branch: Branch, n_in: int) -> None:
        """From `n_in` channels to `branch.dense`."""
        super().__init__()
        self.act = branch.act
        self.layers = nn.ModuleList(branch.layer(n_in + i * branch.dense, branch.dense) for i in range(branch.layers))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, n_in, *places) -> (batch, filters, *places)."""
        seen = [x]
        for layer in self.layers:
            seen.append(self.act(layer(torch.cat(seen, dim=1))))
        return seen[-1]


class Residual(nn.Module):
    """Two convolutions beside a shortcut.

    Source:
        He et al. 2016, Deep residual learning.
    """

    def __init__(self, branch: Branch, n_in: int) -> None:
        """From `n_in` channels to `branch.first`."""
        super().__init__()
        self.act = branch.act
        self.first, self.second = branch.layer(n_in, branch.first), branch.layer(branch.first, branch.first)
        self.short = branch.conv(n_in, branch.first, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, n_in, *places) -> (batch, filters, *places)."""
        return self.act(self.short(x) + self.second(self.act(self.first(x))))


def encoder_of(form: Form, branch: Branch, code: int) -> nn.Sequential:
    """Standardised recordings (batch, channels, *places) -> codes (batch, code)."""
    parts: list[nn.Module] = [Residual(branch, form.shape[0])]
    for i in range(branch.scales):
        parts += [branch.pool(2), Dense(branch, branch.dense if i else branch.first)]
    width = branch.dense * math.prod(_smallest(form, branch))
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(width, code), nn.LayerNorm(code))


def decoder_of(form: Form, branch: Branch, code: int) -> nn.Sequential:
    """Codes (batch, code) -> standardised recordings (batch, channels, *places): the encoder's mirror."""
    small = _smallest(form, branch)
    parts: list[nn.Module] = [nn.Linear(code, branch.dense * math.prod(small)), nn.Unflatten(1, (branch.dense, *small))]
    for _ in range(branch.scales):
        parts += [nn.Upsample(scale_factor=2), Dense(branch, branch.dense)]
    return nn.Sequential(*parts, branch.conv(branch.dense, form.shape[0], 1))


class DropFuse(nn.Module):
    """One autoencoder for each modality; codes are merged by their mean, over a random subset while training."""

    def __init__(self, forms: Mapping[str, Form], design: Design, generator: torch.Generator) -> None:
        """Draw all weights from `generator`."""
        super().__init__()
        self.forms, self.code = dict(forms), design.code
        with torch.device("meta"):  # leaves the global generator alone
            branches = {m: branch_of(form, design) for m, form in forms.items()}
            self.encoders = nn.ModuleDict({m: encoder_of(form, branches[m], self.code) for m, form in forms.items()})
            self.decoders = nn.ModuleDict({m: decoder_of(form, branches[m], self.code) for m, form in forms.items()})
            self.log_scale = nn.Parameter(torch.zeros(()))
        self.to_empty(device="cpu")
        _draw(self, generator)

    def loss(self, batch: Batch, contrastive: float, generator: torch.Generator | None = None) -> Loss:
        """Both reconstructions from merged codes, and the weighted contrast of the codes.

        Log-cosh for signals and squared error for cines, of standardised values and the mean of a recording's
        elements. With a generator, modalities are dropped before codes are merged.
        """
        x = {m: batch.x[m].unflatten(1, form.shape) for m, form in self.forms.items()}
        codes = {m: encoder(x[m]) for m, encoder in self.encoders.items()}
        merged = merge(codes, dropped(batch.known, generator))
        terms: dict[str, Tensor] = {}
        for m, decoder in self.decoders.items():
            error = (decoder(merged) - x[m]).flatten(1)
            each = (_log_cosh(error) if len(self.forms[m].shape) == 2 else error.square()).mean(dim=1)
            known = batch.known[m]
            terms[f"{m}.reconstruction"] = torch.where(known, each, 0).sum() / known.sum().clamp(min=1)
        both = torch.stack(list(batch.known.values())).all(dim=0)
        total = torch.stack(list(terms.values())).sum()
        if both.sum() > 1:
            person = batch.person[both]
            allowed = (person[:, None] != person[None]) | torch.eye(len(person), dtype=torch.bool, device=person.device)
            a, b = (code[both] for code in codes.values())
            terms["contrastive"] = info_nce(a, b, self.log_scale.exp(), allowed)
            total = total + contrastive * terms["contrastive"]
        return Loss(total, terms)


class CodeIn(nn.Module):
    """For export: recordings in their unit -> a posterior about the code, no wider than `LOG_VAR`; nothing private."""

    def __init__(self, encoder: nn.Module, form: Form) -> None:
        """Wrap a trained encoder."""
        super().__init__()
        self.encoder, self.mean, self.scale = encoder, form.mean, form.scale

    def forward(self, recordings: Tensor) -> tuple[Tensor, ...]:
        """The four outputs that every encoder has."""
        code = self.encoder((recordings - self.mean) / self.scale)
        nothing = code[:, :0]
        return code, torch.full_like(code, LOG_VAR), nothing, torch.zeros_like(nothing)


class CodeOut(nn.Module):
    """For export: codes -> recordings in their unit."""

    def __init__(self, decoder: nn.Module, form: Form) -> None:
        """Wrap a trained decoder."""
        super().__init__()
        self.decoder, self.mean, self.scale = decoder, form.mean, form.scale

    def forward(self, z: Tensor) -> Tensor:
        """Recordings."""
        return self.decoder(z) * self.scale + self.mean


def merge(codes: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> Float[Tensor, "batch code"]:
    """The mean of each row's kept codes; a row without any has 0."""
    weight = {m: kept[m][:, None].to(code.dtype) for m, code in codes.items()}
    total = torch.stack([weight[m] * code for m, code in codes.items()]).sum(dim=0)
    return total / torch.stack(list(weight.values())).sum(dim=0).clamp(min=1)


def dropped(known: Mapping[str, Tensor], generator: torch.Generator | None) -> dict[str, Tensor]:
    """Modality dropout: of two modalities both, the first or the second alone, each a third of the time.

    A row keeps what it has where all of that would be dropped.
    """
    if generator is None:
        return dict(known)
    n = len(next(iter(known.values())))
    alone = torch.randint(len(known) + 1, (n,), generator=generator, device=generator.device)
    kept = {m: k & ((alone == len(known)) | (alone == i)) for i, (m, k) in enumerate(known.items())}
    anything = torch.stack(list(kept.values())).any(dim=0)
    return {m: torch.where(anything, kept[m], k) for m, k in known.items()}


def _log_cosh(error: Tensor) -> Tensor:
    """log(cosh(error)) without overflow."""
    size = error.abs()
    return size + torch.log1p(torch.exp(-2 * size)) - math.log(2)


def _smallest(form: Form, branch: Branch) -> list[int]:
    return [n // 2**branch.scales for n in form.shape[1:]]


@torch.no_grad()
def _draw(model: DropFuse, generator: torch.Generator) -> None:
    """He et al. 2015 for every weight, norms and biases at their neutral values; decoders start near the mean."""
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            module.weight.normal_(std=math.sqrt(2 / fan_in), generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.LayerNorm):
            module.reset_parameters()
    for decoder in model.decoders.values():
        assert isinstance(decoder, nn.Sequential)  # noqa: S101 - for the type checker
        for weight in decoder[-1].parameters():
            weight.mul_(0.1)
    model.log_scale.zero_()
