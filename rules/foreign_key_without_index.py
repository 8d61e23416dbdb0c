from collections.abc import Iterator, Sequence

from migration_lint.catalog import Catalog
from migration_lint.effects import AddConstraint, Change, CreateIndex, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name, sql_names
from migration_lint.schema import Constraint, ConstraintKind, Index


class ForeignKeyWithoutIndex(Rule):
    """Deleting a row reads the whole table that refers to it.

    The server keeps no index on the referencing columns by itself. Without one, every DELETE of a
    referenced row, and every UPDATE of its key, reads all rows of the referencing table to look for
    its like, with the referenced row locked in the meantime.

    An opinion, because rows of the referenced table may never be deleted.

    Given:

        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint);

    Bad:

        set lock_timeout = '2s';
        alter table orders add constraint orders_users foreign key (user_id) references users not valid;

    Bad:

        set lock_timeout = '2s';
        create table refunds (id bigint primary key, order_id bigint references orders);

    Good:

        create index concurrently orders_user_id_idx on orders (user_id);
        -- next migration
        set lock_timeout = '2s';
        alter table orders add constraint orders_users foreign key (user_id) references users not valid;

    Good - the index follows:

        set lock_timeout = '2s';
        create table refunds (id bigint primary key, order_id bigint references orders);
        create index refunds_order_id_idx on refunds (order_id);

    Good - it begins the primary key:

        set lock_timeout = '2s';
        create table order_items (order_id bigint references orders, line int, primary key (order_id, line));
    """

    severity = Severity.NOTE
    pedantic = True
    aliases = (
        "eugene:E15",
        "pgfence:fk-missing-index",
        "migrationpilot:MP016",
        "pgsafe:fk-without-covering-index",
        "pg-migration-lint:PGM501",
        "gitlab:foreign-key-index",
    )
    on = (AddConstraint, CreateTable)

    def finish(self, steps: Sequence[Step]) -> Iterator[Finding]:
        later = [index for step in steps for change in step.each(Change) for index in _made(change)]
        for step in steps:
            for change, key in _foreign_keys(step):
                known = [*step.before.indexes_on(change.relation), *later]
                if any(_serves(index, change.relation, key) for index in known):
                    continue
                if not _is_known(step.before, change):
                    continue
                yield self._of(step, change, key)

    def _of(self, step: Step, change: Change, key: Constraint) -> Finding:
        table, target = sql_name(change.relation), sql_name(key.references or "")
        name = quoted(shortened(f"{bare(change.relation)}_{'_'.join(key.columns)}_idx"))
        new = isinstance(change, CreateTable) or step.is_new(change.relation)
        before = f"{step.sql};\n" if new else ""
        how = "" if new else "CONCURRENTLY "
        return self.finding(
            step,
            change,
            why=f"a delete of a row of {target} reads all of {table}: no index on ({sql_names(key.columns)})",
            instead=f"index the referencing columns{'' if new else ' first'}\n\n"
            f"{before}CREATE INDEX {how}{name} ON {table} ({sql_names(key.columns)});",
        )


def _foreign_keys(step: Step) -> Iterator[tuple[Change, Constraint]]:
    for added in step.each(AddConstraint):
        if added.constraint.kind is ConstraintKind.FOREIGN_KEY:
            yield added, added.constraint
    for made in step.each(CreateTable):
        for constraint in made.table.constraints:
            if constraint.kind is ConstraintKind.FOREIGN_KEY and not constraint.inherited:
                yield made, constraint


def _made(change: Change) -> tuple[Index, ...]:
    if isinstance(change, CreateIndex):
        return (change.index,)
    if isinstance(change, CreateTable):
        return change.indexes
    if isinstance(change, AddConstraint) and change.index is not None:
        return (change.index,)
    return ()


def _serves(index: Index, relation: str, key: Constraint) -> bool:
    """Whether the index begins with the columns, in whatever order."""
    return (
        index.relation == relation
        and index.predicate is None
        and index.method in ("btree", "hash")
        and set(index.columns[: len(key.columns)]) == set(key.columns)
    )


def _is_known(catalog: Catalog, change: Change) -> bool:
    table = catalog.relation(change.relation)
    return isinstance(change, CreateTable) or (table is not None and table.complete)
