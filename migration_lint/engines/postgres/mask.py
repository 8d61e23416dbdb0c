"""What stands in migration files and is not SQL: psql's commands, COPY data, template placeholders.

Each is blanked by text of the same length, so that every offset stays where it was.
"""

from __future__ import annotations

import re

from msgspec import Struct

from migration_lint.placeholders import PLACEHOLDER, identifier

_COPY = re.compile(
    r"""^[ \t]*copy\b(?:[^;']|'[^']*')*?\bfrom\s+stdin\b(?:[^;']|'[^']*')*;[ \t]*\r?\n
        (?P<data>.*?)(?:^\\\.[ \t]*(?:\r?\n|\Z)|\Z)""",
    re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_COMMAND = re.compile(r"^[ \t]*\\(?P<name>[a-zA-Z!?.]+)[^\n]*", re.MULTILINE)
_ALWAYS = re.compile(r"\s*\\if\s+(?:t(?:r(?:u(?:e)?)?)?|y(?:e(?:s)?)?|on|1)\s*", re.IGNORECASE)
_SEND = re.compile(r"\\(?:gexec|gset|gx|gdesc|crosstabview|watch|g)\b[^\n]*")
_QUIET = frozenset(
    """
    . ! ? a c C cd d echo encoding f H html l o p pset q qecho r reset restrict set setenv t T
    timing unrestrict unset warn x z prompt errverbose
    """.split()
) - {"c", "!"}
_REASONS = {
    "i": "runs another file, which was not read",
    "ir": "runs another file, which was not read",
    "include": "runs another file, which was not read",
    "include_relative": "runs another file, which was not read",
    "gexec": "runs SQL that a query makes, which only the server sees",
    "copy": "loads or stores rows through psql",
    "c": "connects to another database, so what follows is not about this one",
    "connect": "connects to another database, so what follows is not about this one",
    "if": "makes the statements after it conditional; all of them are read as if they ran",
    "elif": "makes the statements after it conditional; all of them are read as if they ran",
    "else": "makes the statements after it conditional; all of them are read as if they ran",
    "!": "runs a command of the shell",
}


class Masked(Struct, frozen=True):
    """`text` as long as the original; `notes` are (offset, reason) of what a reader must know."""

    text: str
    notes: tuple[tuple[int, str], ...] = ()


def mask_psql(text: str) -> Masked:
    """Without psql's backslash commands and the data of ``COPY … FROM stdin``.

    https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMANDS
    """
    notes: list[tuple[int, str]] = []
    text = _COPY.sub(_without_data, text)

    def without_command(match: re.Match[str]) -> str:
        name = match["name"]
        if name in ("endif", "g", "gx", "gset", "gdesc", "watch", "gexec", "crosstabview"):
            if name == "gexec":
                notes.append((match.start("name") - 1, rf"psql's \{name} {_REASONS[name]}"))
            return _sent(match.group()) if name != "endif" else _blank(match.group())
        if name not in _QUIET and not _ALWAYS.fullmatch(match.group()):
            reason = _REASONS.get(name, "is a command that is not known here")
            notes.append((match.start("name") - 1, rf"psql's \{name} {reason}"))
        return _blank(match.group())

    def without_send(match: re.Match[str]) -> str:
        if match.group().startswith(r"\gexec"):
            notes.append((match.start(), rf"psql's \gexec {_REASONS['gexec']}"))
        return _sent(match.group())

    text = _COMMAND.sub(without_command, text)
    text = _SEND.sub(without_send, text)
    return Masked(text, tuple(notes))


def mask_placeholders(text: str) -> Masked:
    """With an identifier of the same length in place of each template placeholder."""
    notes: list[tuple[int, str]] = []

    def named(match: re.Match[str]) -> str:
        found = match.group()
        shown = " ".join(found.split())
        notes.append((match.start(), f"the placeholder {shown[:60]} is not filled in"))
        if found.startswith(("{%", "<%")) and not found.startswith("<%="):
            return _blank(found)
        return identifier(found)

    return Masked(PLACEHOLDER.sub(named, text), tuple(notes))


def _without_data(match: re.Match[str]) -> str:
    whole = match.group()
    head = match.start("data") - match.start()
    return whole[:head] + _blank(whole[head:])


def _blank(text: str) -> str:
    return "".join(mark if mark in "\r\n" else " " for mark in text)


def _sent(text: str) -> str:
    blank = _blank(text)
    at = len(text) - len(text.lstrip())
    return blank[:at] + ";" + blank[at + 1 :]
