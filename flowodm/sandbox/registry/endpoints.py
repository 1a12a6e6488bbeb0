"""The embedded registry as one function: `handle(request, store) → response`.

Which endpoint is whose is in the table below; what they do is in the modules that it names.
"""

from collections.abc import Callable

from flowodm.sandbox.registry import deleting, judging, registering, settings, subjects
from flowodm.sandbox.registry.http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.names import plain
from flowodm.sandbox.registry.store import Store, StoreFailure, StoreTimeout

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
    except StoreTimeout as failure:
        return Refusal(50002, f"The backend data store timed out: {failure}").response()
    except StoreFailure as failure:
        return Refusal(50001, f"Error in the backend data store: {failure}").response()


def _root(request: RegistryRequest, store: Store) -> RegistryResponse:
    return RegistryResponse(200, {})


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


_HOLE = "{}"
"""In a path below, the place of a name or number."""
_SUBJECT = "{subject}"
"""The place of a subject."""
_HOLES = frozenset({_HOLE, _SUBJECT})

_VERSION = ("subjects", _SUBJECT, "versions", _HOLE)
_ENDPOINTS: dict[tuple[str, ...], dict[str, _Endpoint]] = {
    (): {"GET": _root},
    ("v1", "metadata", "id"): {"GET": _identity},
    ("v1", "metadata", "version"): {"GET": _program},
    ("contexts",): {"GET": subjects.list_contexts},
    ("associations", "resources", _HOLE, _HOLE): {"GET": _associations},
    ("schemas",): {"GET": subjects.list_schemas},
    ("schemas", "types"): {"GET": subjects.schema_types},
    ("schemas", "ids", _HOLE): {"GET": subjects.schema_by_id},
    ("schemas", "ids", _HOLE, "schema"): {"GET": subjects.schema_text_by_id},
    ("schemas", "ids", _HOLE, "subjects"): {"GET": subjects.subjects_of_schema},
    ("schemas", "ids", _HOLE, "versions"): {"GET": subjects.versions_of_schema},
    ("schemas", "guids", _HOLE): {"GET": subjects.schema_by_guid},
    ("subjects",): {"GET": subjects.list_subjects},
    ("subjects", _SUBJECT): {"POST": registering.look_up, "DELETE": deleting.delete_subject},
    ("subjects", _SUBJECT, "metadata"): {"GET": subjects.latest_with_metadata},
    _VERSION[:3]: {"GET": subjects.list_versions, "POST": registering.register},
    _VERSION: {"GET": subjects.version, "DELETE": deleting.delete_version},
    (*_VERSION, "schema"): {"GET": subjects.version_text},
    (*_VERSION, "referencedby"): {"GET": subjects.referenced_by},
    ("compatibility", *_VERSION[:3]): {"POST": judging.check_compatibility},
    ("compatibility", *_VERSION): {"POST": judging.check_compatibility},
    ("config",): {
        "GET": settings.get_config,
        "PUT": settings.put_config,
        "DELETE": settings.delete_config,
    },
    ("config", _SUBJECT): {
        "GET": settings.get_config,
        "PUT": settings.put_config,
        "DELETE": settings.delete_config,
    },
    ("mode",): {
        "GET": settings.get_mode,
        "PUT": settings.put_mode,
        "DELETE": settings.delete_mode,
    },
    ("mode", _SUBJECT): {
        "GET": settings.get_mode,
        "PUT": settings.put_mode,
        "DELETE": settings.delete_mode,
    },
}


def _find(request: RegistryRequest) -> tuple[_Endpoint, tuple[str, ...]]:
    """Return the endpoint of a path and method, and the names in the path."""
    method = "GET" if request.method == "HEAD" else request.method
    for pattern, methods in _ENDPOINTS.items():
        if not _matches(pattern, request.segments):
            continue
        endpoint = methods.get(method)
        if endpoint is None:
            raise Refusal(405, "HTTP 405 Method Not Allowed")
        places = zip(pattern, request.segments, strict=True)
        return endpoint, tuple(_argument(*place) for place in places if place[0] in _HOLES)
    raise Refusal(404, "HTTP 404 Not Found")


def _argument(hole: str, segment: str) -> str:
    return plain(segment) if hole == _SUBJECT else segment


def _matches(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return len(pattern) == len(segments) and all(
        word in _HOLES or word == segment for word, segment in zip(pattern, segments, strict=True)
    )
