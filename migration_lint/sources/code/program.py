"""What was found in a migration that is a program, and the scripts that come of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from migration_lint.model import Document, DownOrigin, Error, Script, TransactionMode
from migration_lint.sources.code.tree import Tree
from migration_lint.sources.derived import Comment, Derived, script
from migration_lint.sources.scripts import error_at
from migration_lint.sources.sql_files import Built

_NAMED = 3
_LONGEST = 60


class Unread(Struct, frozen=True):
    """What was not understood: the offset, and what stands there."""

    at: int
    what: str


class Way(Struct, frozen=True):
    """One direction: its statements in order, and what of it was not understood."""

    statements: tuple[Derived, ...] = ()
    unread: tuple[Unread, ...] = ()


class Program(Struct, frozen=True):
    """A migration: `down` is None where there is no way back.

    `reversible`: the tool works out the way back itself. `outside`: not in a transaction.
    """

    up: Way
    down: Way | None = None
    reversible: bool = False
    outside: bool = False


def built(tree: Tree, program: Program, hint: str) -> Built:
    """The scripts of a program, and one error for all of it that was not understood."""
    document, up, down = tree.document, program.up, program.down
    mine, theirs = _shared(document, tree.comments, up.statements, down.statements if down else ())
    unread = [*up.unread, *(down.unread if down else ())]
    if (mistake := tree.mistake()) is not None:
        unread.append(Unread(mistake, f"what makes no sense from line {document.line_of(mistake)} on"))
    origin = None
    if down is not None:
        origin = DownOrigin.DERIVED if program.reversible else DownOrigin.WRITTEN
    return Built(
        _script(document, up, mine, program.outside),
        _script(document, down, theirs, program.outside) if down is not None else None,
        gaps=(_told(tree, unread, hint),) if unread else (),
        down_origin=origin,
    )


def _script(document: Document, way: Way, comments: Sequence[Comment], outside: bool) -> Script:
    mode = TransactionMode.ONE
    if outside:  # each call is sent by itself, and what is in one is sent whole
        mode = TransactionMode.NONE if len(way.statements) == 1 else TransactionMode.EACH
    return script(document, way.statements, comments, mode)


def _shared(
    document: Document, comments: Sequence[Comment], up: Sequence[Derived], down: Sequence[Derived]
) -> tuple[list[Comment], list[Comment]]:
    """The comments that speak of up, and of down: of what stands below or beside them."""
    mine: list[Comment] = []
    theirs: list[Comment] = []
    places = sorted([(each.end, True) for each in up] + [(each.end, False) for each in down])
    for comment in comments:
        line = document.line_of(comment.start)
        whose = next((is_up for end, is_up in places if document.line_of(end) >= line), True)
        everywhere = "ignore-file" in comment.text.split("[")[0]
        if whose or everywhere:
            mine.append(comment)
        if not whose or (everywhere and down):
            theirs.append(comment)
    return mine, theirs


def _told(tree: Tree, unread: Sequence[Unread], hint: str) -> Error:
    in_order = sorted(unread, key=lambda each: each.at)
    names = list(dict.fromkeys(each.what for each in in_order))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    what = ", ".join(names[:_NAMED])
    return error_at(tree.document, in_order[0].at, f"{tree.language} that is not read: {what}{more}. {hint}")


def shown(text: str) -> str:
    """A piece of a program in a message: its first line, in backticks."""
    line = text.strip().partition("\n")[0].strip()
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST - 1]}…"
    return f"`{line}`"
