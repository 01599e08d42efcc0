"""Exams, recorded replies and finished journals, for the tests of runner and command line."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from medosce.engine.journal import JOURNAL_NAME
from medosce.models.config import Config
from medosce.models.registry import ModelOptions
from medosce.runner.api import plan_all
from medosce.runner.execute import rescore
from medosce.runner.folder import RunFolder
from medosce.runner.plan import write_plan
from medosce.runner.settings import RunSettings
from medosce.schema.records import ProviderFailure, Response
from medosce.suites.suite import load_suite

OPTIONS = {"A": "Stop the drug", "B": "Double the dose", "C": "Wait", "D": "Refer"}


def question(id: str, answer: str | list[str] = "A", **fields: Any) -> dict[str, Any]:
    """One row of an items file; a single-choice question with four options."""
    asked = {"id": id, "kind": "single_choice", "language": "en", "question": f"What next in case {id}?"}
    return {**asked, "options": OPTIONS, "answer": answer, **fields}


def questions(count: int, **fields: Any) -> list[dict[str, Any]]:
    """`count` questions whose keys go round the four letters."""
    return [question(f"q{number}", "ABCD"[number % 4], **fields) for number in range(count)]


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def recorded(path: Path, replies: dict[str, str] | Sequence[tuple[str, int, str]]) -> str:
    """A replay file and the model spec that reads it; `replies` by id, or (id, order, reply)."""
    triples = [(id, 0, reply) for id, reply in replies.items()] if isinstance(replies, dict) else list(replies)
    write_rows(path, ({"id": id, "order": order, "reply": reply} for id, order, reply in triples))
    return f"replay:{path}"


def replied(text: str | None, finish: str = "stop", **fields: Any) -> Callable[[int, str], Response]:
    """A response to be put on a row."""
    return lambda row, item: Response(row=row, item=item, text=text, finish=finish, **fields)


def failed(kind: str = "500") -> Callable[[int, str], Response]:
    return lambda row, item: Response(row=row, item=item, error=ProviderFailure(kind, "mock failure", 500), faults={kind: 6}, tries=6)


def journalled(
    out: Path, rows: list[dict[str, Any]], responses: Sequence[Callable[[int, str], Response] | None], *,
    spec: str = "baseline:first", **settings: Any,
) -> RunFolder:  # fmt: skip
    """A run whose journal holds exactly these responses, one planned row each (None: nothing); marked and summed up."""
    items = write_rows(out.with_name("exam.jsonl"), rows)
    chosen = RunSettings(**settings)
    [(plan, _)] = plan_all(load_suite(items), [spec], chosen, config=Config(), options=ModelOptions(), out=out)
    write_plan(plan)
    assert len(responses) == plan.rows
    per_item = chosen.orders * chosen.repeats
    lines = [msgspec.json.encode(make(row, rows[row // per_item]["id"])) for row, make in enumerate(responses) if make]
    (out / JOURNAL_NAME).write_bytes(b"".join(line + b"\n" for line in lines))
    folder = RunFolder.open(out)
    rescore(folder)
    return folder


def read_scores(folder: RunFolder | Path) -> list[dict[str, Any]]:
    path = folder if isinstance(folder, Path) else folder.path
    return [json.loads(line) for line in (path / "scores.jsonl").read_text("utf-8").splitlines()]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
