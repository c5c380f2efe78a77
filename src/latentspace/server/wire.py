"""How arrays cross: one safetensors body out, raw float32 in, both bounded."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import Request, Response
from jaxtyping import Bool, Float32
from safetensors import SafetensorError
from safetensors.numpy import load, save

from latentspace.errors import InputError
from latentspace.groups import Recipe, parse
from latentspace.server.security import MAX_BODY

RECEIVE_TIMEOUT_S = 10.0
BYTES_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
JSON_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}

RECIPES_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Every answer that is not one: a stable code, where, what was found there, and what to do."""

    code: str
    where: str
    found: str
    hint: str


class ArraysResponse(Response):
    """Several named arrays as one safetensors body."""

    media_type = "application/octet-stream"


def arrays_response(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> ArraysResponse:
    """Named arrays, C-ordered, with text metadata."""
    tensors = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    return ArraysResponse(save(tensors, dict(metadata) if metadata else None))


async def float32_body(request: Request) -> Float32[np.ndarray, " k"]:
    """The request's body as little-endian float32.

    Raises:
        InputError: larger than a megabyte, slower than ten seconds, or not a multiple of four bytes.
    """
    body = await _body(request, MAX_BODY)
    if len(body) % 4 or not body:
        raise _malformed(f"{len(body)} bytes")
    return np.frombuffer(body, "<f4")


async def bits_body(request: Request) -> Bool[np.ndarray, " bits"]:
    """The request's body as bits, eight to a byte, the first the highest; those that fill the last byte come along.

    Raises:
        InputError: nothing, larger than a megabyte, or slower than ten seconds.
    """
    body = await _body(request, MAX_BODY)
    if not body:
        raise _malformed("0 bytes")
    return np.unpackbits(np.frombuffer(body, np.uint8)).astype(bool)


async def files_body(request: Request, most: int) -> dict[str, bytes]:
    """The request's body as files: a safetensors body of bytes (U8), each named as its file.

    Raises:
        InputError: larger than `most` bytes and their names, slower than ten seconds, or of another form.
    """
    try:
        arrays = load(await _body(request, most + MAX_BODY))
    except (SafetensorError, ValueError, KeyError) as error:
        raise _malformed("no safetensors") from error
    if not arrays or any(values.dtype != np.uint8 for values in arrays.values()):
        raise _malformed("no files")
    return {name: values.tobytes() for name, values in arrays.items()}


async def json_body(request: Request) -> object:
    """The request's body as JSON; what it means is for others to check.

    Raises:
        InputError: larger than a megabyte, slower than ten seconds, or not JSON.
    """
    body = await _body(request, MAX_BODY)
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # what cannot be answered is not kept
    except (ValueError, RecursionError) as error:
        raise InputError(
            "body.malformed", where="request body", found=f"not JSON ({type(error).__name__})", hint="Send JSON."
        ) from error
    return value


async def recipes_body(request: Request, count: int | None = None) -> list[Recipe]:
    """The request's body as a JSON list of group recipes, of so many where a number is given.

    Raises:
        InputError: larger than a megabyte, slower than ten seconds, or another number of recipes.
    """
    given = await json_body(request)
    if not isinstance(given, list) or len(given) != (count or len(given)):
        found = "another number of recipes" if isinstance(given, list) else "no list"
        hint = f"Send a JSON list with {count or 'some'} recipes."
        raise InputError("recipe.malformed", where="request body", found=found, hint=hint)
    return [parse(recipe) for recipe in given]


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(RECEIVE_TIMEOUT_S):
            async for block in request.stream():
                body += block
                if len(body) > most:
                    raise _malformed(f"more than {most} bytes")
    except TimeoutError as error:
        raise _malformed(f"not complete after {RECEIVE_TIMEOUT_S:g} s") from error
    return bytes(body)


def _malformed(found: str) -> InputError:
    return InputError(
        "body.malformed", where="request body", found=found, hint="Reload the page, which sends what is asked."
    )
