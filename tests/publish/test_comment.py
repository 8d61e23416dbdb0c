"""The one comment that sums up."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migration_lint.model import Error

from .service import Service
from .world import COMMENT, finding, many, post, report, suppressed

MARK = "<!-- migration-lint:summary:1 name=migration-lint -->\n"


def test_it_is_written_once_and_kept_up_to_date(service: Service) -> None:
    assert post(service, report(finding()), COMMENT).notes == "comment: commented"
    [comment] = service.comments
    assert comment["body"].startswith(f"{MARK}## ⛔ migration-lint: blocked: 1 error")
    assert post(service, report(finding()), COMMENT).notes == "comment: the comment is up to date"
    assert service.writes() == ["POST /issues/1/comments"]
    post(service, report(finding(), finding(why="another")), COMMENT)
    assert [comment["body"].count("###") for comment in service.comments] == [2]
    assert service.writes() == ["POST /issues/1/comments", "PATCH /issues/comments/101"]


def test_when_all_is_well_nothing_is_begun_and_nothing_stale_is_left(service: Service) -> None:
    assert post(service, report(), COMMENT).notes == "comment: nothing to comment on"
    assert service.writes() == []
    post(service, report(finding()), COMMENT)
    post(service, report(), COMMENT)
    [comment] = service.comments
    assert comment["body"].startswith(f"{MARK}## ✅ migration-lint: allowed")


def test_what_was_not_checked_is_worth_a_comment(service: Service) -> None:
    post(service, report(errors=[Error("db", 1, "git knows no such commit")]), COMMENT)
    assert "git knows no such commit" in service.comments[0]["body"]


def test_windows_line_breaks_are_no_change(service: Service) -> None:
    post(service, report(finding()), COMMENT)
    service.comments[0]["body"] = service.comments[0]["body"].replace("\n", "\r\n")
    post(service, report(finding()), COMMENT)
    assert service.writes() == ["POST /issues/1/comments"]


def test_it_is_found_behind_hundreds_of_others(service: Service) -> None:
    post(service, report(finding()), COMMENT)
    others = [{"id": n, "body": "nice", "user": service.user("bob")} for n in range(1000, 1350)]
    service.comments[:0] = others
    post(service, report(), COMMENT)
    assert service.writes() == ["POST /issues/1/comments", "PATCH /issues/comments/101"]


def test_a_forged_one_is_not_ours(service: Service) -> None:
    """Anybody can write the hidden mark; with our rights we could change anybody's comment."""
    forged: dict[str, Any] = {"id": 5, "body": f"{MARK}all is well", "user": service.user("mallory")}
    service.comments.append(forged)
    post(service, report(finding()), COMMENT)
    assert forged["body"].endswith("all is well")
    assert len(service.comments) == 2


def test_a_quoted_one_is_not_ours(service: Service) -> None:
    service.comments.append({"id": 5, "body": f"> {MARK}", "user": service.user()})
    post(service, report(finding()), COMMENT)
    assert len(service.comments) == 2


def test_a_person_with_a_token(service: Service) -> None:
    service.login, service.kind = "alice", "User"
    post(service, report(finding()), COMMENT)
    service.comments.insert(0, {"id": 5, "body": MARK, "user": service.user("bob")})
    post(service, report(), COMMENT)
    assert service.writes() == ["POST /issues/1/comments", "PATCH /issues/comments/101"]


def test_two_names_are_two_comments(service: Service) -> None:
    post(service, report(finding()), COMMENT)
    post(service, report(finding()), replace(COMMENT, name="billing"))
    assert len(service.comments) == 2


def test_of_two_of_ours_one_is_left(service: Service) -> None:
    """Two runs at the same time both find none."""
    post(service, report(finding()), COMMENT)
    double = {**service.comments[0], "id": 200}
    double["url"] = double["url"].replace("101", "200")
    service.comments.append(double)
    post(service, report(finding()), COMMENT)
    assert [comment["id"] for comment in service.comments] == [101]


def test_suppressed_findings_are_listed(service: Service) -> None:
    post(service, report(suppressed(finding())), COMMENT)
    assert "1 suppressed" in service.comments[0]["body"]


def test_ten_thousand_findings_fit(service: Service) -> None:
    post(service, report(*many(10_000, instead="ä" * 100)), COMMENT)
    [comment] = service.comments
    assert 50_000 < len(comment["body"]) <= 65_536
    assert "Left out here" in comment["body"]
