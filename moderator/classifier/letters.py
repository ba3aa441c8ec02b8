"""Tables of characters: what is dropped, what is folded, what looks like what."""

import unicodedata

_SPACE = 32
_KEPT_TABLE_SIZE = 8_192  # A hostile text must not be able to grow a table without end.

LEET = str.maketrans("0345789@$", "oeastbgas")  # 1, ! and | stand for i or l: `normalise` decides.
LEET_CYRILLIC = str.maketrans("0346@", "озчба")

# Cyrillic and Greek letters, lower case, that pass for Latin ones in either case.
_CYRILLIC_AS_LATIN = dict(zip("аеорсухіјѕԁһкмтвнԛԝѵӏүєпгь", "aeopcyxijsdhkmtbhqwvlyenrb", strict=True))
_GREEK_AS_LATIN = dict(zip("αβεζηικμνορτυχωγϲϳ", "abeznikmvoptuxwycj", strict=True))
_LATIN_AS_CYRILLIC = dict(zip("aeopcyxkmtbh", "аеорсухкмтвн", strict=True))
TO_LATIN = str.maketrans({**_CYRILLIC_AS_LATIN, **_GREEK_AS_LATIN})
TO_CYRILLIC = str.maketrans(_LATIN_AS_CYRILLIC)
LOOKS_LATIN = frozenset(_CYRILLIC_AS_LATIN) | frozenset(_GREEK_AS_LATIN)
LOOKS_CYRILLIC = frozenset(_LATIN_AS_CYRILLIC)

# Latin letters that Unicode does not decompose: small capitals, script forms, strokes.
_LATIN_FORMS = {
    ord(form): plain
    for form, plain in zip(
        "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡıłøđħŧɨʉəɘɐɯɹʇʌʍʎǝɔɟɥıʞ",
        "abcdefghijklmnoprstuvwyzagilodhtiueeamrtvwyecfhik",
        strict=True,
    )
}

# Marks that only decorate a letter. Marks of scripts that spell with them (Devanagari, Thai, ...) stay.
_DECORATION = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06DC), (0x06DF, 0x06E4), (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF), (0x1F3FB, 0x1F3FF),
)  # fmt: skip
_INVISIBLE = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0, 0x0640})


class _Table(dict[int, int | str | None]):
    """A table for `str.translate` that works out a character when it meets it first."""

    def __missing__(self, code: int) -> int | str | None:
        found = self._find(code)
        if len(self) < _KEPT_TABLE_SIZE:
            self[code] = found
        return found

    def _find(self, code: int) -> int | str | None:
        raise NotImplementedError


class _Fold(_Table):
    """Drops what cannot be seen and what only decorates; folds Latin forms."""

    def _find(self, code: int) -> int | str | None:
        if code in _LATIN_FORMS:
            return _LATIN_FORMS[code]
        if code in _INVISIBLE or any(first <= code <= last for first, last in _DECORATION):
            return None
        return None if unicodedata.category(chr(code)) == "Cf" else code


class _Clean(_Table):
    """Keeps letters, digits and the marks words are spelled with; sets symbols such as emoji apart; blanks the rest."""

    def _find(self, code: int) -> int | str | None:
        category = unicodedata.category(chr(code))
        if category[0] in "LNM":
            return code
        return f" {chr(code)} " if category == "So" else _SPACE


FOLD = _Fold()
CLEAN = _Clean()
CLEAN_ASCII = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
