"""For programs. The shapes here are stable; `migration_lint/schemas/report.json` is their schema."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

import migration_lint
from migration_lint.findings import Decision, Finding, Report, Summary, Suppressed, Verdict
from migration_lint.model import Error
from migration_lint.report.effects import because_value
from migration_lint.report.encode import json_schema, json_text
from migration_lint.report.format import Kind
from migration_lint.report.view import View

KIND = Kind.DOCUMENT
STEPS = False
SCHEMA: Literal["migration-lint/report/1"] = "migration-lint/report/1"


class ToolJson(Struct, frozen=True):
    """Which program wrote the report."""

    name: str
    version: str


class EditJson(Struct, frozen=True):
    """Replace the characters from `start` to `end` (exclusive) of the file by `text`."""

    path: str
    start: int
    end: int
    text: str


class FileJson(Struct, frozen=True):
    """A file to add."""

    path: str
    text: str


class FixJson(Struct, frozen=True):
    """A mechanical correction."""

    title: str
    safety: Literal["safe", "unsafe"]
    edits: tuple[EditJson, ...]
    files: tuple[FileJson, ...]


class FindingJson(Struct, frozen=True):
    """One hazard at one place. Lines and columns count from 1; `end_column` is exclusive."""

    rule: str
    severity: Literal["error", "warning", "note"]
    confidence: Literal["certain", "likely", "possible"]
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    migration: str
    relation: str
    why: str
    instead: str
    because: list[dict[str, Any]]
    fix: FixJson | None
    suppressed: Suppressed | None
    fingerprint: str


class ReportJson(Struct, frozen=True):
    """What `migration-lint check --output-format json` writes."""

    schema: Literal["migration-lint/report/1"]
    tool: ToolJson
    engine: str
    engine_version: str
    findings: list[FindingJson]
    verdicts: tuple[Verdict, ...]
    errors: tuple[Error, ...]
    summary: Summary
    decision: Decision


def render(report: Report, view: View) -> str:
    """The report as JSON; suppressed findings are in it, with the reason."""
    return json_text(
        ReportJson(
            SCHEMA,
            ToolJson("migration-lint", migration_lint.__version__),
            report.engine,
            report.engine_version,
            [finding_json(finding) for finding in report.findings],
            report.verdicts,
            report.errors,
            report.summary,
            report.decision,
        )
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    return json_schema(SCHEMA, ReportJson)


def finding_json(finding: Finding) -> FindingJson:
    """One finding as a JSON value."""
    span, fix = finding.span, finding.fix
    return FindingJson(
        finding.rule,
        finding.severity.value,
        finding.confidence.value,
        span.path,
        span.line,
        span.column,
        span.end_line,
        span.end_column,
        finding.migration,
        finding.relation,
        finding.why,
        finding.instead,
        [because_value(effect) for effect in finding.because],
        None
        if fix is None
        else FixJson(
            fix.title,
            "safe" if fix.safety == "safe" else "unsafe",
            tuple(EditJson(edit.path, edit.start, edit.end, edit.text) for edit in fix.edits),
            tuple(FileJson(path, text) for path, text in fix.files),
        ),
        finding.suppressed,
        finding.fingerprint,
    )
