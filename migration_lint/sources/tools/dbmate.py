"""dbmate: ``20240102030405_create_users.sql`` with ``-- migrate:up`` and ``-- migrate:down`` in it.

A block is sent whole, in a transaction of its own unless its mark says ``transaction:false``. The
server then still wraps several statements in one (seen with dbmate 2.35 on PostgreSQL 15).
https://github.com/amacneil/dbmate#migration-options
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_lint.model import Document, Error, TransactionMode
from migration_lint.sources.folder import Folder
from migration_lint.sources.marks import says_nothing
from migration_lint.sources.scripts import error_at, section
from migration_lint.sources.source import Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, plain

_NAME = re.compile(r"([0-9]+).*\.sql\Z")
_MARK = re.compile(r"^--[ \t]*migrate:(up|down)(?:[ \t]*\r?$|[ \t]+(\S[^\r\n]*))", re.MULTILINE)
_OPTION = "transaction:"


class Dbmate(SqlFiles):
    """The reader of dbmate's folders."""

    name = "dbmate"
    precedence = 20
    outside_transaction = "marked -- migrate:up transaction:false, with no other statement"
    late = "dbmate runs it after newer ones where those have run, and before them elsewhere"
    duplicate = "dbmate runs only one of them: the version counts as applied"
    form = "NUMBER_name.sql"

    def recognises(self, folder: Folder) -> str | None:
        """dbmate's marks."""
        if any("migrate:up" in text and _MARK.search(text) for text in folder.sample):
            return "-- migrate:up marks"
        return None

    def named(self, file: str) -> Named | None:
        """The digits that the name begins with."""
        match = _NAME.match(file)
        return plain(file, match.group(1)) if match else None

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """The blocks; mostly one pair, but several may follow each other."""
        text = document.text
        marks = list(_MARK.finditer(text))
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        errors: list[Error] = []
        if not marks or marks[0].group(1) == "down":
            why = "dbmate refuses the file: it does not begin with -- migrate:up"
            return [Built(None, None, (Error(document.path, 1, why),))]
        if not says_nothing(text[: marks[0].start()]) or ";" in text[: marks[0].start()]:
            errors.append(Error(document.path, 1, "dbmate refuses the file: it has SQL before -- migrate:up"))
        built: list[Built] = []
        for mark, end in zip(marks, ends, strict=True):
            mode, problem = _mode(document, mark)
            errors += [problem] if problem is not None else []
            script = section(document, [(mark.end(), end)], mode)
            if mark.group(1) == "up":
                built.append(Built(script, None, tuple(errors)))
            elif not says_nothing(script.sql):
                built[-1] = Built(built[-1].up, script, (*built[-1].errors, *errors))
            else:
                continue
            errors = []
        return [*built[:-1], Built(built[-1].up, built[-1].down, (*built[-1].errors, *errors))]


def _mode(document: Document, mark: re.Match[str]) -> tuple[TransactionMode, Error | None]:
    for option in (mark.group(2) or "").split():
        if option == f"{_OPTION}false":
            return TransactionMode.NONE, None
        if option != f"{_OPTION}true":
            why = f"dbmate knows no option {option!r} here: transaction:false is the only one"
            return TransactionMode.ONE, error_at(document, mark.start(), why)
    return TransactionMode.ONE, None


SOURCE = Dbmate()
