"""Scripts, styles and pictures of the pages, read once; their addresses change with their contents."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import Request, Response

from wisebook_ml.api.pages.languages import LANGUAGES, texts

__all__ = ["digest_of_all", "static_file"]

MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

FOR_EVER = "public, max-age=31536000, immutable"
"""What is below the digest of all files never changes."""


def static_file(request: Request, version: str, name: str) -> Response | None:
    """Return a file as an answer; None where there is none of this name.

    Parameters
    ----------
    request : Request
        May have ``If-None-Match``.
    version : str
        The digest in its address. A page from before an update still gets the file, but asks again each time.
    name : str
        Its path below the folder.
    """
    body = _files().get(name)
    if body is None:
        return None
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER if version == digest_of_all() else "no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


@cache
def digest_of_all() -> str:
    """Return a digest of all files."""
    told = hashlib.sha256()
    for name, body in sorted(_files().items()):
        told.update(f"{name}\0{len(body)}\0".encode() + body)
    return told.hexdigest()[:16]


@cache
def _files() -> Mapping[str, bytes]:
    found = dict(_walk(files(__package__) / "static", ""))
    for lang in LANGUAGES:
        said = json.dumps(texts(lang), ensure_ascii=False, sort_keys=True)
        found[f"texts-{lang}.js"] = f"export default {said};\n".encode()
    return found


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _walk(one, f"{prefix}{one.name}/")
        elif one.name.rpartition(".")[2] in MEDIA_TYPES:
            yield f"{prefix}{one.name}", one.read_bytes()
