"""How well, how fast and at what cost in memory texts of 2 to 25 words are told apart by language.

    python benchmarks/languages.py

Each detector is asked what the rule `wrong_language` asks: is this text English? is it Chinese?
"wrong" counts good texts that it refuses, "missed" the foreign ones that it lets pass. Each runs
in a process of its own; the last line is JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

TEXTS = {
    "en": """Explain photosynthesis.
Name three cats
What is a kettle?
List five fruits rich in vitamin C
Boil water, then pour it over the leaves.
Thanks! 😊
Sort these numbers: 4, 1, 3
A kettle is a vessel for boiling water.
Write a haiku about autumn rain
Translate “Guten Morgen” into English.
Summarize Hamlet
def add(a, b): return a + b
Who painted the Mona Lisa?
Leonardo da Vinci
She sells sea shells by the sea shore.
Paris, Berlin, Madrid
Why do onions make people cry, and what helps against it?
Use a déjà vu in a sentence.
Rewrite in passive voice: Tom ate cake
Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen.
Correct grammar mistakes
Lions hunt mostly at night, while leopards hide prey in trees.
GDP per capita
Compare TCP with UDP.
Yes, because copper conducts heat well.
The word 猫 means cat in Chinese.
Suggest healthy breakfast options
Convert 5 kilometres to miles
Penguins can't fly, but they swim faster than most people run.
Describe the taste of ginger""",
    "zh": """什么是水壶？
水壶是烧水用的容器。
请写一首关于秋雨的诗
谢谢！😊
为什么切洋葱会流泪？
用 TRL 的 DPOTrainer 训练模型。
解释 TCP 和 UDP 的区别
把这句话翻译成英文：早上好
列举五种富含维生素 C 的水果
铜导热很快，所以锅底常用铜。
企鹅不会飞，但游得很快。
光合作用把阳光、水和二氧化碳变成糖和氧气。
請問圖書館怎麼走？
貓喜歡在太陽下睡覺。
用 Python 写一个快速排序函数。
2 加 3 等于几？
北京
《红楼梦》的作者是谁？
曹雪芹
狮子多在夜里捕猎
先把水烧开，再冲茶叶。
GPU 比 CPU 快在哪里？
推荐几道健康的早餐
改正下面句子里的错别字
水的沸点是 100°C。
请比较 LSTM 与 Transformer
月亮为什么会有圆有缺？
不是，鲸是哺乳动物。
如何学好英语？
三角形的内角和是 180 度。""",
    "de": """Was ist ein Wasserkocher?
Erkläre die Photosynthese.
Ein Wasserkocher ist ein Gefäß, in dem man Wasser erhitzt.
Nenne drei Katzen
Danke schön!
Schreibe ein kurzes Gedicht über den Herbstregen
Warum weint man beim Zwiebelschneiden?
Wer hat die Mona Lisa gemalt?
Kupfer leitet Wärme gut.
Pinguine können nicht fliegen, aber schnell schwimmen.
Die Hauptstadt von Frankreich ist Paris.
Fasse den Text zusammen.
Sortiere diese Zahlen
Im Winter schlafen Bären in ihrer Höhle.
Das Fahrrad hat zwei Räder und einen Lenker.""",
    "fr": """Qu'est-ce qu'une bouilloire ?
Explique la photosynthèse.
Une bouilloire sert à chauffer de l'eau.
Cite trois chats
Merci beaucoup !
Écris un court poème sur la pluie d'automne
Pourquoi pleure-t-on en coupant des oignons ?
Qui a peint la Joconde ?
Le cuivre conduit bien la chaleur.
Les manchots ne volent pas, mais ils nagent vite.
La capitale de l'Allemagne est Berlin.
Résume le texte suivant.
Trie ces nombres
En hiver, les ours dorment dans leur grotte.
Le vélo a deux roues et un guidon.""",
    "es": """¿Qué es una tetera?
Explica la fotosíntesis.
Una tetera sirve para calentar agua.
El cobre conduce bien el calor.
Los pingüinos no vuelan, pero nadan rápido.
Escribe un poema corto sobre la lluvia
La capital de Italia es Roma.
Ordena estos números""",
    "it": """Che cos'è un bollitore?
Spiega la fotosintesi.
Il rame conduce bene il calore.
I pinguini non volano, ma nuotano veloci.
Scrivi una breve poesia sulla pioggia
La capitale della Spagna è Madrid.""",
    "ru": """Что такое чайник?
Объясни фотосинтез.
Медь хорошо проводит тепло.
Пингвины не летают, но быстро плавают.
Назови три кошки
Столица Франции — Париж.
Спасибо!
Напиши короткое стихотворение об осеннем дожде""",
    "ja": """やかんとは何ですか？
光合成を説明してください。
銅は熱をよく伝えます。
ペンギンは飛べませんが、速く泳ぎます。
東京は日本の首都である。
ありがとう！
秋の雨について短い詩を書いて
猫が好きだ""",
    "ko": """주전자란 무엇인가요?
광합성을 설명해 주세요.
구리는 열을 잘 전달합니다.
펭귄은 날지 못하지만 빨리 헤엄칩니다.
고맙습니다!
서울은 한국의 수도이다.
가을비에 대한 짧은 시를 써라""",
    "th": """กาต้มน้ำคืออะไร
อธิบายการสังเคราะห์ด้วยแสง
ทองแดงนำความร้อนได้ดี
ขอบคุณมาก
เพนกวินบินไม่ได้แต่ว่ายน้ำเร็ว""",
    "ar": """ما هي الغلاية؟
اشرح عملية البناء الضوئي.
النحاس ينقل الحرارة جيدا.
البطاريق لا تطير لكنها تسبح بسرعة.
شكرا جزيلا
اكتب قصيدة قصيرة عن مطر الخريف""",
}
DETECTORS = ("smolsynth", "py3langid", "lingua", "lingua, low accuracy")
ROUNDS = 20


def detector(name: str):
    """A function of a text and "en" or "zh" that says whether the text is in the language."""
    if name == "smolsynth":
        from smolsynth.text.language import in_language

        return in_language
    if name == "py3langid":
        import py3langid

        return lambda text, lang: py3langid.classify(text)[0] == lang
    from lingua import LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_all_languages()
    built = (builder.with_low_accuracy_mode() if "low" in name else builder).build()

    def is_in(text: str, lang: str) -> bool:
        found = built.detect_language_of(text)
        return found is not None and found.iso_code_639_1.name.lower() == lang

    return is_in


def memory() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def measured(name: str) -> dict:
    before, begun = memory(), time.perf_counter()
    is_in = detector(name)
    for texts in TEXTS.values():  # models that load when first asked
        is_in(texts.splitlines()[0], "en")
    loading = time.perf_counter() - begun
    texts = [(lang, text) for lang, lines in TEXTS.items() for text in lines.splitlines()]
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        verdicts = [(lang, text, is_in(text, "en"), is_in(text, "zh")) for lang, text in texts]
    seconds = (time.perf_counter() - begun) / ROUNDS / len(texts) / 2
    figures = {"load_s": round(loading, 2), "text_us": round(seconds * 1e6, 1)}
    figures["mb"] = round(memory() - before)
    for place, wanted in enumerate(("en", "zh"), 2):
        rows = [(one[0] == wanted, one[place], one[1]) for one in verdicts]
        figures[f"{wanted}_wrong"] = [text for right, said, text in rows if right and not said]
        figures[f"{wanted}_missed"] = [text for right, said, text in rows if said and not right]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(args.one)))
        return
    counts = {lang: len(lines.splitlines()) for lang, lines in TEXTS.items()}
    total = sum(counts.values())
    print(f"{total} texts: " + ", ".join(f"{count} {lang}" for lang, count in counts.items()))
    heads = [f"{lang} {what}" for lang in ("en", "zh") for what in ("wrong", "missed")]
    print(
        f"{'detector':22}{'load s':>8}{'µs/text':>9}{'MB':>6}" + "".join(f"{h:>11}" for h in heads)
    )
    result = {}
    for name in DETECTORS:
        command = [sys.executable, __file__, "--one", name]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(line.splitlines()[-1])
        result[name] = {k: len(v) if isinstance(v, list) else v for k, v in found.items()}
        print(
            f"{name:22}{found['load_s']:8.2f}{found['text_us']:9.1f}{found['mb']:6}"
            + "".join(f"{len(found[head.replace(' ', '_')]):11}" for head in heads)
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
