"""Command lines of gh-ost, pt-online-schema-change and spirit for one ALTER TABLE, and when they refuse.

https://github.com/github/gh-ost/tree/master/doc, https://docs.percona.com/percona-toolkit/pt-online-schema-change.html,
https://block.github.io/spirit/
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from migration_lint.effects import (
    AddColumn,
    AddConstraint,
    ChangeColumnType,
    CreateIndex,
    DropConstraint,
    DropPartitions,
    RenameColumn,
    RenameTable,
)
from migration_lint.model import Step
from migration_lint.names import bare, split
from migration_lint.schema import ConstraintKind, Relation

GH_OST = "gh-ost"
PT_OSC = "pt-osc"
SPIRIT = "spirit"
NONE = "none"
_HEAD = re.compile(
    r"\s*alter\s+(?:online\s+|ignore\s+)*table\s+(?:if\s+exists\s+)?(?:`(?:[^`]|``)+`|[^\s`.]+)"
    r"(?:\s*\.\s*(?:`(?:[^`]|``)+`|[^\s`.]+))?\s+(?:wait\s+\d+\s+|nowait\s+)?",
    re.IGNORECASE,
)
_ASSERTION = re.compile(
    r"""('(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `[^`]*`)
    | \s*,?\s*\b(?:algorithm|lock)\s*=?\s*
      (?:default|instant|inplace|nocopy|copy|none|shared|exclusive)\b""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_DROP_KEY = re.compile(r"\bdrop\s+foreign\s+key\s+`?([^\s`,]+)`?", re.IGNORECASE)


def without_assertions(sql: str) -> str:
    """The SQL without ALGORITHM= and LOCK=."""
    return _ASSERTION.sub(lambda found: found[1] or "", sql).strip().strip(",").strip()


def alter_text(step: Step) -> str | None:
    """The clauses of an ALTER TABLE, as the tools take them; None where it is no ALTER TABLE."""
    head = _HEAD.match(step.sql)
    if head is None:
        return None
    text = without_assertions(step.sql[head.end() :])
    return " ".join(text.split()) or None


def commands(step: Step, relation: str, tools: str) -> Iterator[str]:
    """A command line for each tool asked for, or why it would not do."""
    alter = alter_text(step)
    wanted = [name.strip() for name in tools.split(",")]
    if alter is None or NONE in wanted:
        return
    known = step.before.relation(relation)
    for name, command, refusals in (
        (GH_OST, _gh_ost, _gh_ost_refuses),
        (PT_OSC, _pt_osc, _pt_osc_refuses),
        (SPIRIT, _spirit, _spirit_refuses),
    ):
        if name not in wanted:
            continue
        against = list(refusals(step, relation, known))
        if against:
            yield f"# {name} would not do: {'; '.join(against)}"
        else:
            yield command(relation, alter, step, known)


def _database(relation: str) -> str:
    return split(relation)[0] or "DATABASE"


def _gh_ost(relation: str, alter: str, step: Step, known: Relation | None) -> str:
    renames = " --approve-renamed-columns" if any(step.each(RenameColumn)) else ""
    return (
        f"gh-ost --host=REPLICA --database={shlex.quote(_database(relation))}"
        f" --table={shlex.quote(bare(relation))}"
        f" --alter={shlex.quote(alter)}{renames} --assume-rbr --attempt-instant-ddl"
        " --exact-rowcount --concurrent-rowcount --default-retries=120 --chunk-size=1000 --nice-ratio=0.5"
        " --max-lag-millis=1500"
        " --max-load=Threads_running=25 --critical-load=Threads_running=1000"
        " --critical-load-interval-millis=2500 --cut-over=default --cut-over-lock-timeout-seconds=3"
        " --cut-over-exponential-backoff --panic-on-warnings"
        " --postpone-cut-over-flag-file=/tmp/gh-ost.postpone --panic-flag-file=/tmp/gh-ost.panic --verbose"
        "  # a dry run; add --execute"
    )


def _pt_osc(relation: str, alter: str, step: Step, known: Relation | None) -> str:
    keys = " --alter-foreign-keys-method=rebuild_constraints" if _children(step, relation) else ""
    alter = _DROP_KEY.sub(lambda found: f"DROP FOREIGN KEY _{found.group(1)}", alter)
    target = shlex.quote(f"D={_database(relation)},t={bare(relation)},h=PRIMARY")
    return (
        f"pt-online-schema-change --alter {shlex.quote(alter)} {target} --max-load Threads_running=25"
        " --critical-load Threads_running=50 --max-lag 1s --check-interval 1 --chunk-time 0.5"
        f" --set-vars lock_wait_timeout=10,innodb_lock_wait_timeout=1{keys} --no-drop-old-table"
        " --pause-file /tmp/pt-osc.pause --progress time,30 --print --dry-run  # then --execute"
    )


def _spirit(relation: str, alter: str, step: Step, known: Relation | None) -> str:
    name = "`" + bare(relation).replace("`", "``") + "`"
    statement = f"ALTER TABLE {name} {alter}"
    return (
        f"spirit migrate --host PRIMARY:3306 --database {shlex.quote(_database(relation))}"
        f" --statement {shlex.quote(statement)} --replica-dsn REPLICA_DSN --replica-max-lag 10s"
        " --defer-cutover --lock-wait-timeout 30s"
    )


# --- refusals ------------------------------------------------------------------------------------


def _children(step: Step, relation: str) -> list[str]:
    return [child.name for child, _ in step.before.foreign_keys_to(relation)]


def _keys(known: Relation | None) -> list[str]:
    constraints = known.constraints if known is not None else ()
    return [one.name for one in constraints if one.kind is ConstraintKind.FOREIGN_KEY]


def _added_keys(step: Step, kind: ConstraintKind) -> bool:
    return any(one.constraint.kind is kind for one in step.each(AddConstraint))


def _common(step: Step, known: Relation | None) -> Iterator[str]:
    if any(step.each(RenameTable)):
        yield "it does not rename tables"
    if any(step.each(DropPartitions)):
        yield "it would copy what is to be dropped"
    if any(change.index.unique for change in step.each(CreateIndex)):
        yield "where the new unique key meets duplicates, it drops rows without a word"
    if known is not None and known.complete and known.primary_key is None:
        yield "the table has no primary key"


def _gh_ost_refuses(step: Step, relation: str, known: Relation | None) -> Iterator[str]:
    if _keys(known) or _children(step, relation) or _added_keys(step, ConstraintKind.FOREIGN_KEY):
        yield "the table has foreign keys"
    if known is not None and known.triggers:
        yield "the table has triggers (--include-triggers takes them along)"
    yield from _common(step, known)


def _pt_osc_refuses(step: Step, relation: str, known: Relation | None) -> Iterator[str]:
    if known is not None and known.triggers:
        yield "the table has triggers (--preserve-triggers takes them along)"
    if relation in _children(step, relation):
        yield "the table has a foreign key to itself"
    if any(one.constraint == "PRIMARY" for one in step.each(DropConstraint)):
        yield "it does not drop a primary key"
    if any(one.column.not_null and one.column.default is None for one in step.each(AddColumn)):
        yield "the new NOT NULL column has no default"
    yield from _common(step, known)


def _spirit_refuses(step: Step, relation: str, known: Relation | None) -> Iterator[str]:
    if step.engine == "mariadb" or not step.version.startswith(("8.", "9.")):
        yield "it is for MySQL 8.0 and later"
    if _keys(known) or _children(step, relation) or _added_keys(step, ConstraintKind.FOREIGN_KEY):
        yield "the table has foreign keys"
    if known is not None and known.triggers:
        yield "the table has triggers"
    if any(one.constraint == "PRIMARY" for one in step.each(DropConstraint)):
        yield "it does not change a primary key"
    for change in step.each(ChangeColumnType):
        old, new = change.old, change.new
        if old is not None and new is not None and old.values and new.values[: len(old.values)] != old.values:
            yield "it does not reorder the values of an ENUM or SET"
            break
    yield from _common(step, known)
