"""The fault script."""

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from featurebase_async.sandbox import Fault

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi


async def statuses(api: "Api", count: int, path: str = "/v2/contacts") -> list[int]:
    return [(await api("GET", path)).status for _ in range(count)]


@pytest.mark.parametrize(
    ("picks", "expected"),
    [
        ({}, [503] * 6),
        ({"nth": 2}, [200, 503, 200, 200, 200, 200]),
        ({"nth": (1, 3)}, [503, 200, 503, 200, 200, 200]),
        ({"nth": range(4, 6)}, [200, 200, 200, 503, 503, 200]),
        ({"times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"every": 2, "times": 2}, [200, 503, 200, 503, 200, 200]),
    ],
)
async def test_which_requests_go_wrong(api: "Api", picks: dict[str, Any], expected: list[int]) -> None:
    scripted = api.sandbox.faults.add(Fault(status=503, **picks))
    assert await statuses(api, 6) == expected
    assert (scripted.matched, scripted.fired) == (6, expected.count(503))


async def test_method_and_path_pick_too(api: "Api") -> None:
    api.sandbox.faults.add(Fault(method="POST", path="/v2/c*/search", status=500))
    assert await statuses(api, 1) == [200]
    assert [(await api("POST", f"/v2/{what}/search")).status for what in ("contacts", "companies")] == [500, 500]
    assert (await api("POST", "/v2/contacts", {"userId": "u"})).status == 201
    api.sandbox.faults.clear()
    assert (await api("POST", "/v2/contacts/search")).status == 200


async def test_the_first_of_several_wins_and_all_count(api: "Api") -> None:
    first = api.sandbox.faults.add(Fault(status=500, nth=1))
    second = api.sandbox.faults.add(Fault(status=503, nth=(1, 2)))
    assert await statuses(api, 3) == [500, 503, 200]
    assert (first.matched, second.matched) == (3, 3)


async def test_requests_without_a_key_or_over_the_limit_do_not_count(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=1)
    scripted = api.sandbox.faults.add(Fault(status=503))
    await api("GET", "/v2/contacts", Authorization=None)
    assert await statuses(api, 2) == [503, 429]
    assert scripted.matched == 1


async def test_a_status_stands_for_the_work(api: "Api") -> None:
    api.sandbox.faults.add(Fault(status=503, headers={"Retry-After": "3", "x-ratelimit-reset": None}, times=1))
    reply = await api("POST", "/v2/contacts", {"userId": "u"})
    assert (reply.error["type"], reply.headers["Retry-After"]) == ("api_error", "3")
    assert "X-RateLimit-Limit" in reply.headers
    assert "X-RateLimit-Reset" not in reply.headers
    assert not api.sandbox.store.contacts
    assert api.sandbox.log[0].status == 503


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"<html>", "<html>"), ("Bad gateway", "Bad gateway"), ({"a": 1}, '{"a":1}'), ([], "[]")],
)
async def test_bodies_of_faults(api: "Api", body: Any, text: str) -> None:
    api.sandbox.faults.add(Fault(status=502, body=body, content_type="text/html", nth=1))
    api.sandbox.faults.add(Fault(body=body, nth=2))
    first, second = await api("GET", "/v2/contacts"), await api("POST", "/v2/contacts", {"userId": "u"})
    assert (first.status, first.text, first.headers["Content-Type"]) == (502, text, "text/html")
    assert (second.status, second.text) == (201, text)
    assert api.sandbox.store.contact_by_user_id("u") is not None


async def test_a_redirect_has_no_body(api: "Api") -> None:
    api.sandbox.faults.add(Fault(status=302, headers={"Location": "https://elsewhere.example/"}))
    reply = await api("GET", "/v2/contacts")
    assert (reply.status, reply.text, reply.headers["Location"]) == (302, "", "https://elsewhere.example/")


async def test_headers_of_a_response_can_be_changed(api: "Api") -> None:
    headers = {"X-RateLimit-Remaining": "0", "date": None, "Content-Type": None}
    api.sandbox.faults.add(Fault(headers=headers))
    reply = await api("GET", "/v2/contacts")
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert "Date" not in reply.headers
    api.sandbox.faults.clear()
    api.sandbox.faults.add(Fault(headers={"date": "yesterday"}))
    assert (await api("GET", "/v2/contacts")).headers.getall("Date") == ["yesterday"]


async def test_delays(open_api: "OpenApi") -> None:
    api = await open_api(latency=1.0)
    loop = asyncio.get_running_loop()
    api.sandbox.faults.add(Fault(delay=10.0, nth=2))
    for seconds in (1, 11, 1):
        start = loop.time()
        await api("GET", "/v2/contacts")
        assert loop.time() - start == pytest.approx(seconds, abs=0.1)


async def test_the_work_is_done_before_the_delay(api: "Api") -> None:
    api.sandbox.faults.add(Fault(delay=10.0))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api("POST", "/v2/contacts", {"userId": "u"}), 1)
    assert len(api.sandbox.store.contacts) == 1


@pytest.mark.parametrize(("cut", "done"), [("before", False), ("after", True)])
async def test_cuts_without_a_response(api: "Api", cut: Any, done: bool) -> None:
    api.sandbox.faults.add(Fault(cut=cut, delay=1.0))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api("POST", "/v2/contacts", {"userId": "u"})
    assert bool(api.sandbox.store.contacts) is done
    assert api.sandbox.log[0].status is None


async def test_a_cut_when_the_client_has_gone_already(api: "Api") -> None:
    api.sandbox.faults.add(Fault(cut="after", delay=10.0))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api("POST", "/v2/contacts", {"userId": "u"}), 1)
    await asyncio.sleep(20)
    assert api.sandbox.connections.open == 0


async def test_a_cut_in_the_middle_of_the_body(api: "Api") -> None:
    api.sandbox.seed(contacts=10)
    api.sandbox.faults.add(Fault(cut="mid"))
    async with api.session.get(
        f"{api.sandbox.url}/v2/contacts", headers={"Authorization": f"Bearer {api.sandbox.api_key}"}
    ) as reply:
        assert reply.status == 200
        with pytest.raises(aiohttp.ClientPayloadError, match="Not enough data"):
            await reply.read()


async def test_an_empty_page_whose_cursor_goes_on(api: "Api") -> None:
    api.sandbox.seed(contacts=5)
    api.sandbox.faults.add(Fault(empty_page=True, nth=(1, 3, 4)))
    pages, cursor, cursors = [], "", []
    while cursor is not None:
        page = (await api("GET", f"/v2/contacts?limit=2{cursor}")).json
        pages.append([item["userId"][-1] for item in page["data"]])
        cursors.append(page["nextCursor"])
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
    assert pages == [[], ["1", "2"], [], [], ["3", "4"], ["5"]]
    assert len(set(cursors)) == len(cursors)


async def test_an_empty_page_of_a_search(api: "Api") -> None:
    api.sandbox.seed(contacts=5)
    api.sandbox.faults.add(Fault(empty_page=True, nth=(1, 3)))
    names, body = [], {"limit": 2}
    while body.get("cursor", "") is not None:
        page = (await api("POST", "/v2/contacts/search", body)).json
        names.append(len(page["data"]))
        body["cursor"] = page["nextCursor"]
    assert names == [0, 2, 0, 2, 1]


async def test_what_is_no_list_has_no_empty_page(api: "Api") -> None:
    contact = await api.contact(userId="u")
    api.sandbox.faults.add(Fault(empty_page=True, repeat_cursor=True))
    assert (await api("GET", f"/v2/contacts/{contact['id']}")).json == contact


async def test_repeated_cursors(api: "Api") -> None:
    api.sandbox.seed(contacts=5)
    api.sandbox.faults.add(Fault(repeat_cursor=True, nth=(1, 2, 3)))
    api.sandbox.faults.add(Fault(repeat_cursor="fixed"))
    first = (await api("GET", "/v2/contacts?limit=2")).json["nextCursor"]
    assert first
    assert (await api("GET", f"/v2/contacts?limit=2&cursor={first}")).json["nextCursor"] == first
    search = (await api("POST", "/v2/contacts/search", {"limit": 2})).json["nextCursor"]
    assert search
    assert (await api("GET", "/v2/contacts")).json["nextCursor"] == "fixed"


async def test_repeated_cursors_of_a_search(api: "Api") -> None:
    api.sandbox.seed(contacts=5)
    first = (await api("POST", "/v2/contacts/search", {"limit": 2})).json["nextCursor"]
    api.sandbox.faults.add(Fault(repeat_cursor=True))
    reply = await api("POST", "/v2/contacts/search", {"limit": 2, "cursor": first})
    assert reply.json["nextCursor"] == first


async def test_named_edits_touch_one_item_each(api: "Api") -> None:
    api.sandbox.seed(contacts=5, companies=5)
    for path in ("/v2/contacts", "/v2/companies"):
        plain = (await api("GET", path)).json["data"]
        api.sandbox.faults.add(Fault(edit=("odd_enum", "missing_field", "wrong_type", "new_field")))
        odd = (await api("GET", path)).json["data"]
        enum, wrong = ("type", "postsCreated") if path == "/v2/contacts" else ("object", "monthlySpend")
        assert odd[0] == {**plain[0], enum: "robot"}
        assert odd[1] == {name: value for name, value in plain[1].items() if name != "name"}
        assert odd[2] == {**plain[2], wrong: ["several"]}
        assert odd[3] == {**plain[3], "somethingNew": {"since": "tomorrow"}}
        assert odd[4] == plain[4]
        api.sandbox.faults.clear()


async def test_named_edits_of_single_responses(api: "Api") -> None:
    contact = await api.contact(userId="u")
    path = f"/v2/contacts/{contact['id']}"
    api.sandbox.faults.add(Fault(edit="odd_enum", nth=1, path="*/email-preferences"))
    api.sandbox.faults.add(Fault(edit="missing_field", method="POST"))
    api.sandbox.faults.add(Fault(edit="wrong_type", method="DELETE"))
    preferences = (await api("GET", f"{path}/email-preferences")).json["preferences"]
    assert preferences["changelog"]["status"] == "sometimes"
    assert (await api("POST", f"{path}/block")).json == {"object": "contact", "blocked": True}
    assert (await api("DELETE", path)).json["object"] == ["several"]


async def test_edits_by_function(api: "Api") -> None:
    api.sandbox.faults.add(Fault(edit=lambda payload: [payload["object"]]))
    assert (await api("GET", "/v2/contacts")).json == ["list"]


async def test_errors_are_not_edited(api: "Api") -> None:
    api.sandbox.faults.add(Fault(edit="new_field"))
    assert (await api("GET", "/v2/contacts/x")).error["code"] == "invalid_id"


async def test_broken_json_and_another_content_type(api: "Api") -> None:
    api.sandbox.faults.add(Fault(broken_json=True, content_type="text/html"))
    reply = await api("GET", "/v2/contacts")
    assert (reply.status, reply.text, reply.headers["Content-Type"]) == (200, '{"object":"list","data', "text/html")


async def test_a_huge_body(api: "Api") -> None:
    api.sandbox.faults.add(Fault(huge_body=200_000))
    reply = await api("GET", "/v2/contacts")
    assert reply.json["object"] == "list"
    assert len(reply.json["padding"]) == 200_000
    assert "Content-Length" not in reply.headers


async def test_a_huge_body_that_nobody_reads_to_the_end(api: "Api") -> None:
    api.sandbox.faults.add(Fault(huge_body=50_000_000))
    async with api.session.get(
        f"{api.sandbox.url}/v2/contacts", headers={"Authorization": f"Bearer {api.sandbox.api_key}"}
    ) as reply:
        assert await reply.content.read(10) == b'{"object":'
        reply.close()


async def test_a_refusal_by_order(open_api: "OpenApi") -> None:
    api = await open_api(retry_after="seconds")
    api.sandbox.faults.add(Fault(refuse=True, times=1))
    reply = await api("POST", "/v2/contacts", {"userId": "u"})
    assert (reply.status, reply.error["type"]) == (429, "rate_limit_error")
    assert (reply.headers["Retry-After"], reply.headers["X-RateLimit-Remaining"]) == ("30", "1999")
    assert not api.sandbox.store.contacts


@pytest.mark.parametrize(
    "options",
    [{"cut": "sideways"}, {"edit": "nonsense"}, {"every": 0}, {"times": -1}, {"status": 99}, {"status": 99999}],
)
def test_faults_that_make_no_sense(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=name):
        Fault(**options)
