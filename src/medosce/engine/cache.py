"""The response cache across runs: SQLite in WAL mode, keyed by everything that could change the answer.

A key is the digest of endpoint identity, request bytes (model, messages, sampling) and repeat number. Errors are never cached.
"""

import hashlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

from medosce.models.base import Reply
from medosce.schema.canonical import canonical_json
from medosce.schema.errors import InputError

COMMIT_ROWS, COMMIT_SECONDS = 500, 1.0
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Reply)


def default_cache_path() -> Path:
    """MEDOSCE_CACHE, else $XDG_CACHE_HOME/medosce/responses.sqlite, else the same under ~/.cache."""
    if named := os.environ.get("MEDOSCE_CACHE"):
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "medosce" / "responses.sqlite"


class KeyMaker:
    """Cache keys for one model identity: 32 hex digits of BLAKE2b over identity, request and repeat."""

    def __init__(self, identity: dict[str, Any]) -> None:
        self._base = hashlib.blake2b(canonical_json(identity) + b"\x00", digest_size=16)

    def key(self, request: bytes, repeat: int) -> str:
        state = self._base.copy()
        state.update(b"%d\x00" % repeat)
        state.update(request)
        return state.hexdigest()


class ResponseCache:
    """Replies by key. Writes are grouped; a crash loses at most the last second, which the journal still holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("PRAGMA cache_size=-16000")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, model TEXT NOT NULL, reply BLOB NOT NULL, at REAL NOT NULL)"
                " WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"the response cache cannot be used: {error}", where=path, mend="--no-cache, or set MEDOSCE_CACHE"
            ) from error
        # Reads go through a connection of their own inside one transaction: a look-up outside one takes locks and costs ten
        # times as much. Its snapshot moves on with every commit of ours.
        self._reader = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._reader.execute("BEGIN")
        # A cache that was empty when opened is spared the look-ups: only this run's own rows could be found in it.
        self._empty = self._reader.execute("SELECT 1 FROM replies LIMIT 1").fetchone() is None
        self._pending: dict[str, tuple[str, str, bytes, float]] = {}
        self._committed = time.monotonic()
        self.trouble: str | None = None

    def get(self, key: str) -> Reply | None:
        """The reply stored under `key`, or None."""
        if pending := self._pending.get(key):
            return _decoder.decode(pending[2])
        if self._empty:
            return None
        try:
            row = self._reader.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            return _decoder.decode(row[0]) if row else None
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            self.trouble = f"{self.path}: {error}"
            return None

    def put(self, key: str, model: str, reply: Reply) -> None:
        """Keep a reply; committed with its group."""
        self._pending[key] = (key, model, _encoder.encode(reply), time.time())
        if len(self._pending) >= COMMIT_ROWS or time.monotonic() - self._committed > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Write what is pending. A cache that cannot be written costs money later, never a run now: trouble is only noted."""
        rows, self._pending, self._committed = list(self._pending.values()), {}, time.monotonic()
        if not rows:
            return
        try:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self.trouble = f"{self.path}: {error}"
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        try:
            if self._reader.in_transaction:
                self._reader.execute("COMMIT")
            self._reader.execute("BEGIN")
        except sqlite3.Error as error:
            self.trouble = f"{self.path}: {error}"

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self._reader.close()
        self._database.close()

    def counts(self) -> dict[str, int]:
        """Replies per model."""
        return dict(self._database.execute("SELECT model, COUNT(*) FROM replies GROUP BY model ORDER BY 2 DESC"))

    def clear(self, model: str | None = None) -> int:
        """Forget all replies, or one model's; returns how many."""
        where = (" WHERE model = ?", (model,)) if model else ("", ())
        self._reader.execute("COMMIT")
        removed = self._database.execute(f"DELETE FROM replies{where[0]}", where[1]).rowcount
        self._database.execute("VACUUM")
        self._reader.execute("BEGIN")
        return removed
