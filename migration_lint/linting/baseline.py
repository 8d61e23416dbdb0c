"""Findings that a team has taken over from before, in a file beside the code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from migration_lint.errors import UsageError
from migration_lint.findings import Finding, Suppressed

VERSION = 1


class Known(Struct, frozen=True):
    """A finding that was there. Only `fingerprint` counts; the rest is for people."""

    fingerprint: str
    rule: str
    path: str
    why: str


class Baseline(Struct, frozen=True):
    """The file's content."""

    version: int = VERSION
    findings: tuple[Known, ...] = ()


def parse_baseline(text: str, path: str) -> Baseline:
    """The baseline in a file's text. Raises UsageError where it is not one."""
    try:
        baseline = msgspec.json.decode(text, type=Baseline)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: not a baseline: {error}") from error
    if baseline.version != VERSION:
        raise UsageError(f"{path}: a baseline of version {baseline.version}; this program reads {VERSION}")
    return baseline


def baseline_text(findings: Iterable[Finding]) -> str:
    """A baseline of all findings that a comment or the configuration does not suppress."""
    known = [
        Known(finding.fingerprint, finding.rule, finding.span.path, finding.why)
        for finding in findings
        if finding.suppressed is None or finding.suppressed.by == "baseline"
    ]
    encoded = msgspec.json.encode(Baseline(findings=tuple(sorted(known, key=_order))))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _order(known: Known) -> tuple[str, str, str]:
    return known.path, known.rule, known.fingerprint


def apply_baseline(
    findings: Sequence[Finding], baseline: Baseline, checked: Iterable[str]
) -> tuple[list[Finding], list[Known]]:
    """The findings, suppressed where the baseline has them, and its entries that are found no more.

    Only entries of the `checked` paths can be stale: the others were not looked for.
    """
    known = {entry.fingerprint for entry in baseline.findings}
    applied = [
        replace(finding, suppressed=Suppressed("baseline", "known before"))
        if finding.suppressed is None and finding.fingerprint in known
        else finding
        for finding in findings
    ]
    found = {finding.fingerprint for finding in findings}
    paths = set(checked)
    stale = [entry for entry in baseline.findings if entry.fingerprint not in found and entry.path in paths]
    return applied, stale
