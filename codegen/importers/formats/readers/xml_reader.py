"""XML with the place of every element, by the standard library's expat.

What is read is untrusted: entities and document types with declarations are refused, nothing is fetched, and depth and
number of elements are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

from codegen.importers.described.description import Origin
from codegen.importers.described.remarks import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Element", "parse_xml"]

MAX_ELEMENTS, MAX_DEPTH = 4_000_000, 64


class Element:
    """An element: its tag without a prefix, attributes, children, the text directly in it, and where it starts."""

    __slots__ = ("attributes", "children", "column", "file", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], file: str, line: int, column: int) -> None:
        """Take what a start tag says."""
        self.tag, self.attributes = tag, attributes
        self.file, self.line, self.column = file, line, column
        self.children: list[Element] = []
        self.text = ""

    @property
    def origin(self) -> Origin:
        """Where it starts."""
        return Origin(self.file, self.line, self.column)

    def find(self, tag: str) -> Element | None:
        """Return the first child of a tag."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def all(self, tag: str) -> Iterator[Element]:
        """Yield the children of a tag."""
        return (child for child in self.children if child.tag == tag)

    def value(self, tag: str) -> str | None:
        """Return the text of the first child of a tag, stripped; None where there is none, or nothing in it."""
        found = self.find(tag)
        return (found.text.strip() or None) if found is not None else None


_NOTHING: dict[str, str] = {}


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Element | None = None
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._declared
        self.parser.ElementDeclHandler = self._declared
        self.parser.AttlistDeclHandler = self._declared
        self.parser.ExternalEntityRefHandler = self._declared
        self._open: list[Element] = []
        self._count = 0

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parser = self.parser
        plain = {name.rpartition("\n")[2]: value for name, value in attributes.items()} if attributes else _NOTHING
        name = tag.rpartition("\n")[2] if "\n" in tag else tag
        element = Element(name, plain, self.file, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        self._count += 1
        if self._count > MAX_ELEMENTS:
            self._refuse("too-big", f"more than {MAX_ELEMENTS} elements", "Split the file.")
        if len(self._open) >= MAX_DEPTH:
            self._refuse("too-deep", f"nested deeper than {MAX_DEPTH} levels", "No register description is that deep.")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        if self._open:
            inside = self._open[-1]
            if inside.text or not text.isspace():  # most texts are what stands between two elements
                inside.text += text

    def _declared(self, *_declaration: object) -> NoReturn:
        message = "a document type with declarations or entities"
        self._refuse("xml-entity", message, "Write the text out; entities of one's own are not read.")

    def _refuse(self, rule: str, message: str, hint: str) -> NoReturn:
        origin = Origin(self.file, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        raise refuse(origin, rule, message, hint)


def parse_xml(content: bytes, file: str) -> Element:
    """Return the root of a document. Raises MapError with the place of what is wrong."""
    builder = _Builder(file)
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        origin = Origin(file, error.lineno, error.offset + 1)
        message = f"not valid XML: {expat.ErrorString(error.code)}"
        raise refuse(origin, "xml-syntax", message, "Check the tags before this place.") from None
    root = builder.root
    assert root is not None
    del builder.root, builder.parser  # they hold each other, and would hold the tree
    return root
