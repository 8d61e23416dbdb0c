"""A column with everything that its definition leaves to the table and the server filled in."""

from __future__ import annotations

from msgspec import Struct

from migration_lint.engines.mysql import charsets
from migration_lint.engines.mysql.grammar.types import TEXTUAL
from migration_lint.engines.mysql.server import Server
from migration_lint.engines.mysql.syntax import ColumnDef, DataType, Term
from migration_lint.schema import Column, Expression, Generated, Type

_VOLATILE = frozenset(
    """
    UUID UUID_SHORT RAND SYSDATE SLEEP GET_LOCK LOAD_FILE USER SESSION_USER SYSTEM_USER CURRENT_USER VERSION
    CONNECTION_ID FOUND_ROWS LAST_INSERT_ID ROW_COUNT RANDOM_BYTES
    """.split()
)


class Shape(Struct, frozen=True):
    """`charset` and `collation` are empty for types without one."""

    name: str
    type: Type
    not_null: bool
    charset: str = ""
    collation: str = ""
    auto_increment: bool = False
    generated: Generated | None = None
    expression: str | None = None


def shape_of(column: Column) -> Shape | None:
    """The shape of a column of the catalog; None where its type is not known."""
    if column.type is None:
        return None
    return Shape(
        column.name,
        column.type,
        column.not_null,
        column.charset or "",
        column.collation or "",
        column.auto_increment,
        column.generated,
        " ".join(column.default.text.split()) if column.generated and column.default else None,
    )


def type_of(found: DataType, server: Server) -> Type:
    """A parsed type in the words of the schema. Widths of integers are left out: they are for show."""
    words = [word for word, said in (("unsigned", found.unsigned), ("zerofill", found.zerofill)) if said]
    name = found.name
    if name == "json" and server.mariadb:
        name = "longtext"
    integer = name.endswith("int")
    return Type(name, () if integer else found.arguments, 0, found.values, " ".join(words))


def charset_and_collation(
    found: DataType, table: tuple[str, str], server: Server
) -> tuple[str | None, str | None]:
    """Those of a column in a table whose own are `table`; None for types that have none."""
    if found.name not in TEXTUAL:
        return None, None
    charset = charsets.canonical(found.charset) if found.charset else None
    collation = charsets.canonical(found.collation) if found.collation else None
    if collation == "binary" and found.charset != "binary":  # the attribute BINARY
        charset = charset or table[0]
        return charset, f"{charset}_bin"
    if collation is not None:
        return charset or charsets.charset_of(collation), collation
    if charset is None:
        return table
    return charset, table[1] if charset == table[0] else charsets.default_collation(charset, server)


def column_of(
    found: ColumnDef, table: tuple[str, str], server: Server, *, in_primary_key: bool = False
) -> Column:
    """A definition as a column of the catalog."""
    charset, collation = charset_and_collation(found.type, table, server)
    not_null = found.nullable is False or in_primary_key or found.key == "primary"
    if found.nullable is None and found.type.name == "timestamp" and found.generated is None:
        implicit = not (server.mysql_from(8, 0, 2) or server.mariadb_from(10, 10))
        not_null = not_null or implicit
    expression = found.generated or found.default
    generated = None
    if found.generated is not None:
        generated = Generated.STORED if found.stored else Generated.VIRTUAL
    return Column(
        found.name,
        type_of(found.type, server),
        not_null=not_null,
        default=as_expression(expression),
        generated=generated,
        collation=collation,
        charset=charset,
        auto_increment=found.auto_increment,
        invisible=found.invisible,
        comment=found.comment,
        on_update=found.on_update,
    )


def as_expression(term: Term | None) -> Expression | None:
    """A parsed expression in the words of the schema; NULL is no default."""
    if term is None or (term.literal and term.text.upper() == "NULL"):
        return None
    columns = frozenset() if term.literal else term.names
    return Expression(term.text, columns, volatile=bool(term.calls & _VOLATILE))
