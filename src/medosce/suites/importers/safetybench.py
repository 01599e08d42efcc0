"""SafetyBench: a JSON file of questions with two to four options, and one of keys that count from 0."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medosce.schema.errors import InputError
from medosce.schema.items import LETTERS, Item
from medosce.suites.importers.base import ImportOptions, choice_item, field_of, files_of, json_file, lettered

SOURCE = "SafetyBench (thu-coai/SafetyBench)"
LICENCE = "MIT"
_LANGUAGES = ("zh", "en")


def read(source: Path, options: ImportOptions) -> Iterator[Item]:
    """Single-choice items; the dimension is SafetyBench's category. The language is the one in the file's name."""
    for path in _question_files(source):
        language = next((part for part in path.stem.split("_") if part in _LANGUAGES), None)
        if language is None:
            raise InputError(
                "the file's name does not say its language",
                where=path,
                mend="name it as published, such as test_zh.json",
            )
        keys_path, keys = _keys(path)
        rows = json_file(path)
        if not isinstance(rows, list):
            raise InputError("expected a list of questions", where=path)
        for number, row in enumerate(rows, 1):
            where = f"{path}: row {number}"
            if not isinstance(row, dict):
                raise InputError("expected an object", where=where)
            id = field_of(row, "id", where, int)
            texts = field_of(row, "options", where, list)
            if not all(isinstance(text, str) for text in texts):
                raise InputError("expected a list of texts", where=where, field="options")
            item = choice_item(
                options.report,
                where,
                id=f"safetybench-{language}-{id}",
                question=field_of(row, "question", where),
                options=lettered(texts),
                key=_letter(keys.get(str(id)), keys_path, id),
                language=language,
                dimension=field_of(row, "category", where),
                source=SOURCE,
                licence=LICENCE,
                meta={"source_id": id},
            )
            if item:
                yield item


def _question_files(source: Path) -> list[Path]:
    files = [path for path in files_of(source, ".json") if "answer" not in path.stem]
    if not files:
        raise InputError(
            "only a file of keys",
            where=source,
            mend="give the questions, such as test_zh.json; keys are found beside them",
        )
    return files


def _keys(path: Path) -> tuple[Path, dict[str, Any]]:
    """The keys beside a question file: test_zh.json -> test_answers_zh.json."""
    first, _, rest = path.stem.partition("_")
    keys = path.with_name(f"{first}_answers_{rest}.json")
    if not keys.is_file():
        raise InputError(f"no keys beside it: {keys.name}", where=path, mend="put both files into one folder")
    found = json_file(keys)
    if not isinstance(found, dict):
        raise InputError("expected an object from question id to key", where=keys)
    return keys, found


def _letter(entry: Any, path: Path, id: int) -> list[str] | None:
    """[] for a question without a key."""
    if entry is None:
        return []
    number = entry.get("answer") if isinstance(entry, dict) else entry
    if not isinstance(number, int) or isinstance(number, bool):
        raise InputError("expected a whole number from 0", where=f"{path}: {id}", field="answer")
    return [LETTERS[number]] if 0 <= number < len(LETTERS) else None
