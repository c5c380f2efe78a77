"""How arrays cross: one safetensors body out, raw float32 in, both bounded."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import Request, Response
from jaxtyping import Float32
from safetensors.numpy import save

from latentspace.errors import InputError
from latentspace.groups import Recipe, parse
from latentspace.server.security import MAX_BODY

RECEIVE_TIMEOUT_S = 10.0
FLOAT32_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
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
    body = await _received(request)
    if len(body) % 4 or not body:
        raise _malformed(f"{len(body)} bytes")
    return np.frombuffer(body, "<f4")


async def recipes_body(request: Request, count: int) -> list[Recipe]:
    """The request's body as a JSON list of so many group recipes.

    Raises:
        InputError: larger than a megabyte, slower than ten seconds, or another number of recipes.
    """
    body = await _received(request)
    try:
        given: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _no_recipes(f"no JSON ({type(error).__name__})", count) from error
    if not isinstance(given, list) or len(given) != count:
        raise _no_recipes("another number of recipes" if isinstance(given, list) else "no list", count)
    return [parse(recipe) for recipe in given]


async def _received(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(RECEIVE_TIMEOUT_S):
            async for block in request.stream():
                body += block
                if len(body) > MAX_BODY:
                    raise _malformed(f"more than {MAX_BODY} bytes")
    except TimeoutError as error:
        raise _malformed(f"not complete after {RECEIVE_TIMEOUT_S:g} s") from error
    return bytes(body)


def _no_recipes(found: str, count: int) -> InputError:
    hint = f"Send a JSON list with {count} recipes."
    return InputError("recipe.malformed", where="request body", found=found, hint=hint)


def _malformed(found: str) -> InputError:
    return InputError("body.malformed", where="request body", found=found, hint="Send float32, four bytes a number.")
