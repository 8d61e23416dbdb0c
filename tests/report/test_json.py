from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from migration_lint import __version__
from migration_lint.findings import Report
from migration_lint.report.formats.json import render
from migration_lint.report.view import View
from tests.report.validation import validate
from tests.report.world import EVERYTHING, INDEX, report


def rendered(what: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(what, View()))
    validate(document, "report")
    return document


def test_a_report_has_the_documented_shape() -> None:
    document = rendered(EVERYTHING)
    assert list(document) == [
        "schema",
        "tool",
        "engine",
        "engine_version",
        "findings",
        "verdicts",
        "errors",
        "summary",
        "decision",
    ]
    assert document["schema"] == "migration-lint/report/1"
    assert document["tool"] == {"name": "migration-lint", "version": __version__}
    assert document["summary"] == {
        "migrations": 1,
        "statements": 3,
        "error": 1,
        "warning": 1,
        "note": 1,
        "suppressed": 1,
    }
    assert document["decision"]["allowed"] is False
    assert document["verdicts"][0]["status"] == "failed"
    assert document["errors"][0]["line"] == 9


def test_a_finding_has_the_documented_shape() -> None:
    finding = rendered(EVERYTHING)["findings"][0]
    assert finding == {
        "rule": "index-build-waits",
        "severity": "error",
        "confidence": "certain",
        "path": "db/V2__orders.sql",
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 48,
        "migration": "V2",
        "relation": "public.orders",
        "why": "writes to orders wait while the index is built",
        "instead": INDEX.instead,
        "because": [
            {"kind": "Lock", "relation": "public.orders", "mode": "ShareLock"},
            {"kind": "Scan", "relation": "public.orders"},
            {"kind": "IndexBuild", "relation": "public.orders", "index": "public.orders_user_id"},
        ],
        "fix": {
            "title": "add CONCURRENTLY",
            "safety": "unsafe",
            "edits": [
                {"path": "db/V2__orders.sql", "start": 30, "end": 42, "text": "CREATE INDEX CONCURRENTLY"}
            ],
            "files": [{"path": "V3.sql", "text": "-- x"}],
        },
        "suppressed": None,
        "fingerprint": "f" * 32,
    }


def test_suppressed_findings_stay_with_the_reason() -> None:
    assert rendered(EVERYTHING)["findings"][3]["suppressed"] == {
        "by": "comment",
        "reason": "small table",
        "line": 1,
    }


def test_an_empty_report() -> None:
    document = rendered(report())
    assert document["findings"] == []
    assert document["decision"] == {"allowed": True, "because": []}


@pytest.mark.parametrize("odd", ["\udcff.sql", "\ud800", 'a"b\\c\n\x00\x1b'])
def test_any_text_makes_json(odd: str) -> None:
    assert rendered(report(replace(INDEX, why=odd)))["findings"][0]["why"]
