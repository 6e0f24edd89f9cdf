"""The transport on aiohttp, and the only modules that speak to aiohttp.

`transport` sends one request and returns a response or a failure; `connections` decides whether a kept connection may
be used; `header_sets` has the headers ready that are the same for many requests; `direct_request` sends small requests
without a session, and `write_batch` writes those of one turn of the event loop together; `failures` says in words what
an error of aiohttp means.
"""

from featurebase_async._core.transport.aiohttp.transport import AiohttpTransport

__all__ = ["AiohttpTransport"]
