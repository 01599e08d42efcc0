"""What a model is asked: the wording by language and kind, and texts that must not be mistaken for placeholders."""

import pytest

from medosce.schema.errors import InputError
from medosce.schema.items import Item, Message
from medosce.suites.prompts import PROMPTS, Prompt, Wording, prompt_named, shown_options

OPTIONS = {"A": "Stop", "B": "Wait"}


def question(text: str | None = "What next?", **fields: object) -> Item:
    given = {"kind": "single_choice", "language": "en", "options": OPTIONS, "answer": "A"}
    return Item(id="q", question=text, **{**given, **fields})  # type: ignore[arg-type]


def asked(item: Item, name: str = "letter", order: int = 0) -> list[tuple[str, str]]:
    shown, _ = shown_options(item, order, 0)
    return [(message.role, message.content) for message in prompt_named(name).messages(item, shown)]


def test_the_letter_prompt_asks_for_the_letter_alone() -> None:
    system, user = asked(question())
    assert system[0] == "system" and "single best option" in system[1] and "letter only" in system[1]
    assert user == ("user", "What next?\nA. Stop\nB. Wait")


def test_a_chinese_item_is_asked_in_chinese_and_an_unknown_language_in_english() -> None:
    assert "单项选择题" in asked(question(language="zh"))[0][1]
    assert asked(question(language="fr")) == asked(question())


@pytest.mark.parametrize(("language", "words"), [("en", "every correct option"), ("zh", "所有正确的选项")])
@pytest.mark.parametrize("name", ["letter", "reasoned"])
def test_multiple_choice_is_asked_for_every_correct_option(language: str, words: str, name: str) -> None:
    item = question(kind="multiple_choice", answer=["A"], language=language)
    assert words in asked(item, name)[0][1]


def test_the_reasoned_prompt_asks_for_a_last_line_that_the_extractor_reads() -> None:
    assert "Answer: X" in asked(question(), "reasoned")[0][1]
    assert "答案：X" in asked(question(language="zh"), "reasoned")[0][1]


def test_the_medbench_prompt_is_the_official_one_byte_for_byte() -> None:
    item = question("患者拒绝输血，应当？", language="zh", options={"A": "尊重", "B": "强制"})
    assert asked(item, "medbench") == [
        (
            "user",
            "你是一名医疗安全领域专家，请完成下列医疗安全单选题，只需要输出最适合的选项字母，不需要输出多余的解释。示例输出：A\n"
            "## 问题\n患者拒绝输血，应当？\nA. 尊重\nB. 强制\n",
        )
    ]


def test_a_kept_official_text_is_asked_as_it_stands_but_only_in_its_own_order() -> None:
    item = question("题", language="zh", meta={"prompt": "官方原文"})
    assert asked(item, "medbench") == [("user", "官方原文")]
    assert "官方原文" not in asked(item, "medbench", order=1)[0][1]
    assert "官方原文" not in asked(item, "letter")[1][1]


@pytest.mark.parametrize("name", list(PROMPTS))
def test_texts_that_look_like_placeholders_are_left_alone(name: str) -> None:
    item = question("Fill {options} into {question}", options={"A": "{question}", "B": "{options} {x}"})
    text = asked(item, name)[-1][1]
    assert "Fill {options} into {question}\nA. {question}\nB. {options} {x}" in text


def test_texts_that_look_like_placeholders_are_left_alone_in_a_conversation() -> None:
    turns = [Message("user", "Hello"), Message("assistant", "{options}"), Message("user", "Fill {options} into {question}")]
    item = question(None, messages=turns, options={"A": "{question}", "B": "b"})
    messages = asked(item)
    assert messages[1:3] == [("user", "Hello"), ("assistant", "{options}")]
    assert messages[3] == ("user", "Fill {options} into {question}\nA. {question}\nB. b")


def test_a_conversation_keeps_its_turns_and_ends_with_the_options() -> None:
    turns = [Message("user", "I took two."), Message("assistant", "Two what?"), Message("user", "Tablets. What next?")]
    roles = [role for role, _ in asked(question(None, messages=turns))]
    assert roles == ["system", "user", "assistant", "user"]


def test_the_options_stand_in_the_order_shown() -> None:
    item = question(options={"A": "one", "B": "two", "C": "three"})
    shown, _ = shown_options(item, 1, 0)
    assert asked(item, order=1)[1][1] == "What next?\n" + "\n".join(f"{letter}. {text}" for letter, text in shown.items())


def test_a_prompt_is_addressed_by_its_texts_and_not_by_its_name() -> None:
    wording = {"en": Wording("s", "m", "{question}\n{options}")}
    assert Prompt("a", wording).digest == Prompt("b", wording).digest
    assert Prompt("a", wording).digest != Prompt("a", {"en": Wording("s!", "m", "{question}\n{options}")}).digest
    assert len({prompt.digest for prompt in PROMPTS.values()}) == len(PROMPTS)


def test_an_unknown_prompt_names_those_there_are() -> None:
    with pytest.raises(InputError, match="letter, reasoned, medbench"):
        prompt_named("nice")
