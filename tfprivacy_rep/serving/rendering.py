"""The texts that come with a model, out of their templates."""

from __future__ import annotations

from typing import Any

import jinja2

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("tfprivacy_rep.serving", "templates"), undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True,
)


def render(name: str, **values: Any) -> str:
    """The text of `templates/<name>.jinja` with the values in it; a value that is missing is an error."""
    return _ENVIRONMENT.get_template(f"{name}.jinja").render(values)
