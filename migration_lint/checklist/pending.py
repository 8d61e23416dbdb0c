"""Which migrations are to run: the files, less what the target's own history says has run."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from migration_lint.checklist.check import Answer, Check, failed, passed
from migration_lint.checklist.histories.reading import applied, read_history
from migration_lint.checklist.histories.table import State
from migration_lint.checklist.subject import Subject, limit
from migration_lint.linting.decide import counted
from migration_lint.model import History

_SHOWN = 8
PENDING = "pending"
"""Where the evidence has them: ids by the root of the history."""


def _asks(subject: Subject) -> str:
    if subject.target.dsn is None:
        return "nobody: without a dsn every migration that is named, or new since --since, counts as pending"
    tables = subject.target.history_table or "the tool's own table"
    return f"{subject.name} ({subject.database.address}), which migrations it has run: {tables}"


def _answer(subject: Subject) -> Answer:
    if subject.target.dsn is None:
        named = {history.root: sorted(history.targets) for history in subject.histories}
        number = sum(map(len, named.values()))
        return passed(f"{counted(number, 'migration')} named here (there is no dsn)", **{PENDING: named})
    found: dict[str, list[str]] = {}
    broken = []
    done = 0
    for history in subject.histories:
        entries = read_history(subject.database, history, subject.target.history_table)
        ran = applied(entries)
        found[history.root] = [one.id for one in history.migrations if one.id not in ran]
        done += len(ran)
        broken += [
            f"{name}: {entry.why}; repair it before anything else runs"
            for name, entry in entries.items()
            if entry.state is State.FAILED
        ]
        broken += [
            f"{one.id}: it has run with another content: nothing runs it again"
            for one in history.migrations
            if entries[one.id].same is False
        ]
    if broken:
        return failed("\n".join(broken), **{PENDING: found})
    names = [name for every in found.values() for name in every]
    if not names:
        return passed(f"none: all {counted(done, 'migration')} have run", **{PENDING: found})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more
    return passed(f"{len(names)} of {counted(done + len(names), 'migration')}: {shown}", **{PENDING: found})


def narrowed(histories: Sequence[History], answer: dict[str, object]) -> tuple[History, ...]:
    """The histories with what is pending as their targets, by the evidence of the check.

    Where it has none, nobody knows what is pending: everything that was named stays a target.
    """
    found = answer.get(PENDING)
    if not isinstance(found, dict):
        return tuple(histories)
    return tuple(
        replace(history, targets=frozenset(found.get(history.root, history.targets))) for history in histories
    )


CHECK = Check("pending", "Pending migrations are known", _asks, _answer, limit)
