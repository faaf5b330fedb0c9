"""LangChain can send every run to a host outside when the environment says so; here it never does."""

from __future__ import annotations

import os
import sys

_VARIABLES = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


def no_tracing() -> None:
    """Switch tracing off for this process. Called before the first LangChain run, whatever the environment says."""
    if all(os.environ.get(name) == "false" for name in _VARIABLES):
        return
    os.environ.update(dict.fromkeys(_VARIABLES, "false"))
    loaded = sys.modules.get("langsmith.utils")  # it remembers the variables that it has read
    if loaded is not None:
        loaded.get_env_var.cache_clear()
