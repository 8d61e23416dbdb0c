"""Which commit and pull request a job is about: from the event, never from the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migration_lint.errors import UsageError
from migration_lint.publish.github.context import Context, context, token

from .service import HEAD, Pull, Service
from .world import REVIEW, at, finding, post, report

OTHER = "2" * 40
ENVIRONMENT = {
    "GITHUB_API_URL": "https://ghe.example.com/api/v3",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SHA": OTHER,
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_JOB": "lint",
}
PULL_REQUEST = {
    "number": 5,
    "pull_request": {"number": 5, "head": {"sha": HEAD, "repo": None}, "base": {"sha": OTHER}},
}
WORKFLOW_RUN = {
    "workflow_run": {
        "id": 1,
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "feature",
        "head_repository": {"full_name": "mallory/shop", "owner": {"login": "mallory"}},
        "pull_requests": [],
    }
}


def made(folder: Path, event: Any, **changes: str) -> Context:
    path = folder / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event))
    return context(ENVIRONMENT | {"GITHUB_EVENT_PATH": str(path)} | changes)


def test_a_pull_request(tmp_path: Path) -> None:
    """Its head, not GITHUB_SHA, which is the merge with the base."""
    assert made(tmp_path, PULL_REQUEST) == Context(
        "https://ghe.example.com/api/v3", "acme/shop", HEAD, 5, None, True, "7/2/lint"
    )


def test_the_second_workflow_of_two(tmp_path: Path) -> None:
    found = made(tmp_path, WORKFLOW_RUN)
    assert (found.head, found.number, found.branch, found.trusted) == (HEAD, None, "mallory:feature", False)


def test_a_push(tmp_path: Path) -> None:
    found = made(tmp_path, {"before": HEAD, "after": OTHER})
    assert (found.head, found.number, found.trusted) == (OTHER, None, True)
    assert context(ENVIRONMENT) == found


def test_github_com_is_the_default() -> None:
    without = {name: value for name, value in ENVIRONMENT.items() if name != "GITHUB_API_URL"}
    assert context(without).api == "https://api.github.com"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY"),
        ({"GITHUB_REPOSITORY": "acme/shop/../../user"}, "GITHUB_REPOSITORY"),
        ({"GITHUB_SHA": ""}, "is not a commit"),
        ({"GITHUB_SHA": "main"}, "is not a commit"),
        ({"GITHUB_API_URL": "http://ghe.example.com/api/v3"}, "not an https address"),
        ({"GITHUB_API_URL": "file:///etc"}, "not an https address"),
        ({"GITHUB_EVENT_PATH": "/nowhere"}, "GITHUB_EVENT_PATH"),
    ],
)
def test_no_job_on_github(changes: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        context(ENVIRONMENT | changes)


@pytest.mark.parametrize(
    "event", ["", "[]", '{"pull_request": {"number": "5"}}', '{"workflow_run": {"head_sha": 1}}']
)
def test_no_event(tmp_path: Path, event: str) -> None:
    with pytest.raises(UsageError, match="is not an event"):
        made(tmp_path, event)


@pytest.mark.parametrize("found", ["", "  ", "a b\n\x1b[31m"])
def test_no_token(found: str) -> None:
    with pytest.raises(UsageError, match="GITHUB_TOKEN") as error:
        token({"GITHUB_TOKEN": found})
    assert "\x1b" not in str(error.value)


# Finding the pull request by its head


def test_a_fork_is_found_by_branch_and_head(service: Service) -> None:
    service.pulls[1].branch = "mallory:feature"
    where = at(service, number=None, branch="mallory:feature", trusted=False)
    post(service, report(finding()), REVIEW, where=where)
    assert len(service.review_comments) == 1


@pytest.mark.parametrize("number", [1, None])
def test_an_old_report_replaces_no_newer_one(service: Service, number: int | None) -> None:
    """Runs end in any order. What it found is shown in its own job."""
    service.pulls[1].head = OTHER
    posted = post(service, report(finding()), REVIEW, where=at(service, number=number, branch="acme:feature"))
    assert service.writes() == []
    assert f"no open pull request has {HEAD} as its head" in posted.notes
    assert (posted.published.complete, posted.published.commands.count("::error ")) == (True, 1)


def test_a_closed_pull_request(service: Service) -> None:
    service.pulls[1].state = "closed"
    assert "or it is closed" in post(service, report(finding()), REVIEW).notes


def test_one_head_of_two_pull_requests(service: Service) -> None:
    service.pulls[2] = Pull(2)
    posted = post(service, report(finding()), REVIEW, where=at(service, number=None, branch="acme:feature"))
    assert service.writes() == []
    assert "is the head of #1, #2" in posted.notes


def test_no_pull_request(service: Service) -> None:
    posted = post(service, report(finding()), REVIEW, where=at(service, number=None))
    assert "this is no pull request" in posted.notes
    assert posted.published.commands.count("::error ") == 1
