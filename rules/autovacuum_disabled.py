from collections.abc import Iterator, Sequence

from migration_lint.effects import Change, CreateTable, SetOptions
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import Persistence

_NAMES = ("autovacuum_enabled", "toast.autovacuum_enabled")
_OFF = ("false", "off", "no", "0", "f", "n")


class AutovacuumDisabled(Rule):
    """Autovacuum is switched off for a table, which grows and slows down from then on.

    Nobody removes its dead rows or renews its statistics any more, until somebody remembers: the table
    and its indexes grow, plans go wrong, and in the end the server vacuums it anyway, at the worst time,
    to save itself from running out of transaction numbers. Where autovacuum is in the way of a bulk load,
    switch it on again at the end of the same migration; where it is too slow, tune it.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad:

        alter table orders set (autovacuum_enabled = false);

    Bad:

        create table refunds (id bigint primary key) with (autovacuum_enabled = off);

    Good:

        alter table orders set (autovacuum_vacuum_scale_factor = 0.02);

    Good - it is switched on again:

        alter table orders set (autovacuum_enabled = false);
        insert into orders select n, n from generate_series(1, 100) n;
        alter table orders reset (autovacuum_enabled);
    """

    severity = Severity.WARNING
    aliases = ("migrationpilot:MP066",)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        off: dict[str, tuple[Step, Change]] = {}
        for step in steps:
            for change in step.effects:
                if isinstance(change, CreateTable):
                    options: tuple[tuple[str, str | None], ...] = change.table.options
                    if change.table.persistence is Persistence.TEMPORARY:
                        continue
                elif isinstance(change, SetOptions):
                    options = change.options
                else:
                    continue
                for name, value in options:
                    if name.lower() in _NAMES:
                        off.pop(change.relation, None)
                        if value is not None and value.lower() in _OFF:
                            off[change.relation] = (step, change)
        for relation, (step, change) in off.items():
            table = sql_name(relation)
            yield self.finding(
                step,
                change,
                why=f"{table} grows without limit and its statistics grow old: nobody vacuums it any more",
                instead="tune it instead, so that it runs earlier and does less each time\n\n"
                f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02);",
            )
