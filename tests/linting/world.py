"""Own rules, the real engine, and histories from a few lines of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.linting.loader import RuleClasses, load_folder
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import Document, DownOrigin, History, Migration, Script, TransactionMode

OWN_RULES = Path(__file__).parent / "own_rules"
DEFAULT = Choice()
ORDERS = "create table orders (id bigint, user_id bigint);\n"


@cache
def own_rules() -> RuleClasses:
    return dict(load_folder(str(OWN_RULES), "own_rules_of_the_tests"))


def script(path: str, sql: str) -> Script:
    return Script(Document(path, sql), sql, TransactionMode.EACH)


def history(files: Mapping[str, str], targets: set[str] | None = None) -> History:
    """A history of files; ``x.down.sql`` is the down script of ``x.sql``."""
    migrations = []
    for path, sql in files.items():
        if path.endswith(".down.sql"):
            continue
        down = files.get(path.replace(".sql", ".down.sql"))
        migrations.append(
            Migration(
                path.removesuffix(".sql"),
                "sql",
                script(path, sql),
                script(path.replace(".sql", ".down.sql"), down) if down else None,
                DownOrigin.WRITTEN if down else DownOrigin.NONE,
            )
        )
    chosen = frozenset(migration.id for migration in migrations) if targets is None else frozenset(targets)
    return History("", "sql", tuple(migrations), chosen)


def linted(sql: str, choice: Choice = DEFAULT, before: str = ORDERS) -> Linted:
    """The SQL as ``new.sql``, after `before` in a migration of its own that is not judged."""
    return checked(history({"old.sql": before, "new.sql": sql}, {"new"}), choice)


def checked(what: History, choice: Choice = DEFAULT) -> Linted:
    engine = PostgresEngine("18")
    return lint([what], engine, select(own_rules(), choice, engine.name))
