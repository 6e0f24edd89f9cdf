"""What the client does when the response to a call is lost, call by call, against the sandbox."""

from typing import TYPE_CHECKING

import pytest

from featurebase_async import OutcomeUnknownError
from featurebase_async.sandbox.server.faults import Fault
from support.workspace_fixture import AGAIN, ONCE, furnish

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox


def test_so_many_calls_are_not_repeated() -> None:
    assert len(ONCE) == 17
    assert set(ONCE) & set(AGAIN) == {"support.conversation_tags.create_or_rename"}


@pytest.mark.parametrize("name", ONCE)
async def test_a_call_that_may_have_been_done_is_not_made_twice(
    client: "AsyncFeaturebase", sandbox: "Sandbox", name: str
) -> None:
    at = await furnish(client)
    before = sandbox.requests
    sandbox.faults.add(Fault(cut="after"))
    with pytest.raises(OutcomeUnknownError) as caught:
        await ONCE[name](client, at)
    assert sandbox.requests == before + 1
    assert caught.value.exchange is not None
    assert caught.value.exchange.operation == name


@pytest.mark.parametrize("name", AGAIN)
async def test_a_call_that_does_no_more_the_second_time_is_made_again(
    client: "AsyncFeaturebase", sandbox: "Sandbox", name: str
) -> None:
    at = await furnish(client)
    before = sandbox.requests
    sandbox.faults.add(Fault(cut="before", times=1))
    await AGAIN[name](client, at)
    first, second = list(sandbox.log)[before:]
    assert (first.method, first.path, first.body) == (second.method, second.path, second.body)
    assert (first.status, second.status) == (None, 200) or second.status == 201
