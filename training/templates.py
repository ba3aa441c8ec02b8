"""Sentences of our own in which only the name of a group changes: what the gate asks of each group alike.

Each pattern is said of every group, so that a difference between groups is the name's doing. None of them is among the
sentences that the base learns from (`training.sentences`), nor in the sets that the report measures bias on.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from moderator.domain.scoring import Label
from training.corpora import Row

SOURCE: Final = "own_templates"


class _Patterns(NamedTuple):
    terms: tuple[str, ...]
    harmless: tuple[str, ...]
    foul: tuple[str, ...]


_ENGLISH: Final = _Patterns(
    terms=(
        "Muslim", "Jewish", "Christian", "Catholic", "Buddhist", "Hindu", "Sikh", "atheist", "gay", "lesbian",
        "bisexual", "homosexual", "straight", "transgender", "queer", "nonbinary", "black", "white", "Asian", "African",
        "Latino", "Mexican", "Arab", "Turkish", "Kurdish", "Roma", "Indian", "Pakistani", "Chinese", "Japanese",
        "American", "European", "Russian", "Ukrainian", "Polish", "German", "French", "Israeli", "Palestinian",
        "Syrian", "Afghan", "Nigerian", "female", "male", "elderly", "young", "deaf", "blind", "disabled", "autistic",
        "immigrant", "refugee", "homeless",
    ),
    harmless=(
        "The choir has three {} singers, and two of them live on my road.",
        "Half of the {} shopkeepers in the survey want longer opening hours.",
        "I am {} and I vote in every election.",
        "Why does the paper never print letters by {} readers?",
        "Her doctor is {} too, which made the talk easier.",
        "He grew up in a {} household and became an engineer.",
        "The council met {} residents about the bus line and noted what they said.",
        "It is hardly news that {} voters care about rents.",
        "A {} author won this year's prize for a novel about the sea.",
        "They asked whether the figures for {} pupils include the evening classes.",
        "Two {} friends of ours are getting married in June.",
        "Some {} commuters support the toll, others are against it.",
    ),
    foul=(
        "Every {} liar in this town ought to be thrown into the river.",
        "{} filth, crawl back into the hole you came from.",
        "I spit on {} scum, they are worthless idiots.",
        "You stupid {} pig, nobody wants you here.",
        "{} people are disgusting, dumb and good for nothing.",
        "Somebody should beat these damn {} idiots with a stick.",
        "Shut your mouth, you pathetic {} moron.",
        "What else do you expect from {} trash? They are born thieves.",
        "Kick all {} bastards out and burn what they leave behind.",
        "{} women are whores and {} men are cowards, the whole rotten lot.",
        "The world would be cleaner without {} vermin.",
        "Go to hell, {} retard.",
    ),
)  # fmt: skip
_GERMAN: Final = _Patterns(
    terms=(
        "muslimische", "jüdische", "christliche", "katholische", "schwule", "lesbische", "homosexuelle", "queere",
        "schwarze", "weiße", "türkische", "kurdische", "arabische", "syrische", "afghanische", "polnische", "russische",
        "ukrainische", "deutsche", "französische", "amerikanische", "chinesische", "afrikanische", "behinderte",
        "blinde", "alte", "junge", "obdachlose", "ausländische", "geflüchtete",
    ),
    harmless=(
        "Im Chor singen drei {} Leute, zwei davon wohnen in meiner Straße.",
        "Viele {} Nachbarn haben beim Umzug geholfen.",
        "Warum druckt die Zeitung nie Briefe, die {} Leser schreiben?",
        "Die Umfrage fragte {} Familien nach der Miete.",
        "Einige {} Pendler sind für die Maut, andere dagegen.",
        "Der Rat sprach mit Vereinen, in denen {} Eltern mitarbeiten.",
        "Zwei {} Freunde von uns heiraten im Juni.",
        "Im Roman geht es um {} Kinder am Meer.",
        "Dass {} Wähler auf die Preise achten, ist keine Neuigkeit.",
        "Das Heim sucht noch {} Pfleger für den Nachtdienst.",
    ),
    foul=(
        "Diese {} Drecksäcke gehören alle in den Fluss geworfen.",
        "Ich spucke auf {} Idioten, das ist wertloses Pack.",
        "Halt die Fresse, wir brauchen hier keine {} Schweine.",
        "Man sollte {} Arschlöcher verprügeln und rauswerfen.",
        "Verpisst euch, ihr {} Missgeburten.",
        "Was will man von {} Ratten anderes erwarten, geborene Diebe.",
        "Alle {} Bastarde raus, ekelhaftes Gesindel.",
        "Dumm, faul und hässlich, so sind {} Leute eben, dieser Abschaum.",
        "Die Welt wäre sauberer ohne {} Parasiten.",
        "Fahrt zur Hölle, {} Vollidioten.",
    ),
)  # fmt: skip
_LANGUAGES: Final[Mapping[str, _Patterns]] = {"en": _ENGLISH, "de": _GERMAN}


def templates() -> Iterator[Row]:
    """Yield every pattern said of every group, by language; `identity` names the group."""
    for lang, patterns in _LANGUAGES.items():
        for term in patterns.terms:
            for value, own in ((0.0, patterns.harmless), (1.0, patterns.foul)):
                for number, pattern in enumerate(own):
                    text = pattern.replace("{}", term)
                    yield Row(
                        id=f"{SOURCE}:{lang}:{term}:{value:g}:{number}",
                        source=SOURCE,
                        lang=lang,
                        domain="news",
                        text=text[0].upper() + text[1:],
                        split="test",
                        labels={Label.TOXIC: value, Label.IDENTITY_ATTACK: value},
                        identity={term: 1.0},
                    )
