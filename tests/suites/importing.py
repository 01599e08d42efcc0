"""Helpers of the importer tests: small source files, and what an importer makes of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medosce.schema.items import Item
from medosce.suites.importers import IMPORTERS, ImportOptions, ImportReport, imported

Write = Callable[[str, str], Path]


def take(name: str, path: Path, /, **options: Any) -> tuple[list[Item], ImportReport]:
    given_options = ImportOptions(**options)
    return list(imported(IMPORTERS[name], path, given_options)), given_options.report


def lines(*rows: dict[str, Any], end: str = "\n") -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + end for row in rows)
