"""``migration-lint init``: a configuration for what is found here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import click

from migration_lint.cli.output import save, write
from migration_lint.config import FILE
from migration_lint.engines.postgres.engine import DEFAULT_VERSION
from migration_lint.errors import UsageError

_DUMPS = ("db/structure.sql", "structure.sql", "db/schema.sql", "schema.sql")


@click.command(
    epilog="""\b
Examples:
  migration-lint init
  migration-lint init --force
"""
)
@click.option("--force", is_flag=True, help=f"Write over a {FILE} that is there.")
def command(force: bool) -> int:
    """Write migration-lint.toml for what is found below the working folder."""
    from migration_lint.sources import find

    if os.access(FILE, os.F_OK) and not force:
        raise UsageError(f"{FILE} is there already (--force writes over it)")
    found = find(".")
    dumps = [path for path in _DUMPS if os.access(path, os.R_OK)]
    save("".join(f"{line}\n" for line in _lines(found, dumps)), FILE)
    write("".join(f"{line}\n" for line in _next_steps(found)))
    return 0


def _lines(found: Sequence[tuple[str, str]], dumps: Sequence[str]) -> Iterator[str]:
    yield "# Settings of migration-lint."
    yield ""
    if found:
        for folder, tool in found:
            yield f"# {folder}: {tool}"
        yield f"paths = [{', '.join(_quoted(folder) for folder, _ in found)}]"
    else:
        yield "# The folders of the migrations:"
        yield '# paths = ["db/migrations"]'
    yield ""
    yield "# The server in production; findings depend on it."
    yield f'engine_version = "{DEFAULT_VERSION}"'
    yield ""
    yield "# The last migration that has been applied everywhere: it and all before it count as checked."
    yield '# start_after = "V42"'
    for dump in dumps[:1]:
        yield ""
        yield "# A dump of the schema tells what the migrations do not."
        yield f"# schema = {_quoted(dump)}"
    yield ""
    yield "# error, warning, note or never"
    yield 'fail_on = "error"'


def _next_steps(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield f"wrote {FILE}"
    for folder, tool in found:
        yield f"  {folder} ({tool})"
    if not found:
        yield "no migrations found: set paths in it"
    yield "next: set engine_version to that of production, then run"
    yield "  migration-lint check"
    yield "and where there is much to catch up with, judge only what comes:"
    yield "  migration-lint check --write-baseline migration-lint-baseline.json"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
