"""The functions of this package for asyncio: each the blocking one, in a thread.

A thread rather than a second implementation: one algorithm, one client, one cache. What is
cancelled may still happen in the registry, as after any request that was sent.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flowodm.schema.compatibility import check_compatibility
from flowodm.schema.generated import (
    generate_model_from_registry,
    generate_model_from_schema,
    generate_package,
    generate_source,
)
from flowodm.schema.sources import load_schema_from_file
from flowodm.schema.subjects import (
    delete_subject,
    get_schema_versions,
    list_subjects,
    load_schema_from_registry,
    upload_schema,
)
from flowodm.schema.validation import validate_against_file, validate_against_registry

__all__ = [
    "acheck_compatibility",
    "adelete_subject",
    "agenerate_model_from_registry",
    "agenerate_model_from_schema",
    "agenerate_package",
    "agenerate_source",
    "aget_schema_versions",
    "alist_subjects",
    "aload_schema_from_file",
    "aload_schema_from_registry",
    "aupload_schema",
    "avalidate_against_file",
    "avalidate_against_registry",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _awaited(function: Callable[_P, _T]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Make the twin of a function that runs it in a thread."""

    @wraps(function)
    async def twin(*arguments: _P.args, **options: _P.kwargs) -> _T:
        return await asyncio.to_thread(function, *arguments, **options)

    twin.__name__ = twin.__qualname__ = f"a{function.__name__}"
    return twin


acheck_compatibility = _awaited(check_compatibility)
"""`check_compatibility`, awaited."""

adelete_subject = _awaited(delete_subject)
"""`delete_subject`, awaited."""

agenerate_model_from_registry = _awaited(generate_model_from_registry)
"""`generate_model_from_registry`, awaited."""

agenerate_model_from_schema = _awaited(generate_model_from_schema)
"""`generate_model_from_schema`, awaited."""

agenerate_package = _awaited(generate_package)
"""`generate_package`, awaited."""

agenerate_source = _awaited(generate_source)
"""`generate_source`, awaited."""

aget_schema_versions = _awaited(get_schema_versions)
"""`get_schema_versions`, awaited."""

alist_subjects = _awaited(list_subjects)
"""`list_subjects`, awaited."""

aload_schema_from_file = _awaited(load_schema_from_file)
"""`load_schema_from_file`, awaited."""

aload_schema_from_registry = _awaited(load_schema_from_registry)
"""`load_schema_from_registry`, awaited."""

aupload_schema = _awaited(upload_schema)
"""`upload_schema`, awaited."""

avalidate_against_file = _awaited(validate_against_file)
"""`validate_against_file`, awaited."""

avalidate_against_registry = _awaited(validate_against_registry)
"""`validate_against_registry`, awaited."""
