"""The closed ledger of outcomes: every planned row ends as exactly one of these."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a planned row. The model has replied in the first five; the last four are missing."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    REFUSED = "refused"
    UNPARSED = "unparsed"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    PROVIDER_ERROR = "provider_error"
    JUDGE_ERROR = "judge_error"
    NOT_ASKED = "not_asked"


REPLIED = frozenset({Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.REFUSED, Outcome.UNPARSED, Outcome.TRUNCATED})
"""The model replied: these rows are the denominator of accuracy."""

AMBIGUOUS = frozenset({Outcome.UNPARSED, Outcome.TRUNCATED})
"""Replied, but what was meant is unknown: the best bound takes them as right."""

MISSING = frozenset({Outcome.FILTERED, Outcome.PROVIDER_ERROR, Outcome.JUDGE_ERROR, Outcome.NOT_ASKED})
"""Never right, wrong or random; they set the bounds."""

OUTCOMES: tuple[Outcome, ...] = tuple(Outcome)
"""In ledger order; the position serves as a compact code."""
