"""What the tests of monitoring share: the example endpoint, and the queries of the dashboard."""

import json
import re
import subprocess
import urllib.request
from typing import Iterator, List, Set, Tuple

from debuggers import ROOT

DASHBOARD = ROOT / "debug/grafana/steady.json"


class Endpoint:
    """The example, serving."""

    def __init__(self, program: str) -> None:
        command = [program, "--serve", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def get(self, accept: str) -> Tuple[str, str]:
        """The content type, and the text."""
        request = urllib.request.Request(self.url, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.headers["Content-Type"], response.read().decode()


def samples(text: str) -> Iterator[Tuple[str, Set[str]]]:
    """The samples of an exposition: names, and the names of labels."""
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE):
        yield name, set(re.findall(r'(\w+)="', labels))


def queries() -> List[str]:
    """All that the dashboard asks for, with variables as Grafana fills them in."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ]
    for variable in dashboard["templating"]["list"]:
        asked = re.fullmatch(r"label_values\((.*), \w+\)", variable.get("definition", ""))
        if asked:
            found.append(asked.group(1))
    return [filled_in(query) for query in found]


def filled_in(query: str) -> str:
    query = query.replace("$__rate_interval", "1m")
    for variable in ("job", "instance", "name"):
        query = query.replace(f"${variable}", ".*")
    return query
