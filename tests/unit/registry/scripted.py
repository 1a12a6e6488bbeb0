"""A driver without sockets: answers from a list, and a clock that only pauses move."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from flowodm.errors import FlowODMError
from flowodm.registry.administration import Administration
from flowodm.registry.desk import Desk
from flowodm.registry.exchange import Exchange
from flowodm.registry.parsing import Parsing
from flowodm.registry.rules import Rules
from flowodm.registry.settings import Access, Address, OAuth
from flowodm.registry.wire import Failure, Outcome, Pause, Request, Response, Steps

BASE = "http://registry:8081"

Script = Iterable[Outcome] | Callable[[Request], Outcome]


def answer(document: Any = None, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("content-type", "application/vnd.schemaregistry.v1+json")
    return Response(status, named, json.dumps(document).encode())


def refusal(code: int, message: str = "no", status: int | None = None) -> Response:
    return answer({"error_code": code, "message": message}, status or code // 100)


def failure(cause: Any, detail: str = "", *, reached: bool = True) -> Failure:
    return Failure(cause, detail, reached=reached)


class World:
    """One registry, its rules, and what was asked of it.

    Args:
        script: The answers in order, or a function that answers.
        seconds: How long each request takes.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        bases: tuple[str, ...] = (BASE,),
        authorization: str | None = None,
        oauth: OAuth | None = None,
        secrets: tuple[str, ...] = (),
        seconds: float = 0.0,
    ) -> None:
        self.now = 1000.0
        self.seconds = seconds
        self.requests: list[Request] = []
        self.pauses: list[float] = []
        self._script = script if callable(script) else iter(script)
        access = Access(
            addresses=tuple(Address(base, authorization) for base in bases),
            oauth=oauth,
            secrets=secrets,
        )
        self.exchange = Exchange(access, clock=self.clock, jitter=lambda: 0.5)
        desk = Desk(self.exchange)
        self.rules = Rules(desk, clock=self.clock)
        self.parsing = Parsing(self.rules, clock=self.clock)
        self.administration = Administration(desk, self.rules)

    def clock(self) -> float:
        return self.now

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]

    def run(self, rule: Steps[Any]) -> Any:
        try:
            step = next(rule)
            while True:
                if isinstance(step, Request):
                    step = rule.send(self._answer(step))
                elif isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    self.now += step.seconds
                    step = next(rule)
                else:
                    try:
                        result = step.run()
                    except FlowODMError as error:
                        step = rule.throw(error)
                    else:
                        step = rule.send(result)
        except StopIteration as end:
            return end.value

    def _answer(self, request: Request) -> Outcome:
        self.requests.append(request)
        self.now += self.seconds
        return self._script(request) if callable(self._script) else next(self._script)


def header(request: Request, name: str) -> str | None:
    return dict(request.headers).get(name)
