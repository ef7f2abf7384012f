"""Documents survive the print queue's file."""

import pytest
from hypothesis import given

from drivers.document import Barcode, Cut, Document, OpenDrawer, QrCode, Text
from drivers.document_json import dump_document, load_document
from drivers.errors import Illegal
from tests.drivers.test_document import documents


@given(documents)
def test_a_document_comes_back_as_it_was(document):
    assert load_document(dump_document(document)) == document


def test_every_kind_of_element_comes_back():
    document = Document(
        (
            Text("a", "center", bold=True),
            Barcode("1", hri=False),
            QrCode("q", 3),
            Cut(),
            OpenDrawer(5),
        ),
        copies=2,
        title="小票",
    )

    assert load_document(dump_document(document).encode()) == document


def test_defaults_are_left_out():
    assert dump_document(Document((Text("a"),))) == (
        '{"title":"","copies":1,"elements":[{"kind":"Text","text":"a"}]}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"title":"","copies":1,"elements":[{"kind":"Explode"}]}',
        '{"title":"","copies":1,"elements":[{"kind":"Text","text":"a","colour":"red"}]}',
        '{"title":"","copies":1}',
    ],
)
def test_what_is_no_document_is_refused(text):
    with pytest.raises(Illegal):
        load_document(text)
