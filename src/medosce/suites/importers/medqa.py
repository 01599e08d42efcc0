"""The question files of MedXpertQA's evaluation: MedXpertQA itself, MedQA, MedMCQA and the medical subjects of MMLU.

JSON Lines; the options stand in the question after `Answer Choices:`, up to ten of them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from medosce.schema.errors import InputError
from medosce.schema.items import Item
from medosce.suites.importers.base import ImportOptions, choice_item, field_of, files_of, inline_options, json_lines

_CHOICES = "\nAnswer Choices: "


class _Set(NamedTuple):
    name: str
    source: str
    licence: str


MEDQA = _Set("medqa", "MedQA (via TsinghuaC3I/MedXpertQA)", "MIT")
MEDMCQA = _Set("medmcqa", "MedMCQA (via TsinghuaC3I/MedXpertQA)", "Apache-2.0")
MMLU_MED = _Set("mmlu-med", "MMLU medical subjects (via TsinghuaC3I/MedXpertQA)", "MIT")
MEDXPERTQA = _Set("medxpertqa", "MedXpertQA (TsinghuaC3I/MedXpertQA)", "MIT")


def read(source: Path, options: ImportOptions) -> Iterator[Item]:
    """Single-choice items in English. Questions about images are skipped with a count."""
    for path in files_of(source, ".jsonl"):
        for line, row in json_lines(path):
            where = f"{path}:{line}"
            origin = _set_of(row)
            if row.get("images"):
                options.report.skip(f"{origin.name}: a question about images, not imported yet", where)
                continue
            stem, mark, tail = field_of(row, "question", where).rpartition(_CHOICES)
            label = field_of(row, "label", where, list)
            choices = _stated_options(row, where) or (inline_options(tail, "({}) ") if mark else None)
            if choices is None:
                options.report.skip("the options cannot be told apart without doubt", where)
                continue
            item = choice_item(
                options.report,
                where,
                id=_id(origin, row, line, where),
                question=stem if mark else row["question"],
                options=choices,
                key=label if all(isinstance(letter, str) for letter in label) else None,
                language="en",
                source=origin.source,
                licence=origin.licence,
                **_fields(row),
            )
            if item:
                yield item


def _set_of(row: dict[str, Any]) -> _Set:
    if "label_rationale" in row or "subject_name" in row:
        return MEDMCQA
    if "subject" in row:
        return MMLU_MED
    return MEDXPERTQA if "question_type" in row or "body_system" in row else MEDQA


def _id(origin: _Set, row: dict[str, Any], line: int, where: str) -> str:
    if "id" in row:
        return f"{origin.name}-{field_of(row, 'id', where, (str, int))}"
    if "subject" in row:
        return f"{origin.name}-{field_of(row, 'subject', where)}-{line:05d}"
    raise InputError("missing", where=where, field="id")


def _stated_options(row: dict[str, Any], where: str) -> dict[str, str] | None:
    """The options of a row that lists them apart from the question as well."""
    if "options" not in row:
        return None
    stated = field_of(row, "options", where, list)
    try:
        return {str(option["letter"]): str(option["content"]) for option in stated}
    except (KeyError, TypeError) as error:
        raise InputError("expected a list of {letter, content}", where=where, field="options") from error


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    subject = row.get("subject_name") or row.get("subject") or row.get("body_system")
    rationale = row.get("label_rationale")
    meta = {name: row[name] for name in ("topic_name", "medical_task", "question_type") if row.get(name)}
    return {
        "specialty": str(subject).replace("_", " ") if subject else None,
        "rationale": rationale.strip() or None if isinstance(rationale, str) else None,
        "meta": meta or None,
    }
