"""What the environment of a job on GitHub says: where the API is, and which commit is reviewed.

https://docs.github.com/actions/reference/workflows-and-actions/variables
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from migration_lint.errors import UsageError

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Context(Struct, frozen=True):
    """Which commit of which repository a report is about.

    `number` is the pull request, where that is known; `branch` (``owner:name``) finds it where it is
    not. `trusted`: nobody but this run could write the report.
    """

    api: str
    repository: str
    head: str
    number: int | None = None
    branch: str | None = None
    trusted: bool = True
    run: str = ""
    """The run and its attempt, which tell one check run from another."""


class _Head(Struct, frozen=True):
    sha: str


class _PullRequest(Struct, frozen=True):
    number: int
    head: _Head


class _Owner(Struct, frozen=True):
    login: str


class _Repository(Struct, frozen=True):
    owner: _Owner


class _WorkflowRun(Struct, frozen=True):
    head_sha: str
    head_branch: str | None = None
    head_repository: _Repository | None = None


class _Event(Struct, frozen=True):
    """What we read of ``GITHUB_EVENT_PATH``."""

    pull_request: _PullRequest | None = None
    workflow_run: _WorkflowRun | None = None


def context(environment: Mapping[str, str]) -> Context:
    """What the job's environment says. Raises UsageError where it is not that of a job on GitHub."""
    api = _api(environment.get("GITHUB_API_URL") or "https://api.github.com")
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError("GITHUB_REPOSITORY is not set to owner/name: publish runs in a job on GitHub")
    attempt = environment.get("GITHUB_RUN_ATTEMPT", "1")
    run = f"{environment.get('GITHUB_RUN_ID', '0')}/{attempt}/{environment.get('GITHUB_JOB', '')}"
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    if event.workflow_run is not None:
        about = event.workflow_run
        owner = about.head_repository.owner.login if about.head_repository else None
        branch = f"{owner}:{about.head_branch}" if owner and about.head_branch else None
        return Context(api, repository, _commit(about.head_sha), None, branch, False, run)
    if event.pull_request is not None:
        head = _commit(event.pull_request.head.sha)
        return Context(api, repository, head, event.pull_request.number, run=run)
    return Context(api, repository, _commit(environment.get("GITHUB_SHA", "")), run=run)


def token(environment: Mapping[str, str]) -> str:
    """The token. Raises UsageError where there is none."""
    found = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
    if not found:
        raise UsageError("GITHUB_TOKEN is not set (in a workflow: env: GITHUB_TOKEN: ${{ github.token }})")
    if not (found.isascii() and found.isprintable()):
        raise UsageError("GITHUB_TOKEN is not a token")
    return found


def _event(path: str) -> _Event:
    if not path:
        return _Event()
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - start-up time
            return msgspec.json.decode(file.read(), type=_Event)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH: {path} is not an event: {error}") from error


def _api(url: str) -> str:
    """Raises UsageError where the token would travel in the clear."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/")
    raise UsageError(f"GITHUB_API_URL: {url} is not an https address, and the token is sent there")


def _commit(text: str) -> str:
    if not _COMMIT.fullmatch(text):
        raise UsageError(f"{text!r} is not a commit: publish runs in a job on GitHub (GITHUB_SHA)")
    return text
