"""What an items file holds: counts, the keys' places, lengths, the longest-option score, near-duplicates.

One pass; memory does not grow with the texts. Reads files, asks nobody.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medosce.schema.items import CHOICE_KINDS, Item
from medosce.schema.items_file import read_items
from medosce.suites.near_duplicates import NearDuplicateFinder

THRESHOLD = 0.8
LISTED = 1000
"""How many near-duplicate pairs are listed; all are counted."""
UNSET = "unset"
"""Counts rows without a dimension or a validation status."""
QUANTILES = (("min", 0.0), ("p25", 0.25), ("median", 0.5), ("p75", 0.75), ("p95", 0.95), ("max", 1.0))


def item_statistics(path: Path, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Statistics of an items file, ready for JSON. Rows may lack a key; `progress` is told the number of items read.

    Shares of keys and the longest-option score are over single-choice items with a key and null without one. `expected`
    is a letter's share were every key drawn evenly among its item's options. Lengths are characters; quantiles are
    values that occur (inverse of the distribution function). Near-duplicates compare question and options without
    regard to their order, Jaccard index of character 5-grams ≥ 0.8; rows of one group do not pair.
    Raises InputError at the first faulty line.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("kinds", "dimensions", "languages", "validation")}
    lengths: dict[str, Counter[int]] = {"question": Counter(), "option": Counter()}
    keys: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    blank = longest = 0
    ids: list[str] = []
    groups: set[str] = set()
    with NearDuplicateFinder(THRESHOLD) as finder:
        for _, item in read_items(path, blank_answers=True):
            ids.append(item.id)
            groups.add(item.unit)
            counts["kinds"][item.kind] += 1
            counts["dimensions"][item.dimension or UNSET] += 1
            counts["languages"][item.language] += 1
            counts["validation"][str((item.validation or {}).get("status", UNSET))] += 1
            parts = _texts(item)
            lengths["question"][len(parts[0])] += 1
            lengths["option"].update(len(text) for text in parts[1:])
            finder.add(parts, item.unit)
            if item.kind in CHOICE_KINDS and not item.gold_letters:
                blank += 1
            elif item.kind == "single_choice" and item.options:
                (key,) = item.gold_letters
                keys[key] += 1
                sizes[len(item.options)] += 1
                longest += key == _longest(item.options)
            if progress:
                progress(len(ids))
        found = finder.find(LISTED)
    keyed = sum(keys.values())
    return {
        "format": 1,
        "items": len(ids),
        "groups": len(groups),
        **{name: dict(sorted(counter.items(), key=_natural)) for name, counter in counts.items()},
        "answers": {"blank": blank, "single_choice": keyed, **_balance(keys, sizes)},
        "question_length": _quantiles(lengths["question"]),
        "option_length": _quantiles(lengths["option"]),
        "longest_option": {"n": keyed, "correct": longest, "share": longest / keyed if keyed else None},
        "near_duplicates": {
            "threshold": THRESHOLD,
            "pairs": found.total,
            "listed": [
                {"a": ids[pair.first], "b": ids[pair.second], "jaccard": round(pair.jaccard, 4)} for pair in found.pairs
            ],
        },
    }


def _texts(item: Item) -> list[str]:
    """The question in one text, then each option."""
    question = item.question or "\n".join(message.content for message in item.messages or ())
    if not question and item.report:
        question = "\n".join(str(part) for part in item.report.values())
    return [question, *(item.options or {}).values()]


def _longest(options: dict[str, str]) -> str:
    """The first letter of the longest text: what `baseline:longest` answers to the options in their own order."""
    return max(options, key=lambda letter: len(options[letter]))


def _balance(keys: Counter[str], sizes: Counter[int]) -> dict[str, Any]:
    """Count, share and expected share of each letter that could be a key, and the letter furthest from expected."""
    total = sum(keys.values())
    letters = [chr(ord("A") + at) for at in range(max(sizes, default=0))]
    positions = {
        letter: {
            "count": keys[letter],
            "share": keys[letter] / total,
            "expected": sum(n / size for size, n in sizes.items() if size > at) / total,
        }
        for at, letter in enumerate(letters)
    }
    if not positions:
        return {"positions": {}, "largest_deviation": None}
    furthest = max(positions, key=lambda letter: abs(positions[letter]["share"] - positions[letter]["expected"]))
    deviation = positions[furthest]["share"] - positions[furthest]["expected"]
    return {"positions": positions, "largest_deviation": {"letter": furthest, "deviation": deviation}}


def _quantiles(lengths: Counter[int]) -> dict[str, int | None]:
    """The smallest length that at least this share of the texts does not exceed; null when there is no text."""
    total = sum(lengths.values())
    result: dict[str, int | None] = {}
    for name, share in QUANTILES:
        below = 0
        result[name] = None
        for length in sorted(lengths):
            below += lengths[length]
            if below >= max(1, share * total):
                result[name] = length
                break
    return result


def _natural(entry: tuple[str, int]) -> tuple[str, int]:
    """E2 before E10."""
    head = entry[0].rstrip("0123456789")
    return head, int(entry[0][len(head) :] or 0)
