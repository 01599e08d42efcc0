"""The report in a real Chromium: hostile replies stay text, nothing leaves, it is quick, and it fits a phone."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from report_runs import HOSTILE, make_comparison, make_run

from medosce.reporting import write_joint_report, write_run_report

Open = Callable[..., Any]


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Open]:
    """Opens a file; afterwards no error may have been logged and nothing but the file itself asked for."""
    watched: list[tuple[str, list[str], list[str]]] = []
    contexts = []

    def opened(path: Path, *, width: int = 1280, locale: str = "en-GB", hash: str = "", theme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        asked: list[str] = []
        faults: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri() + hash)
        page.wait_for_selector(".row, .none, .detail h3")
        watched.append((path.as_uri(), asked, faults))
        return page

    yield opened
    for uri, asked, faults in watched:
        assert [url for url in asked if url.split("#")[0] != uri] == []
        assert faults == []
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return write_run_report(make_run(folder, groups=40, orders=3, notes=("model_checked", "embedded")))


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joint")
    named = (
        ("openai:gpt-4o", 0.5),
        ("deepseek:a-model-with-quite-a-long-name-of-its-own", 0.6),
        ("embedded:smollm2", 0.05),
    )
    runs = [make_run(folder / str(i), groups=20, orders=2, seed=i, model=m, skill=s) for i, (m, s) in enumerate(named)]
    return write_joint_report(runs, make_comparison(runs), folder / "joint.html")


def count_of(page: Any) -> int:
    return int(page.inner_text(".count").split()[0].replace(",", ""))


def until(page: Any, condition: str) -> None:
    """Wait for a condition without Playwright's own waiting in the page, which the page's policy (no eval) forbids."""
    end = time.perf_counter() + 5
    while not page.evaluate(condition):
        assert time.perf_counter() < end, condition
        page.wait_for_timeout(20)


def choose(page: Any, name: str, value: str) -> None:
    page.select_option(f'[data-filter="{name}"]', value)


def test_hostile_replies_are_shown_and_never_run(open_page: Open, tmp_path: Path) -> None:
    run = make_run(tmp_path, groups=1, orders=5, hostile=True)
    page = open_page(write_run_report(run))
    seen = []
    for at in range(10):
        page.locator(".row").nth(at).click()
        page.locator(".prompt summary").click()
        seen.append(page.locator(".answer .block .reply").first.evaluate("node => node.textContent"))
        assert (
            page.locator(".detail img, .detail script, .detail iframe, .detail svg, .detail b, .detail style").count()
            == 0
        )
    assert seen == [HOSTILE[at] for at in range(10)]
    assert page.evaluate("window.__pwned") is None
    assert page.locator("#settings-head").is_visible()


def test_hostile_names_questions_and_options_never_run(open_page: Open, tmp_path: Path) -> None:
    import msgspec

    run = make_run(tmp_path, groups=1, orders=1, model=HOSTILE[0])
    evil = HOSTILE[0] + HOSTILE[2]
    row = run.made[0]
    row.item = msgspec.structs.replace(
        row.item, question=evil, options={"A": evil, "B": HOSTILE[5]}, rationale=evil, dimension=evil, specialty=evil
    )
    run.summary["by_dimension"] = {evil: run.summary["metrics"]}
    run.summary["notes"], run.summary["returned"] = [evil], [{"model": evil, "fingerprint": evil, "n": 1}]
    page = open_page(write_run_report(run))
    page.locator(".row").first.click()
    assert page.locator(".question .prose").first.evaluate("node => node.textContent") == evil
    assert page.locator("body img, body iframe, body script:not([type]) ~ script").count() == 0
    page.locator("#dimensions a").first.click()
    page.wait_for_timeout(100)
    assert page.evaluate("window.__pwned") is None


def test_twelve_thousand_rows_open_in_two_seconds(open_page: Open, tmp_path: Path) -> None:
    path = write_run_report(make_run(tmp_path, groups=1200, orders=5))
    start = time.perf_counter()
    page = open_page(path)
    ready = time.perf_counter() - start
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"\n12,000 rows, {path.stat().st_size / 1e6:.2f} MB: first paint {painted:.0f} ms, items ready {ready:.2f} s")
    assert count_of(page) == 12_000 and page.locator(".row").count() == 50
    assert painted < 2000
    assert ready < 4, "two seconds with slack for a busy machine"
    start = time.perf_counter()
    choose(page, "verdict", "right")
    until(page, "!document.querySelector('.count').textContent.startsWith('12,000')")
    assert time.perf_counter() - start < 1


def test_the_switch_changes_every_text_at_once_and_is_remembered(open_page: Open, report: Path) -> None:
    page = open_page(report)
    assert page.locator("html").get_attribute("lang") == "en"
    assert "No clinician has reviewed these items" in page.inner_text(".caveats")
    page.click('[data-set-lang="zh"]')
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    shown = page.inner_text("body")
    assert "题目仅经模型互查，尚未经临床专家审核" in shown and "答对率" in shown and "清除筛选" in shown
    assert "No clinician" not in shown and "Clear filters" not in shown
    assert "伦理与安全考核" in page.title()
    page.reload()
    page.wait_for_selector(".row")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_the_browsers_language_decides_at_first(open_page: Open, report: Path) -> None:
    page = open_page(report, locale="zh-CN")
    assert page.locator("html").get_attribute("data-lang") == "zh"
    assert "题次" in page.inner_text("#ledger")


def test_the_item_browser_filters_by_everything_it_offers(open_page: Open, report: Path) -> None:
    page = open_page(report)
    everything = count_of(page)
    assert everything == 240
    choose(page, "dimension", "E5")
    assert count_of(page) == 12
    choose(page, "language", "zh")
    assert count_of(page) == 6
    assert all(".zh" in text for text in page.locator(".row .id").all_inner_texts())
    page.click("text=Clear filters")
    assert count_of(page) == everything
    parts = 0
    for verdict in ("right", "wrong", "missing"):
        choose(page, "verdict", verdict)
        parts += count_of(page)
        assert page.locator(f".glyph.{verdict}").count() == page.locator(".row").count()
    assert parts == everything
    choose(page, "verdict", "")
    choose(page, "axis", "safety")
    assert count_of(page) == 108
    choose(page, "axis", "")
    choose(page, "outcome", "2")
    assert set(page.locator(".said").all_inner_texts()) <= {"Refused"}
    page.click("text=Clear filters")
    page.fill('[data-filter="text"]', "S9-0002.EN")
    until(page, "document.querySelector('.count').textContent.startsWith('3 ')")
    page.fill('[data-filter="text"]', "no such words anywhere")
    page.wait_for_selector(".none")


def test_the_language_switch_keeps_filters_and_the_open_row(open_page: Open, report: Path) -> None:
    page = open_page(report)
    choose(page, "dimension", "S5")
    page.locator(".row").nth(2).click()
    id = page.inner_text(".detail h3 .id")
    page.click('[data-set-lang="zh"]')
    assert page.inner_text(".detail h3 .id") == id and "S5" in page.inner_text(".tags")
    assert page.inner_text(".count") == "12 / 240"


def test_pages_of_fifty_and_the_keyboard(open_page: Open, report: Path) -> None:
    page = open_page(report)
    assert page.locator(".row").count() == 50
    page.locator(".row").first.click()
    for key in ("j", "j", "ArrowDown", "k"):
        page.keyboard.press(key)
    assert page.locator(".row").nth(2).get_attribute("aria-current") == "true"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "detail"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.dataset.filter") == "text"
    page.keyboard.press("Escape")
    page.click('[aria-label="Next page"]')
    assert "Page 2 of 5" in page.inner_text(".pager")
    page.locator(".row").first.focus()
    page.keyboard.press("k")
    assert "Page 1 of 5" in page.inner_text(".pager"), "k on the first row of a page steps back over the edge"


def test_a_link_opens_its_row_and_a_dimension_its_items(open_page: Open, report: Path) -> None:
    page = open_page(report, hash="#item=S4-0002.en&order=2")
    page.wait_for_selector(".detail h3")
    assert page.inner_text(".detail h3 .id") == "S4-0002.en" and "order 2" in page.inner_text(".tags")
    page.click("#dimensions a:has-text('E7')")
    until(page, "document.querySelector('[data-filter=dimension]').value === 'E7'")
    assert count_of(page) == 12
    page = open_page(report, hash="#item=nowhere")
    until(page, "/nowhere/.test(document.querySelector('.count').textContent)")


def test_the_detail_shows_question_options_key_reply_answer_prompt_and_rationale(
    open_page: Open, tmp_path: Path
) -> None:
    run = make_run(tmp_path, groups=4, orders=3)
    place = next(i for i, row in enumerate(run.made) if row.score.outcome == "answered" and row.score.order == 2)
    made = run.made[place]
    page = open_page(write_run_report(run), hash=f"#item={made.item.id}&order=2")
    page.wait_for_selector(".detail h3")
    page.click(".prompt summary")
    text = page.locator(".detail").evaluate("node => node.textContent")
    assert made.response and made.item.options and made.item.rationale
    for part in (
        made.item.question,
        made.item.rationale,
        made.response.text,
        *made.item.options.values(),
        made.messages[1].content,
    ):
        assert part in text
    key = page.locator(".options .key")
    assert key.count() == 1 and key.locator(".letter").inner_text() == made.item.answer
    assert page.inner_text(".status strong") == made.score.answer
    assert "Options were shown in the order C D E A B" in text
    assert page.locator(".turn-of .reply").nth(1).evaluate("n => n.textContent") == made.messages[1].content


def test_models_are_read_side_by_side(open_page: Open, joint: Path) -> None:
    page = open_page(joint)
    everything = count_of(page)
    assert everything == 80 and page.locator(".row").first.locator(".glyph").count() == 3
    choose(page, "verdict", "disagree")
    assert 0 < count_of(page) < everything
    page.locator(".row").first.click()
    assert page.locator(".of-model").all_inner_texts() == [
        "openai:gpt-4o",
        "deepseek:a-model-with-quite-a-long-name-of-its-own",
        "embedded:smollm2",
    ]
    page.click("text=Clear filters")
    choose(page, "verdict", "right")
    any_model = count_of(page)
    choose(page, "model", "2")
    assert count_of(page) < any_model


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(open_page: Open, report: Path, joint: Path, width: int, locale: str) -> None:
    for path in (report, joint):
        page = open_page(path, width=width, locale=locale)
        for details in page.locator("details").all():
            details.evaluate("node => node.open = true")
        page.locator(".row").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_row_opens_and_closes(open_page: Open, report: Path) -> None:
    page = open_page(report, width=390)
    assert not page.locator(".detail").is_visible()
    page.locator(".row").nth(3).click()
    assert page.locator(".detail").is_visible() and not page.locator(".rows").is_visible()
    page.click(".back")
    assert page.locator(".rows").is_visible() and not page.locator(".detail").is_visible()


def test_long_unbroken_replies_wrap_on_a_phone(open_page: Open, tmp_path: Path) -> None:
    import msgspec

    run = make_run(tmp_path, groups=1, orders=1)
    for row in run.made:
        row.response = msgspec.structs.replace(row.response, text="x" * 1500)
    page = open_page(write_run_report(run), width=390)
    page.locator(".row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(open_page: Open, report: Path, theme: str) -> None:
    page = open_page(report, theme=theme)
    for selector in (
        "body",
        ".lead",
        ".caveat p",
        ".tags",
        ".languages [aria-pressed=true]",
        ".glyph.right",
        ".glyph.wrong",
        "summary",
        ".card-sub",
    ):
        colours = page.locator(selector).first.evaluate(
            """node => { const ink = getComputedStyle(node).color; let at = node;
            while (at && /rgba\\(0, 0, 0, 0\\)|transparent/.test(getComputedStyle(at).backgroundColor)) at = at.parentElement;
            return [ink, getComputedStyle(at || document.body).backgroundColor]; }"""
        )
        assert _contrast(*colours) >= 4.5, (selector, colours)


def _contrast(first: str, second: str) -> float:
    bright = []
    for colour in (first, second):
        parts = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        bright.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(bright) + 0.05) / (min(bright) + 0.05)


def test_the_page_is_marked_up_for_readers(open_page: Open, report: Path) -> None:
    page = open_page(report)
    assert page.locator("h1").count() == 1
    assert all(page.locator(tag).count() == 1 for tag in ("main", "header.masthead", "nav", "footer"))
    levels = page.eval_on_selector_all("h1,h2,h3,h4", "nodes => nodes.map(n => +n.tagName[1])")
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert page.eval_on_selector_all("table", "tables => tables.filter(t => !t.caption).length") == 0
    unnamed = "nodes => nodes.filter(n => !n.textContent.trim() && !n.getAttribute('aria-label')).length"
    assert page.eval_on_selector_all("button, a", unnamed) == 0
    assert page.eval_on_selector_all("select, input", "nodes => nodes.filter(n => !n.labels.length).length") == 0
