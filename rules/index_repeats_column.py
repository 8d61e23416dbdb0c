from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import bare, quoted, sql_name
from migration_lint.schema import Index


class IndexRepeatsColumn(Rule):
    """An index has the same column twice.

    The second one adds nothing but size: it is a slip, and the column that was meant is missing.

    Given:

        create table orders (id bigint primary key, user_id bigint, status text);

    Bad:

        create index concurrently orders_status_idx on orders (status, status);

    Bad:

        create index concurrently orders_status_idx on orders (status) include (status);

    Good:

        create index concurrently orders_status_user_id_idx on orders (status, user_id);

    Good - in two operator classes:

        create index concurrently orders_status_idx on orders (status, status text_pattern_ops);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("bytebase:index_no_duplicate_column", "safemigrate-lint:index-no-duplicate-column")
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            index = change.index
            for column in _repeated(index):
                yield self.finding(
                    step,
                    change,
                    why=f"{sql_name(index.relation)} gets an index with {quoted(column)} twice",
                    instead=f"name {quoted(column)} once in {quoted(bare(index.name))}, "
                    "or the column that was meant",
                )


def _repeated(index: Index) -> list[str]:
    classes = index.operator_classes or (None,) * len(index.columns)
    keys = list(zip(index.columns, classes, strict=False))
    twice = [column for column, name in keys if column is not None and keys.count((column, name)) > 1]
    twice += [column for column in index.include if column in index.columns]
    return list(dict.fromkeys(twice))
