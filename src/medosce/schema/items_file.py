"""Items files: JSON Lines, UTF-8, one item a line; streamed, so that a million items never stand in memory at once.

`read_items` stops at the first fault (a run needs a sound file); `check_items` reports every fault of a file.
"""

import hashlib
import json
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from medosce.schema.errors import InputError
from medosce.schema.items import Fault, Item, decode_item, faults_of, quick_fault

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


class FileFault(NamedTuple):
    """A fault and the line (from 1) it stands on."""

    line: int
    fault: Fault

    def __str__(self) -> str:
        field = f"{self.fault.field}: " if self.fault.field else ""
        mend = f" ({self.fault.mend})" if self.fault.mend else ""
        return f"{self.line}: {field}{self.fault.message}{mend}"


def id_hash(text: str) -> int:
    """A 64-bit hash of an id: eight bytes stand for it where a million strings would not fit."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def signed_hash(text: str) -> int:
    """`id_hash` in the range of a signed 64-bit integer, as arrays of them hold it."""
    value = id_hash(text)
    return value - (1 << 64) if value >= 1 << 63 else value


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file's lines that are not blank, without their newline, numbered from 1; a byte-order mark is dropped."""
    try:
        with path.open("rb", buffering=1 << 20) as file:
            for number, line in enumerate(file, 1):
                if number == 1 and line.startswith(b"\xef\xbb\xbf"):
                    line = line[3:]
                if line := line.strip():
                    yield number, line
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path) from error


def read_items(path: Path, *, blank_answers: bool = False) -> Iterator[tuple[bytes, Item]]:
    """Each line with its item. Raises InputError naming line and field at the first fault; ids must be unique.

    `blank_answers`: rows without a key are allowed.
    """
    seen = array("Q")
    for number, line in lines_of(path):
        try:
            item = decode_item(line)
            fault = quick_fault(item, blank_answers)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            fault = next(_line_faults(line, blank_answers), Fault("", "not an item"))
        if fault:
            raise InputError(
                fault.message, where=f"{path}:{number}", field=fault.field or None,
                mend=fault.mend or "`medosce data validate` lists every fault",
            )  # fmt: skip
        seen.append(id_hash(item.id))
        yield line, item
    if not seen:
        raise InputError("holds no item", where=path, mend="one JSON object a line")
    if doubled := _first_doubled(path, seen):
        raise InputError(
            f"{doubled[1]!r} stands on line {doubled[2]} already", where=f"{path}:{doubled[0]}", field="id",
            mend="give every item its own id",
        )  # fmt: skip


def check_items(path: Path, *, blank_answers: bool = False) -> tuple[int, list[FileFault]]:
    """(number of rows, every fault of the file in line order)."""
    faults: list[FileFault] = []
    ids: dict[str, int] = {}
    rows = 0
    for number, line in lines_of(path):
        rows += 1
        faults += (FileFault(number, fault) for fault in _line_faults(line, blank_answers))
        try:
            id = json.loads(line).get("id")
        except (ValueError, AttributeError, RecursionError):
            continue
        if isinstance(id, str) and id:
            first = ids.setdefault(id, number)
            if first != number:
                faults.append(
                    FileFault(
                        number, Fault("id", f"{id!r} stands on line {first} already", "give every item its own id")
                    )
                )
    return rows, faults


def _line_faults(line: bytes, blank_answers: bool) -> Iterator[Fault]:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        yield Fault("", f"not UTF-8 (byte {error.start + 1} of the line)", "save the file as UTF-8")
        return
    try:
        row = json.loads(text)
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        at = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        yield Fault("", f"not valid JSON: {reason}{at}", "one whole JSON object a line")
        return
    except RecursionError:
        yield Fault("", "not valid JSON: nested too deeply", "one whole JSON object a line")
        return
    if _HALF_PAIR.search(text) and _has_half_pair(row):
        yield Fault("", "holds half of a surrogate pair, which is no character", "write the character itself, in UTF-8")
        return
    found = False
    for fault in faults_of(row, blank_answers):
        found = True
        yield fault
    if not found:
        # What only the typed decoder sees, for example a wrongly typed field of a criterion.
        try:
            decode_item(line)
        except msgspec.MsgspecError as error:
            yield Fault("", str(error))


def _has_half_pair(row: Any) -> bool:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _first_doubled(path: Path, hashes: "array[int]") -> tuple[int, str, int] | None:
    """(line, id, earlier line) of the first id that stands twice, or None; ids are only read again on a suspicion."""
    if not any_twice(hashes):
        return None
    ids: dict[str, int] = {}
    for number, line in lines_of(path):
        id = decode_item(line).id
        if id in ids:
            return number, id, ids[id]
        ids[id] = number
    return None


def any_twice(hashes: "array[int]") -> bool:
    """Whether two of these id hashes are equal."""
    if len(hashes) < 10_000:
        return len(set(hashes)) < len(hashes)
    import numpy as np

    ordered = np.sort(np.frombuffer(hashes, dtype=np.uint64))
    return bool((ordered[1:] == ordered[:-1]).any())
