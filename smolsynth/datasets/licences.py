"""The licence of the model that wrote the rows, and what it asks of data made with it.

This is a help to read the terms, not advice: they change, and what holds for you is what you agreed
to. Each entry names where it can be read. "unknown" is an answer.
"""

import re
from typing import NamedTuple


class Terms(NamedTuple):
    """What holds for data of a family of models.

    Attributes:
        family: as the card names it.
        license: as the Hugging Face Hub names it, for the header of the card.
        asks: a key of ASKS.
        link: where it can be read.
    """

    family: str
    license: str
    asks: str
    link: str

    def words(self, lang: str) -> str:
        """The paragraph for the card, in "en" or "zh"."""
        return (HEAD[lang][bool(self.link)] + ASKS[lang][self.asks]).format(**self._asdict())


HEAD = {
    "en": ("", "The rows were written by {family} ([terms]({link})). "),
    "zh": ("", "数据由 {family} 生成（[条款]({link})）。"),
}
ASKS = {
    "en": {
        "own": "The rows were written by a model of smolsynth, under Apache 2.0, which asks nothing"
        " of data made with it.",
        "nothing": "Its licence, {license}, asks nothing of data made with it.",
        "given": "Which licence those rows have that were read from a file is not known here. Look"
        " it up before you share them, or models trained on them.",
        "unknown": "Which licence the model has that wrote the rows is not known here. Look it up"
        " before you share them, or models trained on them.",
        "llama3.1": "If you share a model trained on them, begin its name with “Llama”; if you"
        " share Llama itself, or something that contains it, show “Built with Llama” and add the"
        " licence.",
        "llama3": "They may improve no other large language model than Llama 3 and what derives"
        " from it.",
        "llama2": "They may improve no other large language model than Llama 2 and what derives"
        " from it.",
        "gemma": "A model trained on them to perform like Gemma counts as derived from Gemma: if"
        " you share it, pass on the Gemma Terms of Use and their prohibited uses.",
        "qwen": "If you share a model trained on them, show “Built with Qwen” or “Improved using"
        " Qwen” in its documentation.",
        "qwen-research": "For research and evaluation, not for commerce; if you share a model"
        " trained on them, show “Built with Qwen” or “Improved using Qwen”.",
        "qwen1": "They may improve no other large language model than Qwen and what derives from"
        " it.",
        "mistral-research": "The rows, too, are for research alone, not for commerce, unless"
        " Mistral AI allows it.",
        "deepseek": "Its licence forbids certain uses; if you share a derived model, pass these"
        " limits on.",
        "glm4": "Its licence is free for research; commerce needs a registration.",
        "openai": "They may not be used to develop models that compete with OpenAI.",
        "anthropic": "They may not be used to build a competing product or service, or to train"
        " competing models, unless Anthropic agrees.",
        "google": "They may not be used to develop models that compete with Gemini API or Google AI"
        " Studio.",
    },
    "zh": {
        "own": "数据由 smolsynth 自带的模型生成，采用 Apache 2.0，对用它生成的数据没有要求。",
        "nothing": "它的许可证（{license}）对用它生成的数据没有要求。",
        "given": "从文件读入的数据采用什么许可证，这里并不知道。发布数据或用它训练的模型之前，"
        "请先查清。",
        "unknown": "不知道生成这些数据的模型采用什么许可证。发布数据或用它训练的模型之前，"
        "请先查清。",
        "llama3.1": "发布用这些数据训练的模型，模型名要以“Llama”开头；"
        "发布 Llama 本身或包含它的产品，还要标明“Built with Llama”，并附上许可证。",
        "llama3": "除 Llama 3 及其衍生模型外，不能用这些数据改进其他大语言模型。",
        "llama2": "除 Llama 2 及其衍生模型外，不能用这些数据改进其他大语言模型。",
        "gemma": "用这些数据训练、使其表现接近 Gemma 的模型，算作 Gemma 的衍生模型："
        "发布时要一并附上 Gemma 使用条款和其中禁止的用途。",
        "qwen": "发布用这些数据训练的模型，"
        "要在文档中标明“Built with Qwen”或“Improved using Qwen”。",
        "qwen-research": "只能用于研究和评估，不能商用；发布用这些数据训练的模型，"
        "要标明“Built with Qwen”或“Improved using Qwen”。",
        "qwen1": "除通义千问及其衍生模型外，不能用这些数据改进其他大语言模型。",
        "mistral-research": "数据也只能用于研究，未经 Mistral AI 许可不能商用。",
        "deepseek": "许可证列有禁止的用途；发布衍生模型时，要一并附上这些限制。",
        "glm4": "许可证允许免费用于研究，商用需要登记。",
        "openai": "不能用来开发与 OpenAI 竞争的模型。",
        "anthropic": "未经 Anthropic 同意，不能用来做与之竞争的产品或服务，"
        "也不能训练与之竞争的模型。",
        "google": "不能用来开发与 Gemini API 或 Google AI Studio 竞争的模型。",
    },
}
UNKNOWN = Terms("?", "unknown", "unknown", "")
_HUB = "https://huggingface.co/"
# By what is in a model's name, the more special first; read in November 2026.
TABLE: tuple[tuple[str, Terms], ...] = (
    (r"^bundled\b|^smolsynth[/ -]", Terms("smolsynth", "apache-2.0", "own", "")),
    (
        r"smollm",
        Terms("SmolLM", "apache-2.0", "nothing", f"{_HUB}HuggingFaceTB/SmolLM2-135M-Instruct"),
    ),
    (r"gpt-oss", Terms("gpt-oss", "apache-2.0", "nothing", f"{_HUB}openai/gpt-oss-20b")),
    (
        r"\b(chatgpt|gpt-?[345]|o[134](-|\b)|text-davinci)",
        Terms("OpenAI", "other", "openai", "https://openai.com/policies/row-terms-of-use/"),
    ),
    (
        r"\bclaude",
        Terms("Claude", "other", "anthropic", "https://www.anthropic.com/legal/commercial-terms"),
    ),
    (
        r"\bgemini",
        Terms("Gemini", "other", "google", "https://ai.google.dev/gemini-api/terms"),
    ),
    (r"tinyllama", Terms("TinyLlama", "apache-2.0", "nothing", f"{_HUB}TinyLlama")),
    (
        r"llama-?3[.-]?3\b(?!b)",
        Terms("Llama 3.3", "llama3.3", "llama3.1", "https://www.llama.com/llama3_3/license/"),
    ),
    (
        r"llama-?[34][.-]?[1-9]\b(?!b)|llama-?4|r1-distill-llama",
        Terms("Llama", "llama3.1", "llama3.1", "https://www.llama.com/llama3_1/license/"),
    ),
    (r"llama-?3", Terms("Llama 3", "llama3", "llama3", "https://www.llama.com/llama3/license/")),
    (
        r"llama-?2|codellama",
        Terms("Llama 2", "llama2", "llama2", "https://ai.meta.com/llama/license/"),
    ),
    (
        r"gemma-?4",
        Terms("Gemma 4", "apache-2.0", "nothing", "https://ai.google.dev/gemma/apache_2"),
    ),
    (r"gemma", Terms("Gemma", "gemma", "gemma", "https://ai.google.dev/gemma/terms")),
    (
        r"deepseek-(r1|v3\.[1-9]|v3-0324)",
        Terms("DeepSeek", "mit", "nothing", f"{_HUB}deepseek-ai/DeepSeek-R1"),
    ),
    (
        r"deepseek-(v[23]|coder|llm|moe|math)",
        Terms(
            "DeepSeek",
            "other",
            "deepseek",
            "https://github.com/deepseek-ai/DeepSeek-V3/blob/main/LICENSE-MODEL",
        ),
    ),
    (r"qwen-(max|plus|turbo|flash|long)", UNKNOWN),  # of the service: other terms
    (
        r"qwen-?2[.-]5-(coder-|vl-)?3b",
        Terms("Qwen2.5-3B", "other", "qwen-research", f"{_HUB}Qwen/Qwen2.5-3B/blob/main/LICENSE"),
    ),
    (
        r"qwen-?2([.-]5)?-(math-|vl-)?72b",
        Terms("Qwen 72B", "other", "qwen", f"{_HUB}Qwen/Qwen2.5-72B-Instruct/blob/main/LICENSE"),
    ),
    (
        r"qwen-?[23]|qwq|qwen-?2[.-]5",
        Terms("Qwen", "apache-2.0", "nothing", f"{_HUB}Qwen/Qwen3-8B"),
    ),
    (
        r"qwen-?(1[.-]5-?)?(-?\d|-)|tongyi",
        Terms("Qwen", "other", "qwen1", f"{_HUB}Qwen/Qwen-7B-Chat/blob/main/LICENSE"),
    ),
    (
        r"mistral-large-(instruct|24)|ministral-8b-instruct-2410|mistral-small-(instruct-)?2409"
        r"|pixtral-large|codestral-22b",
        Terms("Mistral", "other", "mistral-research", "https://mistral.ai/licenses/MRL-0.1.md"),
    ),
    (
        r"mistral-(7b|nemo|small-(3|24b))|mixtral|ministral-3|magistral-small|devstral-small",
        Terms("Mistral", "apache-2.0", "nothing", f"{_HUB}mistralai"),
    ),
    (
        r"glm-(4\.[5-9]|[5-9]|z1|4-(9b|32b)-0414)",
        Terms("GLM", "mit", "nothing", f"{_HUB}zai-org/GLM-4.5"),
    ),
    (
        r"glm-4-9b|chatglm",
        Terms("GLM-4", "other", "glm4", f"{_HUB}THUDM/glm-4-9b-chat/blob/main/LICENSE"),
    ),
    (r"\bphi-?[234]", Terms("Phi", "mit", "nothing", f"{_HUB}microsoft/phi-4")),
)


_BETWEEN = re.compile(r"\s*[,;+、，；]\s*|\s+and\s+|\s*[和与]\s*")  # names, in words
_ROLE = re.compile(r"^(?:judge|评审)\s*[:：]\s*")


def terms_of(model: str) -> Terms:
    """The terms of a model, from a spec as `load_llm` takes it or from words; UNKNOWN where its
    family is not in the table, or where there are several.

    >>> terms_of("hf:meta-llama/Llama-3.3-70B-Instruct").license
    'llama3.3'
    >>> terms_of("a model of my own").license
    'unknown'
    """
    names = [_ROLE.sub("", name) for name in _BETWEEN.split(model.strip().lower())]
    found = {_of_one(name) for name in names if name}
    return found.pop() if len(found) == 1 else UNKNOWN


def _of_one(name: str) -> Terms:
    if not name.startswith(("bundled", "smolsynth")):
        name = name.rpartition("#")[2]  # of a server's address
        name = name.rpartition("/")[2] if name.count("/") > 1 or "\\" in name else name
        name = re.sub(r"[\s_:]", "-", name)
    return next((terms for pattern, terms in TABLE if re.search(pattern, name)), UNKNOWN)
