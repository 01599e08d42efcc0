"""Where a reply takes a position on an option: reads each letter mention and each answer phrase with its surroundings.

Decides nothing between them: `decide` does.
"""

import re

from . import cues
from .lines import line_commitments
from .mentions import Mention, find_mentions
from .options import OptionTable
from .records import Commitment

_BARE_PREFIX = re.compile(r"[\s*_`#$\"'(\[<>|:=-]*(?:(?:options?|choices?|选项?)\s*)?[\s*_(\[\"']*", re.IGNORECASE)
_SENTENCE_BREAK = ".!?。！？\n;"
_AFTER_LETTER = re.compile(r"[\s*_`$\"')\]}>.:、,-]*")
_ROW = re.compile(r"(?: +[A-Z](?![A-Za-z0-9'-]))+(?=[\s*.。]*$)", re.MULTILINE)
_ABBREVIATED = re.compile(r"[A-Z]\. [a-z]")  # a genus or an initial, not the end of a sentence
_OR_BEFORE = re.compile(
    r"(?<![A-Za-z])[A-Z]\)?[\s,]*(?:\bor\b|或者?|还是)\s*(?:perhaps|maybe|possibly|even|also|也许|可能是?)[\s(*]*$",
    re.IGNORECASE,
)
_END = re.compile(r"[\s*_`$\"')\]}>.。!]*")
_TEXT_SLOT = re.compile(
    r"(?:\b(?:answer|choice|option|response|verdict|diagnosis|prediction"
    r"|label)\b[\"'*_]{0,4}[^\n.;?!:]{0,50}?(?:\b(?:is|be|remains|as)\b|[:=]|-|>)"
    r"|\b(?:i(?:'d| would|'ll| will)? (?:choose|pick|select|go with|answer|say|opt for))\b|\bthe\s+(?:best"
    r"|most \w+|correct|right)\s[^\n.;?!:]{1,60}?\b(?:is|be)\b"
    r"|答案[^\n。;!?:]{0,8}?(?:是|为|[:\]])|(?:应选|故选|选择|应为|应该是|我选)|(?:正确|最\w{1,4}|合适"
    r"|恰当)的?[^\n。;!?:]{0,8}?(?:是|为))"
    r"[\s*_`$\"'(\[<{:]*(?:to\b|that\b)?",
    re.IGNORECASE,
)


def _clause_start(text: str, at: int, reach: int = 160) -> int:
    low = max(0, at - reach)
    for position in range(at - 1, low - 1, -1):
        if text[position] in _SENTENCE_BREAK and not (
            text[position] == "."
            and (text[position + 1 : position + 2].isalnum() or _ABBREVIATED.match(text, position - 1))
        ):
            return position + 1
    return low


def _left(text: str, start: int) -> str:
    """The text before a letter that may govern it: its line, or the last filled line when the letter opens its own."""
    line = text.rfind("\n", max(0, start - 84), start) + 1
    if line == 0:
        return text[max(0, start - 84) : start]
    head = text[line:start]
    if _BARE_PREFIX.fullmatch(head):
        before = text[max(0, line - 84) : line].rstrip()
        tail = before[before.rfind("\n") + 1 :]
        if tail.rstrip("*_# ").endswith((":", "is", "are", "是", "为", "]", "{", "[", ">", "选")) or re.fullmatch(
            r"[\s*#_]*(?:final\s+|correct\s+|my\s+)?(?:answer|(?:最终|正确)?答案)[\s*#_]*", tail, re.IGNORECASE
        ):
            return tail + "\n" + head
    return head


def _forceless(text: str, start: int, end: int) -> bool:
    """Whether the sentence takes the force out of it: a condition, another's view, a past thought, a question."""
    sentence = text[_clause_start(text, start) : start]
    if sentence:
        for pattern in (cues.OTHERS, cues.TENTATIVE):
            match = _last(pattern, sentence)
            if match is not None and not any(
                turn.search(sentence, match.end()) for turn in (cues.WEAK_TURN, cues.CORRECTION, cues.RELEASED)
            ):
                return True
        if cues.CONDITION.search(sentence) and not cues.CONDITION_FREE.search(sentence):
            return True
    closing = re.search(r"[.!?。\n]", text[end : end + 80])
    if closing is not None and closing.group() == "?":
        span = text[end : end + closing.start()]
        return bool(cues.QUERY.search(sentence) or re.search(r"吗|呢|\bright\b|\bcorrect\b", span, re.IGNORECASE))
    return False


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=lambda match: match.start(), default=None)


def _negated(left: str, match: re.Match[str]) -> bool:
    """Whether a phrase ("the answer is", 选) is itself denied."""
    head = left[: match.start()]
    clause = re.split(r"[,;.!?。\n]|\bbut\b|\bso\b", head)[-1][-40:]
    body = match.group()
    return bool(
        cues.NEGATED.search(clause)
        or cues.NEGATED.search(body)
        or cues.NEGATED_ZH.search(clause[-6:])
        or cues.NEGATED_ZH.search(body)
    )


def _after(text: str, mention: Mention, table: OptionTable) -> tuple[int, bool]:
    """(where reading goes on after the letter and its own option text, whether another option's text stands there)."""
    if len(mention.letters) != 1:
        return mention.end, False
    letter = mention.letters[0]
    at = _AFTER_LETTER.match(text, mention.end).end()  # type: ignore[union-attr]
    own = table.text_at(text, at, letter)
    if own is not None:
        named = table.named_at(text, at)
        return (own, False) if named is None or named[0] == letter else (own, True)
    if "\n" in text[mention.end : at] and not text[mention.end : at].startswith((".", ":", ")")):
        return mention.end, False
    named = table.named_at(text, at)
    if named is None:
        return mention.end, False
    if re.search(r"[.。]\s", text[mention.end : at + 1]) and re.match(
        r"[\s*_\"']*[^\W_]", text[named[1] : named[1] + 8]
    ):
        return mention.end, False  # a sentence about another option, after the answer
    segment_ends = not re.match(r"[\s*_\"')\]]*[^\W_]", text[named[1] : named[1] + 8])
    short = len(table.squeezed[named[0]]) < 4
    return mention.end, segment_ends if short else True


def _read_mention(text: str, mention: Mention, table: OptionTable) -> Commitment | None:
    left = _left(text, mention.start)
    after, contradicts = _after(text, mention, table)
    strength, rule, line = _strength(text, left, mention, after)
    if strength == 0:
        return None
    if rule not in {"boxed", "answer_field"} and _forceless(text, mention.start, mention.end):
        return None
    letters = frozenset(mention.letters)
    if not mention.valid:
        return Commitment(frozenset(), strength, "out_of_range", mention.start, mention.end, line)
    row = _ROW.match(text, mention.end) if strength == 3 else None
    if row is not None and all(letter in table.letters for letter in row.group().split()):
        return Commitment(letters | frozenset(row.group().split()), strength, rule, mention.start, row.end(), line)
    if _OR_BEFORE.search(left):
        return Commitment(frozenset(), strength, "several_letters", mention.start, mention.end, line)
    rival = cues.OR_LETTER.match(text, mention.end)
    if rival is not None and rival.group(1).isupper() and rival.group(1) not in letters:
        return Commitment(frozenset(), strength, "several_letters", mention.start, rival.end(), line)
    if contradicts:
        return Commitment(frozenset(), strength, "letter_text_contradiction", mention.start, mention.end, line)
    return Commitment(letters, strength, rule, mention.start, mention.end, line)


def _strength(text: str, left: str, mention: Mention, after: int) -> tuple[int, str, bool]:
    """(strength, rule, final-answer line) of a mention; strength 0 for none."""
    none = (0, "", False)
    sep = left[-8:].strip()
    english, chinese = _governed(left)
    if (english or chinese) and cues.REJECT_LEFT.search(left) is not None:
        return none
    faulted = cues.RIGHT_FALSE.match(text, after) if after - mention.end < 400 else None
    if english or chinese:
        match = (cues.ANSWER_EN.search(left) if english else None) or (cues.ANSWER_ZH.search(left) if chinese else None)
        if (
            match is not None
            and not cues.WRONG_NOUN.search(left[max(0, match.start() - 30) :])
            and (mention.closed or faulted is None)
        ):
            plural = re.search(
                r"\b(?:options|choices|answers)\s+(?:are|include)\b|\bpossible\b", match.group(), re.IGNORECASE
            )
            allowed = plural is None or re.search(
                r"correct|right|best|\bmy\b|appropriate|final|正确", left, re.IGNORECASE
            )
            if allowed and not _negated(left, match):
                head = left[: match.start()].strip(" *_#>-`\n\"'{[(|.0123456789")
                form = match.group().lower()
                line = not head or "boxed" in form or "<" in form
                rule = (
                    "boxed"
                    if "boxed" in form
                    else "answer_field"
                    if "<" in form or re.search(r"[\"']\s*:", form)
                    else "answer_phrase"
                )
                return 3, rule, line
            return none
        match = (cues.CHOOSE_EN.search(left) if english else None) or (cues.CHOOSE_ZH.search(left) if chinese else None)
        if match is not None and (mention.closed or faulted is None):
            return none if _negated(left, match) else (3, "choice_verb", False)
    if _opens_sentence(text, mention.start) and len(mention.letters) == 1 and cues.CONTRAST.match(text, mention.end):
        return 2, "contrast", False
    subject = not left.strip() or _may_be_subject(left)
    if subject:
        if faulted is not None:
            return none
        if cues.RIGHT_ANSWER.match(text, after):
            return 3, "verdict_answer", False
        if cues.RIGHT_BEST.match(text, after):
            return 2, "verdict_best", False
        if cues.RIGHT_TRUE.match(text, after):
            return 1, "verdict_true", False
    if (english or chinese) and faulted is None and (mention.closed or cues.CAUSE.match(text, mention.end)):
        match = (cues.LEAN_EN.search(left) if english else None) or (cues.LEAN_ZH.search(left) if chinese else None)
        if match is not None and not _negated(left, match):
            verb = (match.groupdict().get("verb") or "").lower()
            ends = re.match(
                r"[\s*_`$\"')\]}选项吧了呢啊]*(?:$|[.!。,;\n(:—–-]|because|since|for sure|as\b|due)",
                text[mention.end : mention.end + 16],
                re.IGNORECASE,
            )
            if ends is None and after == mention.end and not cues.OR_LETTER.match(text, mention.end):
                return none
            if verb in {"but", "rather", "no", "as", "then"} and not re.search(
                r"\bnot\b|n't|\bno\b|wrong|不|rather", left, re.IGNORECASE
            ):
                return none
            return 2, "lean", False
    if (
        left.rstrip(" *_`$\"'([<").endswith(":")
        and mention.closed
        and faulted is None
        and _END.fullmatch(text, mention.end)
    ):
        return 2, "closing_colon", False
    if sep == "" and subject and len(mention.letters) == 1 and mention.closed and _opens_sentence(text, mention.start):  # noqa: SIM102
        if re.match(
            r"\s+(?:because|since)\b|[,:]?\s*(?:because\b|因为)", text[mention.end : mention.end + 12], re.IGNORECASE
        ):
            return 2, "because", False
    return none


def _last_word(text: str) -> str:
    at = len(text)
    while at > 0 and text[at - 1].isascii() and (text[at - 1].isalpha() or text[at - 1] == "'"):
        at -= 1
    return text[at:].lower()


def _governed(left: str) -> tuple[bool, bool]:
    """Whether an English and whether a Chinese phrase before the letter can govern it: a look before the patterns."""
    head = left.rstrip(" \n*_`#$~\"'([\\<{,")
    if not head:
        return False, False
    last = head[-1]
    chinese = not left.isascii()
    if not last.isascii():
        return last in "→—–∴✅☑👉", True
    if last.isalpha():
        return _last_word(head) in cues.GOVERNING, chinese
    return True, chinese


def _may_be_subject(left: str) -> bool:
    head = left.rstrip(" *_`\"'([<#")
    if not head or head[-1] in cues.SUBJECT_MARKS:
        return True
    return _last_word(head) in cues.SUBJECT_WORDS if head[-1].isascii() else head.endswith(cues.SUBJECT_ZH)


def _opens_sentence(text: str, start: int) -> bool:
    head = text[max(0, start - 12) : start].rstrip(" *_(\"'[")
    return not head or head[-1] in _SENTENCE_BREAK


def _text_commitments(text: str, table: OptionTable) -> list[Commitment]:
    """Answer phrases followed by an option's text and no letter: "the answer is respect her refusal"."""
    if not any(
        word in text
        for word in (
            "nswer",
            "NSWER",
            "答案",
            "选",
            "最",
            "est ",
            "ost ",
            "hoice",
            "iagnosis",
            "ption",
            "orrect",
            "正确",
            "I'd",
            "I would",
        )
    ) or not table.mentioned(text):
        return []
    out = []
    for match in _TEXT_SLOT.finditer(text):
        tail = text[match.end() : match.end() + 400]
        stop = re.search(r"[.。;!?！？\n](?!\d)", tail)
        at = match.end()
        named = table.named_at(text, at)
        segment = tail[: stop.start()] if stop else tail
        if named is None:
            segment = re.split(r"[,，:(（]|\bbecause\b|\bsince\b|因为", segment, maxsplit=1)[0]
            letter = table.named(segment)
            if letter is None:
                if len(segment) > 200:
                    continue
                inside = list(table.contained(segment))
                if (
                    len({name for name, _, _ in inside}) != 1
                    or cues.NEGATED.search(segment[: inside[0][1]])
                    or cues.REJECT_LEFT.search(segment[: inside[0][1]])
                    or inside[0][1] > 40
                ):
                    continue
                named = (inside[0][0], at + inside[0][2])
                at += inside[0][1]
            else:
                named = (letter, at + len(segment))
        elif (
            len(table.squeezed[named[0]]) < 4
            and re.match(r"[\s*_\"']*[^\W_]", text[named[1] : named[1] + 6])
            and not re.match(r"[\s*_\"']*(?:because|since|因为|as\b)", text[named[1] : named[1] + 12], re.IGNORECASE)
        ):
            continue
        if re.match(r"\s*(?:or|还是|或)", text[named[1] : named[1] + 5], re.IGNORECASE):
            continue
        phrase = text[max(0, match.start() - 60) : match.end()]
        phrase = phrase[phrase.rfind("\n") + 1 :]
        local = re.search(re.escape(match.group()) + "$", phrase)
        if local is not None and (_negated(phrase, local) or cues.WRONG_NOUN.search(phrase)):
            continue
        if _forceless(text, match.start(), named[1]):
            continue
        strong = "nswer" in match.group().lower() or "答案" in match.group()
        out.append(Commitment(frozenset(named[0]), 3 if strong else 2, "answer_text", at, named[1]))
    return out


def find_commitments(text: str, table: OptionTable, *, many: bool) -> list[Commitment]:
    """Commitments of a folded reply without reasoning or echo, in order. `many`: several letters may be right."""
    mentions = find_mentions(text, table)
    found: list[Commitment] = []
    for mention in mentions:
        commitment = _read_mention(text, mention, table)
        if commitment is not None:
            found.append(commitment)
    found.extend(line_commitments(text, mentions, table, many=many))
    taken = [(c.start, c.end) for c in found]
    for commitment in _text_commitments(text, table):
        if not any(start - 2 <= commitment.start <= end + 6 for start, end in taken):
            found.append(commitment)
    found.sort(key=lambda c: (c.start, -c.strength))
    unique: list[Commitment] = []
    for commitment in found:
        if unique and unique[-1].start == commitment.start:
            continue  # the same letters read by a weaker rule
        unique.append(commitment)
    return unique
