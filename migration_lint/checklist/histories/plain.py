"""Tools whose table has a row for each migration that ran, or one number for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha1, sha256, sha384

from migration_lint.checklist.histories.table import (
    MISSING,
    Entry,
    Record,
    State,
    Table,
    content,
    digits,
    file_name,
    number,
)
from migration_lint.model import Migration

Reader = Callable[[Table, Migration, Sequence[Migration]], Entry]


def by_row(
    column: str, key: Callable[[Migration], str], at: str | None = None, *, utc: bool = False
) -> Reader:
    """A row is there: it ran. `at` is the column of the time."""

    def read(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
        wanted = key(migration)
        for row in reversed(table.rows):
            if _equal(row.get(column), wanted):
                age = None if at is None else table.age_utc(row.get(at)) if utc else table.age(row.get(at))
                return Entry(State.APPLIED, age)
        return MISSING

    return read


def up_to_number(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """golang-migrate and tern keep the number of the last one; ``dirty``: it stopped half-way."""
    own = number(digits(migration.id))
    if own is None or not table.rows:
        return MISSING
    row = table.rows[-1]
    last = number(row.get("version"))
    if last is None or own > last:
        return MISSING
    if own == last and row.get("dirty") is True:
        return Entry(State.FAILED, why="it stopped half-way (dirty)")
    return Entry(State.APPLIED)


def goose(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """The newest row of a version counts: older releases add one with ``is_applied = false`` for down."""
    rows = [row for row in table.rows if _equal(row.get("version_id"), digits(migration.id))]
    if not rows:
        return MISSING
    newest = max(rows, key=lambda row: number(row.get("id")) or 0)
    return (
        Entry(State.APPLIED, table.age(newest.get("tstamp"))) if newest.get("is_applied") is True else MISSING
    )


def sqlx(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """The checksum is the SHA-384 of the file."""
    row = _row(table, "version", digits(migration.id))
    if row is None:
        return MISSING
    if row.get("success") is not True:
        return Entry(State.FAILED, why="it stopped half-way (success = false)")
    text = content(migration)
    same = None if text is None else str(row.get("checksum")).removeprefix("\\x") == sha384(text).hexdigest()
    return Entry(State.APPLIED, table.age(row.get("installed_on")), same)


def prisma(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """The newest row of a name counts; the checksum is the SHA-256 of the file."""
    rows = [row for row in table.rows if row.get("migration_name") == migration.id]
    if not rows:
        return MISSING
    row = max(rows, key=lambda one: str(one.get("started_at")))
    if row.get("rolled_back_at") is not None:
        return Entry(State.MISSING, why="it was rolled back")
    if row.get("finished_at") is None:
        return Entry(State.FAILED, why="it did not finish")
    text = content(migration)
    same = None
    if text is not None:
        # The engine takes either kind of line break for the same.
        bare = text.replace(b"\r\n", b"\n")
        same = row.get("checksum") in {
            sha256(one).hexdigest() for one in (text, bare, bare.replace(b"\n", b"\r\n"))
        }
    return Entry(State.APPLIED, table.age(row.get("finished_at")), same)


def atlas(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """A version is whole where every statement of it was applied. Its hash depends on the files before it."""
    row = _row(table, "version", digits(migration.id))
    if row is None:
        return MISSING
    if row.get("error") or row.get("applied") != row.get("total"):
        return Entry(State.FAILED, why=f"{row.get('applied')} of {row.get('total')} statements were applied")
    return Entry(State.APPLIED, table.age(row.get("executed_at")))


def drizzle(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """Rows have the SHA-256 of a file and no name: an edited one is not found. Nor do they say when."""
    text = content(migration)
    if text is None:
        return MISSING
    known = sha256(text).hexdigest()
    return (
        Entry(State.APPLIED, None, True) if any(row.get("hash") == known for row in table.rows) else MISSING
    )


def sqitch(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """The script's hash is the SHA-1 of the deploy script."""
    rows = [row for row in table.rows if row.get("change") == migration.id]
    if not rows:
        return MISSING
    row = max(rows, key=lambda one: str(one.get("committed_at")))
    text = content(migration)
    known = row.get("script_hash")
    same = None if text is None or not known else known == sha1(text, usedforsecurity=False).hexdigest()
    return Entry(State.APPLIED, table.age(row.get("committed_at")), same)


def alembic(table: Table, migration: Migration, every: Sequence[Migration]) -> Entry:
    """The table has the heads alone: what they come after ran before them."""
    from migration_lint.sources.tools.alembic.revisions import Revision, revision

    after: dict[str, tuple[str, ...]] = {}
    for one in every:
        found = revision(one.up.document)
        if isinstance(found, Revision):
            after[found.id] = (*found.down, *found.depends_on)
    left = [str(row.get("version_num")) for row in table.rows]
    ran: set[str] = set()
    while left:
        name = left.pop()
        if name not in ran:
            ran.add(name)
            left += after.get(name, ())
    return Entry(State.APPLIED) if migration.id in ran else MISSING


def django(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """A row is known by the app and the name."""
    app, _dot, name = migration.id.partition(".")
    for row in reversed(table.rows):
        if (row.get("app"), row.get("name")) == (app, name):
            return Entry(State.APPLIED, table.age(row.get("applied")))
    return MISSING


def pgroll(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """A migration that was started and not completed is there, and not done."""
    names = (migration.id, file_name(migration).rpartition(".")[0])
    row = next((one for one in reversed(table.rows) if one.get("name") in names), None)
    if row is None:
        return MISSING
    if row.get("done") is not True:
        return Entry(State.FAILED, why="it was started and not completed")
    return Entry(State.APPLIED, table.age(row.get("created_at")))


_GOOD = frozenset(
    "applied success succeeded successful done ok complete completed executed 1 true t yes".split()
)


def generic(table: Table, migration: Migration, _: Sequence[Migration]) -> Entry:
    """``migration_history(version, applied_at, rollback_sql, status)``: a version's newest row counts."""
    rows = [row for row in table.rows if _means(str(row.get("version")), migration)]
    if not rows:
        return MISSING
    row = max(rows, key=lambda one: str(one.get("applied_at")))
    status = str(row.get("status", "applied")).strip().lower()
    if status in ("rolled_back", "rolled back", "reverted", "pending"):
        return Entry(State.MISSING, why=f"its newest row says {status}")
    if status not in _GOOD:
        return Entry(State.FAILED, why=f"its newest row says {status}")
    return Entry(State.APPLIED, table.age(row.get("applied_at")))


def _means(version: str, migration: Migration) -> bool:
    """``001``, ``1``, ``V1``, ``001_users`` and ``001_users.sql`` all mean the file ``001_users.sql``."""
    if version in (migration.id, file_name(migration)):
        return True
    own, theirs = digits(migration.id), digits(version)
    bare = version.lstrip("Vv").replace("-", "")
    return bool(own) and bare == theirs and own.lstrip("0") == theirs.lstrip("0")


def _row(table: Table, column: str, wanted: str) -> Record | None:
    return next((row for row in reversed(table.rows) if _equal(row.get(column), wanted)), None)


def _equal(value: object, wanted: str) -> bool:
    """Numbers are compared as numbers, whatever zeros they begin with."""
    if str(value) == wanted:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and number(wanted) == value
