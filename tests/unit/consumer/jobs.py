"""Jobs for tests, of records that are only places."""

from typing import Any

from flowodm.consumer.job import Job

NO_MESSAGE: Any = None


def job(offset: int, partition: int = 0, key: bytes | None = None, epoch: int = 1) -> Job:
    return Job(NO_MESSAGE, partition, offset, epoch, key)
