"""What `normalize` asks for: the order of props and of references counts no more."""

import pytest

from tests.unit.sandbox.registry.asking import A, B, Registry, reference

pytestmark = pytest.mark.unit

INNER = '{{"type":"array","items":{{"type":"map","values":["null",{{"type":"string",{}}}]}},{}}}'


def record(first: str, second: str) -> str:
    inner = INNER.format(f"{first},{second}", f"{first},{second}")
    field = f'{{"name":"x","type":{inner},{first},{second}}}'
    return f'{{"type":"record","name":"R","fields":[{field}],{first},{second}}}'


def test_the_order_of_props_counts_no_more(registry: Registry) -> None:
    one, other = record('"a":{"z":1,"y":2}', '"b":2'), record('"b":2', '"a":{"z":1,"y":2}')
    place, bodies = ("subjects", "s", "versions"), ({"schema": one}, {"schema": other})
    answers = [registry.ask("POST", *place, body=body, normalize="true") for body in bodies]
    assert answers[0].document == answers[1].document
    assert registry.get("schemas", "ids", "1", "schema") == one
    assert registry.look_up("s", other, normalize="True")["version"] == 1
    assert registry.code("POST", "subjects", "s", body={"schema": other}) == 40403


def test_the_order_of_references_counts_no_more(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("b", B)
    both = [reference("b", name="B"), reference("a")]
    body = {"schema": '["A","B"]', "references": [*both, *both]}
    registry.ask("POST", "subjects", "s", "versions", body=body, normalize=True)
    found = registry.get("subjects", "s", "versions", "1")
    assert found["references"] == both[::-1]
