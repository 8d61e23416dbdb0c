"""JUnit's XML, as Jenkins, GitLab, Bitbucket and others show test results.

A suite for each file, a test case for each finding; a clean file is one case that passes. What blocks
is a failure, what could not be checked an error, and what is reported without blocking is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from migration_lint.errors import UsageError
from migration_lint.findings import Finding, Report, Status, Verdict
from migration_lint.linting.decide import blocks
from migration_lint.model import Error
from migration_lint.report.escape import printable, printable_text, xml_inert
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from migration_lint.report.wording import lock_lines, status_of, suppression

try:
    from junit_xml import TestCase, TestSuite  # type: ignore[import-untyped]  # it ships no types
except ImportError as error:
    raise UsageError(
        "the junit format needs a library: pip install 'migration-safety-gate[junit]'"
    ) from error

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = Kind.DOCUMENT
STEPS = False


def render(report: Report, view: View) -> str:
    """The suites, valid against Jenkins' schema (``junit-10.xsd`` of its xunit plugin)."""
    suites = [TestSuite(printable(name), cases) for name, cases in _suites(report, view).items() if cases]
    root = ElementTree.Element("testsuites", {"name": "migration-lint"})
    root.extend(_valid(suite.build_xml_doc()) for suite in suites)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml_inert(text)}\n'


def _suites(report: Report, view: View) -> dict[str, list[TestCase]]:
    suites: dict[str, list[TestCase]] = {path: [] for path in report.documents}
    names: dict[tuple[str, str], int] = {}
    for finding in report.findings:
        suites.setdefault(finding.span.path, []).append(_finding(finding, names, view))
    for error in report.errors:
        suites.setdefault(error.path, []).append(_error(error, names, view))
    for path, cases in suites.items():
        if not cases:
            cases.append(TestCase("no findings", _class(path, view)))
    if report.verdicts:
        suites["checklist"] = [_verdict(verdict) for verdict in report.verdicts]
    return suites


def _finding(finding: Finding, names: dict[tuple[str, str], int], view: View) -> TestCase:
    span = finding.span
    case = _case(span.path, f"{finding.rule} at line {span.line}", names, view)
    said = printable(f"{finding.severity.value}: {finding.why}")
    if finding.suppressed is not None:
        case.add_skipped_info(printable(suppression(finding.suppressed)), said)
    elif blocks(finding, view.fail_on):
        case.add_failure_info(said, printable_text("\n".join(_details(finding))), printable(finding.rule))
    else:
        case.add_skipped_info(f"{said} (does not block)", printable_text("\n".join(_details(finding))))
    return case


def _details(finding: Finding) -> Iterator[str]:
    span = finding.span
    yield f"{span.path}:{span.line}:{span.column}: {finding.severity.value}[{finding.rule}] {finding.why}"
    yield from (f"lock: {line}" for line in lock_lines(finding))
    if finding.instead:
        yield f"safe way: {finding.instead.strip()}"


def _error(error: Error, names: dict[tuple[str, str], int], view: View) -> TestCase:
    case = _case(error.path, f"checked at line {error.line}", names, view)
    case.add_error_info(printable(f"not checked: {error.message}"))
    return case


def _verdict(verdict: Verdict) -> TestCase:
    case = TestCase(printable(verdict.check), "migration-lint.checklist")
    why = printable(verdict.why) or verdict.status.value
    if status_of(verdict) != verdict.status.value:
        case.add_skipped_info(f"{status_of(verdict)}: {why}")
    elif verdict.status is Status.FAILED:
        case.add_failure_info(why)
    elif verdict.status is Status.UNKNOWN:
        case.add_error_info(f"unknown: {why}")
    elif verdict.status is Status.WAIVED:
        case.add_skipped_info(f"waived: {why}")
    return case


def _case(path: str, name: str, names: dict[tuple[str, str], int], view: View) -> TestCase:
    """GitLab knows a case by its class and name: equal ones are numbered."""
    known = (path, name)
    names[known] = names.get(known, 0) + 1
    number = f" ({names[known]})" if names[known] > 1 else ""
    return TestCase(printable(f"{name}{number}"), _class(path, view))


def _class(path: str, view: View) -> str:
    """Folders as packages, and the file as the class, which has no dot in it."""
    return printable("migration-lint." + repository_path(path, view).replace(".", "_").replace("/", "."))


def _valid(suite: Element) -> Element:
    """What the library writes and Jenkins' schema does not know is taken away."""
    suite.attrib.pop("disabled", None)
    return suite
