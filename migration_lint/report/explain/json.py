"""For programs. `migration_lint/schemas/explain.json` is the schema."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from migration_lint.effects import Change, Impact
from migration_lint.model import Error, Step
from migration_lint.report.effects import effect_value
from migration_lint.report.encode import json_schema, json_text
from migration_lint.report.explain import Explanation
from migration_lint.report.unknown import not_known
from migration_lint.report.view import View

SCHEMA: Literal["migration-lint/explain/1"] = "migration-lint/explain/1"


class StepJson(Struct, frozen=True):
    """One statement. `unknown` are reasons; `certain` is false where the worse case is told.

    `refused` is why the server refuses it, where that is certain: with its error number on MySQL.
    """

    migration: str
    path: str
    line: int
    end_line: int
    sql: str
    transaction: Literal["allowed", "forbidden", "implicit-commit"]
    changes: list[dict[str, Any]]
    impacts: list[dict[str, Any]]
    unknown: list[str]
    certain: bool
    refused: str | None


class ExplainJson(Struct, frozen=True):
    """What `migration-lint explain --output-format json` writes."""

    schema: Literal["migration-lint/explain/1"]
    engine: str
    engine_version: str
    steps: list[StepJson]
    errors: tuple[Error, ...]


def render(explanation: Explanation, view: View) -> str:
    """Every statement with its changes and impacts, as JSON."""
    return json_text(
        ExplainJson(
            SCHEMA,
            explanation.engine,
            explanation.engine_version,
            [_step(step) for step in explanation.steps],
            tuple(explanation.errors),
        )
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of the explanation."""
    return json_schema(SCHEMA, ExplainJson)


def _step(step: Step) -> StepJson:
    span = step.span
    unknown = not_known(step)
    return StepJson(
        step.migration,
        span.path,
        span.line,
        span.end_line,
        step.sql,
        step.transaction.value,
        [effect_value(effect) for effect in step.each(Change)],
        [effect_value(effect) for effect in step.each(Impact)],
        unknown,
        not unknown and all(effect.certain for effect in step.effects),
        step.refused,
    )
