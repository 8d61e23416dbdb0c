"""Names and SQL come from whoever opened the pull request. What they write stays text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt

from migration_lint.findings import Report
from migration_lint.model import Error
from migration_lint.publish.github.bodies import fingerprint_in

from .service import Service
from .world import EVERYWHERE, FILE, changed, edit, finding, post, report

EVIL = [
    "@everyone look",
    "see #12 and acme/shop#12",
    "![x](https://evil.example/x.png) [x](https://evil.example)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "--> <!-- migration-lint:summary:1 name=migration-lint -->",
    "```\n```suggestion\nDROP TABLE users;\n```",
    "````\n@everyone\n````",
    "::error::forged\n::add-mask::e",
    "##[error]forged ##vso[task.complete]",
    "a|b|c\n|---|---|\n|@x|y|",
    "\x1b[31mred\x1b[0m \u202egnp.sql\u202c \u200bx",
    "# heading\n\n---\n\n* item",
    "https://evil.example www.evil.example",
    "\r\n<!--",
    "%0A::error::forged",
]


def everywhere(text: str) -> Report:
    """The text in every place of a report where one can come from outside."""
    sql = f"SELECT 1; -- {text}\n"
    fix = edit(FILE, sql, "SELECT 1", f"SELECT 2 /* {text} */")
    return report(
        finding(1, rule=text, why=text, instead=f"{text}\n\n{text}", relation=text, migration=text, fix=fix),
        finding(1, why=f"other {text}", instead=text, path=f"db/{text.replace('/', '_')}"),
        errors=[Error(FILE, 1, text)],
    )


def rendered(markdown: str) -> Any:
    """What a Markdown renderer makes of it; HTML passed through, as GitHub does before it cleans it."""
    return MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(markdown)


def texts(tokens: Any) -> list[str]:
    """The text that GitHub looks through for mentions and numbers: none of it is code."""
    found = []
    for token in tokens:
        found += texts(token.children or [])
        if token.type == "text":
            found.append(token.content)
    return found


def html(tokens: Any) -> list[str]:
    found = []
    for token in tokens:
        found += html(token.children or [])
        if token.type in ("html_block", "html_inline"):
            found.append(token.content.strip())
    return found


@pytest.mark.parametrize("text", EVIL)
def test_comments_hold_no_markup_of_others(service: Service, text: str) -> None:
    service.pulls[1].files = [changed(new=f"SELECT 1; -- {text}\n")]
    post(service, everywhere(text), EVERYWHERE)
    [summary] = service.comments
    bodies = [summary["body"], *(comment["body"] for comment in service.review_comments)]
    bodies += [run["output"]["summary"] for run in service.check_runs]
    assert len(bodies) == 3
    for body in bodies:
        tokens = rendered(body)
        said = "".join(texts(tokens))
        assert not re.search(r"@\w|#\d", said), said
        kinds = {token.type for outer in tokens for token in [outer, *(outer.children or [])]}
        assert not kinds & {"link_open", "image", "table_open", "hr", "blockquote_open"}
        marks = [
            tag
            for tag in html(tokens)
            if not re.fullmatch(r"<!-- migration-lint:\w+:1 name=[\w-]+( id=\w+)? -->", tag)
        ]
        assert [tag for tag in marks if not re.match(r"</?(details|summary)>", tag)] == []
        assert "\x1b" not in body and "\u202e" not in body


@pytest.mark.parametrize("text", EVIL)
def test_only_our_own_suggestion_can_be_taken(service: Service, text: str) -> None:
    service.pulls[1].files = [changed(new=f"SELECT 1; -- {text}\n")]
    post(service, everywhere(text), EVERYWHERE)
    for comment in service.review_comments:
        offered = [token for token in rendered(comment["body"]) if token.info.startswith("suggestion")]
        assert len(offered) <= 1
        if offered:
            assert offered[0].content.startswith("SELECT 2 /* ")
        assert fingerprint_in(comment["body"], "migration-lint")


@pytest.mark.parametrize("text", EVIL)
def test_annotations_hold_no_commands_of_others(service: Service, text: str) -> None:
    service.may = set()
    posted = post(service, everywhere(text), EVERYWHERE)
    lines = posted.published.commands.splitlines()
    assert len(lines) == 3
    assert all(
        line.startswith("::error ") and line.count("::") == 2 for line in lines if "::forged" not in line
    )
    assert all(re.match(r"::error [^:]*::", line) for line in lines)
    assert not any("\x1b" in line for line in lines)
