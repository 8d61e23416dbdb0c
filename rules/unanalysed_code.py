from collections.abc import Iterator

from migration_lint.effects import RunCode
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import sql_name

_WHAT = {"do": "the block", "execute": "the prepared statement", "program": "the program"}


class UnanalysedCode(Rule):
    """The SQL inside a block of code is not looked at: what it locks, writes or drops is not known.

    A DO block that builds its statements, a procedure, a prepared statement: only the server knows what
    they run. A program that the migration tool runs (Django's RunPython): only the program does. All that
    this linter says about the rest of the migration does not hold for them. Write the statements out, so
    that they can be read, or rehearse the migration on a copy and look at its locks.

    A block that only changes rows, in so many words, is not told here. The finding comes once per
    migration, at the first such block.

    Given:

        create table orders (id bigint primary key, total bigint);

    Bad:

        do $$
        begin
            execute 'alter table orders add column token uuid default gen_random_uuid()';
        end $$;

    Bad - there is more in it than rows:

        do $$
        begin
            insert into orders values (1, 1);
            alter table orders add column token uuid;
        end $$;

    Good:

        set lock_timeout = '2s';
        alter table orders add column token uuid;

    Good - it says what it does:

        do $$
        begin
            insert into orders values (1, 1);
        end $$;

    Bad [engine=mariadb] - the text is put together on the server:

        set @sql = concat('alter table ', 'orders', ' force');
        prepare statement from @sql;
    """

    severity = Severity.NOTE
    once = True
    engines = ("postgres", "mysql", "mariadb")
    confidence = Confidence.POSSIBLE
    aliases = (
        "pgsafe:unchecked-do-block",
        "migrationpilot:MP063",
        "safemigrate-lint:analyzer-blind-on-dynamic-sql",
        "excellent_migrations:raw_sql_executed",
    )
    on = (RunCode,)

    def check(self, step: Step) -> Iterator[Finding]:
        for code in step.each(RunCode):
            if code.what == "do" and code.writes and not code.dynamic and not code.alters:
                continue
            if code.what == "trigger":  # as with every other write of the table
                continue
            what = _WHAT.get(code.what) or f"procedure {sql_name(code.relation)}"
            yield self.finding(
                step,
                code,
                why=f"what {what} locks or changes is not known: its SQL was not checked",
                instead="rehearse the migration on a copy of the data, and look at its locks"
                if code.what == "program"
                else "write its statements out in the migration, where they can be checked",
            )
