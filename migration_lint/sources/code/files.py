"""What the tools have in common whose migrations are JavaScript or TypeScript files of one folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migration_lint.model import Document, Error
from migration_lint.sources.folder import Folder
from migration_lint.sources.source import Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed

CODE = ("cjs", "cts", "js", "mjs", "mts", "ts")
"""The endings of files in these languages."""

_VALUE = r"\s*(?:async\b|function\b|\(|\w+\s*=>)"
_UP = re.compile(rf"\bup\s*(?:\(|:{_VALUE}|(?::[^=;{{}}()]*)?={_VALUE})|\bexports\s*=|\bexport\s+default\b")
_OTHER = re.compile(r"\.(?:d|test|spec)\.\w+\Z|\Aindex\.\w+\Z")


class JavaScriptFiles(SqlFiles):
    """Base of the tools that call the functions ``up`` and ``down`` of JavaScript and TypeScript files."""

    precedence = 20
    code = CODE
    unique = False
    form = "NAME.js or NAME.ts"

    names: re.Pattern[str] = re.compile(r"\A[0-9]")
    """What the tool's own generator has in the names of files."""
    mark: re.Pattern[str]
    """What a migration of this tool has in it, and no other's."""
    sql: re.Pattern[str]
    """The dotted names of calls that run their first argument, of which ``*`` is any."""
    nothing: re.Pattern[str] | None = None
    """The dotted names of calls that change nothing."""
    after: re.Pattern[str] | None = None
    """What an argument after the SQL looks like where it leaves the SQL as it is."""
    hint: str
    """How to have it checked all the same."""

    def recognises(self, folder: Folder) -> str | None:
        """A file with the tool's mark and a function `up` in it."""
        for name, text in folder.programs:
            if name.rpartition(".")[2] in CODE and self.names.search(name) and not _OTHER.search(name):
                found = self.mark.search(text)
                if found is not None and _UP.search(text):
                    return f"{found.group().strip()} in {name}"
        return None

    def named(self, file: str) -> Named | None:
        """No SQL file is run by itself."""
        return None

    def named_code(self, file: str) -> Named | None:
        """Every file in these languages is a migration, and its name is its place in the order."""
        stem, _, ending = file.rpartition(".")
        if ending not in CODE or _OTHER.search(file):
            return None
        number = re.match("[0-9]+", stem)
        return Named(stem, self.version(stem), (file, *((number.group(),) if number else ())))

    def version(self, stem: str) -> int | str:
        """What the tool orders by."""
        return stem

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """A migration that has no name."""
        return self.built_code(document, request)

    def is_outside(self, parsed: Parsed) -> bool:
        """Whether the migration asks for no transaction."""
        return False

    def built_code(self, document: Document, request: Request) -> Sequence[Built]:
        """The SQL that `up` and `down` send, as far as it is written out."""
        from migration_lint.sources.code import javascript
        from migration_lint.sources.code.program import Program, Unread, Way, built

        parsed = javascript.read(document)
        if isinstance(parsed, Error):
            return [Built(None, gaps=(parsed,))]
        calls = javascript.Calls(self.sql, self.nothing, self.after)
        forth = javascript.function(parsed, "up")
        if forth is None:
            missing = (Unread(0, "a file in which no function `up` is written out"),)
            way = Way(unread=missing if parsed.tree.mistake() is None else ())
            return [built(parsed.tree, Program(way), self.hint)]
        up, _ = javascript.way(parsed, forth, calls)
        down = None
        if (back := javascript.function(parsed, "down")) is not None:
            way, refuses = javascript.way(parsed, back, calls)
            down = None if refuses or not (way.statements or way.unread) else way
        return [built(parsed.tree, Program(up, down, outside=self.is_outside(parsed)), self.hint)]
