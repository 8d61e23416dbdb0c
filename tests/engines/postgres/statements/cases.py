"""Statements and their effects, family by family, in the SQL files beside this module.

A file has schemas, ``-- given NAME``, and cases, ``-- case NAME …``: the schemas that are there, more
of a schema up to a line ``--`` where there is one, the statement, and its effects after ``-->``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from msgspec import Struct

HERE = Path(__file__).parent


class Case(Struct, frozen=True):
    """One statement. `effects` are as `predict.lines` says them."""

    family: str
    given: str
    sql: str
    effects: tuple[str, ...]
    transaction_ok: bool = True

    def __str__(self) -> str:
        return f"{self.family}: {self.sql}"


def families() -> list[str]:
    """The names of the files."""
    return sorted(path.stem for path in HERE.glob("*.sql"))


@cache
def given_in(family: str) -> dict[str, str]:
    """The schemas of a file, by name."""
    return {
        head.removeprefix("given "): "\n".join(lines) + "\n"
        for head, lines in _blocks(family)
        if head.startswith("given ")
    }


def cases() -> list[Case]:
    """All cases of all files."""
    return [
        _case(family, head.removeprefix("case").split(), lines)
        for family in families()
        for head, lines in _blocks(family)
        if head.startswith("case")
    ]


def _blocks(family: str) -> list[tuple[str, list[str]]]:
    text = (HERE / f"{family}.sql").read_text(encoding="utf-8")
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(("-- given ", "-- case")):
            found.append((line.removeprefix("-- "), []))
        elif found and line:
            found[-1][1].append(line)
    return found


def _case(family: str, schemas: list[str], lines: list[str]) -> Case:
    effects = [line.removeprefix("--> ") for line in lines if line.startswith("--> ")]
    sql = [line for line in lines if not line.startswith("--> ")]
    end = sql.index("--") if "--" in sql else -1
    given = "".join(given_in(family)[name] for name in schemas) + "\n".join(sql[: max(0, end)])
    alone = "not in a transaction"
    return Case(
        family,
        given,
        "\n".join(sql[end + 1 :]).removesuffix(";"),
        tuple(effect for effect in effects if effect != alone),
        alone not in effects,
    )
