from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_lint.errors import UsageError
from migration_lint.model import Document, Error, Script
from migration_lint.sources.text import check_encoding, decode, read

SQL = "-- größer\r\nSELECT 'é';\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (SQL.encode(), SQL),
        (SQL.encode("utf-8-sig"), SQL),
        (b"\xff\xfe" + SQL.encode("utf-16-le"), SQL),
        (b"\xfe\xff" + SQL.encode("utf-16-be"), SQL),
        (b"\xff\xfe\x00\x00" + SQL.encode("utf-32-le"), SQL),
        (b"\x00\x00\xfe\xff" + SQL.encode("utf-32-be"), SQL),
        (SQL.encode("latin-1"), SQL),
        (b"SELECT 1;\x00", "SELECT 1;\x00"),
        (b"", ""),
        (b"\xef\xbb\xbf", ""),
        (b"\xff\xfeodd", "\xff\xfeodd"),  # no UTF-16 after all
        (b"\xed\xa0\x80", "\xed\xa0\x80"),  # half a surrogate pair is not UTF-8
    ],
)
def test_the_encoding_is_guessed(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_the_encoding_that_was_set_is_used() -> None:
    assert decode("Ł".encode("cp1250"), "cp1250") == "Ł"
    assert decode("Ł".encode("utf-8-sig"), "cp1250") == "Ł", "a byte-order mark is stronger"
    with pytest.raises(UnicodeDecodeError):
        decode(b"\xff", "utf-8")


@pytest.mark.parametrize("name", ["latin1", "UTF-8", "windows-1252", "ISO-8859-15"])
def test_encodings_go_by_all_their_names(name: str) -> None:
    check_encoding(name)


@pytest.mark.parametrize("name", ["utf-9", "hex", "rot13", ""])
def test_what_is_no_text_encoding_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="unknown text encoding"):
        check_encoding(name)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_and_its_spans_lie_in_the_file(data: bytes) -> None:
    document = Document("x.sql", decode(data))
    script = Script(document, document.text)
    for start in range(len(document.text) + 1):
        span = script.span(start, start + 3)
        assert 0 <= span.start <= span.end <= len(document.text)
        assert 1 <= span.line <= span.end_line <= document.text.count("\n") + 1
        assert span.column >= 1
        assert document.text[span.start : span.end] == document.text[start : start + 3]


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 200_000, 10_000_000])
def test_files_of_any_size_are_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.sql"
    content = (b"0123456789abcdef\n" * (size // 17 + 1))[:size]
    path.write_bytes(content)
    document = read(path.as_posix())
    assert isinstance(document, Document)
    assert document.text.encode() == content


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    gone = (tmp_path / "gone.sql").as_posix()
    assert read(gone) == Error(gone, 1, "cannot be read: No such file or directory")
    bad = tmp_path / "bad.sql"
    bad.write_bytes(b"SELECT '\xff';")
    error = read(bad.as_posix(), "utf-8")
    assert isinstance(error, Error)
    assert error.message.startswith("not utf-8 text: ")
    assert read(bad.as_posix(), "utf-9") == Error(bad.as_posix(), 1, "utf-9: unknown text encoding")
