"""Whatever a migration holds, every format shows exactly one finding, and nobody obeys anything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cmarkgfm import github_flavored_markdown_to_html  # type: ignore[import-untyped]  # no types
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]
from lxml import etree  # type: ignore[import-untyped]  # it ships no types
from lxml.html import HtmlElement, document_fromstring  # type: ignore[import-untyped]
from msgspec.structs import replace
from playwright.sync_api import Page

from migration_lint.effects import Lock
from migration_lint.engines.postgres.locks import Mode
from migration_lint.findings import Confidence, Edit, Finding, Fix, Report, Severity, Status, Verdict
from migration_lint.model import Document, Error
from migration_lint.report import formats
from migration_lint.report.escape import inert, printable, printable_text
from migration_lint.report.format import Kind
from migration_lint.report.paths import repository_path
from migration_lint.report.view import View
from tests.report.readers import logs
from tests.report.readers.tools import browser
from tests.report.world import report

EVIL = [
    "::error::injected",
    "x\n::error file=a,line=1::injected",
    "x\r::stop-commands::pause",
    "%0A::error::injected",
    "%250A%3A%2C%25",
    "a,line=7,title=x::::warning::y",
    "##[error]injected",
    "###[group]x ##[add-mask]y",
    "##vso[task.complete result=Failed;]done",
    "###vso[task.setvariable variable=PATH;]x;]%3B",
    "##teamcity[buildProblem description='injected']",
    "' SEVERITY='INFO'] ##teamcity[buildStatus status='SUCCESS",
    "a|b||c|'|n[x]",
    "x\ndb/V1.sql:1:1: error[fake] injected",
    "```\n# injected\n```sql",
    "` ``` ` <b>x</b>",
    "\n\n# injected\n\n- [x](javascript:alert(1)) ![i](https://example.org/i.png)",
    "<script>document.body.innerHTML = 'injected'</script>",
    "</style></code></pre></article><article class='finding error'>injected<img src=x onerror=alert(1)>",
    '" onclick="alert(1)" x=\'',
    "<!-- --> <details open> &lt;b&gt; &#60;i&#62;",
    "]]><failure message='injected'/><!--",
    "@octocat @team/all #1 owner/name#2 https://example.org www.example.org a@example.org $x^2$",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\u2028x\u2029y\x85z\x0b\x0c",
    "\x00\x01\x7f\ufffe\uffff",
    '{"rule": "injected"}, \\ \\u0000 "',
    "../../../etc/passwd?x=1#frag%20%",
]
VIEW = View(folder="/repo", root="/repo")


def hostile(evil: str) -> Report:
    """One finding, with the text in everything that comes from outside."""
    document = Document(f"db/{evil}.sql", f"DROP TABLE {evil};\n-- {evil}\n")
    return replace(
        report(
            Finding(
                rule="drop-table",
                severity=Severity.ERROR,
                confidence=Confidence.LIKELY,
                span=document.span(0, len("DROP TABLE ") + len(evil)),
                migration=evil,
                relation=evil,
                why=f"{evil} is gone {evil}",
                instead=f"{evil} do {evil}\n\n{evil}\n{evil}",
                because=(Lock(relation=evil, mode=Mode.AccessExclusiveLock),),
                fix=Fix(evil, "safe", (Edit(document.path, 0, 4, evil),)),
                fingerprint="f" * 32,
            )
        ),
        documents={document.path: document},
    )


def render(name: str, shown: Report) -> str:
    return formats.by_name(name).render(shown, VIEW)


NO_COMMANDS = [name for name in formats.names() if formats.by_name(name).KIND is not Kind.COMMANDS]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", NO_COMMANDS)
def test_no_ci_server_obeys_what_is_in_a_log(name: str, evil: str) -> None:
    """Text is made inert where it is written; the other documents are so by themselves."""
    text = render(name, hostile(evil))
    if name in ("text", "concise", "markdown"):
        text = inert(text)
    assert logs.actions(text) == logs.azure(text) == logs.teamcity(text) == []


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", ["text", "concise"])
def test_a_terminal_shows_one_finding(name: str, evil: str) -> None:
    lines = re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", render(name, hostile(evil)))
    assert sum(bool(re.match(r"(?!\d+ \|)\S.*:\d+:\d+: (error|warning|note)\[", line)) for line in lines) == 1
    unsafe = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069]")
    assert not any(unsafe.search(line) for line in lines)


def path_of(evil: str) -> str:
    """The file's path as it is to be read, which is one line of a printable text."""
    return printable_text(repository_path(f"db/{evil}.sql", VIEW))


@pytest.mark.parametrize("evil", EVIL)
def test_github_makes_one_annotation(evil: str) -> None:
    shown = hostile(evil)
    (command,) = logs.actions(render("github", shown))
    assert command.name == "error"
    assert set(command.properties) <= {"title", "file", "line", "col", "endColumn", "endLine"}
    assert command.properties["title"] == "drop-table"
    assert command.properties["file"] == path_of(evil)
    assert command.data.startswith("\n".join(printable(line) for line in f"{evil} is gone ".split("\n"))[:3])
    assert "safe way: " in command.data


@pytest.mark.parametrize("evil", EVIL)
def test_azure_logs_one_issue(evil: str) -> None:
    (command,) = logs.azure(render("azure", hostile(evil)))
    assert command.name == "task.logissue"
    assert set(command.properties) == {"type", "sourcepath", "linenumber", "columnnumber", "code"}
    assert (command.properties["type"], command.properties["code"]) == ("error", "drop-table")
    assert command.properties["sourcepath"].replace("\u200b", "") == path_of(evil)


@pytest.mark.parametrize("evil", EVIL)
def test_teamcity_has_one_inspection(evil: str) -> None:
    messages = logs.teamcity(render("teamcity", hostile(evil)))
    assert [message.name for message in messages] == ["inspectionType", "inspection", "buildProblem"]
    assert set(messages[1].properties) == {"typeId", "message", "file", "line", "SEVERITY"}
    assert messages[1].properties["SEVERITY"] == "ERROR"
    assert messages[1].properties["file"] == path_of(evil)


JSON_FINDINGS: dict[str, Callable[[Any], list[Any]]] = {
    "json": lambda document: document["findings"],
    "gitlab": lambda document: document,
    "rdjson": lambda document: document["diagnostics"],
    "sarif": lambda document: document["runs"][0]["results"],
}


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", JSON_FINDINGS)
def test_json_has_one_finding(name: str, evil: str) -> None:
    (finding,) = JSON_FINDINGS[name](json.loads(render(name, hostile(evil))))
    if name == "json":
        assert (finding["relation"], finding["path"]) == (evil, f"db/{evil}.sql")


@pytest.mark.parametrize("evil", EVIL)
def test_sarif_has_a_uri(evil: str) -> None:
    (result,) = json.loads(render("sarif", hostile(evil)))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"(file://)?(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri)


def read_xml(text: str) -> Any:
    return etree.fromstring(text.encode())


@pytest.mark.parametrize("evil", EVIL)
def test_junit_has_one_failure(evil: str) -> None:
    root = read_xml(render("junit", hostile(evil)))
    (failure,) = root.iter("failure")
    assert len(list(root.iter("testcase"))) == 1
    assert failure.text is not None and "safe way" in failure.text


MARKUP = set("html body div h2 h3 p ul li strong code pre details summary".split())


def read_markdown(text: str) -> HtmlElement:
    """The page that GitHub's own parser makes of it, raw HTML and all."""
    page = github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return document_fromstring(page or "<p>")


def outside_code(page: HtmlElement) -> str:
    """Text where GitHub looks for names and issues after it has been rendered."""
    for code in list(page.iter("code")):
        code.text = ""
    return str(page.text_content())


@pytest.mark.parametrize("evil", EVIL)
def test_markdown_has_one_finding(evil: str) -> None:
    page = read_markdown(render("markdown", hostile(evil)))
    assert {element.tag for element in page.iter()} <= MARKUP
    assert [len(list(page.iter(tag))) for tag in ("h2", "h3", "pre")] == [1, 1, 2]
    assert not re.search(r"@\w|#\d", outside_code(page))


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as started:
        yield started.new_page()


@pytest.mark.parametrize("evil", EVIL)
def test_a_browser_shows_one_finding(page: Page, evil: str) -> None:
    wanted: list[str] = []
    page.on("request", lambda request: wanted.append(request.url))
    page.on("dialog", lambda dialog: wanted.append(dialog.message))
    page.set_content(render("html", hostile(evil)))
    assert page.locator("article").count() == 1
    assert page.locator("script, img, iframe, object, embed, link, base, [onclick], [onerror]").count() == 0
    assert page.locator(".why").text_content() == "\n".join(
        printable(line.removesuffix("\r")) for line in f"{evil} is gone {evil}".split("\n")
    )
    assert page.locator("h1").inner_text() == "Blocked"
    assert wanted == []


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", formats.names())
def test_errors_and_verdicts_are_as_safe(page: Page, name: str, evil: str) -> None:
    """They are never findings."""
    shown = report(
        errors=(Error(f"{evil}.sql", 1, evil),),
        verdicts=(Verdict(evil, Status.FAILED, evil, {evil: evil}, evil),),
    )
    text = render(name, shown)
    if name == "github":
        assert [command.name for command in logs.actions(text)] == ["error", "error"]
    elif name == "azure":
        assert [command.name for command in logs.azure(text)] == ["task.logissue", "task.logissue"]
    elif name == "teamcity":
        assert [message.name for message in logs.teamcity(text)] == ["buildProblem"] * 3
    elif name in JSON_FINDINGS:
        assert len(JSON_FINDINGS[name](json.loads(text))) == (1 if name in ("gitlab", "rdjson") else 0)
    elif name == "junit":
        root = read_xml(text)
        assert [len(list(root.iter(kind))) for kind in ("failure", "error")] == [1, 1]
    elif name == "markdown":
        rendered = read_markdown(text)
        assert {element.tag for element in rendered.iter()} <= MARKUP
        assert [len(list(rendered.iter(tag))) for tag in ("h2", "h3", "li")] == [1, 2, 2]
    elif name == "html":
        page.set_content(text)
        assert page.locator("article").count() == 0
        assert (
            page.locator("#checks > ul > li").count() == page.locator("#not-checked > ul > li").count() == 1
        )
        assert page.locator("script, img").count() == 0
    else:
        assert logs.actions(inert(text)) == logs.azure(inert(text)) == logs.teamcity(inert(text)) == []
