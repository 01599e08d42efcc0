"""Every text an error can carry has its Chinese; what is nobody's template stays as it is; English does not change."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from exam import question, questions, write_rows
from raised_texts import texts

import medosce
from loopback import serving_in_thread, status
from medosce.cli import error_words, words
from medosce.cli.error_words import told, told_error, told_fault
from medosce.schema.errors import InputError, MedOSCEError
from medosce.schema.items import Fault
from medosce.schema.items_file import FileFault

Command = Callable[..., Any]
CATALOGUE = json.loads((Path(medosce.__file__).parent / "cli" / "locales" / "errors.zh.json").read_text("utf-8"))
TEXTS = texts()
RAISED = [(section, text) for section, found in TEXTS.items() for text in found]
PLACE = re.compile(r"\{(\d+)(?::(\w+))?\}")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MEDOSCE_LANG", "zh")
    words.language.cache_clear()
    yield
    words.language.cache_clear()


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "exam.jsonl", questions(4))


def test_the_source_is_read_for_its_texts() -> None:
    assert len(TEXTS["messages"]) > 150 and len(TEXTS["mends"]) > 80
    for section, text in [
        ("messages", "{0} is not among the options {1}"), ("messages", "expected one label"), ("mends", "did you mean {0}?"),
        ("messages", "this endpoint returns no log-probabilities{0}; use --method generate"), ("parts", " ({0})"),
        ("messages", "{0}: in use by another process (process {1}); wait for it or stop it"), ("parts", "the key was refused"),
        ("parts", "the provider refuses this account or model"), ("mends", "`medosce data validate` lists every fault"),
        ("reasons", "{0}: not a set this importer knows"), ("parts", "nothing"), ("mends", "the row has no field"),
    ]:  # fmt: skip
        assert text in TEXTS[section], text


def test_every_raised_text_has_a_chinese_one_with_the_same_values() -> None:
    missing = [
        f"{TEXTS[section][text]}: {section}: {text}" for section, text in RAISED if text not in CATALOGUE[section]
    ]
    assert not missing
    for section, entries in CATALOGUE.items():
        for english, chinese in entries.items():
            assert {m[1] for m in PLACE.finditer(english)} == {m[1] for m in PLACE.finditer(chinese)}, (
                section,
                english,
            )
            assert all(m[2] in {None, *error_words._KINDS} for m in PLACE.finditer(chinese)), chinese
            # Of our own words nothing may be left in English; a bare mark or a proper name is none.
            assert (
                HAN.search(chinese)
                or section in ("parts", "library")
                or chinese.startswith(("HTTP", "{0:words}（HTTP", "{0}：{1"))
            ), chinese


def test_the_catalogue_holds_no_text_that_nobody_raises() -> None:
    stale = [text for section, found in TEXTS.items() for text in CATALOGUE[section] if text not in found]
    assert not stale


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(("section", "text"), [pair for pair in RAISED if pair[0] != "parts"])
def test_a_sample_of_every_text_is_told_by_its_own_template(section: str, text: str) -> None:
    # Two values side by side cannot be told apart, so the first of such a pair is left empty.
    values = [f"«值{n}»" for n in range(len(PLACE.findall(text)))]
    for at in re.finditer(r"\{(\d+)\}(?=\{)", text):
        values[int(at[1])] = ""
    sample = PLACE.sub(lambda m: values[int(m[1])], text)
    assert told(sample, section) == PLACE.sub(lambda m: values[int(m[1])], CATALOGUE[section][text])


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("10 requests in a row failed, the last with: HTTP 500: overloaded", "连续 10 次请求失败，最后一次：HTTP 500：overloaded"),
        ("the key was refused (HTTP 401: Incorrect API key: [key])", "密钥被拒绝（HTTP 401：Incorrect API key: [key]）"),
        ("expected a JSON object, found a list", "应为 JSON 对象，实为列表"),
        ("holds another run: model a there, b wanted; seed 0 there, 1 wanted",
         "其中已有另一次运行：模型：已有 a，所需 b；seed：已有 0，所需 1"),
        ("no row of it can be imported: 3 × a question; 2 × the key is missing", "没有可导入的行：3 × a question；2 × 缺答案"),
        ("the models are priced in CNY and USD", "各模型的计价币种不同：CNY、USD"),
        ("this endpoint returns no log-probabilities; use --method generate", "该服务不返回对数概率；请改用 --method generate"),
        ("this endpoint returns no log-probabilities (no such field); use --method generate",
         "该服务不返回对数概率（no such field）；请改用 --method generate"),
        ("You exceeded your current quota", "You exceeded your current quota"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_stands_inside_a_message_is_told_too_and_foreign_words_stay(english: str, expected: str) -> None:
    assert told(english) == expected


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "text", ["{", '{"a": ', '{"a" 1}', '{"a": 1 "b"}', "{a: 1}", '{"a": "x', '{"a": "\\q"}', "{} {}", '{"a": "\t"}']
)
def test_what_python_says_of_malformed_json_is_told(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        json.loads(text)
    assert isinstance(caught.value, json.JSONDecodeError)
    for said in (
        f"not valid JSON: {caught.value}",
        f"not valid JSON: {caught.value.msg} at column {caught.value.colno}",
    ):
        assert not re.search(
            "expect|invalid|extra|unterm|column|line", told(said).replace("\\uXXXX", ""), re.IGNORECASE
        ), told(said)


@pytest.mark.usefixtures("chinese")
def test_where_and_field_stay_and_the_marks_are_chinese() -> None:
    error = InputError("missing", where="missing.jsonl:3", field="missing", mend="give every item its own id")
    assert told_error(error) == "missing.jsonl:3：missing：缺失（请为每道题目给出各自的 id）"
    assert told_error(InputError("Permission denied", where="a")) == "a：Permission denied"
    assert told_error(MedOSCEError("a: in use by another process; wait for it or stop it")).startswith(
        "a：正被另一进程使用"
    )
    fault = FileFault(2, Fault("", "holds no item"))
    assert told_fault(Path("a.jsonl"), fault) == "a.jsonl:2：其中没有题目"


def test_english_does_not_change_and_loads_no_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    words.language.cache_clear()
    monkeypatch.setattr(error_words, "_catalogue", lambda: pytest.fail("read in English"))
    error = InputError("missing", where="a.jsonl:3", field="id", mend="leave it out")
    assert told_error(error) == str(error) == "a.jsonl:3: id: missing (leave it out)"
    assert told("missing") == "missing"
    assert told_fault(Path("a.jsonl"), FileFault(2, Fault("id", "missing", "x"))) == "a.jsonl:2: id: missing (x)"


def test_help_reads_no_catalogue() -> None:
    code = "import sys, atexit; sys.argv = ['medosce', '--help']\n"
    code += "atexit.register(lambda: print('medosce.cli.error_words' in sys.modules))\n"
    code += "from medosce.cli.main import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith("False\n"), done


def test_a_malformed_items_file_is_refused_in_chinese(process: Command, items: Path) -> None:
    write_rows(items, [*questions(3), question("bad", "E")])
    ended = process("run", items, "-m", "baseline:first", MEDOSCE_LANG="zh")
    ended.refused(
        f"medosce: {items}:4：answer：'E' 不在选项 A, B, C, D 之中（用 `medosce data validate` 可列出全部错误）"
    )
    items.write_text('{"id": "x",\n')
    ended = process("run", items, "-m", "baseline:first", MEDOSCE_LANG="zh")
    ended.refused(f"{items}:1：不是有效的 JSON，第 1", "（每行须为一个完整的 JSON 对象）")


def test_a_model_that_cannot_be_had_is_refused_in_chinese(process: Command, items: Path) -> None:
    process("run", items, "-m", "gpt4", MEDOSCE_LANG="zh").refused(
        "--model：未知的模型 'gpt4'（可用的有：", "baseline:random"
    )
    process("run", items, "-m", "openai:gpt-4o", MEDOSCE_LANG="zh").refused(
        "medosce: openai:gpt-4o：缺少密钥（请设置 OPENAI_API_KEY）\n"
    )
    process("run", items, "-m", "baseline:first", "--config", "none.toml", MEDOSCE_LANG="zh").refused(
        "none.toml：文件不存在"
    )


def test_an_endpoint_that_fails_is_named_in_chinese(process: Command, items: Path) -> None:
    arguments = ("run", items, "-m", "compat:m", "--no-cache", "--quiet", "--base-url")
    with serving_in_thread() as server:
        url = server.url
    ended = process(*arguments, url + "/v1", MEDOSCE_LANG="zh")
    ended.refused("compat:m：", "无法连接到 http://127.0.0.1", "已就绪，可重新运行同一命令）")
    with serving_in_thread(lambda _: status(401)) as server:
        process(*arguments, server.url + "/v1", MEDOSCE_LANG="zh").refused(
            "compat:m：密钥被拒绝（HTTP 401：", "（尚无任何应答；"
        )


def test_a_failed_model_among_others_is_told_in_chinese_and_in_english_to_programs(
    process: Command, items: Path
) -> None:
    with serving_in_thread(lambda _: status(404)) as server:
        arguments = (
            "run",
            items,
            "-m",
            "baseline:first",
            "-m",
            "compat:m",
            "--base-url",
            server.url + "/v1",
            "--no-cache",
            "-q",
            "--json",
        )
        ended = process(*arguments, MEDOSCE_LANG="zh")
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert ended.err.startswith("medosce: compat:m：模型或地址不存在（HTTP 404：")
    assert ended.json["failed"]["compat:m"].startswith("compat:m: no such model or address (HTTP 404: ")


def test_another_run_in_the_folder_is_refused_in_chinese(process: Command, items: Path) -> None:
    assert process("run", items, "-m", "baseline:first", "--out", "a", "-q", MEDOSCE_LANG="zh").code == 0
    ended = process("run", items, "-m", "baseline:longest", "--out", "a", "-q", MEDOSCE_LANG="zh")
    ended.refused(
        "medosce: a：其中已有另一次运行：模型：已有 baseline:first，所需 baseline:longest",
        "（请换一个 --out，或加 --fresh 将其替换）\n",
    )


def test_validation_lists_its_faults_in_chinese_and_in_english_to_programs(process: Command, items: Path) -> None:
    write_rows(items, [question("q", "E"), question("q"), {"id": 5}])
    ended = process("data", "validate", items, MEDOSCE_LANG="zh")
    assert ended.code == 2
    *faults, last = ended.out.splitlines()
    assert faults[0] == f"{items}:1：answer：'E' 不在选项 A, B, C, D 之中"
    assert faults[1] == f"{items}:2：id：'q' 已在第 1 行出现（请为每道题目给出各自的 id）"
    assert f"{items}:3：id：缺失或不是文本（请为每道题目给出唯一的文本 id）" in faults
    assert len(faults) == 5 and "5 处错误" in last
    listed = process("data", "validate", items, "--json", MEDOSCE_LANG="zh").json["faults"]
    assert listed[0]["message"] == "'E' is not among the options A, B, C, D"


def test_import_reasons_are_told_in_chinese(process: Command, tmp_path: Path) -> None:
    source = tmp_path / "exam.csv"
    source.write_text("stem,one,two,key\n题一,甲,乙,A\n题二,甲,甲,A\n题三,甲,乙,\n", encoding="utf-8")
    mapped = ("--language", "zh", "--map", "question=stem,A=one,B=two,answer=key")
    done = process("data", "import", "csv", source, "-o", "out.jsonl", *mapped, MEDOSCE_LANG="zh")
    assert done.code == 0 and "有两个选项内容相同" in done.out and "缺答案" in done.out
    source.write_text("stem,one,two,key\n题二,甲,甲,A\n", encoding="utf-8")
    ended = process("data", "import", "csv", source, "-o", "none.jsonl", *mapped, MEDOSCE_LANG="zh")
    ended.refused("没有可导入的行：1 × 有两个选项内容相同")


def test_a_run_that_stopped_says_why_in_chinese_and_keeps_its_exit_code(process: Command, items: Path) -> None:
    Path("replies.jsonl").write_text('{"id": "q0", "reply": "A"}\n')
    ended = process("run", items, "-m", "replay:replies.jsonl", "--out", "a", "-q", MEDOSCE_LANG="zh")
    assert ended.code == 3
    assert re.search("最近一次故障：没有 '.+' 的应答记录", ended.err), ended.err


def test_a_wrong_option_is_told_in_chinese(process: Command, items: Path) -> None:
    ended = process("run", items, "-m", "baseline:first", "-c", "many", MEDOSCE_LANG="zh")
    assert ended.code == 2 and "'many' 既不是 auto，也不是数字" in ended.err
