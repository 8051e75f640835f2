"""Makes reports with the steady command and runs the tests of *_test.mjs on them, in Chromium.

Usage: run_browser_tests.py [--site DIRECTORY]     a site that tools/build_site made, instead of reports

Environment: STEADY_COMMAND, the command's path; STEADY_NODE_DIRECTORY, where Node.js's packages go.
Exit status 77, and the reason on standard output, where something that is needed is not there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SITE_TEST = "site_test.mjs"
SKIPPED = 77

# As a file's name it is an attack on a report that does not escape it.
HOSTILE_NAME = "<img src=x onerror=document.title=1>'\"&.txt"


def find_browser() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def skip(reason: str) -> None:
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def install_packages(directory: Path) -> None:
    """Puts what package-lock.json lists into `directory`, unless it is there."""
    wanted = (HERE / "package-lock.json").read_text(encoding="utf-8")
    copy = directory / "package-lock.json"
    if (directory / "node_modules").is_dir() and copy.exists() and copy.read_text(encoding="utf-8") == wanted:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, directory / name)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=directory, capture_output=True, text=True, timeout=200,
    )
    if done.returncode != 0:
        copy.unlink()
        skip(f"npm could not install playwright-core: {done.stderr.strip()[-300:]}")


def make_report(directory: Path, name: str, *arguments: str) -> dict[str, str]:
    report, result = directory / f"{name}.html", directory / f"{name}.json"
    subprocess.run(
        [os.environ["STEADY_COMMAND"], *arguments, "--report", str(report), "--json", str(result)],
        check=True, stdout=subprocess.DEVNULL, timeout=200,
    )
    return {"report": str(report), "json": str(result)}


def make_reports(directory: Path) -> dict[str, dict[str, str]]:
    hostile = directory / HOSTILE_NAME
    hostile.write_text(" ".join(f"word_{i % 5000}" for i in range(20_000)), encoding="utf-8")
    trace = directory / f"trace of {HOSTILE_NAME}"
    lines = [f"{i // 20},{('put', 'get', 'erase')[i % 3]},key {i * 7919 % 20_000},{i % 90}" for i in range(40_000)]
    trace.write_text("time,operation,key,size\n" + "\n".join(lines) + "\nbad <b>line</b>\n", encoding="utf-8")
    return {
        "replay": make_report(
            directory, "replay", "replay", str(trace), "--duration", "0.4", "--spread", "--fill", "--skip-bad-lines"
        ),
        "numbers": make_report(directory, "numbers", "compare", "--n", "300000", "--rounds", "2"),
        "tiny": make_report(directory, "tiny", "compare", "--n", "1", "--rounds", "1"),
        "hostile": make_report(directory, "hostile", "compare", str(hostile), "--rounds", "1"),
    }


def run_tests(packages: Path, names: list[str], variables: dict[str, str]) -> int:
    """Runs the tests beside node_modules, or Node.js would not find it."""
    for source in HERE.glob("*.mjs"):
        shutil.copy(source, packages / source.name)
    return subprocess.run(["node", "--test", *sorted(names)], cwd=packages, env={**os.environ, **variables}).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Tests reports, or the site, in Chromium.")
    parser.add_argument("--site", type=Path, metavar="DIRECTORY", help="the site, instead of reports")
    site = parser.parse_args().site
    browser = find_browser()
    if browser is None:
        skip("no Chromium (Debian: apt-get install chromium)")
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            skip(f"no {needed} (Debian: apt-get install nodejs npm)")
    packages = Path(os.environ["STEADY_NODE_DIRECTORY"])
    packages.mkdir(parents=True, exist_ok=True)
    install_packages(packages)
    variables = {"STEADY_BROWSER": browser}
    if site is not None:
        return run_tests(packages, [SITE_TEST], {**variables, "STEADY_SITE": str(site.resolve())})
    with tempfile.TemporaryDirectory() as temporary:
        names = [source.name for source in HERE.glob("*_test.mjs") if source.name != SITE_TEST]
        reports = json.dumps(make_reports(Path(temporary)))
        return run_tests(packages, names, {**variables, "STEADY_REPORTS": reports})


if __name__ == "__main__":
    sys.exit(main())
