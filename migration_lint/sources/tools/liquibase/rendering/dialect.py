"""How Liquibase spells names and truth values for a database.

Measured with Liquibase 4.28.0 (tests/sources/liquibase/oracle): a name is quoted where it is a reserved
word, has other than letters, digits and ``_``, and on PostgreSQL where it has letters of both cases.
"""

from __future__ import annotations

import re

from msgspec import Struct

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

_POSTGRES = frozenset(
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check"
    " collate collation column concurrently constraint create cross current_catalog current_date"
    " current_role current_schema current_time current_timestamp current_user default deferrable desc"
    " distinct do else end except false fetch for foreign freeze from full grant group having ilike in"
    " initially inner intersect into is isnull join lateral leading left like limit localtime"
    " localtimestamp natural not notnull null offset on only or order outer overlaps placing primary"
    " references returning right select session_user similar some symmetric table tablesample then to"
    " trailing true union unique user using variadic verbose when where window with".split()
)
_MYSQL = frozenset(
    "accessible add admin all alter analyze and as asc asensitive before between bigint binary blob"
    " both by call cascade case change char character check collate column condition constraint"
    " continue convert create cross cube cume_dist current_date current_time current_timestamp"
    " current_user cursor database databases day_hour day_microsecond day_minute day_second dec"
    " decimal declare default delayed delete dense_rank desc describe deterministic distinct"
    " distinctrow div double drop dual each else elseif empty enclosed escaped except exclude exists"
    " exit explain false fetch first_value float float4 float8 following for force foreign from"
    " fulltext generated get grant group grouping groups having high_priority hour_microsecond"
    " hour_minute hour_second if ignore in index infile inner inout insensitive insert int int1 int2"
    " int3 int4 int8 integer interval into is iterate join json_table key keys kill lag last_value"
    " lead leading leave left like limit linear lines load localtime localtimestamp lock locked long"
    " longblob longtext loop low_priority master_ssl_verify_server_cert match maxvalue mediumblob"
    " mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural nested"
    " no_write_to_binlog not nowait nth_value ntile null nulls numeric of on optimize optimizer_costs"
    " option optionally or order ordinality others out outer outfile over partition path percent_rank"
    " preceding precision primary procedure purge range rank read read_write reads real recursive"
    " references regexp release rename repeat replace require resignal restart restrict return revoke"
    " right rlike role row_number schema schemas second_microsecond select sensitive separator set"
    " show signal skip smallint spatial specific sql sql_big_result sql_calc_found_rows"
    " sql_small_result sqlexception sqlstate sqlwarning ssl starting stored straight_join system table"
    " terminated then ties tinyblob tinyint tinytext to trailing trigger true unbounded undo union"
    " unique unlock unsigned update usage use using utc_date utc_time utc_timestamp values varbinary"
    " varchar varcharacter varying virtual when where while window with write xor year_month zerofill".split()
)
_MARIADB = _MYSQL | {"period"}


class Dialect(Struct, frozen=True):
    """A database by Liquibase's short name: ``postgresql``, ``mysql`` or ``mariadb``.

    `quoting` is the changeSet's ``objectQuotingStrategy``.
    """

    database: str = "postgresql"
    quoting: str = "LEGACY"

    @property
    def postgres(self) -> bool:
        """Whether it is PostgreSQL; the others are MySQL and MariaDB."""
        return self.database == "postgresql"

    def name(self, name: str) -> str:
        """One identifier."""
        mark = '"' if self.postgres else "`"
        if self.quoting == "QUOTE_ALL_OBJECTS" or self._must_quote(name):
            return mark + name.replace('"', '""').replace("`", "`" if self.postgres else '""') + mark
        return name

    def table(self, schema: str | None, name: str) -> str:
        """A table, view, sequence or index, with its schema where one is given."""
        return f"{self.name(schema)}.{self.name(name)}" if schema else self.name(name)

    def columns(self, names: str) -> str:
        """``a, b`` of a list with commas."""
        return ", ".join(self.name(name.strip()) for name in names.split(","))

    def truth(self, value: bool) -> str:
        """A truth value."""
        if self.postgres:
            return "TRUE" if value else "FALSE"
        return "1" if value else "0"

    def text(self, value: str) -> str:
        """A string."""
        value = value.replace("'", "''")
        return f"'{value}'" if self.postgres else "'" + value.replace("\\", "\\\\") + "'"

    def _must_quote(self, name: str) -> bool:
        if not _PLAIN.match(name):
            return True
        mixed = name != name.lower() and name != name.upper()
        if self.postgres and mixed and self.quoting != "QUOTE_ONLY_RESERVED_WORDS":
            return True
        reserved = {"postgresql": _POSTGRES, "mariadb": _MARIADB}.get(self.database, _MYSQL)
        return name.lower() in reserved
