from collections.abc import Iterator, Sequence

from migration_lint.effects import AddConstraint, Change, CreateIndex, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name, sql_names
from migration_lint.schema import ConstraintKind, PartitionKey

_UNIQUE = (ConstraintKind.PRIMARY_KEY, ConstraintKind.UNIQUE)


class PartitionKeyNotInUniqueKey(Rule):
    """The server refuses a unique key of a partitioned table that leaves out the partition key.

    Each partition keeps its own index, so that something can be unique over all of them only if rows
    that are equal lie in the same partition: a primary key, unique constraint or unique index has to
    hold every column of the partition key, and the partition key may not be an expression.

    Given:

        create table events (id bigint, at date not null) partition by range (at);

    Bad [refused]:

        create table logs (id bigint primary key, at date not null) partition by range (at);

    Bad [refused]:

        set lock_timeout = '2s';
        alter table events add constraint events_pkey primary key (id);

    Bad [refused]:

        set lock_timeout = '2s';
        create unique index events_id_key on events (id);

    Good:

        create table logs (id bigint, at date not null, primary key (id, at)) partition by range (at);

    Good:

        set lock_timeout = '2s';
        create unique index events_id_at_key on events (id, at);

    Good - not unique:

        set lock_timeout = '2s';
        create index events_id_idx on events (id);
    """

    severity = Severity.ERROR
    aliases = ("migrationpilot:MP049",)
    on = (CreateTable, AddConstraint, CreateIndex)

    def check(self, step: Step) -> Iterator[Finding]:
        for change, partitioned, columns in _keys(step):
            left = _left_out(partitioned, columns)
            if left is None:
                continue
            name, listed = sql_name(change.relation), sql_names((*columns, *left))
            why = f"{several([quoted(column) for column in left])} of the partition key" if left else ""
            yield self.finding(
                step,
                change,
                why=f"the server refuses it: ({sql_names(columns)}) of {name} leaves out {why}"
                if left
                else f"the server refuses it: {name} is partitioned by an expression, so nothing is unique",
                instead=f"make ({listed}) the key"
                if left
                else "make the key unique in each partition on its own",
            )


def _keys(step: Step) -> Iterator[tuple[Change, PartitionKey, tuple[str | None, ...]]]:
    """(change, partition key, unique columns) of every new unique key of a partitioned table."""
    for made in step.each(CreateTable):
        for constraint in made.table.constraints:
            if made.table.partition_key is not None and constraint.kind in _UNIQUE:
                yield made, made.table.partition_key, constraint.columns
    for added in step.each(AddConstraint):
        table = step.before.relation(added.relation)
        if table is not None and table.partition_key is not None and added.constraint.kind in _UNIQUE:
            yield added, table.partition_key, added.constraint.columns
    for index in step.each(CreateIndex):
        table = step.before.relation(index.relation)
        if table is not None and table.partition_key is not None and index.index.unique:
            yield index, table.partition_key, index.index.columns


def _left_out(key: PartitionKey, columns: Sequence[str | None]) -> tuple[str, ...] | None:
    """The columns of the partition key that are missing; empty where it is an expression; None: all well."""
    if None in key.columns:
        return ()
    return tuple(name for name in key.columns if name is not None and name not in columns) or None
