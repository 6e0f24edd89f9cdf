"""Which transport a client opens in each of its event loops: the one on aiohttp, or one of the caller's."""

from __future__ import annotations

from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from featurebase_async.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl as ssl_module
    from collections.abc import Callable

    import aiohttp  # noqa: TID251 -- a type only

    from featurebase_async._core.transport.base import LoopTransport
    from featurebase_async.transport import Transport

__all__ = ["TransportOpener"]


class TransportOpener:
    """Opens the transport of an event loop, when it is called there.

    Attributes:
        module: The module that is imported for it, which takes a quarter of a second if it is that of aiohttp.
    """

    def __init__(
        self,
        transport: Callable[[], Transport] | None,
        base_url: str,
        max_connections: int,
        max_response_bytes: int,
        session: aiohttp.ClientSession | None,
        proxy: str | None,
        *,
        ssl: ssl_module.SSLContext | bool | None,
        trust_env: bool,
        shared: bool = False,
    ) -> None:
        """Keep what makes the transport; None stands for the one on aiohttp, which several clients may share.

        Raises:
            ConfigurationError: `transport` is no factory, or options are given that it would not know.
        """
        self._custom = transport
        self._options: dict[str, Any] = {"max_response_bytes": max_response_bytes}
        self.module: str = "featurebase_async._core.transport.custom"
        network = {"session": session, "proxy": proxy, "ssl": ssl, "trust_env": trust_env}
        if transport is None:
            self._options |= {"base_url": base_url, "max_connections": max_connections, **network}
            self._options["shared"] = shared
            self._options["external_session"] = self._options.pop("session")
            self.module = "featurebase_async._core.transport.aiohttp"
            return
        if not callable(transport) or iscoroutinefunction(transport):
            raise ConfigurationError(
                "transport must be a class, or a plain function without arguments, that makes an object with a method "
                f"`exchange`, not {type(transport).__name__}"
            )
        for name, value in network.items():
            if value:
                raise ConfigurationError(f"transport is given, so {name} would have no effect: set it in the transport")

    def __call__(self) -> LoopTransport:
        """Open the transport."""
        module = import_module(self.module)
        made: LoopTransport
        if self._custom is None:
            made = module.AiohttpTransport(**self._options)
        else:
            made = module.CustomTransport(self._custom, **self._options)
        return made
