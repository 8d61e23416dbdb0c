"""A report that anybody may have written: believed in nothing that it could abuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migration_lint.errors import UsageError
from migration_lint.findings import Report
from migration_lint.model import Error
from migration_lint.publish import artifact
from migration_lint.report import formats
from migration_lint.report.view import View

from .world import FILE, edit, finding, report, suppressed

FULL = report(
    finding(fix=edit(FILE, "a", "a", "b")),
    suppressed(finding(why="suppressed")),
    errors=[Error(FILE, 7, "syntax error")],
)
REPOSITORY = View(folder="/repository/app", root="/repository")


def saved(what: Report) -> Any:
    return json.loads(formats.by_name("json").render(what, View()))


def parse(value: Any, view: View = View()) -> Report:  # noqa: B008 - frozen
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return artifact.parse_report(data, "report.json", view)


def test_a_report_is_read_back() -> None:
    read = parse(saved(FULL))
    assert saved(read) == saved(FULL)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("db/1.sql", "app/db/1.sql"),
        ("./db/1.sql", "app/db/1.sql"),
        ("../db/1.sql", "db/1.sql"),
        ("/repository/db/1.sql", "db/1.sql"),
        ("/repository", "."),
        ("..", "."),
        (".", "app"),
        ("<stdin>", "<stdin>"),
        ("größe\n.sql", "app/größe\n.sql"),
    ],
)
def test_paths_become_those_of_the_repository(path: str, expected: str) -> None:
    assert parse(saved(report(finding(path=path))), REPOSITORY).findings[0].span.path == expected


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/etc/passwd", "/repository2/x", "../../repository2/x", "a\0b"]
)
@pytest.mark.parametrize("where", ["finding", "error", "edit", "new file"])
def test_paths_outside_the_repository(path: str, where: str) -> None:
    value = saved(FULL)
    fix = value["findings"][0]["fix"]
    match where:
        case "finding":
            value["findings"][1]["path"] = path
        case "error":
            value["errors"][0]["path"] = path
        case "edit":
            fix["edits"][0]["path"] = path
        case _:
            fix["files"] = [{"path": path, "text": ""}]
    with pytest.raises(UsageError, match=r"report\.json: .*is not inside the repository"):
        parse(value, REPOSITORY)


@pytest.mark.parametrize("path", ["../x", "/x", "C:/x", "c:\\x", "\\\\host\\x"])
def test_paths_where_no_repository_is_known(path: str) -> None:
    with pytest.raises(UsageError, match="is not inside the repository"):
        parse(saved(report(finding(path=path))))


def _without(name: str) -> Callable[[Any], Any]:
    return lambda value: {key: item for key, item in value.items() if key != name}


def _with(place: str, item: object) -> Callable[[Any], Any]:
    def changed(value: Any) -> Any:
        *way, last = place.split(".")
        at = value
        for step in way:
            at = at[int(step) if step.isdigit() else step]
        at[last] = item
        return value

    return changed


@pytest.mark.parametrize(
    "change",
    [
        _without("schema"),
        _without("findings"),
        _with("schema", "migration-lint/report/2"),
        _with("findings", {}),
        _with("findings.0.severity", "fatal"),
        _with("findings.0.line", "3"),
        _with("findings.0.line", 3.5),
        _with("findings.0.line", 0),
        _with("findings.0.line", -1),
        _with("findings.0.line", 10**30),
        _with("findings.0.end_line", 10**9),
        _with("errors.0.line", 0),
        _with("findings.0.why", None),
        _with("findings.0.fingerprint", ""),
        _with("findings.0.fingerprint", "f" * 31 + " -->"),
        _with("findings.0.fingerprint", "F" * 32),
        _with("findings.0.fix.safety", "harmless"),
        _with("summary.error", "many"),
        _with("decision.allowed", 1),
    ],
)
def test_what_is_no_report(change: Callable[[Any], Any]) -> None:
    with pytest.raises(UsageError, match=r"report\.json: not a report"):
        parse(change(saved(FULL)))


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"findings":' * 50_000, b"\x00" * 99]
)
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"report\.json: not a report"):
        parse(data)


def test_a_report_has_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(saved(FULL)))
    monkeypatch.setattr(artifact, "LARGEST", path.stat().st_size)
    assert artifact.read_report(str(path), View()).findings
    path.write_text(path.read_text() + " ")
    with pytest.raises(UsageError, match="larger than any report"):
        artifact.read_report(str(path), View())


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            artifact.read_report(str(path), View())


def test_numbers_are_counted_not_believed() -> None:
    value = saved(FULL)
    value["summary"] |= {"error": 0, "warning": 99, "suppressed": 99}
    assert saved(parse(value))["summary"] == saved(FULL)["summary"]


def test_two_findings_with_one_fingerprint_are_one() -> None:
    value = saved(report(finding()))
    value["findings"] *= 3
    assert len(parse(value).findings) == 1


def test_what_is_not_known_is_passed_over() -> None:
    """A newer version may say more."""
    value = saved(FULL) | {"new": {"x": 1}}
    value["findings"][0]["new"] = 1
    assert saved(parse(value)) == saved(FULL)
