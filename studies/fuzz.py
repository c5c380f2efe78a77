"""Files of every format, cut off, bit-flipped, lying, packed to burst: a line of the report, in time and memory.

`python -m studies.fuzz [CASES]`: so many cases of each format (default 2,000), and every bomb.
"""

import gzip
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl

from latentspace.errors import LatentSpaceError
from latentspace.ingest.cines import CineJob, read_cine
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.ingest.plan import DEFAULT
from latentspace.ingest.records import READERS, RecordJob, read_record
from latentspace.readers.table import read_table
from latentspace.readers.vectors import read_vectors
from tests.bulk import Scan, cardiosoft, dicom, heart, write_nifti
from tests.ecg_records import made_ecg, write_record

MOST_S, MOST_BYTES = 10.0, 512 << 20
LIES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)
CELLS = (
    b"nan",
    b"-1",
    b"1e308",
    b"99999999999999999999",
    b"",
    b"\0",
    b"\xff\xfe",
    b'"',
    b"<!DOCTYPE x [",
    b"\n",
    b",,,,",
)
STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Format:
    """A sound small file: its name, bytes, and files that lie beside it; `kind` says which reader it is for."""

    kind: str
    name: str
    data: bytes
    beside: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """One file to read, and how it came about."""

    kind: str
    path: Path
    made: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading it came to: what was said, `read` where nothing was; how long it took, and the highest memory."""

    said: str
    seconds: float
    peak_bytes: int

    @property
    def fits(self) -> bool:
        """Whether it kept to the promise."""
        return self.seconds <= MOST_S and self.peak_bytes <= MOST_BYTES and not self.said.startswith("failed")


def formats(folder: Path) -> tuple[Format, ...]:
    """One sound file of each format."""
    record = write_record(folder, "a", made_ecg([0.5 + 0.8 * k for k in range(12)]))
    small = Scan(frames=heart(1, n=8)[:, 40:90, 40:100])
    nifti, packed = (write_nifti(folder / f"a_4ch.nii{end}", small.frames) for end in ("", ".gz"))
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in dicom(small).items():
            archive.writestr(name, data)
    one = dict(list(dicom(small).items()))
    first = min(one)
    data = record.with_suffix(".dat").read_bytes()
    return (
        Format("ecg", "a.hea", record.read_bytes(), {"a.dat": data}),
        Format("ecg", "b.xml", cardiosoft(made_ecg([0.5, 1.3, 2.1, 2.9])[:, :2000]), {}),
        Format("ecg", "c.csv", _leads(), {}),
        Format("cine", first, one.pop(first), one),
        Format("cine", "e.zip", zipped.getvalue(), {}),
        Format("cine", nifti.name, nifti.read_bytes(), {}),
        Format("cine", packed.name, packed.read_bytes(), {}),
        Format(
            "table", "t.csv", b"subject_id,age,name\n" + b"".join(b"%d,%d,x\n" % (i, 40 + i) for i in range(30)), {}
        ),
        *_vectors(folder),
    )


def _leads() -> bytes:
    values = made_ecg([0.5, 1.3, 2.1, 2.9])[:2, :1500]
    rows = (f"{i / 500:.3f},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(values.T))
    return ("time,I,II\n" + "\n".join(rows) + "\n").encode()


def _vectors(folder: Path) -> Iterator[Format]:
    import h5py  # noqa: PLC0415 - of an extra
    from safetensors.numpy import save_file  # noqa: PLC0415 - see h5py

    z = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    ids = [f"p{i}" for i in range(len(z))]
    np.save(folder / "z.npy", z)
    save_file({"z": z}, folder / "z.safetensors")
    pl.DataFrame({"subject_id": ids, "z": z.tolist()}).write_parquet(folder / "z.parquet")
    pl.DataFrame({"subject_id": ids, "age": range(len(z))}).write_parquet(folder / "table.parquet")
    with h5py.File(folder / "z.h5ad", "w") as file:
        file["obsm/X_z"], file["obs/_index"] = z, np.array(ids, dtype=h5py.string_dtype())
    for name in ("z.npy", "z.safetensors", "z.parquet", "z.h5ad"):
        yield Format("vectors", name, (folder / name).read_bytes(), {})
    yield Format("table", "table.parquet", (folder / "table.parquet").read_bytes(), {})


def mutations(data: bytes, n: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Cut off, bits flipped, sizes that lie, cells that are none, parts twice or gone: `n` of them in turn."""
    rng = np.random.default_rng(seed)
    kinds: Sequence[Callable[[bytes, np.random.Generator], bytes]] = (_cut, _flipped, _lying, _celled, _moved)
    for i in range(n):
        kind = kinds[i % len(kinds)]
        yield f"{kind.__name__[1:]} {i}", kind(data, rng)


def _cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(len(data)))]


def _flipped(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        changed[_early(len(data), rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _lying(data: bytes, rng: np.random.Generator) -> bytes:
    lie, size = int(rng.choice(LIES)), int(rng.choice((1, 2, 4, 8)))
    at = _early(len(data), rng)
    order = "little" if rng.random() < 0.7 else "big"
    return data[:at] + (lie & ((1 << 8 * size) - 1)).to_bytes(size, order) + data[at + size :]


def _celled(data: bytes, rng: np.random.Generator) -> bytes:
    at, cell = _early(len(data), rng), CELLS[int(rng.integers(len(CELLS)))]
    return data[:at] + cell + data[at + int(rng.integers(8)) :]


def _moved(data: bytes, rng: np.random.Generator) -> bytes:
    start, size, at = _early(len(data), rng), int(rng.integers(1, 4000)), _early(len(data), rng)
    return data[:at] + data[start : start + size] * int(rng.integers(0, 4)) + data[at:]


def _early(size: int, rng: np.random.Generator) -> int:
    """A place, as often among the first 400 bytes (headers) or the last (directories) as anywhere."""
    where = rng.random()
    near = int(rng.integers(min(400, size)))
    return near if where < 0.4 else size - 1 - near if where < 0.5 else int(rng.integers(size))


def bombs(folder: Path) -> Iterator[Case]:
    """Small files that claim, or would become, gigabytes."""
    (folder / "bombs").mkdir()

    def case(kind: str, name: str, data: bytes) -> Case:
        path = folder / "bombs" / name
        path.write_bytes(data)
        return Case(kind, path, f"bomb {name}")

    head = write_nifti(folder / "n.nii", heart(1, n=8)).read_bytes()
    yield case("cine", "zeros_4ch.nii.gz", gzip.compress(head + bytes(200 << 20), 1))
    lying = bytearray(head)
    struct.pack_into("<5h", lying, 40, 4, 2000, 2000, 1, 16)
    yield case("cine", "lies_4ch.nii.gz", gzip.compress(bytes(lying) + bytes(128 << 20), 1))
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(10):
            archive.writestr(f"{i}.dcm", bytes(128) + b"DICM" + bytes(63 << 20))
    yield case("cine", "zeros.zip", packed.getvalue())
    yield case("ecg", "signals.hea", b"signals 100000000 500 5000\n" + b"a.dat 16 200/mV 16 0 0 0 0 I\n" * 100)
    yield case("ecg", "long.hea", b"long 2 500 99999999999\n" + b"long.dat 16 200/mV 16 0 0 0 0 I\n" * 2)
    entities = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    laughs = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><CardiologyXML>&a9;</CardiologyXML>'
    yield case("ecg", "laughs.xml", laughs.encode())
    yield case("ecg", "deep.xml", b"<CardiologyXML>" + b"<a>" * 2_000_000)
    npy = BytesIO()
    np.lib.format.write_array_header_1_0(npy, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 64)})
    yield case("vectors", "claims.npy", npy.getvalue())
    told = b'{"z":{"dtype":"F32","shape":[1000000000,64],"data_offsets":[0,256000000000]}}'
    yield case("vectors", "claims.safetensors", len(told).to_bytes(8, "little") + told)
    pl.DataFrame({"z": pl.Series([[0.0] * 64]).new_from_index(0, 1_000_000)}).write_parquet(folder / "zeros.parquet")
    yield case("vectors", "zeros.parquet", (folder / "zeros.parquet").read_bytes())
    yield case("table", "wide.csv", b"a" + b",a" * 1_000_000)


def cases(folder: Path, each: int, seed: int) -> Iterator[Case]:
    """`each` damaged files of every format, written below `folder`."""
    for number, sound in enumerate(formats(folder)):
        for i, (made, data) in enumerate(mutations(sound.data, each, seed * 100 + number)):
            place = folder / f"{number}" / f"{i}"
            place.mkdir(parents=True)
            for name, whole in {**sound.beside, sound.name: data}.items():
                (place / name).write_bytes(whole)
            path = place if sound.beside and sound.kind == "cine" else place / sound.name
            yield Case(sound.kind, path, f"{sound.name} {made}")


def attempt(case: Case) -> Outcome:
    """Read one file in this process, and measure."""
    _forget_peak()
    started = time.monotonic()
    said = _said(case)
    return Outcome(said, time.monotonic() - started, _peak_bytes())


def _said(case: Case) -> str:
    path = case.path
    try:
        if case.kind == "ecg":
            if not any(reader.sniff(path) for reader in READERS):
                return "not taken for a recording"
            entries = read_record(RecordJob(path=path, name=path.name, subject="a", modalities=DEFAULT.leads)).entries
        elif case.kind == "cine":
            job = CineJob(path=path, name=path.name, subject="a", modality="cine", view="4ch", mapping=(("*", "4ch"),))
            entries = read_cine(job).entries
        elif case.kind == "table":
            entries = read_table(path).entries
        else:
            read_vectors(path, "z")
            entries = ()
    except LatentSpaceError as error:
        return error.code
    return entries[-1].code if entries else "read"


def judged(some: Sequence[Case], workers: int) -> Iterator[tuple[Case, Outcome]]:
    """Every case with its outcome; a reader that fails, hangs or kills its process is one that begins with `failed`."""
    limits = Limits(seconds_each=3 * MOST_S)
    for position, result in map_limited(attempt, some, workers=workers, limits=limits):
        outcome = Outcome(f"failed: {result.reason}", 0.0, 0) if isinstance(result, Failure) else result
        yield some[position], outcome


def _forget_peak() -> None:
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")


def _peak_bytes() -> int:
    """The highest memory since `_forget_peak`; without /proc since the process began."""
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def main() -> None:
    """Print what was said how often, the slowest and the largest, and every case that broke the promise."""
    each = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    said, broken = Counter[str](), list[str]()
    longest, largest = 0.0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case, outcome in judged([*cases(folder, each, 0), *bombs(folder)], workers=2):
            said[f"{case.kind} {outcome.said}"] += 1
            longest, largest = max(longest, outcome.seconds), max(largest, outcome.peak_bytes)
            if not outcome.fits:
                broken.append(f"{case.made}: {outcome}")
    for what, n in said.most_common():
        sys.stdout.write(f"{n:7d}  {what}\n")
    sys.stdout.write(f"slowest {longest:.1f} s, largest {largest >> 20} MB, {len(broken)} broke the promise\n")
    sys.stdout.write("".join(f"{line}\n" for line in broken))
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
