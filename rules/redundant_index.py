from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name, sql_names
from migration_lint.schema import Index


class RedundantIndex(Rule):
    """An index repeats the beginning of another one.

    An index on (a, b) serves every query that an index on (a) serves. The second one is written on
    every INSERT and most UPDATEs, and takes room in memory and on disk, for little. A unique index is
    not redundant, as it keeps something unique; nor is a partial one.

    Given:

        create table orders (id bigint primary key, user_id bigint, status text);
        create index orders_user_id_status_idx on orders (user_id, status);

    Bad:

        create index concurrently orders_user_id_idx on orders (user_id);

    Bad - the primary key has one:

        create index concurrently orders_id_idx on orders (id);

    Good - the other order:

        create index concurrently orders_status_user_id_idx on orders (status, user_id);

    Good - unique:

        create unique index concurrently orders_user_id_key on orders (user_id);

    Good - partial:

        create index concurrently orders_open_idx on orders (user_id) where status = 'open';
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("pg-migration-lint:PGM508", "migrationpilot:MP100")
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            new = change.index
            if new.unique or new.predicate is not None or new.expressions:
                continue
            for known in step.before.indexes_on(new.relation):
                if known.name != new.name and _covers(known, new):
                    yield self.finding(
                        step,
                        change,
                        why=f"every write of {sql_name(new.relation)} pays for {sql_name(new.name)}, and "
                        f"{sql_name(known.name)} on ({sql_names(known.columns)}) serves the same queries",
                        instead="leave it out",
                    )
                    break


def _covers(known: Index, new: Index) -> bool:
    width = len(new.columns)
    return (
        known.valid
        and known.predicate is None
        and known.method == new.method
        and known.columns[:width] == new.columns
        and _alike(known.operator_classes, new.operator_classes)
        and _alike(known.collations, new.collations)
        and set(new.include) <= {*known.include, *known.columns}
    )


def _alike(known: tuple[str | None, ...], new: tuple[str | None, ...]) -> bool:
    """Whether the choices for the new keys are those of the known index; none means the default."""
    return all((known[at] if at < len(known) else None) == choice for at, choice in enumerate(new))
