"""The settings that address a run: what is asked, in which orders, how often, how it is worded."""

from dataclasses import asdict, dataclass
from typing import Any

from medosce.schema.errors import InputError

STRATA = ("dimension", "specialty", "language", "difficulty", "kind", "none")


@dataclass(frozen=True)
class RunSettings:
    """Everything but the model that could change what is asked. Part of the run digest.

    `limit` takes a seeded sample of whole groups, spread over `stratify`; `prompt` None is the suite's own.
    """

    orders: int = 1
    repeats: int = 1
    limit: int | None = None
    stratify: str = "dimension"
    seed: int = 0
    language: str | None = None
    prompt: str | None = None
    blank_answers: bool = False

    def __post_init__(self) -> None:
        for name in ("orders", "repeats"):
            if not 1 <= getattr(self, name) <= 1000:
                raise InputError("expected 1 to 1000", field=f"--{name}")
        if self.limit is not None and self.limit < 1:
            raise InputError("expected at least 1", field="--limit")
        if self.stratify not in STRATA:
            raise InputError(
                f"cannot stratify by {self.stratify!r}", field="--stratify", mend=f"one of {', '.join(STRATA)}"
            )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
