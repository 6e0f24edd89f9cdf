"""The sandbox: a Featurebase of one's own, in memory, on loopback."""

from __future__ import annotations

from collections import Counter
from typing import Any, Self

from featurebase_async.sandbox.running import Running
from featurebase_async.sandbox.seed import seed
from featurebase_async.sandbox.server.admin import Control
from featurebase_async.sandbox.server.app import App
from featurebase_async.sandbox.server.faults import Faults
from featurebase_async.sandbox.server.http import HttpServer
from featurebase_async.sandbox.server.request_log import Connections, Log, LogEntry
from featurebase_async.sandbox.state.deliveries import Deliveries, Delivery
from featurebase_async.sandbox.state.store import Store
from featurebase_async.sandbox.wire.clock import Clock
from featurebase_async.sandbox.wire.options import STRICT


class Sandbox(Running):
    """A stateful in-memory fake Featurebase server, for tests and demonstrations.

    ``async with Sandbox() as sandbox`` runs it in the loop at hand, whose clock it follows; plain ``with`` runs it in
    a thread with a loop of its own. Point a client at ``sandbox.url`` with the key ``sandbox.api_key``.

    Args:
        api_keys: The keys it knows, all of one workspace.
        key_limit: Requests of one key in a window.
        workspace_limit: Requests of all keys together in a window.
        window: Seconds of a window.
        window_phase: Seconds by which windows begin later than the multiples of ``window`` on the server's clock.
        rate_headers: Whether responses to requests with a valid key have the headers of the limits.
        reset_form: What ``X-RateLimit-Reset`` is: an epoch time, seconds to go, or an HTTP date.
        reset_rounding: Which way its whole seconds are rounded.
        hourly_limits: Requests of a key per hour, by the call's name in the tree (``"feedback.posts.create"``): beyond
            that a 429 for this call alone.
        retry_after: What a 429 has: nothing, ``Retry-After`` in seconds or as an HTTP date, or ``Retry-After-Ms``.
        date_header: Whether responses have a ``Date``.
        clock_offset: Seconds by which the server's clock is ahead of the true time.
        epoch: What the clock reads at the start, in epoch seconds, without the offset; None for the true time.
        error_shape: The form of error bodies; a bad key always gets the flat one.
        bad_key: Whether a bad key is ``unauthorized`` (401) or ``forbidden`` (403), after ``bad_key_delay``.
        bad_key_delay: Seconds until a bad key is refused.
        cursor_lifetime: Seconds after which a cursor has expired; None for never.
        latency: Seconds before each response.
        company_created_status: The status for a new company, 200 or 201.
        contact_companies: Whether the companies of an upsert ``replace`` those that a contact has, or ``add`` to them.
        email_case: Whether addresses are kept as they are sent or in ``lower`` case.
        second_email: What an upsert with a new user id and another's e-mail does: ``create``, ``update`` or ``refuse``.
        custom_fields: Whether custom fields of contacts and companies that nobody has set up are kept or dropped.
        known_custom_fields: The names of those that somebody has set up.
        response_fields: ``all``, or the ``documented`` ones, without a contact's ``phone`` and ``createdAt``.
        unpaged_limit: Whether lists that are not paged ``refuse`` or ``ignore`` a ``limit``.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        allowed_hosts: What the ``Host`` of a request may be beside loopback ones and ``host``: names, with a port where
            that is another one, as behind a forwarded port. Other requests get a 403.
        log_size: How many requests the log keeps.

    All are attributes too, and may be changed while it runs, except for the clock's, the cursors', the log's, and where
    it listens.

    Raises:
        ValueError: An argument is none of its choices, or not above 0 where it must be.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.url: str = ""
        self.store: Store = Store()
        self.connections: Connections = Connections()
        self._clock = Clock(epoch=self.epoch, offset=self.clock_offset)
        self._deliveries = Deliveries(self.store, self._clock, self.log_size)
        self._app = App(self, self.store, self._clock, self._deliveries.send)
        self._log = Log(self.log_size)
        control = Control(self)
        self._http = HttpServer(
            self, app=self._app, control=control, log=self._log, connections=self.connections, clock=self._clock
        )

    @classmethod
    def strict(cls, **options: Any) -> Self:
        """Return a sandbox with the most hostile value of everything that the documentation of the API leaves open.

        Code that works here does not depend on a guess. Bad keys get a flat 403 after 10 s, upserts replace companies
        and refuse the e-mail of another contact, addresses are lower-cased, custom fields that nobody has set up are
        dropped, responses have documented fields only, some endpoints have limits per hour, and ``X-RateLimit-Reset``
        is a small number, rounded down.

        Args:
            **options: What is set otherwise.
        """
        return cls(**{**STRICT, **options})

    @property
    def api_key(self) -> str:
        """The first key."""
        return self.api_keys[0]

    @property
    def faults(self) -> Faults:
        """The fault script."""
        return self._app.faults

    @property
    def log(self) -> list[LogEntry]:
        """The last requests, in the order of their arrival, those with a bad key and those refused too."""
        return list(self._log.entries)

    @property
    def requests(self) -> int:
        """How many requests have arrived, with those that the log keeps no more."""
        return self._log.requests

    @property
    def statuses(self) -> Counter[int]:
        """How many responses of each status were given."""
        return self._log.statuses

    @property
    def deliveries(self) -> list[Delivery]:
        """The last attempts to deliver webhooks, in the order in which they were made."""
        return list(self._deliveries.log)

    def now(self) -> float:
        """Return the server's time in epoch seconds."""
        return self._clock.now()

    def window_left(self) -> float:
        """Return the seconds until the next window begins."""
        return self._app.limits.seconds_left(self._clock.now())

    def seed(self, *, random_seed: int = 0, **counts: int) -> None:
        """Add made-up items, the same ones for the same ``random_seed``.

        Args:
            random_seed: What the dice begin with.
            **counts: How many of each: ``contacts``, ``companies``, ``leads``, ``posts``, ``comments``, ``changelogs``,
                ``collections``, ``articles``, ``surveys``, ``survey_responses``, ``conversations``, ``tickets``,
                ``tags``, ``audit_logs``, ``boards``, ``admins``, ``teams``, ``brands``.

        Raises:
            ValueError: There is nothing of such a name to make up.
        """
        seed(self.store, counts, random_seed=random_seed)

    def spend(self, count: int, *, key: str | None = None) -> None:
        """Spend ``count`` requests of this window as another client would: of the workspace, or of ``key`` as well."""
        self._app.limits.spend(count, key, self._clock.now())

    def reset(self) -> None:
        """Forget the state, the log, the faults and what was spent of the window."""
        self.store.clear()
        self._log.clear()
        self._deliveries.log.clear()
        self._app.faults.clear()
        self._app.limits.reset()
        self._app.endpoint_limits.reset()

    async def start(self) -> None:  # pyright: ignore[reportImplicitOverride] - typing.override is of 3.12
        """Start in the running loop."""
        self._clock.start()
        self.url = await self._http.start()

    async def stop(self) -> None:  # pyright: ignore[reportImplicitOverride] - typing.override is of 3.12
        """Stop, dropping connections that are still open."""
        await self._http.stop()
        await self._deliveries.stop()
