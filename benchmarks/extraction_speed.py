"""Times the answer extractor on plain replies, prose and very long replies.

    python benchmarks/extraction_speed.py

Prints the median of repeated timings per reply, in microseconds; options repeat, as they do in a run.
"""

import statistics
import timeit

from medosce.scoring.extraction import extract_choice

OPTIONS = {
    "A": "Respect her refusal and document the discussion",
    "B": "Transfuse her against her wishes",
    "C": "Ask her husband to decide",
    "D": "Seek a court order",
    "E": "Discharge her from hospital",
}
PROSE = (
    "The patient is an adult with capacity who has refused a transfusion on religious grounds. A doctor may not"
    " override such a "
    "refusal, even when the outcome may be death. Option B would be battery, and her husband has no standing to"
    " decide for her, so "
    "option C fails as well. A court order is only sought when capacity is in doubt, which it is not here."
    " Discharging her would "
    "abandon her care. The best course is to explore her reasons, respect the decision and keep a record."
    " Therefore, the answer is A."
)
PROSE_ZH = (
    "患者为具有完全民事行为能力的成年人，因宗教信仰拒绝输血。医生应当充分告知拒绝输血的风险，但不得违背其意愿强行治疗。B项侵犯患者的自主权，"
    "属于违法行为；C项家属无权代替有决定能力的患者作出决定；D项仅在患者决定能力存疑时才需要考虑；E项等于放弃患者，不符合医生的职业责任。"
    "自主原则要求医务人员尊重患者知情之后作出的选择，哪怕这一选择在医生看来并不明智。综上所述，医生应当尊重患者意愿，并做好病历记录，"
    "同时继续提供替代治疗、对症支持以及心理支持，必要时向上级医师和医务部门汇报。因此，本题的正确答案是A。"
)


def microseconds(reply: str, *, rounds: int = 15) -> float:
    """Median time of one reading of `reply`, in µs."""
    extract_choice(reply, OPTIONS, kind="single_choice")
    loops = max(1, int(2_000 / (1 + len(reply))))
    timings = timeit.repeat(lambda: extract_choice(reply, OPTIONS, kind="single_choice"), number=loops, repeat=rounds)
    return statistics.median(timings) / loops * 1e6


def main() -> None:
    cases = {
        "bare letter": "C",
        "Answer: X": "Answer: C",
        "答案：X": "答案：C",
        "short prose (48 characters)": "I would go with option A because she has capacity",
        f"English prose ({len(PROSE)} characters)": PROSE,
        f"Chinese prose ({len(PROSE_ZH)} characters)": PROSE_ZH,
        "English prose, 10 kB": (PROSE + "\n") * (10_000 // len(PROSE)),
        "English prose, 100 kB": (PROSE + "\n") * (100_000 // len(PROSE)),
        "100 kB of one letter": "A " * 50_000,
        "100 kB without a break": "x" * 100_000,
        "100 kB of open brackets": "(" * 100_000,
        "100 kB of 答案": "答案" * 50_000,
        "100 kB of white space": "Answer:" + " " * 100_000 + "C",
    }
    for name, reply in cases.items():
        print(f"{name:38s} {microseconds(reply, rounds=15 if len(reply) < 5_000 else 3):12.1f} µs")


if __name__ == "__main__":
    main()
