"""Where reasoning ends and the answer begins."""

import pytest

from medosce.scoring.extraction import split_reasoning
from medosce.scoring.extraction.reasoning import mask_reasoning

CASES = [
    ("C", "C", ""),
    ("<think>A or B</think>\nC", "C", "A or B"),
    ("<thinking>x</thinking>C", "C", "x"),
    ("<reasoning>x</reasoning>C", "C", "x"),
    ("<THINK>x</THINK>C", "C", "x"),
    ("<think>x", "", "x"),
    ("C<think>x", "C", "x"),
    ("x</think>C", "C", "x"),
    ("<think>a<think>b</think>c</think>C", "C", "abc"),
    ("<think>a<think>b</think>C", "C", "ab"),
    ("<think>a</think>B<think>c</think>", "B", "a\nc"),
    ("[THINK]x[/THINK]C", "C", "x"),
    ("◁think▷x◁/think▷C", "C", "x"),
    ("<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>C<|return|>", "C", "x"),
    ("<|channel|>analysis<|message|>x", "", "x"),
    ("analysisThink of B.assistantfinalC", "C", "analysisThink of B.assistantfinal"),
    ("<think>x <answer>C</answer>", "<answer>C</answer>", "x"),
]


@pytest.mark.parametrize(("text", "answer", "reasoning"), CASES)
def test_reasoning_and_answer_are_parted(text: str, answer: str, reasoning: str) -> None:
    assert split_reasoning(text) == (answer, reasoning)


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_masking_keeps_every_position(text: str) -> None:
    masked = mask_reasoning(text)
    assert len(masked) == len(text)
    assert all(new == old or new.isspace() for new, old in zip(masked, text, strict=True))
