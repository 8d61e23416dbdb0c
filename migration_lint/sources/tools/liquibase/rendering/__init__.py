"""What Liquibase runs for each change type, and what it runs to undo it.

The SQL is that of Liquibase 4.28.0 for PostgreSQL and MySQL, compared with the tool itself
(tests/sources/liquibase/oracle).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_lint.sources.tools.liquibase.rendering import (
    code,
    columns,
    constraints,
    loading,
    objects,
    rows,
    tables,
)
from migration_lint.sources.tools.liquibase.rendering.change import ChangeError, Rendering
from migration_lint.sources.tools.liquibase.tree import Node, Text

Renderer = Callable[[Node, Rendering], Iterator[Text]]


def _nothing(_: Node, __: Rendering) -> Iterator[Text]:
    return iter(())


_CHANGES: dict[str, tuple[Renderer, Renderer | None]] = {
    "createTable": (tables.create_table, tables.uncreate_table),
    "dropTable": (tables.drop_table, None),
    "renameTable": (tables.rename_table, tables.unrename_table),
    "setTableRemarks": (tables.set_table_remarks, None),
    "addColumn": (columns.add_column, columns.unadd_column),
    "dropColumn": (columns.drop_column, None),
    "renameColumn": (columns.rename_column, columns.unrename_column),
    "modifyDataType": (columns.modify_data_type, None),
    "addNotNullConstraint": (columns.add_not_null, columns.drop_not_null),
    "dropNotNullConstraint": (columns.drop_not_null, columns.undrop_not_null),
    "addDefaultValue": (columns.add_default, columns.drop_default),
    "dropDefaultValue": (columns.drop_default, None),
    "addAutoIncrement": (columns.add_auto_increment, None),
    "setColumnRemarks": (columns.set_column_remarks, None),
    "mergeColumns": (columns.merge_columns, None),
    "addLookupTable": (columns.add_lookup_table, columns.unadd_lookup_table),
    "addPrimaryKey": (constraints.add_primary_key, constraints.drop_primary_key),
    "dropPrimaryKey": (constraints.drop_primary_key, None),
    "addUniqueConstraint": (constraints.add_unique, constraints.drop_unique),
    "dropUniqueConstraint": (constraints.drop_unique, None),
    "addForeignKeyConstraint": (constraints.add_foreign_key, constraints.drop_foreign_key),
    "dropForeignKeyConstraint": (constraints.drop_foreign_key, None),
    "createIndex": (objects.create_index, objects.drop_index),
    "dropIndex": (objects.drop_index, None),
    "createView": (objects.create_view, objects.uncreate_view),
    "dropView": (objects.drop_view, None),
    "renameView": (objects.rename_view, objects.unrename_view),
    "createSequence": (objects.create_sequence, objects.drop_sequence),
    "alterSequence": (objects.alter_sequence, None),
    "dropSequence": (objects.drop_sequence, None),
    "renameSequence": (objects.rename_sequence, objects.unrename_sequence),
    "sql": (code.sql, None),
    "sqlFile": (code.sql_file, None),
    "createProcedure": (code.create_procedure, None),
    "createFunction": (code.create_procedure, None),
    "createTrigger": (code.create_procedure, None),
    "createPackage": (code.create_procedure, None),
    "createPackageBody": (code.create_procedure, None),
    "dropProcedure": (code.drop_procedure, None),
    "insert": (rows.insert, None),
    "update": (rows.update, None),
    "delete": (rows.delete, None),
    "loadData": (loading.load_data, None),
    "loadUpdateData": (loading.load_update_data, None),
    "tagDatabase": (_nothing, _nothing),
    "empty": (_nothing, _nothing),
    "output": (_nothing, _nothing),
}
CHANGE_TYPES = tuple(_CHANGES)
"""The change types whose SQL is known."""

_OPAQUE = {
    "customChange": "runs Java code",
    "executeCommand": "runs a program",
    "dropAllForeignKeyConstraints": "drops what the database has at the time",
    "stop": "stops the run",
}


def render(change: Node, rendering: Rendering) -> list[Text]:
    """The statements of a change, in order. Raises ChangeError where they are not known."""
    known = _CHANGES.get(change.name)
    if known is None:
        raise ChangeError(_unknown(change.name))
    return list(known[0](change, rendering))


def inverse(change: Node, rendering: Rendering) -> list[Text] | None:
    """The statements by which Liquibase undoes a change by itself; None where it cannot."""
    known = _CHANGES.get(change.name)
    if known is None or known[1] is None:
        return None
    try:
        return list(known[1](change, rendering))
    except ChangeError:  # what it would need to be undone is not in the change
        return None


def _unknown(name: str) -> str:
    if name in _OPAQUE:
        return f"{name} {_OPAQUE[name]}: what it does is not known, and so not checked"
    return f"{name}: a change type that is not known here; what it does is not checked"
