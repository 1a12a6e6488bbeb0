"""The Pydantic classes of the benchmarks' messages, as an application would write them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from flowodm.avro.annotations import AvroName, AvroType

__all__ = ["Event", "Order", "Payment"]

Int = Annotated[int, AvroType("int")]


class Status(StrEnum):
    __avro__ = AvroName("shop.Status")

    CREATED = "CREATED"
    PAID = "PAID"
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    RETURNED = "RETURNED"


class Event(BaseModel):
    __avro__: ClassVar = AvroName("shop.Event")

    id: str
    user: str
    occurred_at: int
    items: Int
    amount: float
    express: bool
    status: Status
    note: str | None = None


class Payment(BaseModel):
    __avro__: ClassVar = AvroName("shop.Payment")

    id: UUID
    order_id: UUID
    paid_at: datetime
    amount: Decimal = Field(max_digits=12, decimal_places=2)
    status: Status
    payer: str
    attempts: Int
    refunded_at: datetime | None = None


class Customer(BaseModel):
    __avro__: ClassVar = AvroName("shop.Customer")

    name: str
    email: str | None = None
    since: date


class Line(BaseModel):
    __avro__: ClassVar = AvroName("shop.Line")

    sku: str
    quantity: Int
    price: Decimal = Field(max_digits=9, decimal_places=2)


class Address(BaseModel):
    __avro__: ClassVar = AvroName("shop.Address")

    street: str
    city: str
    zip: str


class Order(BaseModel):
    __avro__: ClassVar = AvroName("shop.Order")

    id: UUID
    placed_at: datetime
    customer: Customer
    lines: list[Line]
    address: Address | None = None
    tags: dict[str, str]
