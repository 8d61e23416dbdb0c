"""The html report in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, ViewportSize

from migration_lint.report.explain import Explanation
from migration_lint.report.explain import html as explain_html
from migration_lint.report.formats.html import render
from migration_lint.report.view import View
from tests.report.odd import VIEW, odd
from tests.report.readers.tools import browser
from tests.report.test_limits import many
from tests.report.world import EVERYTHING, NOTE, report

Scheme = Literal["light", "dark"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("html") / "report.html"
    path.write_text(render(odd(), VIEW), encoding="utf-8")
    return path


def opened(
    chromium: Browser, path: Path, *, scheme: Scheme = "light", viewport: ViewportSize = DESKTOP
) -> Page:
    context = chromium.new_context(color_scheme=scheme, viewport=viewport)
    page = context.new_page()
    page.goto(path.as_uri())
    return page


def test_it_is_one_file_that_wants_nothing(chromium: Browser, file: Path) -> None:
    context = chromium.new_context()
    page = context.new_page()
    wanted: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: wanted.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(file.as_uri())
    assert wanted == [file.as_uri()]
    assert complaints == [], "its own style must be as its policy says"
    assert page.locator("header h1").inner_text() == "Blocked"


def test_the_policy_lets_nothing_in(chromium: Browser, tmp_path: Path) -> None:
    """As if something had got through the escaping."""
    path = tmp_path / "broken.html"
    evil = "<script>document.title = 'owned'</script><style>body { display: none }</style><img src='http://x.invalid/'>"
    path.write_text(render(EVERYTHING, VIEW).replace("<main>", f"<main>{evil}"), encoding="utf-8")
    page = opened(chromium, path)
    assert page.title() == "migration-lint: blocked"
    assert page.locator("body").is_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, {"width": 320, "height": 600}])
def test_nothing_is_wider_than_the_screen(chromium: Browser, file: Path, viewport: ViewportSize) -> None:
    page = opened(chromium, file, viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.locator(".why").first.is_visible()


def luminance(page: Page, selector: str, what: str) -> float:
    colour = page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{what}")
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("body", "body"),
        ("header.blocked h1", "header"),
        (".finding.error .badge", ".finding.error .badge"),
        (".finding.warning .badge", ".finding.warning .badge"),
        (".finding.note .badge", ".finding.note .badge"),
        (".finding .place", ".finding"),
        (".finding .rule", ".finding"),
        (".safe b", ".finding"),
        (".work", ".timeline"),
        (".source mark", ".source mark"),
        ("td.lock.all", "td.lock.all"),
        ("td.lock.writes", "td.lock.writes"),
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_by_day_and_night(
    chromium: Browser, file: Path, scheme: Scheme, text: str, ground: str
) -> None:
    """4.5 to 1, as the Web Content Accessibility Guidelines ask for (1.4.3)."""
    page = opened(chromium, file, scheme=scheme)
    light, dark = sorted(
        (luminance(page, text, "color"), luminance(page, ground, "backgroundColor")), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_finding_has_its_source_and_the_safe_way(chromium: Browser, file: Path) -> None:
    card = opened(chromium, file).locator("article").first
    assert card.locator("mark").all_inner_texts() == ["CREATE INDEX orders_user_id ON orders (user_id)"]
    assert card.locator("li.here").get_attribute("value") == "4"
    assert "CREATE INDEX CONCURRENTLY orders_user_id" in card.locator(".safe pre").inner_text()


def test_the_timeline_shows_what_waits(chromium: Browser, file: Path) -> None:
    page = opened(chromium, file)
    table = page.get_by_role("table")
    assert table.get_by_role("columnheader").all_inner_texts()[:4] == [
        "line",
        "statement",
        "public.orders",
        "public.users",
    ]
    build = table.get_by_role("row").filter(has_text="CREATE INDEX orders_user_id")
    cell = build.locator("td.lock").first
    assert "AccessExclusive still held" in cell.inner_text().replace("\n", " ")
    assert "reads and writes wait meanwhile" in cell.inner_text()
    build.get_by_role("link", name="create-index-blocks-writes").click()
    assert page.evaluate("location.hash") == "#f1"


def test_everything_can_be_reached_by_keyboard(chromium: Browser, file: Path) -> None:
    page = opened(chromium, file)
    named = "(e => e.id || e.className || e.getAttribute('href') || e.tagName)(document.activeElement)"
    outlined = "getComputedStyle(document.activeElement).outlineStyle"
    reached: dict[str, str] = {}
    for _ in range(300):
        page.keyboard.press("Tab")
        name = page.evaluate(named)
        if name == "BODY":
            break
        reached[name] = page.evaluate(outlined)
    assert {"show-error", "timeline", "source", "SUMMARY", "#file1"} <= set(reached)
    assert set(reached.values()) == {"solid"}


def test_severities_can_be_hidden_without_a_script(chromium: Browser, file: Path) -> None:
    page = opened(chromium, file)
    assert page.locator("article.error:not(.suppressed)").first.is_visible()
    page.locator("#show-error").focus()
    page.keyboard.press("Space")
    assert not page.locator("article.error:not(.suppressed)").first.is_visible()
    assert page.locator("article.warning:not(.suppressed)").first.is_visible()


def test_a_suppressed_finding_is_folded_up_with_its_reason(chromium: Browser, file: Path) -> None:
    card = opened(chromium, file).locator("article.suppressed").first
    assert "suppressed by comment: nobody | uses <it>" in card.inner_text()
    assert not card.locator(".why").is_visible()
    card.locator("summary").first.click()
    assert card.locator(".why").is_visible()


def test_checks_have_their_evidence(chromium: Browser, file: Path) -> None:
    page = opened(chromium, file)
    checks = page.locator("#checks > ul > li")
    assert [check.locator(".badge").inner_text() for check in checks.all()] == [
        "failed",
        "unknown",
        "waived",
        "passed",
    ]
    checks.first.locator("summary").click()
    assert '"age": 28800' in checks.first.inner_text()


def test_ten_thousand_findings_open(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "many.html"
    path.write_text(render(many(), View()), encoding="utf-8")
    page = opened(chromium, path)
    assert page.locator("article").count() == 10_000


def test_an_allowed_report(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "allowed.html"
    path.write_text(render(replace(report(NOTE), steps=()), VIEW), encoding="utf-8")
    page = opened(chromium, path)
    assert page.locator("h1").inner_text() == "Allowed"
    assert page.get_by_role("table").count() == 0


def test_explain_has_a_page_too(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "explain.html"
    shown = odd()
    path.write_text(
        explain_html.render(Explanation("postgres", "16", shown.steps, shown.errors), View()),
        encoding="utf-8",
    )
    page = opened(chromium, path, viewport=PHONE)
    assert page.locator("td.lock.all").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
