"""Comments on the lines of a pull request, one for each finding, over all its pushes.

A finding that is still there keeps its comment, whatever line it has moved to; one that is gone takes
its comment along. https://docs.github.com/rest/pulls/comments
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import msgspec
from github.PullRequest import PullRequest
from github.PullRequestComment import PullRequestComment
from msgspec import Struct

from migration_lint.findings import Finding, Report
from migration_lint.linting.decide import counted
from migration_lint.publish.github.bodies import finding_body, fingerprint_in, gone
from migration_lint.publish.github.connection import Connection
from migration_lint.publish.github.diff import ChangedFile, changed_file
from migration_lint.publish.github.errors import Rejected
from migration_lint.publish.github.shown import Shown, to_show
from migration_lint.publish.github.suggestion import suggestion

MOST_ON_LINES = 30
MOST_ON_FILES = 10
"""Of one pull request, over all its pushes: with more, GitHub takes us for abuse, and readers as well."""


class Comment(Struct, frozen=True):
    """A comment to be written. `line` None: at the file as a whole; `first`: of several lines."""

    finding: Finding
    path: str
    body: str
    line: int | None = None
    first: int | None = None


class _User(Struct, frozen=True):
    login: str
    type: str = ""


class _Fields(Struct, frozen=True):
    """What we read of a review comment. PyGithub would ask again for a field that GitHub leaves out."""

    id: int
    body: str = ""
    user: _User | None = None
    line: int | None = None
    subject_type: str = "line"
    in_reply_to_id: int | None = None

    @property
    def folded(self) -> bool:
        """Whether GitHub hides it, as its line has been changed."""
        return self.subject_type == "line" and self.line is None


class Posted(Struct, frozen=True):
    """A comment of ours that is there. `answered`: somebody has replied to it."""

    fields: _Fields
    handle: PullRequestComment
    answered: bool


def post_review(
    report: Report, connection: Connection, pull: PullRequest, name: str, folder: str = ""
) -> Shown:
    """Write what is new, correct what has changed, remove what is gone. Raises GitHubError.

    `folder` holds a checkout of the repository, empty where there is none.
    """
    files = _files(connection, pull)
    posted = _posted(connection, pull, name)
    findings = to_show(report)
    kept: dict[str, Posted] = {}
    left: list[Finding] = []
    on_lines: list[Comment] = []
    on_files: list[Comment] = []
    for finding in findings:
        comment = _comment(finding, files, name, folder)
        current = _current(posted.get(finding.fingerprint, ()))
        if current is not None:
            kept[finding.fingerprint] = current
            _correct(connection, current, comment)
        elif comment is None:
            left.append(finding)
        else:
            (on_files if comment.line is None else on_lines).append(comment)
    room = max(0, MOST_ON_LINES - len(kept))
    left += (comment.finding for comment in on_lines[room:])
    on_files += _write(connection, pull, name, on_lines[:room])
    left += (comment.finding for comment in on_files[MOST_ON_FILES:])
    for comment in on_files[:MOST_ON_FILES]:
        if not _write_on_file(connection, pull, name, comment):
            left.append(comment.finding)
    if not report.errors:  # what could not be checked may still be there
        _clear(connection, posted, kept, {finding.fingerprint for finding in findings})
    written = len(findings) - len(left) - len(kept)
    return Shown(f"{counted(written, 'new comment')}, {counted(len(kept), 'comment')} kept", tuple(left))


def _files(connection: Connection, pull: PullRequest) -> dict[str, ChangedFile]:
    files = connection.calls.read(
        lambda: [
            changed_file(file.filename, file.status, file.patch, file.sha)
            for file in pull.get_files()
            if file.status != "removed"
        ]
    )
    return {file.path: file for file in files}


def _posted(connection: Connection, pull: PullRequest, name: str) -> dict[str, list[Posted]]:
    """Our comments about findings, by fingerprint."""
    comments = connection.calls.read(
        lambda: [(msgspec.convert(handle._rawData, _Fields), handle) for handle in pull.get_review_comments()]
    )
    answered = {fields.in_reply_to_id for fields, _ in comments}
    found: dict[str, list[Posted]] = {}
    for fields, handle in comments:
        fingerprint = fingerprint_in(fields.body, name)
        author = fields.user
        if fingerprint and author is not None and connection.is_ours(author.login, author.type):
            found.setdefault(fingerprint, []).append(Posted(fields, handle, fields.id in answered))
    return found


def _current(posted: Sequence[Posted]) -> Posted | None:
    """The comment that readers see."""
    return next((comment for comment in posted if not comment.fields.folded), None)


def _comment(finding: Finding, files: dict[str, ChangedFile], name: str, folder: str) -> Comment | None:
    """The comment about a finding, None where its file is not in the pull request."""
    file = files.get(finding.span.path)
    if file is None:
        return None
    if suggested := suggestion(finding, file, folder):
        body = finding_body(finding, name, suggested, None)
        return _on_lines(finding, file.path, body, suggested.first, suggested.last)
    span = finding.span
    if file.shows(span.line, span.end_line):
        return _on_lines(
            finding, file.path, finding_body(finding, name, None, None), span.line, span.end_line
        )
    seen = next((line for line in range(span.line, span.end_line + 1) if file.shows(line, line)), None)
    if seen is not None:
        return _on_lines(finding, file.path, finding_body(finding, name, None, None), seen, seen)
    return Comment(finding, file.path, finding_body(finding, name, None, span.line))


def _on_lines(finding: Finding, path: str, body: str, first: int, last: int) -> Comment:
    return Comment(finding, path, body, last, first if first < last else None)


def _correct(connection: Connection, current: Posted, comment: Comment | None) -> None:
    """A kept comment says what a new one would; a suggestion stays as it is with its lines."""
    fields, handle = current.fields, current.handle
    if comment is None or (comment.line is None) != (fields.subject_type == "file"):
        return
    body = fields.body.replace("\r\n", "\n").strip()
    if body != comment.body.strip() and "```suggestion" not in body + comment.body:
        connection.calls.read(lambda: handle.edit(comment.body))


def _write(
    connection: Connection, pull: PullRequest, name: str, comments: Sequence[Comment]
) -> list[Comment]:
    """Write one review; what GitHub does not take at its lines is returned, to stand at its file."""
    if not comments:
        return []
    try:
        connection.calls.write(
            lambda: pull.create_review(
                commit=connection.repository.get_commit(pull.head.sha),
                body=f"migration-lint: {counted(len(comments), 'finding')}",
                event="COMMENT",
                comments=cast(Any, [_request(comment) for comment in comments]),
            ),
            lambda: _are_there(connection, pull, name, comments),
        )
    except Rejected:
        if len(comments) == 1:
            return [_at_file(comments[0], name)]
        half = len(comments) // 2
        return [
            *_write(connection, pull, name, comments[:half]),
            *_write(connection, pull, name, comments[half:]),
        ]
    return []


def _request(comment: Comment) -> dict[str, Any]:
    made = {"path": comment.path, "body": comment.body, "line": comment.line, "side": "RIGHT"}
    if comment.first is not None:
        made |= {"start_line": comment.first, "start_side": "RIGHT"}
    return made


def _at_file(comment: Comment, name: str) -> Comment:
    body = finding_body(comment.finding, name, None, comment.finding.span.line)
    return Comment(comment.finding, comment.path, body)


def _write_on_file(connection: Connection, pull: PullRequest, name: str, comment: Comment) -> bool:
    try:
        connection.calls.write(
            lambda: pull.create_review_comment(
                comment.body, pull.head.sha, comment.path, subject_type="file"
            ),
            lambda: _are_there(connection, pull, name, [comment]),
        )
    except Rejected:
        return False
    return True


def _are_there(
    connection: Connection, pull: PullRequest, name: str, comments: Sequence[Comment]
) -> object | None:
    """Something where the comments have been written after all, None where they have not."""
    posted = _posted(connection, pull, name)
    there = all(_current(posted.get(comment.finding.fingerprint, ())) for comment in comments)
    return posted if there else None


def _clear(
    connection: Connection, posted: dict[str, list[Posted]], kept: dict[str, Posted], wanted: set[str]
) -> None:
    """Remove comments about what is gone, and folded ones that have a new one; what was answered stays."""
    for fingerprint, comments in posted.items():
        for comment in comments:
            if comment is kept.get(fingerprint):
                continue
            if not comment.answered:
                connection.calls.remove(comment.handle.delete)
            elif fingerprint not in wanted:
                connection.calls.read(partial(comment.handle.edit, gone(comment.fields.body)))
