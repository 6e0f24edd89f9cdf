"""What an error hides of what was sent: whole words, in any script, and at a cost that has an end."""

import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from featurebase_async import AsyncFeaturebase
from featurebase_async._core.decode import decoder_for
from featurebase_async._core.error_mapping import WITHHELD, error_from_response
from featurebase_async._core.request import Request
from featurebase_async._core.response import Response
from featurebase_async._core.transport.multipart import multipart
from featurebase_async.errors import APIStatusError


def error_of(said: Any, sent: Any = None, *, key: str = "sk_test", **given: Any) -> APIStatusError:
    """Make the error of a call as the sender does."""
    body = None if sent is None else msgspec.json.encode(sent)
    request = Request(operation="x", method="POST", path="/x", decoder=decoder_for(dict), **{"body": body, **given})
    call = AsyncFeaturebase(key)._sender.prepare(request)
    call.key = call.sender.session.keys.known
    return error_from_response(call, Response(400, {}, said if isinstance(said, bytes) else msgspec.json.encode(said)))


WORDS: list[tuple[Any, str, str]] = [
    ("item", "50 items of an item, 'item' itself", "50 items of an ***, '***' itself"),
    ("Ann", "cannot announce Ann: Ann's", "cannot announce ***: ***'s"),
    ("Ada", "adaptive ada-x ADA_1", "adaptive ***-x ***_1"),
    ("subscribed", "is unsubscribed, subscribedness, Subscribed", "is unsubscribed, subscribedness, ***"),
    ("Newsletter", "newsletters and newsletter", "newsletters and ***"),
    ("Ada Lovelace", "Ada Lovelaces, Ada Love…, Ada Lovelorn, ada lovelace", "***s, ***…, Ada Lovelorn, ***"),
    ("Ada Lovelace King", "Ada Lovelace Kings Cross, Ada Lovelace Kin", "***s Cross, ***"),
    ("Ada Lovelace Kingston", "Ada Lovelace Kingsley, Ada Lovelace Kings", "*** Kingsley, ***"),
    ("usr_0000017", "usr_0000017x, usr_00000, xusr_0000017", "***x, ***, xusr_0000017"),
    (["Ada", "Ada Lovelace"], "Ada Lovelace, Ada King", "***, *** King"),
    (["abc", "abcdefghij", "abcdefghkl"], "abc abcdefghkl abcdefgh abcdefghzz", "*** *** *** abcdefghzz"),
    ("田中", "田中さんは登録済み", "***さんは登録済み"),
    ("عادل", "وعادل", "و***"),
    ("Ñandú", "Ñandú, ñandúes", "***, ñandúes"),
    ("İİİ", "İİİ is there", "*** is there"),
    ("  Ada \t Lovelace\u200b ", "Ada Lovelace is there", "*** is there"),
    ("<p>Hi</p>", "bad <p>Hi</p> there", "bad *** there"),
    ("+46 70 1234", "+46 70 1234, 46701234, 467012345", "***, ***, 467012345"),
    ([1999, -250, 19.25, 7, 1e3], "1999 250 19.25 7 1000 19990 1999.5", "*** *** *** 7 *** 19990 1999.5"),
    ([10**300, 5e300], f"a number: {10**300}", f"a number: {10**300}"),
]


@pytest.mark.parametrize(("sent", "said", "shown"), WORDS, ids=[str(row[0])[:30] for row in WORDS])
def test_whole_words_are_hidden(sent: Any, said: str, shown: str) -> None:
    assert error_of({"message": said}, {"value": sent}).message == shown


ESCAPED: list[tuple[str, str, str]] = [
    ("Conan O'Brien", "no Conan O&#39;Brien here", "no *** here"),
    ("Conan O'Brien", "no Conan O&#x27;Brien &amp; co", "no *** & co"),
    ('Zoë "Z" Quill', 'bad: {"name":"Zo\\u00eb \\"Z\\" Quill"}', 'bad: {"name":"***"}'),
    ("ada@exam.ple", "no contact ada%40exam.ple", "no contact ***"),
    ("Zoë Quill", "/v2/x?name=Zo%C3%AB%20Quill", "/v2/x?name=***"),
    ("Ada", "50% of &amp; \\n stay", "50% of &amp; \\n stay"),
    ("Ada", "Ada &amp; 50%25 \\\\ stay", "*** &amp; 50%25 \\\\ stay"),
    ("+46 70 1234", "phone%3D%2B46%2070%201234", "phone=***"),
]


@pytest.mark.parametrize(("sent", "said", "shown"), ESCAPED)
def test_what_is_escaped_is_hidden_too(sent: str, said: str, shown: str) -> None:
    error = error_of({"message": said, "param": said}, {"value": sent})
    assert (error.message, error.param) == (shown, shown)


def test_each_value_of_a_query_is_hidden() -> None:
    said = {"message": "Ada, Bob and Eve are wrong, 100 is not"}
    error = error_of(said, query="q=Ada&names=Bob%2CEve%20Low&limit=100")
    assert error.message == "***, *** and Eve are wrong, 100 is not"


async def test_the_fields_beside_a_file_are_hidden() -> None:
    data = msgspec.json.encode({"title": "Broken Printer", "author": {"email": "ada@exam.ple"}})
    async with multipart(data, []) as upload:
        error = error_of({"message": "there is Broken Printer of Ada already"}, upload=upload)
    assert error.message == "there is *** of Ada already"


def test_a_body_that_is_no_json_is_one_value() -> None:
    body = b"openapi: 3.1.0\ninfo:\n  title: " + b"\xc3\xa9" * 2_000
    error = error_of({"message": "line 3 of openapi: 3.1.0 info is wrong"}, body=body, content_type="application/yaml")
    assert error.message == "line 3 of *** is wrong"
    assert error_of({"message": "line 3 is wrong"}, body=body, content_type="application/yaml").message is not None


def test_names_keep_their_plain_words() -> None:
    error = error_of({"message": "the name is taken", "code": "name_taken"}, {"name": "name"})
    assert (error.message, error.code) == ("the *** is taken", "name_taken")


def test_numbers_of_any_length_are_no_text() -> None:
    said = b'{"message":"m","code":1%s,"details":[{"limit":1%s,"at":100}]}' % (b"0" * 4000, b"0" * 4000)
    error = error_of(said, {"at": 100})
    assert (error.code, error.details) == (None, ({"limit": "...", "at": "***"},))


def test_a_phone_number_is_hidden_as_a_number_too() -> None:
    numbers = {"int": 46701234567, "float": 46701234567.0, "negative": -46701234567, "other": 46701234568, "nan": 1.5}
    (details,) = error_of({"details": [numbers]}, {"phone": "+46 (70) 123-45.67"}).details
    assert details == {"int": "***", "float": "***", "negative": "***", "other": 46701234568, "nan": 1.5}


def test_halves_of_characters_cost_no_message() -> None:
    assert error_of(b'{"message":"too long: \\ud83d","code":NaN}').message == "too long:"


KEYS = ("sk_live_" + "a" * 30, "a" * 40)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_hidden_within_words_too(key: str) -> None:
    error = error_of({"message": f"x{key}x {key[:12]} {key * 3}"}, key=key)
    assert key[:8] not in str(error)
    assert error.message in {"x***x *** ***", "x*** *** ***"}


def calls_of(work: Callable[[], Any]) -> int:
    """Return how many functions a piece of work calls: what it costs, on any machine."""
    calls = 0

    def count(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


LONG = "a" * 600
ODD = "\u202e" * 40
COSTLY: list[tuple[str, Any, str, str]] = [
    ("values that begin alike", ["a" * size for size in range(3, 400)], LONG[:390], "***"),
    ("the same value 1,000 times", [LONG] * 1_000, LONG, WITHHELD),
    ("words that begin alike", [f"aaaaaaaa {number}" for number in range(2_000)], "aaaaaaaa " * 9, "*** " * 8 + "***"),
    ("numbers", [number + 0.123456789 for number in range(100, 2_000)], "1" * 600, "1" * 500),
    ("long numbers", [10**4_000] * 20, "1" * 600, "1" * 500),
    ("phones", [f"+46{number:08}" for number in range(2_000)], "46" * 300, "46" * 250),
    ("more values than count", list(range(3_000)), "bad", WITHHELD),
    ("invisible characters", [ODD + str(number) for number in range(2_000)], "bad", WITHHELD),
    ("some invisible characters", [ODD + str(number) for number in range(100)], "bad 99 x", "bad 99 x"),
    ("long texts", ["é" * 5_000 + str(number) for number in range(1_000)], "bad", WITHHELD),
    ("some long texts", [f"{number} Ada " + '\\"é' * 5_000 for number in range(100)], 'bad 17 Ada \\"é', "bad ***"),
    ("megabytes", ["x" * 9_000_000], "bad", WITHHELD),
    ("megabytes within each other", [[[[[["x" * 3_000_000]]]]]], "bad", WITHHELD),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "said", "shown"), [row[1:] for row in COSTLY], ids=[row[0] for row in COSTLY])
def test_what_is_looked_for_has_an_end(sent: Any, said: str, shown: str) -> None:
    """Each of these took from 20 milliseconds to 14 seconds, which no other task had."""
    errors: list[APIStatusError] = []
    calls = calls_of(lambda: errors.append(error_of({"message": said}, {"values": sent})))
    assert errors[0].message == shown
    assert calls < 80_000


@pytest.mark.parametrize("query", ["q=" + "a" * 100_000, "q=a&" * 3_000, "q=" + "a%2C" * 3_000])
def test_so_has_a_query(query: str) -> None:
    assert error_of({"message": "bad"}, query=query).message == WITHHELD
