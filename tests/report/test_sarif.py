from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from migration_lint.findings import Edit, Fix, Report
from migration_lint.linting.fingerprint import fingerprinted
from migration_lint.model import Document
from migration_lint.report.formats.sarif import render
from migration_lint.report.view import View
from tests.report.odd import VIEW, odd
from tests.report.readers.tools import sarif_complaints
from tests.report.world import DOCUMENT, EVERYTHING, INDEX, TEXT, TYPE, report

NO_ADDRESS = "SARIF2005: runs[0].tool.driver: The tool 'migration-lint' does not provide 'informationUri'."


def run_of(shown: Report, view: View = VIEW) -> dict[str, Any]:
    (run,) = json.loads(render(shown, view))["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("shown", [odd(), EVERYTHING, report()], ids=["odd", "everything", "nothing"])
def test_the_multitool_has_nothing_against_it(tmp_path: Path, shown: Report) -> None:
    """The standard's schema and rules, and GitHub's. The project has no page that the tool could name."""
    path = tmp_path / "lint.sarif"
    path.write_text(render(shown, VIEW), encoding="utf-8")
    assert [complaint for complaint in sarif_complaints(path) if not complaint.startswith(NO_ADDRESS)] == []


def test_the_multitool_would_say_so(tmp_path: Path) -> None:
    log = json.loads(render(EVERYTHING, VIEW))
    del log["runs"][0]["tool"]["driver"]["rules"][0]["help"]
    path = tmp_path / "broken.sarif"
    path.write_text(json.dumps(log))
    assert "GH2012" in {complaint.split(":")[0] for complaint in sarif_complaints(path)}


def test_a_finding_is_known_again_after_lines_were_moved() -> None:
    moved = Document(DOCUMENT.path, "-- one\n-- two\n" + TEXT)
    marks = []
    for document in (DOCUMENT, moved):
        start = document.text.index("CREATE INDEX")
        finding = replace(INDEX, span=document.span(start, start + 47))
        found = fingerprinted([finding], {document.path: document})
        (result,) = run_of(replace(report(*found), documents={document.path: document}))["results"]
        marks.append(result["partialFingerprints"]["primaryLocationLineHash"])
    assert marks[0] == marks[1]
    assert len(marks[0]) == 32


def test_suppressed_findings_are_suppressions() -> None:
    results = run_of(odd())["results"]
    assert [result["suppressions"] for result in results if "suppressions" in result] == [
        [{"kind": "inSource", "status": "accepted", "justification": "nobody | uses <it>"}],
        [{"kind": "external", "status": "accepted", "justification": "suppressed by baseline"}],
    ]


def test_a_rule_has_its_page() -> None:
    rules = {rule["id"]: rule for rule in run_of(odd())["tool"]["driver"]["rules"]}
    rule = rules["create-index-blocks-writes"]
    assert rule["shortDescription"]["text"] == "Writes wait while an index is built."
    assert "**Good**:\n\n    create index concurrently" in rule["help"]["markdown"]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert (rule["properties"]["precision"], rule["properties"]["problem.severity"]) == ("very-high", "error")
    assert not any("security-severity" in rule["properties"] for rule in rules.values())
    assert rules["a-rule-of-the-team"]["help"]["text"] == "a rule of the team"


def test_what_could_not_be_checked_is_a_notification() -> None:
    (invocation,) = run_of(EVERYTHING)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    said = invocation["toolExecutionNotifications"]
    assert [notification["descriptor"]["id"] for notification in said] == ["not-checked"] * 2 + ["backup"]
    assert said[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 9}


def test_places() -> None:
    """A region is the first line: GitHub shows on a change what lies in it with all its lines."""
    first, second = run_of(report(INDEX, TYPE))["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "shop/db/V2__orders.sql", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 1, "endColumn": 48}
    place = second["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 6, "startColumn": 2, "endColumn": 29}
    assert place["contextRegion"] == {"startLine": 6, "startColumn": 1, "endLine": 7, "endColumn": 19}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("db/ü #1%.sql", "shop/db/%C3%BC%20%231%25.sql"),
        ("../lib/x.sql", "lib/x.sql"),
        ("/etc/x.sql", "file:///etc/x.sql"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_files_are_uris_from_the_root_of_the_repository(path: str, uri: str) -> None:
    (result,) = run_of(report(replace(INDEX, span=replace(INDEX.span, path=path))))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_fix_is_carried_whole_or_not_at_all() -> None:
    edit = Edit(DOCUMENT.path, 42, 42, " CONCURRENTLY")
    whole, new_file, unknown = (
        Fix("add CONCURRENTLY", "unsafe", (edit,)),
        Fix("add CONCURRENTLY", "unsafe", (edit,), (("V3.sql", ""),)),
        Fix("add CONCURRENTLY", "unsafe", (edit, replace(edit, path="other.sql"))),
    )
    results = run_of(report(*(replace(INDEX, fix=fix) for fix in (whole, new_file, unknown))))["results"]
    assert ["fixes" in result for result in results] == [True, False, False]
    (change,) = results[0]["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"] == {"startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 13}
