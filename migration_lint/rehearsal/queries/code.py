"""Code and schema, on the way from the state before to the one after."""

from __future__ import annotations

from collections.abc import Sequence

from migration_lint.evidence import Result
from migration_lint.rehearsal.database import Database
from migration_lint.rehearsal.queries.compatibility import Finding, Order, Outcome, compared, order
from migration_lint.rehearsal.queries.prepare import broken_functions, prepare_all
from migration_lint.rehearsal.queries.query import Query


class Code:
    """The deployed queries and the new ones, as the schema changes under them."""

    def __init__(self, database: Database, deployed: Sequence[Query], new: Sequence[Query]) -> None:
        self._deployed, self._new = list(deployed), list(new)
        self._first = self._last = prepare_all(database, self._deployed)
        self._new_first = prepare_all(database, self._new)
        self._before = self._first
        self._broken = broken_functions(database)

    @property
    def checked(self) -> int:
        """The number of deployed queries that could be prepared before the last migration."""
        return sum(prepared.error is None for prepared in self._before)

    def after(self, database: Database) -> tuple[Finding, ...]:
        """What a migration made of the deployed queries, and of functions."""
        self._before, self._last = self._last, prepare_all(database, self._deployed)
        found = list(compared(self._deployed, self._before, self._last))
        broken = broken_functions(database)
        for name in sorted(broken.keys() - self._broken.keys()):
            query = Query(f"function {name}", "", "")
            found.append(Finding(query, Outcome.BROKEN, broken[name]))
        self._broken = broken
        return tuple(found)

    def result(self, found: Sequence[Finding]) -> Result:
        """Whether the deployed code goes on after a migration."""
        broken = [str(finding.query) for finding in found if finding.outcome is Outcome.BROKEN]
        if broken:
            return Result("failed", f"breaks: {', '.join(broken)}")
        if not self._deployed:
            return Result("unknown", "no queries were given")
        unchecked = len(self._deployed) - self.checked
        if not self.checked:
            return Result("unknown", "no query could be prepared before the migration either")
        return Result("passed", f"{unchecked} could not be prepared before either" if unchecked else "")

    def order(self, database: Database) -> Order | None:
        """What to do first, once all migrations have run; None where only one side's queries are known."""
        if not self._deployed or not self._new:
            return None
        old_on_new = list(compared(self._deployed, self._first, self._last))
        new_on_old = list(compared(self._new, prepare_all(database, self._new), self._new_first))
        return order(old_on_new, new_on_old)
