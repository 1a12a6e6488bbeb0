"""What is known of librdkafka's configuration keys: their names, and which of them need care.

Facts only; who refuses or hides what is decided in `files.py` and `context.py`. The names are
those of librdkafka 2.16 that a text can set; a newer librdkafka is asked about any other.
"""

import re

__all__ = [
    "BOOTSTRAP_KEYS",
    "CODE_LOADING_KEYS",
    "CREDENTIAL_KEYS",
    "KEYS",
    "PATH_KEYS",
    "SHELL_KEYS",
    "TRUST_KEYS",
    "is_known_key",
    "is_secret_key",
]

BOOTSTRAP_KEYS = frozenset({"bootstrap.servers", "metadata.broker.list"})
"""Where the cluster is: a context says it as `bootstrap_servers`, and nowhere else."""

CODE_LOADING_KEYS = frozenset(
    {
        "plugin.library.paths",
        "sasl.kerberos.kinit.cmd",
        "ssl.engine.id",
        "ssl.engine.location",
        "ssl.providers",
    }
)
"""Keys whose value is run, or loaded as code."""

SHELL_KEYS = frozenset(
    {"sasl.kerberos.keytab", "sasl.kerberos.principal", "sasl.kerberos.service.name"}
)
"""Keys whose value librdkafka puts into the shell command of `sasl.kerberos.kinit.cmd`."""

TRUST_KEYS = frozenset(
    {
        "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.assertion.jwt.template.file",
        "sasl.oauthbearer.assertion.private.key.file",
        "sasl.oauthbearer.metadata.authentication.type",
    }
)
"""Keys that send what is in a file, or this machine's own identity, to a host that is named
beside them."""

PATH_KEYS = frozenset(
    {
        "https.ca.location",
        "sasl.kerberos.keytab",
        "sasl.oauthbearer.assertion.file",
        "sasl.oauthbearer.assertion.jwt.template.file",
        "sasl.oauthbearer.assertion.private.key.file",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.crl.location",
        "ssl.key.location",
        "ssl.keystore.location",
    }
)
"""Keys that hold a path, which in a file is relative to that file."""

CREDENTIAL_KEYS = frozenset(
    {"ssl.key.location", "ssl.keystore.location", "sasl.oauthbearer.assertion.private.key.file"}
)
"""Keys that are not secrets themselves and lead to one."""

_SECRET = re.compile(
    r"password|passphrase|secret|credential|jaas|(?:^|\.)(?:private\.)?key\.pem$"
    r"|oauthbearer\.(?:config|extensions)$|token$|api\.?key"
)
_NOT_SECRET = frozenset({"sasl.oauthbearer.client.credentials.client.id"})


def is_secret_key(key: str) -> bool:
    """Tell whether the value of this key is a secret; a key that is not known counts as one."""
    if key in _NOT_SECRET:
        return False
    return bool(_SECRET.search(key)) or key not in KEYS


def is_known_key(key: str) -> bool:
    """Tell whether librdkafka has this key; asks the one installed about names not listed."""
    return key in KEYS or _installed_knows(key)


def _installed_knows(key: str) -> bool:
    from confluent_kafka import KafkaException, Producer

    try:
        Producer({key: "", "flowodm.no.such.key": ""})  # never made: the second key is refused
    except KafkaException as error:
        return f'property: "{key}"' not in error.args[0].str()
    except (TypeError, ValueError):  # a callback, which no text can set
        return False
    return True


_NAMES = """
acks allow.auto.create.topics api.version.fallback.ms api.version.request
api.version.request.timeout.ms auto.commit.enable auto.commit.interval.ms auto.offset.reset
batch.num.messages batch.size bootstrap.servers broker.address.family broker.address.ttl
broker.version.fallback check.crcs client.dns.lookup client.id client.rack client.software.name
client.software.version compression.codec compression.level compression.type
connections.max.idle.ms consume.callback.max.messages coordinator.query.interval.ms debug
delivery.timeout.ms enable.auto.commit enable.auto.offset.store enable.gapless.guarantee
enable.idempotence enable.metrics.push enable.partition.eof enable.random.seed
enable.sasl.oauthbearer.unsecure.jwt enable.sparse.connections
enable.ssl.certificate.verification fetch.error.backoff.ms fetch.max.bytes
fetch.message.max.bytes fetch.min.bytes fetch.queue.backoff.ms fetch.wait.max.ms group.id
group.instance.id group.protocol group.protocol.type group.remote.assignor heartbeat.interval.ms
https.ca.location https.ca.pem isolation.level linger.ms log.connection.close log.thread.name
log_level max.in.flight max.in.flight.requests.per.connection max.partition.fetch.bytes
max.poll.interval.ms max.poll.records message.copy.max.bytes message.max.bytes
message.send.max.retries message.timeout.ms metadata.broker.list metadata.max.age.ms
metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy metadata.request.timeout.ms
offset.store.method offset.store.path offset.store.sync.interval.ms
partition.assignment.strategy partitioner plugin.library.paths produce.offset.report
queue.buffering.backpressure.threshold queue.buffering.max.kbytes queue.buffering.max.messages
queue.buffering.max.ms queued.max.messages.kbytes queued.min.messages queuing.strategy
receive.message.max.bytes reconnect.backoff.jitter.ms reconnect.backoff.max.ms
reconnect.backoff.ms request.required.acks request.timeout.ms retries retry.backoff.max.ms
retry.backoff.ms sasl.jaas.config sasl.kerberos.keytab sasl.kerberos.kinit.cmd
sasl.kerberos.min.time.before.relogin sasl.kerberos.principal sasl.kerberos.service.name
sasl.mechanism sasl.mechanisms sasl.oauthbearer.assertion.algorithm
sasl.oauthbearer.assertion.claim.aud sasl.oauthbearer.assertion.claim.exp.seconds
sasl.oauthbearer.assertion.claim.iss sasl.oauthbearer.assertion.claim.jti.include
sasl.oauthbearer.assertion.claim.nbf.seconds sasl.oauthbearer.assertion.claim.sub
sasl.oauthbearer.assertion.file sasl.oauthbearer.assertion.jwt.template.file
sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
sasl.oauthbearer.assertion.private.key.pem sasl.oauthbearer.client.credentials.client.id
sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.client.id
sasl.oauthbearer.client.secret sasl.oauthbearer.config sasl.oauthbearer.extensions
sasl.oauthbearer.grant.type sasl.oauthbearer.metadata.authentication.type
sasl.oauthbearer.method sasl.oauthbearer.scope sasl.oauthbearer.sub.claim.name
sasl.oauthbearer.token.endpoint.url sasl.password sasl.username security.protocol
session.timeout.ms share.acknowledgement.mode socket.connection.setup.timeout.ms
socket.keepalive.enable socket.max.fails socket.nagle.disable socket.receive.buffer.bytes
socket.send.buffer.bytes socket.timeout.ms ssl.ca.certificate.stores ssl.ca.location ssl.ca.pem
ssl.certificate.location ssl.certificate.pem ssl.cipher.suites ssl.crl.location ssl.curves.list
ssl.endpoint.identification.algorithm ssl.engine.id ssl.engine.location ssl.key.location
ssl.key.password ssl.key.pem ssl.keystore.location ssl.keystore.password ssl.providers
ssl.sigalgs.list ssl.truststore.location statistics.interval.ms sticky.partitioning.linger.ms
test.mock.broker.rtt test.mock.num.brokers topic.blacklist topic.metadata.propagation.max.ms
topic.metadata.refresh.fast.cnt topic.metadata.refresh.fast.interval.ms
topic.metadata.refresh.interval.ms topic.metadata.refresh.sparse transaction.timeout.ms
transactional.id
"""

KEYS = frozenset(_NAMES.split())
"""The names a text can set, of producers and consumers together."""
