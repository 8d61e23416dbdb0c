"""``--statistics``: how often each rule was broken, in place of the findings."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.findings import Report, Severity
from migration_lint.linting.decide import blocks
from migration_lint.report.about import about
from migration_lint.report.escape import printable
from migration_lint.report.view import View
from migration_lint.report.wording import counting, worst_first


def statistics(report: Report, view: View) -> Iterator[str]:
    """``  12  error    drop-column  …`` for each rule: errors first, then what is found most often."""
    shown = [finding for finding in counting(report) if not view.quiet or blocks(finding, view.fail_on)]
    counts: dict[str, int] = {}
    severities: dict[str, Severity] = {}
    for finding in worst_first(shown):
        severities.setdefault(finding.rule, finding.severity)
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    most = max(counts.values(), default=0)
    digits, width = len(f"{most:,}"), max((len(rule) for rule in counts), default=0)
    ranks = {severity: rank for rank, severity in enumerate(dict.fromkeys(severities.values()))}
    for rule in sorted(counts, key=lambda rule: (ranks[severities[rule]], -counts[rule], rule)):
        severity = severities[rule]
        painted = view.paint(f"{severity.value:7}", severity)
        name = f"{printable(rule):{width}}"
        yield f"{counts[rule]:{digits},}  {painted}  {name}  {printable(about(rule, view.rules).title)}"
    if counts:
        yield ""
