"""The phrases around a letter that make it a commitment, a rejection or neither, in English and Chinese.

Every pattern is matched against a bounded slice left or right of one letter, so reading stays linear in the reply.
"""

import re

_I = re.IGNORECASE
_OPEN = (
    r"[\s*_`#$~\"'(\[<{\\:=,>-]{0,16}"
    r"(?:\\?(?:text|mathrm|mathbf|textbf|bf|rm|boxed)\s*\{?\s*){0,2}[\s*_`$\"'(\[<{\\]{0,6}"
)
_ADV = (
    r"(?:(?:therefore|thus|hence|then|clearly|probably|likely|definitely|certainly|simply|indeed|still|now|also"
    r"|actually|obviously"
    r"|undoubtedly|instead|of course|in fact|most likely|most probably|in my opinion|overall|again|just"
    r"|only)[\s,*]+){0,3}"
)
_WORD = r"(?:(?:the\s+)?(?:options?|choices?|letters?|answers?|number|statement)\s*)?"
_NOUN = (
    r"(?:answers?|ans|choices?|options?|selections?|"
    r"solution|response|verdict|conclusion|pick|decision|letters?|guess|bet|statement|选)"
)
_ADJ = (
    r"(?:correct|right|best|my|appropriate|suitable|final|preferred|better|safest|optimal|chosen|selected|likely"
    r"|most\s+\w+|least\s+\w+|"
    r"strongest|ideal|proper|accurate|ethical|incorrect|false|exact|single|one)"
)

# Strength 3: names an answer.
ANSWER_EN = re.compile(
    rf"(?:\b(?:answers?|ans|solution|verdict|final[\s_]choice|final[\s_]decision|answer[\s_]key|choice|guess"
    rf"|pick|bet)\b[\"'*_`]{{0,4}}"
    rf"|\b{_ADJ}\s+(?:\w+\s+)?{_NOUN}\b[\"'*_`]{{0,4}}|(?:^|[\n{{,\"'])[\s\"'*_-]*(?:option|choice|selected"
    rf"|selection|final_answer|answer_letter|answer_choice|prediction|label|result|letter)[\"'*_]{{0,3}}(?=\s*[:=]))"
    rf"(?P<mid>[^\n.;?!:]{{0,60}}?)"
    rf"(?:\b(?:is|are|was|be|remains?|becomes|as|being)\b|[:=]|->|=>|→|—|–|\s-|>)\s*(?:that\s+|to\s+(?:choose"
    rf"|select|pick)\s+)?{_ADV}{_WORD}{_OPEN}$"
    rf"|\bboxed\s*\{{(?:\s*\\\w+\s*\{{)?[\s(*$\"'{{]*$"
    rf"|<(?:final|(?:final_?)?(?:answer|choice|option))>\s*{_WORD}{_OPEN}$"
    rf"|(?:^|[\n,.;:]|\bso\b|\btherefore\b)[\s*_#>-]*(?:my |the )?(?:final |correct )?answer\s+(?:option "
    rf"|choice )?[(\[*\"']{{0,4}}$",
    _I,
)
CHOOSE_EN = re.compile(
    r"\b(?P<verb>choos(?:e|ing)|chose|pick(?:ed|ing)?|select(?:ed|ing)?|go(?:ing)?\s+(?:ahead\s+)?(?:with|for)"
    r"|went with|opt(?:ing|ed)? for|vot(?:e|ed|ing) for"
    r"|settle[sd]? (?:on|for)|lean(?:ing)?(?: to| towards?)?|answer(?:ing)?|guess|say|conclude|favou?r|prefer"
    r"|stick(?:ing)? (?:with|to)|switch(?:ing)? to"
    r"|chang(?:e|ed|ing) (?:(?:my )?(?:final )?(?:answer|mind|choice|it|this|that) )?to|revis(?:e|ed"
    r"|ing) (?:(?:my )?(?:answer|it) )?to|point(?:s|ing)? to(?:wards?)?"
    r"|submit|corresponds? to|correspond(?:ing)? to|in favou?r of|updat(?:e|ed|ing) (?:my answer )?to"
    r"|correct(?:ed|ing)? (?:my answer |it )?to)\b"
    rf"[\s:*]*(?:that\s+)?(?:the\s+)?(?:(?:correct\s+)?(?:answer|it)(?:'s| is| would be"
    rf"| must be)\s+)?{_ADV}{_WORD}{_OPEN}$",
    _I,
)
# Strength 2: prefers; asks for a closed letter.
LEAN_EN = re.compile(
    r"(?:\b(?P<verb>is|be|it's|that's|was|means|leaves(?: us with)?|leaving(?: us with)?|if (?:pressed|forced"
    r"|pushed)|think|believe|so|therefore|thus|hence|overall|finally|probably|likely"
    r"|definitely|maybe|perhaps|possibly|actually|ultimately|conclusion|but|say|correction|rather|no|then"
    r"|supports?|favou?rs|identifies|suggests?|indicates?|as)\b|->|=>|→|∴|✅|☑|👉)"
    rf"[\s,:;*-]*(?:that\s+)?(?:the\s+)?{_ADV}{_WORD}{_OPEN}$",
    _I,
)
ANSWER_ZH = re.compile(
    r"(?:(?:参考|标准|最终|正确|最佳|我的|本题|最后)?(?:答案|正解|选项?(?=\s*[:=]))|(?:^|[\n。])\s*答(?=\s*[:\]])"
    r"|结论(?=\s*[:是为]))(?P<mid>[^\n。;!?:]{0,14}?)"
    rf"(?:是|为|即|属于|[:=]|->|→|\]|\)|>|应选|选择|选|\"|(?<=案))\s*(?:{_ADV}选?项?|选择|选项|第|应?选)?{_OPEN}$",
    _I,
)
CHOOSE_ZH = re.compile(
    r"(?P<verb>选择|(?<![可备各])选(?![项手取])|选取|填(?!写)|勾选|选定|倾向于?|改为|改成|改选|更正为|纠正为"
    r"|修正为|修改为|投)"
    rf"(?:的?答案|的?应?该?是|的|了|:|为|项|择|出|选项|第)*\s*(?:选项)?{_OPEN}$",
    _I,
)
LEAN_ZH = re.compile(
    r"(?P<verb>的是|应该是|应当是|应该为|应为|应是|就是|便是|即为|即|是|为|属于|指向|对应|剩下?|只剩|只有|觉得"
    r"|认为|猜测?|大概|可能|估计|所以|因此|故|综上|综上所述|则|而是|还是"
    r"|改|应该|应当|支持|符合题意的)"
    rf"[\s,:]*(?:选项|选)?{_OPEN}$",
    _I,
)

# Rejections and what takes the force out of a phrase.
REJECT_LEFT = re.compile(
    r"(?:\b(?:not|n't|cannot be|can't be|never|nor|neither|except(?: for)?|excluding|excludes?|excluded"
    r"|eliminat\w+|rul(?:e|es|ed|ing) out|reject\w*|rather than"
    r"|instead of|than|over|against|unlike|avoid\w*|without|apart from|aside from|besides|dismiss\w*|discard\w*"
    r"|unlike|whereas|while|although|though|contrast to|as opposed to)"
    rf"\b[\s,:]*(?:{_ADV})(?:choosing\s+|picking\s+|selecting\s+|both\s+|either\s+)?{_WORD}"
    r"|(?:不选择?|不能选|不应选|不该选|不宜选|不是|不为|排除了?|除了?|非|而非|并非|而不是|否定|否决|去掉|剔除"
    r"|不考虑|误选|错选|不包括|划掉|避免|淘汰|不同意|反对|不支持)(?:选项|项"
    r"|掉|选择|选|答案)?)"
    rf"{_OPEN}$",
    _I,
)
NEGATED = re.compile(
    r"\b(?:not|never|cannot|can't|couldn't|wouldn't|don't|doesn't|didn't|won't|shouldn't|isn't|aren't|neither"
    r"|nor|no longer|avoid|rather than|instead of"
    r"|mistakenly|wrongly|hesitate|doubt|unable|difficult|hard|unsure|uncertain|impossible|whether|refus\w+"
    r"|declin\w+|prohibit\w*)\b",
    _I,
)
NEGATED_ZH = re.compile(
    r"(?:(?<!毫)(?<!无)不(?!难|言|仅|但|得不|能不|确定|过)|勿|别(?!人)|误|未|错|没(?!错)|并非|非(?!常)|难(?!道)"
    r"|无法|拒绝|排除|是否|能否|为何|为什么|哪|若|避免|防止)"
)
WRONG_NOUN = re.compile(
    r"\b(?:wrong|incorrect|other|alternative|tempting|distractor|second[- ]best|next[- ]best|worst|trap|close"
    r"|runner-up|common|popular|previous|"
    r"initial|first|original|earlier|their|your|his|her)\s+(?:\w+\s+)?(?:answers?|options?|choices?|guess|pick"
    r"|distractor)\b"
    r"|干扰项|易错|错误答案|错误选项|其他选项|次选",
    _I,
)
CONDITION = re.compile(
    r"(?:\b(?:if|had|unless|were|suppose|supposing|assuming|provided|in case|when|where)\b|如果|若(?!干)|假如"
    r"|要是|除非|倘若"
    r"|假设|当(?!然|前|选|事))",
    _I,
)
CONDITION_FREE = re.compile(
    r"\b(?:if (?:i )?(?:had|have|am forced|were forced|must|need(?:ed)?|i'm forced|forced|pressed|pushed|asked"
    r"|i were|so|only|made|i was)|so|therefore|thus|hence|then the answer|when (?:forced|pressed))\b"
    r"|必须选|非要|只能|一定要|非得|硬要|but|however|但|然而|因此|所以|故|综上|(?:如果|若|要是).{0,4}(?:让我"
    r"|要我|要|只|必须)|可知|可见",
    _I,
)
OTHERS = re.compile(
    r"\b(?:some(?:one)?(?: \w+)? (?:might|may|could|would|will|people|say|argue|think|students|candidates"
    r"|clinicians|physicians|doctors)|many (?:\w+ )?(?:might|would|choose|pick|students|candidates|people|say|will)"
    r"|students|candidates|(?:one|you|people|others|a reader|colleagues|examinees) (?:might|may|could|would|will"
    r"|often|tend|who|say|choose|pick|be)"
    r"|tempt\w+|commonly|common mistake|mistake\w*|trap|distract\w+|for example|e\.g\.|such as|format|the user"
    r"|you said|you chose|your answer|the textbook said|my colleague"
    r"|instructions?|ignore|example|grader|award|full marks|examiner)\b|\bsystem\s*:"
    r"|有人|很多人|许多人|有些|部分(?:考生|人|学生)|不少|考生|容易|易被|误选|误以为|误认为|常见错误|格式|例如"
    r"|比如|示例|用户|您选|你选|您的答案|你的答案|有的|某些|或许有|可能有人|别人"
    r"|同学|网友|忽略|之前的指令|系统提示|判为|满分",
    _I,
)
TENTATIVE = re.compile(
    r"\b(?:(?:first|initially|originally|previously|earlier)\b,?\s*(?:\w+\s+){0,4}(?:thought|chose|picked"
    r"|considered|leaned|leaning|said|believed|seem\w*|was|inclined|answered|instinct|look\w*|selected|wanted"
    r"|tempted|guess\w*)"
    r"|(?:first|initial|original|earlier|previous|gut) (?:thought|instinct|answer|impression|guess|choice"
    r"|inclination|reaction|response|pick|reading)|at first|initially|originally|at first glance|on first reading"
    r"|(?:thought|considered|believed|assumed|was going to|had been|used to think|was tempted|was inclined"
    r"|was leaning)|might have been|could have been|would have (?:been|chosen))\b"
    r"|最初|一开始|起初|开始(?:我|时|以为|觉得|认为)|原以为|原来以为|原本|本来|乍一看|乍看|初看|第一反应|刚才"
    r"|刚开始|先前|之前|曾|以为|初步",
    _I,
)
QUERY = re.compile(
    r"\b(?:is|could|would|might|should|does|can|are|why|what (?:if|about)|how about|maybe)\b[^.!\n]*$|(?:吗|呢|是否"
    r"|会不会|是不是|难道|为什么|为何|要不要|能不能)[^。!\n]*$",
    _I,
)

# What follows a letter.
_BE = (
    r"[\s*_`$\"')\]}]*(?:(?:\([^()\n]{0,120}\))[\s*]*)?,?\s*(?:\b(?:is|are|was|be|being|seems?(?: to be)?|"
    r"looks?(?: like)?|appears?(?: to be)?|sounds"
    r"|(?:would|must|should|has to) be|remains?|as|stands out as|becomes)\b|'s|=|:|->|→|—|–|-)?"
)
_RADV = (
    r"(?:\s*\b(?:therefore|thus|hence|then|clearly|probably|likely|definitely|certainly|simply|indeed|still|also"
    r"|actually|obviously|undoubtedly|by far|overall|both|all|the|my|a|single"
    r"|only|clear|obvious|final|this is|this option is|that is|it is|in fact|however|entirely|completely"
    r"|absolutely|generally|one|more|our|partially)\b[\s,*]*){0,4}"
)
RIGHT_ANSWER = re.compile(
    rf"{_BE}[\s*_]*{_RADV}\s*[*_]*(?:(?:correct|right|best|most\s+\w+|proper|appropriate|better|optimal"
    rf"|preferred|ideal|safest|strongest|likely|accurate|ethical|\w+ly\s+\w+)[\s*]+(?:\w+\s+){{0,2}}?)?"
    r"(?:answers?|choices?|pick|selection|final answer|winner)\b"
    r"|\s*[*]*\s*(?:it is\b|wins\b|for sure\b|is my\b|final answer|, final\b|\(final)"
    r"|[\s*\"')\]]*(?:选?项)?(?:才|就|应|应该|即|显然|无疑|更|也许)*(?:是|为)(?:本题|该题|此题|这道题|题目|最"
    r"|唯一|我|本)*的?(?:正确答案|最佳答案|正确选项"
    r"|最佳选项|最终答案|答案|正确的选项|正确选择|最佳选择|正解|首选)"
    r"|[\s*\"')\]]*(?:选?项)?(?:当选|应选|入选|[全都均](?:选|要选)|为正确(?:答案|选项)|为答案|为正解)",
    _I,
)
RIGHT_BEST = re.compile(
    rf"{_BE}[\s*_]*{_RADV}\s*[*_]*(?:best\b|most\s+\w+|optimal\b|preferred\b|preferable\b|better\b|strongest\b"
    rf"|safest\b|ideal\b)"
    r"|\s+(?:best|most\s+\w+|better)\s+(?:fits|matches|describes|represents|reflects|respects|answers|balances"
    r"|captures|aligns|addresses|satisf\w+)"
    r"|[\s*\"')\]]*(?:选?项)?(?:的?(?:说法|做法|描述|处理|表述|内容|选项))?(?:才|就|应|应该|即|显然|无疑|是|为"
    r"|相对|比较|更|明显|无疑|其实)*最重要"
    r"|[\s*\"')\]]*(?:选?项)?(?:的?(?:说法|做法|描述|处理|表述|内容|选项))?(?:才|就|应|应该|即|显然|无疑|是|为"
    r"|相对|比较|更|明显|无疑|其实)*(?:最|更|较为?"
    r"|首选|优先|比较)(?:为|能|具)?(?:合适|恰当|适当|适宜|合理|符合|妥当|佳|优|好|准确|可取|全面|正确|体现|贴切"
    r"|稳妥|满足)",
    _I,
)
RIGHT_TRUE = re.compile(
    rf"{_BE}[\s*_]*{_RADV}\s*[*_]*(?:correct\b|right\b(?! (?:to|of)\b)|true\b|yes\b|appropriate\b|valid\b"
    rf"|accurate\b|proper\b|✓|✔|✅|√|☑)"
    r"|[\s*\"')\]:：,、—-]*(?:选?项)?(?:的?(?:说法|做法|描述|处理|表述|内容|选项|观点))?(?:也|都|均|是|则|显然"
    r"|无疑|完全|应|为|应该是|应为|才|基本|就|该项|此项"
    r"|这项|本项|确实|属于)*(?:正确|对(?![照比于象待错立应抗])|符合(?!人员)|合适|恰当|适当|合理|妥当|准确|可取"
    r"|成立|√|✓|✅|✔)",
    _I,
)
RIGHT_FALSE = re.compile(
    rf"{_BE}[\s*_]*(?:\s*\b(?:clearly|also|simply|therefore|thus|obviously|definitely|probably|likely|both|all|a"
    rf"|an|the|this is|this option is|it is|however|entirely|completely|partly|partially"
    rf"|generally)\b[\s,*]*){{0,4}}[*_]*"
    r"(?:not\b|n't\b|never\b|wrong\b|incorrect\b|inappropriate\b|false\b|no\b(?!\.)|less\b|unethical\b|ruled out"
    r"|excluded|eliminated|too\b|insufficient|out\b|misleading|harmful|unacceptable|premature|irrelevant"
    r"|tempting|distractor|✗|✘|❌|×|incomplete|invalid)"
    r"|\s*(?:isn't|aren't|wasn't|can(?:not| be (?:ruled|excluded|eliminated|dismissed|discarded))|can't|could be"
    r"|might be|may be|may seem|would violate|violates?|ignores?|fails?|contradicts?|neglects?|delays?|breaches"
    r"|does not|doesn't|overlooks|undermines)\b"
    r"|[\s*\"')\]:：,、—-]*(?:选?项)?(?:的?(?:说法|做法|描述|处理|表述|内容|选项|观点))?(?:也|都|均|是|则|显然"
    r"|完全|应|为|属于|属|明显|该项|此项|这项|虽|虽然"
    r"|本身|可以?|可能|就|过于|太)*(?:不|错|有误|排除|并非|非(?!常)|欠|违|未|忽视|忽略|片面|×|✗|❌|虽|过于|太"
    r"|干扰|误|缺乏|侵犯)",
    _I,
)
# What may stand before a letter that is the subject of its clause.
SUBJECT_MARKS = frozenset("√×✓✗✔❌\n.;,:!?)。，；：！？—–-•|>✅、")
SUBJECT_WORDS = frozenset(
    "option options choice choices answer answers statement statements letter letters that think believe because"  # noqa: SIM905
    " so and but or therefore thus hence then while"
    " whereas since only as however conclude means say clearly overall although both find suggests suggest agree"
    " consider though probably likely maybe perhaps makes make making leaves".split()
)
SUBJECT_ZH = tuple(
    "选项 答案 认为 觉得 因此 所以 故 则 而 但 且 只有 其中 综上 可见 说明 即 比较 相比 以 说 中 看 和 与 及 觉"  # noqa: SIM905
    " 断 虽然 显然 知 出 惟有 唯有".split()
)
# The last word of every phrase that can govern a letter; any other word before it governs nothing.
GOVERNING = frozenset(
    "is are was be remains remain becomes as being that it's that's to therefore thus hence then clearly"  # noqa: SIM905
    " probably likely definitely certainly simply indeed still"
    " now also actually obviously undoubtedly instead course fact probable opinion overall again just only"
    " option options choice choices letter letters answer answers"
    " number statement choose choosing chose pick picked picking select selected selecting with for on towards"
    " toward answering guess say conclude favor favour prefer"
    " correct of means us leaving leaves think believe so finally maybe perhaps possibly ultimately conclusion"
    " but correction rather no supports support favors favours"
    " identifies suggests suggest indicates indicate not never nor neither except excluding exclude excludes"
    " excluded out reject rejects rejected than over against"
    " unlike avoid avoids avoiding without from besides dismiss discard both either whereas while although"
    " though ans solution verdict eliminate eliminates eliminated"
    " eliminating rejecting wins submit mostly t boxed text mathrm mathbf textbf rm bf lean leaning final"
    " pressed forced pushed".split()
)
# Relations between two commitments.
CORRECTION = re.compile(
    r"\b(?:wait|actually|correction|on second thoughts?|on reflection|on further (?:reflection|review|thought"
    r"|consideration)|scratch that|let me (?:re|correct|think again|double)\w*|i (?:was|am|stand) (?:wrong"
    r"|mistaken|corrected)|i made (?:a|an) (?:mistake|error)"
    r"|reconsider\w*|chang(?:e|ed|ing) (?:my|to)|revis\w+|hmm+|sorry|apolog\w+|hold on|i take (?:that|it) back"
    r"|no,|my mistake|oops|re-?read\w*|re-?evaluat\w*|re-?examin\w*|upon (?:review|reflection|closer)|that(?:'s"
    r"| is| was) (?:wrong|incorrect|not right|a mistake)|updated answer|corrected)\b"
    r"|更正|纠正|[是就](?:不对|错)的|(?:^|[。,.!?！？\n;—…])\s*不对|不,|错了|重新|改选|改为|改成|等等|等一下"
    r"|再想|再看|再仔细|仔细一?想|仔细看|细想|回头看|实际上|其实"
    r"|修正|抱歉|对不起|我搞错|弄错|看错|说错|经复核|复核|再次审题|审题后",
    _I,
)
WEAK_TURN = re.compile(
    r"\b(?:but|however|instead|rather|yet|nevertheless|still|ultimately|finally|in the end)\b|但是?|然而|而是"
    r"|反而|不过|可是"
    r"|最终|最后",
    _I,
)
RETRACTION = re.compile(
    r"\b(?:wait|hold on|scratch that|i take (?:that|it) back|let me (?:re|think again|double)\w*"
    r"|(?:actually,? )?(?:no, )?that(?:'s| is| was| can't be| cannot be) (?:wrong|incorrect|not right|right\?)"
    r"|on second thoughts?|hmm+)\b"
    r"|(?:^|[。,.!?！？\n;…])\s*(?:不对|好像不对|等等|等一下|我再想想|让我再|让我重新|需要重新)",
    _I,
)
NEXT_QUESTION = re.compile(
    r"\n[\s*#]*(?:(?:next\s+)?question|q|user|human|问题|题目|用户|下一题"
    r"|第[一二三四五六七八九十\d]+题)\s*\d*\s*[:.、]",
    _I,
)
DANGLING = re.compile(
    r"(?:\b(?:answers?|choices?|options?)\b[^\n.;:]{0,30}(?:\bis\b|\bare\b|\bbe\b|:)|\b(?:answer|choose|option"
    r"|select|pick)|\bthe|\bis|(?:答案|选项?|应选|故选|因此选|所以选|选择|正确的是|答案应?该?[是为]"
    r"|[是为]))[\s*_:(\[\"'{<\\]*$",
    _I,
)
CAUSE = re.compile(
    r"[\s*_`,.。;:)\]—–-]*(?:because|since|as\b|due to|reason|explanation|rationale|justification|the reason"
    r"|for\b|因为|由于|理由|解析|原因|解释|分析|依据|考虑到|根据)",
    _I,
)
CONTRAST = re.compile(
    r"[\s*_\"')\]]*,?\s*(?:and )?(?:(?:not|rather than|instead of|over)\s+(?:option |choice )?|而不是|而非"
    r"|不是)[\s*_\"'(\[]*[A-Z](?![A-Za-z])"
)
OR_LETTER = re.compile(
    r"[\s*_\"')\].]*,?\s*(?:or\b(?:\s+(?:perhaps|maybe|possibly|even|else|probably))?|或者?|还是"
    r"|抑或)[\s*_\"'(\[]*(?:option |选项)?[\s(]*([A-Z])(?![A-Za-z])",
    _I,
)
RELEASED = re.compile(r"(?<![A-Za-z])[A-Z](?![A-Za-z])[^,;，。]{0,40}[,;，]|\b(?:but|however)\b|但|然而|其实")
