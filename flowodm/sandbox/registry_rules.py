"""The embedded registry as one function: `handle(request, store) → response`.

Pure but for the store: no socket, no clock. Which endpoint is whose is in the table below; what
they do is in `registry_subjects.py` and `registry_settings.py`, serving in `registry_server.py`.
"""

from collections.abc import Callable

from flowodm.sandbox import registry_settings as settings
from flowodm.sandbox import registry_subjects as subjects
from flowodm.sandbox.registry_http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry_store import Store, StoreFailure

__all__ = ["handle"]

_Endpoint = Callable[..., RegistryResponse]


def handle(request: RegistryRequest, store: Store) -> RegistryResponse:
    """Answer a request; what it changes is stored when this returns.

    Args:
        request: The request.
        store: The registry's state.
    """
    try:
        endpoint, arguments = _find(request)
        with store.transaction():
            return endpoint(request, store, *arguments)
    except Refusal as refusal:
        return refusal.response()
    except StoreFailure as failure:
        return Refusal(50001, f"Error in the backend data store: {failure}").response()


def _root(request: RegistryRequest, store: Store) -> RegistryResponse:
    return RegistryResponse(200, {})


def _contexts(request: RegistryRequest, store: Store) -> RegistryResponse:
    return RegistryResponse(200, ["."])


def _associations(
    request: RegistryRequest, store: Store, namespace: str, name: str
) -> RegistryResponse:
    return RegistryResponse(200, [])


def _identity(request: RegistryRequest, store: Store) -> RegistryResponse:
    clusters = {"kafka-cluster": "", "schema-registry-cluster": "flowodm-sandbox"}
    return RegistryResponse(200, {"id": "", "scope": {"path": [], "clusters": {**clusters}}})


def _program(request: RegistryRequest, store: Store) -> RegistryResponse:
    from flowodm import __version__

    return RegistryResponse(200, {"version": f"flowodm-{__version__}", "commitId": ""})


_HOLE = ""
"""In a path below, the place of a name or number."""

_VERSION = ("subjects", _HOLE, "versions", _HOLE)
_ENDPOINTS: dict[tuple[str, ...], dict[str, _Endpoint]] = {
    (): {"GET": _root},
    ("v1", "metadata", "id"): {"GET": _identity},
    ("v1", "metadata", "version"): {"GET": _program},
    ("contexts",): {"GET": _contexts},
    ("associations", "resources", _HOLE, _HOLE): {"GET": _associations},
    ("schemas",): {"GET": subjects.list_schemas},
    ("schemas", "types"): {"GET": subjects.schema_types},
    ("schemas", "ids", _HOLE): {"GET": subjects.schema_by_id},
    ("schemas", "ids", _HOLE, "schema"): {"GET": subjects.schema_text_by_id},
    ("schemas", "ids", _HOLE, "subjects"): {"GET": subjects.subjects_of_schema},
    ("schemas", "ids", _HOLE, "versions"): {"GET": subjects.versions_of_schema},
    ("schemas", "guids", _HOLE): {"GET": subjects.schema_by_guid},
    ("subjects",): {"GET": subjects.list_subjects},
    ("subjects", _HOLE): {"POST": subjects.look_up, "DELETE": subjects.delete_subject},
    _VERSION[:3]: {"GET": subjects.list_versions, "POST": subjects.register},
    _VERSION: {"GET": subjects.version, "DELETE": subjects.delete_version},
    (*_VERSION, "schema"): {"GET": subjects.version_text},
    (*_VERSION, "referencedby"): {"GET": subjects.referenced_by},
    ("compatibility", *_VERSION[:3]): {"POST": settings.check_compatibility},
    ("compatibility", *_VERSION): {"POST": settings.check_compatibility},
    ("config",): {
        "GET": settings.get_config,
        "PUT": settings.put_config,
        "DELETE": settings.delete_config,
    },
    ("config", _HOLE): {
        "GET": settings.get_config,
        "PUT": settings.put_config,
        "DELETE": settings.delete_config,
    },
    ("mode",): {
        "GET": settings.get_mode,
        "PUT": settings.put_mode,
        "DELETE": settings.delete_mode,
    },
    ("mode", _HOLE): {
        "GET": settings.get_mode,
        "PUT": settings.put_mode,
        "DELETE": settings.delete_mode,
    },
}


def _find(request: RegistryRequest) -> tuple[_Endpoint, tuple[str, ...]]:
    """Return the endpoint of a path and method, and the names in the path."""
    for pattern, methods in _ENDPOINTS.items():
        if not _matches(pattern, request.segments):
            continue
        endpoint = methods.get(request.method)
        if endpoint is None:
            raise Refusal(405, "HTTP 405 Method Not Allowed")
        names = zip(pattern, request.segments, strict=True)
        return endpoint, tuple(name for word, name in names if word == _HOLE)
    raise Refusal(404, "HTTP 404 Not Found")


def _matches(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return len(pattern) == len(segments) and all(
        word in (_HOLE, segment) for word, segment in zip(pattern, segments, strict=True)
    )
