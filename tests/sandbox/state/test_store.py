"""Made-up data, and indexes that stay right whatever happens to the state."""

import gc
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from featurebase_async.sandbox import Sandbox
from featurebase_async.sandbox.state.indexes import Index, OrderedIds

if TYPE_CHECKING:
    from featurebase_async.sandbox import Store


def test_the_same_seed_gives_the_same_data() -> None:
    def data(random_seed: int) -> object:
        sandbox = Sandbox()
        sandbox.seed(contacts=50, companies=10, leads=5, random_seed=random_seed)
        return sandbox.store.contacts, sandbox.store.companies

    assert data(1) == data(1) != data(2)


def check(store: "Store") -> None:
    linked = dict.fromkeys(store.companies, 0)
    for contact in store.contacts.values():
        for company in contact.companies:
            assert store.companies[company.id] is company
            linked[company.id] += 1
    assert linked == {one: company.linked_users for one, company in store.companies.items()}
    assert linked == {one: len(store.contacts_of(company)) for one, company in store.companies.items()}


def test_seeded_contacts_are_in_companies_and_keys_are_unique() -> None:
    sandbox = Sandbox()
    for _ in range(2):
        sandbox.seed(contacts=100, companies=10, leads=5)
    store = sandbox.store
    assert (len(store.contacts), len(store.companies)) == (210, 20)
    assert len({contact.user_id for contact in store.contacts.values()}) == 210
    assert len({company.company_id for company in store.companies.values()}) == 20
    assert {len(contact.companies) for contact in store.contacts.values()} == {0, 1, 2, 3}
    check(store)


def test_contacts_without_companies_and_more_companies_than_there_are() -> None:
    sandbox = Sandbox()
    sandbox.seed(contacts=20)
    sandbox.seed(contacts=20, companies=1)
    assert {len(contact.companies) for contact in sandbox.store.contacts.values()} == {0, 1}
    check(sandbox.store)


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    Sandbox().seed(contacts=1)
    assert gc.isenabled()
    gc.disable()
    try:
        Sandbox().seed(contacts=1)
        assert not gc.isenabled()
    finally:
        gc.enable()


KEYS = st.integers(0, 30).map("{:04}".format)


@given(st.lists(st.tuples(st.booleans(), KEYS)), KEYS, st.integers(1, 5))
def test_ordered_ids_behave_like_a_sorted_set(steps: list[tuple[bool, str]], mark: str, count: int) -> None:
    ids, model = OrderedIds(), set[str]()
    for adds, key in steps:
        if adds and key not in model:
            ids.add(key)
            model.add(key)
        elif not adds and key in model:
            ids.remove(key)
            model.remove(key)
    assert list(ids) == sorted(model)
    assert len(ids) == len(model)
    assert (mark in ids) == (mark in model)
    assert ids.after(mark, count) == [key for key in sorted(model) if key > mark][:count]


@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "drop"]), st.sampled_from("ab"), KEYS)))
def test_an_index_behaves_like_a_dict_of_sorted_sets(steps: list[tuple[str, str, str]]) -> None:
    index, model = Index(), dict[str, set[str]]()
    for what, value, key in steps:
        held = model.setdefault(value, set())
        if what == "drop":
            assert index.drop(value) == sorted(held)
            held.clear()
        elif what == "add" and key not in held:
            index.add(value, key)
            held.add(key)
        elif what == "remove" and key in held:
            index.remove(value, key)
            held.remove(key)
        assert list(index[value]) == sorted(held)
        assert index.first(value) == min(held, default=None)
