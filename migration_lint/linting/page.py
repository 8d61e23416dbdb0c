"""A rule's page: its docstring, with examples that are run.

The first line is the title: the hazard in one sentence. Then prose, and blocks of SQL, indented by
four spaces under a heading of their own line::

    Given:

        create table orders (id bigint primary key, user_id bigint);

    Bad [version=12, transaction=one] - when the tool wraps it:

        set local lock_timeout = '2s';
        create index orders_user_id on orders (user_id);  -- here

    Good:

        create index concurrently orders_user_id on orders (user_id);

``Given`` is what was there before: it goes for the ``Bad`` and ``Good`` blocks after it, until the
next ``Given``. A ``Bad`` block has a finding of this rule and no other; a ``Good`` one has none.
A heading may have a remark after a dash, and options in brackets:

``engine=mariadb``
    the engine, where it is not the first of the rule's;
``version=12``
    the server's version;
``transaction=one``, ``none`` or ``each``
    who wraps each script (see `TransactionMode`); ``each`` where it is not said;
``tool=flyway``
    the migration tool;
``refused``
    the server refuses the SQL;
``alone``
    only the page's own rule is asked;
``repeatable``
    the tool runs it again whenever its text changes;
``disorder=late``
    what is wrong with the history (see `Disorder`), and the last migration is to blame;
``set.tables=users``
    a setting of the rule.

On a line of its own, ``-- next migration`` begins another migration and ``-- down`` the down script
of the one before it. ``-- here`` at the end of a line marks a line with a finding; without a mark
it is the first line of the block's last statement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import dedent

from msgspec import Struct

from migration_lint.model import (
    Disorder,
    Document,
    DownOrigin,
    History,
    Irregularity,
    Migration,
    Script,
    TransactionMode,
)

_HEADING = re.compile(r"(Given|Bad|Good)(?: *\[([^\]]*)\])?(?: *[-\u2013\u2014] *(.+?))?:\Z")
_OPTIONS = frozenset(
    {"engine", "version", "transaction", "tool", "refused", "alone", "repeatable", "disorder"}
)
_SETTING = "set."
_NEXT = re.compile(r"^[ \t]*-- next migration[ \t]*$", re.MULTILINE)
_DOWN = re.compile(r"^[ \t]*-- down[ \t]*$", re.MULTILINE)
_HERE = re.compile(r"-- here\Z")


class Example(Struct, frozen=True):
    """A ``Bad`` or ``Good`` block. `kind` is ``bad`` or ``good``; `given` the SQL before it.

    `options` has an empty string for an option without a value. `line` is the block's first line
    in the docstring, from 1.
    """

    kind: str
    sql: str
    given: str = ""
    options: dict[str, str] = {}
    remark: str = ""
    line: int = 0

    @property
    def engine(self) -> str | None:
        """The engine that it is about; None for the first of the rule's."""
        return self.options.get("engine")

    @property
    def version(self) -> str | None:
        """The server version that it is about, None for any."""
        return self.options.get("version")

    @property
    def refused(self) -> bool:
        """Whether the server refuses it."""
        return "refused" in self.options

    @property
    def alone(self) -> bool:
        """Whether only the page's own rule is asked."""
        return "alone" in self.options

    @property
    def settings(self) -> dict[str, str | int]:
        """The rule's settings."""
        return {
            name.removeprefix(_SETTING): int(value) if value.isdigit() else value
            for name, value in self.options.items()
            if name.startswith(_SETTING)
        }

    def history(self) -> History:
        """The example as a history: `given` is its context, the block's migrations its targets."""
        mode = TransactionMode(self.options.get("transaction", "each"))
        tool = self.options.get("tool", "sql")
        context = _migrations("given", self.given, tool, TransactionMode.EACH) if self.given else []
        targets = _migrations("example", self.sql, tool, mode, "repeatable" in self.options)
        ids = frozenset(target.id for target in targets)
        return History("", tool, (*context, *targets), ids, irregularities=self._irregularities(targets))

    def _irregularities(self, targets: Sequence[Migration]) -> tuple[Irregularity, ...]:
        if "disorder" not in self.options:
            return ()
        last = targets[-1]
        disorder = Disorder(self.options["disorder"])
        return (Irregularity(disorder, last.id, last.path, "another", "the tool stops", "do as it says"),)

    def marks(self) -> list[tuple[str, int]]:
        """(path, line) of every line marked with ``-- here``, paths as in `history`."""
        scripts = [
            script
            for migration in _migrations("example", self.sql, "sql", TransactionMode.EACH)
            for script in (migration.up, migration.down)
            if script is not None
        ]
        return [
            (script.document.path, number)
            for script in scripts
            for number, line in enumerate(script.sql.splitlines(), 1)
            if _HERE.search(line.rstrip())
        ]


class Page(Struct, frozen=True):
    """What a rule's docstring says. `body` is all after the title, examples included."""

    title: str
    body: str
    prose: str
    examples: tuple[Example, ...]


def parse_page(text: str) -> Page:
    """The page in a docstring. Raises ValueError where it is not one."""
    lines = dedent(text).strip("\n").split("\n")
    title = lines[0].strip()
    if not title:
        raise ValueError("a page begins with its title")
    prose: list[str] = []
    examples: list[Example] = []
    given = ""
    at = 1
    while at < len(lines):
        heading = _HEADING.match(lines[at].rstrip())
        if heading is None:
            prose.append(lines[at])
            at += 1
            continue
        kind, options, remark = heading.group(1).lower(), _options(heading.group(2)), heading.group(3) or ""
        first, at, sql = _block(lines, at + 1)
        if not sql:
            raise ValueError(f"line {first}: {heading.group(1)} has no SQL under it")
        if kind == "given":
            given = sql
        else:
            examples.append(Example(kind, sql, given, options, remark, first))
    return Page(title, "\n".join(lines[1:]).strip("\n"), "\n".join(prose).strip("\n"), tuple(examples))


def _block(lines: list[str], at: int) -> tuple[int, int, str]:
    """(number of the block's first line, index of the line after it, its SQL)."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    start = at
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith("    ")):
        at += 1
    return start + 1, at, dedent("\n".join(lines[start:at])).rstrip()


def _options(text: str | None) -> dict[str, str]:
    options = {}
    for part in (text or "").split(","):
        name, _, value = part.partition("=")
        if name.strip():
            options[name.strip()] = value.strip()
    unknown = {name for name in options if not name.startswith(_SETTING)} - _OPTIONS
    if unknown:
        raise ValueError(
            f"unknown option {', '.join(sorted(unknown))} (known: {', '.join(sorted(_OPTIONS))})"
        )
    return options


def _migrations(
    name: str, sql: str, tool: str, mode: TransactionMode, repeatable: bool = False
) -> list[Migration]:
    made = []
    for number, piece in enumerate(_NEXT.split(sql), 1):
        up, *down = _DOWN.split(piece)
        identity = f"{name}-{number}"
        made.append(
            Migration(
                identity,
                tool,
                _script(f"{identity}.sql", up, mode, repeatable),
                _script(f"{identity}.down.sql", down[0], mode) if down else None,
                DownOrigin.WRITTEN if down else DownOrigin.NONE,
            )
        )
    return made


def _script(path: str, sql: str, mode: TransactionMode, repeatable: bool = False) -> Script:
    text = sql.strip("\n") + "\n"
    return Script(Document(path, text), text, mode, repeatable=repeatable)
