"""Checks the links of HTML pages in a folder: files and anchors. Nothing is loaded from elsewhere."""

from __future__ import annotations

import urllib.parse
from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """The links of a page, and its anchors."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {"", "__top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        for name in ("id", "name"):
            if attributes.get(name):
                self.anchors.add(attributes[name] or "")
        for name in ("href", "src"):
            link = attributes.get(name)
            if link is not None and tag in ("a", "img", "link", "script"):
                self.links.append(link)


def broken_links(folder: Path) -> list[str]:
    """A sentence for each link that leads nowhere."""
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    broken = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # its links are those of a server's root
        for link in sorted(set(page.links)):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                target = (path.parent / urllib.parse.unquote(parts.path)).resolve()
            if target.is_dir():
                target = target / "index.html"
            where = path.relative_to(folder)
            if not target.exists():
                broken.append(f"{where}: {link} leads to no file")
            elif target in pages and urllib.parse.unquote(parts.fragment) not in pages[target].anchors:
                broken.append(f"{where}: {link} leads to no anchor")
    return broken


def loaded_from_elsewhere(folder: Path) -> list[str]:
    """A sentence for each thing that a page would load from another host."""
    found = []
    for path in sorted(folder.rglob("*.html")):
        parser = Loads(path)
        found += [f"{path.relative_to(folder)}: loads {link}" for link in parser.loaded]
    return found


class Loads(HTMLParser):
    """What a page loads from other hosts."""

    def __init__(self, path: Path):
        super().__init__()
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        link = attributes.get("src") if tag in ("img", "script", "iframe") else None
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preconnect", "icon"):
            link = attributes.get("href")
        if link and urllib.parse.urlsplit(link).netloc:
            self.loaded.append(link)
