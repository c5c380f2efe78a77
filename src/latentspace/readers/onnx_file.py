"""Whether an ONNX file keeps its numbers in other files, told from its bytes: no ONNX library needs to be installed."""

from collections.abc import Iterator, Mapping

MODEL = "model"
FIELDS: Mapping[str, Mapping[int, str]] = {  # messages that may hold a tensor, by number of their field
    MODEL: {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
EXTERNAL_DATA, DATA_LOCATION = 13, 14  # of a tensor: where its numbers are, and whether they are there
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
DEEPEST = 40  # graphs within graphs
CUT = "is cut short"


def names_other_files(model: bytes) -> bool:
    """Whether any tensor of a model says that its numbers lie in another file.

    Raises:
        ValueError: the bytes are no protocol buffer.

    Source:
        onnx.proto3 of ONNX 1.17 (ModelProto, GraphProto, TensorProto); https://protobuf.dev/programming-guides/encoding.
    """
    return _external(memoryview(model), MODEL, 0)


def _external(message: memoryview, kind: str, depth: int) -> bool:
    if depth > DEEPEST:
        text = "is nested too deeply"
        raise ValueError(text)
    if kind == "tensor":
        return any(number in (EXTERNAL_DATA, DATA_LOCATION) and value for number, value in _fields(message))
    inner = FIELDS[kind]
    return any(
        _external(value, inner[number], depth + 1)
        for number, value in _fields(message)
        if number in inner and isinstance(value, memoryview)
    )


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of every field; of fixed ones the value is nought, for none is asked for."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(message, at)
            yield number, value
        elif wire == BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError(CUT)
            yield number, message[at : at + length]
            at += length
        elif wire in (FIXED32, FIXED64):
            at += 4 if wire == FIXED32 else 8
            yield number, 0
        else:
            text = f"has fields of wire type {wire}"
            raise ValueError(text)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError(CUT)
