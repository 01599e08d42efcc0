"""Rows for other programs: CSV that no spreadsheet will run, and Parquet.

One line per planned row, streamed; the columns of both are the same.
"""

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from medosce.reporting.source import ReportRow, ReportRun
from medosce.schema.dimensions import axis_of
from medosce.schema.errors import InputError

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters a spreadsheet may take for a formula; the full-width ones in East Asian locales."""
_BATCH = 5_000


class _Column(NamedTuple):
    name: str
    type: str
    read: Callable[[ReportRow], Any]


def _joined(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "|".join(value)
    return msgspec.json.encode(value).decode()


COLUMNS: tuple[_Column, ...] = (
    _Column("item", "string", lambda r: r.item.id),
    _Column("group", "string", lambda r: r.item.unit),
    _Column("dimension", "string", lambda r: r.item.dimension),
    _Column("axis", "string", lambda r: axis_of(r.item.dimension)),
    _Column("language", "string", lambda r: r.item.language),
    _Column("kind", "string", lambda r: r.item.kind),
    _Column("order", "int64", lambda r: r.score.order),
    _Column("repeat", "int64", lambda r: r.score.repeat),
    _Column("outcome", "string", lambda r: r.score.outcome),
    _Column("correct", "bool", lambda r: r.score.correct),
    _Column("strict", "bool", lambda r: r.score.strict),
    _Column("answer", "string", lambda r: _joined(r.score.answer)),
    _Column("key", "string", lambda r: _joined(r.item.answer)),
    _Column("shown_letter", "string", lambda r: _joined(r.score.shown)),
    _Column("rule", "string", lambda r: r.score.rule),
    _Column("chosen_text", "string", lambda r: r.score.chosen_text),
    _Column("question", "string", lambda r: r.item.question),
    _Column("reply", "string", lambda r: r.response.text if r.response else None),
    _Column("reasoning", "string", lambda r: r.response.reasoning if r.response else None),
    _Column("finish", "string", lambda r: r.response.finish if r.response else None),
    _Column("error", "string", lambda r: r.response.error.kind if r.response and r.response.error else None),
    _Column("model_returned", "string", lambda r: r.response.model if r.response else None),
    _Column("fingerprint", "string", lambda r: r.response.fingerprint if r.response else None),
    _Column("seconds", "double", lambda r: r.response.seconds if r.response else None),
    _Column("tries", "int64", lambda r: r.response.tries if r.response else None),
    _Column("input_tokens", "int64", lambda r: r.response.usage.input if r.response else None),
    _Column("output_tokens", "int64", lambda r: r.response.usage.output if r.response else None),
    _Column("reasoning_tokens", "int64", lambda r: r.response.usage.reasoning if r.response else None),
    _Column("cached", "bool", lambda r: r.response.cached if r.response else None),
    _Column("at", "string", lambda r: r.response.at if r.response else None),
)


def neutral(cell: Any) -> Any:
    """A cell that a spreadsheet shows and never runs: risky texts get a leading apostrophe, NUL is dropped."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\0", "")
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def write_csv(folder: ReportRun, out: Path) -> Path:
    """Write every planned row to `out`: UTF-8 with BOM, every text quoted, formulas neutralised. Returns the path."""
    draft = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow([column.name for column in COLUMNS])
            for row in folder.rows():
                writer.writerow([_plain(neutral(column.read(row))) for column in COLUMNS])
        draft.replace(out)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=out) from error
    return out


def _plain(cell: Any) -> Any:
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell


def write_parquet(folder: ReportRun, out: Path) -> Path:
    """Write every planned row to `out` as Parquet (zstd), 5,000 rows a group. InputError when pyarrow is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError("writing Parquet needs pyarrow", where=out, mend="pip install 'medosce[parquet]'") from error
    types = {"string": pa.string(), "int64": pa.int64(), "double": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema([(column.name, types[column.type]) for column in COLUMNS])
    draft = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            for batch in _batches(folder):
                arrays = [pa.array([column.read(row) for row in batch], types[column.type]) for column in COLUMNS]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
        draft.replace(out)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", where=out) from error
    return out


def _batches(folder: ReportRun) -> Iterator[list[ReportRow]]:
    rows = folder.rows()
    while batch := list(islice(rows, _BATCH)):
        yield batch
