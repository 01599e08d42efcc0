"""Letters that open or fill a line of their own.

The bare answer, "C. its text", a list of answers, option-by-option verdicts. The rest is read in `commitments`.
"""

import re
from dataclasses import dataclass
from typing import Literal

from . import cues
from .mentions import Mention
from .options import OptionTable, squeeze
from .records import Commitment

_HEAD = re.compile(
    r"[\s*_`#>$|•·✅☑👉→\"'(\[<{=-]*(?:\d{1,2}\s*[.)、:|]?\s*(?=[\s(*|]|[A-Ja-j]))?[\s*_`|•\"'(\[<-]*(?:(?:so"
    r"|therefore|thus|因此|所以|故)[\s,:]*)?"
    r"(?:(?:(?:final|my|the)\s+)*(?:options?|choices?|statements?)|选项|选)?[\s*_`:(\[<\"'\\$]*(?:text\{|mathrm\{)?",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s*_`#$|\"')\]>}.。,;:!?、~=-]*(?:项|选项)?[\s*_`|\"')\]>}.。!]*")
_DELIMITER = re.compile(r"[*_`\"')\]>]*[\s]*(?:[.:、)\]|,>]|[—–-]\s|\*\*|\s)[\s*_`|\"'(—–-]*")
_YES = re.compile(
    r"\b(?:correct|right|true|best|most appropriate|yes)\b|正确|符合题意|(?<!不)(?:合适|恰当|合理|可取)|(?:^"
    r"|[\s:：,，。(（|])对(?=$"
    r"|[\s。,，;|）)])|[✓✔✅√☑←]",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(?:incorrect|wrong|false|not|inappropriate|unethical|no|isn't|doesn't|violates?|fails?|inadequate"
    r"|insufficient|ruled out|excluded|misleading)\b"
    r"|错|不|有误|排除|违|未|忽|欠|[✗✘❌×]|片面|过于",
    re.IGNORECASE,
)
_PLAINLY_NO = re.compile(
    r"\b(?:this|it|that|which|option)(?: option| choice| answer)? (?:is|would be|seems) (?:\w+ )?(?:incorrect"
    r"|wrong|false|inappropriate|unethical|not (?:correct|right|appropriate|the (?:best|answer)))\b"
    r"|错误|不正确|不合适|不恰当|[✗✘❌×]|^[\s*_.。:：]*(?:incorrect|wrong|false|no)\b",
    re.IGNORECASE,
)
_PLAINLY_YES = re.compile(
    r"\b(?:this|it|that) is (?:the )?(?:correct|right|best)\b|正确|[✓✔✅√]|^[\s*_.。:：]*(?:correct|right|true)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[\s*_`\"')\]]*[.。!;；]")
_REST = Literal["alone", "own", "contrary", "reason", "true", "false", "other"]
_LIST = re.compile(
    r"[A-Z](?:[\s,、/&+;.和与及*_\"'()\[\]]|\band\b)*(?:[A-Z](?:[\s,、/&+;.和与及*_\"'()\[\]]|\band\b)*){1,9}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Label:
    """A mention that opens its line; `rest` says what the line goes on with."""

    mention: Mention
    rest: _REST
    line: int
    rest_length: int


def _rest_kind(text: str, mention: Mention, end: int, table: OptionTable) -> tuple[_REST, int]:
    rest = text[mention.end : end]
    if _TAIL.fullmatch(rest):
        return "alone", 0
    if len(mention.letters) > 1:
        return "other", len(rest)
    letter = mention.letters[0]
    if letter not in table.letters:
        return "other", len(rest)
    delimiter = _DELIMITER.match(text, mention.end, end)
    at = delimiter.end() if delimiter else mention.end
    own = table.text_at(text, at, letter)
    named = table.named_at(text, at)
    if own is not None and own <= end and (named is None or named[1] <= own):
        remainder = text[own:end]
        if _TAIL.fullmatch(remainder):
            return "own", len(rest)
        if cues.CAUSE.match(remainder):
            return "own", len(rest)
        if _SENTENCE_END.match(
            remainder
        ):  # its text as a sentence of its own; what follows explains, unless it judges outright
            return (
                "false" if _PLAINLY_NO.search(remainder) else "true" if _PLAINLY_YES.search(remainder) else "own"
            ), len(rest)
        return (_verdict(remainder) or "other"), len(rest)
    if named is not None and named[1] <= end:  # noqa: SIM102
        if _TAIL.fullmatch(text[named[1] : end]) or len(table.squeezed[named[0]]) >= 4:
            return "contrary", len(rest)
    segment = re.split(r"[.。;(（]", text[at:end], maxsplit=1)[0]
    if (other := table.named(segment)) is not None and other != letter:
        return "contrary", len(rest)
    begun, _ = squeeze(segment)
    if len(begun) >= 6 and table.squeezed[letter].startswith(begun):
        return "own", len(rest)  # its text, cut short
    if cues.CAUSE.match(text, mention.end, end):
        return "reason", len(rest)
    verdict = _verdict(text[at:end])
    return (verdict or "other"), len(rest)


def _verdict(rest: str) -> Literal["true", "false"] | None:
    yes, no = _YES.search(rest), _NO.search(rest)
    if yes and not no:
        return "true"
    if no and not yes:
        return "false"
    if yes and no:
        # Both: the judging word right after the label counts, unless the line turns.
        head = rest.lstrip(" :*_-—–")[:14]
        if _NO.search(head):
            return "false"
        return "true" if _YES.match(head) and "but" not in rest and "但" not in rest else None
    return None


def find_labels(text: str, mentions: list[Mention], table: OptionTable) -> list[Label]:
    labels = []
    for mention in mentions:
        start = text.rfind("\n", max(0, mention.start - 60), mention.start) + 1
        if start == 0 and mention.start > 60:
            continue
        if not _HEAD.fullmatch(text, start, mention.start):
            continue
        end = text.find("\n", mention.end)
        end = len(text) if end < 0 else end
        kind, length = _rest_kind(text, mention, end, table)
        if not mention.closed and kind == "other":
            continue
        labels.append(Label(mention, kind, start, length))
    return labels


def line_commitments(text: str, mentions: list[Mention], table: OptionTable, *, many: bool) -> list[Commitment]:
    """Commitments read from the shape of lines."""
    labels = find_labels(text, mentions, table)
    listed = _letter_line(text, table, many=many)
    if listed is not None:
        return [listed]
    if not labels:
        return []
    distinct = {letter for label in labels for letter in label.mention.letters}
    first_filled = len(text) - len(text.lstrip())
    end_filled = len(text.rstrip(" \n*_`.。|)]\"'}$>"))
    if many:
        return _many(text, labels, table, first_filled, end_filled)
    if len(distinct) == 1 or len(labels) == 1:
        label = labels[-1]
        commitment = _single(text, label, table, first_filled, end_filled)
        return [commitment] if commitment else []
    out: list[Commitment] = []
    alone = [label for label in labels if label.rest == "alone"]
    for label in alone:
        if label.mention.end >= end_filled - 1 or len(alone) > 1 or label is labels[0]:
            out.append(_commit(label, 3 if len(alone) > 1 or label.mention.end >= end_filled - 1 else 2, "bare_letter"))
    true = [label for label in labels if label.rest == "true"]
    rejected = [label for label in labels if label.rest == "false"]
    if len({label.mention.letters for label in true}) == 1 and rejected:
        out.append(_commit(true[0], 1, "verdict_per_option"))
    head, later = labels[0], labels[1:]
    if (
        head.rest in {"own", "reason", "true", "contrary"}
        and len(later) >= 2
        and any(x.mention.letters == head.mention.letters for x in later)
    ):
        out.append(_commit(head, 2, "leading_label"))
    tail = labels[-1]
    if (
        tail.rest in {"own", "contrary"}
        and any(x.mention.letters == tail.mention.letters for x in labels[:-1])
        and text.find("\n", tail.mention.end) in (-1, *range(end_filled, len(text) + 1))
    ):
        out.append(_commit(tail, 2, "closing_label"))
    elif (
        len(labels) >= 2
        and tail.rest == "own"
        and not any(x.rest in {"true", "false"} for x in labels)
        and head.rest == "own"
        and len(distinct) == len(labels) < len(table.keys)
    ):
        out.append(Commitment(frozenset(distinct), 2, "several_labels", head.mention.start, tail.mention.end))
    return out


def _commit(label: Label, strength: int, rule: str) -> Commitment:
    mention = label.mention
    if not mention.valid:
        return Commitment(frozenset(), strength, "out_of_range", mention.start, mention.end)
    if label.rest == "contrary":
        return Commitment(frozenset(), strength, "letter_text_contradiction", mention.start, mention.end)
    return Commitment(frozenset(mention.letters), strength, rule, mention.start, mention.end)


def _single(text: str, label: Label, table: OptionTable, first: int, end: int) -> Commitment | None:
    """The one labelled line of a reply: an answer if it opens or closes the reply and does not argue against itself."""
    opens, closes = label.line <= first, text.find("\n", label.mention.end) in (-1, *range(end, len(text) + 1))
    if label.rest == "false" or not (opens or closes or label.rest == "alone"):
        return None
    if label.rest == "alone":
        return _commit(label, 3 if closes else 2, "bare_letter")
    if label.rest in {"own", "contrary"}:
        return _commit(label, 3 if opens and closes else 2, "letter_and_text")
    if label.rest in {"reason", "true"}:
        return _commit(label, 2, "letter_and_reason") if label.rest == "reason" else _commit(label, 1, "verdict_true")
    marked = (
        re.match(r"[*_`\"')\]>]*\s*[.):、\]>—–-]|\*\*", text[label.mention.end : label.mention.end + 6]) is not None
    )
    begins_analysis = label.mention.letters[0] == next(iter(table.letters))
    rest = text[label.mention.end : label.mention.end + 400]
    if (
        not marked
        or cues.NEGATED.search(rest[:120])
        or re.match(r"[\s*_.:)、]*(?:this option|this |it |该|此|这|option|选项)", rest, re.IGNORECASE)
    ):
        return None
    if begins_analysis:  # could be the first line of an option-by-option analysis that was cut off
        line_ends = rest.split("\n", 1)[0].rstrip(" *_")
        if label.rest_length > 160 or not line_ends.endswith((".", "。", "!", ")", '"')) or not opens:
            return None
    return _commit(label, 2, "letter_and_paraphrase") if opens else None


def _letter_line(text: str, table: OptionTable, *, many: bool) -> Commitment | None:
    """A reply that is nothing but letters: "ACE", "A C E", "A，C"."""
    stripped = text.strip(" \n*_`#$\"'()[]<>.。,;:!")
    if not 2 <= len(stripped) <= 60 or not _LIST.fullmatch(stripped):
        return None
    tokens = re.findall(r"[A-Za-z]+", stripped)
    letters = [c for token in tokens if token.lower() != "and" for c in token.upper()]
    if any(token.lower() != "and" and len(token) > 1 and not token.isupper() and not many for token in tokens):
        return None
    if len(set(letters)) < len(letters) or len(letters) < 2:
        return None
    start = text.find(stripped)
    known = all(letter in table.letters for letter in letters)
    if not known and not re.search(r"[\s,、]", stripped):
        return None  # a word or an abbreviation, not a list
    return Commitment(frozenset(letters) if known else frozenset(), 3, "letter_list", start, start + len(stripped))


def _many(text: str, labels: list[Label], table: OptionTable, first: int, end: int) -> list[Commitment]:
    true = [x for x in labels if x.rest == "true"]
    false = [x for x in labels if x.rest == "false"]
    span = (labels[0].mention.start, labels[-1].mention.end)
    if true and (false or len(true) > 1 or len(labels) == 1):
        letters = frozenset(letter for label in true for letter in label.mention.letters)
        return [Commitment(letters, 2, "verdict_per_option", *span)]
    out = []
    plain = [x for x in labels if x.rest in {"alone", "own"}]
    if plain and len(plain) == len(labels):
        letters = frozenset(letter for label in plain for letter in label.mention.letters)
        if len(plain) == 1 or len(letters) < len(table.keys) or all(x.rest == "alone" for x in plain):
            opens = labels[0].line <= first
            closes = text.find("\n", labels[-1].mention.end) in (-1, *range(end, len(text) + 1))
            if not all(x.mention.valid for x in plain):
                letters = frozenset()
            if opens or closes:
                out.append(Commitment(letters, 3 if closes or (opens and len(plain) > 1) else 2, "letter_list", *span))
    elif labels[-1].rest == "alone" and labels[-1].mention.end >= end - 1:
        out.append(_commit(labels[-1], 3, "bare_letter"))
    elif labels[0].rest == "alone" and labels[0].line <= first:
        out.append(_commit(labels[0], 2, "bare_letter"))
    if any(x.rest == "contrary" for x in labels) and not out:
        out.append(Commitment(frozenset(), 2, "letter_text_contradiction", *span))
    return out
