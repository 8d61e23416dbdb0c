"""String literals as the languages themselves read them: ``literals.jsonl``, which `record` writes.

Each line is (language, the literal as a program has it, its value).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

RECORDED = Path(__file__).parent / "literals.jsonl"

_WORDS = [
    "SELECT 1",
    "it''s",
    "é",
    "🐘",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    ";",
    "--",
    "$1",
    "$$",
    "#",
    "%",
    "{",
    "x",
]
_ESCAPES = [r"\n", r"\t", r"\\", r"\'", r"\"", r"\x41", r"\u00e9", r"\u{1F418}", "\\\n", r"\e", r"\q", r"\0"]
_FORMS = {
    "JavaScript": ["'{}'", '"{}"', "`{}`", "'{}' + `{}`", "['{}', \"{}\"].join('\\n')", "`{}`.trim()"],
    "Ruby": [
        "'{}'", '"{}"', "%q({})", "%Q[{}]", "%({})", "'{}' '{}'", '"{}" \\\n  "{}"', '"{}" + \'{}\'',
        "<<~SQL\n    {}\n      {}\n  SQL", "<<-SQL\n {}\n  SQL", "<<SQL\n{}\nSQL",
        "<<~'SQL'\n  {}\n\n    {}\n  SQL",
    ],
    "Elixir": [
        '"{}"', '"{}" <> "{}"', "~s({})", "~S({})", "~s|{}|", "~S|{}|",
        '"""\n  {}\n    {}\n  """', '~s"""\n  {}\n  """', '~S"""\n  {}\n  """',
    ],
}  # fmt: skip
_PROGRAMS = {
    "JavaScript": (
        "node",
        "var v; try {{ v = eval({0}) }} catch {{ v = null }}\n"
        "console.log(JSON.stringify(typeof v === 'string' ? v : null))\n",
    ),
    "Ruby": (
        "ruby",
        "v = begin; eval({0}); rescue SyntaxError; nil; end\n"
        "puts((v.is_a?(String) && v.valid_encoding?) ? v.unpack('U*').inspect : 'null')\n",
    ),
    "Elixir": (
        "elixir",
        "v = try do {{x, _}} = Code.eval_string({0}); x rescue _ -> nil end\n"
        "IO.puts(if is_binary(v) and String.valid?(v), do: inspect(String.to_charlist(v), "
        'charlists: :as_lists, limit: :infinity), else: "null")\n',
    ),
}


def recorded() -> list[tuple[str, str, str]]:
    """The lines of the record."""
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    return [(language, literal, value) for language, literal, value in map(json.loads, lines)]


def _made(language: str, count: int) -> list[str]:
    random.seed(language)
    found = []
    for _ in range(count):
        form = random.choice(_FORMS[language])  # noqa: S311
        pool = _WORDS if random.random() < 0.5 else _WORDS + _ESCAPES  # noqa: S311
        parts = ["".join(random.choices(pool, k=random.randrange(5))) for _ in range(form.count("{}"))]  # noqa: S311
        found.append(form.format(*parts))
    return found


def _asked(language: str, literals: list[str]) -> list[str | None]:
    program, line = _PROGRAMS[language]
    quoted = [json.dumps(literal, ensure_ascii=False) for literal in literals]
    if language != "JavaScript":
        quoted = [each.replace("#", "\\#") for each in quoted]
    file = RECORDED.with_suffix(".tmp")
    file.write_text("".join(line.format(each) for each in quoted), encoding="utf-8")
    try:
        ended = subprocess.run([program, str(file)], capture_output=True, text=True, check=True)
    finally:
        file.unlink()
    answers = [json.loads(answer) for answer in ended.stdout.splitlines()]
    return ["".join(map(chr, answer)) if isinstance(answer, list) else answer for answer in answers]


def main() -> int:
    """Ask the languages themselves, and write the record."""
    lines = []
    for language in _FORMS:
        literals = _made(language, 600)
        answers = _asked(language, literals)
        assert len(answers) == len(literals), language
        known = [
            (literal, answer) for literal, answer in zip(literals, answers, strict=True) if answer is not None
        ]
        print(language, len(known), "of", len(literals))
        lines += [json.dumps([language, *pair], ensure_ascii=False) for pair in known]
    RECORDED.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
