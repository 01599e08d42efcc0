"""A person in place of the model: questions on the terminal, answers from the keyboard, never the key.

Reading runs in a thread that can be woken: the journal is written meanwhile, and Ctrl-C needs no further key press.
"""

import asyncio
import os
import re
import select
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

from medosce.models.base import Ask, Limits, Price, Reply, Sampling
from medosce.schema.items import CHOICE_KINDS, Item

DONT_KNOW = {"en": "I don't know", "zh": "不知道"}
_WORDS = {
    "en": {
        "place": "Question {number} of {total}",
        "order": ", options in order {order}",
        "images": "Images: {names}",
        "labels": "Labels: {labels}",
        "one": "Your answer ({letters}; ? = I do not know; q = stop): ",
        "several": "Your answer, one letter or several ({letters}; ? = I do not know; q = stop): ",
        "text": "Your answer, on one line (? = I do not know; q = stop): ",
        "again_one": "One letter of {letters}, please.",
        "again_several": "One or several letters of {letters}, please.",
        "again_text": "An answer, please.",
        "stopped": "Stopped. Everything answered is kept; the same command continues here.",
    },
    "zh": {
        "place": "第 {number} 题，共 {total} 题",
        "order": "，选项顺序 {order}",
        "images": "图像：{names}",
        "labels": "标签：{labels}",
        "one": "请作答（{letters}；? = 不知道；q = 停止）：",
        "several": "请作答，可选一项或多项（{letters}；? = 不知道；q = 停止）：",
        "text": "请在一行内作答（? = 不知道；q = 停止）：",
        "again_one": "请输入 {letters} 中的一个字母。",
        "again_several": "请输入 {letters} 中的一个或多个字母。",
        "again_text": "请输入答案。",
        "stopped": "已停止。已作答的内容均已保存，再次运行同一命令即可继续。",
    },
}
# Escape sequences whole, so that no half of one is left standing as text.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences
    r"|\x1b\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)"  # operating system commands: window titles, links
    r"|\x1b[@-Z\\^_]"
)
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """`text` without what could steer a terminal: escape sequences, control characters (but line feed and tab) and
    direction overrides."""
    text = _ESCAPES.sub("", text)
    return "".join(c for c in text if c in "\n\t" or not (unicodedata.category(c) == "Cc" or c in _DIRECTIONS))


def letters_in(line: str, letters: Iterable[str], *, several: bool) -> list[str] | None:
    """The option letters a line names, in option order; None when it is no answer to the question."""
    known = list(letters)
    text = unicodedata.normalize("NFKC", line).upper()
    given = [c for c in text if c not in " \t,、;；/+和与及.。"]
    if not given or any(c not in known for c in given) or (len(given) > 1 and not several):
        return None
    return [letter for letter in known if letter in given]


class Human:
    """A person who answers. `source` is the file descriptor answers come from, `screen` where questions are shown."""

    cacheable = False
    local = True
    price: Price | None = None
    limits = Limits(concurrency=1)

    def __init__(self, spec: str, name: str, *, source: int | None = None, screen: TextIO | None = None) -> None:
        self.spec, self.name = spec, name
        self.sampling = Sampling(temperature=None)
        self.identity: dict[str, Any] = {"protocol": "human", "name": name}
        # Standard error, as the shell's own `read -p`: standard output stays free for the command's result.
        self._source, self._screen = source, screen
        self._lines: _Lines | None = None
        self._places: dict[str, int] = {}

    def prepare(self, items: Iterable[Item]) -> None:
        """Learn how many questions there are."""
        self._places = {item.id: number for number, item in enumerate(items, 1)}

    async def open(self) -> None:
        self._lines = _Lines(0 if self._source is None else self._source)

    async def close(self) -> None:
        if self._lines:
            self._lines.close()
            self._lines = None

    def request_of(self, ask: Ask) -> bytes:
        return f"{ask.item.id}:{ask.order}:{ask.repeat}".encode()

    async def answer(self, ask: Ask, request: bytes) -> Reply:
        language = "zh" if ask.item.language.startswith("zh") else "en"
        words = _WORDS[language]
        choice = ask.item.kind in CHOICE_KINDS
        several = ask.item.kind == "multiple_choice"
        kind = "several" if several else "one" if choice else "text"
        letters = ", ".join(ask.shown)
        self._show("\n" + self._question(ask, words) + "\n")
        while True:
            self._show(words[kind].format(letters=letters), end="")
            assert self._lines is not None
            line = await self._lines.read()
            entry = unicodedata.normalize("NFKC", line or "").strip()
            if line is None or entry in ("q", "Q"):
                self._show("\n" + words["stopped"])
                raise KeyboardInterrupt
            if entry == "?":
                return Reply(text=DONT_KNOW[language], finish="stop")
            if not choice:
                if entry:
                    return Reply(text=line.strip(), finish="stop")
            elif picked := letters_in(entry, ask.shown, several=several):
                return Reply(text=",".join(picked), finish="stop")
            self._show(words[f"again_{kind}"].format(letters=letters))

    def _question(self, ask: Ask, words: dict[str, str]) -> str:
        """What the person sees: place, question, options. Of the item, only what a model would see as well."""
        item = ask.item
        number = self._places.get(item.id)
        head = words["place"].format(number=number, total=len(self._places)) if number else item.id
        if ask.order and item.order is None:
            head += words["order"].format(order=ask.order + 1)
        parts = [f"── {head} ──"]
        if item.messages:
            parts += [f"{message.role}: {message.content}" for message in item.messages]
        if item.question:
            parts.append(item.question)
        elif not item.messages:
            parts += [message.content for message in ask.messages if message.role == "user"]
        if item.images:
            parts.append(words["images"].format(names=", ".join(item.images)))
        if item.labels and not ask.shown:
            parts.append(words["labels"].format(labels=", ".join(item.labels)))
        if ask.shown:
            parts.append("\n".join(f"  {letter}. {text}" for letter, text in ask.shown.items()))
        return "\n\n".join(parts)

    def _show(self, text: str, end: str = "\n") -> None:
        print(printable(text), end=end, file=self._screen or sys.stderr, flush=True)


class _Lines:
    """Lines from a terminal, pipe or file, read in a thread that `close` and cancellation wake at once.

    Reads the descriptor itself: a thread inside `input()` holds the buffer's lock and cannot be ended.
    """

    def __init__(self, source: int) -> None:
        self._source = source
        self._ahead = b""
        self._wake_reader, self._wake_writer = os.pipe()

    async def read(self) -> str | None:
        """The next line without its end; None at the end of the input."""
        try:
            return await asyncio.to_thread(self._read)
        except asyncio.CancelledError:
            os.write(self._wake_writer, b"x")
            raise

    def _read(self) -> str | None:
        while b"\n" not in self._ahead:
            ready, _, _ = select.select([self._source, self._wake_reader], [], [])
            if self._wake_reader in ready:
                return None
            try:
                block = os.read(self._source, 4096)
            except OSError:
                block = b""
            if not block:
                line, self._ahead = self._ahead, b""
                return line.decode("utf-8", "replace") if line.strip() else None
            self._ahead += block
        line, _, self._ahead = self._ahead.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def close(self) -> None:
        """End a read that is under way, and give the pipe up."""
        os.write(self._wake_writer, b"x")
        os.close(self._wake_writer)
        os.close(self._wake_reader)
