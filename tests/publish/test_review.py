"""Review comments: on lines, with suggestions, one for each finding over all pushes."""

from __future__ import annotations

from typing import Any

import pytest

from migration_lint.findings import Finding
from migration_lint.model import Error
from migration_lint.publish.github.bodies import fingerprint_in

from .service import Service
from .world import FILE, REVIEW, SQL, changed, edit, finding, many, post, report, suppressed

OLD = "".join(f"SELECT {number};\n" for number in range(1, 41))
NEW = OLD.replace("SELECT 20;", "SELECT 'twenty';")
"""Line 20 of 40 is changed: the diff shows 17 to 23."""


def places(service: Service) -> list[tuple[Any, ...]]:
    """(kind, path, first line, last line) of the comments that are there."""
    return [
        (comment["subject_type"], comment["path"], comment["start_line"], comment["line"])
        for comment in service.review_comments
    ]


def test_a_comment_on_its_line(service: Service) -> None:
    posted = post(service, report(finding()), REVIEW)
    assert places(service) == [("line", FILE, None, 3)]
    [comment] = service.review_comments
    assert comment["body"].split("\n", 1)[1] == (
        "**error** `create-index-blocks-writes`: writes to public.orders wait while the index is built"
        " (ShareLock)"
        "\n\n**Safe way:** build it CONCURRENTLY"
        "\n\n```sql\nCREATE INDEX CONCURRENTLY orders_user_id ON orders (user_id);\n```"
    )
    assert (posted.published.commands, posted.published.complete) == ("", True)
    assert posted.notes == "review: 1 new comment, 0 comments kept"


def test_all_of_a_run_is_one_review(service: Service) -> None:
    post(service, report(*many(30)), REVIEW)
    assert service.writes() == ["POST /pulls/1/reviews"]
    assert [review["comments"] for review in service.reviews] == [30]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (finding(20), ("line", FILE, None, 20)),
        (finding(17, 23), ("line", FILE, 17, 23)),
        (finding(10, 30), ("line", FILE, None, 17)),
        (finding(3), ("file", FILE, None, None)),
        (finding(24), ("file", FILE, None, None)),
    ],
)
def test_only_lines_of_the_diff_have_comments(
    service: Service, found: Finding, expected: tuple[Any, ...]
) -> None:
    service.pulls[1].files = [changed(new=NEW, old=OLD)]
    posted = post(service, report(found), REVIEW)
    assert places(service) == [expected]
    assert posted.published.commands == ""
    assert ("in line" in service.review_comments[0]["body"]) == (expected[0] == "file")


def test_a_file_without_a_patch_has_comments_as_a_whole(service: Service) -> None:
    """A large file, or one that was only renamed."""
    service.pulls[1].files = [{"filename": FILE, "status": "renamed", "sha": "0" * 40}]
    post(service, report(finding()), REVIEW)
    assert places(service) == [("file", FILE, None, None)]


def test_a_file_that_is_not_in_the_pull_request_is_not_lost(service: Service) -> None:
    other = finding(path="db/V1__old.sql", why="an old one")
    posted = post(service, report(finding(), other), REVIEW)
    assert places(service) == [("line", FILE, None, 3)]
    assert posted.published.commands.count("::error ") == 1
    assert "file=db/V1__old.sql" in posted.published.commands
    assert posted.published.complete


def test_one_line_that_github_does_not_take_loses_nothing(service: Service) -> None:
    """The whole review is rejected for it. Here GitHub's list of files shows more than it then takes."""
    service.pulls[1].files = [changed(new=SQL + "SELECT 2;\n" * 60)]
    taken = [finding(line, why=f"reason {line}") for line in (3, 4, 5, 6, 8)]
    outside = finding(7, why="reason 7")

    shows = service.pulls[1].shows
    service.pulls[1].shows = lambda path, first, last: shows(path, first, last) and last != 7  # type: ignore
    posted = post(service, report(*taken[:4], outside, *taken[4:]), REVIEW)
    assert sorted(places(service), key=str) == [
        ("file", FILE, None, None),
        *(("line", FILE, None, line) for line in (3, 4, 5, 6, 8)),
    ]
    assert posted.published.commands == ""


# Over several pushes


def test_a_run_anew_posts_nothing(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    posted = post(service, report(finding()), REVIEW)
    assert service.writes() == ["POST /pulls/1/reviews"]
    assert posted.notes == "review: 0 new comments, 1 comment kept"


def test_a_finding_that_moves_keeps_its_comment(service: Service) -> None:
    post(service, report(finding(3)), REVIEW)
    service.pulls[1].files = [changed(new="-- one more line\n" + SQL)]
    post(service, report(finding(4)), REVIEW)
    assert service.writes() == ["POST /pulls/1/reviews"]


def test_what_is_gone_takes_its_comment_along(service: Service) -> None:
    gone, stays = finding(why="gone"), finding(4, why="stays")
    post(service, report(gone, stays), REVIEW)
    posted = post(service, report(stays), REVIEW)
    assert [fingerprint_in(comment["body"], "migration-lint") for comment in service.review_comments] == [
        stays.fingerprint
    ]
    assert posted.notes == "review: 0 new comments, 1 comment kept"


def test_what_is_suppressed_now_is_gone(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    post(service, report(suppressed(finding())), REVIEW)
    assert service.review_comments == []


def test_a_comment_that_was_answered_stays_and_says_that_it_is_over(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    service.reply_to(service.review_comments[0])
    for _ in range(2):  # and is left in peace from then on
        post(service, report(), REVIEW)
    body, answer = (comment["body"] for comment in service.review_comments)
    assert body.startswith("<!-- migration-lint:gone:1 -->\n*Found no more.*\n\n**error** `create-index")
    assert answer == "Why?"
    assert service.writes("PATCH|DELETE") == ["PATCH /pulls/comments/101"]


def test_what_could_not_be_checked_is_not_taken_for_corrected(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    post(service, report(errors=[Error(FILE, 1, "syntax error")]), REVIEW)
    assert len(service.review_comments) == 1


def test_a_folded_comment_about_what_is_still_there_is_written_anew(service: Service) -> None:
    """GitHub folds comments away when their line is changed, and says so with a line of null."""
    post(service, report(finding()), REVIEW)
    service.review_comments[0]["line"] = None
    post(service, report(finding()), REVIEW)
    assert places(service) == [("line", FILE, None, 3)]
    assert service.writes() == [
        "POST /pulls/1/reviews",
        "POST /pulls/1/reviews",
        "DELETE /pulls/comments/101",
    ]


def test_new_words_for_an_old_finding(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    post(service, report(finding(instead="do it by night")), REVIEW)
    [comment] = service.review_comments
    assert "do it by night" in comment["body"]
    assert service.writes("PATCH") == ["PATCH /pulls/comments/101"]


def test_two_reports_on_one_pull_request_leave_each_other_alone(service: Service) -> None:
    from msgspec.structs import replace

    post(service, report(finding()), REVIEW)
    post(service, report(finding()), replace(REVIEW, name="other"))
    post(service, report(), replace(REVIEW, name="other"))
    assert len(service.review_comments) == 1


def test_comments_of_others_are_not_ours_whatever_they_say(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    forged = {**service.review_comments[0], "id": 5, "user": service.user("mallory")}
    service.review_comments[:] = [forged]
    post(service, report(), REVIEW)
    assert service.review_comments == [forged]
    post(service, report(finding()), REVIEW)
    assert len(service.review_comments) == 2


def test_our_comments_are_found_on_the_last_page(service: Service) -> None:
    post(service, report(finding()), REVIEW)
    ours = service.review_comments[0]
    others = [{**ours, "id": n, "body": "nice", "user": service.user("bob")} for n in range(1000, 1250)]
    service.review_comments[:0] = others
    service.requests.clear()
    post(service, report(finding()), REVIEW)
    assert service.writes() == []
    asked = [path for _, path, _ in service.requests if path.endswith("/comments")]
    assert len(asked) == 3


# Bounds


def test_more_comments_than_a_reader_bears_become_annotations(service: Service) -> None:
    posted = post(service, report(*many(45)), REVIEW)
    assert len(service.review_comments) == 30
    assert "15 findings found no room there" in posted.notes
    assert posted.published.commands.count("::error ") == 10
    assert "6 more errors" in posted.published.commands
    post(service, report(*many(45)), REVIEW)
    assert len(service.review_comments) == 30


def test_more_comments_on_files_than_github_bears(service: Service) -> None:
    service.pulls[1].files = [changed(new=NEW, old=OLD)]
    posted = post(service, report(*many(15, line=3)), REVIEW)
    assert len(service.review_comments) == 10
    assert posted.published.commands.count("::error ") == 5


@pytest.mark.parametrize("text", ["x" * 100_000, "ä" * 70_000, "`" * 70_000])
def test_a_comment_is_never_too_long(service: Service, text: str) -> None:
    """GitHub counts characters; the shortest that is left says what is wrong."""
    post(service, report(finding(instead=f"do so\n\n{text}"), finding(4, why=text)), REVIEW)
    assert all(len(comment["body"]) <= 65_536 for comment in service.review_comments)
    assert len(service.review_comments) == 2
    assert all(
        "**error** `create-index-blocks-writes`" in comment["body"] for comment in service.review_comments
    )


# Suggestions


def test_a_fix_of_whole_lines_is_a_suggestion(service: Service) -> None:
    fix = edit(FILE, SQL, "CREATE INDEX", "CREATE INDEX CONCURRENTLY")
    post(service, report(finding(fix=fix)), REVIEW)
    [comment] = service.review_comments
    assert "\n\nbuild it concurrently\n\n```suggestion\n" in comment["body"]
    assert comment["body"].endswith(
        "```suggestion\nCREATE INDEX CONCURRENTLY orders_user_id ON orders (user_id);\n```"
    )
    assert places(service) == [("line", FILE, None, 3)]


def test_a_suggestion_for_several_lines_stands_at_these_lines(service: Service) -> None:
    sql = "ALTER TABLE a\n  ADD CHECK (b > 0),\n  ADD c int;\n"
    service.pulls[1].files = [changed(new=sql)]
    fix = edit(FILE, sql, "ADD CHECK (b > 0),\n  ADD c", "ADD CHECK (b > 0) NOT VALID,\n  add c", "unsafe")
    post(service, report(finding(1, 3, fix=fix)), REVIEW)
    assert places(service) == [("line", FILE, 2, 3)]
    [comment] = service.review_comments
    assert comment["body"].endswith("```suggestion\n  ADD CHECK (b > 0) NOT VALID,\n  add c int;\n```")
    assert "look at it first" in comment["body"]
