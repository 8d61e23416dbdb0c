from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name, sql_names


class WideIndex(Rule):
    """An index has many key columns.

    Each further column makes the index larger and its writes slower, and helps only queries that
    give a value for all the columns before it. Columns that are only read can go into INCLUDE. Unique
    indexes are left alone: their columns are the rule that they keep.

    Given:

        create table orders (id bigint primary key, user_id bigint, status text, total int, qty int);

    Bad:

        create index concurrently orders_all_idx on orders (user_id, status, total, qty);

    Good:

        create index concurrently orders_user_id_status_idx on orders (user_id, status);

    Good:

        create index concurrently orders_user_id_idx on orders (user_id, status) include (total, qty);

    Good - unique:

        create unique index concurrently orders_key on orders (user_id, status, total, qty);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "strong_migrations:add_index_columns",
        "diesel-guard:WideIndexCheck",
        "bytebase:index_key_number_limit",
    )
    on = (CreateIndex,)
    options = {"columns": 3}

    def check(self, step: Step) -> Iterator[Finding]:
        most = int(self.settings["columns"])
        for change in step.each(CreateIndex):
            index = change.index
            if index.unique or len(index.columns) <= most:
                continue
            kept = [quoted(column) if column is not None else "…" for column in index.columns[:most]]
            rest = sql_names(index.columns[most:])
            yield self.finding(
                step,
                change,
                why=f"every write of {sql_name(index.relation)} pays for {len(index.columns)} key columns",
                instead=f"index ({', '.join(kept)})"
                + (f", and leave out or INCLUDE ({rest})" if rest else ""),
            )
