"""The texts of comments, and the hidden marks by which we find them again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_lint.errors import UsageError
from migration_lint.findings import Finding
from migration_lint.publish.github.suggestion import Suggestion
from migration_lint.report.escape import markdown, markdown_block, markdown_code
from migration_lint.report.wording import doubt, safe_way

BODY = 65_536
"""Characters of a comment that GitHub takes."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,59}")
_FINDING = re.compile(r"<!-- migration-lint:finding:1 name=(.*?) id=([0-9a-f]{8,64}) -->")
_GONE = "<!-- migration-lint:gone:1 -->\n*Found no more.*\n\n"
_TOO_LONG = "\n\n*Shortened: the report has all of it.*"


def check_name(name: str) -> None:
    """Raise UsageError for a name that cannot stand in a hidden mark."""
    if not _NAME.fullmatch(name) or "--" in name:
        raise UsageError(f"--name: {name!r}: letters, digits, spaces, '.', '_' and single '-', at most 60")


def summary_mark(name: str) -> str:
    """The first line of the comment that sums up."""
    return f"<!-- migration-lint:summary:1 name={name} -->"


def finding_mark(name: str, fingerprint: str) -> str:
    """The first line of a comment about a finding. It has no line number, as lines move."""
    return f"<!-- migration-lint:finding:1 name={name} id={fingerprint} -->"


def fingerprint_in(body: str, name: str) -> str | None:
    """The finding that a comment of ours is about; None for any other comment."""
    match = _FINDING.match(body)
    return match[2] if match and match[1] == name else None


def gone(body: str) -> str:
    """The comment about a finding that is there no more, for those who discussed it."""
    return _GONE + body.partition("\n")[2]


def finding_body(finding: Finding, name: str, suggested: Suggestion | None, line: int | None) -> str:
    """A comment about a finding. `line`: where it is, for a comment that stands at the file as a whole."""
    text = "\n".join(_finding(finding, suggested, line))
    mark = finding_mark(name, finding.fingerprint)
    room = BODY - len(mark) - len(_TOO_LONG) - 10
    if len(text) > room:
        text = "\n".join(_finding(finding, None, line, brief=True))[:room] + _TOO_LONG
    return f"{mark}\n{text}"


def _finding(
    finding: Finding, suggested: Suggestion | None, line: int | None, *, brief: bool = False
) -> Iterator[str]:
    where = f" in line {line}" if line is not None else ""
    yield f"**{finding.severity.value}** {markdown_code(finding.rule)}{where}: {markdown(finding.why)}"
    if doubt(finding):
        yield ""
        yield f"*{doubt(finding)}*"
    prose, sql = safe_way(finding)
    if prose and not brief:
        yield ""
        yield f"**Safe way:** {markdown(prose)}"
    if sql and not brief:
        yield ""
        yield from markdown_block(sql, "sql")
    if suggested is not None and finding.fix is not None:
        yield ""
        yield f"{markdown(finding.fix.title)}" + (
            "" if finding.fix.safety == "safe" else " (look at it first: it may change what is meant)"
        )
        yield ""
        yield from _suggestion(suggested)


def _suggestion(suggested: Suggestion) -> list[str]:
    """https://docs.github.com/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests"""
    if suggested.text is None:
        return ["```suggestion", "```"]
    longest = max((len(run) for run in re.findall("`+", suggested.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}suggestion", suggested.text, fence]
