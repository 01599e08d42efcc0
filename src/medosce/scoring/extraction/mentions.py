"""Which letters in a reply may stand for options, and which of them are named together.

Articles, pronouns, letters inside medical terms (hepatitis B, 维生素C, T-cell, E. coli), units and initials are left
out, before anything asks whether the reply commits to them.
"""

import re
from dataclasses import dataclass

from .options import OptionTable

_MENTION = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{1,10}|[a-j])(?![A-Za-z0-9])")
_TERM_WORDS = frozenset(
    "hepatitis vitamin vitamins vit grade grades graded type types group groups stage stages class classes plan"  # noqa: SIM905
    " plans factor factors influenza flu"
    " category categories phase level levels schedule protein proteins globulin toxin toxins cyclosporin"
    " cyclosporine amphotericin polymyxin"
    " hemophilia haemophilia antigen antigens virus viruses strep streptococcus streptococcal blood patient"
    " patients doctor doctors dr nurse nurses"
    " drug drugs hospital hospitals ward wards arm arms cohort cohorts team teams site sites scenario scenarios"
    " fig figure figures table tables"
    " appendix part parts section sections case cases study studies model models score scores pugh tier tiers"
    " band bands unit units room rooms"
    " company person persons mr ms mrs subject subjects cluster clusters region regions segment segments zone"
    " zones bed beds exhibit complement"
    " coenzyme apolipoprotein immunoglobulin medicare hemoglobin haemoglobin hb ig hormone agent agents vaccine"
    " vaccines step steps item items"
    " criterion criteria evidence anti omega pathway physician physicians surgeon surgeons resident residents"
    " facility lab isolate serogroup"
    " serotype subtype genotype lipid staphylococcal botulinum".split()
)
_TERM_ZH = tuple(
    "维生素 维他命 维 肝炎 肝 型 类 组 级 期 链球菌 流感 因子 蛋白 抗原 抗 患者 病人 医生 医师 药 药物 医院 方案"  # noqa: SIM905
    " 计划 病例 受试者 细胞 球蛋白 家属 护士 科室 同学"
    " 甲 乙 丙 丁 附件 表 图 例 基因 组织 家庭 公司 机构 步骤 阶段 辅酶 毒素 霉素 病毒 血红蛋白 疫苗 证据 推荐"
    " 情形 城市 区域 ° ℃".split()
)
_UNIT = re.compile(r"(?:^|[^.)\d])\d[ ]?$|\d\.\d+ ?$|\d\d ?$")
_TERM_AFTER = re.compile(
    r"[ *_`\"')]*(?:型|级|组|期|类(?!似)|族|群|细胞|淋巴|超(?!出)|因子|链球菌|医生|医师|医院|患者|病人"
    r"|药(?!物治疗)|同学|公司|国|城|区|轮|症|肝|病毒"
    r"|染色体|方案|计划|护士|家属|机构|族维生素|族链球菌|反应蛋白|臂|线(?!索)|波|大调|罩杯|抗原|抗体|血型|感"
    r"|cells?\b|lymphocytes?\b|strep\w*|viruse?s?\b|waves?\b|sections?\b|scores?\b|lines\b|scans?\b|types?\b"
    r"|blood\b|antigens?\b|vitamins?\b"
    r"|level evidence|trials?\b|fibers?\b|fibres?\b|receptors?\b|symptoms?\b|haemophil\w*|hemophil\w*|deficiency"
    r"|infections?\b|reactive|peptide"
    r"|phase\b|team\b|ward\b|patients?\b|hepatitis)",
    re.IGNORECASE,
)
_GENUS = re.compile(  # "E. coli", "C. difficile": a genus abbreviated before its species
    r"\.\s?(?:coli|difficile|diff|aureus|pylori|influenzae|cereus|anthracis|albicans|auris|faecalis|faecium"
    r"|pertussis|baumannii|botulinum"
    r"|perfringens|tetani|pneumoniae|burgdorferi|fragilis|jejuni|trachomatis|diphtheriae|fumigatus|flavus"
    r"|histolytica|lamblia|granulosus"
    r"|dermatitidis|immitis|henselae|quintana|cepacia|cloacae|aerogenes|hominis|gondii|psittaci|abortus"
    r"|melitensis|freundii|elegans|bovis)\b",
    re.IGNORECASE,
)
_FUNCTION = re.compile(  # words that may follow an option letter in English prose
    r"(?:because|since|as|is|are|was|were|would|will|should|must|can|could|may|might|and|or|but|for|which|that"
    r"|due|given|based|in|on|at|by|here|not"
    r"|it|if|so|with|has|have|over|rather|than|to|from|the|this|only|instead|be|being|seems?|looks?|appears?"
    r"|remains?|represents?|reflects?"
    r"|respects?|best|therefore|thus|however|wins|makes?|fits?|describes?|applies|aligns?|does|cannot|i|we|you"
    r"|also|alone|too|then|where|when"
    r"|while|whereas|final|incorrect|wrong|correct|right|out|violates?|ignores?|balances?|provides?|offers?"
    r"|matches|stands|option|answer|all"
    r"|both|according|after|depending|unless|my|probably|likely|definitely|clearly|obviously|maybe|perhaps"
    r"|confidence|satisf\w+|meets?|involves?|allows?|states?|says)\b",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"[ *_`$\"')\]>.]*(?:,|、|/|&|;|\+|\band\b|\bor\b|\bplus\b|和|或者?|与|及|以及|还是|跟|\bas well as\b)"
    r"(?:\s*(?:and|or|和|及|或)\b)?[\s*_`$\"'(\[<]*(?:(?:options?|choices?)\b|选项|选)?[ *_`$\"'(\[<]*",
    re.IGNORECASE,
)
_COMMA_ONLY = re.compile(r"[^,;]*[,;][\s*_`\"'(\[]*(?:选项|options?\s|option\s)?[\s*(]*", re.IGNORECASE)
_FAULTED = re.compile(
    r"(?:\s*(?:和|与|及|、|and|or)\s*[A-Z](?![A-Za-z]))*[ *_`\"')\].项]*(?:的?说法|选项)?(?:[是也则亦均虽]|属于"
    r"|属)*(?:不|错|有误|非|违"
    r"|片面|虽|\s*(?:is|was|are|would be|being)\s+(?:\w+\s+)?(?:not|wrong|incorrect|false|inappropriate|too)"
    r"|\s*(?:is|was)n't|\s*(?:violates|ignores|fails|wrong|incorrect))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One or several letters named together ("A, C and E"); `letters` are upper case, in order of appearance."""

    letters: tuple[str, ...]
    start: int
    end: int
    closed: bool  # set off from what follows: by an end, a mark, a bracket or a Chinese character
    valid: bool  # every letter is one of the options


def _in_term(text: str, start: int) -> bool:
    """Whether what stands before a letter makes it part of a term, a name or a measurement."""
    head = text[max(0, start - 28) : start].rstrip(" *_`\"'(")
    if not head:
        return False
    last = head[-1]
    if not last.isascii():
        return head.endswith(_TERM_ZH)
    if last.isdigit():
        return _UNIT.search(text[max(0, start - 4) : start]) is not None
    if not (last.isalpha() or last == "."):
        return False
    at = len(head) - 1
    while at > 0 and head[at - 1].isalpha() and head[at - 1].isascii():
        at -= 1
    return head[at:].rstrip(".").lower() in _TERM_WORDS


def _closed(text: str, start: int, end: int, table: OptionTable) -> bool | None:
    """True: the letter at [start, end) is set off. False: a fitting word follows. None: no option letter."""
    after = text[end : end + 1]
    single = end - start == 1
    if not after or after == "\n":
        return True
    if _TERM_AFTER.match(text, end):
        return None
    if after == " ":
        rest = end + 1
        while text[rest : rest + 1] == " ":
            rest += 1
        char = text[rest : rest + 1]
        if not (char.isascii() and char.isalnum()):
            return True
        if char.isdigit():
            return None if text[start] not in table.letters else False
        letter = text[start].upper()
        if (
            text[start].isupper()
            and char in table.letters
            and not text[rest + 1 : rest + 2].isalnum()
            and char not in "AI"
        ):
            return True  # letters in a row, parted by spaces
        if single and table.text_at(text, end, letter) is not None:
            return True
        return False if _FUNCTION.match(text, rest) else None
    if after in "'+" and text[end + 1 : end + 2].isalpha():
        return None
    if after == "-":
        return None if text[end + 1 : end + 2].isalnum() else True
    if after in "+%°'":
        return (after == "'" and not text[end + 1 : end + 2].isalpha()) or None
    if after == ".":
        if _GENUS.match(text, end):
            return None
        follow = text[end + 1 : end + 2]
        if follow.isascii() and follow.isalnum() and single and table.text_at(text, end, text[start].upper()) is None:
            return None  # e.g., i.e., U.S.
    if after == "&":
        return None
    return True


def _begins_option(text: str, start: int, table: OptionTable) -> bool:
    """Whether the letter is the first word of some option's text ("E. coli", "B cells", "A patient…") not a key."""
    head = text[start].lower()
    for letter, squeezed in table.squeezed.items():
        if len(squeezed) > 1 and squeezed[0] == head and table.text_at(text, start, letter) is not None:
            return True
    return False


def find_mentions(text: str, table: OptionTable) -> list[Mention]:
    """Letter mentions of a folded text in order, joined where a list joins them. Linear in the length of the text."""
    out: list[Mention] = []
    letters = table.letters
    for match in _MENTION.finditer(text):
        token, (start, end) = match.group(), match.span()
        lower = token.islower()
        before = text[start - 1 : start]
        if lower:
            follow = text[end : end + 1]
            if follow == " " and token in "ai" and text[end + 1 : end + 2].isalpha() and before != "(":
                continue
            if before and before not in " \n([<\"'*_{:>`$=,、" and before.isascii():
                continue
        elif len(token) > 1:  # noqa: SIM102
            if len(set(token)) < len(token) or not all(c in letters for c in token):
                continue
        if (  # noqa: SIM102
            before
            and before in "'-&./+\\@"
            and text[start - 2 : start - 1].isascii()
            and text[start - 2 : start - 1].isalnum()
        ):
            if before != "/" or not (out and out[-1].end == start - 1):  # noqa: SIM102
                if before != "." or not text[start - 2 : start - 1].isdigit():
                    continue
        if before == "°" or _in_term(text, start):
            continue
        closed = _closed(text, start, end, table)
        if closed is None or (lower and not closed and token in "ai"):
            continue
        if token == "I" and not (closed and (before in '([<"*{' or not text[:start].strip() or before in "\n:")):  # noqa: SIM102
            if "I" not in letters or not closed or text[end : end + 1] == " ":
                continue
        if _begins_option(text, start, table) and not (before and before in "(["):
            own = table.text_at(text, end, token.upper()) if len(token) == 1 else None
            if own is None:
                continue
        named = tuple(token.upper()) if not lower else (token.upper(),)
        valid = all(letter in letters for letter in named)
        if out and start - out[-1].end <= 16:
            last = out[-1]
            gap = text[last.end : start]
            if _SEPARATOR.fullmatch(gap) and not (_COMMA_ONLY.fullmatch(gap) and _FAULTED.match(text, end)):
                merged = last.letters + tuple(letter for letter in named if letter not in last.letters)
                out[-1] = Mention(merged, last.start, end, closed, last.valid and valid)
                continue
        out.append(Mention(named, start, end, closed, valid))
    return out
