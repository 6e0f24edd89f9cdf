"""Canned responses with aioresponses, as tests of a user may have them, where a whole server is more than needed."""

import re
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses

from featurebase_async import AsyncFeaturebase, NotFoundError, RetryPolicy

CONTACTS = re.compile(r"https://do\.featurebase\.app/v2/contacts.*")
ADA = {"object": "contact", "id": "676f0f6765bdaa7d7d760f88", "name": "Ada", "type": "customer"}


class CannedResponse(aiohttp.ClientResponse):
    """Fixes aioresponses 0.7.9, which leaves out an argument that aiohttp 3.14 wants."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(), **options})


async def test_a_canned_contact_is_read() -> None:
    with aioresponses() as canned:
        canned.get(CONTACTS, payload=ADA, response_class=CannedResponse)
        async with AsyncFeaturebase("sk_test") as client:
            contact = await client.users.contacts.retrieve("676f0f6765bdaa7d7d760f88")
    assert contact.name == "Ada"


async def test_a_canned_list_is_iterated() -> None:
    with aioresponses() as canned:
        page = {"object": "list", "data": [ADA, ADA], "nextCursor": "two"}
        canned.get(CONTACTS, payload=page, response_class=CannedResponse)
        canned.get(CONTACTS, payload={**page, "nextCursor": None}, response_class=CannedResponse)
        async with AsyncFeaturebase("sk_test") as client:
            assert len(await client.users.contacts.list().collect()) == 4


async def test_a_canned_error_is_raised_and_one_that_passes_is_not() -> None:
    missing = {"error": {"type": "invalid_request_error", "code": "contact_not_found", "message": "Contact not found"}}
    with aioresponses() as canned:
        canned.get(CONTACTS, status=503, response_class=CannedResponse)
        canned.get(CONTACTS, status=404, payload=missing, response_class=CannedResponse)
        async with AsyncFeaturebase("sk_test", retry=RetryPolicy(retries=1)) as client:
            with pytest.raises(NotFoundError) as caught:
                await client.users.contacts.retrieve("676f0f6765bdaa7d7d760f88")
    assert caught.value.code == "contact_not_found"
    assert caught.value.exchange is not None
    assert [attempt.status for attempt in caught.value.exchange.attempts] == [503, 404]
