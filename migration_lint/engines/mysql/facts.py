"""What the catalog knows of a table that decides how the server alters it."""

from __future__ import annotations

from migration_lint.catalog import Catalog
from migration_lint.engines.mysql import charsets
from migration_lint.engines.mysql.online.columns import Place, Session
from migration_lint.engines.mysql.online.need import Table
from migration_lint.engines.mysql.server import Server
from migration_lint.model import Session as Settings
from migration_lint.schema import Column, Constraint, ConstraintKind, Generated, Index, Persistence, Relation

ROW_VERSIONS = "row_versions"
"""The table option under which the catalog counts instantly added and dropped columns."""
_STRICT = ("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL")
_CHANGING = ("cascade", "set null", "set default")


def option(table: Relation | None, name: str, default: str = "") -> str:
    """A table option, as written."""
    return dict(table.options).get(name, default) if table is not None else default


def table_facts(
    catalog: Catalog,
    table: Relation | None,
    dropped: frozenset[str] = frozenset(),
    added: tuple[str, ...] = (),
    dropped_columns: frozenset[str] = frozenset(),
) -> Table:
    """The facts; `dropped` are indexes that the statement drops, `added` the kinds of those it adds."""
    if table is None:
        return Table(known=False, fulltext_after="fulltext" in added, spatial_after="spatial" in added)
    indexes = catalog.indexes_on(table.name)
    left = [
        index.method
        for index in indexes
        if own_name(index) not in dropped and not set(index.columns) <= dropped_columns
    ]
    return Table(
        temporary=table.persistence is Persistence.TEMPORARY,
        engine=option(table, "engine", "innodb"),
        row_format=option(
            table, "row_format", "compressed" if option(table, "key_block_size") else "dynamic"
        ),
        fulltext=any(index.method == "fulltext" for index in indexes),
        fulltext_after="fulltext" in (*left, *added),
        spatial_after="spatial" in (*left, *added),
        partitioned=table.partition_key is not None,
        cascades=any(
            {constraint.on_delete, constraint.on_update} & set(_CHANGING)
            for constraint in foreign_keys(table)
        ),
        row_versions=int(option(table, ROW_VERSIONS, "0")),
        known=table.complete,
    )


def foreign_keys(table: Relation) -> list[Constraint]:
    """The foreign keys of a table."""
    return [one for one in table.constraints if one.kind is ConstraintKind.FOREIGN_KEY]


def own_name(index: Index) -> str:
    """An index's name without its table's."""
    return index.name.removeprefix(f"{index.relation}.")


def known_column(table: Relation | None, name: str) -> Column | None:
    """The column of that name; names of columns do not care about case."""
    if table is None:
        return None
    found = table.column(name)
    if found is None:
        lower = name.lower()
        found = next((column for column in table.columns if column.name.lower() == lower), None)
    return found


def place_of(catalog: Catalog, table: Relation | None, column: Column | None, *, moved: bool) -> Place:
    """What surrounds a column."""
    if table is None or column is None:
        return Place(moved=moved)
    holding = [index for index in catalog.indexes_on(table.name) if column.name in index.columns]
    name = column.name
    return Place(
        indexed=bool(holding),
        prefixed=any(name in dict(index.options).get("prefix", "").split(",") for index in holding),
        referenced=any(
            name in constraint.referenced_columns for _, constraint in catalog.foreign_keys_to(table.name)
        ),
        moved=moved,
        beside_stored=any(other.generated is Generated.STORED for other in table.columns),
        read_by_generated=any(_reads(other, name) for other in table.columns if other.generated is not None),
        read_by_check=any(
            constraint.kind is ConstraintKind.CHECK
            and constraint.expression is not None
            and _named(constraint.expression.columns, name)
            for constraint in table.constraints
        ),
    )


def _reads(column: Column, name: str) -> bool:
    return column.default is not None and _named(column.default.columns, name)


def _named(columns: frozenset[str], name: str) -> bool:
    return name.lower() in {column.lower() for column in columns}


def charset_of(table: Relation | None, server: Server) -> tuple[str, str]:
    """The character set and collation of a table's new columns."""
    charset = option(table, "charset", charsets.DEFAULT_CHARSET)
    return charset, option(table, "collation", charsets.default_collation(charset, server))


def session_facts(settings: Settings, server: Server) -> Session:
    """What of the session decides."""
    known = dict(settings.settings)
    modes = {mode.strip().upper() for mode in known.get("sql_mode", _default_modes(server)).split(",")}
    checks = known.get("foreign_key_checks", "1").lower()
    return Session(
        strict=bool(modes & set(_STRICT)),
        no_zero_date=bool(modes & {"NO_ZERO_DATE", "TRADITIONAL"}),
        foreign_key_checks=checks not in ("0", "off", "false"),
    )


def _default_modes(server: Server) -> str:
    return "STRICT_TRANS_TABLES" if server.mariadb else "STRICT_TRANS_TABLES,NO_ZERO_DATE"
