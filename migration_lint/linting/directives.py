"""Comments that tell a linter to be quiet: ours, and those of other tools.

Ours, on the statement, at the end of its last line, or directly above it::

    -- migration-lint: ignore[drop-column, rename-table] the old code is gone since 2024-03
    -- migration-lint: ignore-file[drop-column] why

Other tools' comments are honoured, so that a team can move over in a day::

    -- squawk-ignore ban-drop-column        https://squawkhq.com/docs/cli
    -- squawk-ignore-file ban-drop-column
    -- eugene: ignore E5, W12               https://kaveland.no/eugene
    -- pgfence-ignore: drop-column
    -- atlas:nolint DS103                   https://atlasgo.io/lint/analyzers
    -- pgls-ignore lint/safety/banDropColumn: why
    -- pgsafe:ignore drop-column why
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from migration_lint.linting.comments import comments
from migration_lint.model import Script, Span, Step

OWN = "migration-lint"
IRREVERSIBLE = "irreversible"
"""``migration-lint: irreversible REASON``: the migration owns up to what no down script undoes."""
_MARKERS = (OWN, "squawk-ignore", "eugene", "pgfence", "atlas:nolint", "pgls-ignore", "pgsafe:ignore")
_OWN = re.compile(r"migration-lint\s*:\s*(?P<body>.*)", re.DOTALL)
_BODY = re.compile(
    r"ignore(?P<file>-file)?\s*(?:\[(?P<names>[^\]]*)\])?(?![\w\[-])\s*(?P<reason>.*)", re.DOTALL
)
_FOREIGN = (
    ("squawk", re.compile(r"squawk-ignore(?P<file>-file)?(?![\w-])(?P<names>.*)", re.DOTALL)),
    ("eugene", re.compile(r"eugene\s*:\s*ignore(?![\w-])(?P<names>.*)", re.DOTALL)),
    ("pgfence", re.compile(r"pgfence(?:-ignore|\s*:\s*ignore)(?![\w-])(?P<names>.*)", re.DOTALL)),
    ("atlas", re.compile(r"atlas:nolint(?![\w-])(?P<names>.*)", re.DOTALL)),
    ("pgls", re.compile(r"pgls-ignore(?P<file>-all)?(?![\w-])(?P<names>.*)", re.DOTALL)),
    ("pgsafe", re.compile(r"pgsafe:ignore(?P<file>-file)?(?![\w-])(?P<names>.*)", re.DOTALL)),
)
_COPY_END = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)
_FOLLOWING = 100
"""A comment with more comments than that between it and a statement is not about the statement."""
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


class Directive(Struct, frozen=True):
    """One such comment. `names` are as written; empty means every rule of `tool`.

    `statement` are the document's offsets of the statement that it is about, None for a whole file
    (`file`) or where there is no statement. `problem` says why ours could not be read.
    """

    span: Span
    tool: str
    names: tuple[str, ...]
    file: bool = False
    reason: str | None = None
    statement: tuple[int, int] | None = None
    problem: str | None = None


def directives(script: Script, steps: Sequence[Step]) -> list[Directive]:
    """The directives of a script, whose statements are `steps`."""
    sql = script.sql
    if not any(marker in sql for marker in _MARKERS):
        return []
    bounds = [(step.start, step.end) for step in steps]
    found = [(start, end) for start, end in _comments(sql, bounds)]
    made = []
    for start, end in found:
        directive = _parsed(_content(sql[start:end]), script.span(start, end))
        if directive is None:
            continue
        if directive.tool == "atlas" and _heads_file(sql, end, bounds):
            made.append(_replaced(directive, file=True))
        elif directive.file:
            made.append(directive)
        else:
            number = _statement(sql, start, end, bounds, found)
            span = None if number is None else steps[number].span
            made.append(_replaced(directive, statement=None if span is None else (span.start, span.end)))
    return made


def _comments(sql: str, bounds: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Statement by statement, so that what lies between them (COPY data) misleads nobody."""
    at = 0
    for start, end in bounds:
        yield from _between(sql, at, start)
        yield from comments(sql, start, end)
        at = end
    yield from _between(sql, at, len(sql))


def _between(sql: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for data_end in _COPY_END.finditer(sql, start, end):
        start = data_end.end()
    return comments(sql, start, end)


def _statement(
    sql: str,
    start: int,
    end: int,
    bounds: Sequence[tuple[int, int]],
    found: Sequence[tuple[int, int]],
) -> int | None:
    """The number of the statement that a comment is about, None for none."""
    number = bisect_right(bounds, (start, len(sql))) - 1
    if number >= 0 and start < bounds[number][1]:
        return number
    following = number + 1
    has_next = following < len(bounds)
    if has_next and "\n" not in sql[end : bounds[following][0]]:
        return following
    if number >= 0 and "\n" not in sql[bounds[number][1] : start]:
        return number
    if has_next and _adjoins(sql, end, bounds[following][0], found):
        return following
    return None


def _adjoins(sql: str, start: int, end: int, found: Sequence[tuple[int, int]]) -> bool:
    """Whether only further comment lines stand between, and no blank line."""
    kept = []
    first = bisect_right(found, (start, 0))
    for comment_start, comment_end in found[first : first + _FOLLOWING + 1]:
        if comment_start >= end:
            break
        kept.append(sql[start:comment_start])
        start = comment_end
    kept.append(sql[start:end])
    between = "#".join(kept)
    return not between.replace("#", "").strip() and not _BLANK_LINE.search(between)


def _heads_file(sql: str, end: int, bounds: Sequence[tuple[int, int]]) -> bool:
    """Atlas: a comment above the first statement, with a blank line after its block."""
    first = bounds[0][0] if bounds else len(sql)
    return end <= first and _BLANK_LINE.search(sql, end, first) is not None


def _content(comment: str) -> str:
    if comment.startswith("--"):
        return comment.lstrip("-").strip()
    return comment[2:].removesuffix("*/").strip("* \t\r\n")


def _parsed(content: str, span: Span) -> Directive | None:
    own = _OWN.match(content)
    if own and own.group("body").startswith(IRREVERSIBLE):
        return None  # it speaks to the checklist
    if own:
        return _own(own.group("body"), span)
    for tool, pattern in _FOREIGN:
        match = pattern.match(content)
        if match:
            groups = match.groupdict()
            return Directive(span, tool, _words(groups["names"]), bool(groups.get("file")), content)
    return None


def _own(body: str, span: Span) -> Directive:
    match = _BODY.match(body)
    if match is None:
        return Directive(span, OWN, (), problem="write ignore[rule] or ignore-file[rule], then the reason")
    names = _words(match.group("names") or "")
    reason = " ".join(match.group("reason").split()).lstrip(":-\u2013\u2014 ") or None
    problem = None if names else "it names no rule: write ignore[rule], then the reason"
    return Directive(span, OWN, names, bool(match.group("file")), reason, problem=problem)


def _words(text: str) -> tuple[str, ...]:
    """Names, with commas or spaces between them; what follows a second dash is talk."""
    words = text.partition("--")[0].replace(",", " ").split()
    return tuple(filter(None, (word.removeprefix("lint/safety/").strip(":") for word in words)))


def _replaced(directive: Directive, **changes: object) -> Directive:
    from msgspec.structs import replace

    return replace(directive, **changes)
