"""The transport on aiohttp, and the only modules that speak to aiohttp.

`transport` sends one request and returns a response or a failure; `connections` decides whether a kept connection may
be used; `header_sessions` saves aiohttp the work of merging the same headers for every request; `failures` says in
words what an error of aiohttp means.
"""

from featurebase_async._core.transport.aiohttp.transport import AiohttpTransport

__all__ = ["AiohttpTransport"]
