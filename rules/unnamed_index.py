from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import create_index
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import bare, quoted


class UnnamedIndex(Rule):
    """An index without a name gets one that may differ from database to database.

    The server chooses a name, with a number behind it where the first choice is taken. What a failed
    try left behind is not found again, and a later migration that drops the index by name may miss it.

    Given:

        create table orders (id bigint primary key, user_id bigint);

    Bad:

        create index concurrently on orders (user_id);

    Good:

        create index concurrently orders_user_id_idx on orders (user_id);

    Good - a temporary table:

        create temporary table batch as select id from orders;
        create index on batch (id);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("migrationpilot:MP042", "gitlab:complex_indexes_require_name")
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            if change.index.named or change.relation.startswith("pg_temp."):
                continue
            yield self.finding(
                step,
                change,
                why=f"no later migration can be sure of its name, {quoted(bare(change.name))} at best",
                instead="give it a name\n\n"
                + create_index(step.sql, change.index, concurrently=change.concurrently, only=change.only),
            )
