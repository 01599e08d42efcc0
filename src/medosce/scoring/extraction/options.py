"""The options as the model saw them: keys, normalised texts, and where an option's text stands in a reply.

Texts are compared by their significant characters (letters, digits, signs that change a value), so case, width, spaces
and punctuation do not matter; "24" is still not found inside "240", nor an option inside a longer one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from .fold import fold

_SIGNIFICANT = re.compile(r"[^\W_]|[%<>≥≤=+√×✓±°℃]|(?<=\d)[.:/](?=\d)|(?<![^\W_])[-−](?=\d)")
_DROP = re.compile(r"(?:(?![%<>≥≤=+√×✓±°℃])(?!(?<=\d)[.:/]\d)(?!(?<![^\W_])[-−]\d)[\W_])+")
_POSITIVE = frozenset({"yes", "true", "correct", "right", "对", "正确", "是", "√", "✓", "是的", "对的", "正确的"})
_NEGATIVE = frozenset(
    {
        "no",
        "false",
        "incorrect",
        "wrong",
        "错",
        "错误",
        "不正确",
        "不对",
        "否",
        "×",
        "不是",
        "错的",
        "错误的",
        "不正确的",
        "不对的",
    }
)
_NONE = re.compile(
    r"(?:none|neither) of (?:the )?(?:above|these|them|those|options?|choices|following|given options"
    r"|provided options)"
    r"|no(?:ne)? (?:option|answer|choice)s? (?:is|are) (?:correct|right)|(?:no|not any) correct (?:answer|option)"
    r"|(?:以上|上述|这些|所有)(?:选项|答案|各项)?(?:都|均|全|皆)?(?:不对|不是|不正确|不选|错|错误|不合适|不符合|非)"
    r"|没有(?:一个)?(?:正确|合适)的?(?:答案|选项)|无正确(?:答案|选项)|(?:都|均|皆|全部?)不(?:对|正确|是|选)",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"all (?:of )?(?:the )?(?:above|these|them|those|options|answers|choices|five|four|statements)\b"
    r"|(?:以上|上述|这些|所有)(?:选项|答案|各项)?(?:都|均|全|皆|全部)?(?:对|是|正确|选)|全(?:部)?(?:选|对|正确)"
    r"|都(?:对|选|正确)",
    re.IGNORECASE,
)


def squeeze(folded: str) -> tuple[str, list[int]]:
    """(significant characters in lower case, the position of each) of a folded text."""
    found = [(m.group()[0].lower()[0], m.start()) for m in _SIGNIFICANT.finditer(folded)]
    return "".join(c for c, _ in found), [p for _, p in found]


def squeezed_text(folded: str) -> str:
    """The significant characters of a folded text alone (fast; positions are not kept)."""
    return _DROP.sub("", folded.lower())


def _joined(a: str, b: str) -> bool:
    """Whether two neighbouring characters belong to one word or number."""
    if not (a.isascii() and b.isascii()):
        return False
    return a.isalnum() and b.isalnum()


def standalone(folded: str, start: int, end: int) -> bool:
    """Whether [start, end) of `folded` is bounded like a word: "24" in "240" or "1.24" is not."""
    before, after = folded[start - 1 : start], folded[end : end + 1]
    if before and _joined(before, folded[start]):
        return False
    if after and _joined(folded[end - 1], after):
        return False
    if folded[start].isdigit() and re.search(r"\d[.:/]$", folded[max(0, start - 2) : start]):
        return False
    return not (folded[end - 1].isdigit() and re.match(r"[.:/]\d|\s?%", folded[end : end + 2]))


@dataclass(frozen=True, slots=True)
class OptionTable:
    """Options prepared once per distinct set; `keys` in the given order; `letters` maps upper case to them."""

    keys: tuple[str, ...]
    letters: Mapping[str, str]
    texts: Mapping[str, str]
    squeezed: Mapping[str, str]
    by_text: Mapping[str, str]
    none_key: str | None
    all_key: str | None
    polar: Mapping[str, str]
    longest: int  # no segment longer than this can be one option's text
    echo: list[re.Pattern[str] | None] = field(default_factory=list, compare=False)

    def order(self, letters: frozenset[str]) -> tuple[str, ...]:
        return tuple(key for key in self.keys if key.upper() in letters)

    def text_at(self, folded: str, at: int, letter: str) -> int | None:
        """End of `letter`'s own text when it stands at `at` (leading marks skipped), else None."""
        wanted = self.squeezed.get(letter, "")
        if not wanted:
            return None
        window = folded[at : at + 2 * len(self.texts[letter]) + 24]
        first = 0
        for taken, match in enumerate(_SIGNIFICANT.finditer(window)):
            if match.group()[0].lower()[0] != wanted[taken]:
                return None
            if taken == 0:
                first = at + match.start()
            if taken == len(wanted) - 1:
                last = at + match.end()
                return last if standalone(folded, first, last) else None
        return None

    def named_at(self, folded: str, at: int) -> tuple[str, int] | None:
        """(letter, end) of the option whose text stands at `at`; the longest if several do."""
        best: tuple[str, int] | None = None
        first = _SIGNIFICANT.search(folded, at, at + 24)
        if first is None:
            return None
        head = first.group()[0].lower()[0]
        for letter, wanted in self.squeezed.items():
            if wanted[:1] != head:
                continue
            end = self.text_at(folded, at, letter)
            if end is not None and (best is None or end > best[1]):
                best = (letter, end)
        return best

    def mentioned(self, folded: str) -> bool:
        """Whether any option's text, or a yes/no word where the options are polar, can stand in the reply at all."""
        plain = squeezed_text(folded)
        return bool(self.polar) or any(wanted and wanted in plain for wanted in self.squeezed.values())

    def contained(self, folded: str) -> Iterator[tuple[str, int, int]]:
        """(letter, start, end) of each option text in `folded`; one inside a longer option's occurrence is left out."""
        plain = squeezed_text(folded)
        if not any(wanted and wanted in plain for wanted in self.squeezed.values()):
            return
        squeezed, positions = squeeze(folded)
        found: list[tuple[str, int, int]] = []
        for letter, wanted in self.squeezed.items():
            at = squeezed.find(wanted) if wanted else -1
            tries = 0
            while at >= 0 and tries < 50:
                start, end = positions[at], positions[at + len(wanted) - 1] + 1
                if standalone(folded, start, end):
                    found.append((letter, start, end))
                at = squeezed.find(wanted, at + 1)
                tries += 1
        for letter, start, end in found:
            if not any(s <= start and end <= e and (s, e) != (start, end) for _, s, e in found):
                yield letter, start, end

    def named(self, segment: str) -> str | None:
        """The letter whose text `segment` is, after normalisation; yes/no synonyms count if the options are polar."""
        if len(segment) > self.longest:
            return None
        squeezed = squeezed_text(segment)
        if not squeezed:
            return None
        if squeezed in self.by_text:
            return self.by_text[squeezed] or None
        return self.polar.get(squeezed)

    def echo_pattern(self) -> re.Pattern[str] | None:
        """Matches the whole option list, label and text of each, in order, as a question repeats it."""
        if not self.echo:
            parts = []
            for letter, text in self.texts.items():
                words = re.findall(r"[^\W_]+|[^\w\s]", text)
                body = r"[\s*_]*".join(re.escape(word) for word in words[:60])
                parts.append(
                    rf"[\s*_\-#>(\[|\"']{{0,12}}(?:(?:option|选项)\s*)?{letter}[\s*_)\].:、"
                    rf"|\"']{{1,8}}{body}[\s*_.,;。|\"'}}]{{0,12}}"
                )
            self.echo.append(re.compile("".join(parts), re.IGNORECASE) if all(self.texts.values()) else None)
        return self.echo[0]


@lru_cache(maxsize=4096)
def _prepare(items: tuple[tuple[str, str], ...]) -> OptionTable:
    letters = {key.upper(): key for key, _ in items}
    texts = {key.upper(): fold(text).strip() for key, text in items}
    squeezed = {letter: squeeze(text)[0] for letter, text in texts.items()}
    by_text: dict[str, str] = {}
    for letter, text in squeezed.items():
        by_text[text] = "" if text in by_text else letter  # two options alike after normalisation: text decides nothing
    squeezed = {letter: text if by_text.get(text) else "" for letter, text in squeezed.items()}
    yes = [letter for letter, text in squeezed.items() if text in _POSITIVE]
    no = [letter for letter, text in squeezed.items() if text in _NEGATIVE]
    polar = {}
    if len(yes) == 1 and len(no) == 1:
        polar = dict.fromkeys(_POSITIVE, yes[0]) | dict.fromkeys(_NEGATIVE, no[0])
    none_key = next((letter for letter, text in texts.items() if _NONE.search(text) and len(text) < 40), None)
    all_key = next((letter for letter, text in texts.items() if _ALL.search(text) and len(text) < 40), None)
    if none_key == all_key:
        all_key = None
    return OptionTable(
        tuple(key for key, _ in items),
        letters,
        texts,
        squeezed,
        by_text,
        none_key,
        all_key,
        polar,
        2 * max(len(text) for text in texts.values()) + 60,
    )


def prepare(options: Mapping[str, str]) -> OptionTable:
    """The cached table of `options`. Raises ValueError unless keys are 2–26 distinct single letters."""
    check_keys(options)
    return _prepare(tuple(options.items()))


_SOUND = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count] for count in range(2, 27))


def check_keys(options: Mapping[str, str]) -> None:
    """Raises ValueError unless the keys are 2–26 distinct single letters, in either case."""
    joined = "".join(options)
    if len(joined) == len(options) and joined in _SOUND:
        return
    if not 2 <= len(options) <= 26:
        raise ValueError(f"options: expected 2 to 26 options, got {len(options)}")
    seen: set[str] = set()
    for key in options:
        if len(key) != 1 or not key.isascii() or not key.isalpha() or key.upper() in seen:
            raise ValueError(f"options: expected distinct single letters as keys, got {key!r}")
        seen.add(key.upper())


def says_none(folded: str) -> re.Match[str] | None:
    return _NONE.search(folded)


def says_all(folded: str) -> re.Match[str] | None:
    return _ALL.search(folded)
