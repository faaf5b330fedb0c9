"""The service's own plain pages: templates with every value escaped, and files served from here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.responses import HTMLResponse

FOLDER = Path(__file__).parent

templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    trim_blocks=True,
    lstrip_blocks=True,
)


def fragment(template: str, **values: Any) -> str:
    """A template filled in; every value is escaped."""
    return templates.get_template(template).render(**values)


def page(template: str, root_path: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page; ``root`` in the template is where the service begins, ending in /."""
    return HTMLResponse(fragment(template, root=root_path + "/", **values), status_code=status)
