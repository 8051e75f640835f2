"""A real Prometheus scrapes the example endpoint, promtool checks the text, and every query of the
Grafana dashboard names metrics and labels that exist, and is answered."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

from monitoring import DASHBOARD, Endpoint, queries, samples

PROGRAM = os.environ["STEADY_ENDPOINT"]  # empty: it was not built
NO_ENDPOINT = "cpp-httplib is not installed (Debian: libcpp-httplib-dev, pkg-config)"
PLAIN = "text/plain;version=0.0.4"
OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
OF_SCRAPERS = {"job", "instance"}  # labels that Prometheus adds


@unittest.skipUnless(PROGRAM, NO_ENDPOINT)
class EndpointTest(unittest.TestCase):
    def test_both_formats(self):
        with Endpoint(PROGRAM) as endpoint:
            kind, text = endpoint.get(PLAIN)
            self.assertEqual(kind, "text/plain; version=0.0.4; charset=utf-8")
            self.assertNotIn("# EOF", text)
            kind, text = endpoint.get(OPEN)
            self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
            self.assertTrue(text.endswith("\n# EOF\n"))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed (Debian: prometheus)")
    def test_promtool(self):
        with Endpoint(PROGRAM) as endpoint:
            _, text = endpoint.get(PLAIN)
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60
        )
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_wrong_calls(self):
        done = subprocess.run([PROGRAM, "--nonsense"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--serve PORT", done.stderr)


@unittest.skipUnless(PROGRAM, NO_ENDPOINT)
class DashboardTest(unittest.TestCase):
    def test_queries_name_what_exists(self):
        with Endpoint(PROGRAM) as endpoint:
            _, text = endpoint.get(OPEN)
        known = {}
        for name, labels in samples(text):
            known.setdefault(name, set()).update(labels)
        asked = queries()
        self.assertGreater(len(asked), 15)
        for query in asked:
            names = re.findall(r"\b(steady_\w+)", query)
            self.assertTrue(names, query)
            for name in names:
                self.assertIn(name, known, query)
            labels = set(re.findall(r"[{,](\w+)=", query))
            for group in re.findall(r"by \((.*?)\)", query):
                labels |= set(group.split(", "))
            for label in labels - OF_SCRAPERS:
                self.assertTrue(all(label in known[name] for name in names), f"{label}: {query}")

    def test_every_metric_is_shown(self):
        with Endpoint(PROGRAM) as endpoint:
            _, text = endpoint.get(OPEN)
        shown = " ".join(queries())
        for name, _ in samples(text):
            self.assertRegex(shown, rf"\b{name}\b")

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in json.loads(DASHBOARD.read_text())["panels"]:
            at = panel["gridPos"]
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    self.assertLess(x, 24)
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken.add((x, y))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@unittest.skipUnless(PROGRAM, NO_ENDPOINT)
@unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed (Debian: prometheus)")
class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.endpoint = Endpoint(PROGRAM)
        cls.addClassCleanup(cls.endpoint.__exit__)
        folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, folder, True)
        target = urllib.parse.urlsplit(cls.endpoint.url).netloc
        config = Path(folder) / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f"scrape_configs: [{{job_name: steady, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        port = free_port()
        cls.log = Path(folder) / "log"
        with cls.log.open("w") as log:
            cls.process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={config}",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=log,
            )
        cls.addClassCleanup(cls.process.wait)
        cls.addClassCleanup(cls.process.kill)
        cls.api = f"http://127.0.0.1:{port}/api/v1"
        cls.wait_for_scrapes()

    @classmethod
    def ask(cls, path: str, **parameters: str):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{cls.api}/{path}?{query}", timeout=20) as response:
            return json.loads(response.read())["data"]

    @classmethod
    def wait_for_scrapes(cls):
        """Two good ones at least, or the reason why there is none."""
        targets = []
        for _ in range(600):
            time.sleep(0.1)
            try:
                query = "count_over_time(steady_map_elements[1m])"
                counts = cls.ask("query", query=query)["result"]
                if counts and all(int(each["value"][1]) >= 2 for each in counts):
                    return
                targets = cls.ask("targets")["activeTargets"]
            except OSError:  # it has not begun to listen
                continue
        why = [target["lastError"] for target in targets]
        raise AssertionError(f"no two scrapes: {why}\n{cls.log.read_text()[-2000:]}")

    def test_all_samples_arrive(self):
        _, text = self.endpoint.get(OPEN)
        stored = set(self.ask("label/__name__/values"))
        told = {name for name, _ in samples(text)}
        self.assertEqual({name for name in stored if name.startswith("steady_")}, told)
        names = self.ask("label/name/values")
        self.assertEqual(names, ["prices", "sessions"])

    def test_what_is_known_of_metrics(self):
        # A counter's family has the name without _total, as in OpenMetrics.
        known = self.ask("metadata")
        self.assertEqual(known["steady_map_migrations"][0]["type"], "counter")
        self.assertEqual(known["steady_map_memory_bytes"][0]["type"], "gauge")
        self.assertEqual(known["steady_map_memory_bytes"][0]["unit"], "bytes")
        self.assertEqual(known["steady_map_elements"][0]["help"], "Elements in the container.")

    def test_values(self):
        (sessions,) = self.ask("query", query='steady_map_elements{name="sessions"}')["result"]
        self.assertGreater(int(sessions["value"][1]), 0)
        grown = 'steady_map_migrations_total{name="sessions",kind="grow"}'
        (migrations,) = self.ask("query", query=grown)["result"]
        self.assertGreater(int(migrations["value"][1]), 0)

    def test_the_queries_of_the_dashboard_are_answered(self):
        for query in queries():
            with self.subTest(query=query):
                self.ask("query", query=query)  # an error if Prometheus does not understand it
        summed = self.ask("query", query="sum(steady_map_elements)")["result"]
        self.assertEqual(len(summed), 1)


if __name__ == "__main__":
    unittest.main()
