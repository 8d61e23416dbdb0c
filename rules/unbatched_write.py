import re
from collections.abc import Iterator

from migration_lint.effects import DeleteRows, RunCode, UpdateRows
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import INTEGERS
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Expression

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_TARGET = re.compile(
    rf"(?:update|delete\s+from)\s+(?:only\s+)?{_NAME}(?:\s*\.\s*{_NAME})?"
    rf"(?:\s+(?:as\s+)?(?!set\b|using\b|where\b|returning\b)(?P<alias>{_NAME}))?(?P<joined>\s+using\b)?",
    re.IGNORECASE,
)
"""The head of an UPDATE or DELETE; `joined` where another table follows."""
_JOINED = re.compile(r"\bset\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
_REST = re.compile(r"\b(?:where|returning|using)\b", re.IGNORECASE)


class UnbatchedWrite(Rule):
    """One statement updates or deletes so many rows that everyone else who writes them waits.

    Each row that it touches stays locked until the transaction ends, and the old version of each stays
    in the table and its indexes. On a big table that takes minutes: whoever writes one of those rows
    waits for all of it, replicas fall behind, and a failure near the end loses everything. A DO block
    that goes through the rows in a loop is no better without COMMIT: it is one transaction.

    Write in batches by ranges of the key, some thousand rows each, and commit after each one: by a
    script outside the migration, or a procedure that commits. A condition that an index answers with a
    few rows is fine, and so is a table with fewer than `small_table` rows, where the statistics of a
    snapshot tell.

    Given:

        create table users (id bigint primary key, name text, full_name text);
        insert into users select n, 'name' from generate_series(1, 100) n;
        create table tokens (id uuid primary key, used boolean);

    Bad - the key is no number:

        update tokens set used = false where used is null;

    Bad:

        update users set full_name = name where full_name is null;

    Bad:

        update users set full_name = name;

    Bad:

        delete from users where name = 'nobody';

    Bad - a loop is one transaction too:

        do $$
        begin
            for i in 1..100 loop
                update users set full_name = name where id = i;
            end loop;
        end $$;

    Good:

        update users set full_name = name where id between 1 and 20 and full_name is null;

    Good:

        delete from users where id = 1;

    Good - the loop commits:

        do $$
        begin
            for i in 1..100 loop
                update users set full_name = name where id = i;
                commit;
            end loop;
        end $$;

    Good - the table is new:

        create table names (id bigint primary key, name text);
        insert into names select id, name from users;
        update names set name = lower(name);

    Good - a temporary table:

        create temporary table picked (id bigint, name text);
        update picked set name = 'x';

    Given:

        create table users (id bigint primary key auto_increment, name varchar(50), full_name varchar(50));
        insert into users (name) values ('a'), ('b');

    Bad [engine=mariadb]:

        update users set full_name = name where full_name is null;

    Good [engine=mariadb]:

        update users set full_name = name where id between 1 and 1000 and full_name is null;
    """

    severity = Severity.WARNING
    engines = ("postgres", "mysql", "mariadb")
    aliases = (
        "strong_migrations:backfill",
        "pgfence:update-in-migration",
        "migrationpilot:MP011",
        "migrationpilot:MP067",
        "pgls:banUpdateWithoutWhere",
        "pg-migration-lint:PGM302",
        "bytebase:where_require_update_delete",
        "diesel-guard:MutationWithoutWhereCheck",
        "safemigrate-lint:update-delete-row-scope",
        "gitlab:update_large_table",
    )
    on = (UpdateRows, DeleteRows, RunCode)
    options = {"small_table": 10_000}

    def check(self, step: Step) -> Iterator[Finding]:
        if any(stall.held for stall in step.stalls()):
            return  # work-while-holding-lock says more
        writes: list[UpdateRows | DeleteRows] = [*step.each(UpdateRows), *step.each(DeleteRows)]
        for change in writes:
            deletes_all = isinstance(change, DeleteRows) and change.where is None
            if change.narrow or deletes_all or self._is_small(step, change.relation):
                continue
            table = sql_name(change.relation)
            extent = "every row" if change.where is None else "all the rows that it finds"
            yield self.finding(
                step,
                change,
                why=f"writes of {table} wait until this statement has written {extent} and commits",
                instead="write in batches by ranges of the key, each in a transaction of its own"
                + _batch(step, change.relation, change.where),
                confidence=None if change.where is None else Confidence.LIKELY,
            )
        for code in step.each(RunCode):
            if code.loops and code.writes and not code.commits:
                yield self.finding(
                    step,
                    code,
                    why="writes of the same rows wait until the whole loop is over: it is one transaction",
                    instead="commit after each batch: COMMIT in the loop, and no transaction around it",
                    confidence=Confidence.LIKELY,
                )

    def _is_small(self, step: Step, relation: str) -> bool:
        if step.is_new(relation):
            return True
        known = step.before.relation(relation)
        return known is not None and known.rows is not None and known.rows < int(self.settings["small_table"])


def _batch(step: Step, relation: str, where: Expression | None) -> str:
    """The statement as written, for the first thousand keys; empty where it is neither UPDATE nor DELETE."""
    target = _TARGET.match(step.sql)
    if target is None:
        return ""
    known = step.before.relation(relation)
    primary = known.primary_key if known is not None else None
    name = primary.columns[0] if primary is not None and primary.columns else None
    key = quoted(name) if name is not None else "id"
    if target["alias"] or target["joined"] or _JOINED.search(step.sql):
        key = f"{target['alias'] or sql_name(relation)}.{key}"
    span, again = f"{key} BETWEEN 1 AND 1000", "and so on, batch by batch"
    column = known.column(name) if known is not None and name is not None else None
    if column is not None and column.type is not None and column.type.name not in INTEGERS:
        if where is None or not where.text:
            return ""
        some = " ".join(("SELECT", quoted(column.name), "FROM", sql_name(relation), "WHERE", where.text))
        span, again = f"{key} IN ({some} LIMIT 1000)", "until no row is left"
    elif name is None:
        again = f"{again}; id stands for the key of {sql_name(relation)}"
    sql = step.sql.rstrip()
    at = sql.rfind(where.text) if where is not None and where.text else -1
    if where is not None and at >= 0:
        end = at + len(where.text)
        condition = f"({where.text})" if " or " in where.text.lower() else where.text
        sql = f"{sql[:at]}{condition} AND {span}{sql[end:]}"
    elif where is None and not _REST.search(sql):
        sql = f"{sql}\nWHERE {span}"
    else:
        return ""
    return f"\n\n{sql};  -- {again}"
