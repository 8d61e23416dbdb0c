"""Text from outside, made safe for where it goes. The one place where that is done.

File names, SQL and identifiers may hold escape sequences that recolour, move or forge what is on
the screen, characters that turn the reading direction, commands to a CI server, and markup. They
are shown as what they are. What the formats say themselves needs none of this.
"""

from __future__ import annotations

import re

_UNSAFE = (  # compiled when it is first needed
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # direction, zero width, line breaks
    "\ud800-\udfff\ufffe\uffff"  # halves of characters, and none at all
    "\U000e0000-\U000e0fff"  # tags
    "]"
)


def printable(text: str) -> str:
    """One line of text, control and direction characters written out (``\\x1b``), tabs as spaces."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSAFE, _written_out, text.replace("\t", "    ")).replace("\n", "\\n")


def printable_lines(text: str) -> list[str]:
    """The lines of a text, each as `printable` makes it."""
    return [printable(line.removesuffix("\r")) for line in text.split("\n")]


def printable_text(text: str) -> str:
    """Text of several lines, each as `printable` makes it."""
    return "\n".join(printable_lines(text))


def width(text: str) -> int:
    """The columns that printable text takes in a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# --- Logs that a CI server reads ------------------------------------------------------------------


def inert(text: str) -> str:
    """A log in which no line is a command to the CI server, whatever it shows.

    GitHub's runner obeys ``::name`` at the start of a line and ``##[name]`` anywhere in it (``TryParseV2``
    and ``TryParse`` of actions/runner, ``ActionCommand.cs``), Azure's agent ``##vso[…]`` and ``##[…]``,
    TeamCity ``##teamcity[…]``. A character without width breaks them.
    """
    if "::" not in text and "##" not in text:
        return text
    broken = re.sub(r"^((?:\s|\x1b\[[0-9;]*m)*:)(?=:)", "\\1\u200b", text, flags=re.MULTILINE)
    return re.sub(r"##(?=[A-Za-z]*\[)", "##\u200b", broken)


def json_inert(text: str) -> str:
    """JSON that says the same, with nothing in it that a CI server obeys."""
    return re.sub("#(?=#)", r"\\u0023", text) if "##" in text else text


def xml_inert(text: str) -> str:
    """XML or HTML that says the same, with nothing in it that a CI server obeys."""
    return re.sub("#(?=#)|:(?=:)", _reference, text) if "##" in text or "::" in text else text


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def actions_data(text: str) -> str:
    """The message of a GitHub workflow command."""
    return printable_text(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def actions_property(text: str) -> str:
    """A property of a GitHub workflow command."""
    return actions_data(text).replace(":", "%3A").replace(",", "%2C")


def azure_data(text: str) -> str:
    """The message of an Azure Pipelines logging command.

    The agent decodes the same sequences in messages as in properties; ``%AZP25`` is its ``%``.
    """
    escaped = printable_text(text).replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
    return re.sub("#(?=#)", "#\u200b", escaped)


def azure_property(text: str) -> str:
    """A property of an Azure Pipelines logging command."""
    return azure_data(text).replace("]", "%5D").replace(";", "%3B")


def teamcity(text: str) -> str:
    """A value in a TeamCity service message, without its quotes.

    https://www.jetbrains.com/help/teamcity/service-messages.html#Escaped+Values
    """
    escaped = re.sub(r"[|'\[\]]", r"|\g<0>", printable_text(text)).replace("\n", "|n").replace("\r", "|r")
    return re.sub(r"[^\x00-\x7f]", _teamcity_unicode, escaped)


def _teamcity_unicode(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"|0x{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


# --- Markup ---------------------------------------------------------------------------------------


def markdown(text: str) -> str:
    """One line of text within a line of Markdown: no markup, no HTML, no mention, no link.

    GitHub finds mentions and issue numbers after rendering, where a backslash is gone.
    """
    escaped = re.sub(r"[\\`*_\[\]<>#|~$&]", r"\\\g<0>", printable(text))
    escaped = re.sub(r"@|#(?=\d)", "\\g<0>\u200b", escaped)
    return re.sub(r"(?i)\b(www)\.|\b(https?|ftp|mailto|xmpp):", _no_link, escaped)


def _no_link(match: re.Match[str]) -> str:
    return f"{match.group()[:-1]}\\{match.group()[-1]}"


def markdown_code(text: str) -> str:
    """One line of text as a code span, which takes nothing in it for markup."""
    code = printable(text).strip() or " "
    fence = "`" * (_backticks(code) + 1)
    space = " " if code[0] == "`" or code[-1] == "`" else ""
    return f"{fence}{space}{code}{space}{fence}"


def markdown_cell(text: str) -> str:
    """A code span in a cell of a table, where a bar needs a backslash even in code."""
    return markdown_code(text).replace("|", "\\|")


def markdown_block(text: str, language: str = "") -> list[str]:
    """The lines of a fenced code block, whose fence is longer than any in the text."""
    lines = printable_lines(text)
    fence = "`" * max(3, _backticks(text) + 1)
    return [f"{fence}{language}", *lines, fence]


def _backticks(text: str) -> int:
    """The length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def html(text: str) -> str:
    """Text between tags or within a quoted attribute."""
    return xml_inert(printable_text(text).translate(_HTML))
