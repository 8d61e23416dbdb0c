"""The words that many rules share, so that one fact reads the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from migration_lint.effects import AddConstraint, Effect, Impact, IndexBuild, Lock, LockMode, Rewrite
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Type

_COMMENT = re.compile(
    r"""('(?:[^']|'')*' | "(?:[^"]|"")*" | \$(\w*)\$.*?\$\2\$) | --[^\n]* | /\*.*?\*/""",
    re.VERBOSE | re.DOTALL,
)
_BATCH = 1000
_OUTSIDE = {
    "flyway": "with executeInTransaction=false in its script configuration",
    "golang-migrate": "whose file holds no other statement",
    "updown-folders": "with run_in_transaction = false in its metadata.toml, and no other statement",
}


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


def guarded(sql: str) -> str:
    """The SQL after a lock timeout, for what takes a lock that holds others up."""
    return f"SET lock_timeout = '2s';\n{sql}"


def clause_sql(step: Step, effect: Effect) -> str:
    """The clause that causes the effect as written, without comments, so that more can follow it."""
    return _COMMENT.sub(lambda found: found.group(1) or " ", step.text_of(effect)).strip()


def sql_type(type_: Type | None) -> str:
    """The type as SQL; ``text`` where it is not known."""
    if type_ is None:
        return "text"
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
    return f"{update}\nWHERE {key} BETWEEN 1 AND {_BATCH} AND {condition};  -- and so on, batch by batch"


def deliberate(rule: str, reason: str, sql: str) -> str:
    """The SQL under the comment that lets it pass, for what has no other safe form."""
    return f"-- migration-lint: ignore[{rule}] {reason}\n{sql}"


def not_valid(step: Step, changes: Sequence[AddConstraint]) -> str:
    """The constraints of one table as written, but NOT VALID, and validated in the next migration."""
    table = sql_name(changes[0].relation)
    add = ",\n    ".join(f"{clause_sql(step, change)} NOT VALID" for change in changes)
    validate = ",\n    ".join(f"VALIDATE CONSTRAINT {quoted(change.constraint.name)}" for change in changes)
    return steps(guarded(f"ALTER TABLE {table}\n    {add};"), f"ALTER TABLE {table}\n    {validate};")


def outside_transaction(tool: str) -> str:
    """How a migration of that tool gets to run outside a transaction, after "a migration of its own, "."""
    return _OUTSIDE.get(tool, "that the tool runs outside a transaction, with no other statement")


def stand_in(name: str, relation: str) -> str:
    """The view that lets code go on using the old name of a relation."""
    return " ".join(("CREATE VIEW", sql_name(name), "AS SELECT * FROM", sql_name(relation))) + ";"
