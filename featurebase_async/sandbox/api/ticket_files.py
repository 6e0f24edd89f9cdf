"""Files in the custom fields of tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from featurebase_async.sandbox.wire.errors import invalid

if TYPE_CHECKING:
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.wire.routing import CheckedCall


class _Fetched(msgspec.Struct, forbid_unknown_fields=True):
    """A file that the server is to fetch."""

    url: str
    name: str = ""


class TicketFiles:
    """Turns files, sent along or to be fetched, into what a file field holds."""

    def __init__(self, workspace: Workspace) -> None:
        self._store = workspace.store

    def field(self, name: str, value: Any) -> Any:
        """Return the value of a custom field; files to be fetched become what a file field holds."""
        try:
            given: list[_Fetched] | _Fetched = msgspec.convert(value, type=cast("Any", list[_Fetched] | _Fetched))
        except msgspec.ValidationError:
            if isinstance(value, dict):
                raise invalid("invalid_request", "A file is given by its url", param="customFields") from None
            return value
        if not given:
            return value
        fetched = given if isinstance(given, list) else [given]
        if not all(one.url.startswith("https://") for one in fetched):
            raise invalid("invalid_request", "A file needs an https url", param="customFields")
        files = [_file(one.name or one.url.rpartition("/")[2]) for one in fetched]
        return self._stored(name, files)

    def store(self, ticket: Item, call: CheckedCall) -> None:
        """Put the files that came with a request into the ticket's fields."""
        sent: dict[str, list[dict[str, str]]] = {}
        for part in call.files:
            sent.setdefault(part.field, []).append(_file(part.name))
        for name, files in sent.items():
            ticket["customFields"][name] = self._stored(name, files)

    def _stored(self, name: str, files: list[dict[str, str]]) -> str:
        field = self._store.collections["ticket_fields"].find(name)
        if field is None or field["type"] != "file":
            raise invalid("invalid_request", f"{name!r} is no file field", param="customFields")
        if not field["allowMultiple"] and len(files) > 1:
            raise invalid("invalid_request", f"{name!r} takes one file", param="customFields")
        return msgspec.json.encode(files if field["allowMultiple"] else files[0]).decode()


def _file(name: str) -> dict[str, str]:
    return {"key": f"tickets/{name}", "name": name, "url": f"https://files.sandbox.example/tickets/{name}?signed=1"}
