"""What goes wrong on the way: nothing is lost, posted twice, waited for without end or told of the token."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from migration_lint.publish.github import connection as connections

from .service import Answer, Service, Trouble
from .world import CHECK_RUN, COMMENT, EVERYWHERE, REVIEW, finding, many, post, report

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
WRITES = {
    "review": (REVIEW, "POST /pulls/1/reviews", "review_comments"),
    "comment": (COMMENT, "POST /issues/1/comments", "comments"),
    "check run": (CHECK_RUN, "POST /check-runs", "check_runs"),
}


@pytest.fixture(params=WRITES)
def write(request: pytest.FixtureRequest) -> Any:
    """(places, the request, the list that it adds to)"""
    return WRITES[request.param]


# What the token may not do


@pytest.mark.parametrize("may", [set(), {"checks"}, {"pull-requests"}])
def test_without_permissions_nothing_is_lost_and_nothing_fails(
    service: Service, tmp_path: Path, may: set[str]
) -> None:
    """A pull request from a fork. That a fallback loses all findings is a defect of others."""
    service.may = may
    summary = tmp_path / "summary.md"
    posted = post(service, report(*many(7)), EVERYWHERE, summary=summary)
    assert posted.published.complete
    commands = posted.published.commands.splitlines()
    assert [f"reason {number}" for number in range(7) if f"reason {number}" in commands[number]] == [
        f"reason {number}" for number in range(7)
    ]
    assert summary.read_text().count("reason ") == 7
    assert "as annotations and in the job's summary instead" in posted.notes
    assert "a pull request from a fork" in posted.notes
    assert (len(service.check_runs), len(service.comments)) == ("checks" in may, "pull-requests" in may)


def test_refusal_is_not_asked_for_again(service: Service) -> None:
    service.may = set()
    posted = post(service, report(finding()), EVERYWHERE)
    assert len(service.writes()) == 3
    assert posted.waits == []


def test_a_private_repository_that_the_token_may_not_see(service: Service) -> None:
    service.trouble = [Trouble("GET /pulls", Answer(404, "Not Found"))]
    posted = post(service, report(finding()), REVIEW)
    assert posted.published.complete
    assert posted.published.commands.startswith("::error ")


def test_a_wrong_token_is_a_failure_that_does_not_show_it(service: Service) -> None:
    service.trouble = [Trouble("", Answer(401, f"Bad credentials: {service.token}"), times=9)]
    posted = post(service, report(finding()), REVIEW)
    assert not posted.published.complete
    assert posted.published.commands.startswith("::error ")
    assert posted.published.notes[0] == "GitHub: GitHub answered 401: Bad credentials: ***"
    assert posted.waits == []


# Ambiguous failures: was it carried out?


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("late", [False, True], ids=["not carried out", "carried out"])
def test_a_server_error_posts_once(service: Service, write: Any, status: int, late: bool) -> None:
    places, request, made = write
    service.trouble = [Trouble(f"^{request}$", Answer(status, "Bad Gateway"), late=late)]
    posted = post(service, report(finding()), places)
    assert len(getattr(service, made)) == 1
    assert len(service.writes(f"^{request}$")) == (1 if late else 2)
    assert (posted.published.complete, posted.published.commands) == (True, "")
    assert posted.waits == [1.0]


@pytest.mark.parametrize("late", [False, True], ids=["not carried out", "carried out"])
def test_a_time_out_posts_once(
    service: Service, write: Any, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_SECONDS", 1)
    places, request, made = write
    service.trouble = [Trouble(f"^{request}$", Answer(500, "late"), late=late, hang=1.4)]
    posted = post(service, report(finding()), places)
    assert len(getattr(service, made)) == 1
    assert (posted.published.complete, posted.published.commands) == (True, "")


def test_a_batch_of_annotations_is_not_added_twice(service: Service) -> None:
    """GitHub adds the annotations of every update to those that are there."""
    service.trouble = [
        Trouble("^PATCH /check-runs", Answer(502, "Bad Gateway"), late=True),
        Trouble("^PATCH /check-runs", Answer(502, "Bad Gateway"), late=False),
    ]
    post(service, report(*many(170)), CHECK_RUN)
    [run] = service.check_runs
    assert len(run["annotations"]) == len({item["message"] for item in run["annotations"]}) == 170
    assert run["status"] == "completed"


def test_a_comment_that_was_deleted_after_all(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    service.trouble = [Trouble("^DELETE", Answer(502, "Bad Gateway"), late=True)]
    posted = post(service, report(), REVIEW)
    assert service.review_comments == []
    assert (posted.published.complete, posted.published.commands) == (True, "")


def test_a_server_that_stays_down(service: Service, write: Any) -> None:
    places, _, _ = write
    service.trouble = [Trouble("^POST", Answer(502, "Bad Gateway"), times=99)]
    posted = post(service, report(finding()), places)
    assert not posted.published.complete
    assert "GitHub answered 502: Bad Gateway (4 attempts)" in posted.notes
    assert posted.published.commands.count("::error ") == 1
    assert posted.waits == [1.0, 2.0, 4.0]
    assert len(service.writes()) == 4


@pytest.mark.parametrize("request_", ["GET /user", "GET /pulls/1$", "/files", "GET /pulls/1/comments"])
def test_reading_is_repeated(service: Service, request_: str) -> None:
    service.trouble = [Trouble(request_, Answer(503, "Unavailable"), times=2)]
    posted = post(service, report(finding()), REVIEW)
    assert (len(service.review_comments), posted.published.complete) == (1, True)
    assert posted.waits == [1.0, 2.0]


def test_no_server_at_all(service: Service) -> None:
    from .world import at

    posted = post(service, report(finding()), REVIEW, where=at(service, api="http://127.0.0.1:9/api/v3"))
    assert not posted.published.complete
    assert posted.published.notes[0] == "GitHub: GitHub did not answer (ConnectionError) (4 attempts)"
    assert posted.published.commands.count("::error ") == 1


@pytest.mark.parametrize("data", ["<html>gateway</html>", '{"broken', "[1]", "null"])
def test_an_answer_that_is_none(service: Service, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "dumps", lambda _: data)
    posted = post(service, report(finding()), REVIEW)
    assert not posted.published.complete
    assert posted.published.commands.count("::error ") == 1


# Rate limits


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (Answer(403, SECONDARY), [60.0]),
        (Answer(403, SECONDARY, Retry_After="7"), [7.0]),
        (Answer(429, "Too Many Requests", Retry_After="7"), [7.0]),
        (Answer(429, "Too Many Requests"), [60.0]),
        (Answer(403, "API rate limit exceeded", X_RateLimit_Remaining="0"), [60.0]),
    ],
    ids=lambda value: value.args[0] + str(value.headers) if isinstance(value, Answer) else None,
)
def test_a_rate_limit_is_waited_for(service: Service, write: Any, answer: Answer, waits: list[float]) -> None:
    places, request, made = write
    service.trouble = [Trouble(f"^{request}$", answer)]
    posted = post(service, report(finding()), places)
    assert len(getattr(service, made)) == 1
    assert posted.waits == waits
    assert posted.published.complete


def test_a_primary_rate_limit_ends_when_github_says(service: Service) -> None:
    reset = str(int(time.time()) + 30)
    answer = Answer(
        403, "API rate limit exceeded for installation", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset
    )
    service.trouble = [Trouble("GET /user", answer)]
    [wait] = post(service, report(finding()), REVIEW).waits
    assert 28 <= wait <= 31


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, SECONDARY, Retry_After="3600"),
        Answer(403, "API rate limit exceeded", X_RateLimit_Remaining="0", X_RateLimit_Reset="9999999999"),
    ],
    ids=["secondary", "primary"],
)
def test_nobody_waits_for_an_hour(service: Service, answer: Answer) -> None:
    service.trouble = [Trouble("^POST", answer, times=9)]
    posted = post(service, report(*many(3)), REVIEW)
    assert posted.waits == []
    assert not posted.published.complete
    assert "it asks to wait" in posted.notes
    assert posted.published.commands.count("::error ") == 3


def test_all_waiting_together_is_bounded(service: Service) -> None:
    service.trouble = [Trouble("", Answer(403, SECONDARY, Retry_After="50"), times=99)]
    posted = post(service, report(finding()), EVERYWHERE)
    assert sum(posted.waits) <= 180
    assert not posted.published.complete


# One thing goes wrong, the others do not


def test_each_place_is_tried(service: Service) -> None:
    service.trouble = [Trouble("/reviews", Answer(500, "x"), times=9)]
    posted = post(service, report(finding()), EVERYWHERE)
    assert (len(service.check_runs), len(service.comments), len(service.reviews)) == (1, 1, 0)
    assert posted.published.commands.count("::error ") == 1


def test_a_summary_that_cannot_be_written(service: Service, tmp_path: Path) -> None:
    service.may = set()
    posted = post(service, report(finding()), REVIEW, summary=tmp_path)
    assert not posted.published.complete
    assert "the job's summary cannot be written" in posted.notes


def test_a_summary_has_its_bounds(service: Service, tmp_path: Path) -> None:
    service.may = set()
    summary = tmp_path / "summary.md"
    summary.write_text("x" * (1 << 20 - 1))
    post(service, report(*many(10_000)), REVIEW, summary=summary)
    assert summary.stat().st_size <= 1 << 20
