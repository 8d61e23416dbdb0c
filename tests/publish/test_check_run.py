"""The check run: batches of annotations on the head of the pull request."""

from __future__ import annotations

import pytest

from migration_lint.findings import Finding, Report, Severity
from migration_lint.model import Error, Span

from .service import HEAD, Service
from .world import CHECK_RUN, FILE, at, finding, many, post, report


def test_annotations(service: Service) -> None:
    posted = post(
        service, report(finding(), errors=[Error(FILE, 4, "syntax error"), Error(".", 1, "no")]), CHECK_RUN
    )
    [run] = service.check_runs
    assert (run["name"], run["head_sha"], run["status"], run["conclusion"]) == (
        "migration-lint",
        HEAD,
        "completed",
        "failure",
    )
    assert run["annotations"] == [
        {
            "path": FILE,
            "start_line": 4,
            "end_line": 4,
            "annotation_level": "failure",
            "title": "not checked",
            "message": "syntax error",
        },
        {
            "path": FILE,
            "start_line": 3,
            "end_line": 3,
            "start_column": 1,
            "end_column": 47,
            "annotation_level": "failure",
            "title": "create-index-blocks-writes",
            "message": "writes to public.orders wait while the index is built (ShareLock)\n"
            "safe way: build it CONCURRENTLY",
            "raw_details": "CREATE INDEX CONCURRENTLY orders_user_id ON orders (user_id);",
        },
    ]
    assert run["output"]["title"].startswith("blocked: 1 error")
    assert posted.notes == "check run: made a check run with 2 annotations"


@pytest.mark.parametrize(
    ("count", "requests", "left"),
    [(0, 1, 0), (1, 1, 0), (50, 1, 0), (51, 2, 0), (100, 2, 0), (200, 4, 0), (203, 4, 3)],
)
def test_fifty_at_a_time(service: Service, count: int, requests: int, left: int) -> None:
    """51 would be refused; they add up, and the run is over with the last of them."""
    posted = post(service, report(*many(count)), CHECK_RUN)
    [run] = service.check_runs
    messages = {annotation["message"] for annotation in run["annotations"]}
    assert len(messages) == len(run["annotations"]) == count - left
    assert len(service.writes()) == requests
    assert run["status"] == "completed"
    assert posted.published.commands.count("::error ") == left


def test_the_worst_come_first(service: Service) -> None:
    notes = many(200, severity=Severity.NOTE)
    posted = post(service, report(*notes, finding(why="the worst")), CHECK_RUN)
    assert service.check_runs[0]["annotations"][0]["message"].startswith("the worst")
    assert posted.published.commands.count("::notice ") == 1


def test_columns_only_within_a_line(service: Service) -> None:
    post(
        service, report(finding(2, 5), finding(3, why="empty", span=Span(FILE, 0, 0, 3, 9, 3, 9))), CHECK_RUN
    )
    several, empty = service.check_runs[0]["annotations"]
    assert "start_column" not in several and (several["start_line"], several["end_line"]) == (2, 5)
    assert (empty["start_column"], empty["end_column"]) == (9, 9)


@pytest.mark.parametrize(
    ("what", "trusted", "conclusion"),
    [
        (report(finding()), True, "failure"),
        (report(finding(severity=Severity.NOTE)), True, "success"),
        (report(errors=[Error(FILE, 1, "x")]), True, "failure"),
        (report(), True, "success"),
        (report(finding()), False, "failure"),
        (report(), False, "neutral"),
    ],
)
def test_the_conclusion(service: Service, what: Report, trusted: bool, conclusion: str) -> None:
    """A report that somebody else may have written does not get to say that all is well."""
    post(service, what, CHECK_RUN, where=at(service, trusted=trusted))
    assert service.check_runs[0]["conclusion"] == conclusion


def test_no_pull_request_is_needed(service: Service) -> None:
    posted = post(service, report(finding()), CHECK_RUN, where=at(service, number=None))
    assert len(service.check_runs) == 1
    assert posted.published.commands == ""


@pytest.mark.parametrize("text", ["x" * 200_000, "ä" * 100_000, "\x1b[31m" * 20_000])
def test_nothing_is_too_long(service: Service, text: str) -> None:
    found: list[Finding] = [finding(why=text, instead=f"{text}\n\n{text}", rule=text[:400])]
    post(service, report(*found, errors=[Error(FILE, 1, text)]), CHECK_RUN)
    [run] = service.check_runs
    assert len(run["annotations"]) == 2


def test_ten_thousand_findings(service: Service) -> None:
    posted = post(service, report(*many(10_000)), CHECK_RUN)
    assert len(service.check_runs[0]["annotations"]) == 200
    assert "9,800 findings found no room there" in posted.notes
