"""Roles belong to a whole server: what one rehearsal needs or leaves there is not the next one's."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec
import psycopg
from pglast.parser import ParseError, parse_sql_json
from psycopg import sql

from migration_lint.model import Script
from migration_lint.rehearsal.database import Host

OWNER = "migrator"
"""The role that owns the database on a server of our own, and runs the migrations."""

_ANY = re.compile(r"\b(?:role|user|group|grant|revoke|owner|owned|authorization|policy|for)\b", re.IGNORECASE)
"""What stands in every script that names a role."""


def create_owner(host: Host, name: str) -> str:
    """Make the role: it may log in and make roles, and is no superuser. Returns its password.

    Before PostgreSQL 16, who may make roles may give itself any right, so it may not.
    """
    password = secrets.token_urlsafe(24)
    makes_roles = sql.SQL("CREATEROLE" if int(host.version) >= 16 else "NOCREATEROLE")
    with host.connect() as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER {} PASSWORD {}").format(
                sql.Identifier(name), makes_roles, sql.Literal(password)
            )
        )
    return password


def known(host: Host) -> frozenset[str]:
    """The names of all roles."""
    with host.connect() as connection:
        return frozenset(str(name) for (name,) in connection.execute(b"SELECT rolname FROM pg_roles"))


def forget(host: Host, before: frozenset[str], ours: frozenset[str]) -> None:
    """Drop the roles that were not there before: on a server that others use, only `ours`.

    What still depends on one keeps it.
    """
    made = known(host) - before
    with host.connect() as connection:
        for name in sorted(made & ours if host.shared else made):
            for statement in ("DROP OWNED BY {} CASCADE", "DROP ROLE {}"):
                with suppress(psycopg.Error):
                    connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def named(scripts: Iterable[Script]) -> tuple[list[str], frozenset[str]]:
    """The roles that scripts name and do not make, so that production has them; and those they make."""
    wanted: dict[str, None] = {}
    made: set[str] = set()
    for script in scripts:
        if _ANY.search(script.sql) is None:
            continue
        try:
            tree = msgspec.json.decode(parse_sql_json(script.sql))
        except ParseError:
            continue  # told where the script is read
        for kind, name in _roles(tree):
            if kind == "CreateRoleStmt":
                made.add(name)
            elif not name.startswith("pg_"):
                wanted[name] = None
    return [name for name in wanted if name not in made], frozenset(made)


def _roles(node: object) -> Iterator[tuple[str, str]]:
    """(kind of node, name) of every role in a parse tree."""
    if isinstance(node, list):
        for item in node:
            yield from _roles(item)
    elif isinstance(node, dict):
        if node.get("roletype") == "ROLESPEC_CSTRING":
            yield "RoleSpec", str(node["rolename"])
        for key, item in node.items():
            if key == "CreateRoleStmt" and isinstance(item, dict):
                yield key, str(item["role"])
            elif key == "GrantRoleStmt" and isinstance(item, dict):
                for granted in item.get("granted_roles", ()):
                    yield "AccessPriv", str(granted["AccessPriv"]["priv_name"])
            yield from _roles(item)


def make_up(host: Host, names: Iterable[str], owner: str) -> list[str]:
    """Make those roles that are not there; the owner is made a member. Returns what was made."""
    made = [name for name in names if name not in known(host)]
    with host.connect() as connection:
        for name in made:
            role = sql.Identifier(name)
            connection.execute(sql.SQL("CREATE ROLE {}").format(role))
            if owner != host.admin:
                connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(owner)))
    return made
