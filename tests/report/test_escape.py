from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_lint.report.escape import printable, printable_lines, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\tb\nc\rd", "a    b\\nc\\x0dd"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("ümläut 注文", "ümläut 注文"),
    ],
)
def test_what_is_unsafe_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines() -> None:
    assert printable_lines("a\r\nb\x07\n") == ["a", "b\\x07", ""]


def test_width() -> None:
    assert (width("abc"), width("注文"), width("e\u0301")) == (3, 4, 1)


@given(st.text())
def test_no_control_or_format_character_is_left(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not any(
        unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")
        for char in shown
    )
    assert printable(shown) == shown
