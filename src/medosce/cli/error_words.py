"""Error messages in Chinese: a message raised in English is matched against a catalogue of templates and rendered anew.

The rooms below know no languages and raise finished English. `locales/errors.zh.json` maps each template, its values
written {0}, {1}, …, to the Chinese one. What matches no template (a provider's or the system's own words) stays as it is.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from medosce.cli.words import language
from medosce.schema.errors import InputError, MedOSCEError

if TYPE_CHECKING:
    from medosce.schema.items_file import FileFault

_PLACE = re.compile(r"\{(\d+)(?::(\w+))?\}")


def told(text: str, section: str = "messages") -> str:
    """A text of one section of the catalogue (messages, mends, reasons, notes) in the user's language."""
    return text if language() == "en" else _rendered(text, section)


def told_error(error: MedOSCEError) -> str:
    """The whole line of an error: where and field as they are, message and mend in the user's language."""
    if language() == "en":
        return str(error)
    if isinstance(error, InputError):
        return _line(error.where, error.field, error.message, error.mend)
    return told(str(error))


def told_fault(file: Path, fault: "FileFault") -> str:
    """One fault of an items file on a line of its own."""
    if language() == "en":
        return f"{file}:{fault}"
    return _line(f"{file}:{fault.line}", fault.fault.field, fault.fault.message, fault.fault.mend)


def colon() -> str:
    """What stands between a name and what is said of it."""
    return ": " if language() == "en" else "："


def _line(where: str | None, field: str | None, message: str, mend: str) -> str:
    head = "".join(f"{part}：" for part in (where, field) if part)
    tail = f"（{told(mend, 'mends')}）" if mend else ""
    return f"{head}{told(message)}{tail}"


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("locales") / "errors.zh.json"
    catalogue: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return catalogue


@cache
def _templates(section: str) -> list[tuple[re.Pattern[str], str]]:
    """Pattern and Chinese template, those with the most literal text first."""
    found = []
    for english, chinese in _catalogue()[section].items():
        literals = _PLACE.sub("\0", english).split("\0")
        pattern = re.compile("(.*?)".join(map(re.escape, literals)), re.DOTALL)
        found.append((sum(map(len, literals)), -len(literals), pattern, chinese))
    found.sort(key=lambda entry: entry[:2], reverse=True)
    return [(pattern, chinese) for _, _, pattern, chinese in found]


def _match(text: str, section: str) -> str | None:
    for pattern, chinese in _templates(section):
        if match := pattern.fullmatch(text):
            return _filled(chinese, match.groups())
    return None


def _rendered(text: str, *sections: str) -> str:
    for section in sections:
        if (found := _match(text, section)) is not None:
            return found
    return text


def _filled(chinese: str, values: tuple[str, ...]) -> str:
    def value(place: re.Match[str]) -> str:
        text = values[int(place[1])]
        return _KINDS[place[2]](text) if place[2] else text

    return _PLACE.sub(value, chinese)


def _words(text: str) -> str:
    return _rendered(text, "parts", "messages", "library")


# What a {0:kind} of a Chinese template does with its value; a plain {0} leaves it as it is.
_KINDS: dict[str, Callable[[str], str]] = {
    "words": _words,
    "reason": lambda text: _rendered(text, "reasons"),
    "each": lambda text: "；".join(map(_words, text.split("; "))),
    "list": lambda text: re.sub(r" and | or |, ", "、", text),
}
