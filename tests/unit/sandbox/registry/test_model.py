"""The registry against a model of it: any history of changes gives the same answers."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.sandbox.registry.asking import Registry, record

pytestmark = pytest.mark.unit

SUBJECTS = ("s", "t")
SCHEMAS = tuple(record(name, "x") for name in "ABC")


@dataclass
class Subject:
    """Versions in order: the schema's number, and whether it is deleted; None: removed."""

    entries: dict[int, tuple[int, bool]] = field(default_factory=dict)

    def live(self) -> list[int]:
        return [version for version, (_, is_deleted) in self.entries.items() if not is_deleted]

    def holding(self, schema: int) -> list[int]:
        return [one for one in self.live() if self.entries[one][0] == schema]


class History(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.registry = Registry()
        self.subjects = {name: Subject() for name in SUBJECTS}
        self.ids: dict[int, int] = {}
        self.next_id = 1

    def _forget_unused(self) -> None:
        used = {schema for one in self.subjects.values() for schema, _ in one.entries.values()}
        self.ids = {schema: number for schema, number in self.ids.items() if schema in used}

    @rule(name=st.sampled_from(SUBJECTS), schema=st.integers(0, 2))
    def register(self, name: str, schema: int) -> None:
        subject = self.subjects[name]
        if schema not in self.ids:
            self.ids[schema] = self.next_id
            self.next_id += 1
        known = subject.holding(schema)
        version = known[-1] if known else max(subject.entries, default=0) + 1
        if not known:
            subject.entries[version] = (schema, False)
        answer = self.registry.register(name, SCHEMAS[schema])
        assert (answer["id"], answer["version"]) == (self.ids[schema], version)

    @rule(name=st.sampled_from(SUBJECTS), permanent=st.booleans())
    def delete_subject(self, name: str, permanent: bool) -> None:
        subject = self.subjects[name]
        response = self.registry.ask("DELETE", "subjects", name, permanent=permanent)
        live, known = subject.live(), list(subject.entries)
        if not known:
            expected: object = 40401
        elif not permanent and not live:
            expected = 40404
        elif permanent and live:
            expected = 40405
        else:
            expected = known if permanent else live
            for version in expected:
                self._delete(subject, version, permanent)
        self._check(response, expected)

    @rule(name=st.sampled_from(SUBJECTS), version=st.integers(1, 6), permanent=st.booleans())
    def delete_version(self, name: str, version: int, permanent: bool) -> None:
        subject = self.subjects[name]
        place = ("subjects", name, "versions", str(version))
        response = self.registry.ask("DELETE", *place, permanent=permanent)
        if not subject.entries:
            expected: object = 40401
        elif version not in subject.entries:
            expected = 40402
        elif subject.entries[version][1] != permanent:
            expected = 40407 if permanent else 40406
        else:
            expected = version
            self._delete(subject, version, permanent)
        self._check(response, expected)

    def _delete(self, subject: Subject, version: int, permanent: bool) -> None:
        if permanent:
            del subject.entries[version]
            self._forget_unused()
        else:
            subject.entries[version] = (subject.entries[version][0], True)

    @staticmethod
    def _check(response, expected: object) -> None:
        if response.status == 200:
            assert response.document == expected
        else:
            assert response.document["error_code"] == expected

    @invariant()
    def the_answers_are_the_models(self) -> None:
        assert self.registry.get("subjects") == [
            name for name, one in sorted(self.subjects.items()) if one.live()
        ]
        assert self.registry.get("subjects", deleted=True) == [
            name for name, one in sorted(self.subjects.items()) if one.entries
        ]
        for name, subject in self.subjects.items():
            for version, (schema, is_deleted) in subject.entries.items():
                place = ("subjects", name, "versions", str(version))
                assert (self.registry.ask("GET", *place).status == 200) == (not is_deleted)
                found = self.registry.get(*place, deleted=True)
                assert (found["id"], found["schema"]) == (self.ids[schema], SCHEMAS[schema])
            if live := subject.live():
                latest = self.registry.get("subjects", name, "versions", "latest")
                assert latest["version"] == live[-1]
                assert self.registry.get("subjects", name, "versions") == live
        for schema, number in self.ids.items():
            assert self.registry.get("schemas", "ids", str(number))["schema"] == SCHEMAS[schema]


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
