"""Whatever the bytes of a migration are, there is a report: no traceback, no hang, no crash."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migration_lint.engines.postgres.engine import DEFAULT_VERSION, PostgresEngine
from migration_lint.findings import Report, Severity
from migration_lint.linting.decide import decide, exit_code
from migration_lint.linting.loader import load_rules
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, Selection, select
from migration_lint.report import formats
from migration_lint.report.view import View
from migration_lint.sources import load

ROOT = Path(__file__).parents[1]
SECONDS = 60
"""After this the process is taken to hang. It is no measure of speed."""

FRAGMENTS = [
    b"ALTER TABLE users ADD COLUMN x int",
    b"ALTER TABLE users ADD COLUMN email text NOT NULL UNIQUE, DROP COLUMN name CASCADE",
    b"ALTER TABLE users ALTER COLUMN id TYPE bigint USING id::bigint",
    b"CREATE INDEX CONCURRENTLY i ON users (lower(email)) WHERE email IS NOT NULL",
    b"CREATE UNIQUE INDEX ON users (x)",
    b"CREATE TABLE users (id int PRIMARY KEY, name varchar(50), org int REFERENCES orgs)",
    b"DROP TABLE users, orgs",
    b"UPDATE users SET x = 1",
    b"DELETE FROM users",
    b"BEGIN",
    b"COMMIT",
    b"SET lock_timeout = '1s'",
    b"SELECT 1",
    b"COPY users FROM stdin;\n1\ta\n\\.\n",
    b"DO $$ BEGIN UPDATE users SET x = 1; END $$",
    b"-- migration-lint: ignore[drop-column] because",
    b"/* migration-lint: ignore */",
    b"\\i other.sql\n",
    b"$$",
    b"$a$",
    b"'",
    b'"',
    b"E'\\'",
    b"/*",
    b"*/",
    b"--",
    b"(",
    b")",
    b";",
    b";\n",
    b",",
    b"\r\n",
    b"\n\n",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xff",
    "ключ «ÄÖ» 表 \u202e\u200b".encode(),
    b"{{ var('x') }}",
    b"${placeholder}",
    b"{% if x %}",
    b"U&'\\0041'",
    b"1e999999999",
]
ANY_SQL = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=12), max_size=14).map(b" ".join)
STATEMENTS = st.lists(st.sampled_from([f for f in FRAGMENTS[:15] if not f.startswith(b"COPY")]), min_size=1)

NASTY = {
    "nothing": b"",
    "only a byte-order mark": b"\xef\xbb\xbf",
    "byte-order mark": b"\xef\xbb\xbfALTER TABLE t DROP COLUMN c;",
    "UTF-16": "ALTER TABLE t DROP COLUMN c;".encode("utf-16"),
    "half of UTF-16": "ALTER TABLE t".encode("utf-16")[:-1],
    "CRLF": b"ALTER TABLE t\r\n  DROP COLUMN c;\r\nDROP TABLE t;\r\n",
    "only CR": b"ALTER TABLE t\r  DROP COLUMN c;\rDROP TABLE t;",
    "Latin-1": "COMMENT ON TABLE t IS 'Größe';".encode("latin-1"),
    "NUL": b"SELECT 1;\x00DROP TABLE t;",
    "only NULs": b"\x00" * 1000,
    "random": bytes(range(256)) * 50,
    "deep parentheses": b"SELECT " + b"(" * 10_000 + b"1" + b")" * 10_000 + b";",
    "deep in a check": b"ALTER TABLE t ADD CHECK (" + b"(" * 3000 + b"a > 1" + b")" * 3000 + b");",
    "deep NOT": b"SELECT " + b"NOT " * 10_000 + b"true;",
    "long AND": b"ALTER TABLE t ADD CHECK (" + b" AND ".join([b"a > 1"] * 20_000) + b");",
    "long OR": b"DELETE FROM t WHERE " + b" OR ".join([b"a = 1"] * 20_000) + b";",
    "long sum": b"SELECT " + b"+".join([b"1"] * 20_000) + b";",
    "long UNION": b"INSERT INTO t " + b" UNION ALL ".join([b"SELECT 1"] * 5_000) + b";",
    "deep subselects": b"SELECT * FROM " + b"(SELECT * FROM " * 2_000 + b"t" + b") a" * 2_000 + b";",
    "deep arrays": b"SELECT " + b"ARRAY[" * 5_000 + b"1" + b"]" * 5_000 + b";",
    "deep comments": b"/*" * 10_000 + b"DROP TABLE t" + b"*/" * 10_000 + b";",
    "unterminated string": b"INSERT INTO t VALUES ('oops);\nDROP TABLE t;",
    "unterminated identifier": b'ALTER TABLE "t ADD COLUMN c int;',
    "unterminated dollar quote": b"DO $x$ BEGIN; DROP TABLE t; END $y$;",
    "unterminated comment": b"SELECT 1; /* DROP TABLE t;",
    "many dollar quotes": b"$a$ $b$ " * 20_000,
    "many quotes": b"'" * 100_001,
    "many semicolons": b";" * 100_000,
    "many statements": b"ALTER TABLE t ADD COLUMN c int;\n" * 5_000,
    "many clauses": b"ALTER TABLE t " + b", ".join(b"ADD COLUMN c%d int" % n for n in range(1_500)) + b";",
    "one long line": b"INSERT INTO t VALUES " + b", ".join([b"(1, 'x')"] * 50_000) + b";",
    "ten megabytes": b"INSERT INTO t VALUES (1, 'a row of a seed file that somebody dumped');\n" * 140_000,
    "ten megabytes of one string": b"SELECT '" + b"x" * 10_000_000 + b"';",
    "ten megabytes of spaces": b"DROP TABLE t" + b" " * 10_000_000 + b";",
    "a long identifier": b"ALTER TABLE " + b"t" * 100_000 + b" DROP COLUMN c;",
    "jinja": b"{% for t in tables %}ALTER TABLE {{ t }} ADD COLUMN c int;{% endfor %}",
    "placeholder": b"ALTER TABLE ${schema}.t ADD COLUMN ${column} int;",
    "psql": b"\\set ON_ERROR_STOP on\n\\i other.sql\nDROP TABLE :name;\n\\gexec\n\\",
    "COPY": b"COPY t FROM stdin;\n1\t';DROP TABLE u;\n\\.\nDROP TABLE t;",
    "COPY without an end": b"COPY t FROM stdin;\n1\t2\nDROP TABLE t;",
    "terminal escapes": b'DROP TABLE "\x1b[2J\x1b]0;owned\x07";',
    "bidirectional": 'DROP TABLE "\u202egpj.exe\u2066";'.encode(),
    "a syntax error": b"ALTER TABEL t; DROP TABLE t;",
    "suppressions": b"-- migration-lint: ignore[" * 3_000 + b"\nDROP TABLE t;",
}


@cache
def _selection() -> Selection:
    return select(load_rules(), Choice(select=("all",)), PostgresEngine.name)


def _linted(data: bytes) -> Linted:
    histories = load(["-"], stdin=BytesIO(data))
    return lint(histories, PostgresEngine(DEFAULT_VERSION), _selection())


@given(ANY_SQL)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_give_a_report(data: bytes) -> None:
    result = _linted(data)
    decision = decide(result.findings, (), result.errors, Severity.ERROR)
    report = Report(
        PostgresEngine.name,
        DEFAULT_VERSION,
        result.findings,
        errors=result.errors,
        decision=decision,
        documents=result.documents,
    )
    for name in formats.names():
        text = formats.by_name(name).render(report, View(colour=False, fail_on=Severity.ERROR))
        assert text.endswith("\n") or not text  # a CI server is told nothing where there is nothing
        text.encode()
    assert exit_code(decision, result.errors) in (0, 1, 3)
    for document in result.documents.values():
        lines = document.text.count("\n") + 1
        for finding in result.findings:
            span = finding.span
            assert 0 <= span.start <= span.end <= len(document.text)
            assert 1 <= span.line <= span.end_line <= lines
            assert document.text[span.start : span.end].count("\n") == span.end_line - span.line
        assert all(1 <= error.line <= lines for error in result.errors)


@given(STATEMENTS, st.sampled_from([b"", b"\n\n", b"-- a remark\n", b"/* a\nremark */\n"]), st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fingerprints_survive_inserted_lines(
    statements: list[bytes], inserted: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(statements)))
    before = b"".join(sql + b";\n" for sql in statements)
    after = b"".join(sql + b";\n" for sql in statements[:at])
    after += inserted + b"".join(sql + b";\n" for sql in statements[at:])
    prints = [finding.fingerprint for finding in _linted(before).findings]
    assert [finding.fingerprint for finding in _linted(after).findings] == prints
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize("name", NASTY)
def test_nasty_input_gives_a_report(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migration_lint", "check", "-", "--output-format", "json"],
        input=NASTY[name],
        capture_output=True,
        cwd=ROOT,
        timeout=SECONDS,
        check=False,
    )
    told = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1, 3), told[-2000:]
    assert "Traceback" not in told
    assert b"which is a bug" not in done.stdout
    assert done.stdout.startswith(b"{")
