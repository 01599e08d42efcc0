"""PubMedQA, the expert-labelled part: is the answer to a study's question yes, no or maybe, given its abstract."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medosce.schema.errors import InputError
from medosce.schema.items import Item
from medosce.suites.importers.base import ImportOptions, choice_item, field_of, json_file

SOURCE = "PubMedQA PQA-L (pubmedqa/pubmedqa)"
LICENCE = "MIT"
OPTIONS = {"A": "yes", "B": "no", "C": "maybe"}
_FILE, _TEST = "ori_pqal.json", "test_ground_truth.json"


def read(source: Path, options: ImportOptions) -> Iterator[Item]:
    """Single-choice items: yes, no, maybe; the abstract without its conclusion stands before the question.

    Rows of the published test split, when its file lies beside, carry `meta.split` "test".
    """
    path = source / _FILE if source.is_dir() else source
    if not path.is_file():
        raise InputError("no such file", where=path, mend=f"give {_FILE} or the folder it is in")
    rows = json_file(path)
    if not isinstance(rows, dict):
        raise InputError("expected an object from PubMed id to question", where=path)
    test = _test_split(path.with_name(_TEST))
    letters = {text: letter for letter, text in OPTIONS.items()}
    for pmid, row in rows.items():
        where = f"{path}: {pmid}"
        if not isinstance(row, dict):
            raise InputError("expected an object", where=where)
        decision = row.get("final_decision")
        key = [letters[decision]] if isinstance(decision, str) and decision in letters else None if decision else []
        question = field_of(row, "QUESTION", where).strip()
        item = choice_item(
            options.report,
            where,
            id=f"pubmedqa-{pmid}",
            question=f"{_context(row, where)}\n\n{question}" if question else "",
            options=OPTIONS,
            key=key,
            language="en",
            rationale=(row.get("LONG_ANSWER") or "").strip() or None,
            source=SOURCE,
            licence=LICENCE,
            meta=_meta(pmid, row, test),
        )
        if item:
            yield item
    if test:
        options.report.notes.append(
            f'{len(test & rows.keys())} rows of the published test split carry meta.split "test"'
        )


def _test_split(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    keys = json_file(path)
    if not isinstance(keys, dict):
        raise InputError("expected an object from PubMed id to decision", where=path)
    return set(keys)


def _context(row: dict[str, Any], where: str) -> str:
    """The abstract's sections, each under its label where it has one."""
    sections = field_of(row, "CONTEXTS", where, list)
    labels = row.get("LABELS") or []
    titled = len(labels) == len(sections)
    return "\n".join(f"{labels[at]}: {section}" if titled else str(section) for at, section in enumerate(sections))


def _meta(pmid: str, row: dict[str, Any], test: set[str]) -> dict[str, Any]:
    meta = {"pmid": pmid, **({"year": row["YEAR"]} if row.get("YEAR") else {})}
    return {**meta, "split": "test"} if pmid in test else meta
