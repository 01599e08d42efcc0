"""The extractor's own error rate on the labelled corpus, with two naive baselines beside it.

A misread is a letter where the human reader says another or none (the grave kind); a miss is no letter where the human
reads one.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from .extract import extract_choice
from .records import Extraction, Kind

Row = Mapping[str, Any]
Extractor = Callable[[str, Mapping[str, str], Kind], Extraction]


@dataclass(slots=True)
class Tally:
    """Plain counts over n rows. `wrong_reason`: rightly no letter, but the wrong status."""

    n: int = 0
    right: int = 0
    misread: int = 0
    miss: int = 0
    wrong_reason: int = 0


@dataclass(slots=True)
class Report:
    """Tallies by split, (split, shape) and (split, language); `errors`: (row id, error, reading)."""

    splits: dict[str, Tally] = field(default_factory=dict)
    shapes: dict[tuple[str, str], Tally] = field(default_factory=dict)
    languages: dict[tuple[str, str], Tally] = field(default_factory=dict)
    errors: list[tuple[str, str, Extraction]] = field(default_factory=list)


def load_corpus() -> list[dict[str, Any]]:
    """The labelled replies that ship with the package."""
    text = files(__package__).joinpath("corpus.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def judge(expected: Mapping[str, Any], got: Extraction) -> str:
    """ "right", "misread", "miss" or "wrong_reason" for one reading."""
    wanted = tuple(expected["letters"])
    if got.status == "answered":
        return "right" if expected["status"] == "answered" and got.letters == wanted else "misread"
    if expected["status"] == "answered":
        return "miss"
    return "right" if got.status == expected["status"] else "wrong_reason"


def measure(corpus_rows: Iterable[Row], extractor: Extractor, *, label: str = "expect") -> Report:
    """Counts for `extractor(reply, options, kind)`; rows without `label` ("expect" or "strict") are left out."""
    report = Report()
    for row in corpus_rows:
        if label not in row:
            continue
        got = extractor(row["reply"], row["options"], row["kind"])
        verdict = judge(row[label], got)
        split = row["split"]
        for tally in (
            report.splits.setdefault(split, Tally()),
            report.shapes.setdefault((split, row["shape"]), Tally()),
            report.languages.setdefault((split, row["language"]), Tally()),
        ):
            tally.n += 1
            setattr(tally, verdict, getattr(tally, verdict) + 1)
        if verdict != "right":
            report.errors.append((row["id"], verdict, got))
    return report


def lenient(reply: str, options: Mapping[str, str], kind: Kind) -> Extraction:
    return extract_choice(reply, options, kind=kind)


def strict(reply: str, options: Mapping[str, str], kind: Kind) -> Extraction:
    return extract_choice(reply, options, kind=kind, strict=True)


def _naive(reply: str, options: Mapping[str, str], kind: Kind, at: int) -> Extraction:
    found = [m for m in re.finditer(r"(?<![A-Za-z])[A-J](?![A-Za-z])", reply) if m.group() in options]
    if not found:
        return Extraction("unparsed", (), "naive", None)
    if kind == "multiple_choice":
        named = {m.group() for m in found}
        return Extraction("answered", tuple(k for k in options if k in named), "naive", None)
    return Extraction("answered", (found[at].group(),), "naive", found[at].span())


def first_letter(reply: str, options: Mapping[str, str], kind: Kind) -> Extraction:
    """Baseline: the first option letter that stands as a word (several choices: all of them)."""
    return _naive(reply, options, kind, 0)


def last_letter(reply: str, options: Mapping[str, str], kind: Kind) -> Extraction:
    """Baseline: the last option letter that stands as a word (several choices: all of them)."""
    return _naive(reply, options, kind, -1)
