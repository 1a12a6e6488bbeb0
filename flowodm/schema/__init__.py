"""Schemas put to work: loaded, compared with models, registered, made into models.

```
results.py        what validation and compatibility say
sources.py        a schema out of a model, a document, a text or a file
differences.py    a model's schema against another: every difference, and what follows from it
validation.py     a model against a file or the registry
subjects.py       the registry's schemas: load, upload, list, delete
compatibility.py  may a schema follow a subject's versions
generated.py      a model class out of a schema, at run time or as source
files.py          generated files on disk: compared, written
aio.py            each of them for asyncio
```
The schema language itself is `flowodm.avro`, the registry's client `flowodm.registry`.
"""

from flowodm.schema.aio import (
    acheck_compatibility,
    adelete_subject,
    agenerate_model_from_registry,
    agenerate_model_from_schema,
    agenerate_package,
    agenerate_source,
    aget_schema_versions,
    alist_subjects,
    aload_schema_from_file,
    aload_schema_from_registry,
    aupload_schema,
    avalidate_against_file,
    avalidate_against_registry,
)
from flowodm.schema.compatibility import check_compatibility
from flowodm.schema.generated import (
    generate_model_from_registry,
    generate_model_from_schema,
    generate_package,
    generate_source,
)
from flowodm.schema.results import CompatibilityResult, ValidationResult
from flowodm.schema.sources import SchemaSource, load_schema_from_file
from flowodm.schema.subjects import (
    delete_subject,
    get_schema_versions,
    list_subjects,
    load_schema_from_registry,
    upload_schema,
)
from flowodm.schema.validation import validate_against_file, validate_against_registry

__all__ = [
    "CompatibilityResult",
    "SchemaSource",
    "ValidationResult",
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
    "check_compatibility",
    "delete_subject",
    "generate_model_from_registry",
    "generate_model_from_schema",
    "generate_package",
    "generate_source",
    "get_schema_versions",
    "list_subjects",
    "load_schema_from_file",
    "load_schema_from_registry",
    "upload_schema",
    "validate_against_file",
    "validate_against_registry",
]
