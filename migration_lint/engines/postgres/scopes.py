"""The names that a place in a query can use, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from migration_lint.engines.postgres.nodes import Node, body, names, tag
from migration_lint.engines.postgres.situation import Situation
from migration_lint.schema import Column, Type

Ctes = dict[str, "list[Column] | None"]
"""The columns of each CTE in sight; None where they are not known."""

_Pairs = tuple[tuple[str, str], ...]
_SYSTEM = frozenset(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"])


class Given(Struct, frozen=True):
    """One column that an item of FROM gives, and the table columns it is, if any."""

    column: Column
    pairs: _Pairs = ()


class Item(Struct, frozen=True):
    """One named item of FROM. `given` is None where its columns are not known.

    `relation` is set for a table or view whose columns are not known; `merged` are the columns of
    a USING, which ``*`` shows once.
    """

    alias: str
    given: tuple[Given, ...] | None
    relation: str | None = None
    name: str | None = None
    merged: frozenset[str] = frozenset()

    @classmethod
    def table(cls, name: str, alias: str, columns: list[Column] | None, listed: list[str]) -> Item:
        """A relation; `listed` are the names that its alias gives to the first columns."""
        if columns is None:
            return cls(alias, None, name, name)
        shown = renamed(columns, listed) or []
        given = tuple(Given(new, ((name, old.name),)) for new, old in zip(shown, columns, strict=True))
        return cls(alias, given, None, name)

    @classmethod
    def derived(cls, alias: str, columns: list[Column] | None) -> Item:
        """A subquery, CTE or function."""
        return cls(alias, None if columns is None else tuple(Given(column) for column in columns))

    def merging(self, using: Sequence[str]) -> Item:
        """The right side of a join by USING."""
        return replace(self, merged=self.merged | frozenset(using))

    def find(self, column: str) -> Given | None:
        """The column of that name."""
        for given in self.given or ():
            if given.column.name == column:
                return given
        return None


Scopes = tuple[list[Item], ...]
"""What each query around a place brings into sight, innermost first."""


def renamed(columns: list[Column] | None, listed: Sequence[str]) -> list[Column] | None:
    """The columns with the first of them renamed to those listed."""
    if columns is None:
        return [Column(name, None) for name in listed] if listed else None
    return [
        replace(column, name=listed[number]) if number < len(listed) else column
        for number, column in enumerate(columns)
    ]


def joined(alias: str, items: list[Item], using: Sequence[str], listed: Sequence[str]) -> Item:
    """A join that has an alias of its own, which hides its sides."""
    if any(item.given is None for item in items):
        return Item(alias, None)
    seen: dict[str, Given] = {}
    rest: list[Given] = []
    for item in items:
        for given in item.given or ():
            name = given.column.name
            if name in using and name in seen:
                seen[name] = Given(given.column, seen[name].pairs + given.pairs)
            elif name in using:
                seen[name] = given
            else:
                rest.append(given)
    all_given = [*(seen[name] for name in using if name in seen), *rest]
    shown = renamed([given.column for given in all_given], listed) or []
    return Item(alias, tuple(Given(new, old.pairs) for new, old in zip(shown, all_given, strict=True)))


class Reading:
    """What has been found so far. `lost` once a column could not be told."""

    def __init__(self, at: Situation) -> None:
        self.at = at
        self.relations: dict[str, None] = {}
        self.columns: set[tuple[str, str]] = set()
        self.lost = False
        self._whole: set[str] = set()

    def open(self, relation: str, *, whole: bool) -> None:
        """A relation is read; `whole`: with its partitions and heirs."""
        self.relations[relation] = None
        if whole:
            self._whole.add(relation)

    def only(self) -> frozenset[str]:
        """The relations that are nowhere read with their heirs."""
        return frozenset(self.relations) - self._whole

    def knows(self, column: str | None, scope: list[Item]) -> bool:
        """Whether an item of the scope has the column for certain."""
        return column is not None and any(item.find(column) for item in scope)

    def common(self, left: list[Item], right: list[Item]) -> list[str]:
        """The columns of a NATURAL join."""
        if any(item.given is None for item in (*left, *right)):
            self.lost = True
            return []
        there = {given.column.name for item in right for given in item.given or ()}
        mine = [given.column.name for item in left for given in item.given or ()]
        return [name for name in dict.fromkeys(mine) if name in there]

    def reference(self, parts: list[str], scopes: Scopes) -> None:
        """A ColumnRef's names are read; a star stands as an empty part."""
        if parts and not parts[-1]:
            self.star(parts[:-1], scopes)
        elif len(parts) == 1:
            self.column(parts[0], scopes)
        elif parts:
            item = _named(parts[:-1], scopes)
            if item is not None:
                self._take(item, parts[-1])
            elif _named(parts[:-2], scopes) is None and _named(parts[:1], scopes) is None:
                self.lost = True  # a field of a composite column, or a table out of sight

    def column(self, name: str, scopes: Sequence[list[Item]]) -> None:
        """A column named alone is read."""
        for scope in scopes:
            found = [given for item in scope if (given := item.find(name)) is not None]
            if found:
                for given in found:
                    self.columns.update(given.pairs)
                return
            if any(item.alias == name for item in scope):
                return  # the whole row
            blind = [item for item in scope if item.given is None]
            if len(blind) == 1 and len(scope) == 1:
                self._take(blind[0], name)
                return
            if blind:
                tables = any(item.relation is not None for item in blind)
                self.lost = self.lost or (tables and name not in _SYSTEM)
                return
        # Nothing has it: a system column, an output name, or a mistake that the server reports.

    def _take(self, item: Item, column: str) -> None:
        if column in _SYSTEM:
            return
        given = item.find(column)
        if given is not None:
            self.columns.update(given.pairs)
        elif item.given is None and item.relation is not None:
            self.columns.add((item.relation, column))

    def star(self, parts: list[str], scopes: Scopes) -> list[Column] | None:
        """The columns of ``*`` or ``t.*``, all of which are read; None where they are not known."""
        if parts:
            item = _named(parts, scopes)
            items = [item] if item is not None else []
        else:
            items = scopes[0] if scopes else []
        found: list[Column] | None = []
        for item in items:
            if item.given is None:
                self.lost = self.lost or item.relation is not None
                found = None
                continue
            for given in item.given:
                self.columns.update(given.pairs)
                if found is not None and (parts or given.column.name not in item.merged):
                    found.append(given.column)
        return None if found is None else [Column(column.name, column.type) for column in found]

    def type_of(self, node: Node, scopes: Scopes) -> Type | None:
        """The type of a plain column or a cast; None for any other expression."""
        kind, fields = tag(node), body(node)
        if kind == "TypeCast":
            return self.at.type(fields.get("typeName") or {})
        if kind != "ColumnRef":
            return None
        parts = names(fields.get("fields"))
        if len(parts) > 1:
            item = _named(parts[:-1], scopes)
            given = item.find(parts[-1]) if item is not None else None
            return given.column.type if given is not None else None
        for scope in scopes:
            for item in scope:
                given = item.find(parts[0]) if parts else None
                if given is not None:
                    return given.column.type
        return None


def _named(parts: list[str], scopes: Scopes) -> Item | None:
    """The item that ``alias`` or ``schema.table`` names."""
    if not parts:
        return None
    for scope in scopes:
        for item in scope:
            if item.alias == parts[-1] and (len(parts) == 1 or item.name in (None, ".".join(parts[-2:]))):
                return item
    return None
