"""Tokens that sign people in: what they say, what is refused, and the extra that makes them."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jwt
import pytest

from featurebase_async import ConfigurationError, InvalidRequestError, identity

SECRET = "jwt_secret_of_a_workspace_long_enough"
NOW = 1_770_000_000.9
TIMESTAMP = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))


def make(**claims: Any) -> str:
    return identity.jwt(**{"secret": SECRET, "clock": lambda: NOW, **claims})


def read(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False}
    )
    return claims


def test_all_claims() -> None:
    token = make(
        user_id="usr_1",
        email="ada@example.com",
        name="Ada",
        profile_picture="https://acme.com/ada.png",
        locale="en",
        tags=("beta", "vip"),
        companies=[
            {"id": "c1", "name": "Acme", "monthly_spend": 99, "created_at": TIMESTAMP, "seats": 5},
            {"id": "c2", "name": "Umbrella", "monthlySpend": 1.5, "createdAt": "2026-03-01"},
        ],
        custom_fields={"plan": "pro", "signed_up_at": TIMESTAMP.astimezone(UTC)},
        expires_in=60,
    )
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert read(token) == {
        "userId": "usr_1",
        "email": "ada@example.com",
        "name": "Ada",
        "profilePicture": "https://acme.com/ada.png",
        "locale": "en",
        "tags": ["beta", "vip"],
        "companies": [
            {"id": "c1", "name": "Acme", "monthlySpend": 99, "createdAt": "2026-03-01T10:00:00.000Z", "seats": 5},
            {"id": "c2", "name": "Umbrella", "monthlySpend": 1.5, "createdAt": "2026-03-01"},
        ],
        "plan": "pro",
        "signed_up_at": "2026-03-01T10:00:00.000Z",
        "iat": 1_770_000_000,
        "exp": 1_770_000_060,
    }


@pytest.mark.parametrize("claims", [{"userId": "usr_1"}, {"email": "ada@example.com"}])
def test_one_of_user_id_and_email_is_enough(claims: dict[str, str]) -> None:
    token = make(**{{"userId": "user_id"}.get(name, name): value for name, value in claims.items()})
    assert read(token) == {**claims, "iat": 1_770_000_000, "exp": 1_770_003_600}


def test_the_token_is_good_now_and_signed_with_the_secret() -> None:
    token = identity.jwt(secret=SECRET, user_id="usr_1")
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["userId"] == "usr_1"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, SECRET + "x", algorithms=["HS256"])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"user_id": None}, "user_id"),
    ({"user_id": ""}, "user_id"),
    ({"user_id": 5}, "user_id"),
    ({"email": ""}, "email"),
    ({"name": 5}, "name"),
    ({"tags": "beta"}, "tags"),
    ({"tags": ["beta", ""]}, "tags[1]"),
    ({"companies": {"id": "c1", "name": "Acme"}}, "companies"),
    ({"companies": ["c1"]}, "companies[0]"),
    ({"companies": [{"name": "Acme"}]}, "companies[0].id"),
    ({"companies": [{"id": "c1", "name": "Acme"}, {"id": "c2"}]}, "companies[1].name"),
    ({"companies": [{"id": "c1", "name": None}]}, "companies[0].name"),
    ({"companies": [{"id": 5, "name": "Acme"}]}, "companies[0].id"),
    ({"companies": [{"id": "c1", "name": "Acme", "created_at": datetime(2026, 3, 1)}]}, "companies[0].created_at"),  # noqa: DTZ001
    ({"custom_fields": {"exp": 5}}, "custom_fields.exp"),
    ({"custom_fields": {"userId": "usr_2"}}, "custom_fields.userId"),
    ({"expires_in": 0}, "expires_in"),
    ({"expires_in": -60}, "expires_in"),
    ({"expires_in": float("inf")}, "expires_in"),
    ({"expires_in": float("nan")}, "expires_in"),
    ({"secret": ""}, "secret"),
    ({"secret": None}, "secret"),
]


@pytest.mark.parametrize(("claims", "param"), REFUSED)
def test_what_can_not_be_right_is_refused(claims: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make(**{"user_id": "usr_1", **claims})
    assert caught.value.param == param
    assert SECRET not in str(caught.value)


def test_what_json_has_no_form_for_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="JSON has no form for"):
        make(user_id="usr_1", custom_fields={"plan": object()})


def test_without_the_extra_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(ConfigurationError, match=r"an extra; pip install 'featurebase-async\[jwt\]'") as caught:
        make(user_id="usr_1")
    assert str(caught.value).count("\n") == 0


def test_a_broken_extra_is_reported_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "jwt.py").write_text("import no_such_module")
    monkeypatch.delitem(sys.modules, "jwt")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        make(user_id="usr_1")


def test_the_hashes_need_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    assert len(identity.user_hash("usr_1", "iv_secret")) == 64
