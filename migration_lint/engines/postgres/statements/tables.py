"""CREATE TABLE with its columns, and TRUNCATE. (CREATE TABLE … AS is in `created_from`.)"""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint.effects import CreateTable, Effect, Truncate
from migration_lint.engines.postgres.definitions import index_of, read_column, read_constraint
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.naming import columns_part, free_name
from migration_lint.engines.postgres.nodes import Node, body, constant, options, tag
from migration_lint.engines.postgres.partitions import default_checked, read_bound
from migration_lint.engines.postgres.prediction import Prediction, lock, locks
from migration_lint.engines.postgres.pruning import above
from migration_lint.engines.postgres.refusals.partitions import new_partition
from migration_lint.engines.postgres.situation import Situation
from migration_lint.folding.inheritance import INHERITED, counterpart
from migration_lint.names import split
from migration_lint.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Index,
    PartitionKey,
    Persistence,
    Relation,
    RelationKind,
)

_STRATEGIES = {
    "PARTITION_STRATEGY_LIST": "list",
    "PARTITION_STRATEGY_RANGE": "range",
    "PARTITION_STRATEGY_HASH": "hash",
}
_PERSISTENCE = {"u": Persistence.UNLOGGED, "t": Persistence.TEMPORARY}
_LIKE_DEFAULTS, _LIKE_CONSTRAINTS, _LIKE_INDEXES = 1 << 3, 1 << 2, 1 << 6
_LIKE_GENERATED, _LIKE_IDENTITY = 1 << 4, 1 << 5


def create_stmt(at: Situation) -> Prediction:
    """CREATE TABLE: the new table is nobody's yet; what it refers to is locked."""
    return Prediction(tuple(table_effects(at.node, at)), refused=_partition_refused(at.node, at))


def _partition_refused(node: Node, at: Situation) -> str | None:
    parents = [at.relation(at.relation_name(body(item))) for item in node.get("inhRelations") or ()]
    parent = parents[0] if parents and "partbound" in node else None
    if parent is None:
        return None
    return new_partition(parent, at.new_name(node.get("relation") or {}), read_bound(node["partbound"]), at)


def create_foreign_table_stmt(at: Situation) -> Prediction:
    """CREATE FOREIGN TABLE."""
    node = at.node.get("base") or at.node.get("base_stmt") or at.node
    server = str(at.node.get("servername", "")) or None
    effects = table_effects(node, at, RelationKind.FOREIGN_TABLE)
    return Prediction(
        tuple(
            replace(effect, table=replace(effect.table, server=server))
            if isinstance(effect, CreateTable)
            else effect
            for effect in effects
        )
    )


def table_effects(node: Node, at: Situation, kind: RelationKind = RelationKind.TABLE) -> list[Effect]:
    """The effects of a CreateStmt's fields, also where it stands in CREATE SCHEMA."""
    target = node.get("relation") or {}
    name = at.new_name(target)
    if_not_exists = bool(node.get("if_not_exists", False))
    parents = tuple(at.relation_name(body(item)) for item in node.get("inhRelations") or ())
    bound = read_bound(node["partbound"]) if "partbound" in node else None
    table = Relation(
        name,
        _kind(node, kind),
        persistence=_PERSISTENCE.get(target.get("relpersistence", "p"), Persistence.PERMANENT),
        parents=parents,
        partition_key=_partition_key(node.get("partspec"), at),
        bound=bound,
        filled=False,
        tablespace=node.get("tablespacename") or _tablespace_above(parents, bound is not None, at),
        options=tuple(
            (key, str(constant(value)) if value else "true")
            for key, value in options(node.get("options")).items()
        ),
    )
    extra: list[Effect] = []
    indexes: list[Index] = []
    table = _inherited(table, at)
    if "ofTypename" in node:
        table = _of_type(table, node["ofTypename"], at)
        extra.append(lock(table.of_type or "", Mode.AccessShareLock))
    for item in node.get("tableElts") or ():
        table = _with_element(table, item, at, indexes, extra)
    for position, item in enumerate(node.get("constraints") or ()):
        table = _with_element(table, item, at, indexes, extra, position)
    if bound is not None:
        table = _partition_indexes(table, parents, at, indexes)
    if if_not_exists and at.relation(name) is not None:  # a notice is all that the server does
        return [CreateTable(relation=name, table=table, if_not_exists=True)]
    found: list[Effect] = [
        CreateTable(relation=name, table=table, if_not_exists=if_not_exists, indexes=tuple(indexes))
    ]
    return [*found, *extra, *_references(table, at), *_parents(table, at)]


def _tablespace_above(parents: tuple[str, ...], partition: bool, at: Situation) -> str:
    """Where a table is put that names no tablespace: a partition goes where the table above is."""
    above = at.relation(parents[0]) if partition and parents else None
    return above.tablespace if above is not None else "pg_default"


def _kind(node: Node, kind: RelationKind) -> RelationKind:
    return RelationKind.PARTITIONED_TABLE if "partspec" in node else kind


def _partition_key(node: Node | None, at: Situation) -> PartitionKey | None:
    if not node:
        return None
    strategy = str(node.get("strategy", ""))
    parts = [body(item) for item in node.get("partParams") or ()]
    expressions = [at.expression(part.get("expr"), "") for part in parts]
    return PartitionKey(
        _STRATEGIES.get(strategy, strategy),
        tuple(part.get("name") for part in parts),
        tuple(expression for expression in expressions if expression is not None),
    )


def _inherited(table: Relation, at: Situation) -> Relation:
    for name in table.parents:
        parent = at.relation(name)
        if parent is None:
            table = replace(table, complete=False)
            continue
        above = [replace(column, local=False, not_null_local=False) for column in parent.columns]
        columns = {column.name: column for column in (*table.columns, *above)}
        if table.bound is None:
            columns = {key: replace(value, identity=None) for key, value in columns.items()}
        kept = [
            replace(constraint, inherited=True, local=False)
            for constraint in parent.constraints
            if (constraint.kind in INHERITED and not constraint.no_inherit)
            or (table.bound is not None and constraint.kind is ConstraintKind.FOREIGN_KEY)
        ]
        table = replace(table, columns=tuple(columns.values()), constraints=(*table.constraints, *kept))
    return table


def _of_type(table: Relation, node: Node, at: Situation) -> Relation:
    name = at.type(node).name
    known = at.relation(name)
    columns = known.columns if known is not None else ()
    return replace(table, columns=columns, of_type=name, complete=known is not None)


def _with_element(
    table: Relation,
    item: Node,
    at: Situation,
    indexes: list[Index],
    extra: list[Effect],
    position: int | None = None,
) -> Relation:
    fields = body(item)
    if tag(item) == "ColumnDef":
        made = read_column(fields, table, at)
        inherited = table.column(made.column.name)
        column = made.column
        if inherited is not None:
            own = table.bound is None
            column = replace(
                _merged(inherited, column), local=own, not_null_local=own and made.column.not_null
            )
        others = tuple(known for known in table.columns if known.name != column.name)
        columns = (
            (*others, column)
            if inherited is None
            else tuple(column if known.name == column.name else known for known in table.columns)
        )
        table = replace(table, columns=columns)
        for constraint in made.constraints:
            table = _with_constraint(table, constraint, None, indexes)
    elif tag(item) == "Constraint":
        constraint = read_constraint(fields, table, at)
        table = _with_constraint(table, constraint, fields, indexes)
    elif tag(item) == "TableLikeClause":
        table = _like(table, fields, at, indexes)
        extra.append(lock(at.relation_name(fields.get("relation") or {}), Mode.AccessShareLock))
    return table


def _merged(inherited: Column, own: Column) -> Column:
    return replace(
        inherited,
        type=own.type or inherited.type,
        not_null=inherited.not_null or own.not_null,
        default=own.default or inherited.default,
    )


def _with_constraint(
    table: Relation, constraint: Constraint, node: Node | None, indexes: list[Index]
) -> Relation:
    # The rows of a new table are checked as they come: NOT VALID means nothing here.
    constraint = replace(constraint, validated=constraint.enforced)
    above = counterpart(table, constraint)
    if above is not None:  # one with that of the table above
        own = replace(above, local=table.bound is None)
        kept = tuple(own if known is above else known for known in table.constraints)
        return replace(table, constraints=kept)
    index = index_of(constraint, table.name, node)
    if index is not None:
        indexes.append(index)
    columns = table.columns
    if constraint.kind in (ConstraintKind.PRIMARY_KEY, ConstraintKind.NOT_NULL):
        columns = tuple(
            replace(column, not_null=True, not_null_local=table.bound is None)
            if column.name in constraint.columns
            else column
            for column in columns
        )
    return replace(table, columns=columns, constraints=(*table.constraints, constraint))


def _like(table: Relation, node: Node, at: Situation, indexes: list[Index]) -> Relation:
    name = at.relation_name(node.get("relation") or {})
    source = at.relation(name)
    if source is None:
        return replace(table, complete=False)
    chosen = int(node.get("options", 0))
    columns = []
    for column in source.columns:
        if not chosen & _LIKE_DEFAULTS and column.generated is None:
            column = replace(column, default=None, serial=False)
        if not chosen & _LIKE_GENERATED and column.generated is not None:
            column = replace(column, default=None, generated=None)
        if not chosen & _LIKE_IDENTITY:
            column = replace(column, identity=None)
        columns.append(replace(column, serial=False))
    table = replace(table, columns=(*table.columns, *columns))
    if chosen & _LIKE_CONSTRAINTS:
        checks = tuple(c for c in source.constraints if c.kind is ConstraintKind.CHECK)
        table = replace(table, constraints=(*table.constraints, *checks))
    if chosen & _LIKE_INDEXES:
        for index in at.catalog.indexes_on(name):
            table = _copied_index(table, source, index, indexes, at)
    return table


def _copied_index(
    table: Relation, source: Relation, index: Index, indexes: list[Index], at: Situation
) -> Relation:
    """An index, and the constraint that it enforces, as LIKE and partitions copy them."""
    schema, bare = split(table.name)
    taken = {known.name for known in indexes}
    constraint = source.constraint(index.constraint) if index.constraint is not None else None
    labels = {ConstraintKind.PRIMARY_KEY: "pkey", ConstraintKind.UNIQUE: "key", None: "idx"}
    label = labels.get(constraint.kind if constraint is not None else None, "excl")
    middle = "" if label == "pkey" else columns_part(index.attributes or index.columns)

    def is_taken(name: str) -> bool:
        return f"{schema}.{name}" in taken or at.index(f"{schema}.{name}") is not None

    name = free_name(bare, middle, label, is_taken)
    qualified = f"{schema}.{name}"
    parent = index.name if table.bound is not None else None
    if constraint is not None:
        own = replace(constraint, name=name, index=qualified, named=False)
        table = replace(table, constraints=(*table.constraints, own))
    indexes.append(
        replace(
            index,
            name=qualified,
            relation=table.name,
            parent=parent,
            valid=True,
            constraint=name if constraint is not None else None,
        )
    )
    return table


def _partition_indexes(
    table: Relation, parents: tuple[str, ...], at: Situation, indexes: list[Index]
) -> Relation:
    """The partition with the parent's indexes, their constraints, and its row triggers."""
    for name in parents:
        parent = at.relation(name)
        if parent is not None:
            for index in at.catalog.indexes_on(name):
                table = _copied_index(table, parent, index, indexes, at)
            row = tuple(trigger for trigger in parent.triggers if trigger.row)
            table = replace(table, triggers=(*table.triggers, *row))
    return table


def _references(table: Relation, at: Situation) -> list[Effect]:
    """The locks of its foreign keys on the tables, and partitions, that they point at."""
    found: list[Effect] = []
    for constraint in table.constraints:
        target = constraint.references
        if target is None or target == table.name:
            continue
        found.append(lock(target, Mode.ShareRowExclusiveLock))
        below = [child.name for child in at.catalog.descendants(target) if child.bound is not None]
        found += locks(below, Mode.ShareRowExclusiveLock)
    return found


def _parents(table: Relation, at: Situation) -> list[Effect]:
    """The locks on what it inherits from, or is a partition of."""
    found: list[Effect] = []
    for name in table.parents:
        if table.bound is None:
            found.append(lock(name, Mode.ShareUpdateExclusiveLock))
            continue
        found.append(lock(name, Mode.AccessExclusiveLock))
        found += default_checked(at.catalog, at.relation(name), table.bound)
        for child, _ in at.catalog.own_foreign_keys_to(name):
            mode = Mode.ShareRowExclusiveLock if at.version >= 15 else Mode.AccessShareLock
            found.append(lock(child.name, mode))
    return found


def _bounds_read(partition: str, at: Situation) -> list[Effect]:
    """The tables above a partition, which TRUNCATE before 14 opens to learn its bounds."""
    found: list[Effect] = []
    known = at.relation(partition) if at.version < 14 else None
    while known is not None and known.partition_of is not None:
        found.append(lock(known.partition_of, Mode.AccessShareLock))
        known = at.relation(known.partition_of)
    return found


def truncate_stmt(at: Situation) -> Prediction:
    """TRUNCATE: AccessExclusiveLock on every table named, its partitions and heirs, and with CASCADE
    on all that refer to them. Nothing is read and nothing rewritten: the files are new and empty.
    """
    cascade = at.node.get("behavior") == "DROP_CASCADE"
    found: list[Effect] = []
    named: list[str] = []
    refused: str | None = None
    clauses: dict[str, int] = {}
    for clause, item in enumerate(at.node.get("relations") or ()):
        fields = body(item)
        name = at.relation_name(fields)
        tables = [name]
        if fields.get("inh", False):
            tables += [child.name for child in at.catalog.descendants(name)]
        for table in tables:
            if table not in clauses:
                clauses[table] = clause
                named.append(table)
        if refused is None and not fields.get("inh", False):
            refused = _only_divided(at.relation(name))
    if refused is None and not cascade:
        refused = _referenced(named, at)
    queue = list(named)
    while queue:
        name = queue.pop(0)
        found.append(
            Truncate(relation=name, cascade=cascade, cascaded=name not in named, clause=clauses[name])
        )
        found.append(lock(name, Mode.AccessExclusiveLock, clause=clauses[name]))
        found += _bounds_read(name, at)
        if not cascade:
            continue
        for child in _referring(name, at):
            for relation in (child, *at.catalog.descendants(child.name)):
                if relation.name not in clauses:
                    clauses[relation.name] = clauses[name]
                    queue.append(relation.name)
    if at.node.get("restart_seqs"):
        for table in clauses:
            found += locks([one.name for one in at.catalog.sequences_of(table)], Mode.AccessExclusiveLock)
    return Prediction(tuple(found), refused=refused)


def _referring(name: str, at: Situation) -> list[Relation]:
    """The tables with foreign keys to a table, or to one that it is a partition of."""
    targets = (name, *above(at.relation(name), at.catalog))
    return [child for target in targets for child, _ in at.catalog.foreign_keys_to(target)]


def _referenced(named: list[str], at: Situation) -> str | None:
    """``heap_truncate_check_FKs``: all that refer to the tables must be truncated with them."""
    for name in named:
        above: str | None = name
        while above is not None:
            for other, key in at.catalog.foreign_keys_to(above):
                if other.name not in named and at.catalog.certain:
                    return f'the foreign key "{key.name}" of {other.name} refers to {name}'
            known = at.relation(above)
            above = known.partition_of if known is not None else None
    return None


def _only_divided(table: Relation | None) -> str | None:
    if table is None or table.kind is not RelationKind.PARTITIONED_TABLE:
        return None
    return "cannot truncate only a partitioned table"
