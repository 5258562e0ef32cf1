"""What verifiers say in two languages."""

from typing import Any

from smolsynth.errors import Said

WORDS: dict[str, tuple[str, str]] = {
    "right": ("The answer is {found}, as it should be.", "答案是 {found}，正确。"),
    "wrong": ("The answer is {found}, not {expected}.", "答案是 {found}，应为 {expected}。"),
    "no answer": ("There is no final answer in the text.", "文中没有最终答案。"),
    "unfinished": ("The thoughts have no end, so there is no answer.", "思考没有写完，没有答案。"),
    "several answers": (
        "There are several final answers: {found}.",
        "最终答案不止一个：{found}。",
    ),
    "no unit": ("{found} lacks the unit {unit}.", "{found} 缺少单位 {unit}。"),
    "wrong unit": (
        "The unit of {found} is {got}, which is no {unit}.",
        "{found} 的单位是 {got}，不能换算成 {unit}。",
    ),
    "no choice": ("No choice is made among {labels}.", "没有在 {labels} 中选定一项。"),
    # JSON and patterns
    "json right": ("The JSON fits its schema.", "JSON 符合规定的结构。"),
    "no json": ("There is no JSON in the text.", "文中没有 JSON。"),
    "bad json": ("The JSON can't be read: {error}", "JSON 无法解析：{error}"),
    "schema": (
        "The JSON breaks its schema at {where}: {error}",
        "JSON 在 {where} 处不合规定：{error}",
    ),
    "matched": ("The pattern is found: {found}.", "匹配到：{found}。"),
    "not matched": ("The pattern {pattern} is not found.", "没有匹配到 {pattern}。"),
    # calls of tools
    "no call": ("No tool is called.", "没有调用工具。"),
    "no such tool": ("The call can't be run: {error}.", "调用无法执行：{error}。"),
    "bad arguments": ("The call has bad arguments: {error}", "调用的参数不对：{error}"),
    "call fails": ("The tool refuses: {error}.", "工具报错：{error}。"),
    "call right": ("The call does what was wanted.", "调用正确。"),
    "call wrong": ("The call does something else: {found}", "调用得到的不是所要的结果：{found}"),
    # constraints
    "constraints hold": ("All {total} constraints hold.", "{total} 条约束全部满足。"),
    "constraints": ("{reason}.", "{reason}。"),
    "exactly": ("exactly {n}", "正好 {n}"),
    "at_least": ("at least {n}", "至少 {n}"),
    "at_most": ("at most {n}", "至多 {n}"),
    "between": ("{low} to {high}", "{low} 到 {high}"),
    "count": ("{found} {what}, asked for were {wanted}", "{what}为 {found}，要求{wanted}"),
    "of words": ("words", "词数（汉字按字计）"),
    "of characters": ("characters", "字数"),
    "of sentences": ("sentences", "句数"),
    "of paragraphs": ("paragraphs", "段数"),
    "of bullets": ("bullet points", "要点数"),
    "of lines": ("lines", "行数"),
    "missing words": ("words are missing: {words}", "缺少词语：{words}"),
    "forbidden words": ("words to avoid stand there: {words}", "用了不该用的词语：{words}"),
    "start": ("it doesn't start with “{text}”", "开头不是“{text}”"),
    "end": ("it doesn't end with “{text}”", "结尾不是“{text}”"),
    "only json": ("it is not JSON alone", "不只是 JSON"),
    "case title": ("it is not in title case", "不是标题式大小写"),
    "case upper": ("it is not in capitals", "不全是大写"),
    "case lower": ("it is not in small letters", "不全是小写"),
    "language en": ("it is not in English", "不是英文"),
    "language zh": ("it is not in Chinese", "不是中文"),
    "no commas": ("it has commas", "含有逗号或顿号"),
    # programs
    "no code": ("There is no Python in the text.", "文中没有 Python 代码。"),
    "tests pass": ("All {total} tests pass.", "{total} 个测试全部通过。"),
    "some tests pass": (
        "{passed} of {total} tests pass; {reason}",
        "{total} 个测试通过了 {passed} 个；{reason}",
    ),
    "test wrong": ("{expression} gives {found}: {test}.", "{expression} 得到 {found}：{test}。"),
    "test raised": ("{test} raises {error}.", "{test} 抛出 {error}。"),
    "stopped": ("the program {outcome} ({error}).", "程序{outcome}（{error}）。"),
    "run done": ("ends", "结束了"),
    "run syntax": ("is no valid Python", "有语法错误"),
    "run error": ("raises an exception", "抛出异常"),
    "run exited": ("leaves before its tests are through", "没等测试做完就退出了"),
    "run timeout": ("takes too long", "超时"),
    "run memory": ("takes too much memory", "占用内存过多"),
    "run output": ("prints too much", "输出过多"),
    "run files": ("writes too much to disk", "写入磁盘过多"),
    "run forbidden": ("does what the sandbox forbids", "做了沙箱禁止的事"),
    "run crashed": ("crashes", "崩溃了"),
}


def said(key: str, /, **values: Any) -> Said:
    """One of WORDS in both languages, filled in."""
    en, zh = WORDS[key]
    in_zh = {
        name: value.words("zh") if isinstance(value, Said) else value
        for name, value in values.items()
    }
    return Said(en.format(**values), zh.format(**in_zh))
