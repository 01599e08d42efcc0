"""Writing a file whole or not at all: a temporary file beside the target, renamed when it is complete."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from medosce.schema.errors import InputError


@contextmanager
def atomic_output(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends well and leaves no trace when it does not.

    Raises InputError when `path` exists and `force` is not set, or when its folder cannot be written.
    """
    if path.is_dir():
        raise InputError("is a folder", where=path, mend="name a file")
    if path.exists() and not force:
        raise InputError("exists already", where=path, mend="give --force to replace it, or another name")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", where=path, mend="the folder must exist and be writable"
        ) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files private; the result takes the permissions any new file would have.
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
