"""``python -m tests.engines.mysql.reading``: what the grammar makes of the list of statements, as JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import msgspec

from migration_lint.engines.mysql.grammar.statements import parse
from migration_lint.engines.mysql.server import MARIADB, MYSQL, server_of
from migration_lint.engines.mysql.splitting import split
from migration_lint.engines.mysql.syntax import Statement

HERE = Path(__file__).parent
_ITEM = re.compile(r"^-- @(\d+) (\w+)\n(.*?)(?=^-- @|\Z)", re.MULTILINE | re.DOTALL)


def listed() -> list[tuple[str, str, str]]:
    """(number, flavour, SQL) of every statement of the list."""
    found = _ITEM.findall((HERE / "statements.sql").read_text(encoding="utf-8"))
    return [(number, flavour, sql.strip()) for number, flavour, sql in found]


def read(sql: str, flavour: str = MYSQL, version: str | None = None) -> list[Statement]:
    """The statements of a script."""
    server = server_of(flavour, version)
    assert server is not None
    pieces, unclosed = split(sql, server)
    assert not unclosed
    return [parse(piece) for piece in pieces]


def main() -> None:
    """Print what every statement is read as."""
    made = {
        number: msgspec.to_builtins(
            [(type(one).__name__, one) for one in read(sql, MARIADB if flavour == MARIADB else MYSQL)],
            order="deterministic",
        )
        for number, flavour, sql in listed()
    }
    json.dump(made, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
