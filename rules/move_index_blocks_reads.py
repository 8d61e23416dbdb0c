from collections.abc import Iterator

from migration_lint.effects import IndexBuild, SetTablespace
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name


class MoveIndexBlocksReads(Rule):
    """Reads and writes of the table wait while an index's file is copied to another tablespace.

    ALTER INDEX … SET TABLESPACE holds AccessExclusiveLock on the index until the copy is complete. The
    table itself is not locked, but every query that reads or writes it opens all of its indexes, and
    waits there. Since version 14, REINDEX builds the index anew in another tablespace while everyone
    goes on; before it, a second index can be built there concurrently, in the first one's place.

    Given:

        create table orders (id bigint primary key, user_id bigint);
        create index orders_user_id_idx on orders (user_id);
        insert into orders select n, n from generate_series(1, 100) n;

    Bad [refused] - refused only where there is no such tablespace:

        set lock_timeout = '2s';
        alter index orders_user_id_idx set tablespace fast;

    Good - the index is new:

        create table carts (id bigint primary key, user_id bigint);
        create index carts_user_id_idx on carts (user_id);
        alter index carts_user_id_idx set tablespace pg_default;
    """

    severity = Severity.ERROR
    on = (SetTablespace,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(SetTablespace):
            index, lock = step.before.index(change.relation), step.lock_on(change.relation)
            copied = [build for build in step.each(IndexBuild) if build.index == change.relation]
            if index is None or lock is None or not copied or step.is_new(change.relation):
                continue
            yield self.finding(
                step,
                change,
                why=f"reads and writes of {sql_name(index.relation)} wait ({lock.mode.name} on its index "
                f"{sql_name(change.relation)}) while the index is copied",
                instead=_elsewhere(step, change),
                because=(lock, *copied),
            )


def _elsewhere(step: Step, change: SetTablespace) -> str:
    if int(step.version) < 14:
        return (
            "build a second index there concurrently, in a migration that the tool runs outside a "
            "transaction; drop the first one concurrently, and give the second its name"
        )
    return (
        "build it anew there concurrently, in a migration of its own, that the tool runs outside a "
        f"transaction\n\nREINDEX (TABLESPACE {quoted(change.tablespace)}) INDEX CONCURRENTLY "
        f"{sql_name(change.relation)};"
    )
