"""What the text of a source asks for, whatever files there are."""

import pytest

from flowodm.errors import UsageError
from flowodm.sources.forms import (
    FileForm,
    Form,
    GitForm,
    ModelForm,
    StdinForm,
    VersionForm,
    read_form,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("schemas/order.avsc", FileForm("schemas/order.avsc")),
        ("schemas/", FileForm("schemas/")),
        ("./orders@1", FileForm("./orders@1")),
        ("/tmp/latest", FileForm("/tmp/latest")),
        ("./latest", FileForm("./latest")),
        ("name@host.avsc", FileForm("name@host.avsc")),
        ("git:main:a/b.avsc", GitForm("main", "a/b.avsc")),
        ("git:HEAD~1:a.avsc", GitForm("HEAD~1", "a.avsc")),
        ("git::a.avsc", GitForm("", "a.avsc")),
        ("model:app.events:Order", ModelForm("app.events", "Order")),
        ("model:app.events:Order.Line", ModelForm("app.events", "Order.Line")),
        ("model:app.events", ModelForm("app.events")),
        ("orders-value@3", VersionForm(3, "orders-value")),
        ("orders-value@v3", VersionForm(3, "orders-value")),
        ("orders-value@latest", VersionForm("latest", "orders-value")),
        (":.eu:orders-value@2", VersionForm(2, ":.eu:orders-value")),
        ("a@b@2", VersionForm(2, "a@b")),
        ("latest", VersionForm("latest")),
        ("3", VersionForm(3)),
        ("v3", VersionForm(3)),
        ("context:prod", VersionForm("latest", None, "prod")),
        ("context:prod:orders-value", VersionForm("latest", "orders-value", "prod")),
        ("context:prod:orders-value@2", VersionForm(2, "orders-value", "prod")),
        ("context:prod:2", VersionForm(2, None, "prod")),
        ("-", StdinForm()),
    ],
)
def test_a_text_is_one_form(text: str, form: Form) -> None:
    assert read_form(text) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\0b",
        "git:main",
        "git:main:",
        "git:--upload-pack=evil:x",
        "git:-p:x",
        "git:main\n:x",
        "model:",
        "model:app:",
        "model::Order",
        "context:",
        "context::x",
        "context:prod:",
        "orders-value@0",
        "orders-value@",
        "orders-value@-1",
        "orders-value@lates",
        "@3",
        "@latest",
    ],
)
def test_what_begins_as_a_form_and_is_none_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_form(text)
    assert caught.value.hint or not text.strip("a\0b")
