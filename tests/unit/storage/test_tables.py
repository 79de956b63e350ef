"""The columns of a table are the fields of its noun, in any order."""

import pytest

from penstock.domain.ledger import LedgerRow
from penstock.domain.response import StoredResponse
from penstock.storage import tables
from penstock.storage.keys import KeyRow
from penstock.storage.processes import Process
from penstock.storage.records import StoredRecord


@pytest.mark.parametrize(
    ("table", "noun"),
    [
        (tables.ledger, LedgerRow),
        (tables.requests, StoredRecord),
        (tables.keys, KeyRow),
        (tables.processes, Process),
        (tables.responses, StoredResponse),
    ],
)
def test_columns_are_the_nouns_fields(table, noun):
    """Nothing is stored that is not in the noun, and nothing in the noun is left out."""
    assert {column.name for column in table.columns} == set(noun.__struct_fields__)


@pytest.mark.parametrize(
    ("table", "noun"), [(tables.requests, StoredRecord), (tables.responses, StoredResponse)]
)
def test_rows_that_are_written_as_tuples_have_the_tables_order(table, noun):
    """The writer hands tuples over as they are."""
    assert tuple(column.name for column in table.columns) == noun.__struct_fields__


def test_a_hold_has_one_end_by_an_index():
    """The database itself keeps a second settlement or release out."""
    (index,) = [index for index in tables.ledger.indexes if index.unique]
    assert index.name == "ledger_one_end"
