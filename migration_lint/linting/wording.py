"""The words that many rules share, so that one fact reads the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from migration_lint.effects import AddConstraint, Effect, Impact, IndexBuild, Lock, LockMode, Rewrite
from migration_lint.model import Step
from migration_lint.names import bare, for_mysql, quoted, shortened, sql_name, sql_names
from migration_lint.schema import Column, ConstraintKind, Type

_COMMENT = re.compile(
    r"""('(?:[^']|'')*' | "(?:[^"]|"")*" | \$(\w*)\$.*?\$\2\$) | --[^\n]* | /\*.*?\*/""",
    re.VERBOSE | re.DOTALL,
)
_BATCH = 1000
INTEGERS = ("smallint", "integer", "bigint", "int", "mediumint", "tinyint")


def victims(mode: LockMode) -> str:
    """Who waits for a lock: ``reads and writes``, ``writes`` or ``other schema changes``."""
    if mode.blocks_reads:
        return "reads and writes"
    return "writes" if mode.blocks_writes else "other schema changes"


def waiting(lock: Lock) -> str:
    """``reads and writes of orders wait (AccessExclusiveLock)``."""
    return f"{victims(lock.mode)} of {sql_name(lock.relation)} wait ({lock.mode.name})"


def labour(work: Iterable[Impact]) -> str:
    """What takes long: ``orders is rewritten``, ``an index on orders is built``, ``orders is scanned``."""
    items = list(work)
    for impact in items:
        if isinstance(impact, Rewrite):
            return f"{sql_name(impact.relation)} is rewritten"
    for impact in items:
        if isinstance(impact, IndexBuild):
            return f"an index on {sql_name(impact.relation)} is built"
    return f"{sql_name(items[0].relation)} is scanned" if items else "it runs"


def steps(*parts: str) -> str:
    """Several migrations as one text to paste, with a comment line before each after the first."""
    return "\n-- in the next migration:\n".join(parts)


def several(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def abridged(names: Sequence[str], most: int = 3) -> list[str]:
    """The names; of many, the first and how many more there are."""
    return list(names) if len(names) <= most + 1 else [*names[:most], f"{len(names) - most} more"]


def guarded(sql: str) -> str:
    """The SQL after a lock timeout, for what takes a lock that holds others up."""
    if for_mysql():
        return f"SET SESSION lock_wait_timeout = 2;\n{sql}"
    return f"SET lock_timeout = '2s';\n{sql}"


def clause_sql(step: Step, effect: Effect) -> str:
    """The clause that causes the effect as written, without comments, so that more can follow it."""
    return _COMMENT.sub(lambda found: found.group(1) or " ", step.text_of(effect)).strip()


def sql_type(type_: Type | None) -> str:
    """The type as SQL; ``text`` where it is not known."""
    if type_ is None:
        return "text"
    if for_mysql():
        return str(type_)
    first, _, rest = type_.name.partition(" ")
    array = "[]" * type_.dimensions
    if type_.modifiers and type_.name == "interval":
        return f"interval{array}"
    if type_.modifiers and rest.endswith("time zone"):
        return f"{first}({type_.modifiers[0]}) {rest}{array}"
    name = sql_name(type_.name) if "." in type_.name else type_.name
    return name + str(Type("", type_.modifiers, type_.dimensions))


def batch(step: Step, relation: str, assignment: str, condition: str) -> str:
    """The first UPDATE of a backfill, by ranges of the table's key."""
    known = step.before.relation(relation)
    primary = known.primary_key if known is not None else None
    key = quoted(primary.columns[0]) if primary is not None and primary.columns else "id"
    update = " ".join(("UPDATE", sql_name(relation), "SET", assignment))
    column = known.column(key) if known is not None else None
    if column is not None and column.type is not None and column.type.name not in INTEGERS:
        some = " ".join(("SELECT", key, "FROM", sql_name(relation), "WHERE", condition, f"LIMIT {_BATCH}"))
        return f"{update}\nWHERE {key} IN ({some});  -- until no row is left"
    return f"{update}\nWHERE {key} BETWEEN 1 AND {_BATCH} AND {condition};  -- and so on, batch by batch"


def deliberate(rule: str, reason: str, sql: str) -> str:
    """The SQL under the comment that lets it pass, for what has no other safe form."""
    return f"-- migration-lint: ignore[{rule}] {reason}\n{sql}"


def not_valid(step: Step, changes: Sequence[AddConstraint]) -> str:
    """The constraints of one table as written, but NOT VALID, and validated in the next migration."""
    table = sql_name(changes[0].relation)
    add = ",\n    ".join(
        clause_sql(step, change) + (" NOT VALID" if change.constraint.validated else "") for change in changes
    )
    validate = ",\n    ".join(f"VALIDATE CONSTRAINT {quoted(change.constraint.name)}" for change in changes)
    return steps(guarded(f"ALTER TABLE {table}\n    {add};"), f"ALTER TABLE {table}\n    {validate};")


def outside_transaction(tool: str) -> str:
    """How a migration of that tool gets to run outside a transaction, after "a migration of its own, "."""
    from migration_lint.sources.source import source_of

    return source_of(tool).outside_transaction


def stand_in(name: str, relation: str) -> str:
    """The view that lets code go on using the old name of a relation."""
    return " ".join(("CREATE VIEW", sql_name(name), "AS SELECT * FROM", sql_name(relation))) + ";"


def proofs_of_not_null(step: Step, relation: str, columns: Sequence[str]) -> list[str]:
    """Migrations that make columns NOT NULL while reads and writes go on."""
    table = sql_name(relation)
    names = [quoted(shortened(f"{bare(relation)}_{column}_not_null")) for column in columns]
    native = int(step.version) >= 18
    proof = "NOT NULL {}" if native else "CHECK ({} IS NOT NULL)"
    pairs = list(zip(names, map(quoted, columns), strict=True))
    adds = ",\n    ".join(f"ADD CONSTRAINT {name} {proof.format(column)} NOT VALID" for name, column in pairs)
    validates = ",\n    ".join(f"VALIDATE CONSTRAINT {name}" for name in names)
    found = [guarded(f"ALTER TABLE {table}\n    {adds};"), f"ALTER TABLE {table}\n    {validates};"]
    if native or int(step.version) < 12:  # since 18 it is one; before 12 the server trusts no proof
        return found
    sets = ", ".join(f"ALTER {column} SET NOT NULL" for _, column in pairs)
    drops = ", ".join(f"DROP CONSTRAINT {name}" for name in names)
    return [*found, guarded(f"ALTER TABLE {table} {sets};\nALTER TABLE {table} {drops};")]


_KEY_OPTIONS = re.compile(r"\bDEFERRABLE\b|\bINITIALLY\s+DEFERRED\b", re.IGNORECASE)
_NOT_DISTINCT = re.compile(r"\bNULLS\s+NOT\s+DISTINCT\b", re.IGNORECASE)


def key_online(step: Step, change: AddConstraint, relation: str | None = None) -> tuple[str, str]:
    """A unique constraint or primary key from an index that is built concurrently: the two statements.

    `relation` is a partition that gets the key of its partitioned table.
    """
    constraint, text = change.constraint, clause_sql(step, change)
    primary = constraint.kind is ConstraintKind.PRIMARY_KEY
    name, table = constraint.name, relation or change.relation
    if relation is not None:
        name = "_".join((bare(table), "pkey") if primary else (bare(table), *constraint.columns, "key"))
    name = quoted(shortened(name))
    distinct = " NULLS NOT DISTINCT" if _NOT_DISTINCT.search(text) else ""
    include = change.index.include if change.index is not None else ()
    extra = f" INCLUDE ({sql_names(include)})" if include else ""
    kind = "PRIMARY KEY" if primary else "UNIQUE"
    options = "".join(f" {word.upper()}" for word in _KEY_OPTIONS.findall(text) if constraint.deferrable)
    return (
        f"CREATE UNIQUE INDEX CONCURRENTLY {name}\n"
        f"    ON {sql_name(table)} ({sql_names(constraint.columns)}){extra}{distinct};",
        f"ALTER TABLE {sql_name(table)}\n    ADD CONSTRAINT {name} {kind} USING INDEX {name}{options};",
    )


def key_migrations(step: Step, change: AddConstraint) -> list[str]:
    """The migrations of `key_online`; a partitioned table takes over the keys of its partitions."""
    known = step.before.relation(change.relation)
    if known is None or known.partition_key is None:
        index, key = key_online(step, change)
        return [index, guarded(key)]
    below = [child for child in step.before.descendants(known.name) if child.partition_key is None]
    pairs = [key_online(step, change, child.name) for child in below]
    keys = "\n".join(key for _, key in pairs)
    whole = f"ALTER TABLE {sql_name(known.name)}\n    {clause_sql(step, change)};"
    return [*(index for index, _ in pairs), guarded(keys), guarded(whole)]


def column_sql(column: Column) -> str:
    """A column's name, type and collation, without default and constraints."""
    parts = [quoted(column.name), sql_type(column.type)]
    if column.collation is not None:
        parts.append("COLLATE " + ".".join(map(quoted, column.collation.split("."))))
    return " ".join(parts)
