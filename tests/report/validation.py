"""Documents against the JSON Schemas that ship in the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

import migration_lint

FOLDER = Path(migration_lint.__file__).parent / "schemas"


def shipped(name: str) -> Any:
    """The schema of that name."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def validate(document: object, name: str) -> None:
    """Raises where the document is not as the schema says."""
    Draft202012Validator(shipped(name)).validate(document)


def is_valid(document: object, name: str) -> bool:
    """Whether the document is as the schema says."""
    return bool(Draft202012Validator(shipped(name)).is_valid(document))


def check_schema(name: str) -> None:
    """Raises where the schema is no JSON Schema."""
    Draft202012Validator.check_schema(shipped(name))
