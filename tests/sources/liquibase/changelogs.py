"""Changelogs in few words."""

from __future__ import annotations

from migration_lint.model import History, Script

HEAD = '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">\n'


def xml(*children: str) -> str:
    """A changelog of these elements, each on a line of its own, the first on line 2."""
    return HEAD + "\n".join(children) + "\n</databaseChangeLog>\n"


def change_set(id: str, *changes: str, **attributes: str) -> str:
    """A changeSet of the author ``a``."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<changeSet id="{id}" author="a"{more}>{"".join(changes)}</changeSet>'


def sql(text: str, **attributes: str) -> str:
    """A ``sql`` change."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<sql{more}>{text}</sql>"


def ups(history: History) -> list[str]:
    """The SQL of all migrations, in order."""
    return [plain(migration.up) for migration in history.migrations]


def plain(script: Script | None) -> str:
    """The SQL of a script in one line."""
    return "" if script is None else " ".join(script.sql.split())
