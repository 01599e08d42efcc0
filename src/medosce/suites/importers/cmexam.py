"""CMExam: Chinese medical licensing questions in CSV, with explanations; some files add department and difficulty."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medosce.schema.errors import InputError
from medosce.schema.items import Item
from medosce.suites.importers.base import ImportOptions, choice_item, content_id, files_of, letters_of, table_rows

SOURCE = "CMExam (williamliujl/CMExam)"
LICENCE = "Apache-2.0"
_COLUMNS = ("Question", "Options", "Answer", "Explanation")
_FIELDS = {"clinical department": "specialty", "difficulty level": "difficulty"}
# The published files separate options by a line feed, or by the two characters of its escape.
_BREAK = re.compile(r"\\n|\r?\n")
_OPTION = re.compile(r"([A-Z])(?:[ .．、:：]\s*(.*))?", re.DOTALL)
_EMPTY = ("", "nan")
"""A cell pandas wrote for nothing reads 'nan'."""


def read(source: Path, options: ImportOptions) -> Iterator[Item]:
    """Choice items, multiple choice where the key has several letters; the id stands for question and options."""
    seen: set[str] = set()
    for path in files_of(source, ".csv"):
        header: list[str] = []
        for line, cells in table_rows(path):
            where = f"{path}:{line}"
            if not header:
                header = cells
                if missing := [name for name in _COLUMNS if name not in header]:
                    raise InputError(
                        f"no column {', '.join(missing)}", where=where, mend=f"CMExam has {', '.join(_COLUMNS)}"
                    )
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{len(cells)} cells under {len(header)} columns", where=where, mend="quote cells that hold a comma"
                )
            row = dict(zip(header, cells, strict=True))
            id = "cmexam-" + content_id(row["Question"], _BREAK.sub("\n", row["Options"]))
            if id in seen:
                options.report.skip("the same question with the same options stands earlier", where)
                continue
            seen.add(id)
            item = choice_item(
                options.report,
                where,
                id=id,
                question=row["Question"],
                options=_options(row["Options"]),
                key=[] if row["Answer"].strip() in _EMPTY else letters_of(row["Answer"]),
                language="zh",
                rationale=_text(row["Explanation"]),
                source=SOURCE,
                licence=LICENCE,
                **_annotations(row),
            )
            if item:
                yield item


def _options(cell: str) -> dict[str, str]:
    """The lettered options of a cell; {} when a part bears no letter or one stands twice."""
    matches = [_OPTION.fullmatch(part.strip()) for part in _BREAK.split(cell.strip())]
    found = {match[1]: match[2] or "" for match in matches if match}
    return found if len(found) == len(matches) else {}


def _text(cell: str) -> str | None:
    return None if cell.strip() in _EMPTY else _BREAK.sub("\n", cell.strip())


def _annotations(row: dict[str, str]) -> dict[str, Any]:
    """Clinical department -> specialty, difficulty level -> difficulty, every other column -> meta."""
    fields: dict[str, Any] = {}
    meta: dict[str, str] = {}
    for name, cell in row.items():
        value = _text(cell)
        if name in _COLUMNS or not name or value is None:
            continue
        if name.lower() in _FIELDS:
            fields[_FIELDS[name.lower()]] = value
        else:
            meta[name] = value
    return {**fields, "meta": meta} if meta else fields
