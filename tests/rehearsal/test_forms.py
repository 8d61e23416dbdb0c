"""The forms of a rehearsal for pages: nothing from outside gets through unescaped."""

from __future__ import annotations

from pathlib import Path

from cmarkgfm import github_flavored_markdown_to_html  # type: ignore[import-untyped]  # no types
from lxml import html  # type: ignore[import-untyped]  # it ships no types

from ..cli.command import migrations, run

EVIL = """CREATE TABLE t (id int, "<script>alert(1)</script>" int);
COMMENT ON TABLE t IS '</code><img src=x onerror=alert(1)> | ![x](http://evil.example/x) @somebody';
INSERT INTO t SELECT n FROM generate_series(1, 100) n;
"""


def test_forms_for_pages(tmp_path: Path) -> None:
    files = {
        "1_t.sql": EVIL,
        "2_index.sql": 'CREATE INDEX "<b>i|</b>" ON t (id);\nSELECT nothing AS "<script>";\n',
        "3_<i>.sql": "SELECT 1;",
    }
    ran = run(
        migrations(tmp_path, files),
        *("rehearse", "--output-format", "markdown=out.md", "--output-format", "html=out.html"),
    )
    assert ran.code == 3
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    tree = html.document_fromstring(page)
    assert tree.xpath("//script | //img | //b[text()='i|'] | //i[not(ancestor::td)]") == []
    text = " ".join(tree.text_content().split())
    assert "index public.<b>i|</b> is built" in text
    assert "as predicted (3 facts confirmed)" in text
    assert tree.xpath("//td[contains(@class, 'lock writes long')]/@data-relation") == ["public.t"]
    assert len([each for each in tree.xpath("//*[@class='remark']") if " ms" in each.text_content()]) == 4
    assert "Not seen by any rehearsal" in text
    made = github_flavored_markdown_to_html((tmp_path / "out.md").read_text(encoding="utf-8"))
    shown = html.document_fromstring(made)
    assert shown.xpath("//script | //img | //a") == []
    rows = shown.xpath("//table//tr")
    assert {len(row) for row in rows} == {5}
    assert "writes waited" in shown.text_content()
    assert "failed: 2_index applied: failed" in shown.text_content()
