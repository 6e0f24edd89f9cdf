"""A sandbox with a bare aiohttp session on it."""

from io import BytesIO
from typing import Any, Protocol

import aiohttp
import msgspec
from yarl import URL

from featurebase_async.sandbox import Sandbox


class Response(msgspec.Struct):
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

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str | None) -> Response:
        """Send a request with the first key; headers by their names with underscores, None leaves one out."""
        sent: dict[str, str | None] = {"Authorization": f"Bearer {self.sandbox.api_key}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        raw = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        async with self.session.request(
            method,
            URL(self.sandbox.url + path, encoded=True),
            data=BytesIO(raw) if raw else None,
            headers={name: value for name, value in sent.items() if value is not None},
            allow_redirects=False,
        ) as response:
            return Response(response.status, response.headers, await response.text())

    async def ok(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed, and return the body of the response."""
        reply = await self(method, path, body)
        assert reply.status in (200, 201), reply.text
        return reply.json

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Send a request that must be refused, and return the status and the code."""
        reply = await self(method, path, body)
        assert reply.status >= 400, reply.text
        return reply.status, reply.error["code"]

    async def board(self) -> str:
        boards = await self.ok("GET", "/v2/boards")
        return str(boards[0]["id"])

    async def admin(self) -> str:
        admins = await self.ok("GET", "/v2/admins")
        return str(admins["data"][0]["id"])

    async def post(self, title: str = "Dark mode", **fields: Any) -> Any:
        return await self.ok("POST", "/v2/posts", {"title": title, "boardId": await self.board(), **fields})

    async def conversation(self, text: str = "Is SSO included?", **fields: Any) -> Any:
        contact = await self.contact(userId="u1", email="u1@example.com")
        sender = {"type": "contact", "id": contact["id"]}
        return await self.ok("POST", "/v2/conversations", {"from": sender, "bodyMarkdown": text, **fields})

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
