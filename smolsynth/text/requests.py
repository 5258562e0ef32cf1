"""Whether a text asks for something: what makes an instruction of a line.

A request has a question in it, a verb in the imperative at the start of a clause, a word of
courtesy, or names what is wanted (“A poem about rain”). What has none of these is a statement, a
label or a scrap. The rules read English and Chinese and look at every clause, so that a task with
its input is a request wherever in it the asking is done.
"""

import re
from functools import lru_cache

from smolsynth.text.language import CHINESE
from smolsynth.text.tokens import QUESTION_WORDS, STOP_WORDS, UNLISTED, lemmas, tokens

# ---- English ----
_IMPERATIVES = frozenset(
    "abbreviate absorb accept access act adapt add address adjust advise advocate agree allocate"
    " analyse analyze annotate answer apologize apply appraise argue arrange ask assemble assess"
    " assign assist assume attempt avoid balance be begin book brainstorm break breakdown brew"
    " bring build calculate call capitalize caption carry catalog categorise categorize change"
    " characterize chart check choose cite clarify classify clean code combine come comment"
    " communicate compare compile complete compose compress compute conclude condense conduct"
    " configure consider construct contact continue contrast convert convince cook copy correct"
    " count"
    " craft create criticize critique debate debug decide decode deduce defend define delete"
    " deliver demonstrate denote derive describe design detail detect determine develop devise"
    " diagnose differentiate disassemble discover discuss display distinguish divide do document"
    " draft draw edit elaborate eliminate employ emulate encode encourage encrypt engage ensure"
    " enter enumerate establish estimate evaluate examine execute exemplify expand explain explore"
    " express extend extract factor figure fill filter find finish fix focus follow forecast"
    " forget form format formulate frame gather generate get give go grade group guess guide help"
    " highlight hypothesize identify illustrate imagine implement improve include increase"
    " indicate infer inform insert inspect install instruct interpret introduce invent"
    " investigate join judge justify keep label learn let list listen locate look maintain make"
    " manage map mark match measure mention merge modify multiply name narrate narrow negate note"
    " notify observe obtain offer open optimize order organise organize output outline paint"
    " paraphrase"
    " parse perform persuade pick place plan play please plot point polish post pose praise"
    " predict prepare"
    " present pretend preview print prioritize proceed process produce program promote pronounce"
    " proofread propose prove provide pull punctuate put quantify quote randomize rank rate read"
    " rearrange recall recap recite recommend reconstruct recount recreate reduce refactor refer"
    " refine reflect reformat reformulate refute relate remember remove rename reorder reorganize"
    " repeat"
    " rephrase replace reply report represent request research resolve respond restate restructure"
    " return reverse review revise reword rewrite rhyme role-play roleplay round run say schedule"
    " search select send separate set shorten show shuffle simplify simulate sketch solve sort"
    " speak specify speculate spell split stand start state stop structure study substitute"
    " subtract suggest"
    " sum summarise summarize supply support survey take talk tally teach tell test think"
    " trace track train transcribe transfer transform translate troubleshoot try tune turn"
    " type understand undo update use validate verify view visualize visit wait walk want watch"
    " weigh wish work write".split()
)
_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|should|would|will|shall|may|might|must|has|have"
    r"|had"
    r"|isn't|aren't|don't|doesn't|didn't|can't|won't)"
)
_QUESTION_WORD = r"(?:what|what's|why|how|which|who|who's|whom|whose|when|where|where's)"
_ASKS = re.compile(
    rf"^(?:{_QUESTION_WORD}\b(?=.*\w)|{_AUXILIARY}\s+\S+\s+\S+"
    r"|(?:true or false|yes or no|fact or (?:fiction|myth)|right or wrong)\b)"
    r"|\b(?:please|kindly|i want|wanting to|asked to|i need|i would like|i'd like|i'm looking for"
    r"|i am looking for"
    r"|i'd love|i'm trying to|i am trying to|help me|tell me|show me|give me|let me know|let's"
    r"|(?:can|could|will|would) (?:you|we|i)|you (?:should|must|need to|will|have to|can)"
    r"|(?:your|the|this) (?:task|job|goal|answer|response|output|text|essay|poem|story|list|program"
    r"|function|sentences?)(?: \w+)? (?:is to|should|must|needs? to|will)|how to|you are an?\b"
    r"|you're an?\b|it would be (?:lovely|great|nice|good|helpful|wonderful)|i (?:can't|cannot"
    r"|don't know|do not know|forgot|keep getting|get an error|am stuck|have trouble|failed)|act as"
    r"|i wonder|advice|suggestions? for|recommend|is wanted|are wanted"
    r"|needed)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?<![\d.])[,;:.!?](?=\s|$|[\"”’)])|\s[-–—]\s|[()\"“”]|\band\s+then\b|\bthen\b"
)
_LEAD = re.compile(
    r"^(?:now|then|next|first|also|and|but|so|or|to|finally|again|just|simply|briefly|in detail"
    r"|step by step"
    r"|using [\w ]+?|based on [\w ]+?|given [\w ]+?|in [\w ]+? words?|in (?:one|two|three"
    r"|a few) \w+"
    r"|\w+ly)\s+",
    re.IGNORECASE,
)
_FINITE = re.compile(
    rf"\b(?:{_AUXILIARY}|i|he|she|we|they|it's|that's|there's|i'm|you're|we're|they're)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:that|who|which|where|when|whose|if|as|because|so)\b", re.IGNORECASE)

# ---- Chinese ----
_ZH_QUESTION = re.compile(
    r"[什甚]么|怎[么样]|如何|为何|何[时地谓为种处者]|哪|谁|多[少大长久高远重快]"
    r"|几[个种次点年天岁条]"
    r"|吗|[会是有能要行好对懂]\S{0,12}[么嘛](?=\W|$)|呢|是否|能[否不]|可否|有没有|是不是|会不会|对不对|多久|啥|区别$"
)
_ZH_COURTESY = re.compile(
    r"请|帮我|帮[忙助]|麻烦|给我|告诉我|我想|我要|我需要|想要|希望|需要[你一]|你[能可应需要]"
    r"|您[能可会有看说觉怎]"
    r"|让我们|我们[来需]"
    r"|吧[。！!”]*$|跟我[讲说谈聊]|试着|尝试|要求|任务|扮演|充当|(?:给|求|提|些|条|点).{0,6}建议"
    r"|建议$|的话$|一下"
    # what is wrong is told to be helped
    r"|急|救|我.{0,12}(?:不着|不了|不会|不懂|不好|不知|失眠|疼|痛|难受|烦|坏了|丢了|忘了|报错)"
)
# Sentences that state: a definition, what something is made of or good for, or behind words that
# introduce one. What stands behind the subject asks for nothing, be it a verb or “怎样”.
_ZH_INTRO = (
    r"(?:说得直白一点|通俗地?[说讲]|简单(?:来|地)?[说讲]|具体(?:来说|是这样的)?|有个趣闻"
    r"|你知道吗|小提示|我的建议是|要当心的是"
    r"|换句话说|总(?:而言)?之|备注|注|首先|其次|最后|第[一二三四五]步|你知道吗？?|所谓|[-*•])"
)
_ZH_STATES = re.compile(
    rf"^(?:{_ZH_INTRO}[，,：: ]*)*"
    r"(?:(?P<it>它们?|他们?|她们?|其|这[些种本个]?|那[些种个]?|我[爷奶爸妈们的昨今家])"
    r"|(?P<named>[^，。：:；？?“\"‘]{1,24}?)(?:(?:，就)?是(?:一|由|指|在|用|把|对|让|靠|供|两|多"
    r"|\d|位于|[^，。？]{1,30}的)|可以(?!吗)|能够"
    r"|主要?由|由[^，。]+组成|的(?:主要)?作用是|位于|属于|包括|(?:都|也|里|中|上|共|各)有"
    r"|有(?=[一两三多几许\d])|常常?见|发源|流经|讲述|含有|绕|在(?=.{1,12}[成结])))"
)
# “写作是一种……” defines; “写一段话是一种……” would not.
_ZH_DEFINES = re.compile(r"(?:，就)?是[一两][种个类项门款本部位座条片团处段次台]|主要?由|由|的")
_ZH_ORDERS = re.compile(
    r"[把将让给为教对从]|根据|按照?|基于|建议|回答|造一?个|举[一出]?[个例]"
    r"|(?:[写列说讲画译编找谈想用造举]|描述|介绍|解释|分析|总结|比较|翻译)(?:[一出下你我这那以]"
    r"|.{0,3}关于)"
)
_NOUN = 3  # characters behind a verb that may make a noun of it: 说明书, 设计模式
_ZH_ORDERED = re.compile(  # a text, and what to do with it
    r"，(?:请|将|把)[^，。]*(?:改|换|译|写|扩)|，(?:加上?|添加|制作|写|改[写成为]|给出|翻译|造"
    r"|求|计算|列出)"
)
_ZH_ASKED = re.compile(
    "[？?]|(?<!、)请(?![它他她人问教]|模型|专家|求)|请问|帮我|给我|告诉我|我想|我要"
)
_ZH_ADVICE = re.compile(rf"^{_ZH_INTRO}[：:，]")
_ZH_THANKS = re.compile("(?:非常|十分|真的?|太)?(?:感谢|谢谢|多谢)(?!信|卡|词|语)")
_ZH_LABEL = re.compile(
    r"(?:以下|下面|下列)(?:是|为)?[^。？?]{0,16}[：:]\W*"
    r"|(?:用户|系统|参考|标准|示例|样例|模型)?(?:输入|输出|答案|回答|指令|示例|提示|问题"
    r"|任务)(?:格式|内容)?[一二三四五六七八九十\d]*\W*"
    r"|第[一二三四五六七八九十百\d]+[章节课讲部篇单元回][ 　：:].*"
)
_ZH_SCRAP = re.compile(r"[，。、；]|以及|并且|而且|或者")
_ZH_VERBS = (
    "写|别|不要|列出|列举|罗列|解释|描述|描绘|形容|翻译|译|总结|概括|概述|归纳|生成|产生|创建"
    "|创作|创造"
    "|设计|编写|编辑|编|撰写|改写|重写"
    "|重述|复述|修改|修复|修正|比较|对比|分析|剖析|计算|找|寻找|查找|搜索|提供|给出|给|选|挑选"
    "|分类|归类|确定|判断|辨别|识别|评估"
    "|评价|评论|评分|讨论|探讨|论述|论证|说明|阐述|阐明|叙述|讲|介绍|定义|推荐|提出|提取|提炼"
    "|制定|制作|构建|构造|构思|建立|想象|想"
    "|转换|转化|转|将|把|用|根据|按|依据|基于|对|阅读|读|回答|答|完成|填|补|续写|扩|缩|简化|优化"
    "|改进|改善|改|提高|提升|证明|推导|推断"
    "|推荐|求|解|画|绘|模拟|实现|开发|添加|加|增加|删|移除|去|替换|排|组织|整理|重新|重组|合并"
    "|组合|拆分|分解|分割|分|检查|检测|检验"
    "|验证|纠正|校对|更正|使用|利用|运用|采用|应用|猜|预测|命名|起|取|拟|准备|安排|计划|规划|研究"
    "|调查|引用|举|说|谈|展示|展现|表示|表达"
    "|发表|发|回复|回应|反驳|反思|起草|调试|训练|配置|安装|批评|道歉|指出|标|划|分享|考虑|思考"
    "|假设|假如|如果|联系|连接|匹配|保留|更新|更改"
    "|换|变|切换|统计|数|算|估|量化|测|试|做|发明|背诵|朗读|模仿|仿|以|在[^，。]*[中上里下内]|从"
    "|为|围绕|结合|参考|比|搭配|调整|解决|处理"
    "|制|造|打造|构|拼|抽取|提|辩论|打印|输出|输入|返回|执行|运行|获取|导出|导入|支持|反对|宣传"
    "|推广|策划|绘制|装饰|赞美|歌颂|节选|摘|缩写"
    "|翻转|反转|逆|正确|深入|让|赋予|使|概|评|了解|认识|学习|学|学会|需要|配|打|拿|放|查|构想|设"
    "|建|开|鉴别|区分|辨|复制|过滤|筛选|排列|排序|统一|压缩|扩展|延伸|延续|续|接"
    "|继续|补充|补全|详细|简要|简单|尽量|至少|简述|陈述|综述|梳理|论|述|诠释|解读|解析|破译|解码"
    "|编码|加密|解密|评判|审|审查|审阅|审核|润色"
)
_ZH_IMPERATIVE = re.compile(
    rf"^(?:现在|然后|接着|首先|最后|再|并|先|并且|来|用|以|简要|简单|详细|准确)*(?:{_ZH_VERBS})"
)
_ZH_WANTED = re.compile(
    r"^(?:关于|有关|(?:[同近反对]义词|拼音|部首|[上下]联|情感分析|填空|造句|组词|缩写|英译汉"
    r"|汉译英)[：:]|论|浅谈|试论|.{2,}示例[：:]|[^，。：:转]{1,14}(?:(?<![公自旋])转(?!动|变|身)"
    r"|兑|换算?成?)[^，。：:的一]{1,10}(?:[：:]|$)"
    r"|[一两二三四五六七八九十几\d]+[首篇个段封份则张种条句道项款名位组套])"
    r"|(?:策略|步骤|方法|办法|方式|途径|原因|理由|区别|差异|异同|关系|故事|诗|诗歌|例子|示例|优点"
    r"|缺点|好处|坏处|优势|劣势|利弊|作用|意义"
    r"|特点|特征|影响|计划|方案|清单|列表|标题|摘要|文章|信|邮件|剧本|歌词|对话|演讲|演讲稿|代码"
    r"|程序|函数|菜谱|食谱|做法|用法|技巧"
    r"|攻略|指南|教程|安排|行程|开场白|[题稿招图表]|报告|简历|配方|公式|祝福|祝词|标语|推荐|介绍"
    r"|分析|对比|比较|评价|感想"
    r"|[读观]后感|心得|日记|作文|小说|童话|寓言|传记|大纲|提纲|教案|合同|模板|文案|口诀|秘籍"
    r"|窍门|指导"
    r"|事项|历史|起源|结构|成分|分类|类型|含义|意思|定义|概念|同义词|反义词|译文|总结|答案|句子"
    r"|段落|描述|评论|笑话|谜语|广告语?|口号)$"
)
_ZH_CLAUSE = re.compile(r"[，。！；：、,;:!\n“”\"（）()]|\s+")

_MARKS = re.compile(
    r"^\s*(?:#{1,6}\s+|[-*•·>]\s+|\(?\d{1,3}\s*[.)、:）]\s*|[(（][一二三四五六七八九十\d]+[)）]\s*"
    r"|[一二三四五六七八九十]+、|[A-Z][.:)]\s+|(?:q|question|user|human|query|instruction|task"
    r"|prompt|问题?|指令|用户|任务)"
    r"\s*\d*\s*[:：.]\s*)+",
    re.IGNORECASE,
)
_MATH = re.compile(r"_{2,}|\d\s*[-+*/×÷^%=]\s*\(?\d|=\s*\?|[a-z]\s*=\s*|∫|√|∑|\\frac|[≤≥]")
# a date, a time, a telephone number, a span of years: nothing to be calculated
_DATED = re.compile(
    r"\b(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d\d|\d{4}))\b"
    r"|\b\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]\.?m\b\.?)?"
    r"|\b(?:\d{3}-)?\d{3}-\d{4}\b|\b(?:1[5-9]|20)\d\d[-–/]\d{2,4}\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"```\s*\w*\s*\n.*\w|`[^`\n]+`|\bdef \w+\(|[;{}]\s*\n|</\w+>|\bSELECT\b|#include|=>|\w\(\)"
    r"|^\s{4}\S",
    re.S | re.M,
)
_GREETS = re.compile(
    r"\W*(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day|night))(?: \w+)?\W*"
    r"|\W*(?:嗨|嘿|哈[喽啰罗]|喂|早|早安|晚安|(?:早上|上午|中午|下午|晚上)好|(?:大家)?[你您]们?好)"
    r"[啊呀哇吖]?\W*(?:(?:[你您]好|很高兴(?:认识|见到|遇见)[你您])[啊呀]?\W*)?",
    re.IGNORECASE,
)
_MY = re.compile(
    r"my [^.?!]{2,40}? (?:is|are|was|has|have|keeps?|won't|doesn't|does not|\w+s)\b", re.IGNORECASE
)
_TASK = re.compile(  # a task in one line, named by its label
    r"(?:sentiment|summary|translation|headline|rhyme|synonym|antonym|opposite|plural|tl;dr"
    r"|topic of|[a-z]+ to [a-z]+)\b[^:]{0,20}: ?\S",
    re.IGNORECASE,
)
_NO_TASK = re.compile(
    r"(?:chapter|part|section|lesson|topic|difficulty|category|level|tags?|title|author|date"
    r"|keywords?)\b[^:.?!]{0,12}:|(?:thank you|thanks)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(  # "helps to", "lay in" behind a subject
    r"(?:an?|the|it|its|he|she|they|this|that|these|those|his|her|their) [^.]{0,80}?"
    r"\b(?:(?P<verb>[a-z]+(?:s|ed)) (?:to|the|an?|it|its|them|you|us|that|by)"
    r"|(?:lay|stood|sat|hung|grew|came|went|began|became|fell|rose|ran|took|gave|held|led|lived)"
    r" (?:in|on|at|for|from|into|to|up|through|under|over|as|an?|the)) .*\.",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"^[^\n]{1,80}[:：]\s*\n?\s*\S")  # a label, and something behind it
_LIST_ITEM = re.compile(r"\s*(?:#{1,6}\s|\d{1,3}\s*[.)、]|[-*•]\s)")


# A thing compared with itself: models that fill two places draw the same thing twice. What stands
# before the first and behind the second name is bounded, since "red wine and red wine vinegar"
# and "black cats and cats" are two things; case tells "polish and Polish" apart.
_ITSELF = re.compile(
    r"(?:^|[:,;]\s|\b(?:between|compares?|comparing|contrast|distinguish|of|does|do|is|are|how)\s)"
    r"(?!(?:again|over|on|more|less|so|by|side|face|step|time|day|week|month|year)\s)"
    r"(?:(?:an?|the)\s)?((?:\w+\s){0,4}?\w+)"
    r"\s(?:(?:and|or|with|from|versus|vs\.?|against|to)"
    r"|(?:differ|different|distinct)\sfrom|compared?\s(?:to|with))"
    r"\s(?:(?:an?|the)\s)?\1(?=\s*(?:[?.!,;:]|$)|\s(?:in|have|alike|apart)\b)",
    re.MULTILINE,
)
_COMPARES = re.compile(
    r"\b(?:differ\w*|compar\w+|contrast\w*|distinguish\w*|distinct\w*|apart|versus|vs"
    r"|in common|alike|similar\w*)\b",
    re.IGNORECASE,
)
_ZH_ITSELF = re.compile(
    r"(?:^|[：，；“]|比较|对比|区分|分清|分辨|说说|讲讲|解释|说明|一下|请|把|拿|是)"
    r"([\u4e00-\u9fff]{1,8}?)(?:和|与|跟|同|还是|相比于|相较于)\1"
    r"(?=的|之间|有|相比|放|做|在|哪|到底|究竟|[，。？！]|$)",
    re.MULTILINE,
)
_ZH_COMPARES = re.compile(
    r"区别|不同|差别|差异|异同|比较|比一比|对比|相比|哪个|分辨|区分|分清|一样|相似|共同"
)


def compares_with_itself(text: str) -> bool:
    """Whether a text asks to compare a thing with itself.

    >>> compares_with_itself("What is the difference between a cat and a cat?")
    True
    >>> compares_with_itself("How does red wine differ from red wine vinegar?")
    False
    >>> compares_with_itself("请比较猫和猫的异同。"), compares_with_itself("黑猫和猫有什么区别？")
    (True, False)
    """
    if _ZH_COMPARES.search(text) and _ZH_ITSELF.search(text):
        return True
    return bool(_COMPARES.search(text) and _ITSELF.search(text[:1].lower() + text[1:]))


def is_request(text: str) -> bool:
    """Whether a text asks for something, anywhere in it.

    >>> [is_request(text) for text in ("What is tea?", "Brew some tea.", "A poem on tea, please")]
    [True, True, True]
    >>> [is_request(text) for text in ("写一首诗", "茶是什么？", "请介绍茶", "一首关于茶的诗")]
    [True, True, True, True]
    >>> [is_request(text) for text in ("Tea is a drink.", "1. Tea", "# Output", "12.", "茶是饮料")]
    [False, False, False, False, False]
    """
    return missing_request(text) is None


_TO_FILL_IN = re.compile(  # “[insert question here]”
    r"[\[{<(（【]+\W*(?:(?:insert|enter|your|add|type|write|paste|put|fill in|the) )[\w ]{3,40}"
    r"[\]}>)）】]+|[\[{<（【]+(?:请?在?(?:此处|这里)?(?:输入|填写|插入)|你的|您的)\w{0,16}[\]}>）】]+",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"[\w-]+\.(?:docx?|pdf|txt|md|xlsx?|csv|pptx?|jpe?g|png|mp[34]|zip)", re.IGNORECASE
)


def missing_request(text: str) -> str | None:
    """Why a text asks for nothing: "blank", "label", "statement", "fragment",
    "itself" (a comparison of a thing with itself); `None` if it asks.

    >>> missing_request("Available topics:"), missing_request("7. Is a"), missing_request("```")
    ('label', 'fragment', 'blank')
    >>> missing_request("2022-06-14 12:00pm"), missing_request("12:00 - 3 = ?")
    ('blank', None)
    """
    if not re.search(r"\w", text):
        return "blank"
    if _TO_FILL_IN.fullmatch(text.strip()) or _FILE.fullmatch(text.strip()):
        return "label"
    if compares_with_itself(text):
        return "itself"
    undated = _DATED.sub(" ", text)
    if _CODE.search(text) or _MATH.search(undated):
        return None
    lines = [line.strip() for line in text.splitlines() if re.search(r"[^\W_]", line)]
    if _GREETS.fullmatch(text.strip()):
        return None
    if CHINESE.search(text) and (reason := _says_in_chinese(text.strip())):
        return reason
    if any(map(_line_asks, lines)):
        return None
    if not re.search(r"[^\W\d_]", undated):
        return "blank"  # digits and points
    body = text.strip()
    if _MY.match(body) or _TASK.match(body):
        return None
    if body.endswith(("…", "...")) and len(tokens(body)) > 7:
        return None  # to be gone on with
    if _NO_TASK.match(body):
        return "label" if ":" in body else "statement"
    if len(lines) > 1 and _LABELLED.match(body):
        return None  # a task named by its label, with an input
    if len(lines) == 1 and body[-1] in ":：" and len(tokens(body)) <= 12:
        return "label"
    first = _MARKS.sub("", lines[0]) if lines else ""
    listed = bool(_LIST_ITEM.match(lines[0])) if lines else True
    if CHINESE.search(text):
        return _chinese(first, listed)
    return _english(first, listed)


def _says_in_chinese(text: str) -> str | None:
    """Why a Chinese text asks for nothing, where its form tells: a label, thanks, statements."""
    if _ZH_LABEL.fullmatch(text):
        return "label"
    if _ZH_THANKS.match(text) and "请" not in text:
        return "statement"
    if _ZH_SCRAP.match(text) and len(text) < 12 and not _ZH_QUESTION.search(text):
        return "fragment"
    sentences = [
        part.strip(" “”") for part in re.split("[。\n！!]", text) if re.search(r"\w", part)
    ]
    stated = text[-1] in "。！!" and all(map(_states_in_chinese, sentences))
    return "statement" if stated else None


def _states_in_chinese(sentence: str) -> bool:
    if _ZH_ASKED.search(sentence):
        return False
    found = _ZH_STATES.match(sentence)
    if not found:
        return bool(_ZH_ADVICE.match(sentence))
    named = found["named"] or ""
    if _ZH_ORDERS.match(named) or _ZH_QUESTION.search(named):
        return False
    if _ZH_ORDERED.search(sentence):
        return False
    verb = _ZH_IMPERATIVE.match(named)
    defines = _ZH_DEFINES.match(sentence, found.end("named")) if named else None
    return not verb or len(verb[0]) < 2 or (bool(defines) and len(named) - len(verb[0]) <= _NOUN)


def _line_asks(line: str) -> bool:
    line = _MARKS.sub("", line).strip("*_\"'“”‘’ ")
    asked = line[: max(line.rfind("?"), line.rfind("？"), 0)]  # up to the last question mark
    if CHINESE.search(asked) or re.search(r"\w", asked[:-2]):
        return True
    if CHINESE.search(line):
        if _ZH_QUESTION.search(line) or _ZH_COURTESY.search(line):
            return True
        parts = _ZH_CLAUSE.split(line)
        if any(_ZH_IMPERATIVE.match(part) and len(part) > 1 for part in parts):
            return True
        if re.match("[用把将对以从让]$", parts[0]):  # 用“……”造句
            return True
    if _ASKS.search(line):
        return True
    # "It helps to read, count and work" goes on behind the comma, and asks for nothing.
    clauses = re.split(r"(?<=[.:!;])\s", line) if _tells(line) else _CLAUSE.split(line)
    if any(_imperative(clause) for clause in clauses if clause):
        return True
    words = line.lower().split(None, 2)
    return len(words) > 1 and _commands(*words[:2])


def _wanted_in_chinese(text: str) -> bool:
    """Whether a noun phrase ends the text, as in “网络安全的重要性”: what is wanted is named."""
    import rjieba

    head, _, tail = text.rpartition("的")
    if len(tokens(head)) < 2 or not tail or re.match("[我你他她它这那]", head):
        return False
    tags = [tag for word, tag in rjieba.tag(tail) if word.strip()]
    return all(tag[0] in "nmq" or tag in ("vn", "an", "b", "eng", "j", "k") for tag in tags)


def _imperative(clause: str) -> bool:
    clause = clause.strip(" *_'’")
    for _ in range(3):
        words = clause.split(None, 2)
        if not words:
            return False
        first = words[0].strip("*_'\"").lower()
        if first in _IMPERATIVES:
            # "List of users" and "Book" are titles, "Answer" a label
            return len(words) == 1 and first not in _NOUNS or len(words) > 1 and words[1] != "of"
        if first in ("don't", "never", "do") and len(words) > 1:
            return True
        shorter = _LEAD.sub("", clause, count=1)
        if shorter == clause:
            return False
        clause = shorter
    return False


# What stands behind a verb and never behind a noun.
_OBJECT = frozenset(
    "the a an my your our his her their this these those it them me us him all every each any some"
    " both one two three".split()
)


_SURE_OBJECT = _OBJECT - {"the", "a", "an", "one", "two", "three", "some", "both", "any"}
_FUNCTION = STOP_WORDS | QUESTION_WORDS | UNLISTED
_PREPOSITIONS = frozenset(
    "thank like near down up out round past save bar but while except".split()
)


@lru_cache(maxsize=10_000)
def _commands(first: str, second: str) -> bool:
    """Whether a word that begins a clause is a verb in its base form: "Fetch the report".

    A verb that is no other word, known or made of one as "upvote" is; or one that might be a noun,
    with what only stands behind a verb.
    """
    forms = lemmas(first)
    if not forms and first not in _FUNCTION:
        stem = re.sub(r"^(?:up|down|re|un|de|auto|over|pre|out)(?=[a-z]{4})", "", first)
        known = stem != first and stem in lemmas(stem).get("VERB", ())
        return known or (second in _SURE_OBJECT and first.isalpha())
    verb = first in forms.get("VERB", ()) and first not in _PREPOSITIONS
    return verb and (forms.keys() == {"VERB"} or second in _OBJECT)


_NOUNS = frozenset(
    "address answer book call chart code comment copy document draft figure focus form format grade"
    " group guide help label list look map mark match measure name note order outline paint place"
    " plan play plot point post process produce program quote request report research result return"
    " review schedule search set show sort state structure study support survey test trace track"
    " train type view visit walk work question output".split()
)


def _english(line: str, listed: bool) -> str | None:
    if len(tokens(line)) < 3:  # "Pizza", "AI application.", "Is a"
        return "fragment"
    main = _RELATIVE.split(line, maxsplit=1)[0]
    if _FINITE.search(main) or _third_person(main):
        return "statement"
    if _tells(line):
        return "statement"
    if not main.strip() or line.split()[-1].lower() in ("the", "a", "an", "of", "and", "to"):
        return "fragment"
    return "fragment" if listed else None  # "Ideas for a party" asks, an item of a list doesn't


def _tells(line: str) -> bool:
    found = _TELLS.match(line)
    return bool(found) and (not found["verb"] or "VERB" in lemmas(found["verb"].lower()))


def _third_person(text: str) -> bool:
    """Whether a verb in the third person or the past is there that is no noun: "provides"."""
    for word in re.findall(r"(?<![a-z])[a-z]+s\b", text):
        if "VERB" in lemmas(word) and not {"NOUN", "ADJ"} & set(lemmas(word)):
            return True
    if text.rstrip()[-1:] == ".":  # "The lakes heard of it." A title has no full stop.
        for word in re.findall(r"(?<![a-z])[a-z]{3,}\b(?<!ed)", text)[1:]:
            forms = lemmas(word)
            if forms.keys() == {"VERB"} and word not in forms["VERB"] and word[-3:] != "ing":
                return True
    # "Makes the talk easier to follow"
    first = re.match(r"([A-Za-z]+s)\s+(?:the|a|an|it|them|you|your|its|their)\b", text)
    return bool(first) and "VERB" in lemmas(first[1].lower())


def _chinese(line: str, listed: bool) -> str | None:
    core = line.strip(' 。！.!"“”')
    if not listed and (_ZH_WANTED.search(core) or _wanted_in_chinese(core)):
        return None
    short = len(tokens(core)) < 5 or not re.search(r"[是有在了着过被也都会能不没]", core)
    return "fragment" if short else "statement"
