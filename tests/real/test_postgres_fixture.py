"""The PostgreSQL of the tests is real, and each test's database is its own."""

from typing import Any

import pytest

from tests.postgres_fixture import new_database

pytestmark = pytest.mark.postgres


def test_each_test_gets_an_empty_database_of_its_own(
    postgres_server: Any, postgres_url: str
) -> None:
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE kept (name text)")
        connection.execute("INSERT INTO kept VALUES ('柜台')")
        assert connection.execute("SELECT name FROM kept").fetchone() == ("柜台",)
    with psycopg.connect(new_database(postgres_server)) as connection:
        found = connection.execute("SELECT to_regclass('kept')").fetchone()
    assert found == (None,)
