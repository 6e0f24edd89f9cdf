"""A sandbox with a bare aiohttp session on it."""

from typing import Any, Protocol

import aiohttp
import msgspec
from yarl import URL

from featurebase_async.sandbox import Sandbox


class Reply(msgspec.Struct):
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.text)

    @property
    def error(self) -> Any:
        assert self.json["error"]["status"] == self.status
        return self.json["error"]


class Api:
    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str | None) -> Reply:
        """Send a request with the first key; headers by their names with underscores, None leaves one out."""
        sent: dict[str, str | None] = {"Authorization": f"Bearer {self.sandbox.api_key}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        async with self.session.request(
            method,
            URL(self.sandbox.url + path, encoded=True),
            data=body if isinstance(body, bytes) or body is None else msgspec.json.encode(body),
            headers={name: value for name, value in sent.items() if value is not None},
            allow_redirects=False,
        ) as response:
            return Reply(response.status, response.headers, await response.text())

    async def contact(self, **fields: Any) -> Any:
        reply = await self("POST", "/v2/contacts", fields)
        assert reply.status in (200, 201), reply.text
        return reply.json

    async def company(self, company_id: str, **fields: Any) -> Any:
        reply = await self("POST", "/v2/companies", {"companyId": company_id, "name": company_id, **fields})
        assert reply.status == 200, reply.text
        return reply.json

    async def lead(self) -> Any:
        self.sandbox.seed(leads=1)
        return (await self("GET", "/v2/contacts?contactType=lead&limit=100")).json["data"][-1]


class OpenApi(Protocol):
    async def __call__(self, **options: Any) -> Api: ...
