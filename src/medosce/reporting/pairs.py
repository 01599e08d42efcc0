"""Models side by side: the table of models, the paired comparisons with Holm and the ranks, as template data."""

from typing import Any

from medosce.reporting import figures
from medosce.reporting.numbers import DASH, bare, count, interval, p_value, percent, points, points_interval
from medosce.reporting.payload import Tally
from medosce.reporting.source import ReportRun
from medosce.reporting.view import chance_of, cost_of, headline_metric, ledger, reason_of, replied, wall_of
from medosce.reporting.words import Both, named, t
from medosce.schema.dimensions import AXES


def models(
    runs: list[ReportRun], labels: list[str], tallies: list[Tally], comparison: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """One entry per run, in the order given: figures, outcomes, rank."""
    ranks = _ranks(runs, comparison)
    out = []
    for at, (run, label, tally) in enumerate(zip(runs, labels, tallies, strict=True)):
        metric = headline_metric(run.summary)
        metrics = run.summary.get("metrics") or {}
        estimate = metrics.get(metric) or {}
        out.append(
            {
                "at": at, "label": label, "figure": figures.one(estimate, at, chance_of(run.summary)),
                "value": bare(estimate.get("value")), "interval": interval(estimate), "reason": reason_of(estimate or None),
                "strict": _cell(metrics.get("strict_accuracy")), "consistency": _cell(metrics.get("consistency")),
                "replied": count(replied(run.summary)), "planned": count(run.manifest.planned),
                "cost": cost_of(run.summary), "wall": wall_of(run.summary), "rank": ranks.get(at),
                "digest": run.manifest.run_digest, "ledger": ledger(run.summary, tally.right if tally.marked else None),
                "swatch": swatch(at),
            }
        )  # fmt: skip
    return out


def swatch(model: int) -> Any:
    """A model's mark for legends and table heads."""
    return figures._svg("swatch", 16, figures.marker(0.5, 8, model, 5))


def pairs(labels: list[str], runs: list[ReportRun], comparison: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The paired comparisons, smallest adjusted p first."""
    if not comparison:
        return []
    place = _places(runs, comparison)
    rows = sorted(comparison.get("pairs") or [], key=lambda pair: 2.0 if pair.get("p_holm") is None else pair["p_holm"])
    out = []
    for pair in rows:
        names = [_label(comparison, place, labels, pair[side]) for side in ("a", "b")]
        out.append(
            {
                "a": names[0], "b": names[1], "difference": points(pair.get("difference")),
                "interval": points_interval(pair.get("low"), pair.get("high")), "p": p_value(pair.get("p")),
                "p_holm": p_value(pair.get("p_holm")), "n": count(pair.get("n")), "groups": count(pair.get("groups")),
                "only_a": count(pair.get("b_only")), "only_b": count(pair.get("c_only")),
                "test": named("method", str(pair.get("test") or DASH)),
                "left_out": count(pair.get("left_out")) if pair.get("left_out") else None, "strict": _strict(pair.get("strict")),
                "detectable": t("value.points", value=bare(_detectable(pair))) if _detectable(pair) is not None else None,
                "reason": named("reason", str(pair["reason"])) if pair.get("reason") else None,
                "verdict": _verdict(pair, names), "parts": [*_parts(pair, "by_axis", "axis"), *_parts(pair, "by_dimension", "dimension")],
            }
        )  # fmt: skip
    return out


def _detectable(pair: dict[str, Any]) -> float | None:
    value = pair.get("smallest_detectable_difference")
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, int | float) else None


def _strict(strict: dict[str, Any] | None) -> dict[str, str] | None:
    """The comparison of strict accuracy: one row per question, exact McNemar."""
    if not strict or strict.get("difference") is None:
        return None
    span = points_interval(strict.get("low"), strict.get("high"))
    return {"difference": points(strict["difference"]), "interval": span, "p": p_value(strict.get("p"))}


def _verdict(pair: dict[str, Any], names: list[str]) -> Both:
    p, difference = pair.get("p_holm", pair.get("p")), pair.get("difference")
    if p is None or difference is None:
        return t("pair.undefined")
    if p >= 0.05 or difference == 0:
        return t("pair.same")
    return t("pair.better", better=names[0] if difference > 0 else names[1])


def _parts(pair: dict[str, Any], part: str, key: str) -> list[dict[str, Any]]:
    out = []
    for row in pair.get(part) or []:
        name = str(row.get(key, ""))
        axis = AXES.get(name)
        out.append(
            {
                "id": "" if axis else name, "name": Both(axis[1], axis[0]) if axis else None, "n": count(row.get("n")),
                "difference": points(row.get("difference")), "interval": points_interval(row.get("low"), row.get("high")),
                "p": p_value(row.get("p")), "p_holm": p_value(row.get("p_holm")),
                "strong": (row.get("p_holm") if row.get("p_holm") is not None else 1) < 0.05,
            }
        )  # fmt: skip
    return out


def _places(runs: list[ReportRun], comparison: dict[str, Any]) -> dict[int, int]:
    """Index in the comparison -> index among the runs of the page."""
    at = {run.manifest.run_digest: index for index, run in enumerate(runs)}
    named_runs = comparison.get("runs") or []
    return {index: at.get(run.get("run_digest"), index) for index, run in enumerate(named_runs)}


def _label(comparison: dict[str, Any], place: dict[int, int], labels: list[str], index: int) -> str:
    at = place.get(index, index)
    if at < len(labels):
        return labels[at]
    return str((comparison.get("runs") or [])[index].get("model"))


def _ranks(runs: list[ReportRun], comparison: dict[str, Any] | None) -> dict[int, str]:
    if not comparison:
        return {}
    place = _places(runs, comparison)
    out = {}
    for rank in comparison.get("ranks") or []:
        value, low, high = rank.get("rank"), rank.get("low"), rank.get("high")
        text = DASH if value is None else f"{value:g}"
        if low is not None and high is not None:
            text += f" ({low:g}–{high:g})" if low != high else f" ({low:g})"
        out[place.get(rank["run"], rank["run"])] = text
    return out


def _cell(estimate: dict[str, Any] | None) -> dict[str, Any]:
    if estimate is None:
        return {"value": DASH, "interval": None, "reason": None}
    span = interval(estimate)
    value = estimate.get("value")
    return {
        "value": percent(value).en.split("\u202f")[0] if value is not None else DASH,
        "interval": None if span == DASH else span,
        "reason": reason_of(estimate),
    }
