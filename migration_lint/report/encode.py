"""Structs to indented JSON text, and to the schema of it."""

from __future__ import annotations

from typing import Any

import msgspec

from migration_lint.report.escape import json_inert


def json_text(value: object) -> str:
    """Indented JSON with a line break at its end. What is no Unicode is replaced.

    Nothing in it is a command to a CI server that reads it in a log.
    """
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:  # a file name that is not valid in the system's encoding
        encoded = msgspec.json.encode(_clean(msgspec.to_builtins(value)))
    return json_inert(msgspec.json.format(encoded, indent=2).decode()) + "\n"


def json_schema(title: str, shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a struct."""
    made = msgspec.json.schema(shape, schema_hook=_any)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **made}


def _any(kind: type) -> dict[str, Any]:
    if kind is object:
        return {"description": "any value"}
    raise NotImplementedError


def _clean(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
