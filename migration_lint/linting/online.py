"""MySQL's and MariaDB's ALTER TABLE in words, and what rules ask about it."""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.effects import Impact, Lock, Rewrite
from migration_lint.linting.online_tools import commands
from migration_lint.linting.wording import deliberate, guarded
from migration_lint.model import Step
from migration_lint.names import MYSQL, sql_name

ENGINES = ("mysql", "mariadb")
"""The engines of rules about online DDL."""
TOOLS = "gh-ost, pt-osc, spirit"
"""The default of the option `large_table_tool`: each of them is shown."""


def alteration(step: Step) -> Lock | None:
    """The lock of an ALTER TABLE (or CREATE INDEX, OPTIMIZE) of a table in use, if the server runs it."""
    if step.engine not in MYSQL or step.refused is not None:
        return None
    return next(
        (lock for lock in step.each(Lock) if lock.algorithm is not None and not step.is_new(lock.relation)),
        None,
    )


def work_on(step: Step, lock: Lock) -> list[Impact]:
    """The rewrite, index builds and scans of that table."""
    return [impact for impact in step.work if impact.relation == lock.relation]


def reason(work: Sequence[Impact]) -> str:
    """``: the type of a changes``, where the engine says why."""
    found = next((impact.reason for impact in work if isinstance(impact, Rewrite) and impact.reason), "")
    return f": {found}" if found else ""


def how(lock: Lock) -> str:
    """``ALGORITHM=COPY, LOCK=SHARED``."""
    return f"ALGORITHM={lock.algorithm}, LOCK={lock.lock}"


def by_tool(step: Step, lock: Lock, rule: str, tools: str, order: str) -> str:
    """The advice for a big table: an order, the statement for a small one, and a command for each tool."""
    small = guarded(deliberate(rule, "the table is small: waiting is fine", f"{step.sql};"))
    shown = [f"$ {line}" for line in commands(step, lock.relation, tools)]
    return "\n\n".join([order, small, *shown])


def table(lock: Lock) -> str:
    """The table's name, to print."""
    return sql_name(lock.relation)
