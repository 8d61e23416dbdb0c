import shlex
from collections.abc import Iterator

from migration_lint.effects import Change, Cluster, Vacuum
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import waiting
from migration_lint.model import Step
from migration_lint.names import sql_name


class VacuumFull(Rule):
    """VACUUM FULL and CLUSTER write a table anew while reads and writes wait.

    Both hold AccessExclusiveLock until the whole table and all its indexes have been copied: minutes
    or hours on a big one, with as much disk again. Without a table's name they do it to one table
    after the other. Plain VACUUM makes the space of dead rows usable again while everybody works;
    pg_repack or pg_squeeze give it back to the disk, or put the rows in order, with a short lock.

    Given:

        create table orders (id bigint primary key, user_id bigint);
        insert into orders select n, n from generate_series(1, 100) n;
        create index orders_user_id_idx on orders (user_id);

    Bad:

        set lock_timeout = '2s';
        vacuum full orders;

    Bad:

        set lock_timeout = '2s';
        cluster orders using orders_user_id_idx;

    Good:

        vacuum (analyze) orders;

    Good - the order is only noted, for the next time:

        set lock_timeout = '2s';
        alter table orders cluster on orders_user_id_idx;

    Good - the table is new:

        create table refunds (id bigint primary key);
        cluster refunds using refunds_pkey;
    """

    severity = Severity.ERROR
    aliases = (
        "squawk:prefer-repack",
        "pgfence:vacuum-full",
        "migrationpilot:MP006",
        "migrationpilot:MP032",
        "pgsafe:vacuum-full-cluster",
        "pg-migration-lint:PGM018",
        "pg-migration-lint:PGM021",
        "pgls:banVacuumFull",
    )
    on = (Vacuum, Cluster)
    options = {"large_table_tool": "pg_repack"}

    def check(self, step: Step) -> Iterator[Finding]:
        changes: list[Change] = [change for change in step.each(Vacuum) if change.full]
        changes += step.each(Cluster)
        for change in changes:
            if change.relation and step.is_new(change.relation):
                continue
            lock = step.lock_on(change.relation)
            every = "reads and writes of one table after the other wait (AccessExclusiveLock)"
            who = waiting(lock) if lock is not None else every
            table = f" {sql_name(change.relation)}" if change.relation else ""
            yield self.finding(
                step,
                change,
                why=f"{who} until it and its indexes have been written anew",
                instead="vacuum it plainly, in a migration outside a transaction; where the disk space is "
                f"needed, run pg_repack instead of a migration\n\nVACUUM (ANALYZE){table};"
                + self._command(step, change),
                because=(*((lock,) if lock is not None else ()), *step.work),
            )

    def _command(self, step: Step, change: Change) -> str:
        """pg_repack's command line, which needs a primary key or a unique index of NOT NULL columns.

        https://reorg.github.io/pg_repack/
        """
        known = step.before.relation(change.relation)
        if self.settings["large_table_tool"] == "none" or not change.relation:
            return ""
        if known is not None and known.complete and known.primary_key is None:
            return "\n\n$ # pg_repack would not do: the table has no primary key"
        order = " --order-by=COLUMNS" if isinstance(change, Cluster) else " --no-order"
        name = shlex.quote(change.relation)
        return (
            f"\n\n$ pg_repack --dbname=DATABASE --table={name}{order} --wait-timeout=60 --dry-run"
            "  # then without --dry-run"
        )
