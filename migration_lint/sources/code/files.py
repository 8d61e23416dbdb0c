"""What the tools have in common whose migrations are programs, each a file of one folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from migration_lint.model import Document, Error
from migration_lint.sources.folder import Folder, base, outer_named
from migration_lint.sources.source import Reading, Request
from migration_lint.sources.sql_files import Built, Named, SqlFiles, with_nested

if TYPE_CHECKING:
    from migration_lint.sources.code.javascript import Parsed
    from migration_lint.sources.code.program import Program
    from migration_lint.sources.code.tree import Tree

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


class NumberedPrograms(SqlFiles):
    """Base of the tools whose programs have a number in front, in a folder and in those below it."""

    precedence = 20

    file: re.Pattern[str]
    """A file's name; its first group is the number."""
    mark: re.Pattern[str]
    """What a migration has in it."""
    place: re.Pattern[str]
    """The name of the folder that holds all of them."""
    hint: str
    """How to have it checked all the same."""

    def program(self, document: Document) -> tuple[Tree, Program] | Error:
        """What a file runs, or why that is not known."""
        raise NotImplementedError

    def recognises(self, folder: Folder) -> str | None:
        """A numbered file with the tool's mark in it."""
        for name, text in folder.programs:
            if self.file.match(name) and (found := self.mark.search(text)):
                return f"{found.group().strip()} in {name}"
        return None

    def home(self, folder: Folder) -> str | None:
        """The folder of that name, with all below it."""
        if self.recognises(folder) is None:
            return None
        return outer_named(folder.path, self.place) or folder.path

    def named(self, file: str) -> Named | None:
        """No SQL file is run by itself."""
        return None

    def named_code(self, file: str) -> Named | None:
        """The number that the name begins with."""
        match = self.file.match(base(file))
        if match is None:
            return None
        return Named(base(file).rpartition(".")[0], int(match.group(1)), (match.group(1), file))

    def read(self, folder: Folder, request: Request) -> Sequence[Reading]:
        """One migration per file, in the sub-folders too."""
        return (with_nested(self, folder, request),)

    def built(self, document: Document, request: Request) -> Sequence[Built]:
        """A migration that has no name."""
        return self.built_code(document, request)

    def built_code(self, document: Document, request: Request) -> Sequence[Built]:
        """The SQL that the program executes, as far as it is written out."""
        from migration_lint.sources.code.program import built

        found = self.program(document)
        if isinstance(found, Error):
            return [Built(None, gaps=(found,))]
        return [built(*found, self.hint)]
