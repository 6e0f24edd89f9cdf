"""Proof of identity for the people of your product: the hashes that Featurebase checks. No network involved.

Facts: https://help.featurebase.app/articles/4543540-set-up-identity-verification
"""

from __future__ import annotations

import hmac

from featurebase_async.errors import InvalidRequestError

__all__ = ["company_hash", "user_hash"]


def user_hash(identifier: str, secret: str) -> str:
    """Give the hash that proves a person's identity, as `user_hash` of a contact and for the widgets.

    Args:
        identifier: The user id, if one is sent; the e-mail only where no user id is.
        secret: The identity verification secret of the workspace (`iv_...`).

    Raises:
        InvalidRequestError: One of them is no text, or empty.
    """
    return _hash("identifier", identifier, secret)


def company_hash(company_id: str, secret: str) -> str:
    """Give the hash that proves a company's identity, as `company_hash` in the companies of a contact.

    Args:
        company_id: The id of the company in your own system.
        secret: The identity verification secret of the workspace (`iv_...`).

    Raises:
        InvalidRequestError: One of them is no text, or empty.
    """
    return _hash("company_id", company_id, secret)


def _hash(name: str, value: str, secret: str) -> str:
    for part, text in ((name, value), ("secret", secret)):
        if not isinstance(text, str) or not text:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
            raise InvalidRequestError(f"{part} has to be text that is not empty", param=part)
    return hmac.new(secret.encode(), value.encode(), "sha256").hexdigest()
