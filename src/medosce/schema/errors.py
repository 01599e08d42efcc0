"""The errors a user can cause or meet, each with where it happened, what was expected and what to do.

The command line prints one line of these and exits with `exit_code`; a traceback is a bug.
"""

from pathlib import Path


class MedOSCEError(Exception):
    """Anything that ends a command with one clear line. Exit code 2 unless a subclass says otherwise."""

    exit_code = 2


class InputError(MedOSCEError):
    """Input that cannot be used: a file, a line of it, a field, an option.

    `where` is a path or `path:line`; `field` the offending field; `mend` what the user can do about it.
    """

    def __init__(
        self, message: str, *, where: str | Path | None = None, field: str | None = None, mend: str = ""
    ) -> None:
        self.message, self.where, self.field, self.mend = message, str(where) if where else None, field, mend
        head = "".join(f"{part}: " for part in (self.where, field) if part)
        super().__init__(f"{head}{message}{f' ({mend})' if mend else ''}")


class UnresolvedError(MedOSCEError):
    """A run stopped with rows left unresolved; what was answered is kept and the same command resumes. Exit code 3."""

    exit_code = 3
