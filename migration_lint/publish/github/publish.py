"""Shows a report in the places that were chosen; what cannot be shown there is shown elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from migration_lint.findings import Finding, Report
from migration_lint.linting.decide import counted
from migration_lint.publish.github import fallback
from migration_lint.publish.github.check_run import post_check_run
from migration_lint.publish.github.comment import post_comment
from migration_lint.publish.github.connection import Connection, pull_request
from migration_lint.publish.github.context import Context
from migration_lint.publish.github.errors import Failed, GitHubError, Refused
from migration_lint.publish.github.review import post_review
from migration_lint.publish.github.shown import Shown
from migration_lint.report.view import View


class Places(Struct, frozen=True):
    """Where to show a report, and the name that tells it from another report about the same commit."""

    check_run: bool = False
    review: bool = False
    comment: bool = False
    name: str = "migration-lint"


class Published(Struct, frozen=True):
    """What was done. `commands` are for standard output, where GitHub's runner reads them.

    `complete` is False where GitHub did not answer; that it refused does not count.
    """

    commands: str
    notes: tuple[str, ...]
    complete: bool


class _Attempt(Struct, frozen=True):
    """`left` are the findings that are not shown there, None where nothing is."""

    note: str
    left: tuple[Finding, ...] | None = None
    answered: bool = True


def publish(
    report: Report,
    places: Places,
    view: View,
    at: Context,
    connecting: Callable[[], Connection],
    summary: str | None = None,
) -> Published:
    """Show the report.

    What has no place there becomes workflow commands, and all of it goes to the job's `summary` (a
    file): nothing is lost, and that a token may do less than was hoped for is no failure.
    """
    attempts = list(_attempts(report, places, view, at, connecting))
    notes = [attempt.note for attempt in attempts]
    complete = all(attempt.answered for attempt in attempts)
    left = [finding for attempt in attempts for finding in attempt.left or ()]
    if any(attempt.left is None for attempt in attempts):
        notes.append("as annotations and in the job's summary instead")
        commands = fallback.commands(report, view)
    elif left:
        notes.append(f"{counted(len(left), 'finding')} found no room there: annotations instead")
        commands = fallback.commands(fallback.only(report, left), view)
    else:
        return Published("", tuple(notes), complete)
    if summary:
        try:
            fallback.write_step_summary(report, view, summary)
        except OSError as error:
            notes.append(f"the job's summary cannot be written: {error.strerror}")
            complete = False
    return Published(commands, tuple(notes), complete)


def _attempts(
    report: Report, places: Places, view: View, at: Context, connecting: Callable[[], Connection]
) -> Iterator[_Attempt]:
    try:
        connection = connecting()
    except GitHubError as error:
        yield _failed("GitHub", error)
        return
    if places.check_run:
        yield _attempt("check run", lambda: post_check_run(report, view, connection, at, places.name))
    if not (places.review or places.comment):
        return
    try:
        pull, why = pull_request(connection, at)
    except GitHubError as error:
        yield _failed("pull request", error)
        return
    if pull is None:
        yield _Attempt(f"pull request: {why}")
        return
    if places.review:
        folder = view.root if at.trusted else ""
        yield _attempt("review", lambda: post_review(report, connection, pull, places.name, folder))
    if places.comment:
        yield _attempt("comment", lambda: post_comment(report, view, connection, pull, places.name))


def _attempt(place: str, show: Callable[[], Shown]) -> _Attempt:
    try:
        shown = show()
    except GitHubError as error:
        return _failed(place, error)
    return _Attempt(f"{place}: {shown.what}", shown.left)


def _failed(place: str, error: GitHubError) -> _Attempt:
    if isinstance(error, Refused):
        why = "the token may not do that: a pull request from a fork, or a job without the permission"
        return _Attempt(f"{place}: {error} ({why})")
    return _Attempt(f"{place}: {error}", answered=not isinstance(error, Failed))
