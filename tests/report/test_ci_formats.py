"""What GitLab, Jenkins, reviewdog, Azure and TeamCity need of their formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it ships no types
from msgspec.structs import replace

from migration_lint.findings import Edit, Fix, Report, Severity
from migration_lint.model import Document
from migration_lint.report.formats import azure, github, gitlab, junit, rdjson, teamcity
from migration_lint.report.view import View
from tests.report.odd import DOCUMENT, VIEW, odd
from tests.report.readers import logs
from tests.report.world import ERRORS, EVERYTHING, INDEX, NOTE, TYPE, report

JENKINS = Path(__file__).parent / "junit-10.xsd"


# --- JUnit ----------------------------------------------------------------------------------------


def suites(shown: Report, view: View = VIEW) -> Any:
    return etree.fromstring(junit.render(shown, view).encode())


@pytest.mark.parametrize("shown", [odd(), EVERYTHING, report()], ids=["odd", "everything", "nothing"])
def test_junit_is_valid_by_jenkins_schema(shown: Report) -> None:
    etree.XMLSchema(etree.parse(JENKINS)).assertValid(suites(shown))


def test_jenkins_schema_would_say_so() -> None:
    root = suites(odd())
    root[0].set("disabled", "0")
    assert not etree.XMLSchema(etree.parse(JENKINS)).validate(root)


def test_what_blocks_fails_and_the_rest_is_skipped() -> None:
    answers = {case.get("name"): [outcome.tag for outcome in case] for case in suites(odd()).iter("testcase")}
    assert answers == {
        "create-index-blocks-writes at line 4": ["failure"],
        "add-foreign-key-blocks-writes at line 6": ["failure"],
        "drop-table at line 8": ["skipped"],
        "a-rule-of-the-team at line 9": ["skipped"],
        "unused-suppression at line 3": ["skipped"],
        "unused-suppression at line 3 (2)": ["skipped"],
        "missing-lock-timeout at line 4": ["skipped"],
        "checked at line 10": ["error"],
        "checked at line 1": ["error"],
        "no findings": [],
        "rollback": [],
        "backup": ["failure"],
        "monitoring": ["error"],
        "staging": ["skipped"],
    }
    strict = replace(VIEW, fail_on=Severity.WARNING)
    assert len(list(suites(odd(), strict).iter("failure"))) == 5


def test_counts_and_cases_are_unlike() -> None:
    root = suites(odd())
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "14",
        "failures": "3",
        "errors": "3",
    }
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(cases)) == len(cases)
    assert all(name.rpartition(".")[2] for name, _ in cases)


# --- GitLab ---------------------------------------------------------------------------------------


def test_gitlab() -> None:
    entries = json.loads(gitlab.render(odd(), VIEW))
    assert [(entry["severity"], entry["check_name"]) for entry in entries] == [
        ("critical", "create-index-blocks-writes"),
        ("critical", "add-foreign-key-blocks-writes"),
        ("major", "a-rule-of-the-team"),
        ("info", "unused-suppression"),
        ("major", "missing-lock-timeout"),
        ("blocker", "not-checked"),
        ("blocker", "not-checked"),
    ]
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert entries[1]["location"] == {"path": f"shop/{DOCUMENT.path}", "lines": {"begin": 6, "end": 7}}
    keys = {"description", "check_name", "fingerprint", "severity", "location"}
    assert all(set(entry) == keys for entry in entries)


def test_gitlab_of_nothing_is_an_empty_list() -> None:
    assert json.loads(gitlab.render(report(), VIEW)) == []


# --- Reviewdog ------------------------------------------------------------------------------------


def diagnostics(shown: Report) -> list[dict[str, Any]]:
    found = json.loads(rdjson.render(shown, VIEW))["diagnostics"]
    assert isinstance(found, list)
    return found


def test_columns_count_bytes() -> None:
    text = "COMMENT ON TABLE 注文 IS 'ü'; DROP TABLE 注文;"
    document = Document("a.sql", text)
    start = text.index("DROP")
    finding = replace(INDEX, span=document.span(start, len(text) - 1))
    (diagnostic,) = diagnostics(replace(report(finding), documents={"a.sql": document}))
    before, place = text[:start].encode(), text[start:-1].encode()
    assert diagnostic["location"]["range"] == {
        "start": {"line": 1, "column": len(before) + 1},
        "end": {"line": 1, "column": len(before + place) + 1},
    }


def test_a_fix_of_one_edit_is_a_suggestion() -> None:
    shown = diagnostics(odd())
    assert ["suggestions" in diagnostic for diagnostic in shown] == [True] + [False] * 6
    (suggestion,) = shown[0]["suggestions"]
    assert suggestion["text"] == " CONCURRENTLY"
    assert suggestion["range"]["start"] == suggestion["range"]["end"] == {"line": 4, "column": 13}
    two = Fix("two", "safe", (Edit(INDEX.span.path, 0, 1, ""), Edit(INDEX.span.path, 2, 3, "")))
    assert "suggestions" not in diagnostics(report(replace(INDEX, fix=two)))[0]


def test_severities_of_reviewdog() -> None:
    assert [
        diagnostic["severity"] for diagnostic in diagnostics(report(INDEX, TYPE, NOTE, errors=ERRORS))
    ] == [
        "ERROR",
        "WARNING",
        "INFO",
        "ERROR",
        "ERROR",
    ]


# --- Logs -----------------------------------------------------------------------------------------


def test_a_github_annotation_has_its_place() -> None:
    commands = logs.actions(github.render(report(INDEX, TYPE, NOTE), VIEW))
    assert [command.name for command in commands] == ["error", "warning", "notice"]
    assert commands[0].properties == {
        "title": "index-build-waits",
        "file": "shop/db/V2__orders.sql",
        "line": "2",
        "col": "1",
        "endColumn": "48",
    }
    # The runner drops columns of what is longer than a line.
    assert commands[1].properties == {
        "title": "column-type-rewrites",
        "file": "shop/db/V2__orders.sql",
        "line": "6",
        "endLine": "7",
    }
    assert commands[0].data.split("\n")[0] == INDEX.why


def test_azure_has_no_notes() -> None:
    text = azure.render(report(INDEX, TYPE, NOTE), VIEW)
    assert [command.properties["type"] for command in logs.azure(text)] == ["error", "warning"]
    assert text.splitlines()[-1] == "shop/db/V2__orders.sql:1:1: note[unused-suppression] unused"


def test_teamcity_names_each_rule_once() -> None:
    messages = logs.teamcity(teamcity.render(report(INDEX, INDEX, TYPE), VIEW))
    assert [(message.name, message.properties.get("id")) for message in messages] == [
        ("inspectionType", "index-build-waits"),
        ("inspectionType", "column-type-rewrites"),
        ("inspection", None),
        ("inspection", None),
        ("inspection", None),
        ("buildProblem", None),
    ]
    assert messages[-1].properties["description"] == "migration-lint: blocked: 2 errors"
    problems = logs.teamcity(teamcity.render(odd(), VIEW))
    assert all(len(problem.properties.get("identity", "")) <= 60 for problem in problems)
