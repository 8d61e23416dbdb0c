"""The lock timeout that the migration really gets: its own, or the one of the role that runs it."""

from __future__ import annotations

import re

from migration_lint.checklist.check import Answer, failed, passed
from migration_lint.checklist.database.asking import question
from migration_lint.checklist.subject import Subject
from migration_lint.checklist.touched import steps
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.effects import Lock
from migration_lint.model import Step
from migration_lint.targets import seconds

_ROLE = """
select r.rolname as role, s.setdatabase <> 0 as database, s.setrole <> 0 as own, setting
from pg_catalog.pg_roles r
left join pg_catalog.pg_db_role_setting s
  on s.setrole in (0, r.oid)
  and s.setdatabase in
    (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
left join lateral unnest(s.setconfig) setting on setting like 'lock_timeout=%%'
where r.rolname = coalesce(%(role)s, current_user)
"""
_SERVER = """
select boot_val, reset_val, source from pg_catalog.pg_settings where name = 'lock_timeout'
"""
_OWN = ("user", "database", "database user", "client", "session")
_UNITS = {"": 1, "us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def _answer(subject: Subject) -> Answer:
    most = seconds(subject.target.limits.max_lock_timeout) * 1000
    waiting = [step for step in steps(subject) if any(step.holds_up(lock) for lock in step.each(Lock))]
    if not waiting:
        return passed("nothing that is in use is locked")
    for step in waiting:
        own = step.session.lock_timeout
        if own is not None and not 0 < own <= most:
            return failed(f"{_place(step)}: the migration sets lock_timeout to {own} ms: {_why(own)}")
    inherits = [step for step in waiting if step.session.lock_timeout is None]
    if not inherits:
        return passed("the migrations set it themselves")
    role, value = _of_role(subject)
    if not 0 < value <= most:
        return failed(
            f"{_place(inherits[0])}: the role {role} gets lock_timeout {value:g} ms: {_why(value)}; "
            f"SET lock_timeout in the migration, or ALTER ROLE {role} SET lock_timeout = '2s'"
        )
    return passed(f"the role {role} gets {value:g} ms", role=role, milliseconds=value)


def _why(value: float) -> str:
    return "it waits without limit" if value == 0 else "that is longer than limits.max_lock_timeout"


def _of_role(subject: Subject) -> tuple[str, float]:
    """The role and its timeout in milliseconds: its own in this database, its own, the database's."""
    rows = subject.database.rows(_ROLE, {"role": subject.target.role})
    if not rows:
        raise Unanswered(f"{subject.name}: there is no role {subject.target.role}")
    role = str(rows[0]["role"])
    said = [row for row in rows if row["setting"] is not None]
    if said:
        best = max(said, key=lambda row: (row["own"], row["database"]))
        return role, _milliseconds(str(best["setting"]).partition("=")[2])
    server = subject.database.row(_SERVER)
    if server["source"] in _OWN and subject.target.role is not None:
        raise Unanswered(
            f"{subject.name}: nobody can tell what {role} gets, as the role that asks has a "
            "lock_timeout of its own"
        )
    return role, _milliseconds(str(server["reset_val"]))


def _milliseconds(text: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text)
    if found is None or found[2] not in _UNITS:
        raise Unanswered(f"lock_timeout = {text!r} is not understood")
    return float(found[1]) * _UNITS[found[2]]


def _place(step: Step) -> str:
    return f"{step.span.path}:{step.span.line}"


LOCK_TIMEOUT = question(
    "database-lock-timeout",
    "The migration does not wait for ever",
    "the lock_timeout of the role that runs migrations",
    _answer,
)
