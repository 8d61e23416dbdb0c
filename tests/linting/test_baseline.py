from __future__ import annotations

import pytest

from migration_lint.errors import UsageError
from migration_lint.linting.baseline import apply_baseline, baseline_text, parse_baseline
from tests.linting.world import linted

SQL = "create index i on orders (user_id);\ndelete from orders;\n"


def test_what_is_written_is_known_afterwards() -> None:
    findings = linted(SQL).findings
    assert len(findings) == 2
    baseline = parse_baseline(baseline_text(findings), "b.json")
    applied, stale = apply_baseline(linted("-- moved\n\n" + SQL).findings, baseline, ["new.sql"])
    assert [finding.suppressed.by for finding in applied if finding.suppressed] == ["baseline", "baseline"]
    assert stale == []


def test_new_findings_count() -> None:
    baseline = parse_baseline(baseline_text(linted(SQL).findings), "b.json")
    applied, _ = apply_baseline(
        linted(SQL + "create index j on orders (id);").findings, baseline, ["new.sql"]
    )
    assert [finding.span.line for finding in applied if finding.suppressed is None] == [3]


def test_entries_that_are_gone_are_stale_where_they_were_looked_for() -> None:
    baseline = parse_baseline(baseline_text(linted(SQL).findings), "b.json")
    assert [entry.rule for entry in apply_baseline([], baseline, ["new.sql"])[1]] == [
        "index-build-waits",
        "no-rows-deleted",
    ]
    assert apply_baseline([], baseline, ["other.sql"])[1] == []


def test_what_a_comment_suppresses_is_not_written() -> None:
    sql = "-- migration-lint: ignore[index-build-waits] small table\ncreate index i on orders (user_id);"
    assert parse_baseline(baseline_text(linted(sql).findings), "b.json").findings == ()


def test_writing_is_stable_and_readable() -> None:
    text = baseline_text(reversed(linted(SQL).findings))
    assert text == baseline_text(linted(SQL).findings)
    assert '"why": "writes to public.orders wait while the index is built"' in text


@pytest.mark.parametrize("text", ["", "[]", '{"findings": [1]}', '{"version": 2, "findings": []}'])
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"b\.json: "):
        parse_baseline(text, "b.json")
