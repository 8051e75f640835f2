"""The search of the site. From a server the theme fetches its index and starts its worker; pages that
are opened as files may do neither, so for them both are put into a script."""

from __future__ import annotations

import json
from pathlib import Path

SCRIPT = "search/opened_as_file.js"
WORKER = "assets/javascripts/workers/search.*.min.js"


def script_of(index: str, worker: str) -> str:
    """Sets `__search`, where Material for MkDocs looks for an index and a worker of others."""
    return ("var __search = {\n"
            f"  index: Promise.resolve({json.dumps(json.loads(index))}),\n"
            f"  worker: URL.createObjectURL(new Blob([{json.dumps(worker)}],"
            ' { type: "text/javascript" })),\n'
            "};\n")


def add_script(site: Path) -> None:
    """Writes the script into a built site."""
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    (worker,) = site.glob(WORKER)
    (site / SCRIPT).write_text(script_of(index, worker.read_text(encoding="utf-8")), encoding="utf-8")
