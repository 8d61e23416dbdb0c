from collections.abc import Iterator

from migration_lint.effects import AttachPartition, IndexBuild, Scan
from migration_lint.linting.pasting import bound_condition, bound_sql, create_index
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, steps, waiting
from migration_lint.model import Finding, Severity, Step
from migration_lint.names import bare, quoted, shortened, split, sql_name
from migration_lint.schema import Index


class AttachPartitionBlocksReads(Rule):
    """Reads and writes of a table wait while it becomes a partition.

    ATTACH PARTITION holds AccessExclusiveLock on the table that it attaches, while it reads every row
    to see that it is within the bounds, and builds every index of the parent that the table lacks.
    The parent itself is not held up (from PostgreSQL 12 on).

    The server spares the reading where a validated CHECK says the same as the bounds, NOT NULL of the
    key included; add one NOT VALID, validate it, attach, and drop it again. Build the indexes
    concurrently before.

    Given:

        create table events (id bigint not null, kind int) partition by range (id);
        create table events_1 partition of events for values from (0) to (100);
        create table archive (id bigint not null, kind int);
        insert into archive select n, 1 from generate_series(100, 199) n;

    Bad:

        set lock_timeout = '2s';
        alter table events attach partition archive for values from (100) to (200);

    Good:

        set lock_timeout = '2s';
        alter table archive add constraint archive_bounds
            check (id >= 100 and id < 200) not valid;
        -- next migration
        alter table archive validate constraint archive_bounds;
        -- next migration
        set lock_timeout = '2s';
        alter table events attach partition archive for values from (100) to (200);
        alter table archive drop constraint archive_bounds;

    Good - the table is new:

        create table events_2 (like events including all);
        set lock_timeout = '2s';
        alter table events attach partition events_2 for values from (100) to (200);

    Given:

        create table events (id bigint not null, kind int) partition by range (id);
        create index events_kind_idx on events (kind);
        create table archive (id bigint not null, kind int, check (id >= 100 and id < 200));
        insert into archive select n, 1 from generate_series(100, 199) n;

    Bad - an index is missing:

        set lock_timeout = '2s';
        alter table events attach partition archive for values from (100) to (200);

    Good:

        create index concurrently archive_kind_idx on archive (kind);
        -- next migration
        set lock_timeout = '2s';
        alter table events attach partition archive for values from (100) to (200);
    """

    severity = Severity.ERROR
    aliases = (
        "pgfence:attach-partition",
        "migrationpilot:MP094",
        "pgsafe:attach-partition",
        "pg-migration-lint:PGM005",
        "pgls:avoidAttachingPartition",
    )
    on = (AttachPartition,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(AttachPartition):
            names = {change.partition, *(c.name for c in step.before.descendants(change.partition))}
            work = [effect for effect in step.work if effect.relation in names]
            lock = step.lock_on(change.partition)
            if not work or lock is None:
                continue
            built = [effect for effect in work if isinstance(effect, IndexBuild)]
            checked = not change.proven and any(isinstance(effect, Scan) for effect in work)
            doing = ["every row is checked against the bounds"] if checked else []
            doing += [
                f"{len(built)} of the parent's indexes {'is' if len(built) == 1 else 'are'} built"
            ] * bool(built)
            yield self.finding(
                step,
                change,
                relation=change.partition,
                why=f"{waiting(lock)} while {' and '.join(doing or ['it is read'])}",
                instead=_instead(step, change, built, checked=checked),
                because=(lock, *work),
            )


def _instead(step: Step, change: AttachPartition, built: list[IndexBuild], *, checked: bool) -> str:
    parent = step.before.relation(change.relation)
    table = sql_name(change.partition)
    indexes = _missing(step, change) if built else []
    parts = [create_index("", index) for index in indexes]
    order = ["build its indexes concurrently"] if parts else []
    attach = f"{step.sql};"
    condition = bound_condition(parent.partition_key if parent is not None else None, change.bound)
    if checked and condition is None:
        return "attach an empty table for these bounds, and move the rows into it in batches\n\n" + guarded(
            _empty(step, change)
        )
    if checked:
        name = quoted(shortened(f"{bare(change.partition)}_bounds"))
        text = f"{_no_null(step, change)}{condition}"
        order += ["prove the bounds by a CHECK that is validated first"]
        parts += [
            guarded(f"ALTER TABLE {table} ADD CONSTRAINT {name}\n    CHECK ({text}) NOT VALID;"),
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
        ]
        attach += f"\nALTER TABLE {table} DROP CONSTRAINT {name};"
    return f"{' and '.join(order) or 'attach it while it is empty'}, then attach it\n\n" + steps(
        *parts, guarded(attach)
    )


def _no_null(step: Step, change: AttachPartition) -> str:
    parent, own = step.before.relation(change.relation), step.before.relation(change.partition)
    key = parent.partition_key if parent is not None else None
    name = key.columns[0] if key is not None and key.columns else None
    column = own.column(name) if own is not None and name is not None else None
    if name is None or (column is not None and column.not_null):
        return ""
    return f"{quoted(name)} IS NOT NULL AND "


def _missing(step: Step, change: AttachPartition) -> list[Index]:
    """The parent's indexes that the statement builds, as the table's own."""
    from msgspec.structs import replace

    names = {effect.index for effect in step.each(IndexBuild) if effect.relation == change.partition}
    schema, table = split(change.partition)
    found = []
    for index in step.before.indexes_on(change.relation):
        keys = "_".join(column or "expr" for column in index.columns)
        candidates = {
            f"{schema}.{table}_{keys}_idx",
            f"{schema}.{table}_{keys}_key",
            f"{schema}.{table}_pkey",
        }
        name = next(iter(sorted(candidates & names)), None)
        if name is not None:
            found.append(replace(index, name=name, relation=change.partition))
    return found


def _empty(step: Step, change: AttachPartition) -> str:
    parent, table = sql_name(change.relation), sql_name(f"{change.partition}_new")
    bound = bound_sql(change.bound)
    attach = f"ALTER TABLE {parent} ATTACH PARTITION {table} {bound};" if bound is not None else ""
    return f"CREATE TABLE {table} (LIKE {parent} INCLUDING ALL);\n{attach}"
