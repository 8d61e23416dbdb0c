from collections.abc import Iterator

from migration_lint.effects import ChangeColumnType
from migration_lint.findings import Confidence, Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Type

_INTEGERS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_TEXTS = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215, "longtext": 4_294_967_295}
_BLOBS = {"tinyblob": 255, "blob": 65_535, "mediumblob": 16_777_215, "longblob": 4_294_967_295}


class NarrowedType(Rule):
    """The column's new type cannot hold all that the old one could.

    In strict mode the statement fails at the first value that does not fit (1264, 1265, 1406), after it has
    copied everything before it; in any other mode values are cut to what fits, without a word. Code that
    runs still writes what the old type took.

    Look first whether a value does not fit, and have the code write only what does.

    Given:

        create table orders (id bigint primary key, quantity int, code varchar(50));

    Bad [alone]:

        set lock_wait_timeout = 2;
        alter table orders modify quantity smallint;

    Bad [alone] - no room for negative numbers:

        set lock_wait_timeout = 2;
        alter table orders modify quantity int unsigned;

    Bad [alone]:

        set lock_wait_timeout = 2;
        alter table orders modify code varchar(20);

    Good:

        set lock_wait_timeout = 2;
        alter table orders modify code varchar(60);
    """

    severity = Severity.ERROR
    engines = ENGINES
    confidence = Confidence.LIKELY
    aliases = ("skeema:unsafe", "atlas:MF104")
    on = (ChangeColumnType,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(ChangeColumnType):
            old, new = change.old, change.new
            if old is None or new is None or step.is_new_column(change.relation, change.column):
                continue
            if not _is_narrower(old, new):
                continue
            table, column = sql_name(change.relation), quoted(change.column)
            yield self.finding(
                step,
                change,
                why=f"values of {table}.{column} that do not fit {new} fail it, or are cut",
                instead="look first whether there are any; keep the wider type while code writes them",
            )


def _is_narrower(old: Type, new: Type) -> bool:
    for sizes in (_TEXTS, _BLOBS):
        if old.name in sizes and new.name in sizes:
            return sizes[new.name] < sizes[old.name]
    if old.name in _INTEGERS and new.name in _INTEGERS:
        (low, high), (least, most) = _range(old), _range(new)
        return least > low or most < high
    if old.name == new.name == "decimal" and old.modifiers and new.modifiers:
        whole = [kind.modifiers[0] - kind.modifiers[1] for kind in (old, new)]
        return whole[1] < whole[0] or new.modifiers[1] < old.modifiers[1]
    if old.name in ("varchar", "char") and new.name in ("varchar", "char"):
        return (new.modifiers or (0,))[0] < (old.modifiers or (0,))[0]
    if old.name in ("varbinary", "binary") and new.name in ("varbinary", "binary"):
        return (new.modifiers or (0,))[0] < (old.modifiers or (0,))[0]
    if old.name in _TEXTS and new.name in ("varchar", "char"):
        return True
    return (old.name, new.name) in {("datetime", "date"), ("double", "float"), ("timestamp", "date")}


def _range(kind: Type) -> tuple[int, int]:
    bits = _INTEGERS[kind.name]
    return (0, 2**bits - 1) if "unsigned" in kind.suffix else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
