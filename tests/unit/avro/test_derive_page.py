"""The table of types in the documentation says what `derive` does."""

import enum
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, HttpUrl, NaiveDatetime, RootModel, SecretStr, create_model

from flowodm.avro import AvroType, Duration, derive, ready

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs" / "models-and-types.md"
T = TypeVar("T")


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Item(BaseModel):
    n: int


class Tags(RootModel[list[str]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]


def rows() -> list[tuple[str, str]]:
    """Each annotation of the table, with its type."""
    table = PAGE.read_text(encoding="utf-8").partition("<!-- types -->")[2]
    table = table.partition("\n\n`Int`")[0]
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 3 and cells[1].startswith("`"):
            for annotation in re.findall(r"`([^`]+)`", cells[0]):
                found.append((annotation.replace("\\|", "|"), cells[1].strip("`")))
    return found


NAMES: dict[str, Any] = {
    **{name: getattr(ready, name) for name in ready.__all__},
    "Annotated": Annotated,
    "AvroType": AvroType,
    "Color": Color,
    "Decimal": Decimal,
    "Duration": Duration,
    "Field": Field,
    "HttpUrl": HttpUrl,
    "IPv4Address": IPv4Address,
    "Item": Item,
    "Level": Level,
    "Literal": Literal,
    "Mapping": Mapping,
    "NaiveDatetime": NaiveDatetime,
    "Page": Page,
    "Path": Path,
    "SecretStr": SecretStr,
    "Sequence": Sequence,
    "Tags": Tags,
    "UUID": UUID,
    "date": date,
    "datetime": datetime,
    "time": time,
    "timedelta": timedelta,
}


def test_the_table_is_found() -> None:
    assert len(rows()) > 40


@pytest.mark.parametrize(("annotation", "expected"), rows(), ids=lambda text: str(text)[:60])
def test_a_row_of_the_table_is_true(annotation: str, expected: str) -> None:
    if annotation == "EmailStr":  # needs a package that is not installed here
        from pydantic import EmailStr

        from flowodm.avro.deriving.scalars import kind_of

        kind = kind_of(EmailStr)
        assert kind is not None
        assert list(kind.holds) == [json.loads(expected)]
        return
    model = create_model("Model", field=(eval(annotation, NAMES), ...))
    written = json.loads(derive(model).to_json())["fields"][0]["type"]
    assert written == json.loads(expected)
