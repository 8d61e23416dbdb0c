from collections.abc import Iterator

from migration_lint.effects import CreateIndex
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.pasting import create_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import deliberate, steps
from migration_lint.model import Step
from migration_lint.names import sql_name, sql_names


class UniqueIndexRejectsDuplicates(Rule):
    """A unique index fails on duplicates that are there, and refuses those that the code still writes.

    The build fails at the first duplicate; CONCURRENTLY leaves an invalid index then, which refuses new
    duplicates nevertheless. Once the index is there, code that is not ready for it gets an error
    where it used to write. Look for duplicates first, deploy code that writes none, then build it.

    An opinion, because only the data can tell.

    Given:

        create table users (id bigint primary key, email text);

    Bad:

        create unique index concurrently users_email_key on users (email);

    Good:

        create index concurrently users_email_idx on users (email);

    Good - the table is new:

        create table accounts (id bigint primary key, name text);
        create unique index accounts_name_key on accounts (name);

    Good - the key of the table is part of it:

        create unique index concurrently users_id_email_key on users (id, email);
    """

    severity = Severity.NOTE
    breaks_code = True
    confidence = Confidence.POSSIBLE
    pedantic = True
    aliases = (
        "atlas:MF101",
        "safemigrate-lint:unique-constraint-data-dependent",
        "squawk:ban-new-write-restriction",
        "django-migration-linter:ADD_UNIQUE",
    )
    on = (CreateIndex,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(CreateIndex):
            index = change.index
            if not index.unique or index.expressions or step.is_new(change.relation) or _proven(step, change):
                continue
            table, keys = sql_name(change.relation), sql_names(index.columns)
            where = f"\nWHERE {index.predicate.text}" if index.predicate is not None else ""
            query = " ".join(("SELECT", f"{keys}, count(*)", "FROM", table)) + where
            query += f"\nGROUP BY {keys} HAVING count(*) > 1;"
            yield self.finding(
                step,
                change,
                why=f"writes of {table} that repeat ({keys}) fail, and so does the build if one is there",
                instead="look for duplicates, deploy code that writes none, then build it\n\n"
                + steps(
                    query, deliberate(self.id, "no code writes duplicates", create_index(step.sql, index))
                ),
            )


def _proven(step: Step, change: CreateIndex) -> bool:
    """Whether a unique index on some of the columns says already that there are no duplicates."""
    keys = set(change.index.columns)
    return any(
        known.unique and known.valid and known.predicate is None and keys.issuperset(known.columns)
        for known in step.before.indexes_on(change.relation)
    )
