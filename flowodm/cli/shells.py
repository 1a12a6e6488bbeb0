"""The completion scripts of the shells, shown or installed.

A script hands the words up to the cursor to `flowodm` as they are, so that nothing has to be
quoted, and reads one candidate a line.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from flowodm.cli.app import COMPLETION_VARIABLE
from flowodm.cli.options import Session
from flowodm.cli.output import Span
from flowodm.errors import UsageError

__all__ = ["SHELLS", "install", "run", "script"]

SHELLS: Final = ("bash", "zsh", "fish")

_BASH: Final = f"""\
_flowodm() {{
    local line IFS=$'\\n'
    COMPREPLY=()
    while read -r line; do
        COMPREPLY+=("${{line%%$'\\t'*}}")
    done < <({COMPLETION_VARIABLE}=bash "${{COMP_WORDS[0]}}" "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null)
}}
complete -o default -F _flowodm flowodm
"""
_ZSH: Final = f"""\
_flowodm() {{
    local -a found
    local line
    for line in "${{(@f)$({COMPLETION_VARIABLE}=zsh "${{words[1]}}" "${{(@)words[2,CURRENT]}}" 2>/dev/null)}}"; do
        [[ -n $line ]] && found+=("${{${{line%%$'\\t'*}}//:/\\\\:}}:${{line#*$'\\t'}}")
    done
    if (( $#found )); then _describe flowodm found; else _files; fi
}}
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}
compdef _flowodm flowodm
"""
_FISH: Final = f"""\
function __flowodm_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process) (commandline --current-token --cut-at-cursor)
    env {COMPLETION_VARIABLE}=fish $words 2>/dev/null
end
complete --command flowodm --arguments '(__flowodm_complete)'
"""
_SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def run(arguments: Sequence[str], session: Session) -> int:
    """Show a script, or install it: `--show-completion [SHELL]`, `--install-completion [SHELL]`.

    Raises:
        UsageError: If the shell is not one of `SHELLS`.
    """
    shell = _shell(arguments, os.environ)
    if arguments[0] == "--show-completion":
        session.output.block(script(shell))
        return 0
    for path in install(shell, Path.home(), os.environ):
        session.output.note(f"wrote {path}")
    session.output.note(Span("Completion works in shells that are started from now on.", "dim"))
    return 0


def script(shell: str) -> str:
    """Return the completion script of a shell."""
    return _SCRIPTS[shell]


def install(shell: str, home: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Put the script where the shell finds it, and return the files that were written.

    Bash and Zsh read it from one line that is added to their own file, once.
    """
    if shell == "fish":
        config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        return (_write(config / "fish" / "completions" / "flowodm.fish", script(shell)),)
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    path = _write(data / "flowodm" / f"completion.{shell}", script(shell))
    folder = Path(environ.get("ZDOTDIR") or home) if shell == "zsh" else home
    return (path, *_source(folder / f".{shell}rc", path))


def _source(file: Path, path: Path) -> tuple[Path, ...]:
    from shlex import quote

    line = f"[ -r {quote(str(path))} ] && . {quote(str(path))}  # completion of flowodm\n"
    text = file.read_text() if file.exists() else ""
    if line in text:
        return ()
    start = "" if not text or text.endswith("\n") else "\n"
    with file.open("a") as out:
        out.write(start + line)
    return (file,)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _shell(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    if len(arguments) > 2:
        raise UsageError(f"`{arguments[0]}` takes one shell: {', '.join(SHELLS)}")
    asked = arguments[1] if len(arguments) == 2 else Path(environ.get("SHELL", "")).name
    if asked in SHELLS:
        return asked
    raise UsageError(
        f"no completion for the shell `{asked or 'unknown'}`",
        hint=f"name one: flowodm {arguments[0]} {'|'.join(SHELLS)}",
    )
