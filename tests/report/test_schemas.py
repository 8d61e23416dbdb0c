"""The shipped JSON Schemas say what the types say.

``python -m tests.report.test_schemas`` writes them anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from migration_lint import config, evidence
from migration_lint.report.encode import json_schema
from migration_lint.report.explain import json as explain_json
from migration_lint.report.formats import json as report_json
from migration_lint.report.rehearsal import json as rehearsal_json
from tests.report.validation import FOLDER, check_schema

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "report": report_json.schema,
    "explain": explain_json.schema,
    "rehearsal": rehearsal_json.schema,
    "config": config.schema,
    "evidence": lambda: json_schema(evidence.SCHEMA, evidence.Evidence),
}


def text_of(name: str) -> str:
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_that_of_the_types(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == text_of(name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_json_schema(name: str) -> None:
    check_schema(name)


def test_no_schema_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SCHEMAS)


if __name__ == "__main__":
    for schema_name in SCHEMAS:
        (FOLDER / f"{schema_name}.json").write_text(text_of(schema_name), encoding="utf-8")
