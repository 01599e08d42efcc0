"""The journal, `responses.jsonl`: append-only, one `Response` a line, on disk before anything uses it.

Lines are written in groups (every few milliseconds or 64 KiB) and synced to the medium about once a second, so a killed
process loses only what was in flight. A torn last line is cut off on open. One process at a time owns a run folder.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from medosce.schema.errors import InputError, MedOSCEError, UnresolvedError
from medosce.schema.records import Response

JOURNAL_NAME = "responses.jsonl"
GROUP_BYTES = 64 * 1024
GROUP_SECONDS = 0.01
SYNC_SECONDS = 1.0

# Not every system has the cheaper call.
_sync = getattr(os, "fdatasync", os.fsync)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Response)


class FolderLock:
    """The right to write one run folder, held until `release`. Raises MedOSCEError when another process has it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".lock"
        try:
            self._file = self._path.open("a+")
        except OSError as error:
            raise InputError(
                f"cannot be written: {error.strerror}", where=folder, mend="choose another --out"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            owner = self._file.read().strip()
            self._file.close()
            raise MedOSCEError(
                f"{folder}: in use by another process{f' (process {owner})' if owner else ''}; wait for it or stop it"
            ) from error
        except OSError as error:
            self._file.close()
            raise InputError(
                f"cannot be locked: {error.strerror}", where=folder, mend="choose an --out on another disk"
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Give the folder up."""
        self._file.truncate(0)
        self._file.close()

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def repair(path: Path) -> int:
    """Cut a torn last line off; returns the bytes removed (0 when the file is whole or absent). A last line that lacks
    its newline only is completed: it was paid for."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end == size:
            return 0
        file.seek(end)
        try:
            _decoder.decode(file.read())
        except (msgspec.MsgspecError, UnicodeDecodeError):
            file.truncate(end)
            return size - end
        file.write(b"\n")
        return 0


def read_journal(path: Path) -> Iterator[tuple[int, Response]]:
    """(byte offset, response) of every line in the order they were written. Raises InputError on a damaged line."""
    if not path.exists():
        return
    offset = 0
    with path.open("rb", buffering=1 << 20) as file:
        for number, line in enumerate(file, 1):
            try:
                response = _decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                if not line.endswith(b"\n"):
                    return
                raise InputError(
                    f"damaged: {error}", where=f"{path}:{number}", mend="restore the line or remove it"
                ) from error
            yield offset, response
            offset += len(line)


def read_response(line: bytes) -> Response:
    """The response on one line of a journal."""
    return _decoder.decode(line)


class Journal:
    """Appends responses. `add(response, then)` calls `then` once the line has been handed to the operating system.

    Use inside a running event loop: `async with Journal(path) as journal`. Raises UnresolvedError when the disk is full
    or refuses; everything already written stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: list[bytes] = []
        self._then: list[Callable[[], None]] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._synced = time.monotonic()
        self._syncing: asyncio.Future[None] | None = None
        self.failed: UnresolvedError | None = None
        self.on_failure: Callable[[], None] | None = None

    async def __aenter__(self) -> "Journal":
        repair(self.path)
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=self.path) from error
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
        self._write()
        if self._syncing:
            await asyncio.wait([self._syncing])
        try:
            os.fsync(self._file)
        except OSError as problem:
            self._fail(problem)
        os.close(self._file)
        if self.failed and error is None:
            raise self.failed

    def add(self, response: Response, then: Callable[[], None] | None = None) -> None:
        """Queue one line; it is written within 10 ms."""
        line = _encoder.encode(response)
        self._pending += (line, b"\n")
        self._bytes += len(line) + 1
        if then:
            self._then.append(then)
        if self._bytes >= GROUP_BYTES:
            self._write()
        elif self._timer is None:
            self._timer = self._loop.call_later(GROUP_SECONDS, self._write)

    def _write(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._pending or self.failed:
            return
        block, then = b"".join(self._pending), self._then
        self._pending, self._then, self._bytes = [], [], 0
        try:
            written = 0
            while written < len(block):
                written += os.write(self._file, block[written:])
        except OSError as error:
            self._fail(error)
            return
        for callback in then:
            callback()
        if time.monotonic() - self._synced > SYNC_SECONDS and (self._syncing is None or self._syncing.done()):
            self._synced = time.monotonic()
            self._syncing = self._loop.run_in_executor(None, _sync, self._file)
            self._syncing.add_done_callback(self._after_sync)

    def _after_sync(self, done: "asyncio.Future[None]") -> None:
        if not done.cancelled() and isinstance(error := done.exception(), OSError):
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if not self.failed:
            self.failed = UnresolvedError(
                f"{self.path}: cannot be written: {error.strerror}; what was recorded is kept: make room and run the same command"
            )
            if self.on_failure:
                self.on_failure()
