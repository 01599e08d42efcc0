"""Tables for the terminal: rich where there is one, plain aligned text where there is not.

Model names are data: rich markup in them is shown, never obeyed.
"""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from medosce.reporting.numbers import DASH, bare, count, interval, p_value, percent, points, points_interval
from medosce.reporting.source import ReportRun, labels_of
from medosce.reporting.view import cost_of, headline_metric, reason_of
from medosce.reporting.words import named, t
from medosce.schema.outcomes import OUTCOMES

if TYPE_CHECKING:
    from rich.table import Table

Grid = tuple[str, list[str], list[list[str]]]
"""(title, column heads, rows)."""


def summary_table(folders: Sequence[ReportRun], language: str = "en") -> "Table":
    """One row per run: the headline metric with its interval, strict accuracy, consistency, n, outcomes, cost."""
    return _rich(_summary(list(folders), language), (0, 6))


def summary_text(folders: Sequence[ReportRun], language: str = "en") -> str:
    """`summary_table` as plain text."""
    return _plain(_summary(list(folders), language))


def comparison_table(comparison: dict[str, Any], language: str = "en") -> "Table":
    """One row per pair of runs: difference, interval, p and Holm-adjusted p, discordant rows."""
    return _rich(_comparison(comparison, language), (0, 1))


def comparison_text(comparison: dict[str, Any], language: str = "en") -> str:
    """`comparison_table` as plain text."""
    return _plain(_comparison(comparison, language))


def _summary(runs: list[ReportRun], language: str) -> Grid:
    metrics = [headline_metric(run.summary) for run in runs]
    first = metrics[0] if metrics and len(set(metrics)) == 1 else "accuracy"
    heads = [t("table.model"), named("metric", first), t("table.interval"), t("metric.strict_accuracy"), t("metric.consistency"),
             t("table.n"), t("table.outcomes"), t("setting.cost")]  # fmt: skip
    rows = []
    for run, label, metric in zip(runs, labels_of(runs), metrics, strict=True):
        its = run.summary.get("metrics") or {}
        estimate = its.get(metric) or {}
        outcomes = run.summary.get("outcomes") or {}
        ledger = [f"{t(f'outcome.{o}').of(language)} {count(outcomes[o])}" for o in OUTCOMES if outcomes.get(o)]
        span = interval(estimate)
        if span == DASH and estimate and (reason := reason_of(estimate)):
            span = reason.of(language)
        rows.append(
            [label, percent(estimate.get("value")).of(language), span, _percent(its.get("strict_accuracy"), language),
             _percent(its.get("consistency"), language), count(estimate.get("n")), ", ".join(ledger), cost_of(run.summary).of(language)]
        )  # fmt: skip
    title = " · ".join(dict.fromkeys(str(run.manifest.suite.get("name")) for run in runs))
    return title, [head.of(language) for head in heads], rows


def _percent(estimate: dict[str, Any] | None, language: str) -> str:
    return percent((estimate or {}).get("value")).of(language)


def _comparison(comparison: dict[str, Any], language: str) -> Grid:
    names = [str(run.get("model")) for run in comparison.get("runs") or []]
    twins = {name for name in names if names.count(name) > 1}
    names = [
        f"{name} ({str(run.get('run_digest', ''))[:8]})" if name in twins else name
        for name, run in zip(names, comparison.get("runs") or [], strict=True)
    ]
    heads = ["table.a", "table.b", "table.difference", "table.interval", "table.p", "table.p_holm", "table.only_a",
             "table.only_b", "table.n", "table.detectable"]  # fmt: skip
    rows = []
    for pair in comparison.get("pairs") or []:
        detectable = pair.get("smallest_detectable_difference")
        if isinstance(detectable, dict):
            detectable = detectable.get("value")
        rows.append(
            [names[pair["a"]], names[pair["b"]], points(pair.get("difference")), points_interval(pair.get("low"), pair.get("high")),
             p_value(pair.get("p")).removeprefix("= "), p_value(pair.get("p_holm")).removeprefix("= "), count(pair.get("b_only")),
             count(pair.get("c_only")), count(pair.get("n")), bare(detectable)]
        )  # fmt: skip
    return str(comparison.get("suite", "")), [t(head).of(language) for head in heads], rows


def _rich(grid: Grid, text_columns: tuple[int, ...]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    title, heads, rows = grid
    table = Table(
        title=Text(_printable(title)), title_justify="left", header_style="bold", show_edge=False, pad_edge=False
    )
    for at, head in enumerate(heads):
        words = at in text_columns
        table.add_column(Text(head), justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    return table


def _plain(grid: Grid) -> str:
    title, heads, rows = grid
    cells = [[_printable(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(_width(row[at]) for row in cells) for at in range(len(heads))]
    lines = [
        "  ".join(cell + " " * (widths[at] - _width(cell)) for at, cell in enumerate(row)).rstrip() for row in cells
    ]
    return "\n".join([_printable(title), *lines])


def _printable(text: str) -> str:
    """Control characters (terminal escapes among them) replaced."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)
