"""SARIF 2.1.0, for GitHub's code scanning and other dashboards.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
The answers of checks, and what could not be checked, are notifications of the run: they stand at no
line that code scanning could show. `security-severity` is left out: it would make security alerts.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import migration_lint
from migration_lint.findings import Confidence, Finding, Fix, Report, Severity, Verdict
from migration_lint.linting.decide import exit_code
from migration_lint.model import Error, Span
from migration_lint.report.about import about
from migration_lint.report.encode import json_text
from migration_lint.report.escape import printable, printable_text
from migration_lint.report.excerpt import last_line
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import NOT_CHECKED, answered, safe_way, suppression, worst_first

KIND = Kind.DOCUMENT
STEPS = False

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RESULTS = 25_000
"""Results that GitHub takes of a run."""
_DESCRIPTION = 1024
"""Characters that GitHub takes of a rule's descriptions."""
_PRECISIONS = {Confidence.CERTAIN: "very-high", Confidence.LIKELY: "high", Confidence.POSSIBLE: "medium"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_KINDS = {"comment": "inSource"}
_ROOT = "%SRCROOT%"


def render(report: Report, view: View) -> str:
    """One run. Suppressed findings are in it, with the reason."""
    findings = list(report.findings)
    if len(findings) > _RESULTS:
        counting_first = sorted(worst_first(findings), key=lambda finding: finding.suppressed is not None)
        findings = counting_first[:_RESULTS]
    rules = {rule: number for number, rule in enumerate(sorted({finding.rule for finding in findings}))}
    run = {
        "tool": {
            "driver": {
                "name": "migration-lint",
                "semanticVersion": migration_lint.__version__,
                "rules": [_rule(rule, findings, view) for rule in rules],
            }
        },
        "invocations": [_invocation(report, len(findings), view)],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules[finding.rule], report, view) for finding in findings],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule_id: str, findings: list[Finding], view: View) -> dict[str, Any]:
    rule = about(rule_id, view.rules)
    severity = rule.severity or next(finding.severity for finding in findings if finding.rule == rule_id)
    paragraphs = [" ".join(paragraph.split()) for paragraph in rule.prose.split("\n\n")]
    full = f"{rule.title} {paragraphs[0]}".strip()
    help_text = f"{rule.title}\n\n{rule.page}".strip()
    return {
        "id": rule_id,
        "name": "".join(part.capitalize() for part in rule_id.split("-")),
        "shortDescription": {"text": _sentence(rule.title)[:_DESCRIPTION]},
        "fullDescription": {"text": _sentence(full)[:_DESCRIPTION]},
        "help": {"text": help_text, "markdown": help_text},
        "defaultConfiguration": {"level": severity.value},
        "properties": {
            "precision": _PRECISIONS[rule.confidence],
            "problem.severity": _PROBLEMS[severity],
            "tags": ["database", "migration"],
        },
    }


def _invocation(report: Report, shown: int, view: View) -> dict[str, Any]:
    notifications = [_error(error, view) for error in report.errors]
    notifications += [_verdict(verdict) for verdict in report.verdicts]
    if shown < len(report.findings):
        left = f"{len(report.findings) - shown:,} findings are left out: {_RESULTS:,} are the most of a run."
        notifications.append({"level": "warning", "message": {"text": left}})
    return {
        "executionSuccessful": not report.errors,
        "exitCode": exit_code(report.decision, report.errors, report.verdicts),
        "toolExecutionNotifications": notifications,
    }


def _error(error: Error, view: View) -> dict[str, Any]:
    place = _artifact(error.path, view) | {"region": {"startLine": error.line}}
    return {
        "level": "error",
        "message": {"text": _sentence(f"not checked: {printable(error.message)}")},
        "descriptor": {"id": NOT_CHECKED},
        "locations": [{"physicalLocation": place}],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    text = printable(answered(verdict))
    return {
        "level": "error" if verdict.blocks else "note",
        "message": {"text": _sentence(text)},
        "descriptor": {"id": verdict.check},
        "properties": {"status": verdict.status.value, "evidence": verdict.evidence, "at": verdict.at},
    }


def _result(finding: Finding, rule_index: int, report: Report, view: View) -> dict[str, Any]:
    prose, sql = safe_way(finding)
    text = _sentence(finding.why) + (f"\nSafe way: {_sentence(prose)}" if prose else "")
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.severity.value,
        "message": {"text": printable_text(f"{text}\n\n{sql}".rstrip() if sql else text)},
        "locations": [{"physicalLocation": _location(finding.span, report, view)}],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint},
        "properties": {
            "confidence": finding.confidence.value,
            "migration": finding.migration,
            "relation": finding.relation,
        },
    }
    if finding.relation:
        logical = {"fullyQualifiedName": finding.relation, "kind": "object"}
        result["locations"][0]["logicalLocations"] = [logical]
    if finding.suppressed is not None:
        kind = _KINDS.get(finding.suppressed.by, "external")
        said = printable(finding.suppressed.reason or suppression(finding.suppressed))
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": said}]
    fix = _fix(finding.fix, report, view) if finding.fix is not None else None
    return result | {"fixes": [fix]} if fix else result


def _location(span: Span, report: Report, view: View) -> dict[str, Any]:
    """GitHub shows a result on a change only if all its lines are part of it: the first line is enough."""
    region = {"startLine": span.line, "startColumn": span.column}
    end_line = last_line(span)
    if end_line == span.line:
        end = {"endColumn": span.end_column} if span.end_line == span.line else {}
        return _artifact(span.path, view) | {"region": region | end}
    document = report.documents.get(span.path)
    end = {"endColumn": len(document.line(span.line)) + 1} if document is not None else {}
    whole = {"startLine": span.line, "startColumn": 1, "endLine": span.end_line, "endColumn": span.end_column}
    return _artifact(span.path, view) | {"region": region | end, "contextRegion": whole}


def _artifact(path: str, view: View) -> dict[str, Any]:
    there = repository_path(path, view)
    uri = quote(there.encode(errors="surrogateescape"), safe="/")
    if there.startswith("/"):
        return {"artifactLocation": {"uri": f"file://{uri}"}}
    return {"artifactLocation": {"uri": uri, "uriBaseId": _ROOT}}


def _fix(fix: Fix, report: Report, view: View) -> dict[str, Any] | None:
    """None for a fix that adds files, or edits one that is not known: half of it would be wrong."""
    if fix.files or not fix.edits or any(edit.path not in report.documents for edit in fix.edits):
        return None
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        span = report.documents[edit.path].span(edit.start, edit.end)
        region = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.path, []).append(replacement)
    return {
        "description": {"text": _sentence(fix.title)},
        "artifactChanges": [
            _artifact(path, view) | {"replacements": replacements} for path, replacements in changes.items()
        ],
    }


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
