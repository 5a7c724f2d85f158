"""Values that stand for people or accounts → pseudonyms that only equal each other.

A pseudonym is a keyed hash (BLAKE2b, 72 bits as 12 letters): the same value gives the same
pseudonym in every table of a project, nobody without the key can try values out, and 12 letters
are what the engine compares fastest. With ten million different values the chance that any two
share a pseudonym is one in a hundred million.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from sameboat.errors import WarehouseError
from sameboat.project.file_faults import writing_error
from sameboat.project.home import make_home
from sameboat.project.unfinished import clear_abandoned, unfinished_file

KEY_FILE = "pseudonym.key"
KEY_BYTES = 32
LETTERS = 12


def key_of(folder: Path) -> bytes:
    """The project's key, made on first use; only its owner can read it.

    `folder` is the project's. Two processes that make it at once end with the same key, and a
    process killed half-way leaves none.
    """
    path = folder / ".sameboat" / KEY_FILE
    try:
        clear_abandoned(path.parent)
        if not path.exists():
            _make(path)
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except UnicodeDecodeError as error:
        raise _spoilt() from error
    except ValueError as error:
        raise _spoilt() from error
    except OSError as error:
        raise writing_error(error, name=f".sameboat/{KEY_FILE}") from error
    if len(key) != KEY_BYTES:
        raise _spoilt()
    return key


def _spoilt() -> WarehouseError:
    return WarehouseError(
        "pseudonym-key",
        f".sameboat/{KEY_FILE} does not hold a key.",
        hint="Put the key back from a backup; without it every pseudonym changes.",
    )


def _make(path: Path) -> None:
    make_home(path.parent)
    with unfinished_file(path) as own:
        with own.open("w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(own, path)  # unlike a rename, it never takes another's key away


def key_mark(key: bytes) -> str:
    """A short text that changes with the key and tells nothing of it."""
    return hashlib.blake2b(b"mark", key=key, digest_size=8).hexdigest()


def pseudonyms(values: pa.Array, *, key: bytes) -> pa.Array:
    """The pseudonym of each text; nothing stays nothing. Each different text is hashed once."""
    encoded = values.dictionary_encode()
    texts: list[bytes] = encoded.dictionary.cast(pa.binary()).to_pylist()
    fresh = hashlib.blake2b(key=key, digest_size=9, person=b"sameboat").copy
    digests: list[bytes] = []
    for text in texts:
        one = fresh()
        one.update(text)
        digests.append(one.digest())
    # nine bytes are exactly twelve letters, so all of them are spelled in one go
    letters = urlsafe_b64encode(b"".join(digests))
    ends = np.arange(0, LETTERS * len(texts) + 1, LETTERS, dtype=np.int32)
    hashed = pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(letters))
    return hashed.take(encoded.indices)
