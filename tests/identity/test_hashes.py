"""The hashes that prove identities; the values were made with `openssl dgst -sha256 -hmac`."""

from typing import Any

import pytest

from featurebase_async import InvalidRequestError, identity

SECRET = "iv_secret"


def test_the_hash_of_a_person() -> None:
    expected = "681de8a3d47202c45f37171726d6d77b0b7eac0001508496e986125bd80d5288"
    assert identity.user_hash("usr_1", SECRET) == expected


def test_the_hash_of_a_company_in_unicode() -> None:
    expected = "90101af803160418924e869e956ae5b51e97c24b35b6b08ff257d963fd4df41c"
    assert identity.company_hash("företag-1", SECRET) == expected


def test_upper_and_lower_case_differ() -> None:
    assert identity.user_hash("ADA@example.com", SECRET) != identity.user_hash("ada@example.com", SECRET)


@pytest.mark.parametrize("wrong", ["", None, 5, b"usr_1"])
def test_what_is_no_text_is_refused(wrong: Any) -> None:
    for make, name in ((identity.user_hash, "identifier"), (identity.company_hash, "company_id")):
        with pytest.raises(InvalidRequestError) as caught:
            make(wrong, SECRET)
        assert caught.value.param == name
        with pytest.raises(InvalidRequestError, match="secret must be text") as caught:
            make("usr_1", wrong)
        assert caught.value.param == "secret"
