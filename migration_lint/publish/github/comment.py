"""One comment that sums up, kept up to date: a new one at every push would be noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_lint.findings import Report
from migration_lint.publish.github.bodies import BODY, summary_mark
from migration_lint.publish.github.connection import Connection
from migration_lint.publish.github.shown import Shown
from migration_lint.report import formats
from migration_lint.report.view import View

if TYPE_CHECKING:
    from github.IssueComment import IssueComment
    from github.PullRequest import PullRequest


def post_comment(report: Report, view: View, connection: Connection, pull: PullRequest, name: str) -> Shown:
    """Write the comment, or bring it up to date. Raises GitHubError.

    Without findings none is begun. What was found before is not left standing.
    """
    calls = connection.calls
    mark = summary_mark(name)
    ours = _ours(connection, pull, mark)
    clean = not (report.findings or report.errors or report.verdicts)
    if clean and not ours:
        return Shown("nothing to comment on")
    body = f"{mark}\n{_text(report, view, BODY - len(mark) - 1)}"
    if not ours:
        calls.write(lambda: pull.create_issue_comment(body), lambda: _first(connection, pull, mark))
        return Shown("commented")
    kept, *doubles = ours
    for double in doubles:
        calls.remove(double.delete)
    if _same(kept.body, body):
        return Shown("the comment is up to date")
    calls.read(lambda: kept.edit(body))
    return Shown("brought the comment up to date")


def _text(report: Report, view: View, room: int) -> str:
    from msgspec.structs import replace

    return formats.by_name("markdown").render(report, replace(view, room=room)).strip("\n")


def _ours(connection: Connection, pull: PullRequest, mark: str) -> list[IssueComment]:
    """Our comments, oldest first. Others may quote or forge the mark, so the author counts too."""

    def is_ours(comment: IssueComment) -> bool:
        author = comment.user
        marked = (comment.body or "").splitlines()[:1] == [mark]
        return marked and author is not None and connection.is_ours(author.login, author.type)

    return connection.calls.read(lambda: list(filter(is_ours, pull.get_issue_comments())))


def _first(connection: Connection, pull: PullRequest, mark: str) -> IssueComment | None:
    return next(iter(_ours(connection, pull, mark)), None)


def _same(one: str, other: str) -> bool:
    """Whether two bodies say the same. GitHub trims them and may change line breaks."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
