from collections.abc import Iterator

from migration_lint.effects import RefreshMaterializedView
from migration_lint.findings import Finding, Severity
from migration_lint.linting.fixing import concurrently
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, guarded, steps, waiting
from migration_lint.model import Step
from migration_lint.names import bare, quoted, sql_name
from migration_lint.schema import Index


class RefreshBlocksReads(Rule):
    """Reads of a materialized view wait while it is refreshed.

    REFRESH MATERIALIZED VIEW holds AccessExclusiveLock on the view while its query runs and its indexes
    are built. CONCURRENTLY lets reads go on (ExclusiveLock: only another refresh waits); it needs a
    unique index on plain columns without a condition, and may stand in a transaction. WITH NO DATA
    empties the view, and reads fail until it is filled again.

    A view that has never been filled has no readers: filling it is free.

    Given:

        create table orders (id bigint primary key, total bigint);
        insert into orders select n, n from generate_series(1, 100) n;
        create materialized view totals as select id, total from orders;
        create unique index totals_id_idx on totals (id);
        create materialized view sums as select sum(total) from orders with no data;

    Bad:

        set lock_timeout = '2s';
        refresh materialized view totals;

    Bad - reads fail from then on:

        set lock_timeout = '2s';
        refresh materialized view totals with no data;

    Good:

        refresh materialized view concurrently totals;

    Good - nobody can have read it:

        refresh materialized view sums;

    Good - the view is new:

        create materialized view counts as select count(*) from orders with no data;
        refresh materialized view counts;
    """

    severity = Severity.ERROR
    aliases = (
        "pgfence:refresh-matview-blocking",
        "migrationpilot:MP033",
        "pgsafe:refresh-matview-non-concurrent",
        "pgls:requireConcurrentRefreshMatview",
        "diesel-guard:RefreshMatViewCheck",
        "safemigrate-lint:refresh-matview-blocks-reads",
        "sqlfluff:PG01",
    )
    on = (RefreshMaterializedView,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(RefreshMaterializedView):
            known = step.before.relation(change.relation)
            lock = step.lock_on(change.relation)
            empty = known is not None and not known.populated
            if change.concurrently or step.is_new(change.relation) or empty or lock is None:
                continue
            name = sql_name(change.relation)
            sql = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {name};"
            instead = "refresh it concurrently"
            fix = concurrently(step, alone=False)
            if not any(_tells_rows_apart(index) for index in step.before.indexes_on(change.relation)):
                key = known.columns[0].name if known is not None and known.columns else "id"
                fix = None
                index = quoted(f"{bare(change.relation)}_{key}_idx")
                instead += ", once it has a unique index on columns that tell its rows apart"
                build = f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {name} ({quoted(key)});"
                sql = steps(build, sql)
            why = f"{waiting(lock)} until its query has run and its indexes are built"
            if not change.with_data:
                why = f"reads of {name} fail from now on: it has no rows, and cannot be read before a refresh"
                drop = f"DROP MATERIALIZED VIEW {name};"
                instead = "keep its rows until no code reads it; then drop it"
                sql = guarded(deliberate("drop-view", "no code reads it any more", drop))
                fix = None
            yield self.finding(
                step,
                change,
                why=why,
                instead=f"{instead}\n\n{sql}",
                because=(lock, *step.work),
                fix=fix,
            )


def _tells_rows_apart(index: Index) -> bool:
    return index.unique and index.valid and index.predicate is None and not index.expressions
