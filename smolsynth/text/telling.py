"""The words of a text that say something: neither stop words nor what fits every subject.

A very small model fills its sentences: “It plays a crucial role in many aspects of modern life.”
"""

from smolsynth.text.tokens import STOP_WORDS, tokens

_STEM = 5  # letters of a word that endings hardly change
_FILLERS = frozenset(
    word[:_STEM]
    for word in (
        "ability able actually add allow also application around aspect aware because become being"
        " benefit bodily capacity capture centuries complex component consider contribute create"
        " critical crucial device different diverse effective element enable enhance ensure"
        " essential everyday example experience extension famous feature fundamental fascinating"
        " function good great help helps human important impact include incredible indispensable"
        " industry ingenuity innovation integral interesting just key known largely life like made"
        " main maintain make makes making many more most multifaceted necessary numerous offer"
        " often one other overall part particularly people play plays played playing popular"
        " power powerful practical primary process provide purpose quality range reason reflect"
        " remarkable reminder rich role serve service several significant simple someone something"
        " source special support symbol system term testament thing time tool trying typically"
        " understand unique use used uses using valuable variety various versatile vital way well"
        " wide widely without work world"
    ).split()
)


def telling(text: str) -> set[str]:
    """The first five letters of the words of a text that say something; of Chinese the characters.

    >>> sorted(telling("A kettle plays a crucial role in boiling water."))
    ['boili', 'kettl', 'water']
    """
    words = {word[:_STEM] for word in tokens(text) if word not in STOP_WORDS}
    return words - _FILLERS
