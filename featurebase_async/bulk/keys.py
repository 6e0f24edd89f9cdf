"""Keys of rows: the same person must not get two of them, nor two people the same one."""

from __future__ import annotations

from unicodedata import category

from featurebase_async.errors import InvalidRequestError

__all__ = ["NULL_WORDS", "clean_key", "is_clean_key"]

NULL_WORDS = frozenset(
    {
        *("null", "(null)", "<null>", "\\n", "nan", "<na>", "none", "nil", "undefined", "n/a"),
        *("#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#error!"),
        # The same in German, French, Spanish, Italian, Portuguese and Dutch.
        *("#nv", "#bezug!", "#wert!", "#zahl!", "#n/d", "#valeur!", "#nom?", "#nombre!", "#nul!"),
        *("#¡ref!", "#¡valor!", "#¡div/0!", "#¿nombre?", "#¡num!", "#¡nulo!", "#rif!", "#valore!", "#nullo!"),
        *("#valor!", "#nulo!", "#n/b", "#verw!", "#waarde!", "#deel/0!", "#naam?", "#getal!"),
    }
)
"""What stands for an empty cell in databases, languages and data frames, and what a spreadsheet writes for one that it
can't work out; case-folded. All rows with such a key would be one person."""

MAX_NULL_WORD = max(map(len, NULL_WORDS))


def is_clean_key(text: str) -> bool:
    """Return whether a text is surely a clean key, at the least cost; False says nothing."""
    return len(text) > MAX_NULL_WORD and text.isprintable() and text[0] != " " and text[-1] != " "


def clean_key(name: str, value: str) -> str:
    """Return a key without the invisible characters at its ends; of an e-mail, without spaces there too.

    Invisible are control and format characters (zero-width spaces, byte order marks, soft hyphens, marks of the
    direction of text): copied cells bring them along, and the API would take the key for another one.

    Raises:
        InvalidRequestError: Nothing is left; it stands for an empty cell; or an e-mail has such characters inside.
    """
    # The type of a subclass, such as numpy.str_, ends here.
    text = value if type(value) is str else str.__str__(value)
    if not text.isprintable() or (name == "email" and text[:1] + text[-1:] != (text[:1] + text[-1:]).strip()):
        text = _trimmed(text, spaces=name == "email")
        if name == "email":
            for character in text:
                if _is_invisible(character):
                    raise InvalidRequestError(
                        f"{name} has an invisible character inside (U+{ord(character):04X}); remove it", param=name
                    )
    if not text:
        raise InvalidRequestError(f"{name} must not be empty; leave it out instead", param=name)
    if len(text) <= MAX_NULL_WORD and text.casefold() in NULL_WORDS:
        raise InvalidRequestError(
            f"{name} must not be {text!r}, which stands for an empty cell; leave it out instead", param=name
        )
    return text


def _trimmed(text: str, *, spaces: bool) -> str:
    start, end = 0, len(text)
    while start < end and _goes(text[start], spaces=spaces):
        start += 1
    while end > start and _goes(text[end - 1], spaces=spaces):
        end -= 1
    return text[start:end]


def _goes(character: str, *, spaces: bool) -> bool:
    return _is_invisible(character) or (spaces and character.isspace())


def _is_invisible(character: str) -> bool:
    return category(character) in ("Cc", "Cf")
