"""A literal's value is what the language says it is, and its parts stand where they are said to."""

from __future__ import annotations

import re

import pytest

from migration_lint.model import Document, Script
from migration_lint.sources.source import Request, source_of
from tests.sources.code.literals import recorded

TOOLS = {
    "JavaScript": ("knex", "1_a.js", "/* é */ exports.up = (knex) => knex.raw({});\n"),
    "Ruby": (
        "rails",
        "1_a.rb",
        "# é\nclass A < ActiveRecord::Migration[7.1]\n  def up\n    execute({})\n  end\nend\n",
    ),
    "Elixir": (
        "ecto",
        "1_a.exs",
        "# é\ndefmodule A do\n  use Ecto.Migration\n  def up do\n    execute({})\n  end\nend\n",
    ),
}
_BLANK = re.compile(r"<<~.*\n[ \t]+\n", re.DOTALL)
"""What Ruby takes from a line of blanks has changed with its versions; to SQL it is all the same."""
RECORDED = [each for each in recorded() if not _BLANK.match(each[1])]


def up(language: str, literal: str) -> Script | None:
    tool, file, program = TOOLS[language]
    before, _, after = program.partition("{}")
    lead, *rest = (
        literal.split("\n", 1) if literal.startswith("<<") else [literal]
    )  # heredocs follow their line
    text = before + lead + (after.replace("\n", "\n" + rest[0] + "\n", 1) if rest else after)
    reading = source_of(tool).single(Document(file, text), Request())
    if reading.gaps:
        return None
    [entry] = reading.entries
    return entry.migration.up


@pytest.mark.parametrize("language", TOOLS)
def test_literals_say_what_the_language_says(language: str) -> None:
    wrong = []
    unread = 0
    cases = [(literal, value) for spoken, literal, value in RECORDED if spoken == language]
    for literal, value in cases:
        script = up(language, literal)
        if script is None:
            unread += 1
        elif script.sql.strip("\n; \t") != value.strip("\n; \t"):
            wrong.append((literal, value, script.sql))
    assert wrong == []
    assert unread < len(cases) / 20


@pytest.mark.parametrize("language", TOOLS)
def test_every_character_stands_where_it_is_said_to(language: str) -> None:
    for spoken, literal, value in RECORDED:
        script = up(language, literal) if spoken == language else None
        if script is None:
            continue
        starts = [*(piece[0] for piece in script.pieces), len(script.sql)]
        for (at, place, length), after in zip(script.pieces, starts[1:], strict=True):
            assert 0 <= place <= place + length <= len(script.document.text)
            if length == after - at and at + length <= len(value):
                written = script.document.text[place : place + length]
                assert written == script.sql[at:after] or written.startswith("\\"), literal
