"""The models as the migrations before this one left them, and the constraints that their tables have.

Django keeps the models (`Model`) in memory and looks up in the database what constraints are called
(`Named`); here both are folded from the operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.sources.python.values import Call, Value

Key = tuple[str, str]
"""(label of the app, name of the model in lower case)."""


class Field(Struct, frozen=True):
    """A field of a model.

    `kind` is the class of Django's own that decides about the column (``CharField``), `path` the class
    as written, `given` its arguments by name. `type` is the column's type where the class itself says
    it. `to` is the model that a relation leads to. `base` is the field in an ArrayField or a
    GeneratedField. `unread`: why the column's type is not known.
    """

    name: str
    kind: str
    path: str
    given: dict[str, Value]
    type: str | None = None
    to: Key | None = None
    through: Key | None = None
    base: Field | None = None
    unread: str | None = None

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean argument."""
        return bool(self.given.get(name, default))

    @property
    def is_relation(self) -> bool:
        """Whether its column holds the key of another model."""
        return self.kind in ("ForeignKey", "OneToOneField")

    @property
    def is_many(self) -> bool:
        """Whether it is a table instead of a column."""
        return self.kind == "ManyToManyField"

    @property
    def null(self) -> bool:
        """Whether the column takes NULL."""
        return self.flag("null") or self.kind == "NullBooleanField"

    @property
    def primary_key(self) -> bool:
        """Whether it is the model's key."""
        return self.flag("primary_key")

    @property
    def unique(self) -> bool:
        """Whether its column is unique in itself."""
        return self.flag("unique") or self.primary_key or self.kind == "OneToOneField"

    @property
    def indexed(self) -> bool:
        """Django's ``db_index``."""
        return self.flag("db_index", self.is_relation or self.kind == "SlugField")

    @property
    def constrained(self) -> bool:
        """Whether a relation is a foreign key in the database."""
        return self.is_relation and self.flag("db_constraint", True)

    @property
    def generated(self) -> bool:
        """Whether the database computes it."""
        return self.kind == "GeneratedField"

    @property
    def has_database_default(self) -> bool:
        """Whether it has a ``db_default``."""
        return "db_default" in self.given

    @property
    def column(self) -> str:
        """The column's name."""
        written = self.given.get("db_column")
        if isinstance(written, str):
            return written
        return f"{self.name}_id" if self.is_relation else self.name


class Model(Struct, frozen=True):
    """A model. `fields` have the ones of the database only, in order.

    `indexes` and `constraints` are the calls of ``Meta``, with their names.
    """

    app: str
    name: str
    fields: tuple[Field, ...]
    table: str | None = None
    managed: bool = True
    unique_together: tuple[tuple[str, ...], ...] = ()
    index_together: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[Call, ...] = ()
    constraints: tuple[Call, ...] = ()
    comment: str | None = None
    order_with_respect_to: str | None = None
    swappable: str | None = None

    @property
    def key(self) -> Key:
        """Its place in the state."""
        return self.app, self.name.lower()

    @property
    def db_table(self) -> str:
        """Its table."""
        from migration_lint.sources.tools.django.naming import table_name

        return self.table or table_name(f"{self.app}_{self.name.lower()}")

    def field(self, name: str) -> Field | None:
        """The field of that name; ``pk`` is its key; a relation is known by its column's name, too."""
        if name == "pk":
            return self.key_field
        lowered = name.lower()
        exact = next((each for each in self.fields if each.name.lower() == lowered), None)
        return exact or next((f for f in self.fields if f.is_relation and f"{f.name}_id" == name), None)

    @property
    def key_field(self) -> Field | None:
        """The primary key."""
        return next((each for each in self.fields if each.primary_key), None)

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields that are columns."""
        return tuple(each for each in self.fields if not each.is_many)

    def with_field(self, field: Field, instead_of: str | None = None) -> Model:
        """With one field more, or in the place of another."""
        if instead_of is None:
            return replace(self, fields=(*self.fields, field))
        lowered = instead_of.lower()
        return replace(self, fields=tuple(field if f.name.lower() == lowered else f for f in self.fields))


class Named(Struct, frozen=True):
    """A constraint or index that a table has.

    `kind` is ``primary``, ``unique``, ``foreign``, ``check``, ``exclude``, ``index`` or ``unique index``;
    `btree` is what a plain ``db_index`` is.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    btree: bool = True


class State(Struct, frozen=True):
    """All models and tables. `swapped` are the models that settings stand for."""

    models: Mapping[Key, Model] = {}
    tables: Mapping[str, tuple[Named, ...]] = {}

    def model(self, key: Key | None) -> Model | None:
        """A model, None where it is of an app that is not in the project."""
        return self.models.get(key) if key is not None else None

    def with_model(self, model: Model, instead_of: Key | None = None) -> State:
        """With this model, in the place of another."""
        models = dict(self.models)
        if instead_of is not None:
            models.pop(instead_of, None)
        models[model.key] = model
        return replace(self, models=models)

    def without_model(self, key: Key) -> State:
        """Without this model."""
        return replace(self, models={each: model for each, model in self.models.items() if each != key})

    def with_tables(self, tables: Mapping[str, tuple[Named, ...]]) -> State:
        """With other tables."""
        return replace(self, tables=tables)


def pairs(value: Value) -> tuple[tuple[str, ...], ...] | None:
    """What ``unique_together`` says: lists of fields, or one list of them. None: not spelled out."""
    if value is None:
        return ()
    if isinstance(value, (set, frozenset, list, tuple)):
        items = list(value)
        if items and all(isinstance(item, str) for item in items):
            return (tuple(items),)
        if all(isinstance(item, (list, tuple)) and _are_texts(item) for item in items):
            return tuple(tuple(item) for item in items)
    return None


def _are_texts(items: Iterable[object]) -> bool:
    return all(isinstance(item, str) for item in items)
