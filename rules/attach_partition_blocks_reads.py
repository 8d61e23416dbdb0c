from collections.abc import Iterator

from migration_lint.effects import AttachPartition, IndexBuild, Scan
from migration_lint.findings import Finding, Severity
from migration_lint.linting.pasting import bound_condition, bound_sql, create_index, foreign_key
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, several, steps, waiting
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, split, sql_name
from migration_lint.schema import Constraint, ConstraintKind, Index


class AttachPartitionBlocksReads(Rule):
    """Reads and writes of a table wait while it becomes a partition.

    ATTACH PARTITION holds AccessExclusiveLock on the table that it attaches, while it reads every row
    to see that it is within the bounds, and builds every index of the parent that the table lacks.
    The parent itself is not held up (from PostgreSQL 12 on).

    The server spares the reading where a validated CHECK says the same as the bounds, NOT NULL of the
    key included; add one NOT VALID, validate it, attach, and drop it again. Before that, build the
    indexes concurrently, and give the table the parent's foreign keys: add them NOT VALID, and validate
    them.

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

    Given:

        create table kinds (id int primary key);
        create table events (id bigint not null, kind int references kinds) partition by range (id);
        create table archive (id bigint not null, kind int, check (id >= 100 and id < 200));
        insert into kinds select n from generate_series(1, 100) n;
        insert into archive select n, n - 99 from generate_series(100, 199) n;

    Bad - a foreign key of the parent is checked:

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
            if built:
                doing.append(
                    f"{len(built)} of the parent's indexes {'is' if len(built) == 1 else 'are'} built"
                )
            keys = _keys(step, change)
            doing += [f"every row is looked up in {sql_name(key.references or '')}" for key in keys]
            yield self.finding(
                step,
                change,
                relation=change.partition,
                why=f"{waiting(lock)} while {' and '.join(doing or ['it is read'])}",
                instead=_instead(step, change, built, keys, checked=checked),
                because=(lock, *work),
            )


def _instead(
    step: Step,
    change: AttachPartition,
    built: list[IndexBuild],
    keys: list[Constraint],
    *,
    checked: bool,
) -> str:
    parent = step.before.relation(change.relation)
    table = sql_name(change.partition)
    indexes = _missing(step, change) if built else []
    parts = [part for index, kind in indexes for part in _online(index, kind)]
    order = ["build its indexes concurrently"] if parts else []
    if keys:
        order.append("give it the parent's foreign keys, validated")
        names = [quoted(shortened(f"{bare(change.partition)}_{'_'.join(key.columns)}_fkey")) for key in keys]
        pairs = list(zip(names, keys, strict=True))
        adds = ",\n    ".join(f"ADD CONSTRAINT {name} {foreign_key(key)} NOT VALID" for name, key in pairs)
        validates = ", ".join(f"VALIDATE CONSTRAINT {name}" for name in names)
        parts += [guarded(f"ALTER TABLE {table}\n    {adds};"), f"ALTER TABLE {table} {validates};"]
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
    return f"{several(order or ['empty it'])}, then attach it\n\n" + steps(*parts, guarded(attach))


def _no_null(step: Step, change: AttachPartition) -> str:
    parent, own = step.before.relation(change.relation), step.before.relation(change.partition)
    key = parent.partition_key if parent is not None else None
    name = key.columns[0] if key is not None and key.columns else None
    column = own.column(name) if own is not None and name is not None else None
    if name is None or (column is not None and column.not_null):
        return ""
    return f"{quoted(name)} IS NOT NULL AND "


def _missing(step: Step, change: AttachPartition) -> list[tuple[Index, ConstraintKind | None]]:
    """The parent's indexes that the statement builds, as the table's own, and the constraint's kind."""
    from msgspec.structs import replace

    names = {effect.index for effect in step.each(IndexBuild) if effect.relation == change.partition}
    schema, table = split(change.partition)
    found = []
    for index in step.before.indexes_on(change.relation):
        keys = "_".join(column or "expr" for column in index.columns)
        kind = _constraint(step, index)
        endings = {ConstraintKind.PRIMARY_KEY: "pkey", ConstraintKind.UNIQUE: f"{keys}_key"}
        ending = endings.get(kind) if kind is not None else None
        name = f"{schema}.{table}_{ending or f'{keys}_idx'}"
        if name in names:
            found.append((replace(index, name=name, relation=change.partition), kind))
    return found


def _constraint(step: Step, index: Index) -> ConstraintKind | None:
    """The kind of the constraint that the index is for."""
    table = step.before.relation(index.relation)
    own = (one for one in (table.constraints if table is not None else ()) if one.index == index.name)
    return next((one.kind for one in own), None)


def _online(index: Index, kind: ConstraintKind | None) -> list[str]:
    """The migrations that build it concurrently, and make the constraint from it, if it is one's."""
    build, name = create_index("", index), quoted(bare(index.name))
    if kind is None:
        return [build]
    add = f"ADD CONSTRAINT {name} {kind.value.upper()} USING INDEX {name}"
    return [build, guarded(f"ALTER TABLE {sql_name(index.relation)} {add};")]


def _keys(step: Step, change: AttachPartition) -> list[Constraint]:
    """The parent's foreign keys that are checked, because the table has none like them."""
    parent, own = step.before.relation(change.relation), step.before.relation(change.partition)
    has = {
        (key.columns, key.references)
        for key in (own.constraints if own is not None else ())
        if key.kind is ConstraintKind.FOREIGN_KEY and key.validated
    }
    return [
        key
        for key in (parent.constraints if parent is not None else ())
        if key.kind is ConstraintKind.FOREIGN_KEY and (key.columns, key.references) not in has
    ]


def _empty(step: Step, change: AttachPartition) -> str:
    parent, table = sql_name(change.relation), sql_name(f"{change.partition}_new")
    bound = bound_sql(change.bound)
    attach = f"ALTER TABLE {parent} ATTACH PARTITION {table} {bound};" if bound is not None else ""
    return f"CREATE TABLE {table} (LIKE {parent} INCLUDING ALL);\n{attach}"
