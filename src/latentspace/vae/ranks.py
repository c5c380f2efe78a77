"""One step of training shared out among processes: each computes its rows, and every row reaches all of them."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

from latentspace.errors import InputError, StoppedError


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a batch of `total` that one of the processes computes: consecutive, about as many for each."""

    rank: int
    size: int
    total: int

    @property
    def rows(self) -> slice:
        """Its rows."""
        return slice(self.rank * self.total // self.size, (self.rank + 1) * self.total // self.size)

    def own(self, whole: Tensor) -> Tensor:
        """Its rows of what all have; everything where it is alone."""
        return whole if self.size == 1 else whole[self.rows]

    def whole(self, own: Float[Tensor, "own _"]) -> Float[Tensor, "total _"]:
        """The rows of all processes; gradients flow back to where each was computed.

        Raises:
            StoppedError: another process is gone.
        """
        if self.size == 1:
            return own
        gathered: Tensor = _Whole.apply(own, self)  # pyright: ignore[reportAssignmentType] - untyped in torch
        return gathered


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that train one model together; alone, nothing is exchanged.

    Every process computes the whole loss from rows of all, with the same random numbers, so that terms that compare
    rows with each other are those of one process. `DistributedDataParallel` sees one `forward` and leaves the loss of
    a process to its own rows; here gradients are averaged by hand, once they are there.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and decides."""
        return self.rank == 0

    def part(self, total: int) -> Part:
        """What this process computes of so many rows."""
        return Part(self.rank, self.size, total)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every process the mean of the gradients; those that a step has not used are left out.

        Raises:
            StoppedError: another process is gone.
        """
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        _exchanged(lambda: dist.all_reduce(flat))
        flat /= self.size
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def agreed(self, *numbers: float) -> list[float]:
        """The numbers of the first process.

        Raises:
            StoppedError: another process is gone.
        """
        if self.size == 1:
            return list(numbers)
        told = torch.tensor(numbers, dtype=torch.float64)
        _exchanged(lambda: dist.broadcast(told, 0))
        return told.tolist()

    @torch.no_grad()
    def same(self, tensors: Sequence[Tensor]) -> None:
        """Give every process the values of the first: machines of two kinds differ in the last bits.

        Raises:
            InputError: their shapes are not the same, so they do not read the same data.
            StoppedError: another process is gone.
        """
        if self.size == 1:
            return
        shapes = zlib.crc32(str([(tuple(t.shape), t.dtype) for t in tensors]).encode())
        least, most = torch.tensor([shapes]), torch.tensor([shapes])
        _exchanged(lambda: dist.all_reduce(least, dist.ReduceOp.MIN))
        _exchanged(lambda: dist.all_reduce(most, dist.ReduceOp.MAX))
        if int(least) != int(most):
            raise InputError(
                "train.processes",
                where=f"process {self.rank} of {self.size}",
                found="the processes prepared data of different shapes",
                hint="Give all of them the same workspace and the same versions of the program and its libraries.",
            )
        for tensor in tensors:
            whole = tensor.contiguous()
            _exchanged(lambda whole=whole: dist.broadcast(whole, 0))
            tensor.copy_(whole)

    def wait(self) -> None:
        """Until all are here.

        Raises:
            StoppedError: another process is gone.
        """
        if self.size > 1:
            _exchanged(dist.barrier)


ALONE = Ranks()


class _Whole(torch.autograd.Function):
    """Rows of all processes from rows of each, and back: the gradient of a row is the sum of what all have of it.

    Every process computes the same loss, so this is the gradient of `size` times that loss; the mean of the gradients
    of the parameters over the processes is the one that a single process has.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, part: Part) -> Tensor:  # noqa: ANN401 - torch's context
        """Sum of tensors that are nought outside the rows of a process: exact, and parts may differ in length."""
        ctx.part = part
        whole = own.new_zeros((part.total, *own.shape[1:]))
        whole[part.rows] = own
        _exchanged(lambda: dist.all_reduce(whole))
        return whole

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401 - torch's context
        """To the rows that are this process's own."""
        total = gradients[0].contiguous().clone()
        _exchanged(lambda: dist.all_reduce(total))
        return total[ctx.part.rows], None


def _exchanged(exchange: Callable[[], object]) -> None:
    try:
        exchange()
    except RuntimeError as error:
        raise StoppedError(
            "train.process_lost",
            where="training in several processes",
            found="another process ended or cannot be reached",
            hint="See what that one said; the same command resumes.",
        ) from error
