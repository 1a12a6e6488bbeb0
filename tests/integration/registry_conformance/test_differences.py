"""The list of differences names tests that there are."""

import pytest

from tests.integration.registry_conformance.differences import APICURIO

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("registry-conformance")]


@pytest.fixture(scope="session")
def names(request: pytest.FixtureRequest) -> set[str]:
    return {
        item.name.replace("apicurio-", "").replace("[apicurio]", "")
        for item in request.session.items
    }


def test_every_difference_names_a_test(request: pytest.FixtureRequest, names: set[str]) -> None:
    if not {"test_every_number_is_asked_for", "test_every_endpoint_is_asked"} <= names:
        pytest.skip("only a part of the suite runs")
    assert set(APICURIO) - names == set()
