"""The text report, as people see it: files under `snapshots` hold it whole.

``python -m tests.report.test_text`` writes them anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from migration_lint.findings import Finding, Report, Severity
from migration_lint.linting.loader import load_rules
from migration_lint.model import Document
from migration_lint.report.formats.text import render
from migration_lint.report.view import View
from tests.report.world import ERRORS, EVERYTHING, INDEX, NOTE, SUPPRESSED, TYPE, finding_at, report

SNAPSHOTS = Path(__file__).parent / "snapshots"

SHOWN: dict[str, Callable[[], str]] = {
    "everything": lambda: render(EVERYTHING, View()),
    "everything-in-colour": lambda: render(EVERYTHING, View(colour=True)),
    "quiet": lambda: render(EVERYTHING, View(quiet=True)),
    "clean": lambda: render(report(), View()),
    "allowed-with-warnings": lambda: render(report(TYPE, SUPPRESSED), View()),
    "errors-only": lambda: render(report(errors=ERRORS), View()),
    "many": lambda: render(report(*many()), View()),
    "statistics": lambda: render(report(*many(), TYPE), View(statistics=True, rules=load_rules())),
    "long-line": lambda: render(long_line(), View()),
    "wide-characters": lambda: render(wide(), View()),
}


def many() -> list[Finding]:
    return [replace(INDEX, relation=f"t{number}") for number in range(18)] + [TYPE, TYPE, NOTE]


def long_line() -> Report:
    text = (
        "INSERT INTO t VALUES "
        + ", ".join(f"({n})" for n in range(200))
        + "; DROP TABLE orders; -- "
        + "x" * 300
    )
    document = Document("a.sql", text)
    start = text.index("DROP")
    return replace(
        report(replace(INDEX, span=document.span(start, start + 17), instead="", because=())),
        documents={"a.sql": document},
    )


def wide() -> Report:
    text = "COMMENT ON TABLE 注文 IS '说明'; DROP TABLE 注文;"
    document = Document("a.sql", text)
    start = text.index("DROP")
    return replace(
        report(replace(INDEX, span=document.span(start, len(text) - 1), instead="", because=())),
        documents={"a.sql": document},
    )


@pytest.mark.parametrize("name", SHOWN)
def test_the_report_is_as_it_was_reviewed(name: str) -> None:
    assert SHOWN[name]() == (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")


def test_no_snapshot_is_left_over() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == set(SHOWN)


def test_a_quiet_report_of_what_is_allowed_is_empty() -> None:
    assert render(report(TYPE, NOTE, SUPPRESSED), View(quiet=True)) == ""


def test_quiet_follows_what_blocks() -> None:
    view = View(quiet=True, fail_on=Severity.WARNING)
    text = render(report(TYPE, NOTE, fail_on=Severity.WARNING), view)
    assert "column-type-rewrites" in text and "unused-suppression" not in text


def test_full_shows_every_frame() -> None:
    findings = [replace(INDEX, relation=str(number)) for number in range(40)]
    assert render(report(*findings), View()).count("safe way:") == 1
    assert render(report(*findings), View(full=True)).count("safe way:") == 40


def test_nothing_from_outside_reaches_the_terminal_as_it_is() -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u202etxt\u2066\r"
    document = Document(f"{evil}.sql", f"DROP TABLE {evil};")
    finding = replace(
        INDEX,
        rule=evil,
        why=evil,
        instead=f"{evil}\n\n{evil}",
        span=document.span(0, len(document.text)),
        because=tuple(replace(effect, relation=evil) for effect in INDEX.because),
    )
    shown = replace(
        report(finding, errors=(replace(ERRORS[0], path=evil, message=evil),)),
        documents={document.path: document},
    )
    text = render(shown, View())
    assert not any(char in text for char in "\x1b\x07\x9b\u202e\u2066\r")
    assert "\\x1b]0;owned\\x07" in text


def test_carets_stand_under_the_place() -> None:
    place = "ADD COLUMN note text"
    lines = render(report(finding_at(place)), View()).splitlines()
    code = next(number for number, line in enumerate(lines) if place in line)
    carets = lines[code + 1]
    assert lines[code][carets.index("^") : carets.rindex("^") + 1] == place


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for path in SNAPSHOTS.glob("*.txt"):
        path.unlink()
    for shown_name, shown_text in SHOWN.items():
        (SNAPSHOTS / f"{shown_name}.txt").write_text(shown_text(), encoding="utf-8")
