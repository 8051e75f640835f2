"""The file of --report, without a browser; in one: tests/report."""

import json
import re
import unittest

from command import CommandTest, run


def data_of(html):
    """The curves and results in a report."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    return json.loads(found.group(1))


class ReportFileTest(CommandTest):
    def report(self, *arguments, status=0, **options):
        """Gives (its text, its data, the JSON of --json)."""
        file = self.path("report.html")
        done, found = self.run_json(*arguments, "--report", file, status=status, **options)
        html = file.read_text(encoding="utf-8")
        return html, data_of(html), found

    def test_compare(self):
        html, data, found = self.report("compare", "--n", 200_000, "--rounds", 2)
        self.assertEqual(data["results"], found)
        names = [row["name"] for row in found["maps"]]
        plots = data["plots"]
        for plot, maps in (("pauses", [*names, "control"]), ("percentiles", [*names, "control"]), ("memory", names)):
            self.assertEqual([each["name"] for each in plots[plot]["maps"]], maps)
        for each, row in zip(plots["pauses"]["maps"], found["maps"]):
            self.assertEqual(max(each["slowest_ns"]), row["latency_ns"]["max"]["min"])
            self.assertEqual(bool(each["migrations"]), each["name"] == "steady")
        for each, row in zip(plots["memory"]["maps"], found["maps"]):
            # Another run of the same: its last sample is near what the others ended with.
            self.assertLess(abs(each["bytes"][-1] - row["final_memory_bytes"]), 3_000_000, each["name"])
        self.assertIn("--n 200000 --rounds 2", html)
        self.assertEqual(html.count("<figcaption>"), 3)

    def test_an_animation_is_recorded(self):
        html, *_ = self.report("compare", "--n", 2000, "--rounds", 1)
        found = re.search(r'class="steady-frames">(.*?)</script>', html, re.DOTALL)
        frames = json.loads(found.group(1))
        self.assertEqual(
            {frame["kind"] for frame in frames}, {"at rest", "growing", "reseeding", "shrinking"}
        )
        # Inside the section, with words for those who see no pictures.
        section = html[html.index('<section id="life">') :]
        section = section[: section.index("</section>")]
        self.assertIn('class="steady-player"', section)
        notes = [frame["note"] for frame in frames if frame["note"]]
        self.assertEqual(section.count("<li>"), len(notes))
        self.assertIn("frontier crosses the old array", section)

    def test_too_few_for_percentiles(self):
        html, *_ = self.report("compare", "--n", 1, "--rounds", 1)
        self.assertNotIn("takes . ", html)
        self.assertIn("Further to the right are rarer calls", html)

    def test_replaces_what_was_there(self):
        file = self.write("report.html", "x" * 2_000_000)
        self.report("compare", "--n", 1000, "--rounds", 1)
        self.assertLess(file.stat().st_size, 500_000)

    def test_without_keys(self):
        empty = self.path("empty")
        empty.mkdir()
        html, data, _ = self.report("compare", empty)
        self.assertIn("nothing to compare", html)
        self.assertIsNone(data["plots"])

    def test_a_map_that_failed_is_named(self):
        html, data, _ = self.report(
            "compare", "--n", 1_000_000, "--rounds", 1, status=1, memory=60
        )
        self.assertIn(": out of memory", html)
        self.assertNotIn("absl", [each["name"] for each in data["plots"]["pauses"]["maps"]])

    def test_a_wrong_path_is_noticed_before_the_work(self):
        done = run("compare", "/no/such/path", "--report", "/no/such/directory/report.html")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stderr,
            "steady: cannot write /no/such/directory/report.html: No such file or directory\n",
        )


if __name__ == "__main__":
    unittest.main()
