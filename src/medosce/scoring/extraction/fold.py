"""Character folding that keeps every position: full width, circled letters, smart quotes, zero-width marks.

A folded text has the length of its source, so spans found in one hold in the other.
"""

import re


def _table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    capitals = (0x24B6, 0x1F130, 0x1F150, 0x1F170, 0x1D400, 0x1D5D4, 0x1D468, 0x1D63C, 0x1D5A0, 0x1D670, 0x1F110)
    for start in capitals:  # circled, squared, negative, mathematical bold / sans / mono, parenthesised
        table.update({start + n: chr(65 + n) for n in range(26)})
    for start in (0x24D0, 0x249C, 0x1D41A, 0x1D5EE, 0x1D482, 0x1D656, 0x1D5BA, 0x1D68A):
        table.update({start + n: chr(97 + n) for n in range(26)})
    table.update({ord(c): '"' for c in "“”„«»「」『』＂"})
    table.update({ord(c): "'" for c in "‘’＇´"})
    table.update({ord(c): " " for c in "\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff\ufe0f\u2009\u202f\t\x00"})
    table.update(
        {
            ord("【"): "[",
            ord("】"): "]",
            ord("〔"): "[",
            ord("〕"): "]",
            ord("《"): "<",
            ord("》"): ">",
            ord("〈"): "<",
            ord("〉"): ">",
            ord("∶"): ":",
            ord("﹕"): ":",
            ord("\u2028"): "\n",
            ord("\r"): " ",
        }
    )
    return table


_TABLE = _table()
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~|<(?:s|del|strike)>[^<\n]{1,200}</(?:s|del|strike)>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:p|br|b|i|u|em|strong|span|div|li|ul|ol|h\d|font|center)\b[^<>\n]{0,60}>", re.IGNORECASE)
_BLOCK = re.compile(r"</(?:p|div|li|ul|ol|h\d|center)>|<br\s*/?>", re.IGNORECASE)
_HTML_CLOSE = re.compile(r"</(?:p|b|i|u|em|strong|span|div|li|h\d|font|center)>|<br", re.IGNORECASE)
_PROMPT = re.compile(
    r"\[INST\][^\[]{0,20000}\[/INST\]|<\|im_start\|>\s*(?:user|system)\b[^<]{0,20000}(?:<\|im_end\|>|$)"
)
_CONTROL = re.compile(r"<\|[^|<>\n]{1,30}\|>|</?s>|\[/?INST\]")


def blank(text: str, start: int, end: int) -> str:
    """`text` with [start, end) turned into white space of the same length, ending in a line break."""
    if end <= start:
        return text
    return text[:start] + " " * (end - start - 1) + "\n" + text[end:]


def _spaces(match: re.Match[str]) -> str:
    return "*" * len(match.group())


def fold(text: str) -> str:
    """Same-length text with letters and punctuation in their plain forms; struck-out text and mark-up are masked."""
    folded = text.translate(_TABLE) if not text.isascii() or "\t" in text or "\r" in text or "\x00" in text else text
    if "~~" in folded or "</" in folded:
        folded = _STRUCK.sub(lambda m: " " * len(m.group()), folded)
    if "[/INST]" in folded or "<|im_start|>" in folded:
        folded = _PROMPT.sub(lambda m: " " * (len(m.group()) - 1) + "\n", folded)
    if "<|" in folded or "</s>" in folded or "INST]" in folded or "<s>" in folded:
        folded = _CONTROL.sub(lambda m: " " * len(m.group()), folded)
    if "<" in folded and _HTML_CLOSE.search(folded):
        folded = _BLOCK.sub(lambda m: "*" * (len(m.group()) - 1) + "\n", folded)
        folded = _TAG.sub(_spaces, folded)  # as emphasis marks: a letter inside is set off, not an article
    return folded
