from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step


class IndexBuildWaits(Rule):
    """Writers wait while an index is built.

    It reads the whole table first.

    Given:

        create table orders (id bigint, user_id bigint);

    Bad:

        create index orders_user_id on orders (user_id);

    Good - without a lock that hurts:

        create index concurrently orders_user_id on orders (user_id);
    """

    aliases = (
        "squawk:require-concurrent-index-creation",
        "eugene:E6",
        "pgfence:create-index",
        "elsewhere:index",
    )
    down_severity = Severity.WARNING
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            for stall in step.stalls():
                yield self.finding(
                    step,
                    change,
                    why=f"writes to {change.relation} wait while the index is built",
                    instead="build it CONCURRENTLY, in a migration of its own"
                    f"\n\nCREATE INDEX CONCURRENTLY {change.index.name}\n    ON {change.relation} (user_id);",
                    because=(stall.lock, *stall.work),
                )
