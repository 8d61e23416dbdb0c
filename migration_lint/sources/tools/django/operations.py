"""The operations of migrations as what they make of the models: ``state_forwards`` of each.

https://docs.djangoproject.com/en/stable/ref/migration-operations/
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.sources.python.values import Call, NotLiteral, Value
from migration_lint.sources.tools.django.fields import Context, field_of
from migration_lint.sources.tools.django.indexes import name_of, with_name
from migration_lint.sources.tools.django.state import Field, Key, Model, State, pairs

SIGNATURES = {
    "AddConstraint": "model_name constraint",
    "AddConstraintNotValid": "model_name constraint",
    "AddField": "model_name name field preserve_default",
    "AddIndex": "model_name index",
    "AddIndexConcurrently": "model_name index",
    "AlterConstraint": "model_name name constraint",
    "AlterField": "model_name name field preserve_default",
    "AlterIndexTogether": "name index_together",
    "AlterModelManagers": "name managers",
    "AlterModelOptions": "name options",
    "AlterModelTable": "name table",
    "AlterModelTableComment": "name table_comment",
    "AlterOrderWithRespectTo": "name order_with_respect_to",
    "AlterUniqueTogether": "name unique_together",
    "CreateCollation": "name locale",
    "CreateExtension": "name hints",
    "CreateModel": "name fields options bases managers",
    "DeleteModel": "name",
    "RemoveCollation": "name locale",
    "RemoveConstraint": "model_name name",
    "RemoveField": "model_name name",
    "RemoveIndex": "model_name name",
    "RemoveIndexConcurrently": "model_name name",
    "RenameField": "model_name old_name new_name",
    "RenameIndex": "model_name new_name old_name old_fields",
    "RenameModel": "old_name new_name",
    "RunPython": "code reverse_code atomic hints elidable",
    "RunSQL": "sql reverse_sql state_operations hints elidable",
    "SeparateDatabaseAndState": "database_operations state_operations",
    "ValidateConstraint": "model_name name",
}
EXTENSIONS = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
}


class Operation(Struct, frozen=True):
    """An operation: its kind, and its arguments by name.

    `inner` are the operations in it: of the database, and of the state. `opaque`: a class of the
    project's own decides what it does to the database.
    """

    kind: str
    given: dict[str, Value]
    call: Call
    database: tuple[Operation, ...] = ()
    state: tuple[Operation, ...] = ()
    opaque: str | None = None

    def text(self, name: str) -> str:
        """An argument that is a text. Raises NotLiteral."""
        value = self.given.get(name)
        if not isinstance(value, str):
            raise NotLiteral(self.call.node, f"{name} of {self.kind}, which is not spelled out")
        return value

    def call_of(self, name: str) -> Call:
        """An argument that is a call. Raises NotLiteral."""
        value = self.given.get(name)
        if not isinstance(value, Call):
            raise NotLiteral(self.call.node, f"{name} of {self.kind}, which is not spelled out")
        return value


def operation_of(value: Value, own_kind: Callable[[str], tuple[str, bool] | None]) -> Operation | None:
    """The operation that a call makes; None where it is none that is known.

    `own_kind` tells of a class of the project's own the operation that it is one of, and whether it
    changes what that does to the database. Raises NotLiteral.
    """
    if not isinstance(value, Call):
        return None
    kind, opaque = value.last, None
    if not value.name.startswith("django."):
        own = own_kind(value.name)
        if own is None:
            return None
        kind, opaque = own[0], value.name if own[1] else None
    if kind in EXTENSIONS:
        return Operation("CreateExtension", {"name": EXTENSIONS[kind], **value.keywords}, value)
    if kind not in SIGNATURES:
        return None
    given = dict(zip(SIGNATURES[kind].split(), value.args, strict=False)) | value.keywords
    inner = {name: _inner(given.get(name), own_kind) for name in ("database_operations", "state_operations")}
    return Operation(kind, given, value, inner["database_operations"], inner["state_operations"], opaque)


def _inner(values: Value, own_kind: Callable[[str], tuple[str, bool] | None]) -> tuple[Operation, ...]:
    if not isinstance(values, (list, tuple)):
        return ()
    found = []
    for value in values:
        made = operation_of(value, own_kind)
        if made is None and isinstance(value, Call):
            raise NotLiteral(value.node, f"{value.name}(…), an operation that is not known here")
        if made is not None:
            found.append(made)
    return tuple(found)


def after(operation: Operation, app: str, state: State, context: Context) -> State:
    """The models after an operation. Raises NotLiteral."""
    if operation.kind in ("SeparateDatabaseAndState", "RunSQL"):
        for inner in operation.state:
            state = after(inner, app, state, context)
        return state
    handler = _HANDLERS.get(operation.kind)
    return handler(operation, app, state, context) if handler is not None else state


def _create_model(operation: Operation, app: str, state: State, context: Context) -> State:
    name = operation.text("name")
    written = operation.given.get("fields")
    if not isinstance(written, (list, tuple)):
        raise NotLiteral(operation.call.node, f"the fields of {name}, which are not spelled out")
    fields: list[Field] = []
    for each in written:
        if not isinstance(each, (list, tuple)) or len(each) != 2 or not isinstance(each[0], str):
            raise NotLiteral(operation.call.node, f"the fields of {name}, which are not spelled out")
        fields.append(_own(field_of(each[0], each[1], context, operation.call.node), app, name))
    options = operation.given.get("options") or {}
    if not isinstance(options, dict):
        raise NotLiteral(operation.call.node, f"the options of {name}, which are not spelled out")
    proxy = options.get("proxy") is True
    if not proxy and not any(f.primary_key or f.path.endswith("CompositePrimaryKey") for f in fields):
        kind = context.auto_field
        fields.insert(0, Field("id", kind, f"django.db.models.{kind}", {"primary_key": True}))
    respect = options.get("order_with_respect_to")
    if isinstance(respect, str):
        fields.append(_order_field())
    model = Model(
        app,
        name,
        tuple(fields),
        _text_or_none(options.get("db_table")),
        managed=options.get("managed") is not False and not proxy,
        unique_together=_pairs(options.get("unique_together"), operation),
        index_together=_pairs(options.get("index_together"), operation),
        comment=_text_or_none(options.get("db_table_comment")),
        order_with_respect_to=_text_or_none(respect),
        swappable=_text_or_none(options.get("swappable")),
    )
    indexes = tuple(with_name(each, model) for each in _calls(options.get("indexes"), operation))
    constraints = tuple(_calls(options.get("constraints"), operation))
    return state.with_model(replace(model, indexes=indexes, constraints=constraints))


def _own(field: Field, app: str, model: str) -> Field:
    """With ``self`` as the model itself."""
    return replace(field, to=(app, model.lower())) if field.to == (app, "self") else field


def _order_field() -> Field:
    return Field("_order", "OrderWrt", "django.db.models.fields.proxy.OrderWrt", {})


def _text_or_none(value: Value) -> str | None:
    return value if isinstance(value, str) and value else None


def _calls(value: Value, operation: Operation) -> list[Call]:
    items = list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]
    if not all(isinstance(each, Call) for each in items):
        raise NotLiteral(operation.call.node, "indexes or constraints that are not spelled out")
    return [each for each in items if isinstance(each, Call)]


def _pairs(value: Value, operation: Operation) -> tuple[tuple[str, ...], ...]:
    found = pairs(value)
    if found is None:
        raise NotLiteral(operation.call.node, "a list of fields that is not spelled out")
    return found


def model_of(operation: Operation, app: str, state: State, argument: str | None = None) -> Model:
    """The model that an operation is about. Raises NotLiteral."""
    argument = argument or ("model_name" if "model_name" in operation.given else "name")
    name = operation.text(argument)
    found = state.model((app, name.lower()))
    if found is None:
        raise NotLiteral(operation.call.node, f"the model {name} of {app}, which no migration makes")
    return found


def _changed(
    operation: Operation,
    app: str,
    state: State,
    change: Callable[[Model], Model],
    argument: str | None = None,
) -> State:
    model = model_of(operation, app, state, argument)
    return state.with_model(change(model), instead_of=model.key)


def _delete_model(operation: Operation, app: str, state: State, context: Context) -> State:
    return state.without_model(model_of(operation, app, state).key)


def _rename_model(operation: Operation, app: str, state: State, context: Context) -> State:
    old, new = operation.text("old_name"), operation.text("new_name")
    was, becomes = (app, old.lower()), (app, new.lower())
    model_of(operation, app, state, "old_name")
    models: dict[Key, Model] = {}
    for key, each in state.models.items():
        fields = tuple(_repointed(field, was, becomes) for field in each.fields)
        made = replace(each, fields=fields) if fields != each.fields else each
        if key == was:
            made = replace(made, name=new)
            key = becomes
        models[key] = made
    return replace(state, models=models)


def _repointed(field: Field, was: Key, becomes: Key) -> Field:
    if field.to == was:
        field = replace(field, to=becomes)
    return replace(field, through=becomes) if field.through == was else field


def _alter_model_table(operation: Operation, app: str, state: State, context: Context) -> State:
    table = operation.given.get("table")
    if table is not None and not isinstance(table, str):
        raise NotLiteral(operation.call.node, "a table's name that is not spelled out")
    return _changed(operation, app, state, lambda model: replace(model, table=table or None), "name")


def _alter_comment(operation: Operation, app: str, state: State, context: Context) -> State:
    comment = _text_or_none(operation.given.get("table_comment"))
    return _changed(operation, app, state, lambda model: replace(model, comment=comment), "name")


def _alter_unique_together(operation: Operation, app: str, state: State, context: Context) -> State:
    new = _pairs(operation.given.get("unique_together"), operation)
    return _changed(operation, app, state, lambda model: replace(model, unique_together=new), "name")


def _alter_index_together(operation: Operation, app: str, state: State, context: Context) -> State:
    new = _pairs(operation.given.get("index_together"), operation)
    return _changed(operation, app, state, lambda model: replace(model, index_together=new), "name")


def _alter_options(operation: Operation, app: str, state: State, context: Context) -> State:
    options = operation.given.get("options")
    if not isinstance(options, dict) or "managed" not in options:
        return state
    managed = options["managed"] is not False
    return _changed(operation, app, state, lambda model: replace(model, managed=managed), "name")


def _alter_order(operation: Operation, app: str, state: State, context: Context) -> State:
    respect = _text_or_none(operation.given.get("order_with_respect_to"))

    def change(model: Model) -> Model:
        fields = tuple(field for field in model.fields if field.kind != "OrderWrt")
        if respect is not None:
            fields = (*fields, _order_field())
        return replace(model, order_with_respect_to=respect, fields=fields)

    return _changed(operation, app, state, change, "name")


def new_field(operation: Operation, app: str, context: Context, model: str) -> Field:
    """The field of AddField and AlterField. Raises NotLiteral."""
    value = operation.given.get("field")
    return _own(field_of(operation.text("name"), value, context, operation.call.node), app, model)


def _kept(operation: Operation, field: Field) -> Field:
    """Without the default that only this migration has (``preserve_default=False``)."""
    if operation.given.get("preserve_default") is not False or "default" not in field.given:
        return field
    return replace(field, given={k: v for k, v in field.given.items() if k != "default"})


def _add_field(operation: Operation, app: str, state: State, context: Context) -> State:
    def change(model: Model) -> Model:
        field = _kept(operation, new_field(operation, app, context, model.name))
        others = tuple(each for each in model.fields if each.name.lower() != field.name.lower())
        return replace(model, fields=(*others, field))

    return _changed(operation, app, state, change, "model_name")


def _remove_field(operation: Operation, app: str, state: State, context: Context) -> State:
    name = operation.text("name").lower()

    def change(model: Model) -> Model:
        fields = tuple(field for field in model.fields if field.name.lower() != name)
        return replace(model, fields=fields)

    return _changed(operation, app, state, change, "model_name")


def _alter_field(operation: Operation, app: str, state: State, context: Context) -> State:
    def change(model: Model) -> Model:
        field = _kept(operation, new_field(operation, app, context, model.name))
        if all(each.name.lower() != field.name.lower() for each in model.fields):
            raise NotLiteral(operation.call.node, f"the field {field.name}, which {model.name} does not have")
        return model.with_field(field, field.name)

    return _changed(operation, app, state, change, "model_name")


def _rename_field(operation: Operation, app: str, state: State, context: Context) -> State:
    old, new = operation.text("old_name"), operation.text("new_name")
    model = model_of(operation, app, state, "model_name")
    field = model.field(old)
    if field is None:
        raise NotLiteral(operation.call.node, f"the field {old}, which {model.name} does not have")

    def swapped(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if each == old else each for each in names)

    renamed = replace(
        model.with_field(replace(field, name=new), field.name),
        unique_together=tuple(map(swapped, model.unique_together)),
        index_together=tuple(map(swapped, model.index_together)),
    )
    state = state.with_model(renamed)
    for each in state.models.values():
        fields = tuple(_retargeted(f, model.key, old, new) for f in each.fields)
        if fields != each.fields:
            state = state.with_model(replace(each, fields=fields))
    return state


def _retargeted(field: Field, model: Key, old: str, new: str) -> Field:
    if field.to == model and field.given.get("to_field") == old:
        return replace(field, given={**field.given, "to_field": new})
    return field


def _add_index(operation: Operation, app: str, state: State, context: Context) -> State:
    def change(model: Model) -> Model:
        return replace(model, indexes=(*model.indexes, with_name(operation.call_of("index"), model)))

    return _changed(operation, app, state, change, "model_name")


def _without(calls: tuple[Call, ...], name: str) -> tuple[Call, ...]:
    return tuple(each for each in calls if each.keywords.get("name") != name)


def _remove_index(operation: Operation, app: str, state: State, context: Context) -> State:
    name = operation.text("name")
    return _changed(
        operation,
        app,
        state,
        lambda model: replace(model, indexes=_without(model.indexes, name)),
        "model_name",
    )


def _rename_index(operation: Operation, app: str, state: State, context: Context) -> State:
    new, old = operation.text("new_name"), operation.given.get("old_name")
    fields = operation.given.get("old_fields")

    def change(model: Model) -> Model:
        if isinstance(old, str):
            indexes = tuple(
                Call(e.name, e.args, {**e.keywords, "name": new}, e.node)
                if e.keywords.get("name") == old
                else e
                for e in model.indexes
            )
            return replace(model, indexes=indexes)
        if not isinstance(fields, (list, tuple)):
            raise NotLiteral(operation.call.node, "an index that is not spelled out")
        made = Call("django.db.models.Index", (), {"fields": list(fields), "name": new}, operation.call.node)
        together = tuple(each for each in model.index_together if each != tuple(fields))
        return replace(model, index_together=together, indexes=(*model.indexes, made))

    return _changed(operation, app, state, change, "model_name")


def _add_constraint(operation: Operation, app: str, state: State, context: Context) -> State:
    made = operation.call_of("constraint")
    name_of(made)
    return _changed(
        operation,
        app,
        state,
        lambda model: replace(model, constraints=(*model.constraints, made)),
        "model_name",
    )


def _remove_constraint(operation: Operation, app: str, state: State, context: Context) -> State:
    name = operation.text("name")
    return _changed(
        operation,
        app,
        state,
        lambda model: replace(model, constraints=_without(model.constraints, name)),
        "model_name",
    )


_HANDLERS: dict[str, Callable[[Operation, str, State, Context], State]] = {
    "AddConstraint": _add_constraint,
    "AddConstraintNotValid": _add_constraint,
    "AddField": _add_field,
    "AddIndex": _add_index,
    "AddIndexConcurrently": _add_index,
    "AlterField": _alter_field,
    "AlterIndexTogether": _alter_index_together,
    "AlterModelOptions": _alter_options,
    "AlterModelTable": _alter_model_table,
    "AlterModelTableComment": _alter_comment,
    "AlterOrderWithRespectTo": _alter_order,
    "AlterUniqueTogether": _alter_unique_together,
    "CreateModel": _create_model,
    "DeleteModel": _delete_model,
    "RemoveConstraint": _remove_constraint,
    "RemoveField": _remove_field,
    "RemoveIndex": _remove_index,
    "RemoveIndexConcurrently": _remove_index,
    "RenameField": _rename_field,
    "RenameIndex": _rename_index,
    "RenameModel": _rename_model,
}
