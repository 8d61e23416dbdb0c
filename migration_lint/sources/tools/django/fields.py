"""From ``models.CharField(max_length=20)`` to a field, and from a field to its column."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.sources.python.values import Call, NotLiteral, Reference, Value
from migration_lint.sources.tools.django.column_types import (
    ELSEWHERE,
    INTERNAL,
    LENGTHS,
    MODULES,
    OTHERS,
    PLAIN,
    POSITIVE,
    RELATIONS,
    SHAPES,
    SIZED,
    SWAPPED,
    WITHOUT_COLUMN,
)
from migration_lint.sources.tools.django.naming import table_name
from migration_lint.sources.tools.django.state import Field, Key, Model, State

_POSITIONAL = (
    "verbose_name name primary_key max_length unique blank null db_index rel default editable serialize "
    "unique_for_date unique_for_month unique_for_year choices help_text db_column db_tablespace auto_created "
    "validators error_messages db_comment db_default"
).split()
_LEADING = {
    "ForeignKey": ("to", "on_delete"),
    "OneToOneField": ("to", "on_delete"),
    "ManyToManyField": ("to", "related_name"),
    "ArrayField": ("base_field", "size"),
    "DecimalField": ("verbose_name", "name", "max_digits", "decimal_places"),
    "FileField": ("verbose_name", "name", "upload_to", "storage"),
    "ImageField": ("verbose_name", "name", "width_field", "height_field"),
    "DateField": ("verbose_name", "name", "auto_now", "auto_now_add"),
    "DateTimeField": ("verbose_name", "name", "auto_now", "auto_now_add"),
    "TimeField": ("verbose_name", "name", "auto_now", "auto_now_add"),
    "JSONField": ("verbose_name", "name", "encoder", "decoder"),
}
NOT_IN_DATABASE = frozenset(
    """auto_created blank choices db_column editable error_messages help_text limit_choices_to on_delete
    related_name related_query_name serialize validators verbose_name name unique_for_date unique_for_month
    unique_for_year""".split()
)
"""Arguments that Django leaves out when it asks whether a field has changed (``non_db_attrs``)."""
IRRELEVANT = NOT_IN_DATABASE | frozenset(
    """default upload_to storage encoder decoder managers hints bases max_length_help verify_exists
    through_defaults elidable dim_help allow_unicode recursive match path sanitize populate_from
    blank_label block_lookup use_json_field features currency_choices default_currency max_length_help
    """.split()
)
"""Arguments that need not be spelled out for the column to be known."""


class OwnClass(Struct, frozen=True):
    """A class of fields that the project or a setting defines: its base, or its type.

    `length` is the ``max_length`` that it sets itself.
    """

    base: str | None = None
    type: str | None = None
    length: int | None = None


class Context(Struct, frozen=True):
    """What a field is read with: the app, the models that settings stand for, other people's classes."""

    app: str
    swapped: Mapping[str, str]
    own_class: Callable[[str], OwnClass | None]
    auto_field: str = "BigAutoField"


def field_of(name: str, value: Value, context: Context, node: ast.AST) -> Field:
    """The field of that name. Raises NotLiteral."""
    if isinstance(value, Reference):
        value = Call(value.name, (), {}, ast.Call(ast.Constant(None), [], []))
    if not isinstance(value, Call):
        raise NotLiteral(node, f"the field {name}, which is not spelled out")
    kind, own = _kind(value.name, context)
    leading = _LEADING.get(kind, ())
    names = (*leading, *(each for each in _POSITIONAL if each not in leading))
    given = dict(zip(names, value.args, strict=False)) | value.keywords
    base = given.get("base_field", given.get("output_field"))
    inner = field_of(name, base, context, node) if base is not None else None
    to = _key(given.get("to"), context) if kind in RELATIONS else None
    through = _key(given["through"], context) if given.get("through") is not None else None
    if own is not None and own.length is not None:
        given = {"max_length": own.length, **given}
    unread = None
    if kind == "?":
        unread = (
            f"what column {value.name} makes: set sources.django.fields to its base or type, "
            f'"{value.name}" = "CharField"'
        )
    if kind in RELATIONS and to is None:
        raise NotLiteral(node, f"the model that {name} refers to")
    return Field(name, kind, value.name, given, own.type if own else None, to, through, inner, unread)


def _kind(path: str, context: Context) -> tuple[str, OwnClass | None]:
    """The class of Django's that decides, and what a class of somebody else's says of itself."""
    last = path.rpartition(".")[2]
    if path in WITHOUT_COLUMN or last == "CompositePrimaryKey":
        return "none", None
    if path.startswith(MODULES) and path not in ELSEWHERE:
        if last in PLAIN or last in SIZED or last in RELATIONS or last in SHAPES or last in _COMPOSED:
            return last, None
        return "?", None
    length: int | None = LENGTHS.get(path)
    seen = [path]
    while True:
        made = context.own_class(path)
        if made is None and path in ELSEWHERE:
            made = OwnClass(ELSEWHERE[path], None, LENGTHS.get(path))
        if made is None:
            return "?", None
        length = length if length is not None else made.length
        if made.type is not None or made.base is None:
            return ("own" if made.type is not None else "?"), OwnClass(None, made.type, length)
        last = made.base.rpartition(".")[2]
        if "." not in made.base or (made.base.startswith(MODULES) and made.base not in ELSEWHERE):
            kind = _kind(f"django.db.models.{last}", context)[0]
            return kind, OwnClass(made.base, None, length)
        if made.base in WITHOUT_COLUMN:
            return "none", None
        if made.base in seen or len(seen) > _DEEPEST:
            return "?", None
        path = made.base
        seen.append(path)


_COMPOSED = ("DecimalField", "ArrayField", "GeneratedField", "RasterField")
_DEEPEST = 10


def _key(value: Value, context: Context) -> Key | None:
    """The model that a relation names."""
    if isinstance(value, Reference):
        value = setting_of(value, context.swapped)
    if isinstance(value, Call) and value.name == "swapper.get_model_name" and len(value.args) == 2:
        value = ".".join(map(str, value.args))
    if not isinstance(value, str):
        return None
    if value == "self":
        return context.app, "self"
    app, dot, model = value.rpartition(".")
    return (app, model.lower()) if dot else (context.app, value.lower())


def setting_of(value: Reference, swapped: Mapping[str, str]) -> Value:
    """``settings.AUTH_USER_MODEL`` as the model that it stands for."""
    module, _, name = value.name.rpartition(".")
    if not module.endswith("settings"):
        return None
    return swapped.get(name, SWAPPED.get(name, SWAPPED.get(f"OAUTH2_PROVIDER_{name}")))


# --- columns -------------------------------------------------------------------------------------


class Column(Struct, frozen=True):
    """The type of a column, None where there is none; the CHECK that is part of it; its collation."""

    type: str | None
    check: str | None = None
    collation: str | None = None
    identity: bool = False


def column_of(field: Field, state: State) -> Column:
    """The column of a field. Raises NotLiteral where its type is not known."""
    if field.unread is not None:
        raise NotLiteral(ast.Constant(None), field.unread)
    if field.kind == "none" or field.is_many:
        return Column(None)
    if field.is_relation:
        return _of_relation(field, state)
    collation = field.given.get("db_collation")
    collation = collation if isinstance(collation, str) else None
    if field.kind == "GeneratedField":
        return Column(type_of(field, state), None, collation)
    check = f"{_quoted(field.column)} >= 0" if field.kind in POSITIVE else None
    identity = field.kind in ("AutoField", "BigAutoField", "SmallAutoField")
    return Column(type_of(field, state), check, collation, identity)


def _quoted(name: str) -> str:
    from migration_lint.names import quoted

    return quoted(name)


def type_of(field: Field, state: State) -> str:
    """The type of a field that is no relation. Raises NotLiteral."""
    given = field.given
    if field.type is not None:
        return field.type
    if field.kind in SIZED:
        length = given.get("max_length", SIZED[field.kind])
        if length is None:
            return "varchar"
        if isinstance(length, bool) or not isinstance(length, int):
            raise NotLiteral(ast.Constant(None), f"the max_length of {field.name}, which is not spelled out")
        return f"varchar({length})"
    if field.kind == "DecimalField":
        digits, places = given.get("max_digits"), given.get("decimal_places")
        if digits is None and places is None:
            return "numeric"
        if not (isinstance(digits, int) and isinstance(places, int)):
            raise NotLiteral(ast.Constant(None), f"the max_digits of {field.name}, which are not spelled out")
        return f"numeric({digits}, {places})"
    if field.kind == "ArrayField" and field.base is not None:
        size = given.get("size")
        return f"{type_of(field.base, state)}[{size if isinstance(size, int) else ''}]"
    if field.kind == "GeneratedField" and field.base is not None:
        return type_of(field.base, state)
    if field.kind in SHAPES:
        shape = SHAPES[field.kind] + ("Z" if given.get("dim") == 3 else "")
        kind = "geography" if given.get("geography") else "geometry"
        return f"{kind}({shape},{given.get('srid', 4326)})"
    if field.kind == "RasterField":
        return "raster"
    if field.kind in PLAIN:
        return PLAIN[field.kind]
    raise NotLiteral(ast.Constant(None), f"the column of {field.name}")


def _of_relation(field: Field, state: State) -> Column:
    model = state.model(field.to)
    if model is None:
        return Column(OTHERS.get(field.to or ("", ""), ("", "", "bigint"))[2])
    target = target_of(field, model)
    if target is None:
        return Column("bigint")
    found = column_of(target, state)
    return Column(found.type, None, found.collation)


def target_of(field: Field, model: Model) -> Field | None:
    """The field of the other model that the relation's column refers to."""
    name = field.given.get("to_field")
    return model.field(name) if isinstance(name, str) else model.key_field


def referred(field: Field, state: State) -> tuple[str, str]:
    """(table, column) that a relation refers to."""
    model = state.model(field.to)
    name = field.given.get("to_field")
    if model is None:
        app, model_name = field.to or ("", "")
        known = OTHERS.get((app, model_name))
        if known is not None:
            return known[0], name if isinstance(name, str) else known[1]
        return table_name(f"{app}_{model_name}"), name if isinstance(name, str) else "id"
    target = target_of(field, model)
    return model.db_table, target.column if target is not None else "id"


def internal_kind(field: Field) -> str:
    """Django's ``get_internal_type()``."""
    return INTERNAL.get(field.kind, field.kind)


def data_type(field: Field, state: State) -> str | None:
    """What decides whether a change of type needs a cast: the type without its size."""
    if field.is_relation:
        return column_of(field, state).type
    kind = internal_kind(field)
    if kind in ("FileField", "FilePathField", "SlugField"):
        return "varchar"
    if kind in ("CharField", "DecimalField"):
        return kind
    return column_of(field, state).type


def differs(
    old: Field, new: Field, state: State, other: State, *, ignored: frozenset[str] = frozenset()
) -> bool:
    """Whether Django takes the field for changed (``_field_should_be_altered``)."""
    if old.kind == "none" and new.kind == "none":
        return False
    left_out = NOT_IN_DATABASE | ignored
    if old.is_relation and new.is_relation and referred(old, state)[0] == referred(new, other)[0]:
        left_out |= {"to"}
    if not old.is_many and old.column != new.column:
        return True
    if old.is_many and new.is_many and old.name != new.name:
        return True
    if old.path.rpartition(".")[2] != new.path.rpartition(".")[2]:
        return True
    mine = {key: _plain(value) for key, value in old.given.items() if key not in left_out}
    theirs = {key: _plain(value) for key, value in new.given.items() if key not in left_out}
    if "to" not in left_out and (old.to, old.through) != (new.to, new.through):
        return True
    mine.pop("to", None)
    theirs.pop("to", None)
    return _without_defaults(mine) != _without_defaults(theirs)


_DEFAULTS: dict[str, Value] = {
    "null": False,
    "unique": False,
    "primary_key": False,
    "size": None,
    "db_comment": None,
    "db_constraint": True,
    "through": None,
    "db_table": None,
}


def _without_defaults(given: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in given.items() if k not in _DEFAULTS or _DEFAULTS[k] != v}


def _plain(value: Value) -> object:
    """A value that can be compared: calls without the place where they stand."""
    if isinstance(value, Call):
        keywords = {key: _plain(each) for key, each in value.keywords.items() if key not in NOT_IN_DATABASE}
        return value.last, tuple(map(_plain, value.args)), _without_defaults(keywords)
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return value


# --- tables of many-to-many fields ---------------------------------------------------------------


def through_model(model: Model, field: Field, state: State, auto_field: str) -> Model | None:
    """The model that Django makes for a many-to-many field; None where the project has one of its own."""
    if field.through is not None or not field.is_many:
        return None
    own, other = model.name.lower(), (field.to or ("", ""))[1]
    if other == own:
        own, other = f"from_{own}", f"to_{other}"
    written = field.given.get("db_table")
    table = written if isinstance(written, str) else table_name(f"{model.db_table}_{field.name}")
    constrained = {"db_constraint": field.flag("db_constraint", True)}
    target = state.model(field.to)
    key = Field("id", auto_field, f"django.db.models.{auto_field}", {"primary_key": True})
    sides = (
        Field(own, "ForeignKey", "django.db.models.ForeignKey", dict(constrained), to=model.key),
        Field(other, "ForeignKey", "django.db.models.ForeignKey", dict(constrained), to=field.to),
    )
    return Model(
        model.app,
        f"{model.name}_{field.name}",
        (key, *sides),
        table,
        managed=model.managed or (target is not None and target.managed),
        unique_together=((own, other),),
    )


def renamed(field: Field, name: str) -> Field:
    """The field under another name."""
    return replace(field, name=name)
