"""Lays out the pages of the site as the repository is laid out, so that links between documents stay
as they are. A link to a source file or a folder gets a page that shows it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

LINK = re.compile(r"(!?\[(?:[^\]\[]|\[[^\]]*\])*\])\(([^)\s]+)\)")
FENCE = re.compile(r"^(\s*)(`{3,})")
# Documents that are not where their names say, because a folder's README.md would be its index.
PAGES = {"docs/guide/why.md": "index.md", "README.md": "overview.md"}
IMAGES = (".svg", ".png")
LANGUAGES = {".hpp": "cpp", ".cpp": "cpp", ".py": "python", ".sh": "bash", ".cmake": "cmake"}


def is_elsewhere(link: str) -> bool:
    """Whether a link leaves the repository, or stays in its page."""
    return link.startswith(("http://", "https://", "mailto:", "#"))


def links_outside_code(text: str, replace) -> str:
    """The text with every Markdown link outside of code replaced by what `replace` returns."""
    result = []
    fence = None
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and fence is None:
            fence = mark.group(2)
        elif mark and line.strip() == fence:
            fence = None
        elif fence is None:
            pieces = re.split(r"(`[^`]*`)", line) if line.count("`") % 2 == 0 else [line]
            # A link's text may be code: so code is put back before links are looked for.
            hidden = [piece for piece in pieces if piece.startswith("`")]
            line = LINK.sub(replace, line) if not hidden else _with_code(line, replace)
        result.append(line)
    return "\n".join(result)


def _with_code(line: str, replace) -> str:
    """Links of a line with code in it, which may be in a link's text but is not a link itself."""
    spans = [found.span() for found in re.finditer(r"`[^`]*`", line)]

    def outside(found: re.Match) -> str:
        begins_in_code = any(first < found.start() < last for first, last in spans)
        return found.group() if begins_in_code else replace(found)

    return LINK.sub(outside, line)


class Stage:
    """The folder from which the site is built."""

    def __init__(self, repository: Path, folder: Path):
        self.repository = repository
        self.folder = folder
        self.sources: set[str] = set()  # that need a page, as paths in the repository
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def write(self, name: str, text: str) -> None:
        """A page."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add_document(self, name: str) -> None:
        """A document of the repository, its links to sources made links to their pages."""
        text = (self.repository / name).read_text(encoding="utf-8")
        page = PAGES.get(name, name)

        def leading_to_page(found: re.Match) -> str:
            text_of_link, link = found.groups()
            if is_elsewhere(link):
                return found.group()
            path, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(name), path))
            to = os.path.relpath(self.page_for(target), os.path.dirname(page) or ".")
            return f"{text_of_link}({to}{'#' + anchor if anchor else ''})"

        self.write(page, links_outside_code(text, leading_to_page))

    def page_for(self, target: str) -> str:
        """The page that shows a file or folder of the repository."""
        if target in PAGES:
            return PAGES[target]
        public = re.fullmatch(r"include/steady/(\w+)\.hpp", target)
        if public:
            return f"reference/{public.group(1)}.md"
        path = self.repository / target
        if not path.exists():
            raise FileNotFoundError(f"a document links to {target}, which does not exist")
        if target.endswith((".md", *IMAGES)):
            return target
        if target.endswith(".json"):  # raw results: to be loaded, not read
            (self.folder / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, self.folder / target)
            return target
        self.sources.add(target)
        return f"source/{target}.md"

    def add_images(self, folder: str) -> None:
        """All pictures of a folder."""
        for image in sorted(path for path in (self.repository / folder).iterdir() if path.suffix in IMAGES):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
            shutil.copy(image, self.folder / folder / image.name)

    def add_sources(self) -> None:
        """The pages that documents asked for."""
        done: set[str] = set()
        while self.sources - done:
            target = sorted(self.sources - done)[0]
            done.add(target)
            self.write(f"source/{target}.md", self._source_page(target))

    def _source_page(self, target: str) -> str:
        path = self.repository / target
        if path.is_dir():
            names = sorted(child.name for child in path.iterdir() if child.suffix in LANGUAGES)
            pages = {name: self.page_for(f"{target}/{name}") for name in names}
            here = os.path.dirname(f"source/{target}.md")
            lines = [f"- [{name}]({os.path.relpath(page, here)})" for name, page in pages.items()]
            return f"# {target}\n\n" + "\n".join(lines) + "\n"
        code = path.read_text(encoding="utf-8")
        fence = "`" * 6
        return f"# {target}\n\n{fence}{LANGUAGES.get(path.suffix, 'text')}\n{code}\n{fence}\n"
