"""Files that can't be sent: what is wrong is reported, and nothing arrives half."""

import io
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import InvalidRequestError
from featurebase_async._core.transport import multipart
from featurebase_async.files import FileUpload
from support.ticket_server import Server, create, server, update

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["server"]


class Failing(io.BytesIO):
    """A file that can't be read to its end."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("disk on fire")
        return super().read(1)


class Shrinking(io.BytesIO):
    """A file that is cut off while it is read."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1) if not self.tell() else b""


class Text(io.BytesIO):
    """A file that gives text."""

    def read(self, size: int | None = -1) -> Any:
        return "text"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (Failing(b"abc"), r"can't be read \(OSError\)"),
        (Shrinking(b"abc"), "has become shorter"),
        (Text(b"abc"), "gives str, not bytes"),
    ],
)
@pytest.mark.parametrize("call", [create, update])
async def test_a_file_that_fails_on_the_way_is_reported(server: Server, call: Any, file: Any, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=rf"custom_fields\.f1: the file {reason}") as caught:
        await call(server, {"f1": FileUpload(file, name="a")})
    assert caught.value.param == "custom_fields.f1"
    assert server.requests == 1


async def test_a_file_that_has_grown_is_sent_as_it_was(server: Server, tmp_path: "Path") -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"abc")
    with path.open("rb") as log:
        async with multipart.multipart(b"{}", [multipart.FilePart("f", "f", FileUpload(log))]) as body:
            await body.open()
            with path.open("ab") as more:
                more.write(b"def")
            content = b"".join([piece async for piece in body.stream(lambda: None)])
    assert content.count(b"abc\r\n--") == 1
    assert len(content) == body.size


@pytest.mark.parametrize("name", ["missing.png", "."])
async def test_a_path_that_can_t_be_opened(server: Server, tmp_path: "Path", name: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"custom_fields\.f1: the file can't be read") as caught:
        await create(server, {"f1": FileUpload(tmp_path / name, name="a.png")})
    assert isinstance(caught.value.__cause__, OSError)
    assert server.requests == 0


async def test_a_file_that_is_closed(server: Server) -> None:
    file = io.BytesIO(b"x")
    file.close()
    with pytest.raises(InvalidRequestError, match="can't be read"):
        await create(server, {"f1": FileUpload(file, name="a.png")})
    assert server.requests == 0


async def test_at_most_10_files(server: Server) -> None:
    upload = FileUpload(b"x", name="a")
    await create(server, {"f1": [upload] * 9, "f2": upload})
    with pytest.raises(InvalidRequestError, match="there are 11 files; at most 10"):
        await create(server, {"f1": [upload] * 10, "f2": upload})
    assert server.requests == 1


async def test_at_most_400_megabytes(server: Server, tmp_path: "Path") -> None:
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(InvalidRequestError, match="more than 400 MB together"):
        await create(server, {"f1": [FileUpload(path), FileUpload(str(path)), FileUpload(b"x", name="a")]})
    assert server.requests == 0


@pytest.mark.parametrize(
    ("source", "options", "param"),
    [
        (b"x", {}, "name"),
        (io.BytesIO(b"x"), {}, "name"),
        ("/tmp/", {}, "name"),  # noqa: S108 -- only looked at
        ("setup.EXE", {}, "name"),
        (b"x", {"name": "run.sh"}, "name"),
        (io.StringIO("x"), {"name": "a"}, "source"),
        (5, {"name": "a"}, "source"),
        (b"x", {"name": "a", "content_type": "image"}, "content_type"),
        (b"x", {"name": "a", "content_type": "image/png\r\nX: y"}, "content_type"),
    ],
)
def test_what_is_no_file_is_refused(source: Any, options: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        FileUpload(source, **options)
    assert caught.value.param == param


def test_a_file_keeps_its_name_and_content_to_itself(tmp_path: "Path") -> None:
    assert FileUpload(tmp_path / "ada.png").name == "ada.png"
    assert repr(FileUpload(b"secret", name="ada.png")) == "<FileUpload of bytes>"
