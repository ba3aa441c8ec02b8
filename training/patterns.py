"""Sentences of our own about groups, in nine languages: each is said of every group of its language.

The noun beside a group's name is chosen so that one form of the name fits all sentences: where adjectives are declined
it is a feminine plural, in Polish and Russian in the nominative or what looks like it. None of them is among the
sentences that the base learns from (`training.sentences`).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Patterns(NamedTuple):
    """Names of groups, and sentences with a place for one, harmless and foul."""

    terms: tuple[str, ...]
    harmless: tuple[str, ...]
    foul: tuple[str, ...]


_ENGLISH: Final = Patterns(
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
_GERMAN: Final = Patterns(
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
_FRENCH: Final = Patterns(
    terms=(
        "musulmanes", "juives", "chrétiennes", "catholiques", "athées", "roms", "noires", "blanches", "arabes",
        "turques", "kurdes", "marocaines", "algériennes", "sénégalaises", "syriennes", "chinoises", "russes",
        "ukrainiennes", "polonaises", "allemandes", "françaises", "américaines", "africaines", "asiatiques",
        "lesbiennes", "homosexuelles", "transgenres", "handicapées", "sourdes", "aveugles", "âgées", "jeunes",
        "immigrées", "réfugiées", "étrangères",
    ),
    harmless=(
        "Trois personnes {} chantent dans la chorale, et deux habitent ma rue.",
        "Beaucoup de voisines {} ont aidé au déménagement.",
        "Pourquoi le journal ne publie-t-il jamais de lettres de lectrices {} ?",
        "L'enquête a interrogé des familles {} sur leur loyer.",
        "Certaines voyageuses {} approuvent le péage, d'autres non.",
        "La mairie a parlé de la ligne de bus avec des mères {}.",
        "Deux de nos amies {} se marient en juin.",
        "Le roman raconte la vie de jeunes filles {} au bord de la mer.",
        "Que les électrices {} regardent les prix n'est pas une nouvelle.",
        "La maison de retraite cherche des aides {} pour la nuit.",
    ),
    foul=(
        "Ces ordures de femmes {} devraient toutes être jetées dans la rivière.",
        "Je crache sur ces idiotes {}, elles ne valent rien.",
        "Ferme ta gueule, on ne veut pas de truies {} ici.",
        "Il faudrait tabasser ces connes {} et les mettre dehors.",
        "Dégagez, sales rates {}.",
        "Qu'attendre de ces putes {}, des voleuses nées ?",
        "Dehors toutes ces salopes {}, racaille dégoûtante.",
        "Bêtes, feignantes et laides, voilà les femmes {}, de la merde.",
        "Le monde serait plus propre sans ces parasites {}.",
        "Allez au diable, pauvres imbéciles {}.",
    ),
)  # fmt: skip
_SPANISH: Final = Patterns(
    terms=(
        "musulmanas", "judías", "cristianas", "católicas", "evangélicas", "ateas", "gitanas", "negras", "blancas",
        "árabes", "turcas", "marroquíes", "mexicanas", "venezolanas", "colombianas", "chinas", "rusas", "ucranianas",
        "polacas", "rumanas", "alemanas", "españolas", "africanas", "asiáticas", "indígenas", "lesbianas",
        "homosexuales", "transexuales", "discapacitadas", "sordas", "ciegas", "mayores", "jóvenes", "inmigrantes",
        "refugiadas", "extranjeras",
    ),
    harmless=(
        "En el coro cantan tres personas {} y dos viven en mi calle.",
        "Muchas vecinas {} ayudaron con la mudanza.",
        "¿Por qué el periódico nunca publica cartas de lectoras {}?",
        "La encuesta preguntó a familias {} por el alquiler.",
        "Algunas viajeras {} apoyan el peaje y otras no.",
        "El ayuntamiento habló con madres {} sobre la línea de autobús.",
        "Dos amigas {} se casan en junio.",
        "La novela trata de niñas {} junto al mar.",
        "No es noticia que las votantes {} miren los precios.",
        "La residencia busca enfermeras {} para el turno de noche.",
    ),
    foul=(
        "Todas las personas {} de este pueblo son unas ladronas de mierda.",
        "Escupo sobre esas idiotas {}, no valen nada.",
        "Cierra la boca, aquí no queremos cerdas {}.",
        "Habría que darles una paliza a esas imbéciles {} y echarlas.",
        "Lárguense, malditas ratas {}.",
        "¿Qué se puede esperar de esas putas {}, nacidas para robar?",
        "Fuera todas las zorras {}, gentuza asquerosa.",
        "Tontas, vagas y feas, así son las mujeres {}, pura escoria.",
        "El mundo estaría más limpio sin esas parásitas {}.",
        "Váyanse al infierno, estúpidas {}.",
    ),
)  # fmt: skip
_PORTUGUESE: Final = Patterns(
    terms=(
        "muçulmanas", "judias", "cristãs", "católicas", "evangélicas", "ateias", "ciganas", "negras", "brancas",
        "árabes", "turcas", "angolanas", "brasileiras", "portuguesas", "venezuelanas", "chinesas", "japonesas",
        "russas", "ucranianas", "alemãs", "americanas", "africanas", "asiáticas", "indígenas", "nordestinas",
        "lésbicas", "homossexuais", "transexuais", "surdas", "cegas", "idosas", "jovens", "imigrantes", "refugiadas",
        "estrangeiras",
    ),
    harmless=(
        "No coro cantam três pessoas {}, e duas moram na minha rua.",
        "Muitas vizinhas {} ajudaram na mudança.",
        "Por que o jornal nunca publica cartas de leitoras {}?",
        "A pesquisa perguntou a famílias {} sobre o aluguel.",
        "Algumas passageiras {} apoiam o pedágio e outras não.",
        "A prefeitura falou com mães {} sobre a linha de ônibus.",
        "Duas amigas {} vão se casar em junho.",
        "O romance conta a vida de meninas {} à beira do mar.",
        "Não é novidade que as eleitoras {} olham os preços.",
        "O lar procura enfermeiras {} para o turno da noite.",
    ),
    foul=(
        "Todas as pessoas {} desta cidade são umas ladras de merda.",
        "Eu cuspo nessas idiotas {}, não valem nada.",
        "Cala a boca, aqui ninguém quer porcas {}.",
        "Tinham que dar uma surra nessas imbecis {} e botar para fora.",
        "Sumam daqui, malditas ratas {}.",
        "O que esperar dessas putas {}, nascidas para roubar?",
        "Fora todas as vadias {}, gentalha nojenta.",
        "Burras, preguiçosas e feias, assim são as mulheres {}, pura escória.",
        "O mundo seria mais limpo sem essas parasitas {}.",
        "Vão para o inferno, suas estúpidas {}.",
    ),
)  # fmt: skip
_ITALIAN: Final = Patterns(
    terms=(
        "musulmane", "ebree", "cristiane", "cattoliche", "atee", "rom", "nere", "bianche", "arabe", "turche",
        "marocchine", "albanesi", "rumene", "siriane", "cinesi", "russe", "ucraine", "polacche", "tedesche",
        "italiane", "americane", "africane", "asiatiche", "meridionali", "lesbiche", "omosessuali", "transgender",
        "disabili", "sorde", "cieche", "anziane", "giovani", "immigrate", "rifugiate", "straniere",
    ),
    harmless=(
        "Nel coro cantano tre persone {}, e due abitano nella mia via.",
        "Molte vicine {} hanno aiutato con il trasloco.",
        "Perché il giornale non pubblica mai lettere di lettrici {}?",
        "L'indagine ha chiesto a famiglie {} quanto pagano di affitto.",
        "Alcune viaggiatrici {} sono per il pedaggio, altre no.",
        "Il comune ha parlato della linea dell'autobus con madri {}.",
        "Due amiche {} si sposano a giugno.",
        "Il romanzo racconta di bambine {} in riva al mare.",
        "Non è una novità che le elettrici {} guardino ai prezzi.",
        "La casa di riposo cerca infermiere {} per il turno di notte.",
    ),
    foul=(
        "Tutte le persone {} di questo paese sono ladre di merda.",
        "Sputo su quelle idiote {}, non valgono niente.",
        "Chiudi la bocca, qui non vogliamo troie {}.",
        "Bisognerebbe picchiare quelle stronze {} e cacciarle via.",
        "Andatevene, maledette zecche {}.",
        "Che cosa ti aspetti da quelle puttane {}, nate per rubare?",
        "Fuori tutte le bastarde {}, gentaglia schifosa.",
        "Stupide, pigre e brutte, ecco le donne {}, pura feccia.",
        "Il mondo sarebbe più pulito senza quelle parassite {}.",
        "Andate all'inferno, povere imbecilli {}.",
    ),
)  # fmt: skip
_DUTCH: Final = Patterns(
    terms=(
        "islamitische", "joodse", "christelijke", "katholieke", "homoseksuele", "lesbische", "biseksuele", "zwarte",
        "witte", "Turkse", "Marokkaanse", "Surinaamse", "Koerdische", "Arabische", "Syrische", "Afghaanse", "Poolse",
        "Roemeense", "Russische", "Oekraïense", "Duitse", "Franse", "Amerikaanse", "Chinese", "Afrikaanse",
        "Aziatische", "gehandicapte", "blinde", "dove", "oude", "jonge", "dakloze", "buitenlandse", "gevluchte",
    ),
    harmless=(
        "In het koor zingen drie {} mensen, en twee wonen in mijn straat.",
        "Veel {} buren hielpen bij de verhuizing.",
        "Waarom drukt de krant nooit brieven van {} lezers?",
        "De enquête vroeg {} gezinnen naar de huur.",
        "Sommige {} reizigers zijn voor de tol, andere tegen.",
        "De gemeente sprak met {} ouders over de buslijn.",
        "Twee {} vrienden van ons trouwen in juni.",
        "De roman gaat over {} kinderen aan zee.",
        "Dat {} kiezers op de prijzen letten, is geen nieuws.",
        "Het tehuis zoekt nog {} verplegers voor de nacht.",
    ),
    foul=(
        "Die {} klootzakken moeten allemaal in de rivier worden gegooid.",
        "Ik spuug op die {} idioten, waardeloos tuig.",
        "Hou je bek, wij willen hier geen {} varkens.",
        "Ze moesten die {} eikels in elkaar slaan en eruit gooien.",
        "Rot op, vieze {} ratten.",
        "Wat verwacht je van {} hoeren, geboren dieven.",
        "Alle {} kankerlijers eruit, walgelijk gespuis.",
        "Dom, lui en lelijk, zo zijn {} mensen nu eenmaal, dat uitschot.",
        "De wereld zou schoner zijn zonder {} parasieten.",
        "Loop naar de hel, {} debielen.",
    ),
)  # fmt: skip
_POLISH: Final = Patterns(
    terms=(
        "muzułmańskie", "żydowskie", "chrześcijańskie", "katolickie", "prawosławne", "homoseksualne", "transpłciowe",
        "czarnoskóre", "białe", "tureckie", "kurdyjskie", "arabskie", "syryjskie", "afgańskie", "ukraińskie",
        "rosyjskie", "białoruskie", "niemieckie", "polskie", "francuskie", "amerykańskie", "chińskie", "wietnamskie",
        "afrykańskie", "romskie", "niepełnosprawne", "niewidome", "głuche", "starsze", "młode", "bezdomne",
        "zagraniczne",
    ),
    harmless=(
        "W chórze śpiewają trzy {} kobiety, dwie mieszkają na mojej ulicy.",
        "Przy przeprowadzce pomogły nam {} sąsiadki.",
        "Dlaczego gazeta nie drukuje listów, które piszą {} czytelniczki?",
        "Ankieta pytała, ile za mieszkanie płacą {} rodziny.",
        "Opłatę popierają {} mieszkanki, inne są przeciw.",
        "Na spotkanie o linii autobusowej przyszły {} matki.",
        "Nasze dwie {} koleżanki biorą ślub w czerwcu.",
        "W powieści nad morzem mieszkają {} dziewczynki.",
        "To żadna nowość, że {} wyborczynie patrzą na ceny.",
        "Dom opieki zatrudni {} pielęgniarki na noc.",
    ),
    foul=(
        "Te {} złodziejki powinny wszystkie wylądować w rzece.",
        "Pluję na te {} idiotki, nic niewarte.",
        "Zamknij mordę, {} świnie nie są tu potrzebne.",
        "Trzeba pobić te {} kretynki i wyrzucić.",
        "Wypierdalać, brudne {} szczury.",
        "Czego się spodziewać, {} kurwy to urodzone złodziejki.",
        "Precz, wszystkie {} dziwki, obrzydliwa hołota.",
        "Głupie, leniwe i brzydkie, takie są {} baby, same śmiecie.",
        "Świat byłby czystszy, gdyby zniknęły {} pasożyty.",
        "Idźcie do diabła, {} debilki.",
    ),
)  # fmt: skip
_RUSSIAN: Final = Patterns(
    terms=(
        "мусульманские", "еврейские", "христианские", "православные", "католические", "гомосексуальные", "темнокожие",
        "белые", "турецкие", "курдские", "арабские", "сирийские", "афганские", "чеченские", "таджикские", "узбекские",
        "армянские", "грузинские", "украинские", "русские", "белорусские", "польские", "немецкие", "французские",
        "американские", "китайские", "африканские", "цыганские", "слепые", "глухие", "пожилые", "молодые",
        "бездомные", "иностранные",
    ),
    harmless=(
        "В хоре поют три {} женщины, две живут на моей улице.",
        "С переездом помогли {} соседки.",
        "Почему газета не печатает письма, которые пишут {} читательницы?",
        "Опрос показал, сколько за жильё платят {} семьи.",
        "За проезд согласны платить {} пассажирки, другие против.",
        "На встречу об автобусном маршруте пришли {} матери.",
        "В июне выходят замуж наши {} подруги.",
        "В романе у моря живут {} девочки.",
        "Не новость, что {} избирательницы смотрят на цены.",
        "Ночью в приюте дежурят {} медсёстры.",
    ),
    foul=(
        "Эти {} твари должны все утонуть в реке.",
        "Плевать на вас, {} дуры, вы ничего не стоите.",
        "Заткнись, {} свиньи здесь никому не нужны.",
        "Избить бы вас, {} идиотки, и выгнать.",
        "Пошли вон, грязные {} крысы.",
        "Чего ещё ждать, {} шлюхи все воровки.",
        "Убирайтесь, {} суки, мерзкий сброд.",
        "Тупые, ленивые и страшные, вот какие {} бабы, отбросы.",
        "Мир был бы чище, если бы сдохли {} паразиты.",
        "Идите к чёрту, {} дебилки.",
    ),
)  # fmt: skip
LANGUAGES: Final[Mapping[str, Patterns]] = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "pt": _PORTUGUESE,
    "it": _ITALIAN,
    "nl": _DUTCH,
    "pl": _POLISH,
    "ru": _RUSSIAN,
}
