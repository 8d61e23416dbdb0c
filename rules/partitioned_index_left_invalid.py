from collections.abc import Iterator, Sequence

from migration_lint.effects import AttachIndex, CreateIndex
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import create_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, several
from migration_lint.linting.wording import steps as migrations
from migration_lint.model import Step
from migration_lint.names import sql_name
from migration_lint.schema import Index


class PartitionedIndexLeftInvalid(Rule):
    """The index of a partitioned table stays invalid until every partition's index is attached.

    CREATE INDEX ON ONLY makes the parent's index alone, and marks it invalid. It becomes valid with
    the last ATTACH PARTITION; until then a unique one guarantees nothing and no foreign key can refer
    to it. An opinion, because the rest may follow in later migrations.

    Given:

        create table events (id bigint, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (1000);
        create table events_2 partition of events for values from (1000) to (2000);

    Bad:

        set lock_timeout = '2s';
        create index events_kind_idx on only events (kind);

    Bad - one is missing:

        create index concurrently events_1_kind_idx on events_1 (kind);
        -- next migration
        set lock_timeout = '2s';
        create index events_kind_idx on only events (kind);  -- here
        alter index events_kind_idx attach partition events_1_kind_idx;

    Good:

        create index concurrently events_1_kind_idx on events_1 (kind);
        -- next migration
        create index concurrently events_2_kind_idx on events_2 (kind);
        -- next migration
        set lock_timeout = '2s';
        create index events_kind_idx on only events (kind);
        alter index events_kind_idx attach partition events_1_kind_idx;
        alter index events_kind_idx attach partition events_2_kind_idx;

    Good - there is no partition yet:

        create table logs (id bigint, line text) partition by range (id);
        create index logs_id_idx on only logs (id);
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = ("migrationpilot:MP092", "pg-migration-lint:PGM001")
    on = (CreateIndex,)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        tables = {change.name: change.relation for step in steps for change in step.each(CreateIndex)}
        done: set[tuple[str, str | None]] = set()
        for step in steps:
            for attach in step.each(AttachIndex):
                known = step.before.index(attach.index)
                table = known.relation if known is not None else tables.get(attach.index)
                done.add((attach.parent, table))
        for step in steps:
            for change in step.each(CreateIndex):
                if not change.only or change.index.valid:
                    continue
                left = [
                    child.name
                    for child in step.before.children(change.relation)
                    if (change.name, child.name) not in done
                ]
                if left:
                    yield self._of(step, change, left)

    def _of(self, step: Step, change: CreateIndex, left: list[str]) -> Finding:
        name = sql_name(change.name)
        builds, joined = [], []
        for partition in left:
            own = Index(f"{partition}_{'_'.join(c or 'expr' for c in change.index.columns)}_idx", partition)
            builds.append(create_index(step.sql, change.index, on=own))
            joined.append(f"ALTER INDEX {name} ATTACH PARTITION {sql_name(own.name)};")
        tables = several([sql_name(partition) for partition in left])
        return self.finding(
            step,
            change,
            why=f"{name} is invalid as long as it has no index of {tables}",
            instead="build the missing ones concurrently, then attach them\n\n"
            + migrations(*builds, guarded("\n".join(joined))),
        )
