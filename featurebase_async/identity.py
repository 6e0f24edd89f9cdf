"""Proof of identity for the people of your product: the hashes and tokens that Featurebase checks. No network involved.

Facts: https://help.featurebase.app/articles/4543540-set-up-identity-verification and
https://help.featurebase.app/articles/5257986-creating-and-signing-a-jwt
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

from featurebase_async._core.request import utc
from featurebase_async._secrets import Secrets
from featurebase_async._typing import is_items, is_mapping
from featurebase_async.errors import ConfigurationError, InvalidRequestError

__all__ = ["company_hash", "jwt", "user_hash"]

_CLAIMS = ("email", "userId", "name", "profilePicture", "locale", "tags", "companies", "exp", "iat")
_COMPANY_NAMES = {"monthly_spend": "monthlySpend", "created_at": "createdAt"}


def user_hash(identifier: str, secret: str) -> str:
    """Return the hash that proves a person's identity, as `user_hash` of a contact and for the widgets.

    Args:
        identifier: The user id, if one is sent; the e-mail only where no user id is.
        secret: The identity verification secret of the workspace (`iv_...`).

    Raises:
        InvalidRequestError: One of them is no text, or empty.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    return _hash("identifier", identifier, secrets)


def company_hash(company_id: str, secret: str) -> str:
    """Return the hash that proves a company's identity, as `company_hash` in the companies of a contact.

    Args:
        company_id: The id of the company in your own system.
        secret: The identity verification secret of the workspace (`iv_...`).

    Raises:
        InvalidRequestError: One of them is no text, or empty.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    return _hash("company_id", company_id, secrets)


def jwt(
    *,
    secret: str,
    user_id: str | None = None,
    email: str | None = None,
    name: str | None = None,
    profile_picture: str | None = None,
    locale: str | None = None,
    tags: Sequence[str] | None = None,
    companies: Sequence[Mapping[str, Any]] | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    expires_in: float = 3600.0,
    clock: Callable[[], float] = time.time,
) -> str:
    """Make the token (JWT, HS256) that signs a person in: `featurebaseJwt` of the widgets, or single sign-on.

    It comes with the extra `jwt`: `pip install 'featurebase-async[jwt]'`.

    Args:
        secret: The JWT secret of the workspace. It must not reach a browser.
        user_id: The person's id in your own system; this or the e-mail is needed, both are better.
        email: The person's e-mail.
        name: The person's name.
        profile_picture: The address of a picture.
        locale: The language, such as `en`.
        tags: Names of tags that the workspace has.
        companies: The person's companies: mappings with `id` and `name`, and if you like `monthly_spend`, `created_at`
            (an aware datetime) and custom fields that the workspace has.
        custom_fields: Values of custom fields that the workspace has, such as `{"plan": "pro"}`.
        expires_in: Seconds until the token runs out.
        clock: Gives the time in Unix seconds.

    Raises:
        InvalidRequestError: Something is missing, or can't be right; the text names it.
        ConfigurationError: The extra is not installed.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    secrets.check()
    issued = int(clock())
    # `not (... < ...)` catches what is no number (NaN) too.
    if not isinstance(expires_in, (int, float)) or not 1 <= expires_in < float("inf"):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
        raise InvalidRequestError("expires_in must be at least 1 second, and not endless", param="expires_in")
    if user_id is None and email is None:
        raise InvalidRequestError("user_id or email is required", param="user_id")
    known = {
        "userId": _text("user_id", user_id),
        "email": _text("email", email),
        "name": _text("name", name),
        "profilePicture": _text("profile_picture", profile_picture),
        "locale": _text("locale", locale),
        "tags": None if tags is None else [_text(f"tags[{at}]", tag) for at, tag in enumerate(_items("tags", tags))],
        "companies": None if companies is None else _companies(companies),
    }
    claims = {claim: value for claim, value in known.items() if value is not None}
    return _signed({**_free(custom_fields or {}), **claims, "iat": issued, "exp": issued + int(expires_in)}, secrets)


def _companies(companies: object) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for at, company in enumerate(_items("companies", companies)):
        spot = f"companies[{at}]"
        if not is_mapping(company):
            raise InvalidRequestError(f"{spot} must be a mapping, not {type(company).__name__}", param=spot)
        for need in ("id", "name"):
            if company.get(need) is None:
                raise InvalidRequestError(f"{spot}.{need} is missing", param=f"{spot}.{need}")
            _text(f"{spot}.{need}", company[need])
        made.append({_COMPANY_NAMES.get(key, key): _plain(f"{spot}.{key}", value) for key, value in company.items()})
    return made


def _free(fields: Mapping[str, Any]) -> dict[str, Any]:
    for name in fields:
        if name in _CLAIMS:
            spot = f"custom_fields.{name}"
            raise InvalidRequestError(f"{spot} is no custom field: {name} is a claim of its own", param=spot)
    return {name: _plain(f"custom_fields.{name}", value) for name, value in fields.items()}


def _items(name: str, value: object) -> Sequence[Any]:
    if not is_items(value):
        raise InvalidRequestError(f"{name} must be a list, not {type(value).__name__}", param=name)
    return tuple(value)


def _text(name: str, value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise InvalidRequestError(f"{name} must be text that is not empty", param=name)
    return value


def _plain(name: str, value: object) -> object:
    """Return a datetime as text in UTC, and anything else as it is."""
    if not isinstance(value, datetime):
        return value
    return utc(name, value).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _signed(claims: dict[str, Any], secrets: Secrets) -> str:
    try:
        encode: Callable[..., str] = import_module("jwt").encode
    except ModuleNotFoundError as error:
        if error.name != "jwt":
            raise
        raise ConfigurationError("identity.jwt is an extra; pip install 'featurebase-async[jwt]'") from None
    try:
        json.dumps(claims)  # before a frame of PyJWT holds the secret
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequestError("the claims hold what JSON has no form for") from None
    return secrets.jwt(encode, claims)


def _hash(name: str, value: str, secrets: Secrets) -> str:
    secrets.check()
    if not isinstance(value, str) or not value:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
        raise InvalidRequestError(f"{name} must be text that is not empty", param=name)
    try:
        message = value.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{name} contains characters that are no valid Unicode", param=name) from None
    return secrets.sign(message)[0]
