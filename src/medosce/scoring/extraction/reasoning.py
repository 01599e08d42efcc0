"""Where a reply's reasoning ends and its answer begins: think tags, channel markers, an unclosed or a lone tag.

Nothing read here is ever an answer; the answer text keeps its positions when it is masked.
"""

import re

_NAMES = r"(?:[a-z]{1,8}:)?(?:think|thinking|thought|thoughts|reasoning|analysis|reflection|scratchpad)"
_TOKEN = re.compile(
    rf"(?P<open><{_NAMES}>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|<\|START_THINKING\|>)"
    rf"|(?P<close></{_NAMES}>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|END_THINKING\|>)",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|?>\s*(?P<name>\w+)[^<\n]{0,40}(?:<\|message\|>|\n)|<channel\|>", re.IGNORECASE)
_FRAME = re.compile(
    r"<\|(?:end|return|start|im_end|im_start|eot_id|endoftext|begin_of_solution|end_of_solution"
    r"|START_RESPONSE|END_RESPONSE)\|>(?:assistant\b)?",
    re.IGNORECASE,
)
_STRIPPED = re.compile(r"assistant\s*final", re.IGNORECASE)
_TAIL_ANSWER = re.compile(r"<answer>[^<]{0,400}</answer>\s*\Z", re.IGNORECASE)


def _spans(text: str) -> list[tuple[int, int]]:
    """Stretches of `text` that are reasoning or markers, in order, not overlapping."""
    if "<" not in text and "[" not in text and "◁" not in text and not text.startswith("analysis"):
        return []
    if "<|channel" in text or "<channel|>" in text:
        return _channel_spans(text)
    if text.startswith("analysis"):  # the gpt-oss form after a server dropped the special tokens
        cut = max(_STRIPPED.finditer(text), key=lambda match: match.start(), default=None)
        if cut is not None:
            return [(0, cut.end())]
    spans: list[tuple[int, int]] = []
    depth = opened = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "open":
            if depth == 0:
                opened = token.start()
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == 0:
                spans.append((opened, token.end()))
        else:  # a lone closing tag: the opening one stood in the prompt
            spans = [(0, token.end())]
    if depth:
        last_close = spans[-1][1] if spans else 0
        # A nested or repeated opening tag whose single close came: the close ends the reasoning all the same.
        closes = [t.end() for t in _TOKEN.finditer(text, opened) if t.lastgroup == "close"]
        if closes:
            spans.append((max(opened, last_close), closes[-1]))
        elif (tail := _TAIL_ANSWER.search(text, max(opened, len(text) - 500))) is not None:
            spans.append((opened, tail.start()))
        else:
            spans.append((opened, len(text)))
    return spans


def _channel_spans(text: str) -> list[tuple[int, int]]:
    markers = list(_CHANNEL.finditer(text))
    spans: list[tuple[int, int]] = []
    for at, marker in enumerate(markers):
        end = markers[at + 1].start() if at + 1 < len(markers) else len(text)
        if marker.group("name") is None or marker.group("name").lower() in {"final", "response", "answer"}:
            spans.append(marker.span())
            spans.extend(frame.span() for frame in _FRAME.finditer(text, marker.end(), end))
        else:
            spans.append((marker.start(), end))
    return spans


def mask_reasoning(text: str) -> str:
    """`text` at its own length with the reasoning turned into white space."""
    spans = _spans(text)
    if not spans:
        return text
    parts, at = [], 0
    for start, end in spans:
        parts.append(text[at:start])
        parts.append(" " * (end - start - 1) + "\n")
        at = end
    parts.append(text[at:])
    return "".join(parts)


def split_reasoning(text: str) -> tuple[str, str]:
    """(answer text, reasoning text), both stripped.

    Reads <think>, <thinking>, <reasoning> …, an unclosed opening tag (all after it is reasoning), a lone
    closing tag (all before it is), nested tags, and the channel markers of gpt-oss, with or without
    their special tokens.
    """
    spans = _spans(text)
    if not spans:
        return text.strip(), ""
    answer, reasoning, at = [], [], 0
    for start, end in spans:
        answer.append(text[at:start])
        reasoning.append(text[start:end])
        at = end
    answer.append(text[at:])
    inner = "\n".join(_CHANNEL.sub("", _FRAME.sub("", _TOKEN.sub("", part))).strip() for part in reasoning)
    return "".join(_FRAME.sub("", part) for part in answer).strip(), inner.strip()
