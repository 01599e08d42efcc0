"""The command line's words in the user's language: MEDOSCE_LANG (en or zh), else the locale, else English."""

import json
import os
import unicodedata
from functools import cache
from pathlib import Path


@cache
def language() -> str:
    """`zh` or `en`."""
    for variable in ("MEDOSCE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def columns(text: str) -> int:
    """The columns a text takes on a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@cache
def _table(name: str) -> dict[str, str]:
    path = Path(__file__).with_name("locales") / f"{name}.json"
    table: dict[str, str] = json.loads(path.read_text("utf-8"))
    return table


def w(key: str, **fields: object) -> str:
    """The text under `key`, its {fields} filled in."""
    text = _table(language())[key]
    return text.format(**fields) if fields else text
