"""Canonical JSON and digests: one value, one byte string, one SHA-256, whatever wrote it.

Keys sorted, no white space, UTF-8. Used for suite, run and prompt digests and for cache keys.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="sorted")


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a JSON-able value (dicts, lists, msgspec structs)."""
    return _encoder.encode(value)


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 (64 hex digits) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
