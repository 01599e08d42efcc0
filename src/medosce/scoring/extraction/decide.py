"""Which of a reply's commitments stands: the final one, if the reply says which is final.

Two different answers of one strength decide nothing unless the later is a marked correction or a final-answer
line of its own.
"""

from . import cues
from .records import Commitment


def _decides_later(text: str, earlier: Commitment, later: Commitment) -> bool | None:
    """True if `later` replaces `earlier`, False if `earlier` stands, None if the two contradict each other."""
    between = text[earlier.end : later.start]
    if len(between) > 4000:
        between = between[:2000] + between[-2000:]
    turned = cues.CORRECTION.search(between)
    if turned:
        if later.strength >= 2 or later.strength >= earlier.strength:
            return True
        return None
    if later.strength > earlier.strength:
        return True
    if len(earlier.letters) > 1 and later.letters < earlier.letters and later.strength >= 2:
        return True  # "between A and C, I would pick C"
    if later.strength < earlier.strength:
        return False
    if cues.WEAK_TURN.search(between[-80:]):
        return True
    if (
        later.line
        and later.strength == 3
        and (len(between.strip(" \n*_.。:：#")) > 24 or "final" in between.lower()[-30:] or "最终" in between[-20:])
    ):
        return True
    return None


def final_commitment(text: str, found: list[Commitment], *, many: bool) -> Commitment | None:
    """The commitment that stands, with empty letters where the reply contradicts itself; None without any."""
    if not found:
        return None
    stop = next(
        (
            m.start()
            for m in cues.NEXT_QUESTION.finditer(text)
            if any(c.end <= m.start() and c.strength >= 2 for c in found)
        ),
        None,
    )
    if stop is not None:  # the model went on to invent another question
        found = [c for c in found if c.end <= stop]
        text = text[:stop]
    current = found[0]
    for later in found[1:]:
        if later.letters == current.letters and later.letters:
            if later.strength >= current.strength:
                current = later
            continue
        if (
            many
            and current.strength == later.strength
            and current.strength <= 2
            and later.letters
            and current.letters
            and not cues.CORRECTION.search(text[current.end : later.start])
        ):
            current = Commitment(
                current.letters | later.letters, current.strength, current.rule, current.start, later.end
            )
            continue
        verdict = _decides_later(text, current, later)
        if verdict is True:
            current = later
        elif verdict is None:
            current = Commitment(
                frozenset(), max(current.strength, later.strength), "contradiction", current.start, later.end
            )
    tail = text[current.end :]
    if cues.RETRACTION.search(tail[-400:]) and current.end >= found[-1].end and not current.line:
        return Commitment(frozenset(), current.strength, "retracted", current.start, current.end)
    if current.line and cues.RETRACTION.search(tail[:60]):
        return Commitment(frozenset(), current.strength, "retracted", current.start, current.end)
    if current.strength < 2 and cues.DANGLING.search(text[-80:]) and current.end < len(text.rstrip()) - 12:
        return Commitment(frozenset(), current.strength, "truncated", current.start, current.end)
    return current
