"""MMLU: headerless CSV, one file a subject; each row is the question, its options and the letter of the key."""

import re
from collections.abc import Iterator
from pathlib import Path

from medosce.schema.errors import InputError
from medosce.schema.items import Item
from medosce.suites.importers.base import ImportOptions, choice_item, files_of, lettered, letters_of, table_rows

SOURCE = "MMLU (hendrycks/test)"
LICENCE = "MIT"
_SPLIT = re.compile(r"(.+)_(test|dev|val|train)")


def read(source: Path, options: ImportOptions) -> Iterator[Item]:
    """Single-choice items; the specialty is the subject in the file's name, the id subject, split and row."""
    for path in files_of(source, ".csv"):
        match = _SPLIT.fullmatch(path.stem)
        subject, split = (match[1], match[2]) if match else (path.stem, None)
        for number, (line, cells) in enumerate(table_rows(path), 1):
            where = f"{path}:{line}"
            if len(cells) < 4:
                raise InputError(
                    f"{len(cells)} cells", where=where, mend="MMLU rows are question, two or more options, key"
                )
            question, *choices, key = cells
            letters = letters_of(key)
            item = choice_item(
                options.report,
                where,
                id="-".join(filter(None, ("mmlu", subject, split, f"{number:04d}"))),
                question=question,
                options=lettered(choices),
                key=letters if letters is None or len(letters) < 2 else None,
                language="en",
                specialty=subject.replace("_", " "),
                source=SOURCE,
                licence=LICENCE,
                meta={"subject": subject, "row": number},
            )
            if item:
                yield item
