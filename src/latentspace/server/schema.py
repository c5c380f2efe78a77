"""The OpenAPI document that the page's types are made from: `python -m latentspace.server.schema > openapi.json`."""

import json
import sys
from typing import Any

from latentspace.server.app import create_api


def openapi_text() -> str:
    """The document as it is committed, for a workspace named `workspace`."""
    document = create_api("workspace").openapi()
    for schema in document["components"]["schemas"].values():
        schema["required"] = list(schema["properties"])  # a default is for who builds one; an answer has every field
    for path in document["paths"].values():
        for operation in path.values():
            _refuse_in_json(operation["responses"]["default"])
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _refuse_in_json(refusal: dict[str, Any]) -> None:
    """FastAPI writes an error's media type as the route's own, which here is bytes; errors are always JSON."""
    (body,) = refusal["content"].values()
    refusal["content"] = {"application/json": body}


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
