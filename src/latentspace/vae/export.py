"""Write encoders and decoders as ONNX: recordings in raw units in, posteriors out; codes in, recordings out."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from latentspace.vae.baselines import BlockDecoder
from latentspace.vae.compression import Compress, Compression
from latentspace.vae.networks import Decoder, Explained, Inference
from latentspace.vae.timing import Retime, Running, Timing

ENCODER_OUTPUTS = ("shared_mean", "shared_log_var", "private_mean", "private_log_var")


@dataclass(frozen=True, slots=True)
class Standard:
    """How a modality was standardised: (recording - mean) / scale, both in its unit.

    With a compression, they are of the coordinates of a recording, which leave `noise` of an element (its variance, in
    units of the scale). With a timing, they are of a beat in the usual timing, flat, and of its marks.
    """

    mean: Float[Tensor, " *shape"]
    scale: Float[Tensor, " *shape"]
    compression: Compression | None = None
    noise: float = 0.0
    timing: Timing | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a recording."""
        front = self.compression or self.timing
        return tuple(self.mean.shape) if front is None else front.shape

    def front(self) -> Compress | Retime | None:
        """What stands before the encoder."""
        if self.timing is not None:
            return Retime(self.timing)
        return None if self.compression is None else Compress(self.compression)

    def back(self) -> Compress | Running | None:
        """What stands after the decoder."""
        return self.front() if self.timing is None else Running(self.timing)

    def standardise(self, values: np.ndarray) -> Float32[np.ndarray, "n elements"]:
        """Standardised recordings (n, *shape), or what the front makes of recordings, each a row."""
        scaled = (values - self.mean.numpy()) / self.scale.numpy()
        return scaled.reshape(len(values), self.mean.numel()).astype(np.float32)


class _RawEncoder(nn.Module):
    def __init__(self, inference: Inference, standard: Standard) -> None:
        super().__init__()
        self.inference = inference
        self.front = standard.front()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", standard.mean)
        self.register_buffer("scale", standard.scale)

    def forward(self, recordings: Tensor) -> tuple[Tensor, ...]:
        values = recordings if self.front is None else self.front(recordings)
        x = ((values - self.mean) / self.scale).flatten(1)
        said = self.inference(x)
        return said.shared.mean, said.shared.log_var, said.private.mean, said.private.log_var


class RawDecoder(nn.Module):
    """For export: codes -> recordings in their unit, all of a decoder and of what stands behind it."""

    def __init__(self, decoder: Decoder | BlockDecoder, standard: Standard) -> None:
        """Wrap a trained decoder."""
        super().__init__()
        self.decoder = decoder
        self.back = standard.back()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", standard.mean)
        self.register_buffer("scale", standard.scale)

    def forward(self, z: Tensor) -> Tensor:
        """(batch, shared and private) -> (batch, *shape)."""
        values = self.decoder(z).unflatten(1, self.mean.shape) * self.scale + self.mean
        return values if self.back is None else self.back.expand(values)


def encoder_onnx(inference: Inference, standard: Standard) -> bytes:
    """Graph `recordings` (batch, *shape) in the modality's unit -> shared and private mean and log-variance."""
    example = torch.zeros(2, *standard.shape)
    return to_onnx(_RawEncoder(inference, standard), example, "recordings", ENCODER_OUTPUTS)


def decoder_onnx(decoder: Decoder | BlockDecoder, standard: Standard) -> bytes:
    """Graph `z` = [shared | private] (batch, n_shared + n_private) -> `recording` (batch, *shape) in its unit."""
    example = torch.zeros(2, decoder.n_latent)
    return to_onnx(RawDecoder(decoder, standard), example, "z", ("recording",))


def explained_onnx(explained: Explained, n_shared: int) -> bytes:
    """Graph `z` (batch, n_shared) -> `explained` (batch, n_private): see `networks.Explained`."""
    return to_onnx(explained, torch.zeros(2, n_shared), "z", ("explained",))


def to_onnx(module: nn.Module, example: Tensor, name: str, outputs: tuple[str, ...]) -> bytes:
    """Trace the module, with one input `name`; the batch is free.

    The TorchScript exporter takes .1 s for a graph of this kind where the newer one takes 5.
    """
    module.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the exporter itself
        # GroupNorm asks whether a batch holds one value: true of no graph of ours
        warnings.filterwarnings("ignore", module=r"torch\.nn\.functional")
        torch.onnx.export(
            module,
            (example,),
            buffer,  # pyright: ignore[reportArgumentType] - this exporter writes to a stream too
            input_names=[name],
            output_names=list(outputs),
            dynamic_axes={tensor: {0: "batch"} for tensor in (name, *outputs)},
            do_constant_folding=False,  # or a basis that is used both ways would be stored twice
            dynamo=False,
        )
    return buffer.getvalue()
