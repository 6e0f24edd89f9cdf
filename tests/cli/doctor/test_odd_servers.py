"""Servers that refuse, ignore, lose or garble what the doctor asks: it says so, goes on, and leaves nothing."""

from typing import Any, cast

import pytest

from featurebase_async.cli.doctor.asking import Asker, Reply
from featurebase_async.cli.doctor.findings import Findings
from featurebase_async.cli.doctor.key_checks import BAD_KEY, check_key
from featurebase_async.sandbox import Fault, Sandbox
from support.doctor import EPOCH, SEEDS, examine, line, state_of


class Silent:
    """Asks a server that says nothing."""

    async def ask(self, *_: object) -> Reply:
        return Reply(call="GET /v2/boards", error="RequestTimeoutError")


async def test_a_server_that_says_nothing() -> None:
    findings, silent = Findings(), Silent()
    assert not await check_key(cast("Asker", silent), findings)
    assert line(findings, "key").text == "not known: no response (RequestTimeoutError) from the server"


async def test_a_server_that_drops_the_first_request() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(cut="before"))
        findings = await examine(sandbox)
        assert sandbox.requests == 1
    assert line(findings, "key").text == "not known: no response (APIConnectionError) from the server"
    assert findings.failed


async def test_a_response_that_is_not_in_utf8() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(path="/v2/teams", body=b'{"object": "list", "data": [], "note": "Caf\xe9"}'))
        findings = await examine(sandbox)
    assert line(findings, "key").verdict == "ok"


async def test_a_key_that_may_not_do_everything() -> None:
    body = {"error": {"type": "authorization_error", "code": "forbidden", "message": "ada@example.com may not"}}
    async with Sandbox(epoch=EPOCH) as sandbox:
        for path in ("/v2/boards", "/v2/teams", "/v2/audit-logs"):
            sandbox.faults.add(Fault(path=path, status=403, body=body))
        findings = await examine(sandbox)
        assert line(findings, "key").text == "not refused, but GET /v2/boards gave 403 forbidden"
        permissions = line(findings, "permissions")
        assert "feedback: boards 403 forbidden; organization: teams 403 forbidden" in permissions.text
        assert (permissions.verdict, permissions.value["users"]) == ("warn", "yes")
        assert line(findings, "teams").text == "403 forbidden"
        assert line(findings, "company contacts").text == "not tried: there are no companies"
        assert "ada@example.com" not in str(findings.report(host="", version="", wrote=False))


async def test_lists_that_are_not_as_expected() -> None:
    def drift(payload: Any) -> Any:
        payload["data"][0] |= {"name": 7, "type": "robot", "brandNew": 1, "ada@example.com": 2}
        return payload

    def longer(payload: Any) -> Any:
        return {**payload, "data": payload["data"] * 2}

    def shorter(payload: Any) -> Any:
        return {**payload, "data": payload["data"][:10]}

    def clover(payload: Any) -> Any:
        return {"results": payload["data"]}

    async with Sandbox(epoch=EPOCH, response_fields="all") as sandbox:
        sandbox.seed(**SEEDS, brands=30, changelogs=3)
        faults = {"contacts": drift, "posts": longer, "brands": shorter, "changelogs": clover}
        for name, edit in faults.items():
            # Three wrong requests come before that for contacts.
            sandbox.faults.add(Fault(path=f"/v2/{name}", edit=edit, nth=4 if name == "contacts" else 1))
        sandbox.faults.add(Fault(path="/v2/teams", edit=lambda payload: payload["data"]))
        sandbox.faults.add(Fault(path="/v2/post_statuses", edit=lambda payload: {"data": payload}))
        sandbox.faults.add(Fault(path="/v2/comments", broken_json=True))
        sandbox.faults.add(Fault(path="/v2/surveys", status=500))
        sandbox.faults.add(Fault(path="/v2/tickets", body=[]))
        findings = await examine(sandbox)
    contacts = line(findings, "contacts")
    assert contacts.verdict == "warn"
    assert "drift: data[].name number, data[].type robot; new: brandNew, createdAt" in contacts.text
    assert contacts.value["new_fields"] == ["brandNew", "createdAt"]
    assert line(findings, "limit, paged lists").text == "ignored by posts, brands"
    assert line(findings, "changelogs").text == "200, results, ResponseDecodeError"
    assert line(findings, "comments").text == "200, other, ResponseDecodeError"
    assert line(findings, "teams").text == "200, array, ResponseDecodeError"
    assert line(findings, "post statuses").text == "200, list, ResponseDecodeError"
    assert (line(findings, "surveys").verdict, line(findings, "surveys").text) == ("fail", "500 internal_error")
    assert findings.failed


async def test_no_list_is_long_enough_to_tell() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        findings = await examine(sandbox)
    assert line(findings, "limit, paged lists").text == "not known: no list is long"
    assert line(findings, "cursors").text == "not tried: no list has a second page"


async def test_requests_that_are_wrong_and_are_taken() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        body: dict[str, Any] = {"object": "list", "data": [], "nextCursor": None}
        sandbox.faults.add(Fault(path="/v2/contacts", nth=1, status=200, body=body))
        sandbox.faults.add(Fault(path="/v2/contacts", nth=2, status=200, body={"object": "list"}))
        sandbox.faults.add(Fault(path="/v2/contacts", nth=3, cut="before"))
        findings = await examine(sandbox)
    assert line(findings, "limit of 101").text == "taken: 200 with 0 items"
    assert line(findings, "unknown parameter").text == "taken: 200 with 0 items"
    assert line(findings, "malformed cursor").text == "no response (APIConnectionError)"


async def test_versions() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        findings = await examine(sandbox)
        assert line(findings, "versions").text.startswith("nova, orbit, pulsar")
        assert line(findings, "unknown version").text == "refused: 404 version_not_supported"
        sandbox.faults.add(Fault(path="/v2/boards", status=200, body=[]))
        findings = await examine(sandbox)
        assert line(findings, "versions").text == "nova, orbit, pulsar, clover"
        assert line(findings, "unknown version").text == "taken as if it were known"
        sandbox.faults.clear()
        sandbox.faults.add(Fault(path="/v2/boards", nth=(2, 3, 4, 5, 6), status=404))
        findings = await examine(sandbox)
        assert line(findings, "versions").text.startswith("none; refused: nova 404")


async def test_a_bad_key_that_two_endpoints_refuse_differently() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.api_keys = (sandbox.api_key, BAD_KEY)
        sandbox.faults.add(Fault(path="/v2/boards", nth=2, status=401, body={"success": False, "message": "No"}))
        sandbox.faults.add(Fault(path="/v2/admins", nth=1, cut="before"))
        findings = await examine(sandbox)
    found = line(findings, "bad key")
    assert found.text == "401, flat body (/v2/boards); no response (APIConnectionError) (/v2/admins)"
    assert found.verdict == "warn"


async def test_a_server_that_ignores_what_an_upsert_says() -> None:
    def edit(payload: Any) -> Any:
        return {**payload, "companies": [], "email": "other@example.com"}

    async with Sandbox(epoch=EPOCH) as sandbox:
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", edit=edit))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    assert line(findings, "contact, companies").text == "an upsert with a company did not attach it"
    assert line(findings, "contact, e-mail").text == "another address than was sent"


async def test_an_empty_list_of_companies_that_changes_nothing() -> None:
    kept: list[Any] = []

    def edit(payload: Any) -> Any:
        (kept.append if payload["companies"] else kept.extend)(payload["companies"])
        return payload if payload["companies"] else {**payload, "companies": kept[0]}

    async with Sandbox(epoch=EPOCH) as sandbox:
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", edit=edit))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    assert line(findings, "contact, companies").text == "replace, but [] changes nothing"


@pytest.mark.parametrize("decides", ["user id", "e-mail"])
async def test_the_ids_of_two_people(decides: str) -> None:
    async with Sandbox(epoch=EPOCH, second_email="refuse") as sandbox:
        made: list[str] = []

        def allow(payload: Any) -> Any:
            sandbox.second_email = "create"
            made.append(payload["id"])
            return payload

        def edit(payload: Any) -> Any:
            return payload if decides == "user id" else {**payload, "id": made[0]}

        # The sixth upsert makes the second person, the seventh has the ids of both.
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=6, edit=allow))
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=7, edit=edit))
        before = state_of(sandbox)
        findings = await examine(sandbox, write=True)
        assert line(findings, "contact, ids of two").text == f"the {decides} decides"
        assert state_of(sandbox) == before


@pytest.mark.parametrize(
    ("path", "fault", "problem"),
    [
        ("/v2/companies/*", {"status": 200, "body": {"deleted": True}}, "it is still there"),
        ("/v2/companies/*", {"status": 403}, "403 internal_error"),
        ("/v2/contacts/*", {"delay": 300.0}, "not tried, 60 s were over"),
    ],
)
async def test_what_stays_is_named(path: str, fault: dict[str, Any], problem: str) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(method="DELETE", path=path, **fault))
        findings = await examine(sandbox, write=True)
        (company,) = sandbox.store.companies.values()
    left = line(findings, "left behind")
    assert left.verdict == "fail"
    assert f"company {company.id} ({company.company_id}): {problem}" in left.text


async def test_an_id_that_no_path_can_have() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(method="POST", path="/v2/posts", edit=lambda post: {**post, "id": "a b"}))
        findings = await examine(sandbox, write=True)
    assert line(findings, "left behind").text.startswith("could not be removed: post a b (featurebase-doctor-")


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "after"}, {"broken_json": True}], ids=str)
async def test_a_post_whose_response_is_lost(fault: dict[str, Any]) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(posts=2)
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/posts", **fault))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    left = line(findings, "left behind")
    if fault != {"cut": "before"}:
        assert left.text == "nothing"
    else:
        assert left.verdict == "warn"
        assert left.text.startswith("nothing that is known of, but look for post (id not known) (featurebase-doctor-")


async def test_a_post_that_nobody_can_look_for() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(method="POST", path="/v2/posts", broken_json=True))
        odd: list[Any] = [{"data": ["x", {"title": "other"}]}, {"data": {}}, []]
        for number, body in enumerate(odd, 3):  # two lists have posts looked at before that
            sandbox.faults.add(Fault(path="/v2/posts", method="GET", nth=number - 1, status=200, body=body))
        findings = await examine(sandbox, write=True)
        assert line(findings, "left behind").verdict == "warn"
        # Nothing at all was made, or could be.
        sandbox.reset()
        sandbox.faults.add(Fault(method="POST", status=403))
        findings = await examine(sandbox, write=True)
        assert line(findings, "left behind").text == "nothing"
        assert not [each for each in findings.lines if each.name == "deleting"]


async def test_companies_that_can_not_be_changed() -> None:
    async with Sandbox(epoch=EPOCH, contact_companies="add") as sandbox:
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=(4,), status=403))
        findings = await examine(sandbox, write=True)
        assert line(findings, "contact, companies").text == "403 internal_error"
        assert line(findings, "left behind").text == "nothing"


@pytest.mark.parametrize(("fault", "requests"), [({"cut": "before"}, 13), ({"delay": 1000.0}, 13)])
async def test_a_server_that_falls_silent_is_left_alone(fault: dict[str, Any], requests: int) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(nth=range(9, 999), **fault))
        findings = await examine(sandbox, write=True, window=True)
        assert sandbox.requests == requests
        assert {entry.method for entry in sandbox.log} == {"GET"}
    text = "not tried: no response to the last 3 requests"
    assert {line(findings, name).text for name in ("posts", "audit logs", "writing", "Reset, watched")} == {text}


async def test_a_server_that_falls_silent_while_something_is_written() -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(posts=2)
        before = state_of(sandbox)
        sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=range(3, 99), cut="before"))
        findings = await examine(sandbox, write=True)
        assert state_of(sandbox) == before
    assert line(findings, "writing").text == "not tried: no response to the last 3 requests"
    assert line(findings, "left behind").text == "nothing"


@pytest.mark.parametrize("status", [500, 503, 429, 404])
async def test_a_first_response_that_says_nothing_of_the_key(status: int) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.faults.add(Fault(nth=1, status=status))
        findings = await examine(sandbox)
    assert line(findings, "key").text.startswith(f"not refused, but GET /v2/boards gave {status}")
    assert line(findings, "contacts").verdict == "ok"


@pytest.mark.parametrize("body", [[], None, "x", 5, {}, {"id": 7, "customFields": [], "companies": {}, "email": 3}])
async def test_bodies_that_make_no_sense(body: Any) -> None:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(posts=2)
        before = state_of(sandbox)
        for number in range(1, 12):
            for path in ("/v2/contacts", "/v2/companies"):
                sandbox.faults.add(Fault(method="POST", path=path, nth=number, edit=lambda _: body))
            findings = await examine(sandbox, write=True)
            sandbox.faults.clear()
            assert state_of(sandbox) == before
            assert line(findings, "left behind").text == "nothing"
        sandbox.faults.add(Fault(method="GET", edit=lambda _: body))
        assert (await examine(sandbox)).lines
