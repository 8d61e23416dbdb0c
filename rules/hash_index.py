from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import create_index
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name


class HashIndex(Rule):
    """A hash index serves equality alone.

    It helps no range, no sort, no LIKE and no prefix, cannot be unique and has one column. A B-tree
    does what it does, nearly as fast, and all of the rest. Hash pays for long values that are only
    ever compared for equality.

    Given:

        create table orders (id bigint primary key, status text);

    Bad:

        create index concurrently orders_status_idx on orders using hash (status);

    Good:

        create index concurrently orders_status_idx on orders (status);

    Good:

        create index concurrently orders_status_idx on orders using brin (id);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("online_migrations:hash_index", "gitlab:hash_index")
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            if change.index.method != "hash":
                continue
            sql = create_index(step.sql, change.index, concurrently=not step.is_new(change.relation))
            yield self.finding(
                step,
                change,
                why=f"queries on {sql_name(change.relation)} that sort or compare ranges cannot use it",
                instead="use a B-tree\n\n" + _without_method(sql),
            )


def _without_method(sql: str) -> str:
    import re

    return re.sub(r"\s+using\s+hash\b", "", sql, count=1, flags=re.IGNORECASE)
