"""Numbers as they are written, and the terminal's tables."""

from pathlib import Path

import pytest
from report_runs import make_comparison, make_run
from rich.console import Console

from medosce.reporting import comparison_table, comparison_text, summary_table, summary_text
from medosce.reporting.numbers import count, duration, interval, money, p_value, percent, points, points_interval


def test_percent_has_one_decimal_and_the_spacing_of_its_language() -> None:
    assert percent(0.427) == ("42.7\u202f%", "42.7%")
    assert percent(None).en == "–"
    assert percent(-0.00001).zh == "0.0%"


def test_intervals_take_an_en_dash_and_differences_brackets() -> None:
    assert interval({"low": 0.399, "high": 0.4551}) == "39.9–45.5"
    assert interval({"low": None, "high": 0.4}) == "–"
    assert (points(0.032), points(-0.01), points(0.0001)) == ("+3.2", "−1.0", "0.0")
    assert points_interval(-0.01, 0.032) == "[−1.0, +3.2]"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0004, "< 0.001"), (0.004, "= 0.004"), (0.0312, "= 0.03"), (1.0, "> 0.99"), (None, "–"), (0.0, "< 0.001")],
)
def test_p_values(p: float | None, text: str) -> None:
    assert p_value(p) == text


def test_counts_money_and_time() -> None:
    assert (count(1992), count(None)) == ("1,992", "–")
    assert (money(1.8074, "USD"), money(0.0012, "CNY"), money(None, None)) == ("USD 1.81", "CNY 0.0012", "–")
    assert (duration(12.34).en, duration(252.4).zh, duration(3780).en) == ("12.3 s", "4 分 12 秒", "1 h 3 min")


def drawn(table: object, width: int = 200) -> str:
    console = Console(width=width, record=True, color_system=None, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(table)
    return console.export_text()


def test_the_summary_table_states_figure_interval_n_outcomes_and_cost(tmp_path: Path) -> None:
    run = make_run(tmp_path, groups=20)
    text = drawn(summary_table([run]))
    accuracy = run.summary["metrics"]["accuracy"]
    for part in (
        percent(accuracy["value"]).en,
        interval(accuracy),
        count(accuracy["n"]),
        "Answered",
        "USD 1.81",
        "openai:gpt-4o",
    ):
        assert part in text


def test_both_tables_speak_chinese(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(i), groups=2, seed=i, model=f"m{i}") for i in range(2)]
    assert "答对率" in summary_text(runs, "zh") and "已作答" in summary_text(runs, "zh")
    assert "差异（百分点）" in comparison_text(make_comparison(runs), "zh")


def test_plain_columns_line_up_under_wide_characters(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(i), groups=2, seed=i, model=m) for i, m in enumerate(("模型甲", "model-b"))]
    lines = summary_text(runs, "zh").splitlines()[1:]
    at = [len(line[: line.index("%")].encode("gbk")) for line in lines[1:]]
    assert len(set(at)) == 1


def test_a_model_name_cannot_style_or_steer_the_terminal(tmp_path: Path) -> None:
    run = make_run(tmp_path, groups=2, model="[bold red]x[/] \x1b[2J")
    assert "[bold red]x[/]" in drawn(summary_table([run]))
    assert "\x1b" not in summary_text([run])


def test_the_comparison_table_has_holm_and_discordant_rows(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(i), groups=10, seed=i, model=f"m{i}", skill=s) for i, s in enumerate((0.9, 0.1))]
    text = drawn(comparison_table(make_comparison(runs)))
    for part in ("Holm", "m0", "m1", "300", "210", "< 0.001", "1,900"):
        assert part in text
