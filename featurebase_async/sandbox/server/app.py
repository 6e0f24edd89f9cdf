"""The app: every request passes here, from its key to the bytes of its response. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async.sandbox.api.changelogs import Changelogs
from featurebase_async.sandbox.api.comments import Comments
from featurebase_async.sandbox.api.companies import Companies
from featurebase_async.sandbox.api.contacts import Contacts
from featurebase_async.sandbox.api.conversations import Conversations
from featurebase_async.sandbox.api.crud import Rules, Workspace, routes
from featurebase_async.sandbox.api.help_center import HelpCenter
from featurebase_async.sandbox.api.posts import Posts
from featurebase_async.sandbox.api.reports import Reports
from featurebase_async.sandbox.api.tickets import Tickets
from featurebase_async.sandbox.api.webhooks import Webhooks
from featurebase_async.sandbox.server.faults import Fault, Faults
from featurebase_async.sandbox.server.rate_limit import Limits, Verdict
from featurebase_async.sandbox.state.events import Events
from featurebase_async.sandbox.wire.cursors import Cursors
from featurebase_async.sandbox.wire.errors import ApiError
from featurebase_async.sandbox.wire.routing import NOVA, Response, Router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from featurebase_async.sandbox.server.options import SandboxOptions
    from featurebase_async.sandbox.server.request_log import LogEntry
    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.state.events import Event
    from featurebase_async.sandbox.state.store import Store
    from featurebase_async.sandbox.wire.clock import Clock
    from featurebase_async.sandbox.wire.routing import CheckedCall, Route

JSON = "application/json; charset=utf-8"
_NO_FAULT = Fault()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A response ready to be sent, and the fault that touches the sending."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])
    fault: Fault = _NO_FAULT


class App:
    """Checks the key, counts against the limits, looks into the fault script, and lets the handler do the work."""

    def __init__(self, options: SandboxOptions, store: Store, clock: Clock, send: Callable[[Event], None]) -> None:
        self._options = options
        self._clock = clock
        self._cursors = Cursors(clock, options.cursor_lifetime)
        self.limits: Limits = Limits(options)
        self.faults: Faults = Faults()
        events = Events(store, clock, send)
        workspace = Workspace(store, self._cursors, clock, events)
        self._router = Router(all_routes(workspace, options))
        self._encoder = msgspec.json.Encoder()

    def encode(self, payload: Any) -> bytes:
        """Return JSON bytes."""
        return self._encoder.encode(payload)

    def handle(self, entry: LogEntry, authorization: str | None) -> Outcome:
        """Return the response to a request."""
        now = self._clock.now()
        headers = {"Content-Type": JSON}
        fault = _NO_FAULT
        try:
            entry.key = self._authenticate(authorization)
            verdict = self.limits.take(self._options.api_keys[entry.key], now)
            if verdict.allowed:
                fault = self.faults.match(entry.method, entry.path) or _NO_FAULT
            if fault.refuse:
                verdict = replace(verdict, allowed=False, hit="endpoint")
            headers.update(self.limits.headers(verdict, now))
            if not verdict.allowed:
                raise _refusal(verdict)
            response = self._work(entry, fault)
        except ApiError as error:
            response = Response(error.body(self._options.error_shape), error.status)
        return self._outcome(response, headers, fault)

    def _authenticate(self, authorization: str | None) -> int:
        if authorization is None:
            raise ApiError(401, "organization_required", "No API key was given")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or key not in self._options.api_keys:
            raise ApiError(401, "invalid_api_key", "Invalid API Key", shape="flat")
        return self._options.api_keys.index(key)

    def _work(self, entry: LogEntry, fault: Fault) -> Response:
        if fault.cut == "before":
            return Response(b"")
        if fault.status is not None:
            return self._faulty(fault.status, fault)
        version = entry.headers.get("featurebase-version", NOVA)
        route, values = self._router.find(entry.method, entry.path, version)
        call = route.call(entry.path, values, entry.query, entry.body, entry.headers.get("content-type", ""))
        response = route.handler(call)
        if fault is _NO_FAULT:
            return response
        return Response(
            self._spoilt(response, fault, call.query.get("cursor", call.body.get("cursor"))), response.status
        )

    def _faulty(self, status: int, fault: Fault) -> Response:
        if fault.body is not None:
            return Response(fault.body, status)
        if status < 400:
            return Response(b"", status)
        error = ApiError(status, "internal_error", "This response was ordered by the fault script")
        return Response(error.body(self._options.error_shape), status)

    def _spoilt(self, response: Response, fault: Fault, cursor: str | None) -> Any:
        """Return the payload with what the fault does to it."""
        if fault.body is not None:
            return fault.body
        payload: Any = response.payload
        if response.begins is not None:
            if fault.empty_page:
                payload = {**payload, "data": [], "nextCursor": self._cursors.write(response.begins)}
            if fault.repeat_cursor:
                repeated = fault.repeat_cursor if isinstance(fault.repeat_cursor, str) else cursor
                payload = {**payload, "nextCursor": repeated or payload["nextCursor"]}
        if fault.edits:
            payload = fault.edited(msgspec.json.decode(self._encoder.encode(payload)))
        return payload

    def _outcome(self, response: Response, headers: dict[str, str], fault: Fault) -> Outcome:
        payload = response.payload
        if isinstance(payload, str):
            payload = payload.encode()
        body = payload if isinstance(payload, bytes) else self._encoder.encode(payload)
        if fault.broken_json:
            body = body[: len(body) // 2]
        if fault.content_type is not None:
            headers["Content-Type"] = fault.content_type
        for name, value in fault.headers.items():
            for same in [known for known in headers if known.lower() == name.lower()]:
                del headers[same]
            if value is not None:
                headers[name] = value
        return Outcome(response.status, body, headers, fault)


def _refusal(verdict: Verdict) -> ApiError:
    return ApiError(429, "rate_limit_exceeded", f"Rate limit of the {verdict.hit} exceeded, try again later")


def all_routes(workspace: Workspace, options: SandboxOptions) -> list[Route]:
    """Return the routes of every call in the table of facts."""
    conversations = Conversations(workspace)
    groups = (
        Contacts(workspace),
        Companies(workspace, options.company_created_status),
        Posts(workspace),
        Comments(workspace),
        Changelogs(workspace),
        HelpCenter(workspace),
        Webhooks(workspace),
        conversations,
        Tickets(workspace, conversations),
        Reports(workspace),
    )
    special = {call: handler for group in groups for call, handler in group.handlers().items()}
    rules = {kind: rules for group in groups for kind, rules in group.rules().items()}
    return routes(workspace, special, {**rules, **_small_rules(workspace)})


def _small_rules(workspace: Workspace) -> dict[str, Rules]:
    def of_survey(found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
        survey = workspace.collection("surveys").get(call.path["id"])
        return [one for one in found if workspace.store.surveys[one.id] == survey.id]

    def unarchived(found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
        return [one for one in found if call.query.get("includeArchived") or not one["archived"]]

    return {"responses": Rules(filter=of_survey), "conversation_attributes": Rules(filter=unarchived)}
