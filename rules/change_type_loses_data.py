from collections.abc import Iterator
from enum import Enum

from migration_lint.effects import ChangeColumnType
from migration_lint.findings import Finding, Severity
from migration_lint.linting.domains import plain
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import batch, guarded, sql_type, steps
from migration_lint.model import Step
from migration_lint.names import bare, quoted, shortened, sql_name
from migration_lint.schema import Type

_LIMITS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_FLOATS = {"real": 1, "double precision": 2}
_TEXTS = {"text", "character varying", "character", "citext"}
_TIMESTAMPS = {"timestamp without time zone", "timestamp with time zone"}
_TIMES = {"date", "time without time zone", "time with time zone"}
_SAME_TEXT = {"json", "jsonb", "xml", "bytea", "name"}


class _Loss(Enum):
    """What becomes of a value that the new type cannot hold."""

    CHANGED = "changed"
    REFUSED = "refused"


class ChangeTypeLosesData(Rule):
    """A column gets a narrower type: values are rounded or cut, or the statement fails.

    Some changes lose data without a word: numeric(10,2) to numeric(6,1) or an integer rounds, a
    timestamp that becomes a date loses its time of day, an explicit cast such as USING note::varchar(20)
    cuts the rest off. Nothing brings it back but a backup; these are errors. Others fail at the first
    value that does not fit, after the time it took to get there, and so does running code that writes
    such a value afterwards: bigint to integer, text to varchar(20), an enum that lacks a value. These
    are warnings.

    A CHECK constraint limits the values just as well, and is validated while reads and writes go on.

    Given:

        create type mood as enum ('sad', 'ok');
        create type feeling as enum ('ok');
        create table orders (id bigint primary key, total numeric(10,2), status text, mood mood,
            placed timestamp);
        insert into orders select n, n, 'paid', 'ok', '2026-01-01' from generate_series(1, 100) n;

    Bad - rounded:

        set lock_timeout = '2s';
        -- migration-lint: ignore[change-type-blocks-reads] orders is small
        alter table orders alter column total type numeric(6,1);

    Bad - fails where one is longer:

        set lock_timeout = '2s';
        -- migration-lint: ignore[change-type-blocks-reads] orders is small
        alter table orders alter column status type varchar(20);

    Bad - cut off:

        set lock_timeout = '2s';
        -- migration-lint: ignore[change-type-blocks-reads] orders is small
        alter table orders alter column status type varchar(2) using status::varchar(2);

    Bad - the time of day is lost:

        set lock_timeout = '2s';
        -- migration-lint: ignore[change-type-blocks-reads] orders is small
        alter table orders alter column placed type date;

    Bad - an enum without one of the values:

        set lock_timeout = '2s';
        -- migration-lint: ignore[change-type-blocks-reads] orders is small
        alter table orders alter column mood type feeling using mood::text::feeling;

    Good - a CHECK constraint:

        set lock_timeout = '2s';
        alter table orders add constraint orders_status_fits check (char_length(status) <= 20) not valid;
        -- next migration
        alter table orders validate constraint orders_status_fits;

    Good - wider:

        set lock_timeout = '2s';
        alter table orders alter column total type numeric(12,2);

    Good - the table is new:

        create table refunds (id bigint primary key, total bigint);
        alter table refunds alter column total type integer;
    """

    severity = Severity.ERROR
    down_severity = Severity.WARNING
    aliases = ("migrationpilot:MP044", "bytebase:schema_backward_compatibility")
    on = (ChangeColumnType,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(ChangeColumnType):
            if step.is_new_column(change.relation, change.column):
                continue
            if change.old is None or change.new is None or change.old == change.new:
                continue
            explicit = change.using is not None and "::" in change.using.text
            loss = _loss(step, change.old, change.new, explicit=explicit)
            if loss is None:
                continue
            name, new = f"{sql_name(change.relation)}.{quoted(change.column)}", sql_type(change.new)
            if loss is _Loss.CHANGED:
                why = f"values of {name} that {new} cannot hold are rounded or cut, for good"
                severity = None
            else:
                why = f"it fails if a value of {name} does not fit {new}, as does code that writes one later"
                severity = Severity.WARNING
            yield self.finding(step, change, why=why, instead=_instead(step, change), severity=severity)


def _loss(step: Step, old: Type, new: Type, *, explicit: bool) -> _Loss | None:
    """What becomes of old values; `explicit` for a cast in USING, which cuts text in place of failing."""
    a, b = old.name, new.name
    if old.dimensions or new.dimensions:
        return None
    if b in _LIMITS:
        if a in _LIMITS:
            return _Loss.REFUSED if _LIMITS[b] < _LIMITS[a] else None
        if a in _FLOATS or (a == "numeric" and _scale(old) > 0):
            return _Loss.CHANGED
    if a in _TEXTS:
        return _text_loss(old, new, explicit=explicit)
    if a == b == "numeric" and new.modifiers:
        if _scale(new) < _scale(old):
            return _Loss.CHANGED
        return _Loss.REFUSED if new.modifiers[0] - _scale(new) < _whole(old) else None
    if b in _FLOATS and (a == "numeric" or _FLOATS.get(a, 0) > _FLOATS[b]):
        return _Loss.CHANGED
    if a in _TIMESTAMPS:
        return _time_loss(old, new)
    return _label_loss(step, a, b)


def _text_loss(old: Type, new: Type, *, explicit: bool) -> _Loss | None:
    if new.name not in _TEXTS:
        return None if new.name in _SAME_TEXT else _Loss.REFUSED
    limit = 1 if new.name == "character" and not new.modifiers else next(iter(new.modifiers), None)
    if limit is None or (old.modifiers and old.modifiers[0] <= limit):
        return None
    return _Loss.CHANGED if explicit else _Loss.REFUSED


def _time_loss(old: Type, new: Type) -> _Loss | None:
    if new.name in _TIMES:
        return _Loss.CHANGED
    coarser = new.name in _TIMESTAMPS and new.modifiers and new.modifiers[0] < next(iter(old.modifiers), 6)
    return _Loss.CHANGED if coarser else None


def _label_loss(step: Step, old: str, new: str) -> _Loss | None:
    before, after = step.before.types.get(old), step.before.types.get(new)
    if before is None or after is None:
        return None
    return _Loss.REFUSED if set(before.labels) - set(after.labels) and after.labels else None


def _scale(type_: Type) -> int:
    """Digits after the point; more than any for a numeric without limits."""
    if not type_.modifiers:
        return 16383
    return type_.modifiers[1] if len(type_.modifiers) > 1 else 0


def _whole(type_: Type) -> int:
    return type_.modifiers[0] - _scale(type_) if type_.modifiers else 131072


def _instead(step: Step, change: ChangeColumnType) -> str:
    table, column = sql_name(change.relation), quoted(change.column)
    condition = _condition(change, column)
    if condition is not None:
        name = quoted(shortened(f"{bare(change.relation)}_{change.column}_fits"))
        return (
            "keep the type and limit the values with a CHECK constraint, once no code writes others\n\n"
            + steps(
                guarded(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID;"),
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
            )
        )
    new = quoted(shortened(f"{change.column}_new"))
    value = change.using.text if change.using is not None else column
    return (
        "add a column of the new type, copy the values in batches, and keep the old column until nobody "
        "misses it\n\n"
        + steps(
            guarded(f"ALTER TABLE {table} ADD COLUMN {new} {sql_type(plain(step.before, change.new))};"),
            batch(step, change.relation, f"{new} = {value}", f"{new} IS NULL"),
        )
    )


def _condition(change: ChangeColumnType, column: str) -> str | None:
    """The limit of the new type as a condition, where there is a simple one."""
    old, new = change.old, change.new
    if old is None or new is None or change.using is not None:
        return None
    if old.name in _LIMITS and new.name in _LIMITS:
        top = _LIMITS[new.name]
        return f"{column} BETWEEN {-top - 1} AND {top}"
    if old.name in _TEXTS and new.name in _TEXTS and new.modifiers:
        return f"char_length({column}) <= {new.modifiers[0]}"
    return None
