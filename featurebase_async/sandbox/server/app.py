"""The app: every request passes here, from its key to the bytes of its response. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import msgspec

from featurebase_async.sandbox.api.api_specs import ApiSpecs
from featurebase_async.sandbox.api.changelogs import Changelogs
from featurebase_async.sandbox.api.comments import Comments
from featurebase_async.sandbox.api.companies import Companies
from featurebase_async.sandbox.api.contacts import Contacts
from featurebase_async.sandbox.api.conversations import Conversations
from featurebase_async.sandbox.api.crud import Rules, Workspace, routes
from featurebase_async.sandbox.api.help_center import HelpCenter
from featurebase_async.sandbox.api.insights import Insights, Merges
from featurebase_async.sandbox.api.posts import Posts
from featurebase_async.sandbox.api.reports import Reports
from featurebase_async.sandbox.api.tickets import Tickets
from featurebase_async.sandbox.api.training import QnaEntries, TrainingFiles
from featurebase_async.sandbox.api.webhooks import Webhooks
from featurebase_async.sandbox.server.faults import Fault, Faults
from featurebase_async.sandbox.server.rate_limit import EndpointLimits, Limits, Verdict
from featurebase_async.sandbox.state.events import Events
from featurebase_async.sandbox.state.operations import facts
from featurebase_async.sandbox.wire.cursors import Cursors
from featurebase_async.sandbox.wire.errors import ApiError
from featurebase_async.sandbox.wire.routing import Incoming, Response, Router
from featurebase_async.sandbox.wire.versions import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from featurebase_async.sandbox.server.request_log import LogEntry
    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.state.events import Event
    from featurebase_async.sandbox.state.store import Store
    from featurebase_async.sandbox.wire.clock import Clock
    from featurebase_async.sandbox.wire.options import SandboxOptions
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
    delay: float = 0.0


class App:
    """Checks the key, counts against the limits, looks into the fault script, and lets the handler do the work."""

    def __init__(self, options: SandboxOptions, store: Store, clock: Clock, send: Callable[[Event], None]) -> None:
        self._options = options
        self._clock = clock
        self._cursors = Cursors(clock, options.cursor_lifetime)
        self.limits: Limits = Limits(options)
        self.endpoint_limits: EndpointLimits = EndpointLimits(options)
        self.faults: Faults = Faults()
        events = Events(store, clock, send)
        workspace = Workspace(store, self._cursors, clock, events, options)
        self._router = Router(all_routes(workspace))
        self._encoder = msgspec.json.Encoder()
        unknown = ", ".join(options.hourly_limits.keys() - facts().calls.keys())
        if unknown:
            raise ValueError(f"hourly_limits: there is no call {unknown}")

    def encode(self, payload: Any) -> bytes:
        """Return JSON bytes."""
        return self._encoder.encode(payload)

    def handle(self, entry: LogEntry, authorization: str | None) -> Outcome:
        """Return the response to a request."""
        now = self._clock.now()
        headers = {"Content-Type": JSON}
        fault, delay = _NO_FAULT, 0.0
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
            response = self._work(entry, fault, headers)
        except ApiError as error:
            response, delay = Response(error.body(self._options.error_shape), error.status), error.delay
        return replace(self._outcome(response, headers, fault), delay=delay)

    def _authenticate(self, authorization: str | None) -> int:
        if authorization is None:
            raise ApiError(401, "organization_required", "No API key was given")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or key not in self._options.api_keys:
            status = 401 if self._options.bad_key == "unauthorized" else 403
            delay = self._options.bad_key_delay
            raise ApiError(status, "invalid_api_key", "Invalid API Key", shape="flat", delay=delay)
        return self._options.api_keys.index(key)

    def _work(self, entry: LogEntry, fault: Fault, headers: dict[str, str]) -> Response:
        if fault.cut == "before":
            return Response(b"")
        if fault.status is not None:
            return self._faulty(fault.status, fault)
        call, route = self._checked(entry)
        self._take_hourly(route, call, entry, headers)
        response = route.handler(call)
        if self._options.response_fields == "documented":
            response = replace(response, payload=documented(msgspec.json.decode(self.encode(response.payload))))
        if fault is _NO_FAULT:
            return response
        return Response(
            self._spoilt(response, fault, call.query.get("cursor", call.body.get("cursor"))), response.status
        )

    def _checked(self, entry: LogEntry) -> tuple[CheckedCall, Route]:
        incoming = Incoming(
            method=entry.method,
            path=entry.path,
            query=entry.query,
            body=entry.body,
            content_type=entry.headers.get("content-type", ""),
            version=entry.headers.get("featurebase-version", DEFAULT),
            idempotency_key=entry.headers.get("idempotency-key"),
        )
        route, values = self._router.find(entry.method, entry.path, incoming.version)
        ignored = self._options.unpaged_limit == "ignore" and not route.paged
        return route.check(incoming, values, ignored=("limit", "cursor") if ignored else ()), route

    def _take_hourly(self, route: Route, call: CheckedCall, entry: LogEntry, headers: dict[str, str]) -> None:
        now = self._clock.now()
        key = self._options.api_keys[entry.key or 0]
        resets_at = self.endpoint_limits.take(route.call_name, call.path, key, now)
        if resets_at is not None:
            headers.update(self.limits.retry_after(resets_at, now))
            raise ApiError(429, "rate_limit_exceeded", f"Hourly limit of {entry.method} {route.path} exceeded")

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


# What contacts take and, by the facts, never show.
_WRITE_ONLY = {"contact": ("phone", "createdAt")}


def documented(payload: object) -> Any:
    """Return decoded JSON without the fields that the documentation does not have."""
    if isinstance(payload, list):
        return [documented(one) for one in cast("list[object]", payload)]
    if not isinstance(payload, dict):
        return payload
    members = cast("dict[str, Any]", payload)
    hidden = _WRITE_ONLY.get(members.get("object", ""), ())
    return {name: documented(value) for name, value in members.items() if name not in hidden}


def _refusal(verdict: Verdict) -> ApiError:
    return ApiError(429, "rate_limit_exceeded", f"Rate limit of the {verdict.hit} exceeded, try again later")


def all_routes(workspace: Workspace) -> list[Route]:
    """Return the routes of every call in the table of facts."""
    conversations = Conversations(workspace)
    groups = (
        Contacts(workspace),
        Companies(workspace),
        Posts(workspace),
        Merges(workspace),
        Insights(workspace),
        Comments(workspace),
        Changelogs(workspace),
        HelpCenter(workspace),
        ApiSpecs(workspace),
        TrainingFiles(workspace),
        QnaEntries(workspace),
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
