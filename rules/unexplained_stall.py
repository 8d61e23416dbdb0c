from collections.abc import Iterator, Sequence

from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Backstop
from migration_lint.linting.wording import labour, waiting
from migration_lint.model import Stall, Step


class UnexplainedStall(Backstop):
    """Others wait for a lock during long work, in a way that no other rule knows.

    Every statement's locks, scans, rewrites and index builds are worked out from the schema. Where
    reads or writes of a table in use wait while a table is read or written whole, and no rule has
    said why and what to do instead, it is told here, so that nothing slips through.

    Find a form of the statement that takes a weaker lock, or does its work at another time; or run it
    when nobody needs the table. ``migration-lint explain`` shows every lock.

    No statement is known that ends here: the tests hold every case of the truth table against the other
    rules. Asked alone, this rule tells each stall in its own general words.

    Given:

        create table orders (id bigint primary key, user_id bigint);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad [alone]:

        set lock_timeout = '2s';
        create index orders_user_id_idx on orders (user_id);

    Good:

        create index concurrently orders_user_id_idx on orders (user_id);

    Given:

        create table orders (id bigint primary key, user_id int);
        insert into orders values (1, 1);

    Bad [engine=mariadb, alone]:

        set lock_wait_timeout = 2;
        alter table orders modify user_id bigint;
    """

    severity = Severity.ERROR
    engines = ("postgres", "mysql", "mariadb")

    def check_unexplained(self, step: Step, stalls: Sequence[Stall]) -> Iterator[Finding]:
        worst = max(stalls, key=lambda stall: stall.lock.mode.rank)
        yield self.finding(
            step,
            worst.work[0] if worst.work else worst.lock,
            relation=worst.lock.relation,
            why=f"{waiting(worst.lock)} while {labour(worst.work)}",
            instead="run it while nobody needs the table, or do it another way: migration-lint explain shows "
            "each lock of each statement",
            because=(*(stall.lock for stall in stalls), *worst.work),
        )
