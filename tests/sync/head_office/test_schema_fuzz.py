"""The running server against its own OpenAPI document, with whatever schemathesis thinks of."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sync.head_office import people
from tests.sync.head_office.office_kit import (
    JournalingTill,
    Server,
    line,
    make_office,
    transaction,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A served head office with a day of sales, and a token that reads it."""
    home = tmp_path_factory.mktemp("hq")
    hq = make_office(home)
    till = JournalingTill()
    till.open()
    till.open_day()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]))
    hq.take(till)
    hq.engine.fold()
    token = people.add_token(hq.office, "fuzz")
    hq.office.close()
    with Server(home) as server:
        yield server.url, token


@pytest.fixture(scope="module")
def document(served):
    url, _ = served
    return schemathesis.openapi.from_url(f"{url}/schema/openapi.json")


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""All but "schema-valid is accepted": no schema can give a good signature or a one-use code."""

LIMITS = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("known", [True, False], ids=["token", "stranger"])
def test_every_answer_is_one_that_the_document_names(document, served, known):
    headers = {"Authorization": f"Bearer {served[1]}"} if known else {}
    broken = []
    asked = 0
    for found in document.get_all_operations():
        operation = found.ok()

        @LIMITS
        @given(operation.as_strategy())
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(headers=headers, timeout=20, checks=CHECKS)

        try:
            ask()
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - first ask all
            broken.append(f"{operation.label}: {error} {getattr(error, 'exceptions', '')}")
    assert not broken, "\n\n".join(broken)
    assert asked > 50
