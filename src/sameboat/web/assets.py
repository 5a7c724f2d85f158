"""Stylesheet, script and icon: read once, served under a name that changes with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from sameboat.errors import UsageError

FOLDER = Path(__file__).parent / "assets"
BUILT = FOLDER / "built"
REQUIRED = ("app.css", "app.js")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file with its content's hash."""

    name: str
    content: bytes
    type: str
    hash: str

    @property
    def url(self) -> str:
        return f"/assets/{self.hash}/{self.name}"


def read_assets(built: Path = BUILT, own: Path = FOLDER) -> Mapping[str, Asset]:
    """Every asset by its name; an error where the front end was never built."""
    found: dict[str, Asset] = {}
    for folder in (own, built):
        for path in sorted(folder.glob("*")):
            if path.suffix in TYPES and path.is_file():
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()[:12]
                found[path.name] = Asset(path.name, content, TYPES[path.suffix], digest)
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise UsageError(
            "assets-missing",
            f"the pages' {' and '.join(missing)} are not built",
            hint="Install the package again (make env), which builds the front end.",
        )
    return found


router = APIRouter()


@router.api_route("/assets/{digest}/{name}", methods=["GET", "HEAD"])
def asset(request: Request, digest: str, name: str) -> Response:
    """The file, to be kept forever: another content would have another address."""
    found = request.app.state.site.assets.get(name)
    if found is None or found.hash != digest:
        return Response("No such file.", status_code=404, media_type="text/plain")
    headers = {"cache-control": FOREVER, "etag": f'"{found.hash}"', "vary": "Accept-Encoding"}
    if found.hash in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.type, headers=headers)


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
def favicon(request: Request) -> Response:
    """The icon under the name that browsers ask for unasked."""
    found = request.app.state.site.assets["favicon.svg"]
    return Response(
        found.content, media_type=found.type, headers={"cache-control": "max-age=86400"}
    )
