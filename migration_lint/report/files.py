"""``--show-files``: what was found, by what it is known, and how each file runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_lint.model import History, Migration, Script, TransactionMode
from migration_lint.report.escape import printable

_MODES = {
    TransactionMode.ONE: "in a transaction",
    TransactionMode.NONE: "sent whole, without BEGIN",
    TransactionMode.EACH: "statement by statement",
}


def render_files(histories: Sequence[History]) -> str:
    """A block for each history: its tool, its files in the order in which they run, what was not read."""
    return "\n".join("".join(f"{line}\n" for line in _block(history)) for history in histories)


def _block(history: History) -> Iterator[str]:
    known = f" (known by {printable(history.known_by)})" if history.known_by else ""
    yield f"{printable(history.root)}: {history.tool}{known}"
    for path in history.configuration:
        yield f"  configuration  {printable(path)}"
    for migration in history.migrations:
        yield from _files(migration, migration.id in history.targets)
    for error in history.errors:
        yield f"  not read       {printable(error.path)}:{error.line}: {printable(error.message)}"
    for found in history.irregularities:
        yield f"  {found.disorder.value:13}  {printable(found.path)}:{found.line}"


def _files(migration: Migration, target: bool) -> Iterator[str]:
    role = "target" if target else "context"
    again = ", runs again" if migration.repeatable else ""
    yield f"  {role:13}  {_script(migration.up)}{again}"
    if migration.down is not None:
        where = "" if migration.down.document.path == migration.path else f" {_script(migration.down)}"
        yield f"  {'':13}  down: {migration.down_origin.value}{where}"


def _script(script: Script) -> str:
    return f"{printable(script.document.path)}, {_MODES[script.transaction]}"
