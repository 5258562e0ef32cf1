"""What an instruction asks for: root and object, in English and Chinese."""

import pytest

from smolsynth.text.intents import kind, kinds


@pytest.mark.parametrize(
    ("lang", "text", "root", "thing"),
    [
        ("en", "Write a poem about the sea.", "write", "poem"),
        ("en", "Could you please generate a list of three tips?", "generate", "list"),
        ("en", "What is the main difference between rice and wheat?", "what", "difference"),
        ("en", "Explaining why the sky is blue", "explain", "sky"),
        ("en", "", "", ""),
        ("en", "42!", "", ""),
        ("zh", "请写一首关于大海的诗。", "写", "大海"),
        ("zh", "把下面的句子翻译成英文", "翻译成", "英文"),
        ("zh", "烤箱的作用是什么？", "什么", "作用"),
        ("zh", "？", "", ""),
    ],
)
def test_root_and_object(lang, text, root, thing):
    assert kind(text, lang) == (root, thing)


def test_counting():
    texts = ["Write a poem.", "Write two poems.", "Tell a story."]
    assert kinds(texts, "en").most_common() == [(("write", "poem"), 2), (("tell", "story"), 1)]
    assert sum(kinds(["Write a poem."] * 10_500, "en").values()) == 10_000
