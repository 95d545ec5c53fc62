"""ActiveSync bodies as trees, as XML and as WBXML; independent of eastap's own code.

`encode()` lets libwbxml (ctypes) do the work and reads its result back with the table-driven
reader below; where libwbxml refuses a body or changes it (tags of 16.x it does not know, base64 it
expects in opaque text fields, white space it trims), a table-driven writer takes over. The tables
come from tests/data/facts/codepages.tsv.
"""
from __future__ import annotations

import base64
import ctypes
import ctypes.util
import pathlib
import threading
from dataclasses import dataclass, field
from typing import Iterator, Optional, Union
from xml.sax.saxutils import escape

HEADER = b"\x03\x01\x6a\x00"  # WBXML 1.3, public id 1 ("unknown"), UTF-8, no string table
_SWITCH_PAGE, _END, _ENTITY, _STR_I, _OPAQUE = 0x00, 0x01, 0x02, 0x03, 0xC3
_LANG_ACTIVESYNC = 2402
_FACTS = pathlib.Path(__file__).resolve().parents[2] / "data" / "facts" / "codepages.tsv"


class WbxmlError(Exception):
    """A body that cannot be written or read; the message names the place."""


def _load_tables():
    tags, tokens, pages = {}, {}, {}
    for line in _FACTS.read_text(encoding="utf-8").splitlines()[1:]:
        if not line.strip():
            continue
        page, namespace, token, tag = line.split("\t")[:4]
        number, code = int(page), int(token, 16)
        tags[(number, code)] = tag
        tokens[(namespace, tag)] = (number, code)
        pages[number] = namespace
    return tags, tokens, pages


TAG_BY_TOKEN, TOKEN_BY_TAG, NAMESPACE_BY_PAGE = _load_tables()
NAMESPACES = frozenset(NAMESPACE_BY_PAGE.values())


@dataclass
class Element:
    """One element. `text` is str for inline strings, bytes for opaque data, None without content."""

    namespace: str
    tag: str
    text: Union[str, bytes, None] = None
    children: list["Element"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.namespace}:{self.tag}"

    def find(self, path: str) -> Optional["Element"]:
        """The first descendant along `path` ("Collections/Collection/SyncKey", any namespace)."""
        return next(self.find_all(path), None)

    def find_all(self, path: str) -> Iterator["Element"]:
        head, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == head or child.name == head:
                if rest:
                    yield from child.find_all(rest)
                else:
                    yield child

    def value(self, path: str, default: Optional[str] = None) -> Optional[str]:
        """The text at `path`; opaque data as UTF-8."""
        found = self.find(path)
        if found is None:
            return default
        if found.text is None:
            return ""
        return found.text.decode("utf-8", "replace") if isinstance(found.text, bytes) else found.text

    def walk(self) -> Iterator["Element"]:
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


def element(name: str, *content, within: str = "") -> Element:
    """element("AirSync:Sync", element(...), …); content is one text or bytes, or child elements.

    A name without a namespace belongs to `within`.
    """
    namespace, _, tag = name.rpartition(":")
    result = Element(namespace or within, tag)
    for part in content:
        if part is None:
            continue
        if isinstance(part, Element):
            result.children.append(part)
        elif isinstance(part, (list, tuple)):
            result.children.extend(part)
        elif isinstance(part, bytes):
            result.text = part
        else:
            result.text = str(part)
    return result


class Namespace:
    """Short notation: `A = Namespace("AirSync"); A.Sync(A.Collections(...))`."""

    def __init__(self, name: str):
        if name not in NAMESPACES:
            raise WbxmlError(f"no code page is called {name}")
        self._name = name

    def __getattr__(self, tag: str):
        if (self._name, tag) not in TOKEN_BY_TAG:
            raise AttributeError(f"no tag {tag} on code page {self._name}")

        def make(*content):
            return element(f"{self._name}:{tag}", *content)
        return make


# ---------------------------------------------------------------------------- XML

_LIBWBXML_SPELLING = {"ComposeMail:Mime": "MIME"}


def to_xml(root: Element) -> str:
    """The document as libwbxml wants it: DOCTYPE of ActiveSync, opaque data as base64, its spellings.

    (The DOCTYPE "-//AIRSYNC//DTD AirSync//EN" stands for an older language of Windows Mobile 5 whose
    namespaces are URLs: with it, FolderHierarchy:SyncKey would become AirSync:SyncKey.)
    """
    out = ['<?xml version="1.0" encoding="utf-8"?>'
           '<!DOCTYPE ActiveSync PUBLIC "-//MICROSOFT//DTD ActiveSync//EN" "http://www.microsoft.com/">']

    def write(node: Element, inherited: str):
        tag = _LIBWBXML_SPELLING.get(node.name, node.tag)
        out.append(f"<{tag}" + ("" if node.namespace == inherited else f' xmlns="{node.namespace}:"'))
        if node.text is None and not node.children:
            out.append("/>")
            return
        out.append(">")
        if isinstance(node.text, bytes):
            out.append(base64.b64encode(node.text).decode())
        elif node.text is not None:
            out.append(escape(node.text, {"\r": "&#13;"}))
        for child in node.children:
            write(child, node.namespace)
        out.append(f"</{tag}>")

    write(root, "")
    return "".join(out)


# ---------------------------------------------------------------------------- libwbxml

class _LibWbxml:
    """The few functions of libwbxml2 that are needed. Calls are serialised: it keeps static state."""

    def __init__(self):
        name = ctypes.util.find_library("wbxml2") or "libwbxml2.so.1"
        self._lib = ctypes.CDLL(name)
        self._libc = ctypes.CDLL(None)
        self._libc.free.argtypes = [ctypes.c_void_p]
        self._lock = threading.Lock()
        for function in ("wbxml_conv_xml2wbxml_destroy", "wbxml_conv_wbxml2xml_destroy",
                         "wbxml_conv_xml2wbxml_disable_string_table",
                         "wbxml_conv_xml2wbxml_disable_public_id",
                         "wbxml_conv_xml2wbxml_enable_preserve_whitespaces",
                         "wbxml_conv_wbxml2xml_enable_preserve_whitespaces"):
            getattr(self._lib, function).argtypes = [ctypes.c_void_p]
            getattr(self._lib, function).restype = None
        for function in ("wbxml_conv_wbxml2xml_set_language", "wbxml_conv_wbxml2xml_set_gen_type",
                         "wbxml_conv_wbxml2xml_set_charset", "wbxml_conv_xml2wbxml_set_version"):
            getattr(self._lib, function).argtypes = [ctypes.c_void_p, ctypes.c_int]
            getattr(self._lib, function).restype = None
        self._lib.wbxml_errors_string.restype = ctypes.c_char_p

    def _run(self, kind: str, data: bytes, configure) -> bytes:
        with self._lock:
            conv = ctypes.c_void_p()
            error = getattr(self._lib, f"wbxml_conv_{kind}_create")(ctypes.byref(conv))
            if error:
                raise WbxmlError(f"libwbxml: {self._lib.wbxml_errors_string(error).decode()}")
            try:
                configure(conv)
                out, length = ctypes.c_void_p(), ctypes.c_uint32()
                source = ctypes.create_string_buffer(data, len(data) + 1)
                error = getattr(self._lib, f"wbxml_conv_{kind}_run")(
                    conv, source, ctypes.c_uint32(len(data)), ctypes.byref(out), ctypes.byref(length))
                if error:
                    raise WbxmlError(f"libwbxml: {self._lib.wbxml_errors_string(error).decode()}")
                result = ctypes.string_at(out, length.value)
                self._libc.free(out)
                return result
            finally:
                getattr(self._lib, f"wbxml_conv_{kind}_destroy")(conv)

    def xml_to_wbxml(self, xml: str) -> bytes:
        def configure(conv):
            self._lib.wbxml_conv_xml2wbxml_set_version(conv, 3)
            self._lib.wbxml_conv_xml2wbxml_enable_preserve_whitespaces(conv)
            self._lib.wbxml_conv_xml2wbxml_disable_string_table(conv)
            self._lib.wbxml_conv_xml2wbxml_disable_public_id(conv)
        return self._run("xml2wbxml", xml.encode("utf-8"), configure)

    def wbxml_to_xml(self, body: bytes) -> str:
        def configure(conv):
            self._lib.wbxml_conv_wbxml2xml_set_gen_type(conv, 1)
            self._lib.wbxml_conv_wbxml2xml_set_language(conv, _LANG_ACTIVESYNC)
            self._lib.wbxml_conv_wbxml2xml_set_charset(conv, 106)
            self._lib.wbxml_conv_wbxml2xml_enable_preserve_whitespaces(conv)
        return self._run("wbxml2xml", body, configure).decode("utf-8", "replace")


_library: Optional[_LibWbxml] = None


def library() -> _LibWbxml:
    global _library
    if _library is None:
        _library = _LibWbxml()
    return _library


def xml_to_wbxml(xml: str) -> bytes:
    """libwbxml's encoding of an AirSync document."""
    return library().xml_to_wbxml(xml)


def wbxml_to_xml(body: bytes) -> str:
    """libwbxml's XML of a body; for small, trusted bodies only (it recurses without limit)."""
    return library().wbxml_to_xml(body)


# ---------------------------------------------------------------------------- tables

def _multibyte(value: int) -> bytes:
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def encode_by_table(root: Element) -> bytes:
    """The body written from codepages.tsv alone. Iterative: nesting may be as deep as a test wants."""
    out, page = bytearray(HEADER), 0
    stack: list = [root]
    while stack:
        node = stack.pop()
        if node is None:
            out.append(_END)
            continue
        try:
            wanted, token = TOKEN_BY_TAG[(node.namespace, node.tag)]
        except KeyError:
            raise WbxmlError(f"no token for {node.name}") from None
        if wanted != page:
            out += bytes((_SWITCH_PAGE, wanted))
            page = wanted
        if node.text is None and not node.children:
            out.append(token)
            continue
        out.append(token | 0x40)
        if isinstance(node.text, bytes):
            out += bytes((_OPAQUE,)) + _multibyte(len(node.text)) + node.text
        elif node.text:
            out += bytes((_STR_I,)) + node.text.encode("utf-8") + b"\0"
        stack.append(None)
        stack.extend(reversed(node.children))
    return bytes(out)


def decode(body: bytes) -> Element:
    """The tree of a body; unknown tags become "unknown-0xNN"."""
    position = 0

    def octet() -> int:
        nonlocal position
        if position >= len(body):
            raise WbxmlError(f"ends at octet {position} inside the document")
        position += 1
        return body[position - 1]

    def multibyte() -> int:
        value = 0
        while True:
            byte = octet()
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                return value

    def string() -> str:
        nonlocal position
        end = body.find(b"\0", position)
        if end < 0:
            raise WbxmlError(f"string at octet {position} has no end")
        text = body[position:end].decode("utf-8", "surrogateescape")
        position = end + 1
        return text

    octet(), multibyte(), multibyte()
    table_length = multibyte()
    position += table_length
    page, root, stack = 0, None, []

    def add_text(text: Union[str, bytes]):
        if not stack:
            raise WbxmlError(f"content outside of the root at octet {position}")
        top = stack[-1]
        top.text = text if top.text is None else top.text + text

    while position < len(body):
        token = octet()
        if token == _SWITCH_PAGE:
            page = octet()
        elif token == _END:
            if not stack:
                raise WbxmlError(f"END too many at octet {position - 1}")
            stack.pop()
        elif token == _STR_I:
            add_text(string())
        elif token == _ENTITY:
            add_text(chr(multibyte()))
        elif token == _OPAQUE:
            length = multibyte()
            if position + length > len(body):
                raise WbxmlError(f"opaque data at octet {position} passes the end")
            add_text(body[position:position + length])
            position += length
        elif token & 0x3F >= 5 and not token & 0x80:
            node = Element(NAMESPACE_BY_PAGE.get(page, f"page{page}"),
                           TAG_BY_TOKEN.get((page, token & 0x3F), f"unknown-0x{token & 0x3F:02X}"))
            if stack:
                stack[-1].children.append(node)
            elif root is None:
                root = node
            else:
                raise WbxmlError(f"second root at octet {position - 1}")
            if token & 0x40:
                stack.append(node)
        else:
            raise WbxmlError(f"token 0x{token:02X} at octet {position - 1} is not used by ActiveSync")
    if stack:
        raise WbxmlError(f"{len(stack)} elements are not closed")
    if root is None:
        raise WbxmlError("no root element")
    return root


def _same(a: Element, b: Element) -> bool:
    """Equal on the wire: an empty text and no text differ only in the tag's content bit."""
    if (a.namespace, a.tag, a.text or None) != (b.namespace, b.tag, b.text or None):
        return False
    return len(a.children) == len(b.children) and all(_same(x, y) for x, y in zip(a.children, b.children))


class Writer:
    """Counts who wrote how many bodies, so that a test can tell that libwbxml was at work."""

    def __init__(self):
        self.by_library = self.by_table = 0


writer = Writer()


def encode(root: Element) -> bytes:
    """The body of `root`: libwbxml's where it says the same, else the table-driven writer's."""
    try:
        body = xml_to_wbxml(to_xml(root))
        if body.startswith(HEADER) and _same(decode(body), root):
            writer.by_library += 1
            return body
    except WbxmlError:
        pass
    writer.by_table += 1
    return encode_by_table(root)
