"""``--fix`` and ``--diff``: fixes written to the files, or shown."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from difflib import unified_diff

from migration_lint.cli.output import save, say, write
from migration_lint.errors import UsageError
from migration_lint.linting.corrections import Correction
from migration_lint.report.escape import printable
from migration_lint.sources.loading import STDIN
from migration_lint.sources.text import encoded, file_bytes


def write_corrections(corrections: Iterable[Correction], encoding: str | None) -> None:
    """Put the corrected text into each file, in its own encoding, and say so.

    Raises UsageError for a file that is not, byte for byte, what was checked, and for standard input.
    """
    for made in corrections:
        if made.path == STDIN:
            raise UsageError("--fix cannot write to standard input; --diff shows the fixes")
        if made.before is None:
            save(made.after, made.path)
        else:
            _write(made.path, made.before, made.after, encoding)
        say(f"note: {made.path}: {made.fixes:,} fix{'' if made.fixes == 1 else 'es'} written")


def show_corrections(corrections: Iterable[Correction]) -> None:
    """A unified diff on standard output, which ``git apply`` and ``patch`` read."""
    for made in corrections:
        lines = _diff(made)
        if sys.stdout.isatty():
            lines = (f"{printable(line[:-1])}\n" for line in lines)
        write("".join(lines))


def _diff(made: Correction) -> Iterator[str]:
    old = f"a/{made.path}" if made.before is not None else "/dev/null"
    for line in unified_diff(_lines(made.before or ""), _lines(made.after), old, f"b/{made.path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """With their ends; only a line feed ends a line, as in git."""
    *whole, last = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([last] if last else [])]


def _write(path: str, before: str, after: str, encoding: str | None) -> None:
    try:
        data = encoded(file_bytes(path), before, after, encoding)
        with open(path, "wb") as file:  # noqa: PTH123 - as in `output`
            file.write(data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageError(f"{path}: not written: {error}") from error
