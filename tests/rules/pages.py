"""The examples of every rule's page, by rule."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from migration_lint.engines.engine import Engine
from migration_lint.engines.mysql.engine import MysqlEngine
from migration_lint.engines.mysql.server import server_of
from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.findings import Finding
from migration_lint.linting.loader import RuleClasses, docstring, load_rules
from migration_lint.linting.page import Example, Page, parse_page
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, select
from migration_lint.model import History
from migration_lint.rehearsal.database import Database

from ..rehearsal.whole import rehearse

_MYSQL_VERSIONS = {"mysql": "8.4", "mariadb": "10.11"}
"""The versions that examples without one are about; 10.11 is the MariaDB of Debian and Ubuntu."""


class PageExample(Struct, frozen=True):
    """An example and the rule on whose page it stands."""

    rule: str
    example: Example

    @property
    def name(self) -> str:
        """``rule:line of the page``."""
        return f"{self.rule}:{self.example.line}"

    @property
    def flavour(self) -> str:
        """The engine that the example is about: MariaDB stands for MySQL where nothing else is said."""
        first = rules()[self.rule].engines[0]
        return self.example.engine or ("mariadb" if first == "mysql" else first)

    @property
    def engine(self) -> Engine:
        """The engine of the version that the example is about."""
        if self.flavour == "postgres":
            return PostgresEngine(self.example.version or DEFAULT_VERSION)
        server = server_of(self.flavour, self.example.version or _MYSQL_VERSIONS[self.flavour])
        assert server is not None
        return MysqlEngine(server)

    @property
    def on_mariadb(self) -> bool:
        """Whether the MariaDB of the tests can run it."""
        return self.flavour == "mariadb" and self.example.version is None


@cache
def rules() -> RuleClasses:
    """The rules as they ship."""
    return load_rules()


@cache
def page(rule: str) -> Page:
    """The page of a rule."""
    return parse_page(docstring(rules()[rule]))


def examples(kind: str) -> list[PageExample]:
    """Every ``bad`` or ``good`` example."""
    return [
        PageExample(rule, example)
        for rule in rules()
        for example in page(rule).examples
        if example.kind == kind
    ]


def linted(case: PageExample, history: History | None = None) -> Linted:
    """What the default rules say of an example, and its own rule, if that is an opinion that is off.

    `history` is another history to judge in the same way.
    """
    example, engine = case.example, case.engine
    chosen = (case.rule,) if example.alone else ("default", case.rule)
    choice = Choice(select=chosen, settings={case.rule: example.settings})
    return lint([history or example.history()], engine, select(rules(), choice, engine.name))


_TRIES = 3
"""What no transaction may hold is watched while it runs: on a busy machine the watcher may look too late."""
_WATCHED = re.compile(r"\b(?:concurrently|vacuum|reindex|cluster)\b", re.IGNORECASE)


def compared(database: Database, engine: Engine, history: History) -> tuple[list[str], str | None]:
    """Where a server does not do what is predicted, and what it refuses, which ends the history."""
    watched = any(_WATCHED.search(migration.up.sql) for migration in history.migrations)
    for _ in range(_TRIES - 1 if watched else 0):
        copy = database.copy()
        try:
            told, refused = _compared(copy, engine, history)
        finally:
            copy.drop()
        if not told:
            return told, refused
    return _compared(database, engine, history)


def _compared(database: Database, engine: Engine, history: History) -> tuple[list[str], str | None]:
    told: list[str] = []
    for rehearsed in rehearse(database, engine, history):
        if rehearsed.observation.error is not None:
            return told, rehearsed.observation.error
        told += [f"{rehearsed.step.sql}\n    {text}" for text in rehearsed.differences]
    return told, None


def counted(result: Linted) -> list[Finding]:
    """The findings that are not suppressed."""
    return [finding for finding in result.findings if finding.suppressed is None]
