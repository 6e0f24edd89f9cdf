"""What type checkers see of the public names. Read by pyright and mypy, never run."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any, assert_type

from featurebase_async import (
    UNSET,
    AsyncFeaturebase,
    BulkProgress,
    BulkReport,
    BulkStream,
    Company,
    CompanyInput,
    Contact,
    ContactCompanyInput,
    ContactInput,
    CursorExpiredError,
    DeletedContact,
    EmailPreferences,
    Exchange,
    FeaturebaseError,
    Filter,
    InternalServerError,
    OutcomeUnknownError,
    Page,
    Pager,
    RateLimitError,
    RecordedExchange,
    RequestTimeoutError,
    ResponseDecodeError,
    RetryPolicy,
    RowResult,
    Stats,
    Timeout,
    UnsetType,
    merge,
)
from featurebase_async.models import Clause, Group


async def single_calls(client: AsyncFeaturebase) -> None:
    contacts = client.users.contacts
    assert_type(await contacts.retrieve("1"), Contact)
    assert_type(await contacts.create_or_update(email="ada@example.com", name="Ada"), Contact)
    assert_type(await contacts.create_or_update(companies=[ContactCompanyInput(id="a", name="A")]), Contact)
    assert_type(await contacts.create_or_update(companies=[{"id": "a", "name": "A"}]), Contact)
    assert_type(await contacts.delete("1"), DeletedContact)
    assert_type(await contacts.by_user_id.retrieve("1"), Contact)
    assert_type(await contacts.email_preferences.update("1", all="subscribed"), EmailPreferences)
    assert_type(await client.users.companies.create_or_update(company_id="1", name="A"), Company)
    assert_type(await client.users.companies.contacts.attach("1", contact_id="2"), Contact)
    assert_type(await client.request("GET", "/v2/contacts/1", into=Contact), Contact)
    assert_type(await client.request("GET", "/v2/boards", into=list[Company]), list[Company])
    assert_type(client.stats(), Stats)
    async with client.with_options(timeout=Timeout(deadline=2), retry=RetryPolicy(retries=0), lane="bulk") as view:
        assert_type(view, AsyncFeaturebase)
    with client.record() as exchanges:
        assert_type(exchanges, list[RecordedExchange])


async def lists(client: AsyncFeaturebase) -> None:
    pager = client.users.contacts.list(contact_type="all", page_size=50)
    assert_type(pager, Pager[Contact])
    async for contact in pager:
        assert_type(contact, Contact)
        assert_type(contact.email, str | UnsetType | None)
        assert_type(contact.companies, list[Company] | UnsetType)
        assert_type(contact.last_activity, datetime | UnsetType)
        assert_type(contact.custom_fields, dict[str, Any] | UnsetType)
        if contact.email is not UNSET:
            assert_type(contact.email, str | None)
    async for page in pager.pages():
        assert_type(page, Page[Contact])
        assert_type(page.data, list[Contact])
        assert_type(page.next_cursor, str | None)
    assert_type(await pager.first(), Contact | None)
    assert_type(await pager.collect(max=3), list[Contact])
    async for either in merge(client.users.contacts.list(), client.users.contacts.list(contact_type="lead")):
        assert_type(either, Contact)
    # Checkers differ in what they infer for two kinds; what is annotated holds for both.
    mixed: AsyncGenerator[Contact | Company] = merge(client.users.contacts.list(), client.users.companies.list())
    async for item in mixed:
        assert_type(item, Contact | Company)
    assert_type(await pager.for_each(client_work, concurrency=4), int)
    pairs = client.users.iter_company_contacts(concurrency=4)
    assert_type(pairs, AsyncGenerator[tuple[Company, Contact], None])
    async for company, contact in pairs:
        assert_type(company, Company)
        assert_type(contact, Contact)


async def client_work(contact: Contact) -> str:
    return contact.id


async def company_work(company: Company) -> None:
    assert_type(company.monthly_spend, int | float | None)


async def searches(client: AsyncFeaturebase) -> None:
    clause = Filter("email") == "ada@example.com"
    assert_type(clause, Clause)
    assert_type(clause & (Filter("posts_created") > 2), Group)
    assert_type(client.users.contacts.search(query=clause, sort="createdAt:desc"), Pager[Contact])
    assert_type(client.users.companies.search(query=Filter("name").contains("Ac")), Pager[Company])


async def bulk(client: AsyncFeaturebase) -> None:
    rows = [ContactInput(email="ada@example.com")]
    report = await client.users.contacts.upsert_many(rows, concurrency=8, on_progress=show)
    assert_type(report, BulkReport[Contact])
    for failure in report.failures:
        assert_type(failure, RowResult[Contact])
    mappings: list[Mapping[str, Any]] = [{"company_id": "1", "name": "A"}]
    assert_type(await client.users.companies.upsert_many(mappings), BulkReport[Company])
    stream = client.users.companies.upsert_stream([CompanyInput(company_id="1", name="A")])
    assert_type(stream, BulkStream[Company])
    async with stream as results:
        async for result in results:
            assert_type(result, RowResult[Company])
            assert_type(result.value, Company | None)


def show(progress: BulkProgress) -> None:
    assert_type(progress.total, int | None)
    assert_type(progress.seconds_left, float | None)


def errors(error: RateLimitError) -> None:
    assert_type(error.retry_at, datetime | None)
    assert_type(error.status, int)


def exchanges(
    failed: InternalServerError,
    lost: RequestTimeoutError | OutcomeUnknownError,
    odd: ResponseDecodeError | CursorExpiredError,
    any_error: FeaturebaseError,
) -> None:
    assert_type(failed.exchange, Exchange)
    assert_type(lost.exchange, Exchange)
    assert_type(odd.exchange, Exchange)
    assert_type(any_error.exchange, Exchange | None)
    assert_type(any_error.report, BulkReport[Any] | None)


async def mistakes(client: AsyncFeaturebase) -> None:
    client.users.contacts.upsert_many([])  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    await client.users.contacts.list()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    await client.users.contacts.create_or_update(emial="a@b.c")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.users.contacts.create_or_update(user_hash=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.users.companies.create_or_update(company_id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await client.users.contacts.retrieve(id="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.users.contacts.list(contact_type="people")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.users.contacts.list().for_each(company_work)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.users.contacts.upsert_many([CompanyInput(company_id="1", name="A")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    client.users.contacts.list().checkpoint = "c"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    client.users.contacts.retrieve("1")  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    Filter("name").one_of("x", "y")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    1 & Filter("name")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    ContactInput("ada@example.com")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
