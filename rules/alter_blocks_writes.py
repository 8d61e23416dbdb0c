from collections.abc import Iterator

from migration_lint.effects import AddColumn, CreateIndex, Lock
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES, TOOLS, alteration, by_tool, how, table, work_on
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import labour
from migration_lint.model import Step
from migration_lint.schema import Generated


class AlterBlocksWrites(Rule):
    """Writes wait while a table is rebuilt or an index is built, although it is done in place.

    In place is not yet online: FULLTEXT and SPATIAL indexes, an index of a virtual column that the same
    statement adds, an index of an expression, an AUTO_INCREMENT column, and the partition clauses that
    move rows (REORGANIZE, REBUILD, COALESCE, ADD PARTITION of HASH and KEY) need LOCK=SHARED: reads go on,
    writes wait until it is done. The first FULLTEXT index of a table rebuilds it as well.

    Add a virtual column in one migration and its index in the next: then writes go on. For the rest, do it
    when nobody writes, or by a tool that copies the table beside the traffic.

    Given:

        create table posts (id bigint primary key auto_increment, title varchar(50), body text);
        insert into posts (title) values ('a'), ('b');

    Bad:

        set lock_wait_timeout = 2;
        alter table posts add fulltext index body_words (body);

    Bad - the index of a column that is new:

        set lock_wait_timeout = 2;
        alter table posts add column size int as (char_length(title)) virtual, add index size (size);

    Bad [engine=mysql] - the index of an expression:

        set lock_wait_timeout = 2;
        alter table posts add index lower_title ((lower(title)));

    Good - one after the other:

        set lock_wait_timeout = 2;
        alter table posts add column size int as (char_length(title)) virtual;
        -- next migration
        set lock_wait_timeout = 2;
        alter table posts add index size (size);

    Good - the table is new:

        create table pages (id bigint primary key, body text);
        alter table pages add fulltext index body_words (body);
    """

    severity = Severity.ERROR
    engines = ENGINES
    aliases = ("strong_migrations:add_column_auto_incrementing",)
    on = (Lock,)
    options = {"large_table_tool": TOOLS}

    def check(self, step: Step) -> Iterator[Finding]:
        lock = alteration(step)
        if lock is None or lock.algorithm in ("COPY", "INSTANT") or not lock.mode.blocks_writes:
            return
        work = work_on(step, lock)
        if not work or lock.default_algorithm:
            return
        yield self.finding(
            step,
            lock,
            why=f"writes of {table(lock)} wait while {labour(work)} ({how(lock)})",
            instead=by_tool(step, lock, self.id, str(self.settings["large_table_tool"]), _order(step)),
            because=(lock, *work),
        )


def _order(step: Step) -> str:
    virtual = any(change.column.generated is Generated.VIRTUAL for change in step.each(AddColumn))
    if virtual and any(step.each(CreateIndex)):
        return (
            "add the column in one migration and its index in the next, then writes go on; or accept the wait"
        )
    return "do it when nobody writes, or let a tool copy the table beside the traffic"
