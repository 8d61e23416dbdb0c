"""Ten thousand findings, and the limits of those who read the formats."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
from msgspec.structs import replace

from migration_lint.findings import Finding, Report, Severity
from migration_lint.report import formats
from migration_lint.report.formats import github, markdown, sarif
from migration_lint.report.view import View
from tests.report.readers import logs
from tests.report.world import ERRORS, INDEX, NOTE, SUPPRESSED, TYPE, VERDICT, report

MANY = 10_000
SECONDS = 30
"""A bound against what grows faster than the report, not a measure of speed: they take about one."""


def many(number: int = MANY) -> Report:
    """Notes first, so that the worst are last."""
    kinds = (NOTE, TYPE, SUPPRESSED, INDEX)
    findings = [
        replace(kinds[4 * count // number], fingerprint=f"{count:032x}", migration=f"V{count}")
        for count in range(number)
    ]
    return report(*findings, errors=ERRORS, verdicts=(VERDICT,))


@pytest.mark.parametrize("name", formats.names())
def test_ten_thousand_findings(name: str) -> None:
    shown = many()
    started = time.monotonic()
    text = formats.by_name(name).render(shown, View())
    assert time.monotonic() - started < SECONDS
    assert text


def test_github_gets_ten_of_a_level_and_the_worst_first() -> None:
    commands = logs.actions(github.render(many(), View()))
    assert Counter(command.name for command in commands) == {"error": 10, "warning": 10, "notice": 10}
    errors = [command for command in commands if command.name == "error"]
    assert [error.properties["title"] for error in errors[:4]] == [
        "not checked",
        "not checked",
        "backup: failed",
        "index-build-waits",
    ]
    assert errors[-1].data.startswith("2,494 more errors: ")
    assert "file" not in errors[-1].properties


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, 1), (10, 10), (11, 10), (12, 10)])
def test_github_gets_all_of_what_is_no_more_than_ten(number: int, shown: int) -> None:
    commands = logs.actions(github.render(report(*[INDEX] * number), View()))
    assert len(commands) == shown
    assert sum("more error" in command.data for command in commands) == (number > 10)


def test_a_message_is_no_longer_than_the_runner_keeps() -> None:
    (command,) = logs.actions(github.render(report(replace(INDEX, why="%" * 9000)), View()))
    assert command.data == "%" * 4096


REPORTS = {"many": many(), "some": many(30), "one": report(INDEX), "none": report()}


@pytest.mark.parametrize("room", [None, 1024 * 1024, 65_536, 20_000, 1_000, 400, 100, 0])
@pytest.mark.parametrize("what", REPORTS)
def test_markdown_takes_no_more_room_than_there_is(what: str, room: int | None) -> None:
    text = markdown.render(REPORTS[what], View(room=room))
    assert len(text.encode()) <= (markdown.COMMENT if room is None else room)
    if room is not None and room > 1_000:
        assert text.startswith("## ")


def test_markdown_says_what_it_leaves_out() -> None:
    text = markdown.render(many(), View())
    shown = sum(text.count(f"`{finding.rule}`") for finding in (INDEX, TYPE, NOTE))
    assert text.splitlines()[-1].startswith(f"**Left out here, for want of room: {MANY - shown:,}.**")
    listed = [line for line in text.splitlines() if line.startswith(("- 🔴", "- 🟠", "- 🔵"))]
    assert {line[2] for line in listed} == {"🔴"}, "the worst first"


def test_markdown_of_everything_has_no_limit() -> None:
    text = markdown.render(many(), View(full=True))
    assert text.count("🔴 error") == 2_500
    assert "for want of room" not in text


def test_sarif_keeps_what_github_takes_and_says_so() -> None:
    (run,) = json.loads(sarif.render(many(25_100), View()))["runs"]
    assert len(run["results"]) == 25_000
    assert all(result.get("suppressions") for result in run["results"][-1000:])
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"].startswith(
        "100 findings are left out"
    )


def test_the_worst_come_first_in_each_format_that_is_cut() -> None:
    findings: list[Finding] = [NOTE, TYPE, INDEX]
    text = markdown.render(report(*findings), View())
    assert [text.index(f"`{finding.rule}`") for finding in (INDEX, TYPE, NOTE)] == sorted(
        text.index(f"`{finding.rule}`") for finding in findings
    )
    assert [INDEX.severity, TYPE.severity, NOTE.severity] == list(Severity)
