"""Where text leaves the program."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from migration_lint.errors import UsageError

CI_SERVERS = {"GITHUB_ACTIONS": "github", "TF_BUILD": "azure", "TEAMCITY_VERSION": "teamcity"}
"""The variable that a CI server sets which obeys lines of a log, and the format made for it."""


def write(text: str, *, commands: bool = False) -> None:
    """Write to standard output. A reader that has gone away (``| head``) is no failure.

    Only `commands` reach a CI server's log as they are: nothing else is to be obeyed.
    """
    _put(text if commands else _inert(text), sys.stdout)


def say(line: str) -> None:
    """Write a line to standard error, for people."""
    from migration_lint.report.escape import printable_lines

    _put(_inert("".join(f"{part}\n" for part in printable_lines(line))), sys.stderr)


def save(text: str, path: str) -> None:
    """Write a file. Raises UsageError where that fails."""
    _save(text, path, "w")


def append(text: str, path: str) -> None:
    """Write at the end of a file. Raises UsageError where that fails."""
    _save(text, path, "a")


def _save(text: str, path: str, mode: str) -> None:
    try:
        with open(path, mode, encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - start-up time
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def wants_colour(choice: str, stream: TextIO) -> bool:
    """``--color`` over NO_COLOR over FORCE_COLOR over what the stream is."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0" or os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _inert(text: str) -> str:
    if not any(os.environ.get(variable) for variable in CI_SERVERS):
        return text
    from migration_lint.report.escape import inert

    return inert(text)


def _put(text: str, stream: TextIO) -> None:
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:  # a terminal that is not UTF-8
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at exit, and would complain then.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
