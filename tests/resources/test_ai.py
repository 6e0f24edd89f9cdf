"""Training files and Q&A entries, against the sandbox."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    BadRequestError,
    ConflictError,
    FileUpload,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    QuestionAlreadyUsedError,
    RevisionConflictError,
    markdown_files,
)
from featurebase_async.sandbox import Fault

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

CONTENT: dict[str, Any] = {"name": "Login", "content": "# Log in\n", "external_id": "login.md", "source": "docs"}


async def test_a_text_is_stored_at_once_and_updated_by_its_id(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    files = client.ai.training_files
    made = await files.create_or_update(**CONTENT)
    assert (made.status, made.index_status, made.external_id, made.source) == (
        "completed",
        "indexed",
        "login.md",
        "docs",
    )
    assert (made.content_hash, made.content_preview) == (sha256(b"# Log in").hexdigest(), "# Log in")
    assert not made.content
    assert (await files.retrieve(made.id)).content == "# Log in\n"
    again = await files.create_or_update(**CONTENT)
    other = await files.create_or_update(**CONTENT | {"content": "# Sign in"})
    assert ((again.id, again.content_hash), other.id) == ((made.id, made.content_hash), made.id)
    assert other.content_hash != made.content_hash
    assert [entry.status for entry in sandbox.log if entry.method == "POST"] == [201, 200, 200]
    assert (await files.create_or_update(content="x")).name == "Untitled"


async def test_training_files_are_listed_changed_and_deleted(client: AsyncFeaturebase) -> None:
    files = client.ai.training_files
    made = [await files.create_or_update(**CONTENT | {"external_id": name, "source": name}) for name in "abc"]
    assert [one.external_id async for one in files.list(page_size=2)] == ["c", "b", "a"]
    assert [one.content async for one in files.list(external_id="b", status="completed")] == [made[1].content]
    assert [one.id async for one in files.list(source="c")] == [made[2].id]
    assert [one async for one in files.list(status="failed")] == []
    changed = await files.update(made[0].id, content="new", name="N")
    assert (changed.content, changed.name, changed.source) == ("new", "N", "a")
    assert (await files.delete(made[0].id)).deleted is True
    with pytest.raises(NotFoundError):
        await files.retrieve(made[0].id)


async def test_documents_are_processed_in_the_background(client: AsyncFeaturebase) -> None:
    files = client.ai.training_files
    address = await files.create_or_update(url="https://example.com/guide.pdf?v=1", external_id="guide")
    broken = await files.create_or_update(url="https://example.com/program.bin")
    gone = await files.create_or_update(url="https://example.com/other.pdf")
    await files.delete(gone.id)
    assert (address.status, address.name) == ("processing", "guide.pdf")
    assert [one.id async for one in files.list(status="processing")] == [broken.id, address.id]
    await asyncio.sleep(3)
    assert [(await files.retrieve(one.id)).status for one in (address, broken)] == ["completed", "failed"]
    same = await files.create_or_update(url="https://example.com/guide.pdf?v=1", external_id="guide")
    assert same.status == "completed"


@pytest.mark.real_time
async def test_a_file_is_sent_along(client: AsyncFeaturebase, sandbox: "Sandbox", tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text("# Guide")
    made = await client.ai.training_files.create_or_update(file=FileUpload(path), external_id="g", name="The guide")
    assert (made.name, made.status, made.content_hash) == ("The guide", "processing", sha256(b"# Guide").hexdigest())
    (entry,) = sandbox.log
    assert entry.headers["content-type"].startswith("multipart/form-data")
    assert b'{"externalId":"g","name":"The guide"}' in entry.body
    named = await client.ai.training_files.create_or_update(file=FileUpload(b"x", name="a.txt"))
    assert named.name == "a.txt"


@pytest.mark.real_time
async def test_a_file_has_at_most_50_megabytes(client: AsyncFeaturebase, tmp_path: Path, unsent: "Unsent") -> None:
    path = tmp_path / "guide.pdf"
    with path.open("wb") as file:
        file.truncate(50 * 2**20 + 1)
    with pytest.raises(InvalidRequestError, match="file: the file has more than 50 MB"):
        await client.ai.training_files.create_or_update(file=FileUpload(path))


@pytest.mark.parametrize("file", [None, "a.txt", b"abc", Path("a.txt")])
async def test_a_file_is_a_file_upload(client: AsyncFeaturebase, unsent: "Unsent", file: Any) -> None:
    async with unsent("file", f"^file must be a FileUpload, not {type(file).__name__}$"):
        await client.ai.training_files.create_or_update(file=file)


class Reader:
    """As the body of an object in a cloud: it can be read, and that is all."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = iter(pieces)

    def read(self, _: int = -1) -> Any:
        return next(self._pieces, b"")


@pytest.mark.real_time
async def test_what_can_only_be_read_is_sent_as_a_stream(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    files = client.ai.training_files
    made = await files.create_or_update(file=FileUpload(cast("Any", Reader(b"abc", b"def")), name="a.txt"))
    assert made.content_hash == sha256(b"abcdef").hexdigest()
    for wrong, text in (("text", "gives str, not bytes"), (None, "gives NoneType, not bytes")):
        with pytest.raises(InvalidRequestError, match=text):
            await files.create_or_update(file=FileUpload(cast("Any", Reader(wrong)), name="a.txt"))


async def test_a_text_of_two_million_characters(client: AsyncFeaturebase) -> None:
    made = await client.ai.training_files.create_or_update(content="é" * 2_000_000)
    assert made.character_count == 2_000_000


async def test_an_id_of_ones_own_has_one_file(client: AsyncFeaturebase) -> None:
    files = client.ai.training_files
    one, other = [await files.create_or_update(content=name, external_id=name) for name in "ab"]
    with pytest.raises(ConflictError, match="externalId"):
        await files.update(other.id, external_id="a")
    assert (await files.update(one.id, external_id="a", name="A")).name == "A"
    assert (await files.retrieve(other.id)).external_id == "b"


@pytest.mark.parametrize("by", ["upsert", "update"])
async def test_a_text_ends_what_was_processed_before(client: AsyncFeaturebase, by: str) -> None:
    files = client.ai.training_files
    made = await files.create_or_update(url="https://example.com/program.bin", external_id="x")
    if by == "upsert":
        await files.create_or_update(content="text", external_id="x")
    else:
        await files.update(made.id, content="text")
    await asyncio.sleep(5)
    assert (await files.retrieve(made.id)).status == "completed"


async def test_one_source_of_a_document(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    create = client.ai.training_files.create_or_update
    file = FileUpload(b"x", name="a.txt")
    for given in ({}, {"content": "x", "url": "https://a.example"}):
        async with unsent("content", "exactly one of content, url and file"):
            await create(**given)
    for given in ({"content": "x"}, {"url": "https://a.example"}):
        async with unsent("file", "exactly one of content, url and file"):
            await create(file=file, **given)


async def test_only_an_id_of_ones_own_makes_it_safe_to_retry(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(method="POST", cut="after", every=2))
    await client.ai.training_files.create_or_update(content="a")
    with pytest.raises(OutcomeUnknownError):
        await client.ai.training_files.create_or_update(content="b")
    await client.ai.training_files.create_or_update(content="c")
    await client.ai.training_files.create_or_update(content="d", external_id="d")
    assert len([one async for one in client.ai.training_files.list()]) == 4


async def test_a_folder_of_markdown_files(client: AsyncFeaturebase, tmp_path: Path) -> None:
    (tmp_path / "guide").mkdir()
    (tmp_path / ".git").mkdir()
    for name, text in {
        "guide/b.md": "\ufeffIntro\n## Second  ##\n",
        "a.md": "# First\n",
        "empty.md": " \n",
        "notes.txt": "# No",
        ".git/x.md": "# No",
        "c.md": "no heading",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows = list(markdown_files(tmp_path, source="docs"))
    assert [(row["external_id"], row["name"], row["content"]) for row in rows] == [
        ("a.md", "First", "# First"),
        ("c.md", "c.md", "no heading"),
        ("guide/b.md", "Second", "Intro\n## Second  ##"),
    ]
    report = await client.ai.training_files.upsert_many(markdown_files(str(tmp_path), source="docs"))
    assert (report.created, report.updated, report.failed) == (3, 0, 0)
    report = await client.ai.training_files.upsert_many(markdown_files(tmp_path))
    assert (report.created, report.updated, report.failed) == (0, 3, 0)
    assert [row["external_id"] for row in markdown_files(tmp_path, pattern="*.md")] == ["a.md", "c.md"]
    with pytest.raises(InvalidRequestError, match="is not a folder"):
        list(markdown_files(tmp_path / "none"))
    with pytest.raises(InvalidRequestError):
        list(markdown_files(tmp_path / "a.md"))
    (tmp_path / "latin.md").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(InvalidRequestError, match=r"^latin\.md is not in UTF-8"):
        list(markdown_files(tmp_path))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("---\ntitle: a\n# no heading\n---\n# Title\n", "Title"),
        ("---\n\n# Title\n", "Title"),
        ("```sh\n# a comment\n```\n# Title", "Title"),
        ("~~~~\n~~~\n# a comment\n~~~~ \n# Title", "Title"),
        ("````md\n```\n# in it\n```\n````\n## Title", "Title"),
        ("```\n# never closed", "x.md"),
        ("# C#\n", "C#"),
        ("# C # \n", "C"),
        ("   ### Three\n", "Three"),
        ("a\n\n    # code\n", "x.md"),
        ("#hashtag\n", "x.md"),
        (f"# {'a' * 300}\n", "a" * 255),
        (f"# a{' ' * 100_000}#x\n", "a"),
    ],
)
def test_the_name_of_a_file_is_its_first_heading(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "x.md").write_text(text, encoding="utf-8")
    assert [row["name"] for row in markdown_files(tmp_path)] == [name]


def test_ids_of_files_are_the_same_on_every_system(tmp_path: Path) -> None:
    (tmp_path / "Gro\u0308\u00dfe.md").write_text("a", encoding="utf-8")
    assert [row["external_id"] for row in markdown_files(tmp_path)] == ["Gr\u00f6\u00dfe.md"]


async def test_rows_of_training_files_need_an_id(client: AsyncFeaturebase) -> None:
    report = await client.ai.training_files.upsert_many([{"content": "x"}, {"content": "y", "external_id": "y"}])
    assert (report.created, report.failed) == (1, 1)
    assert "external_id is required in bulk" in str(report.failures[0].error)


ENTRY: dict[str, Any] = {"questions": ["How do I log in?"], "answer": "With a link.", "external_id": "login"}


async def test_an_entry_is_found_by_its_id_else_by_a_question(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    qna = client.ai.qna
    made = await qna.create_or_update(**ENTRY)
    assert (made.revision, made.questions, made.match) == (1, ["How do I log in?"], None)
    same = await qna.create_or_update(questions=[" how do I log in? "], answer="With a link.")
    assert (same.id, same.questions) == (made.id, ["How do I log in?", " how do I log in? "])
    more = await qna.create_or_update(**ENTRY | {"questions": ["Where is the link?"], "title": "Login"})
    assert (more.id, more.title, len(more.questions or [])) == (made.id, "Login", 3)
    assert more.revision == 3
    assert (await qna.create_or_update(**ENTRY)).revision == 3
    with pytest.raises(QuestionAlreadyUsedError) as caught:
        await qna.create_or_update(**ENTRY | {"external_id": "other"})
    assert isinstance(caught.value, ConflictError)
    assert (caught.value.code, caught.value.param) == ("question_already_used", "questions")
    with pytest.raises(BadRequestError, match="at most 50"):
        await qna.create_or_update(**ENTRY | {"questions": [f"Question {number}?" for number in range(50)]})
    assert [entry.status for entry in sandbox.log] == [201, 200, 200, 200, 409, 400]


async def test_a_question_belongs_to_one_entry(client: AsyncFeaturebase) -> None:
    entries = client.ai.qna
    await entries.create_or_update(questions=["One?"], answer="1")
    other = await entries.create_or_update(questions=["Two?"], answer="2", external_id="two")
    third = await entries.create_or_update(questions=["Three?"], answer="3")
    for questions, owner in ((["One?", "Three?"], third.id), (["One?", "Two?"], other.id)):
        with pytest.raises(QuestionAlreadyUsedError, match=owner):
            await entries.create_or_update(questions=questions, answer="x")
    advice = await entries.check(questions=["Three?", "One?"], answer="x", exclude_ids=[third.id])
    assert (advice.action, (advice.target or {})["answer"]) == ("update_qna", "1")


async def test_an_entry_is_changed_if_it_is_as_it_was_seen(client: AsyncFeaturebase) -> None:
    qna = client.ai.qna
    made, other = await qna.create_or_update(**ENTRY), await qna.create_or_update(questions=["What?"], answer="That.")
    assert made.revision
    changed = await qna.update(made.id, questions=["Who?"], answer="She.", expected_revision=made.revision)
    assert (changed.questions, changed.answer, changed.revision) == (["Who?"], "She.", 2)
    with pytest.raises(RevisionConflictError) as caught:
        await qna.update(made.id, answer="He.", expected_revision=made.revision)
    assert (caught.value.status, caught.value.code) == (409, "revision_conflict")
    assert (await qna.update(made.id, answer="He.", expected_revision="2")).revision == 3
    with pytest.raises(QuestionAlreadyUsedError):
        await qna.update(made.id, questions=["what?"])
    assert [one.id async for one in qna.list()] == [other.id, made.id]
    assert [one.id async for one in qna.list(external_id="login")] == [made.id]
    assert (await qna.retrieve(other.id)).answer == "That."
    assert (await qna.delete(other.id)).object == "qna"


async def test_overlaps_are_refused_or_reported(client: AsyncFeaturebase) -> None:
    qna = client.ai.qna
    made = await qna.create_or_update(**ENTRY)
    with pytest.raises(ConflictError) as caught:
        await qna.create_or_update(questions=["Other?"], answer="with a link.", on_match="reject")
    assert type(caught.value) is ConflictError
    second = await qna.create_or_update(questions=["Other?"], answer="With a link.", on_match="create")
    assert second.match
    assert (second.match["verdict"], second.match["item"]["id"]) == ("duplicate", made.id)
    none = await qna.update(second.id, answer="Otherwise.", on_match="reject")
    assert none.match == {"verdict": "none", "item": None}


async def test_what_to_do_with_a_proposed_entry(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    qna = client.ai.qna
    made = await qna.create_or_update(**ENTRY)
    ask: Any = qna.check
    assert (await ask(**ENTRY)).action == "skip"
    mine = await ask(**ENTRY | {"answer": "New."})
    assert mine.existing
    assert (mine.action, mine.existing["id"], mine.existing["revision"]) == ("update_target", made.id, 1)
    near = await ask(questions=ENTRY["questions"], answer="New.")
    assert near.target
    assert (near.action, near.target["id"], near.candidates) == (
        "update_qna", made.id, [{"type": "qna", "id": made.id, "revision": 1}]
    )  # fmt: skip
    assert (await ask(questions=ENTRY["questions"], answer="With a link.")).action == "skip"
    assert (await ask(questions=["Other?"], answer="With a link.")).action == "review_qna"
    assert (await ask(questions=["Other?"], answer="With a link.", exclude_ids=[made.id])).action == "create"
    assert (await ask(questions=["Other?"], answer="Other.")).action == "create"
    assert len([one async for one in qna.list()]) == 1
    sandbox.faults.add(Fault(path="*/oracle", cut="after", times=1))
    assert (await ask(**ENTRY)).check_truncated is False


async def test_entries_by_the_dozen(client: AsyncFeaturebase) -> None:
    rows = [
        {"questions": [f"Question {number}?"], "answer": "Yes.", "external_id": f"q{number}"} for number in range(12)
    ]
    report = await client.ai.qna.upsert_many([*rows, {"questions": [], "answer": "No."}])
    without = [{"questions": ["Who are you?"], "answer": "We."}]
    refused = await client.ai.qna.upsert_many(without)
    assert str(refused.failures[0].error).startswith("external_id is required in bulk")
    assert (report.created, report.updated, report.failed) == (12, 0, 1)
    async with client.ai.qna.upsert_stream(rows) as results:
        assert [result.outcome async for result in results] == ["updated"] * 12
