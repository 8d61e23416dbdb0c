from collections.abc import Iterator

from migration_lint.effects import Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES, alteration, table
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded
from migration_lint.model import Step


class MissingOnlineAssertion(Rule):
    """ALTER TABLE does not say how it is meant to be carried out.

    Without ALGORITHM the server takes whatever does, a copy of the table too: on another version, with a
    FULLTEXT index that somebody made by hand, or when the row versions are used up, the same statement holds
    up writes. With the assertion it fails at once instead. An opinion.

    Given:

        create table orders (id bigint primary key, quantity int);

    Bad:

        set lock_wait_timeout = 2;
        alter table orders add column note text;

    Bad [engine=mysql]:

        set lock_wait_timeout = 2;
        alter table orders add index quantity (quantity);

    Good:

        set lock_wait_timeout = 2;
        alter table orders add column note text, algorithm=instant;

    Good [engine=mysql]:

        set lock_wait_timeout = 2;
        alter table orders add index quantity (quantity), algorithm=inplace, lock=none;
    """

    severity = Severity.NOTE
    pedantic = True
    engines = ENGINES
    aliases = ("bytebase:statement_require_algorithm_option", "bytebase:statement_require_lock_option")
    on = (Lock,)

    def check(self, step: Step) -> Iterator[Finding]:
        lock = alteration(step)
        sql = step.sql.lower()
        if lock is None or not sql.lstrip().startswith("alter") or "algorithm" in sql or "lock=" in sql:
            return
        if lock.algorithm == "COPY" or lock.mode.blocks_writes:
            return  # other rules have more to say
        asserted = f"ALGORITHM={lock.algorithm}"
        if lock.lock not in ("DEFAULT", None):
            asserted += f", LOCK={lock.lock}"
        yield self.finding(
            step,
            lock,
            why=f"where {table(lock)} is not as it seems here, the server copies it without a word",
            instead=f"assert what you count on\n\n{guarded(f'{step.sql}, {asserted};')}",
        )
