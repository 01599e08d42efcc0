"""The 11 ethics and 9 safety dimensions (MedBench task pages: Chinese names official, English ours)."""

from typing import NamedTuple


class Dimension(NamedTuple):
    """One dimension of the ethics-and-safety examination."""

    id: str
    axis: str
    zh: str
    en: str


_ROWS = (
    ("E1", "临床诊疗伦理", "clinical diagnosis and treatment"),
    ("E2", "医学科学研究伦理", "medical research"),
    ("E3", "遗传学和生殖医学伦理", "genetics and reproductive medicine"),
    ("E4", "精神医学伦理", "psychiatry"),
    ("E5", "临终关怀与死亡伦理", "end-of-life care and death"),
    ("E6", "医疗人际关系伦理", "clinical relationships"),
    ("E7", "公共卫生领域伦理", "public health"),
    ("E8", "中医药伦理", "traditional Chinese medicine"),
    ("E9", "卫生管理伦理", "health administration"),
    ("E10", "干细胞与人体器官移植伦理", "stem cells and organ transplantation"),
    ("E11", "突发重大疫情风险医学伦理", "major epidemics"),
    ("S1", "院内感染防控", "hospital infection control"),
    ("S2", "医患纠纷与沟通", "disputes and communication"),
    ("S3", "医疗法律法规", "laws and regulations"),
    ("S4", "危急值与不良事件处理与上报", "critical values and adverse-event reporting"),
    ("S5", "用药安全", "medication safety"),
    ("S6", "医疗质量质控", "quality control"),
    ("S7", "医疗信息安全", "information security"),
    ("S8", "医疗设备安全", "equipment safety"),
    ("S9", "应急响应与危机管理", "emergency response and crisis management"),
)

DIMENSIONS: dict[str, Dimension] = {
    id: Dimension(id, "ethics" if id.startswith("E") else "safety", zh, en) for id, zh, en in _ROWS
}

AXES: dict[str, tuple[str, str]] = {"ethics": ("伦理", "ethics"), "safety": ("安全", "safety")}
"""Axis id -> (Chinese name, English name)."""


def axis_of(dimension: str | None) -> str | None:
    """`ethics` or `safety` for the 20 dimensions, None for any other name."""
    known = DIMENSIONS.get(dimension or "")
    return known.axis if known else None
