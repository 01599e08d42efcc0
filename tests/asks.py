"""Rows to ask and a way to ask them, for the tests of models and engine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from medosce.engine.asking import Asker, Progress, Settings, Stop, ask_all
from medosce.engine.budget import Budget
from medosce.engine.cache import ResponseCache
from medosce.engine.journal import Journal, read_journal
from medosce.models.base import Ask
from medosce.schema.items import Item, Message
from medosce.schema.records import Response

OPTIONS = {"A": "Stop the drug", "B": "Double the dose", "C": "Wait"}


def make_item(id: str = "q0", **fields: Any) -> Item:
    """A single-choice item whose key is C."""
    given = {
        "kind": "single_choice",
        "language": "en",
        "question": f"What next in case {id}?",
        "options": OPTIONS,
        "answer": "C",
    }
    return Item(id=id, **{**given, **fields})


def make_ask(
    row: int = 0, *, repeat: int = 0, order: int = 0, item: Item | None = None, text: str | None = None
) -> Ask:
    """One row; `text` replaces the user's message."""
    item = item or make_item(f"q{row}")
    options = item.options or {}
    shown = "\n".join(f"{letter}. {option}" for letter, option in options.items())
    messages = [Message("system", "Reply with one letter."), Message("user", text or f"{item.question}\n{shown}")]
    return Ask(row, item, order, repeat, messages, dict(options), tuple(options))


class Asked(NamedTuple):
    """What became of a pass over some rows."""

    stop: Stop | None
    responses: list[Response]
    progress: Progress
    asker: Asker


async def ask_rows(
    model: Any, path: Path, asks: Iterable[Ask] | int, *, budget: Budget | None = None, cache: Path | None = None,
    settings: Settings | None = None,
) -> Asked:  # fmt: skip
    """Ask rows as a run does; `asks` may be a count."""
    rows = [make_ask(row) for row in range(asks)] if isinstance(asks, int) else list(asks)
    progress, store = Progress(total=len(rows)), ResponseCache(cache) if cache else None
    try:
        async with Journal(path) as journal:
            asker = Asker(
                model,
                journal,
                progress=progress,
                settings=settings or Settings(),
                budget=budget or Budget(model.price, None),
                cache=store,
            )
            stop = await ask_all(asker, iter(rows))
    finally:
        if store:
            store.close()
    return Asked(stop, [response for _, response in read_journal(path)], progress, asker)
