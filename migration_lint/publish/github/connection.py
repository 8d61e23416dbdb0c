"""The repository and its pull request, through PyGithub."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

import migration_lint
from migration_lint.errors import UsageError
from migration_lint.publish.github.context import Context
from migration_lint.publish.github.errors import Refused

try:
    from github import Auth, Github
except ImportError as error:
    raise UsageError("publish github needs PyGithub: pip install 'migration-safety-gate[github]'") from error

from migration_lint.publish.github.calls import Calls

if TYPE_CHECKING:
    from github.PullRequest import PullRequest
    from github.Repository import Repository

_SECONDS = 20
"""Without a byte of an answer."""
_PAUSE = 1.0
"""Seconds between writes, as GitHub asks for."""


class Connection(Struct, frozen=True):
    """A repository on GitHub, and how to call it. `author` is who we are there, None for an app's token."""

    repository: Repository
    calls: Calls
    author: str | None = None

    def is_ours(self, login: str, kind: str) -> bool:
        """Whether we wrote a comment, by its author's name and kind (``Bot``, ``User``)."""
        return login == self.author if self.author else kind == "Bot"


def connect(at: Context, token: str, calls: Calls | None = None, pause: float = _PAUSE) -> Connection:
    """A connection that has asked nothing yet but who we are. Raises GitHubError."""
    calls = calls or Calls(hidden=token)
    client = Github(
        auth=Auth.Token(token),
        base_url=at.api,
        timeout=_SECONDS,
        user_agent=f"migration-lint/{migration_lint.__version__}",
        per_page=100,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=pause,
        lazy=True,
    )
    repository = client.get_repo(at.repository)
    try:
        return Connection(repository, calls, calls.read(lambda: client.get_user().login))
    except Refused:  # an app, such as the one whose token a workflow gets, is no user
        return Connection(repository, calls)


def pull_request(connection: Connection, at: Context) -> tuple[PullRequest | None, str]:
    """The open pull request whose head is the commit, or None and why there is none. Raises GitHubError.

    The commit comes from the event. A newer one has a newer report, which this one must not replace.
    """
    calls, repository = connection.calls, connection.repository
    if at.number is not None:
        number = at.number
        heads = calls.read(lambda: _with_head([repository.get_pull(number)], at.head))
    elif at.branch is not None:
        branch = at.branch
        pulls = repository.get_pulls(state="open", head=branch)
        heads = calls.read(lambda: _with_head(pulls, at.head))
    else:
        return None, "this is no pull request"
    if len(heads) == 1:
        return heads[0], ""
    if not heads:
        return None, f"no open pull request has {at.head} as its head: there is a newer one, or it is closed"
    numbers = ", ".join(f"#{pull.number}" for pull in heads)
    return None, f"{at.head} is the head of {numbers}: the report could be about any of them"


def _with_head(pulls: Iterable[PullRequest], head: str) -> list[PullRequest]:
    return [pull for pull in pulls if pull.head.sha == head and pull.state == "open"]
