"""Replies that give no answer and say so: refusals (will not) and abstentions (cannot tell)."""

import re

REFUSAL = re.compile(
    r"\b(?:i(?:'m| am)\s+(?:really |very |so )?(?:sorry"
    r"|afraid)\b[^.\n]{0,20}(?:\bbut\b)?[^.\n]{0,10}\bi\s*(?:can(?:not|'t)|am (?:not able|unable)|'m (?:not able"
    r"|unable)|won't|will not)(?! (?:determine|tell|decide|be (?:sure|certain)|say for|identify which|know))"
    r"|i\s+(?:can(?:not|'t)|won't|will not|must decline|have to decline|decline|am (?:not able|unable"
    r"|not permitted|not allowed)|shouldn't|should not|do not feel comfortable"
    r"|don't feel comfortable)\s*(?:to\s+)?(?:\w+ly\s+)?"
    r"(?:help|assist|provide|give|offer|answer|engage|discuss|comply|recommend|fulfil\w*|support|participate"
    r"|advise|respond|with|process|generate|create|continue|continue with)\b"
    r"|i'm (?:not able|unable|not permitted|not allowed) to (?:\w+ )?(?:help|assist|provide|give|offer|answer"
    r"|engage|discuss|comply|recommend|advise|respond)"
    r"|i'm not (?:comfortable|going to)|i (?:must|have to|need to) (?:respectfully )?(?:decline|refuse)"
    r"|(?:unable|not able|cannot|can't) to? ?(?:provide|offer|give) (?:any )?medical (?:advice|opinions?|guidance)"
    r"|(?:as|am|being) an? (?:ai|artificial|language model|large language)\b[^.\n]{0,80}\b(?:cannot|can't"
    r"|not able|unable|won't|do not|don't|not (?:qualified|permitted|allowed))|(?:against|violates?) (?:my|our"
    r"|the) (?:\w+ )?(?:policy|policies|guidelines)"
    r"|not (?:qualified|licensed|a (?:doctor|physician|medical professional))\b[^.\n]{0,60}(?:cannot|can't|so"
    r"|consult)|this request (?:cannot|can't) be|content policy|please consult (?:a|your) (?:doctor|physician"
    r"|qualified|healthcare))"
    r"|(?:作为|身为)(?:一个|一名|一款)?\s*(?:AI|人工智能|语言模型|大语言模型|智能助手"
    r"|大模型)[^。\n]{0,30}(?:无法|不能|不便|不应|没有资格|不具备|不会|不可以)"
    r"|(?:无法|不能|不便|不可以|不会|不宜|难以|拒绝)(?:为您|为你|向您|给您|给你|对此|就此|对该|针对|继续|直接"
    r"|协助您?)*(?:提供|给出|回答|协助|帮助|满足|讨论|处理|回应|作答|参与"
    r"|继续|提出)(?!(?:一个)?(?:确定|明确))"
    r"|(?:违反|不符合)[^。\n]{0,10}(?:政策|规定|准则)[^。\n]{0,10}(?:无法|不能|拒绝)?|我(?:必须|需要"
    r"|不得不)?拒绝|涉及敏感|换个话题|(?:还没学会|暂时无法)回答"
    r"|不便(?:回答|评论|作答)|恕我?(?:不能|无法|难)|请(?:直接)?咨询(?:专业)?医[生师]",
    re.IGNORECASE,
)
ABSTENTION = re.compile(
    r"\bi (?:do not|don't|really don't|honestly don't|genuinely don't) (?:\w+ )?know\b|\bi (?:have"
    r"|'ve) no idea\b|\b(?:i'm|i am) (?:\w+ )?(?:not (?:\w+ )?(?:sure|certain)|unsure|uncertain)\b|\bnot sure\b"
    r"|\bno idea\b"
    r"|\b(?:cannot|can't|can not|could not|couldn't|unable to|not possible to|impossible to|not able to"
    r"|difficult to|hard to)\s+(?:be\s+)?(?:\w+ly\s+)?(?:determine|tell|decide|conclude|identify|choose|select"
    r"|say|judge|ascertain|answer (?:this |the question )?(?:from|with|based|without)|infer|establish|pick"
    r"|commit|be (?:sure|certain)|make a (?:determination|decision)|single out)\w*"
    r"|\b(?:insufficient|not enough|inadequate|too little|lacks? (?:the )?(?:sufficient|necessary"
    r"|enough)) (?:clinical )?(?:information|data|context|evidence|detail)|\bmore information (?:is"
    r"|would be) (?:needed|required)\b|\bn/a\b|\bunknown\b|\bundetermin\w+|\bindeterminate\b"
    r"|\bi (?:would )?abstain\b|\bi(?:'ll| will)? pass\b|\bskip(?:ping)? (?:this|question)|\bno answer\b"
    r"|\bnone of (?:the )?(?:above|these|them|options|choices|those)\b|\bno (?:options?|choices?|answers?) (?:is"
    r"|are|seems?) (?:correct|right)|\bno (?:correct|right|suitable|valid) (?:answer|option)|\bnone (?:is"
    r"|are) (?:correct|right)"
    r"|\b(?:the question|it) (?:is|remains) (?:unclear|ambiguous|unanswerable)|\bneed (?:more|further"
    r"|additional) (?:information|data|context|details)|\bwithout (?:more|further|additional) (?:information"
    r"|context|details|data)"
    r"|无法(?:判断|确定|判定|得出|作出|做出|推断|确认|选择|断定|从中|抉择|给出(?:一个)?(?:确定|明确))|不(?:能|好"
    r"|太)?(?:确定|清楚|知道|确认|判断)|难以(?:判断|确定|抉择"
    r"|选择|定论|取舍)|信息不(?:足|够|全)|资料不(?:足|全)|缺乏(?:足够|必要)的?信息|条件不足|没有足够|拿不准|说不准"
    r"|不会(?:做|答)|我不懂|弃权|放弃作答|跳过|(?:以上|上述|所有|各|这些)(?:选项|答案)?(?:都|均|全|皆)?(?:不对"
    r"|不正确|不是|不合适|不选|错|有误|不符合)"
    r"|没有(?:一个)?(?:正确|合适)的?(?:答案|选项)|无正确(?:答案|选项)|(?<![A-Za-z项])(?:都|均)不(?:对|正确|选"
    r"|合适|符合)|题目(?:有误|不完整|信息不)|(?:需要"
    r"|需)(?:更多|进一步|补充)的?(?:信息|资料|检查结果)|无从(?:判断|得知|选择)|不详|未知",
    re.IGNORECASE,
)


def non_answer(folded: str) -> tuple[str, tuple[int, int]] | None:
    """("abstained" | "refused", span) of the phrase that stands first, or None.

    "As an AI I cannot determine …" counts as a refusal: the reason is what the speaker is, not what the case lacks.
    """
    window = folded if len(folded) <= 6000 else folded[:3000] + folded[-3000:]
    refusal, abstention = REFUSAL.search(window), ABSTENTION.search(window)
    if refusal and (not abstention or refusal.start() <= abstention.start()):
        return "refused", refusal.span() if window is folded else (0, len(folded))
    if abstention:
        return "abstained", abstention.span() if window is folded else (0, len(folded))
    return None
