"""`--context sandbox` and `--context sandbox:NAME`: a sandbox without any configuration.

`FLOWODM_CONTEXT` may say the same. A context of that name in a file hides the sandbox; `Session.load_context` asks here first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowodm.errors import ConfigurationError

if TYPE_CHECKING:
    from flowodm.cli.options import GlobalValues
    from flowodm.config import Context

__all__ = ["sandbox_context"]

_WORD = "sandbox"


def sandbox_context(values: GlobalValues, name: str | None = None) -> Context | None:
    """Return the context of the sandbox that is named explicitly; None when none is.

    Args:
        values: The options of the run.
        name: A context that is named in their place.

    Raises:
        ConfigurationError: It names a sandbox that does not exist.
    """
    from flowodm.config.environment import CONTEXT_VARIABLE

    asked = name or values.context or os.environ.get(CONTEXT_VARIABLE)
    if asked is None or asked.partition(":")[0] != _WORD or _is_configured(asked, values):
        return None
    from flowodm.sandbox import state
    from flowodm.sandbox.context import context_of

    sandbox = asked.partition(":")[2] or state.DEFAULT_NAME
    spec = state.load(sandbox)
    if spec is None:
        option = "" if sandbox == state.DEFAULT_NAME else f" --name {sandbox}"
        raise ConfigurationError(
            f"there is no sandbox `{sandbox}`", hint=f"make it: flowodm sandbox up{option}"
        )
    return context_of(spec, asked, overrides=values.overrides)


def _is_configured(name: str, values: GlobalValues) -> bool:
    from flowodm.contexts.listing import list_contexts

    config_file = Path(values.config) if values.config else None
    return name in {entry.name for entry in list_contexts(config_file=config_file)}
