"""What users of other importers and command lines have reported, played here with the smallest input."""

from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli.columns import Columns
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.resources import CONTACTS
from featurebase_async.cli.scan import scan_rows
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, contacts_of, write

pytestmark = pytest.mark.usefixtures("folder")


def read(text: str) -> "tuple[Any, list[Any]]":
    rows = open_rows(str(write("a.csv", text)))
    return rows.columns, [row.values or row.problem for row in rows]


def test_an_entity_is_no_delimiter() -> None:
    """Of csvkit."""
    assert read("email,name\na@b.c,O&#039;Connor\n")[1] == [{"email": "a@b.c", "name": "O&#039;Connor"}]


def test_lists_in_cells() -> None:
    """Of csv.Sniffer."""
    text = "email;cost;group\na@b.c;62.25;['345']\nb@b.c;46.50;['112', '112']\n"
    assert read(text)[1][1] == {"email": "b@b.c", "cost": "46.50", "group": "['112', '112']"}


def test_a_header_with_more_commas_than_delimiters() -> None:
    """Of PapaParse."""
    header = "email;Nombre (100 caracteres o menos, obligatorio);URL's (separados por comas, obligatorio);Alto (cm, x)"
    columns, rows = read(f"{header}\na@b.c;Santa;https://a.example/1-1000-1000.jpg;10.0\n")
    assert (len(columns), rows[0]["email"]) == (4, "a@b.c")


def test_decimal_commas_beside_semicolons() -> None:
    """Of CSV.jl."""
    assert read("email;a;b\na@b.c;1,5;2,5\nb@b.c;3,5;4,5\n")[0] == ["email", "a", "b"]


def test_bars_in_the_cells_of_a_table_with_commas() -> None:
    """Of pysdmx."""
    assert read("email,geo|label,x|y\na@b.c,DE|Germany,1|2\nb@b.c,FR|France,3|4\n")[0] == ["email", "geo|label", "x|y"]


def test_bars_between_cells() -> None:
    """Of DuckDB."""
    text = "FlightDate|Carrier|Origin, City\n1988-01-01|AA|New York, NY\n"
    assert read(text)[0] == ["FlightDate", "Carrier", "Origin, City"]


@pytest.mark.parametrize("cells", ["01569\n10115", '"01569"\n10115', "10115\n01569", "000\n1"])
def test_postal_codes_keep_their_zeros(cells: str) -> None:
    """Of CARTO and csvkit."""
    rows = open_rows(str(write("a.csv", "custom_fields.zip,email\n" + cells.replace("\n", ",a@b.c\n") + ",a@b.c\n")))
    columns = Columns(CONTACTS, {}, rows.columns)
    scan_rows(rows, columns, from_line=1, count=lambda _: None)
    found = [columns.fields(row.values or {})["custom_fields"]["zip"] for row in rows]
    assert found == cells.replace('"', "").split("\n")


def test_an_open_quote_takes_one_row() -> None:
    """Of csvw and FastCSV: the closing quote was a typographic one."""
    columns, rows = read('email,note\na@b.c,"i am unclosed”\nb@b.c,Lorem ipsum\n')
    assert columns == ["email", "note"]
    assert isinstance(rows[0], str)
    assert rows[1:] == [{"email": "b@b.c", "note": "Lorem ipsum"}]


def test_a_mark_before_a_quoted_header() -> None:
    """Of pandas."""
    assert read('\ufeff"email","name"\n"a@b.c","A"\n')[0] == ["email", "name"]


def test_lines_that_end_in_carriage_returns_alone() -> None:
    """As old spreadsheets write them; and with a line feed, of Budibase."""
    assert read("email,name\ra@b.c,A\rb@b.c,B\r")[1] == [
        {"email": "a@b.c", "name": "A"},
        {"email": "b@b.c", "name": "B"},
    ]
    assert read("email\r\na@b.c\r\n")[1] == [{"email": "a@b.c"}]


def test_rows_that_failed_are_imported_once_they_are_fixed(command: Command, server: Sandbox) -> None:
    """Of the data importer of NPSP: what was around a failed row came twice."""
    write("a.csv", "user_id,email,company.id,company.name\n1,bad,acme,Acme\n2,b@example.com,acme,Acme\n")
    command("contacts", "import", "a.csv")
    text = Path("a.failed.csv").read_text(encoding="utf-8")
    write("a.failed.csv", text.replace("bad", "a@example.com"))
    assert command("contacts", "import", "a.failed.csv").code == 0
    assert sorted(contacts_of(server)) == ["1", "2"]
    assert len(server.store.companies) == 1


def test_an_expression_sees_each_item_of_all_pages_once(command: Command, server: Sandbox) -> None:
    """Of gh: there it is applied to each page."""
    server.seed(contacts=25)
    out = command("api", "/v2/contacts", "--paginate", "--jq", ".email").out
    assert len(set(out.splitlines())) == 25


def test_a_page_that_fails_is_not_taken_for_the_end(command: Command, server: Sandbox) -> None:
    """A list that stops in silence at an error in the middle looks complete."""
    server.seed(contacts=25)
    server.faults.add(Fault(nth=2, status=403))
    result = command("api", "/v2/contacts", "--paginate")
    assert (result.code, len(result.out.splitlines())) == (1, 10)
    assert "403" in result.err
