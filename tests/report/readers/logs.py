"""What CI servers obey in a log, by their own grammars.

GitHub: `ActionCommand.cs` of actions/runner (`TryParseV2`, then `TryParse`). Azure: `Command.cs` of
microsoft/azure-pipelines-agent. TeamCity: the grammar of its documentation on service messages.
"""

from __future__ import annotations

import re

from msgspec import Struct

ACTIONS = set(
    "add-mask add-matcher add-path debug echo endgroup error group notice remove-matcher save-state set-env "
    "set-output stop-commands warning".split()
)


class Command(Struct):
    name: str
    properties: dict[str, str]
    data: str


def lines(log: str) -> list[str]:
    """Lines as a reader of a stream splits them."""
    return re.split(r"\r\n|\n|\r", log)


def actions(log: str) -> list[Command]:
    """What GitHub's runner does for a log."""
    found = [_actions_v2(line) or _actions_v1(line) for line in lines(log)]
    return [command for command in found if command is not None]


def _actions_v2(line: str) -> Command | None:
    line = line.lstrip()
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    if name not in ACTIONS:
        return None
    return Command(
        name,
        _properties(properties.strip(), ",", {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}),
        _decoded(line[end + 2 :], {"%0D": "\r", "%0A": "\n", "%25": "%"}),
    )


def _actions_v1(line: str) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + 3 : end].partition(" ")
    codes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%25": "%"}
    return Command(name, _properties(properties, ";", codes), line[end + 1 :]) if name in ACTIONS else None


def azure(log: str) -> list[Command]:
    """What Azure's agent does for a log; ``##[…]`` colours and groups it."""
    found = []
    codes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
    for line in lines(log):
        start = line.find("##vso[")
        end = line.find("]", start)
        if start >= 0 and end >= 0:
            name, _, properties = line[start + 6 : end].partition(" ")
            found.append(Command(name, _properties(properties, ";", codes), _decoded(line[end + 1 :], codes)))
        elif match := re.search(r"##\[(\w+)\]", line):
            found.append(Command(match.group(1), {}, line))
    return found


_MESSAGE = re.compile(
    r"##teamcity\[(?P<name>[\w.-]+)(?P<attributes>(?:\s+(?:\w+\s*=\s*)?'(?:[^|']|\|.)*')*)\s*\]", re.DOTALL
)
_TEAMCITY = {"'": "'", "n": "\n", "r": "\r", "|": "|", "[": "[", "]": "]"}


def teamcity(log: str) -> list[Command]:
    """What TeamCity does for a log."""
    found = []
    for line in lines(log):
        for match in _MESSAGE.finditer(line):
            pairs = re.findall(r"(\w+)\s*=\s*'((?:[^|']|\|.)*)'", match["attributes"])
            found.append(Command(match["name"], {key: _teamcity(value) for key, value in pairs}, ""))
        # One that is not well formed is obeyed or complained about: either way it is not ours.
        rest = _MESSAGE.sub("", line)
        if "##teamcity[" in rest:
            found.append(Command("malformed", {}, rest))
    return found


def _teamcity(value: str) -> str:
    units = re.sub(
        r"\|(?:0x([0-9a-fA-F]{4})|(.))",
        lambda match: chr(int(match.group(1), 16)) if match.group(1) else _TEAMCITY[match.group(2)],
        value,
    )
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


def _properties(text: str, separator: str, codes: dict[str, str]) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split(separator) if part)
    return {pair[0]: _decoded(pair[1], codes) for pair in pairs if len(pair) == 2 and pair[1]}


def _decoded(text: str, codes: dict[str, str]) -> str:
    for code, char in codes.items():
        text = text.replace(code, char)
    return text
