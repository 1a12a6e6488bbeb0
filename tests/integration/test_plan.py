"""`flowodm plan`, `apply` and `drift`: what they show, what they refuse, and what they leave."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from flowodm.errors import PlanError
from flowodm.plan import (
    Plan,
    apply_plan,
    build_plan,
    load_desired,
    make_plan,
    prove_plan,
    read_state,
)
from flowodm.sandbox import secure
from tests.conftest import Finished
from tests.integration.conftest import SandboxCommand
from tests.integration.plan_world import World, open_world, planned
from tests.integration.terminal import Terminal
from tests.plans import ADDRESSES, EVENTS, USER
from tests.servers import TestServers, wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.integration

EVENT = '{"type":"record","name":"Event","fields":[{"name":"id","type":"long"}]}'
OTHER = '{"type":"record","name":"Event","fields":[{"name":"id","type":"string"}]}'


@pytest.fixture(scope="module")
def world(sandbox: TestServers) -> Iterator[World]:
    with open_world(sandbox) as found:
        yield found


@dataclass
class Project:
    """A directory with a `flowodm.yaml`, all of whose topics begin with a prefix."""

    directory: Path
    prefix: str
    world: World
    flowodm: Callable[..., Finished]

    def declare(self, **settings: Any) -> None:
        """Declare a topic `orders` with an `Event` for its values, a level, and more."""
        (self.directory / "event.avsc").write_text(EVENT)
        self.settings = {
            "partitions": 2,
            "config": {"retention.ms": "7d"},
            "value": "event.avsc",
            "compatibility": "FULL",
        } | settings
        self.write()

    def write(self, **more: Any) -> None:
        document = {"version": 1, "topics": {self.topic: self.settings}} | more
        (self.directory / "flowodm.yaml").write_text(yaml.safe_dump(document))

    @property
    def topic(self) -> str:
        return f"{self.prefix}orders"

    @property
    def environ(self) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": str(self.world.kafka.context.bootstrap_servers),
            "SCHEMA_REGISTRY_URL": self.world.registry_url,
        }

    def planned(self) -> Plan:
        """Plan without a command line."""
        desired = load_desired(Path("flowodm.yaml"), directory=self.directory)
        return planned(self.world, desired, self.prefix, prune=False)

    def __call__(self, *arguments: str, **more: Any) -> Finished:
        env = self.environ | more.pop("env", {})
        return self.flowodm(*arguments, env=env, cwd=self.directory, **more)

    def snapshot(self) -> dict[str, Any]:
        return self.world.snapshot(self.prefix)


@pytest.fixture
def project(world: World, flowodm: Callable[..., Finished], tmp_path: Path) -> Iterator[Project]:
    found = Project(tmp_path, f"p{uuid.uuid4().hex[:10]}-", world, flowodm)
    found.declare()
    yield found
    world.clear(found.prefix)


def test_a_project_is_planned_applied_and_without_drift(project: Project) -> None:
    shown = project("plan")
    assert shown.exit_code == 0, shown
    assert "Proven with the broker (validate only) and the registry. 3 changes." in shown.stdout
    assert project.snapshot() == {"topics": {}, "configs": {}, "subjects": {}}
    assert project("drift").exit_code == 3
    applied = project("apply", "--yes")
    assert applied.exit_code == 0, applied
    assert applied.stdout.splitlines()[:2] == [
        f"topic {project.topic} created",
        f"level of {project.topic}-value set to FULL",
    ]
    found = project.snapshot()
    assert found["topics"] == {project.topic: 2}
    assert found["configs"] == {project.topic: {"retention.ms": "604800000"}}
    assert found["subjects"] == {f"{project.topic}-value": ("FULL", (1,))}
    again = project("apply", "-q")  # nothing to do asks for no leave
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")
    empty = json.loads(project("plan", "-o", "json").stdout)
    assert (empty["steps"], empty["blockers"], empty["applicable"]) == ([], [], True)
    calm = project("drift")
    assert calm.exit_code == 0
    assert calm.stdout.endswith("No drift: 1 topic, 1 level and 1 subject as declared.\n")


def test_apply_tells_machines_what_was_done(project: Project) -> None:
    applied = project("apply", "--yes", "-o", "json")
    told = json.loads(applied.stdout)
    assert [(one["action"], one["done"]) for one in told["done"]] == [
        ("create", True),
        ("set", True),
        ("register", True),
    ]
    assert (told["undone"], told["error"]) == ([], None)
    assert told["done"][2]["version"] == 1


def test_a_plan_beside_what_is_there_changes_only_that(project: Project) -> None:
    assert project("apply", "--yes").exit_code == 0
    project.world.kafka.schema_registry().set_compatibility_level("NONE", f"{project.topic}-value")
    (project.directory / "event.avsc").write_text(OTHER)
    project.settings |= {"partitions": 3, "compatibility": "NONE", "config": {"retention.ms": None}}
    project.write()
    shown = project("plan")
    lines = shown.stdout.splitlines()
    assert lines[1].endswith("retention.ms  7 d → the cluster's")
    assert lines[2].strip() == "partitions    2 → 3"
    assert lines[3].strip() == "keys move: order per key is not kept across the change"
    assert lines[4].endswith("v1 → v2, compatible (NONE, 1 version checked)")
    drifted = json.loads(project("drift", "-o", "json").stdout)
    assert [
        (one["kind"], one["attribute"], one["declared"], one["actual"])
        for one in drifted["differences"]
    ] == [
        ("topic", "retention.ms", None, "604800000"),
        ("topic", "partitions", "3", "2"),
        ("subject", "schema", "event.avsc", "v1"),
    ]
    assert project("apply", "--yes").exit_code == 0
    assert project.snapshot()["topics"] == {project.topic: 3}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"partitions": 1}, "partitions 2 → 1 cannot be done"),
        ({"replication_factor": 3}, "replication 1 → 3 cannot be done"),
        ({"config": {"no.such.key": "1"}}, "Unknown topic config name: no.such.key"),
        ({"partitions": 1_000_000}, "got no partitions: "),
        ({"config": {"": "1"}}, "was not altered: "),
        ({"config": {"retention.ms": "a\0b"}}, "was not altered: "),
        ({"value": "other.avsc"}, "FULL refuses other.avsc: it may not follow v1"),
        ({"value": "none.avsc"}, "none.avsc"),
        ({"value": "model:app:Order"}, "`model:app:Order` is code, and nothing is imported here"),
    ],
    ids=[
        "fewer",
        "replication",
        "key",
        "many",
        "no-key",
        "nul",
        "incompatible",
        "no-file",
        "model",
    ],
)
def test_whatever_stands_in_the_way_keeps_all_of_it_from_happening(
    project: Project, settings: dict[str, Any], reason: str
) -> None:
    world = project.world
    apply_plan(world.kafka, project.planned())
    (project.directory / "other.avsc").write_text(OTHER)
    project.settings |= {"config": {"retention.ms": "1d"}} | settings
    extra = {"partitions": 5, "config": {"cleanup.policy": "compact"}}
    project.write(topics={project.topic: project.settings, f"{project.prefix}new": extra})
    before = project.snapshot()
    plan = project.planned()
    assert any(reason in blocker.reason for blocker in plan.blockers), plan.blockers
    assert {step.action for step in plan.steps} >= {"create"}
    with pytest.raises(PlanError, match="nothing was changed: ") as caught:
        apply_plan(world.kafka, plan)
    assert caught.value.exit_code == 3
    assert project.snapshot() == before


def test_a_blocked_plan_is_shown_and_refused_with_exit_3(project: Project) -> None:
    create_topics(project.world.admin, NewTopic(project.topic, 3, 1))
    before = project.snapshot()
    shown = project("plan")
    assert shown.exit_code == 3, shown
    lines = shown.stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("  ✗ topic"))
    assert lines[start].endswith("partitions 3 → 2 cannot be done (flowodm.yaml:2)")
    assert lines[start + 1].strip().startswith("Cure: a topic can only get more: ")
    assert lines[-1] == "1 blocker: nothing of it can be applied."
    applied = project("apply", "--yes", "-o", "json")
    assert applied.exit_code == 3, applied
    assert f"error: nothing was changed: topic `{project.topic}`: partitions" in applied.stderr
    refused = json.loads(applied.stdout)
    assert (refused["done"], len(refused["undone"]), len(refused["blockers"])) == ([], 3, 1)
    assert project.snapshot() == before


def test_off_a_terminal_it_needs_a_yes(project: Project) -> None:
    refused = project("apply")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "off a terminal it needs `--yes`" in refused.stderr
    assert project.snapshot()["topics"] == {}


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ({"FLOWODM_READ_ONLY": "true"}, "is read-only; `apply` was not tried"),
        ({"FLOWODM_CLUSTER_ID": "another"}, "is for cluster `another`"),
    ],
)
def test_a_context_that_refuses_changes_refuses_it_whatever_the_options(
    project: Project, guard: dict[str, str], reason: str
) -> None:
    saved = project("plan", "--out", "plan.json", env=guard)
    assert saved.exit_code == 0  # looking is allowed
    for words in ((), ("plan.json",)):
        refused = project("apply", *words, "--yes", env=guard)
        assert (refused.exit_code, refused.stdout) == (4, ""), refused
        assert reason in refused.stderr
    assert project.snapshot()["topics"] == {}


def test_a_protected_context_has_its_name_typed(
    project: Project, clean_environment: dict[str, str]
) -> None:
    env = clean_environment | project.environ | {"FLOWODM_PROTECTED": "true"}
    for answer, code in (("yes", 4), ("environment", 0)):
        terminal = Terminal(["apply"], env, project.directory)
        terminal.wait_for("Type the context's name to apply: ")
        assert "Context environment is protected." in terminal.seen
        terminal.type(f"{answer}\n")
        assert terminal.end() == code, terminal.seen
        assert (project.topic in project.snapshot()["topics"]) == (code == 0)


def test_internal_topics_are_nobodys_to_declare(project: Project) -> None:
    topics = {name: {"partitions": 1} for name in ("__mine", "_schemas", "a b", "\x1b[2J")}
    project.write(topics=topics)
    shown = project("plan")
    assert shown.exit_code == 3
    assert shown.stdout.count("is internal to Kafka or its registry") == 2
    assert shown.stdout.count("no topic can have the name") == 2
    assert "\x1b" not in shown.stdout
    assert project("apply", "--yes").exit_code == 3
    told = json.loads(project("plan", "-o", "json").stdout)
    assert {one["where"] for one in told["blockers"]} != {None}


def test_an_unreachable_cluster_is_one_error(project: Project) -> None:
    done = project("apply", "--yes", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    assert (done.exit_code, done.stdout) == (1, ""), done
    assert done.stderr.startswith("error: cannot reach a broker at 127.0.0.1:1")
    done = project("plan", env={"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"})
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("error:") == 1


def test_schemas_need_a_registry_and_topics_alone_do_not(project: Project) -> None:
    environ = {"SCHEMA_REGISTRY_URL": ""}
    done = project("plan", env=environ)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"declares subject `{project.topic}-value`, and context" in done.stderr
    assert "names no schema registry" in done.stderr
    for key in ("value", "compatibility"):
        del project.settings[key]
    project.write()
    done = project("plan", env=environ)
    assert done.exit_code == 0, done
    assert "Proven with the broker (validate only). 1 change." in done.stdout


def test_nothing_is_imported(project: Project) -> None:
    (project.directory / "app.py").write_text("open('imported', 'w')")
    project.settings["key"] = "model:app:Key"
    project.write(models=["app"])
    for command in ("plan", "drift", "apply"):
        project(command)
    assert not (project.directory / "imported").exists()
    del project.settings["key"]
    project.write(models=["app"])
    shown = project("plan")
    assert "? models are not looked at: app   (nothing is imported)" in shown.stdout
    assert not (project.directory / "imported").exists()


def test_a_file_elsewhere_brings_its_contexts_and_its_schemas(
    project: Project, tmp_path: Path
) -> None:
    servers, url = project.environ.values()
    context = {"bootstrap_servers": servers, "schema_registry": {"url": url}}
    project.write(contexts={"theirs": context})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = ("plan", str(project.directory / "flowodm.yaml"))
    done = project.flowodm(*words, cwd=elsewhere)
    assert done.exit_code == 0, done
    assert done.stdout.startswith("Plan for context theirs (")
    named = project.flowodm("plan", "--context", "theirs", cwd=project.directory)
    assert named.stdout.endswith("flowodm apply flowodm.yaml --context theirs\n")
    missing = project.flowodm("plan", cwd=elsewhere)
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "there is no `flowodm.yaml` here that declares anything" in missing.stderr
    none = project.flowodm("apply", "none.yaml", cwd=elsewhere)
    assert (none.exit_code, none.stdout) == (2, "")


def test_a_saved_plan_is_carried_out_as_it_was_made(project: Project) -> None:
    shown = project("plan", "--out", "plan.json")
    assert "saved to plan.json; apply with: flowodm apply plan.json" in shown.stderr
    (project.directory / "flowodm.yaml").unlink()  # it stands for itself
    (project.directory / "event.avsc").unlink()
    applied = project("apply", "plan.json", "--yes")
    assert applied.exit_code == 0, applied
    assert len(applied.stdout.splitlines()) == 3
    assert project.snapshot()["topics"] == {project.topic: 2}
    again = project("apply", "plan.json", "--yes")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "the state has moved since the plan was made; nothing was changed: " in again.stderr


def test_a_saved_plan_is_refused_when_what_it_is_about_has_moved(project: Project) -> None:
    assert project("apply", "--yes").exit_code == 0
    project.settings["config"] = {"retention.ms": "1d"}
    project.write()
    saved = project("plan", "-o", "json")
    (project.directory / "plan.json").write_bytes(saved.stdout_bytes)
    moves = ("topics", "alter", project.topic, "--partitions", "4", "--yes")
    assert project(*moves).exit_code == 0
    before = project.snapshot()
    refused = project("apply", "plan.json", "--yes")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"topic `{project.topic}`: partitions 2 → 4" in refused.stderr
    assert "flowodm plan -o json" in refused.stderr
    assert project.snapshot() == before


def test_a_saved_plan_that_was_edited_is_refused(project: Project) -> None:
    plan = json.loads(project("plan", "-o", "json").stdout)
    before = project.snapshot()
    plan["steps"][0]["partitions"] = 9
    (project.directory / "plan.json").write_text(json.dumps(plan))
    done = project("apply", "plan.json", "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "it was edited, or made by another version" in done.stderr
    assert project.snapshot() == before


def test_a_look_that_came_too_early_is_noticed_and_another_one_taken(project: Project) -> None:
    kafka = project.world.kafka
    desired = load_desired(Path("flowodm.yaml"), directory=project.directory)
    early = build_plan(desired, read_state(kafka, desired))
    create_topics(project.world.admin, NewTopic(project.topic, 1, 1))
    stale = prove_plan(kafka, early)
    assert stale.is_stale
    assert [one.name for one in stale.blockers] == [project.topic]
    fresh = make_plan(kafka, desired)
    assert not fresh.is_stale
    assert [step.action for step in fresh.steps] == ["alter", "set", "register"]
    create_partitions(project.world.admin, project.topic, 5)
    assert prove_plan(kafka, fresh).is_stale
    assert make_plan(kafka, desired).blockers[0].reason == "partitions 5 → 2 cannot be done"


def create_partitions(admin: AdminClient, topic: str, count: int) -> None:
    (future,) = admin.create_partitions([NewPartitions(topic, count)]).values()
    future.result(timeout=30)
    wait_until(
        lambda: len(admin.list_topics(timeout=30).topics[topic].partitions) == count, seconds=30
    )


def test_hostile_texts_of_files_and_registries_are_shown_harmless(project: Project) -> None:
    name = "bad\x1b[2J\u202e.avsc"
    field = '{"name":"id","type":"long","doc":"\\u001b]52;c;aGk=\\u0007"}'
    text = f'{{"type":"record","name":"Event","doc":"\\u001b[31m","fields":[{field}]}}'
    (project.directory / name).write_text(text)
    project.settings["value"] = name
    project.write()
    for words in (("plan",), ("apply", "--yes")):
        done = project(*words)
        assert not {"\x1b", "\u202e", "\x07"} & set(done.stdout + done.stderr), done


def test_prune_deletes_topics_that_are_not_declared_and_no_other(
    sandbox_command: SandboxCommand,
    flowodm: Callable[..., Finished],
    clean_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    servers = sandbox_command.up()["bootstrap_servers"]  # nobody else's topics are there
    env = {"KAFKA_BOOTSTRAP_SERVERS": servers}
    admin = AdminClient({"bootstrap.servers": servers})
    new = [NewTopic(name, 1, 1) for name in ("legacy", "orders-dlt")]
    create_topics(admin, *new, NewTopic("orders", 1, 1, config={"retention.ms": "1000"}))
    document = {"version": 1, "topics": {"orders": {"partitions": 1}}}
    (tmp_path / "flowodm.yaml").write_text(json.dumps(document))
    kept = flowodm("apply", "--yes", env=env)
    assert kept.exit_code == 0
    assert "2 topics are not declared: legacy, orders-dlt   (kept; --prune" in kept.stderr
    shown = flowodm("plan", "--prune", env=env)
    assert "- topic    legacy   deleted with its 1 partition and all their" in shown.stdout
    assert "1 topic is not declared: orders-dlt   (kept)" in shown.stdout
    assert shown.stdout.endswith("Apply with: flowodm apply flowodm.yaml --prune\n")
    terminal = Terminal(["apply", "--prune"], clean_environment | env, tmp_path)
    terminal.wait_for("Type the context's name to apply: ")
    assert "1 topic would be deleted, and this cannot be undone." in terminal.seen
    terminal.type("y\n")
    assert terminal.end() == 4
    assert flowodm("plan", "--prune", "--out", "plan.json", env=env).exit_code == 0
    done = flowodm("apply", "plan.json", "--yes", env=env)
    assert done.stdout.splitlines() == ["topic orders altered", "topic legacy deleted"]
    names = {name for name in admin.list_topics(timeout=30).topics if name[0] != "_"}
    assert names == {"orders", "orders-dlt"}


def test_what_a_user_may_not_do_stands_in_the_way_with_exit_4(
    secure_sandbox: TestServers, flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    assert secure_sandbox.spec is not None
    user = secure.new_credentials(f"user-{uuid.uuid4().hex[:8]}")
    secure.add_user(secure_sandbox.spec, user)
    kafka = dict(secure_sandbox.spec.client_config(user))
    servers = kafka.pop("bootstrap.servers")
    name = f"p{uuid.uuid4().hex[:10]}"
    document = {
        "version": 1,
        "contexts": {"s": {"bootstrap_servers": servers, "kafka": kafka}},
        "topics": {name: {"partitions": 1}},
    }
    (tmp_path / "flowodm.yaml").write_text(json.dumps(document))
    done: list[Finished] = []

    def is_refused() -> bool:
        done.append(flowodm("plan"))
        return "✗ topic" in done[-1].stdout

    wait_until(is_refused, seconds=30, what="the user is known")
    assert done[-1].exit_code == 4, done[-1]
    applied = flowodm("apply", "--yes")
    assert (applied.exit_code, applied.stdout) == (4, "")
    assert "error: nothing was changed" in applied.stderr


def test_either_registry_has_nothing_left_to_plan_after_an_apply(
    any_registry: str, project: Project
) -> None:
    env = {"SCHEMA_REGISTRY_URL": any_registry}
    (project.directory / "schemas").mkdir()
    (project.directory / "user.avsc").write_text(USER)
    name = f"{project.prefix}address-value.avsc"
    (project.directory / "schemas" / name).write_text(ADDRESSES[0])
    project.settings |= {"key": "user.avsc", "compatibility": "BACKWARD"}
    project.write(schemas=["schemas"])
    applied = project("apply", "--yes", env=env)
    assert applied.exit_code == 0, applied
    assert applied.stdout.count("registered") == 3
    (project.directory / "event.avsc").write_text(EVENTS[1])
    applied = project("apply", "--yes", env=env)
    assert "v1 → v2, compatible (BACKWARD, 1 version checked)" in applied.stderr
    assert applied.stdout.count("registered") == 1
    assert json.loads(project("plan", "-o", "json", env=env).stdout)["steps"] == []
    (project.directory / "event.avsc").write_text(OTHER)
    assert project("plan", env=env).exit_code == 3
