"""The ways in which people hide words from a filter, and how much of its recall survives each.

Owns the changes, all of our own making, and the counting. What approves a text is the caller's: a model and its
thresholds, with and without the signals of `moderator.classifier.evasion`. A hiding attack changes the characters and
leaves what a reader sees; a wording attack changes what a reader sees, though not what it says.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec

from moderator.classifier.evasion import hides_letters

HIDING_KEPT: Final = 0.95  # Shares of the clean recall that should survive.
WORDING_KEPT: Final = 0.90
LONG: Final = 4  # Letters from which on a word is worth hiding: the common insults begin here.
SWAPPABLE: Final = 5
PADDING_TIMES: Final = 4  # Lengths of the text that padding adds, at least.

Change = Callable[[str, Random], str]

_WORD: Final = re.compile(r"[^\W\d_]+")
_GAP: Final = re.compile(r"(?<=\w) (?=\w)")

_LEET: Final = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1|", "o": "0", "s": "5$", "t": "7"}
_AS_CYRILLIC: Final = dict(
    zip("abcdehijklmnopqrstvwxyABCEHIJKMOPSTXY", "аЬсԁеһіјкӏмпорԛгѕтѵԝхуАВСЕНІЈКМОРЅТХУ", strict=True)
)
_AS_GREEK: Final = dict(zip("aeiknopuvxABEHIKMNOPTXYZ", "αεικηορυνχΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", strict=True))
_LOOK_ALIKES: Final = {
    letter: _AS_CYRILLIC.get(letter, "") + _AS_GREEK.get(letter, "") for letter in (_AS_CYRILLIC | _AS_GREEK)
}
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
_APART: Final = " .-_"
_MARKS: Final = "\u0300\u0301\u0302\u0303\u0307\u0308\u030a\u0316\u0323\u0330\u0332\u0334\u0335\u0336\u0337\u0338\u0489"
_LRE, _PDF, _LRO, _RLO = "\u202a", "\u202c", "\u202d", "\u202e"
_TO_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in (*range(0x41, 0x5B), *range(0x61, 0x7B))}
_PLEASANT: Final = (
    "Thank you for this thoughtful article, I enjoyed reading it with my morning coffee.",
    "The weather here has been lovely this week, and the gardens are in full bloom.",
    "Many good points were made in the discussion above.",
    "I hope that everyone has a wonderful day.",
    "My grandmother used to bake a cake like the one in the picture.",
    "It is nice to see so many people take part.",
    "The library in our town opens a new reading room in spring.",
    "We went for a long walk by the river and saw a heron.",
    "The photographs are beautiful, and the music was well chosen.",
    "I learned something new today and shall tell my friends.",
)

CLEAN_SCRIPTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Latin": (
        "Dziękuję za ten artykuł, wszystko jest świetnie wyjaśnione.",
        "Żółta łódź płynęła powoli w stronę brzegu.",
        "Příští čtvrtek zasedá městské zastupitelstvo.",
        "Děkuji, že jste na tu chybu upozornili.",
        "Bugün İstanbul'da hava çok güzel, ışıl ışıl bir gün.",
        "Yazıyı beğendim, ama üçüncü bölüm biraz kısa kalmış.",
        "Cảm ơn bạn đã chia sẻ bài viết rất hữu ích này.",
        "Ngày mai chúng tôi sẽ đến thăm viện bảo tàng ở Huế.",
    ),
    "Cyrillic": (
        "Спасибо за подробную статью, было интересно читать.",
        "Я купил iPhone и e-book, а в отпуск поеду в Nice.",
        "Дякую за статтю, її варто прочитати ще раз.",
        "Јуче смо шетали поред Дунава, а сутра идемо у Љубљану.",
        "Утре Европейският съвет заседава в Брюксел.",
    ),
    "Greek": (
        "Ευχαριστώ για το άρθρο, ήταν πολύ ενδιαφέρον.",
        "Αύριο θα πάμε με το πλοίο στην Αίγινα.",
        "Η βιβλιοθήκη ανοίγει στις εννέα το πρωί.",
        "Η σταθερά π και η γωνία α υπάρχουν σε κάθε βιβλίο, το λέει και το Wikipedia.",
    ),
    "Arabic": (
        "شكرا على هذا المقال المفيد، لقد استمتعت بقراءته.",
        "سنزور المتحف الوطني يوم الخميس القادم.",
        "الطَّقْسُ جَمِيلٌ اليَوْمَ فِي المَدِينَةِ.",
        "من این کتاب را می\u200cخوانم و خیلی دوستش دارم.",
    ),
    "Hebrew": (
        "תודה רבה על הכתבה המעניינת.",
        "מחר ניסע לירושלים לבקר את סבתא.",
        "שָׁלוֹם לְכֻלָּם, בֹּקֶר טוֹב.",
        "קראתי על זה ב-Wikipedia\u200f, וזה הסבר טוב.",
    ),
    "Devanagari": (
        "इस सुंदर लेख के लिए बहुत धन्यवाद।",
        "कल हम लोग संग्रहालय देखने जाएँगे।",
        "आज मौसम बहुत अच्छा है, चलो टहलने चलते हैं।",
        "मेरी दादी रोज़ सुबह अख़बार पढ़ती हैं।",
        "मराठीत सु\u200dऱ्या आणि वा\u200dऱ्यावर असे लिहितात।",
    ),
    "Thai": (
        "ขอบคุณสำหรับบทความที่มีประโยชน์มาก",
        "พรุ่งนี้เราจะไปเที่ยวพิพิธภัณฑ์กัน",
        "วันนี้อากาศดีมาก น่าออกไปเดินเล่น",
        "คุณยายชอบอ่านหนังสือพิมพ์ทุกเช้า",
    ),
    "Chinese": (
        "谢谢你写的这篇文章，我学到了很多。",
        "明天我们打算去参观博物馆。",
        "今天天氣很好，適合到公園散步。",
        "图书馆早上九点开门，欢迎大家来读书。",
    ),
    "Japanese": (
        "とても分かりやすい記事をありがとうございます。",
        "明日は友達と美術館に行く予定です。",
        "今日は天気がいいので、公園を散歩しました。",
        "祖母は毎朝コーヒーを飲みながら新聞を読みます。",
    ),
    "Korean": (
        "좋은 기사를 써 주셔서 감사합니다.",
        "내일은 가족과 함께 박물관에 갈 예정입니다.",
        "오늘은 날씨가 정말 좋아서 산책하기 좋네요.",
        "할머니는 아침마다 신문을 읽으십니다.",
    ),
}


@dataclass(frozen=True)
class Attack:
    """One way to hide words. `change` works for any text, and what it makes of one that is not empty is not empty."""

    name: str
    change: Change
    is_hiding: bool

    @property
    def target(self) -> float:
        """The share of the recall on clean text that should survive."""
        return HIDING_KEPT if self.is_hiding else WORDING_KEPT


class Survival(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of the recall under one attack.

    `rows` counts the texts that the attack changes and that were not approved when clean. `kept` is the share of these
    that is not approved when attacked either, `by_score` the share that the score alone does not approve. Both are 1
    when there are no rows: nothing was lost.
    """

    name: str
    rows: int
    kept: float
    by_score: float


def _each_word(text: str, change: Callable[[str], str], *, shortest: int = LONG) -> str:
    return _WORD.sub(lambda match: change(match[0]) if len(match[0]) >= shortest else match[0], text)


def _in_some_places(places: Sequence[int], random: Random) -> frozenset[int]:
    """Choose about half of the places, and at least one where there are any."""
    chosen = frozenset(place for place in places if random.random() < 0.5)
    return chosen or frozenset(random.sample(places, min(1, len(places))))


def _replace_some(word: str, forms: Mapping[str, str], random: Random) -> str:
    chosen = _in_some_places([place for place, letter in enumerate(word) if letter in forms], random)
    return "".join(random.choice(forms[letter]) if place in chosen else letter for place, letter in enumerate(word))


def _insert_some(word: str, characters: str, random: Random) -> str:
    chosen = _in_some_places(range(1, len(word)), random)
    return "".join(random.choice(characters) + letter if at in chosen else letter for at, letter in enumerate(word))


def write_leet(text: str, random: Random) -> str:
    """Write digits and signs for about half of the letters that have one, in each word of three letters or more."""
    forms = {**_LEET, **{letter.upper(): signs for letter, signs in _LEET.items()}}
    return _each_word(text, lambda word: _replace_some(word, forms, random), shortest=3)


def use_look_alikes(text: str, random: Random) -> str:
    """Take about half of each longer word's letters from the Cyrillic and the Greek alphabet."""
    return _each_word(text, lambda word: _replace_some(word, _LOOK_ALIKES, random))


def insert_zero_width(text: str, random: Random) -> str:
    """Put characters without width between the letters of longer words."""
    return _each_word(text, lambda word: _insert_some(word, _ZERO_WIDTH, random))


def spell_apart(text: str, random: Random) -> str:
    """Spell the longer words apart, by one sign for the whole text."""
    return _each_word(text, random.choice(_APART).join)


def widen(text: str, random: Random) -> str:  # noqa: ARG001 - nothing to choose
    """Write Latin letters full-width."""
    return text.translate(_TO_FULL_WIDTH)


def repeat_letters(text: str, random: Random) -> str:
    """Draw out one letter of each longer word."""

    def draw_out(word: str) -> str:
        place = random.randrange(1, len(word))
        return word[:place] + word[place] * random.randint(2, 7) + word[place:]

    return _each_word(text, draw_out)


def add_marks(text: str, random: Random) -> str:
    """Put one or two combining marks on about half of the letters of longer words."""

    def decorate(word: str) -> str:
        chosen = _in_some_places(range(len(word)), random)
        marks = {place: "".join(random.choices(_MARKS, k=random.randint(1, 2))) for place in sorted(chosen)}
        return "".join(letter + marks.get(place, "") for place, letter in enumerate(word))

    return _each_word(text, decorate)


def turn_directions(text: str, random: Random) -> str:
    """Put controls of direction round or into longer words, or write them backwards so that they show forwards."""

    def turn(word: str) -> str:
        way = random.randrange(3)
        if way == 0:
            return _RLO + word[::-1] + _PDF
        opening = random.choice((_LRE, _LRO))
        if way == 1:
            return opening + word + _PDF
        place = random.randrange(1, len(word))
        return word[:place] + opening + word[place:] + _PDF

    return _each_word(text, turn)


def swap_letters(text: str, random: Random) -> str:
    """Swap two inner letters that stand side by side, in each word of five letters or more."""

    def swap(word: str) -> str:
        places = [place for place in range(1, len(word) - 2) if word[place] != word[place + 1]]
        if not places:
            return word
        place = random.choice(places)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return _each_word(text, swap, shortest=SWAPPABLE)


def glue_words(text: str, random: Random) -> str:
    """Leave out about half of the spaces between words."""
    gaps = _in_some_places([match.start() for match in _GAP.finditer(text)], random)
    return "".join(letter for place, letter in enumerate(text) if place not in gaps)


def pad(text: str, random: Random) -> str:
    """Put pleasant sentences before and after the text, until they are several times as long."""

    def pleasantries() -> str:
        found: list[str] = []
        while sum(map(len, found)) < PADDING_TIMES * len(text) // 2 or not found:
            found += random.sample(_PLEASANT, 2)
        return " ".join(found)

    return f"{pleasantries()} {text} {pleasantries()}"


ATTACKS: Final[Mapping[str, Attack]] = {
    attack.name: attack
    for attack in (
        Attack("leet", write_leet, is_hiding=True),
        Attack("homoglyphs", use_look_alikes, is_hiding=True),
        Attack("zero_width", insert_zero_width, is_hiding=True),
        Attack("spacing", spell_apart, is_hiding=True),
        Attack("full_width", widen, is_hiding=True),
        Attack("repeats", repeat_letters, is_hiding=True),
        Attack("combining", add_marks, is_hiding=True),
        Attack("bidi", turn_directions, is_hiding=True),
        Attack("swapped", swap_letters, is_hiding=False),
        Attack("glued", glue_words, is_hiding=False),
        Attack("padding", pad, is_hiding=False),
    )
}


def measure_attacks(texts: Sequence[str], is_approved: Callable[[str], tuple[bool, bool]], seed: int) -> list[Survival]:
    """Return how much of the recall survives each attack, in the order of `ATTACKS`.

    Args:
        texts: positives as their authors wrote them. Those that are approved as they stand are left out.
        is_approved: whether the score alone approves a text, and whether score and signals together do.
        seed: the same seed makes the same attacks, whatever other attacks or texts there are.
    """
    caught = [text for text in dict.fromkeys(texts) if not is_approved(text)[1]]
    return [_measure(attack, caught, is_approved, seed) for attack in ATTACKS.values()]


def _measure(
    attack: Attack, caught: Sequence[str], is_approved: Callable[[str], tuple[bool, bool]], seed: int
) -> Survival:
    # Each text has its own Random, so that leaving one out changes nothing for the others.
    changed = [(text, attack.change(text, Random(f"{seed} {attack.name} {text!a}"))) for text in caught]  # noqa: S311
    answers = [is_approved(after) for before, after in changed if after != before]
    return Survival(
        name=attack.name,
        rows=len(answers),
        kept=_share([not approved for _, approved in answers]),
        by_score=_share([not approved for approved, _ in answers]),
    )


def _share(truths: Sequence[bool]) -> float:
    return round(sum(truths) / len(truths), 4) if truths else 1.0


def needlessly_held(hides: Callable[[str], bool] = hides_letters) -> tuple[str, ...]:
    """Return the ordinary sentences of `CLEAN_SCRIPTS` that are taken for hidden letters. There should be none."""
    return tuple(text for texts in CLEAN_SCRIPTS.values() for text in texts if hides(text))
