import re
from collections.abc import Iterator

from migration_lint.effects import RedefineColumn
from migration_lint.findings import Finding, Severity
from migration_lint.linting.online import ENGINES
from migration_lint.linting.rule import Rule
from migration_lint.linting.wording import guarded, several
from migration_lint.model import Step
from migration_lint.names import quoted, sql_name
from migration_lint.schema import Column

_SAYS_NULL = re.compile(r"(?<!not)\s+null\b", re.IGNORECASE)
_SAYS_CHARSET = re.compile(r"\bcollate\b|\bcharset\b|\bcharacter\s+set\b", re.IGNORECASE)


class ModifyLosesAttributes(Rule):
    """MODIFY and CHANGE drop whatever they do not say again: NOT NULL, DEFAULT, COMMENT, the character set.

    They replace a column's definition as a whole. ``MODIFY a bigint`` of a column that was
    ``int not null default 5 comment 'pieces'`` leaves one that takes NULL, has no default and no comment;
    ON UPDATE CURRENT_TIMESTAMP and AUTO_INCREMENT go too, and a character set other than the table's
    is converted. Say all of it again.

    Given:

        create table orders (id bigint primary key auto_increment, code varchar(20) not null default 'x',
            note varchar(20) comment 'for the courier');
        insert into orders (code) values ('a'), ('b');

    Bad:

        set lock_wait_timeout = 2;
        alter table orders modify note varchar(30);

    Good:

        set lock_wait_timeout = 2;
        alter table orders modify note varchar(30) comment 'for the courier';
    """

    severity = Severity.WARNING
    engines = ENGINES
    aliases = ("skeema:unsafe",)
    on = (RedefineColumn,)

    def check(self, step: Step) -> Iterator[Finding]:
        for change in step.each(RedefineColumn):
            old = change.old
            if old is None or step.is_new_column(change.relation, change.column) or change.clause is None:
                continue
            text = step.text_of(change)
            if re.match(r"\s*convert\b", text, re.IGNORECASE):
                continue
            lost = dict(_lost(old, change.new, text))
            if not lost:
                continue
            yield self.finding(
                step,
                change,
                why=f"{sql_name(change.relation)}.{quoted(change.column)} loses its {several(list(lost))}",
                instead="say the whole definition again\n\n"
                + guarded(f"ALTER TABLE {sql_name(change.relation)} {_again(text, list(lost.values()))};"),
            )


def _lost(old: Column, new: Column, text: str) -> Iterator[tuple[str, str]]:
    """(what is lost, how it is said)."""
    if old.not_null and not new.not_null and not _SAYS_NULL.search(text):
        yield "NOT NULL", "NOT NULL"
    if (
        old.generated is None
        and old.default is not None
        and new.default is None
        and not _says(text, "default")
    ):
        yield "default", f"DEFAULT {old.default.text}"
    if old.on_update and not new.on_update:
        yield "ON UPDATE", f"ON UPDATE {old.on_update}"
    if old.auto_increment and not new.auto_increment:
        yield "AUTO_INCREMENT", "AUTO_INCREMENT"
    if old.comment and new.comment is None:
        comment = old.comment.replace("'", "''")
        yield "comment", f"COMMENT '{comment}'"
    if old.charset and new.charset and old.charset != new.charset and not _SAYS_CHARSET.search(text):
        yield "character set", f"CHARACTER SET {old.charset}"


def _says(text: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", text, re.IGNORECASE) is not None


def _again(text: str, said: list[str]) -> str:
    """The clause with what it lost, before FIRST or AFTER."""
    place = re.search(r"\s+(?:first|after\s+\S+)\s*\Z", text, re.IGNORECASE)
    at = place.start() if place else len(text)
    charset = [part for part in said if part.startswith("CHARACTER SET")]
    others = [part for part in said if part not in charset]
    found = " ".join([text[:at], *others]) + text[at:]
    if charset:
        found = re.sub(
            r"(\b(?:var)?char\s*\(\d+\)|\b\w*text\b)", rf"\1 {charset[0]}", found, count=1, flags=re.I
        )
    return found
