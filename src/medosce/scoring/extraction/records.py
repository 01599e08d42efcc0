"""The result of reading a reply, and the records that pass between the steps of the reading.

Owns no rule: what counts as a commitment is in `commitments`, which one decides is in `decide`.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal["answered", "abstained", "refused", "unparsed"]
Kind = Literal["single_choice", "multiple_choice"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a reply committed to.

    `letters` holds canonical option keys in option order, exactly one for a single choice, none unless answered.
    `rule` names the rule that decided; `span` is where in the reply the commitment was read (code points).
    """

    status: Status
    letters: tuple[str, ...]
    rule: str
    span: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Commitment:
    """One place where the reply takes a position.

    `strength`: 3 names an answer ("the answer is C", 故选C), 2 prefers ("C is most appropriate", "probably C"),
    1 merely judges ("C is correct"). `letters` is empty where the reply contradicts itself or leaves the option range.
    `line` marks a final-answer line of its own ("Answer: C", \\boxed{C}, a JSON field).
    """

    letters: frozenset[str]
    strength: int
    rule: str
    start: int
    end: int
    line: bool = False
