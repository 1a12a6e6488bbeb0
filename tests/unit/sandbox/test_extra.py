"""What is said where the sandbox's packages are not installed."""

import pytest

from flowodm.errors import SandboxError
from flowodm.sandbox.extra import require_extra

pytestmark = pytest.mark.unit


def test_what_is_missing_is_named_with_its_cure() -> None:
    with pytest.raises(SandboxError, match="`nowhere_to_be_found`") as caught:
        require_extra(("psutil", "nowhere_to_be_found"))
    assert 'pip install "flowodm[sandbox]"' in str(caught.value.hint)
    assert "psutil" not in str(caught.value)


def test_nothing_is_said_where_all_is_there() -> None:
    require_extra()
