"""Reading a reply to a choice question: a fast path for plain replies, the full reading, and the strict reading."""

import itertools
import re
from collections.abc import Mapping

from . import cues
from .commitments import find_commitments
from .decide import final_commitment
from .fold import fold
from .nonanswers import ABSTENTION, non_answer
from .options import OptionTable, check_keys, prepare, says_all, says_none
from .reasoning import mask_reasoning
from .records import Extraction, Kind

_FAST = re.compile(
    r"\s*(?:[*(<\[【]{0,3}([A-Ja-j])[)>\]】*]{0,3}[.。]?|\**(?:(?:[Tt]he )?(?:[Ff]inal |[Cc]orrect )?(?:[Aa]nswer"
    r"|ANSWER)(?: is ?:?|:)|【答案】|(?:正确|最终)?答案(?:是|为|[:：]))\**\s*"
    r"[*(<\[]{0,3}([A-J])[)>\]*]{0,3}[.。]?)\s*"
)
_LAST_LINE = re.compile(r"[ \t]*(?:(?:Final )?Answer:|ANSWER:|【答案】|(?:最终)?答案[:：])[ \t]*([A-Z])[.。]?")
_NOT_ORDINARY = re.compile(
    r"[<|{}Ａ-Ｚａ-ｚⒶ-ⓩ\[\]`\\]|[:：—-]\s*\Z|answer|答案|format|格式|example|例如|示例",
    re.IGNORECASE,
)
_LONE_LETTER = re.compile(r"(?<![A-Za-z])(?!a [a-z]{2}|I[ '’])[A-Za-z](?![A-Za-z])")
_SEGMENT = re.compile(r"[.。!！?？;；\n]+(?=\s|$)|[。！？；;\n]")
_PLAIN_LINE = re.compile(
    r"(?:(?:so|therefore|thus|hence|因此|所以|综上(?:所述)?),?\s*)?(?:(?:(?:the|my)\s+)?(?:(?:final|correct|best"
    r"|right"
    r"|single best)\s+)*(?:answer|option|choice)s?(?:\s+(?:is|are))?\s*:?|ANSWERS?\s*:?"
    r"|(?:最终|正确|本题|参考|我的)?(?:的?答案)\]?(?:应该?)?(?:是|为|选)?\s*:?|(?:故|因此|所以|本题|应|应该|应当"
    r"|我)选择?)\s*",
    re.IGNORECASE,
)
_IT_IS = re.compile(r"^\s*(?:it|this|that)(?:'s| is| would be)\s+", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?:(?<=\n)|^)(?<!\w)[A-J](?=\s*[.、:)])|(?<![A-Za-z])[A-J](?=\s*选?项)|(?<=选项)[A-J](?![A-Za-z])"
    r"|(?<=ption )[A-J]\b"
)
_STATEMENT = re.compile(
    r"^[\s*]*(?:(?:the|this) (?:statement|claim|answer|assertion) (?:is|would be)|(?:该|这|此|本|题干|上述|这种"
    r"|这个)*(?:说法"
    r"|观点|表述|陈述|做法|题|判断|叙述)(?:应?[是为])?)\s*",
    re.IGNORECASE,
)
_SOFTENERS = re.compile(
    r"\b(?:the|answer|is|it|its|it's|i|think|believe|would|be|option|choice|correct|right|best|say|my|probably"
    r"|likely|that|to|should|must|most|appropriate|action|step|next|final|this|choose|pick|select"
    r"|principle|of|a|an|diagnosis|go|with|for|i'd|response|case|in|patient|here|doctor|physician|clinician"
    r"|refers|called|known|as|term|statement|following|sure|certainly|okay|well|option's|he|she|they|we|you"
    r"|first|by|giving|about|after)\b"
    r"|我|认为|觉得|应该|应当|是|选择?|答案|正确|的|最|合适|为|可能|大概|本题|该题|应|当|属于|这|个|此|题|做法"
    r"|选项|原则|医生|患者|恰当|首先|主要|体现|了|就|即|会|要|需要?|考虑"
    r"|诊断|处理|方式",
    re.IGNORECASE,
)


def _answer(table: OptionTable, letters: frozenset[str], rule: str, span: tuple[int, int]) -> Extraction:
    return Extraction("answered", table.order(letters), rule, span)


_NOTHING = Extraction("unparsed", (), "empty", None)


def extract_choice(reply: str, options: Mapping[str, str], *, kind: Kind, strict: bool = False) -> Extraction:
    """What `reply` commits to among `options` (letter → text, as the model saw them; 2–26 single letters, any case).

    The final commitment counts; a letter inside reasoning never does; in doubt the status is `unparsed`. With `strict`,
    only a plain reply (the letter, marks, its own text) or a plain answer line counts. Raises ValueError unless the
    keys are distinct letters.
    """
    lenient, plain = extract_both(reply, options, kind=kind)
    return plain if strict else lenient


def extract_both(reply: str, options: Mapping[str, str], *, kind: Kind) -> tuple[Extraction, Extraction]:
    """(lenient, strict) readings of `reply` at the cost of one; see `extract_choice`."""
    if kind not in ("single_choice", "multiple_choice"):
        raise ValueError(f"kind: expected 'single_choice' or 'multiple_choice', got {kind!r}")
    if len(reply) <= 60 and (fast := _fast(reply, options)) is not None:
        return fast, fast
    if (last := _last_line(reply, options)) is not None:
        return last, last
    table = prepare(options)
    lenient = _read(reply, table, many=kind == "multiple_choice")
    return lenient, lenient if lenient.status != "answered" else _strict(reply, table, lenient)


def _fast(reply: str, options: Mapping[str, str]) -> Extraction | None:
    """A bare letter or a plain "Answer: X"; agrees with the full reading (the tests hold the two together)."""
    match = _FAST.fullmatch(reply)
    if match is None:
        return None
    check_keys(options)
    group = match.lastindex or 1
    letter = match.group(group).upper()
    key = letter if letter in options else letter.lower()
    if key not in options:
        return None
    return Extraction("answered", (key,), "bare_letter" if group == 1 else "answer_phrase", match.span(group))


def _last_line(reply: str, options: Mapping[str, str]) -> Extraction | None:
    """A plain "Answer: X" on a last line of its own under ordinary prose: the later final-answer line decides, so the prose
    need not be read. Anything before it that could take its force away leaves the reply to the full reading."""
    end = len(reply.rstrip())
    start = reply.rfind("\n", 0, end) + 1
    if start == 0 or end - start > 40 or (match := _LAST_LINE.fullmatch(reply, start, end)) is None:
        return None
    check_keys(options)
    letter = match.group(1)
    if letter not in options or _NOT_ORDINARY.search(reply, 0, start):
        return None
    if any(lone.upper() != letter for lone in _LONE_LETTER.findall(reply, 0, start)):
        return None
    return Extraction("answered", (letter,), "answer_line", match.span(1))


def _read(reply: str, table: OptionTable, *, many: bool) -> Extraction:
    body = mask_reasoning(reply)
    if not body.strip():
        return _NOTHING if not reply.strip() else Extraction("unparsed", (), "reasoning_only", None)
    text = fold(body)
    text, echoed = _mask_echo(text, table)
    if not text.strip(" \n*_`#.。:"):
        return Extraction("unparsed", (), "echo" if echoed else "empty", None)

    whole = _whole_text(text, table, many=many)
    if whole is not None:
        return whole
    found = find_commitments(text, table, many=many)
    final = final_commitment(text, found, many=many)
    if final is not None and final.letters and (many or len(final.letters) == 1):
        return _answer(table, final.letters, final.rule, (final.start, final.end))
    said = non_answer(text)
    if final is None:
        by_text = _by_text(text, table, many=many, non_answer_found=said is not None)
        if by_text is not None:
            return by_text
    if said is not None and (
        final is None
        or final.letters
        or final.rule in {"contradiction", "several_letters"}
        or (said[1][0] < final.end and final.start < said[1][1])
    ):
        status, span = said
        return Extraction("refused" if status == "refused" else "abstained", (), status, span)
    if final is None:
        return Extraction("unparsed", (), "no_commitment", None)
    rule = "several_letters" if final.letters else final.rule
    return Extraction("unparsed", (), rule, (final.start, final.end))


def _mask_echo(text: str, table: OptionTable) -> tuple[str, bool]:
    """The text without repetitions of the whole option list."""
    if len(text) < sum(len(t) for t in table.texts.values()):
        return text, False
    pattern = None
    probe = [words[0] for t in table.texts.values() if (words := re.findall(r"[^\W_]+", t))]
    lowered = text.lower()
    if all(word.lower() in lowered for word in probe):
        pattern = table.echo_pattern()
    if pattern is None:
        return text, False
    echoed = pattern.search(text) is not None
    if echoed:
        text = pattern.sub(lambda m: "\n" + " " * (len(m.group()) - 2) + "\n", text)
    return text, echoed


def _whole_text(text: str, table: OptionTable, *, many: bool) -> Extraction | None:
    """The whole reply is one option's text, or "all of the above" said plainly."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if end - start > 600:
        return None
    letter = table.named(text)
    if letter is not None:
        return _answer(table, frozenset(letter), "option_text", (start, end))
    segment = re.sub(
        r"^(?:the )?(?:final |correct )?(?:answers?|答案)(?:\s+(?:is|are)|是|为)?\s*[:]?\s*",
        "",
        text.strip(" \n*_`#.。!"),
        flags=re.IGNORECASE,
    )
    if len(segment) <= 60:
        if table.none_key and (m := says_none(segment)) and len(segment) - len(m.group()) <= 14:
            return _answer(table, frozenset(table.none_key), "none_of_the_above", (start, end))
        if (
            (m := says_all(segment))
            and m.start() <= 6
            and len(segment) - len(m.group()) <= 16
            and not cues.NEGATED.search(segment)
            and not cues.NEGATED_ZH.search(segment)
        ):
            if table.all_key:
                return _answer(table, frozenset(table.all_key), "all_of_the_above", (start, end))
            if many:
                return _answer(table, frozenset(table.letters), "all_of_the_above", (start, end))
    return None


def _by_text(text: str, table: OptionTable, *, many: bool, non_answer_found: bool) -> Extraction | None:
    """No letter was committed to: an option's text as first or last sentence, or as all a short reply says."""
    segments: list[tuple[int, int]] = []
    at = 0
    for cut in _SEGMENT.finditer(text):
        if text[at : cut.start()].strip(" *_`#\"'-•>|"):
            segments.append((at, cut.start()))
        at = cut.end()
        if len(segments) > 400:
            break
    if text[at:].strip(" *_`#\"'-•>|"):
        segments.append((at, len(text)))
    if not segments:
        return None
    if any(set(m.group().upper()) & set(table.letters) for m in _LABELLED.finditer(text)):
        return None  # the reply speaks of options by letter and chose none: a text in it is not a choice
    named = [
        (letter, s, e) for s, e in segments if e - s < 600 and (letter := _segment_letter(text[s:e], table)) is not None
    ]
    letters = {letter for letter, _, _ in named}
    if many and len(letters) > 1 and len(named) == len(segments) and len(letters) < len(table.keys):
        return _answer(table, frozenset(letters), "option_text", (segments[0][0], segments[-1][1]))
    if len(letters) == 1:
        letter, s, e = named[-1]
        question = text[e : e + 1] in "?？" and e < len(text)
        if (
            ((named[0][1], named[0][2]) == segments[0] or (s, e) == segments[-1])
            and not question
            and not cues.RETRACTION.search(text[e:][-400:])
        ):
            return _answer(table, frozenset(letter), "option_text", (s, e))
    if len(letters) > 1:
        return None
    if len(text.strip()) > 400:
        return None
    inside = list(table.contained(text))
    if len({letter for letter, _, _ in inside}) != 1:
        return None
    letter, s, e = inside[0]
    own_abstains = ABSTENTION.search(table.texts[letter]) is not None
    if non_answer_found and not own_abstains:
        return None
    rest = text[:s] + " " + text[e:]
    if not own_abstains and (
        cues.NEGATED.search(rest)
        or re.search(r"不|非|错|除|误|未|没|若|如果|吗|[?？]|\bif\b|\bno\b|\bbut\b|\bor\b|还是|或|但", rest)
    ):
        return None
    bare = _SOFTENERS.sub(" ", rest)
    if own_abstains and len(rest.strip()) <= 60:
        return _answer(table, frozenset(letter), "option_text", (s, e))
    words = re.findall(r"[A-Za-z]+|[\u4e00-\u9fff]", bare)
    latin = sum(1 for word in words if word.isascii())
    if latin <= 2 and len(words) - latin <= 4 and len(table.squeezed[letter]) >= 2:
        return _answer(table, frozenset(letter), "option_text", (s, e))
    return None


def _segment_letter(segment: str, table: OptionTable) -> str | None:
    letter = table.named(segment)
    if letter is not None:
        return letter
    if table.polar:
        stem = _STATEMENT.sub("", segment)
        for part in (stem, re.split(r"[,，]", segment)[-1]):
            if (letter := table.named(part)) is not None:
                return letter
    head = re.split(r"[,，:：—–]|\s-\s|\bbecause\b|因为", segment, maxsplit=1)[0]
    if head is segment or len(head) == len(segment):
        return None
    return table.named(head) or table.named(_IT_IS.sub("", head))


def _strict(reply: str, table: OptionTable, lenient: Extraction) -> Extraction:
    """`lenient`'s answer if the reply's form is plain, else unparsed."""
    text = fold(mask_reasoning(reply))
    lines = [line for raw in text.split("\n") if (line := raw.strip(" *_`#>\t"))]
    wanted = {key.upper() for key in lenient.letters}
    if len(lines) == 1 and _plain(lines[0], table) == wanted:
        return lenient
    joined = [
        f"{a} {b}"
        for a, b in itertools.pairwise(lines)
        if (m := _PLAIN_LINE.match(a)) is not None and m.end() == len(a)
    ]
    read = []
    for line in lines + joined:
        head = _PLAIN_LINE.match(line.lstrip("["))
        if (
            head is not None
            and head.end() > 0
            and (letters := _plain(line.lstrip("[")[head.end() :], table)) is not None
        ):
            read.append(letters)
    if read and all(letters == wanted for letters in read):
        return lenient
    return Extraction("unparsed", (), "not_plain", None)


def _plain(line: str, table: OptionTable) -> set[str] | None:
    """The letters of a line that holds nothing else but marks and, for one letter, its own option text."""
    line = re.sub(r"^[\s*:-]*(?:option|choice|选项)\s*", "", line, flags=re.IGNORECASE)
    bare = line.strip(" *_`#\"'()[]<>.。,;:!$-={}项")
    if len(bare) == 1 and bare.upper() in table.letters:
        return {bare.upper()}
    found = re.match(r"[\s*_`\"'(\[<]*([A-Za-z])(?![A-Za-z0-9])", line)
    if found and (letter := found.group(1).upper()) in table.letters:
        end = table.text_at(line, found.end(), letter)
        if end is not None and not re.search(r"[^\W_]", line[end:]):
            return {letter}
    if (
        re.fullmatch(r"[A-Z](?:(?:\s*(?:[,、;/&+和与及]|and)\s*(?:and\s+)?|\s*)[A-Z]){1,9}", bare)
        and set(re.sub(r"\band\b|[^A-Z]", "", bare)) <= table.letters.keys()
    ):
        return set(re.sub(r"\band\b|[^A-Z]", "", bare))
    return None
