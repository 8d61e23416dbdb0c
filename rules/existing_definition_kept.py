from collections.abc import Iterator

from migration_lint.effects import AddColumn, CreateIndex, CreateTable
from migration_lint.findings import Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import column_sql, guarded, several, sql_type
from migration_lint.model import Step
from migration_lint.names import bare, quoted, sql_name
from migration_lint.schema import Column, Index, Relation


class ExistingDefinitionKept(Rule):
    """IF NOT EXISTS finds another definition there, keeps it, and says so only in a notice.

    CREATE TABLE, CREATE INDEX and ADD COLUMN with IF NOT EXISTS look at the name alone. Where something
    of that name is there, they do nothing, whatever it looks like: the migration is recorded as applied,
    and the deployed code meets a table without the column, or a column of the other type. A fresh
    database gets the new definition, so that tests pass.

    The rule speaks where an earlier migration made it differently.

    Given:

        create table orders (id bigint primary key, total integer);
        create index orders_idx on orders (total);

    Bad:

        create table if not exists orders (id bigint primary key, total integer, note text);

    Bad - of another type:

        set lock_timeout = '2s';
        alter table orders add column if not exists total text;

    Good:

        set lock_timeout = '2s';
        alter table orders add column note text;

    Good - it is what is there:

        create table if not exists orders (id bigint primary key, total integer);

    Good - nothing of that name is there:

        create table if not exists refunds (id bigint primary key);
    """

    severity = Severity.WARNING
    aliases = ("pg-migration-lint:PGM403",)
    on = (CreateTable, AddColumn, CreateIndex)

    def check(self, step: Step) -> Iterator[Finding]:
        for made in step.each(CreateTable):
            known = step.before.relation(made.relation)
            if made.if_not_exists and known is not None and known.complete and not made.as_select:
                yield from self._of_table(step, made, known)
        for added in step.each(AddColumn):
            known = step.before.relation(added.relation)
            column = known.column(added.column.name) if known is not None else None
            if added.if_not_exists and column is not None and _differ(column, added.column):
                name = f"{sql_name(added.relation)}.{quoted(column.name)}"
                yield self.finding(
                    step,
                    added,
                    why=f"nothing happens: {name} is there already, as {sql_type(column.type)}",
                    instead="give the new column another name, or change the type of the old one",
                )
        for change in step.each(CreateIndex):
            index = step.before.index(change.name)
            if change.if_not_exists and index is not None and _keys(index) != _keys(change.index):
                yield self.finding(
                    step,
                    change,
                    why=f"nothing happens: {sql_name(index.name)} is there already, with other columns",
                    instead=f"give the new index another name than {quoted(bare(index.name))}",
                )

    def _of_table(self, step: Step, made: CreateTable, known: Relation) -> Iterator[Finding]:
        pairs = [(column, known.column(column.name)) for column in made.table.columns]
        missing = [column for column, old in pairs if old is None]
        other = [column for column, old in pairs if old is not None and _differ(old, column)]
        if not missing and not other:
            return
        table = sql_name(made.relation)
        what = [f"without {several([quoted(column.name) for column in missing])}"] if missing else []
        what += (
            [f"with another type of {several([quoted(column.name) for column in other])}"] if other else []
        )
        adds = ",\n    ".join(f"ADD COLUMN {column_sql(column)}" for column in missing)
        sql = "\n\n" + guarded(f"ALTER TABLE {table}\n    {adds};") if missing else ""
        yield self.finding(
            step,
            made,
            why=f"nothing happens: {table} is there already, {several(what)}",
            instead=f"change the table that is there{sql}",
        )


def _differ(old: Column, new: Column) -> bool:
    return old.type is not None and new.type is not None and old.type != new.type


def _keys(index: Index) -> tuple[object, ...]:
    texts = tuple(expression.text for expression in index.expressions)
    predicate = index.predicate.text if index.predicate is not None else None
    return index.relation, index.columns, texts, predicate, index.unique
