"""Called by MkDocs: links that leave `docs/` work where the repository is read, and become plain text in the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\.?/[^)\s]+)\)")


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Unlinks what leads to an existing file outside the site's folder; any other broken link stays and fails."""
    docs = Path(config["docs_dir"]).resolve()
    here = Path(page.file.abs_src_path).resolve().parent

    def unlinked(match: re.Match[str]) -> str:
        target = (here / match[2].partition("#")[0]).resolve()
        if target.is_relative_to(docs) or not target.exists():
            return match[0]
        return f"{match[1]} (`{target.relative_to(docs.parent)}`)"

    return _LINK.sub(unlinked, markdown)
