"""A script as the client reads it: statements, DELIMITER, comments.

What is cut out keeps its length: every comment, and the marks of executable comments that this server
runs, become blanks, so that an offset in a statement is an offset in the script.
https://dev.mysql.com/doc/refman/8.4/en/comments.html, https://dev.mysql.com/doc/refman/8.4/en/mysql-commands.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from migration_lint.engines.mysql.server import Server

_COMMAND = re.compile(r"[ \t]*delimiter(?:[ \t]+(\S+))?[^\n]*", re.IGNORECASE)
_OTHER_COMMAND = re.compile(
    r"[ \t]*(?:\\[.!tTuRrs#][^\n]*|(?:source|prompt|tee|notee|pager|nopager)\b[^\n;]*)", re.IGNORECASE
)
_DASHES = re.compile(r"--(?=[\s\x00-\x1f]|\Z)")
_EXECUTABLE = re.compile(r"/\*(M?!)(\d{5,6})?", re.IGNORECASE)
_MODE = re.compile(r"\bset\b.*\bsql_mode\s*:?=\s*(['\"])(?P<modes>.*?)\1", re.IGNORECASE | re.DOTALL)
_ROUTINE = re.compile(
    r"\s*create\b(?:(?!;).)*?\b(?:procedure|function|trigger|event|package)\b", re.IGNORECASE | re.DOTALL
)
_BLOCK = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`"""
    r"|\b(?:end\s+(?:if|loop|repeat|while|case)|begin|case|end)\b",
    re.IGNORECASE | re.DOTALL,
)


class Modes(Struct, frozen=True):
    """What of ``sql_mode`` changes how text is read."""

    ansi_quotes: bool = False
    no_backslash_escapes: bool = False


class Piece(Struct, frozen=True):
    """One statement: ``sql`` is ``script[start:end]`` with comments blanked; `modes` are how to read it."""

    start: int
    end: int
    sql: str
    modes: Modes = Modes()


class Unclosed(Struct, frozen=True):
    """A quote or comment that nothing closes: the character where it opens, and what it is."""

    at: int
    what: str


def split(text: str, server: Server) -> tuple[list[Piece], list[Unclosed]]:
    """The statements of a script, in order, and what is open at its end."""
    reader = _Reader(text, server)
    return list(reader.pieces()), reader.unclosed


class _Reader:
    """One pass over a script."""

    def __init__(self, text: str, server: Server) -> None:
        self.text = text
        self.server = server
        self.blank = [*text]
        self.delimiter = ";"
        self.modes = Modes()
        self.unclosed: list[Unclosed] = []
        self._interesting = self._pattern()

    def _pattern(self) -> re.Pattern[str]:
        marks = ["'", '"', "`", _DASHES.pattern, r"\#", r"/\*", r"\*/", re.escape(self.delimiter)]
        if self.delimiter == ";":
            marks.append(r"\\[gG](?=\s|\Z)")
        return re.compile("|".join(sorted(marks, key=lambda mark: mark != re.escape(self.delimiter))))

    def pieces(self) -> Iterator[Piece]:
        at, size = 0, len(self.text)
        while at < size:
            at = self._after_blank(at)
            if at >= size:
                return
            command = self._command(at)
            if command is not None:
                at = command
                continue
            end, after = self._statement(at)
            piece = self._piece(at, end)
            if piece is not None:
                yield piece
                self._note_modes(piece.sql)
            at = max(after, at + 1)

    def _command(self, at: int) -> int | None:
        """The end of a client command that starts here, at the beginning of a line."""
        line = self.text.rfind("\n", 0, at) + 1
        if self.text[line:at].strip():
            return None
        match = _COMMAND.match(self.text, at)
        if match:
            if match[1]:
                self.delimiter = match[1]
                self._interesting = self._pattern()
            return match.end()
        match = _OTHER_COMMAND.match(self.text, at)
        return match.end() if match else None

    def _after_blank(self, at: int) -> int:
        """Past blanks and plain comments."""
        text, size = self.text, len(self.text)
        while at < size:
            if text[at].isspace():
                at += 1
            elif text[at] == "#" or _DASHES.match(text, at):
                at = self._line_comment(at)
            elif text.startswith("/*", at) and not self._runs(at):
                at = self._block_comment(at)
            else:
                break
        return at

    def _runs(self, at: int) -> bool:
        match = _EXECUTABLE.match(self.text, at)
        return match is not None and self.server.runs_comment(match[1], int(match[2]) if match[2] else None)

    def _statement(self, at: int) -> tuple[int, int]:
        """(end of the statement, where the next begins)."""
        start, text = at, self.text
        open_at: int | None = None
        while True:
            found = self._interesting.search(text, at)
            if found is None:
                if open_at is not None:
                    self.unclosed.append(Unclosed(open_at, "a comment"))
                return len(text), len(text)
            mark, at = found.group(), found.end()
            if mark in ("'", '"', "`"):
                at = self._quote(found.start(), mark)
            elif mark.startswith(("--", "#")):
                at = self._line_comment(found.start())
            elif mark == "/*":
                executable = _EXECUTABLE.match(text, found.start())
                if executable and self._runs(found.start()):
                    self._wipe(executable.start(), executable.end())
                    open_at, at = found.start(), executable.end()
                else:
                    at = self._block_comment(found.start())
            elif mark == "*/":
                if open_at is not None:
                    self._wipe(found.start(), at)
                    open_at = None
            elif not (mark == ";" and self._inside_body(start, found.start())):
                return found.start(), at

    def _inside_body(self, start: int, end: int) -> bool:
        """Whether a semicolon stands in a routine's body, in a script that a tool splits by its blocks."""
        sql = "".join(self.blank[start:end])
        if not _ROUTINE.match(sql):
            return False
        depth = 0
        for word in _BLOCK.findall(sql):
            lower = word.lower()
            if lower in ("begin", "case"):
                depth += 1
            elif lower == "end" or (lower.startswith("end") and lower.split()[-1] == "case"):
                depth -= 1
        return depth > 0

    def _quote(self, start: int, mark: str) -> int:
        text, at = self.text, start + 1
        escapes = mark == "'" or (mark == '"' and not self.modes.ansi_quotes)
        escapes = escapes and not self.modes.no_backslash_escapes
        while at < len(text):
            if escapes and text[at] == "\\":
                at += 2
            elif text[at] == mark:
                if text.startswith(mark, at + 1):
                    at += 2
                else:
                    return at + 1
            else:
                at += 1
        self.unclosed.append(Unclosed(start, "a quote"))
        return len(text)

    def _line_comment(self, start: int) -> int:
        end = self.text.find("\n", start)
        end = len(self.text) if end < 0 else end
        self._wipe(start, end)
        return end

    def _block_comment(self, start: int) -> int:
        end = self.text.find("*/", start + 2)
        if _EXECUTABLE.match(self.text, start):  # one that is not run may hold plain ones
            inner = self.text.find("/*", start + 2)
            while 0 <= inner < end:
                end = self.text.find("*/", end + 2)
                inner = self.text.find("/*", inner + 2)
        if end < 0:
            self.unclosed.append(Unclosed(start, "a comment"))
        end = len(self.text) if end < 0 else end + 2
        self._wipe(start, end)
        return end

    def _wipe(self, start: int, end: int) -> None:
        for at in range(start, end):
            if self.blank[at] != "\n":
                self.blank[at] = " "

    def _piece(self, start: int, end: int) -> Piece | None:
        while end > start and self.blank[end - 1].isspace():
            end -= 1
        sql = "".join(self.blank[start:end])
        return Piece(start, end, sql, self.modes) if sql.strip() else None

    def _note_modes(self, sql: str) -> None:
        match = _MODE.match(sql.lstrip())
        if match:
            modes = {mode.strip().upper() for mode in match["modes"].split(",")}
            self.modes = Modes(bool(modes & {"ANSI", "ANSI_QUOTES"}), "NO_BACKSLASH_ESCAPES" in modes)
