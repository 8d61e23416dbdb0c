"""What a database consists of, object by object, so that two states of it can be compared.

From the catalogs, not from a dump's text. No object ids, no rows, no positions of sequences. Every
query gives (identity, definition) and runs with nothing but ``pg_catalog`` in the search path, so that
names come out qualified. PostgreSQL 12 to 18.

Of a column's options those that ALTER TABLE documents are compared: Debian's 15.20 was seen to keep a
write-ahead log position of its own among them (``pg_attver``), which differs after every change.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from migration_lint.rehearsal.database import Connection, Database

Fingerprint = Mapping[tuple[str, str], str]
"""(kind, identity) to definition."""

ORDER = "column order"
"""The kind that differs when a column was dropped and made again; nothing else is lost then."""

_USERS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_OWN = (
    "NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{0}'::regclass AND e.objid = {1}.oid"
    " AND e.deptype = 'e')"
)
_RELATIONS = (
    f"pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND {_USERS}"
    f" AND {_OWN.format('pg_class', 'c')} AND c.relpersistence <> 't'"
)
_NAME = "format('%I.%I', n.nspname, c.relname)"

_QUERIES = {
    "schema": f"SELECT format('%I', nspname), coalesce(nspacl::text, '') FROM pg_namespace n WHERE {_USERS}",
    "extension": "SELECT extname, extversion FROM pg_extension",
    "role": "SELECT rolname, concat_ws(' ', rolsuper, rolcreaterole, rolcreatedb, rolcanlogin,"
    " rolreplication, rolbypassrls) FROM pg_roles WHERE rolname !~ '^pg_'",
    "relation": f"""
        SELECT {_NAME}, concat_ws(' ',
            CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence'
                ELSE 'composite type' END,
            'owner ' || pg_get_userbyid(c.relowner),
            CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
            CASE WHEN c.relkind = 'p' THEN 'by ' || pg_get_partkeydef(c.oid) END,
            CASE WHEN c.relispartition THEN 'partition ' || pg_get_expr(c.relpartbound, c.oid) END,
            (SELECT 'of ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
                FROM pg_inherits i WHERE i.inhrelid = c.oid),
            CASE WHEN c.relkind IN ('v', 'm') THEN 'as ' || pg_get_viewdef(c.oid) END,
            CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'with no data' END,
            CASE WHEN c.relrowsecurity THEN 'row security' END,
            CASE WHEN c.relforcerowsecurity THEN 'forced' END,
            CASE WHEN c.relkind IN ('r', 'p') AND c.relreplident <> 'd'
                THEN 'replica identity ' || c.relreplident::text END,
            'with ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) o),
            'grants ' || (SELECT string_agg(a::text, ', ' ORDER BY a::text) FROM unnest(c.relacl) a))
        FROM {_RELATIONS} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')""",
    "column": rf"""
        SELECT {_NAME} || '.' || quote_ident(a.attname), concat_ws(' ',
            format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN 'not null' END,
            CASE WHEN a.attgenerated = '' THEN 'default ' ELSE 'generated as ' END
                || pg_get_expr(d.adbin, d.adrelid),
            CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
            CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END,
            CASE WHEN a.attcollation <> t.typcollation
                THEN 'collate '
                    || (SELECT quote_ident(l.collname) FROM pg_collation l WHERE l.oid = a.attcollation) END,
            CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
            CASE WHEN a.attstattarget > 0 THEN 'statistics ' || a.attstattarget END,
            'with ' || (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(a.attoptions) o
                WHERE o LIKE 'n\_distinct%'),
            'grants ' || array_to_string(a.attacl, ', '))
        FROM {_RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')""",
    ORDER: f"""
        SELECT {_NAME}, string_agg(a.attname, ', ' ORDER BY a.attnum)
        FROM {_RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'f') GROUP BY 1""",
    # NOT NULL is the column's, also where PostgreSQL 18 keeps a constraint for it.
    "constraint": f"""
        SELECT quote_ident(k.conname) || ' on ' || CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text
                ELSE k.contypid::regtype::text END,
            pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ', not validated' END
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace AND {_USERS}
        WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')""",
    "index": f"""
        SELECT {_NAME}, pg_get_indexdef(c.oid) || CASE WHEN i.indisvalid THEN '' ELSE ', invalid' END
            || CASE WHEN i.indisclustered THEN ', clustered' ELSE '' END
            || CASE WHEN i.indisreplident THEN ', replica identity' ELSE '' END
        FROM {_RELATIONS} JOIN pg_index i ON i.indexrelid = c.oid""",
    "sequence": f"""
        SELECT {_NAME}, concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
            s.seqcache, s.seqcycle)
        FROM {_RELATIONS} JOIN pg_sequence s ON s.seqrelid = c.oid""",
    "trigger": f"""
        SELECT quote_ident(t.tgname) || ' on ' || {_NAME},
            pg_get_triggerdef(t.oid)
                || CASE t.tgenabled WHEN 'O' THEN '' ELSE ', fires ' || t.tgenabled::text END
        FROM {_RELATIONS} JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal""",
    "rule": f"""
        SELECT quote_ident(r.rulename) || ' on ' || {_NAME}, pg_get_ruledef(r.oid)
        FROM {_RELATIONS} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'""",
    "policy": f"""
        SELECT quote_ident(p.polname) || ' on ' || {_NAME}, concat_ws(' ', p.polcmd::text, p.polpermissive,
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
            (SELECT string_agg(CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o) END, ', ' ORDER BY o)
                FROM unnest(p.polroles) o))
        FROM {_RELATIONS} JOIN pg_policy p ON p.polrelid = c.oid""",
    "statistics": f"""
        SELECT s.stxname, pg_get_statisticsobjdef(s.oid)
        FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace AND {_USERS}""",
    "routine": f"""
        SELECT p.oid::regprocedure::text, CASE p.prokind WHEN 'a' THEN 'aggregate'
            ELSE pg_get_functiondef(p.oid) END || coalesce(' grants ' || p.proacl::text, '')
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND {_USERS}
        WHERE {_OWN.format("pg_proc", "p")}""",
    "type": f"""
        SELECT t.oid::regtype::text, concat_ws(' ',
            CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'base' END,
            (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e
                WHERE e.enumtypid = t.oid),
            CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
            CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace AND {_USERS}
        WHERE t.typtype IN ('e', 'd', 'r', 'b') AND t.typelem = 0 AND {_OWN.format("pg_type", "t")}""",
    "comment": """
        SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description
        WHERE objoid >= 16384""",
    "publication": "SELECT pubname || ' of ' || schemaname || '.' || tablename, ''"
    " FROM pg_publication_tables",
    "event trigger": "SELECT evtname, concat_ws(' ', evtevent, evtfoid::regproc, evtenabled::text)"
    " FROM pg_event_trigger",
    "default privileges": "SELECT concat_ws(' ', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace,"
    " defaclobjtype::text), defaclacl::text FROM pg_default_acl",
}


class Difference(Struct, frozen=True):
    """An object that is not the same in two states. Its definitions; None where it was not there."""

    kind: str
    identity: str
    before: str | None
    after: str | None


def fingerprint(database: Database) -> Fingerprint:
    """Every object of a database, and the server's roles."""
    connection = database.watch()
    try:
        return {
            (kind, str(identity)): str(definition or "")
            for kind, query in _QUERIES.items()
            for identity, definition in _rows(connection, query)
        }
    finally:
        connection.close()


def differing(before: Fingerprint, after: Fingerprint) -> list[Difference]:
    """The objects that are not the same, by kind and name."""
    return [
        Difference(*key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _rows(connection: Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query.encode()).fetchall()
