"""Signed checkpoints: size and root of the log, vouched for by a key, as text that a witness can keep."""

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pact_jax._extras import extra
from pact_jax.errors import ArgumentError, AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_DASH: Final = "\u2014"
_MAX_SIGNATURES: Final = 100
_THREE_LINES: Final = "give origin, size and root on three lines"


@dataclass(frozen=True)
class Checkpoint:
    """What a log was at some moment.

    Attributes:
        origin: id of the log.
        size: number of records.
        root: Merkle root over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note that is signed: origin, size and root, one line each.

        Example:
            >>> print(Checkpoint("example.com/log", 7, bytes(32)).text(), end="")
            example.com/log
            7
            AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
        """
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class CheckpointSigner:
    """Signs checkpoints with an Ed25519 key that stays in memory.

    Args:
        name: of the key, best that of the log; without spaces and plus signs.
        seed: 32 secret bytes.

    Raises:
        MissingExtra: `cryptography` is not installed.
        ArgumentError: a name or a seed that cannot be used.

    References:
        RFC 8032 (2017); C2SP, "signed-note" and "tlog-checkpoint".
    """

    def __init__(self, name: str, seed: bytes):
        if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
            raise ArgumentError(f"key name {name!r}", "CheckpointSigner", "leave out spaces and plus signs")
        if len(seed) != 32:
            raise ArgumentError(f"a seed of {len(seed)} bytes", "CheckpointSigner", "give 32 secret bytes")
        self._name = name
        self._key = _private_key(seed)

    def verifier_key(self) -> str:
        """Public half as text, `name+id+base64`, to be handed to verifiers and witnesses."""
        public = self._public()
        encoded = base64.b64encode(_ED25519 + public).decode()
        return f"{self._name}+{_key_id(self._name, public).hex()}+{encoded}"

    def sign(self, checkpoint: Checkpoint) -> str:
        """Signs a checkpoint.

        Args:
            checkpoint: size and root.

        Returns:
            A signed note.
        """
        return self.sign_text(checkpoint.text())

    def sign_text(self, text: str) -> str:
        """Signs any note text.

        Args:
            text: ends in a newline.

        Returns:
            The text, an empty line and the signature.
        """
        if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
            raise ArgumentError("a note ends in a newline and has no other control characters", "sign_text")
        signature = self._key.sign(text.encode("utf-8"))
        blob = base64.b64encode(_key_id(self._name, self._public()) + signature).decode()
        return f"{text}\n{_DASH} {self._name} {blob}\n"

    def _public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()


def open_note(note: str, verifier_key: str) -> str:
    """Checks the signature of one key on a note.

    Args:
        note: a signed note.
        verifier_key: `name+id+base64`.

    Returns:
        The text that was signed.

    Raises:
        AuditError: not a note, or no valid signature of this key.
        MissingExtra: `cryptography` is not installed.
        ArgumentError: not a verifier key.
    """
    name, key_id, public = _parse_key(verifier_key)
    text, signatures = _split_note(note)
    with extra("audit", where="signed checkpoints"):
        from cryptography.exceptions import InvalidSignature
    for signer, blob in signatures:
        if signer == name and blob[:4] == key_id:
            try:
                _public_key(public).verify(blob[4:], text.encode("utf-8"))
            except InvalidSignature:
                raise AuditError(f"the signature of {name!r} is not valid", "checkpoint") from None
            return text
    raise AuditError(f"{name!r} has not signed it", "checkpoint", "give the key of whoever signed")


def parse_checkpoint(note: str) -> Checkpoint:
    """Reads a checkpoint, signed or bare, without checking any signature.

    Args:
        note: text of the checkpoint.

    Returns:
        Origin, size and root.

    Raises:
        AuditError: not a checkpoint.
    """
    text = _split_note(note)[0] if "\n\n" in note else note
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise AuditError(
            f"not a checkpoint: {error}", "checkpoint", "give origin, size and root on three lines"
        ) from error
    if not origin or str(size) != lines[1] or size < 0 or len(root) != 32 or lines[-1]:
        raise AuditError("not a checkpoint", "checkpoint", _THREE_LINES)
    return Checkpoint(origin, size, root)


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    head, gap, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or lines.pop() != "" or not 0 < len(lines) <= _MAX_SIGNATURES:
        raise AuditError("not a signed note", "checkpoint", "give text, an empty line and signature lines")
    return f"{head}\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    try:
        dash, name, encoded = parts
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise AuditError(f"not a signature line: {line!r}", "checkpoint") from None
    if dash != _DASH or not name or "+" in name or len(blob) < 5:
        raise AuditError(f"not a signature line: {line!r}", "checkpoint")
    return name, blob


def _parse_key(text: str) -> tuple[str, bytes, bytes]:
    # Base64 itself contains plus signs, names and ids do not.
    parts = text.strip().split("+", 2)
    try:
        name, key_id, blob = parts[0], bytes.fromhex(parts[1]), base64.b64decode(parts[2], validate=True)
    except (IndexError, ValueError):
        raise ArgumentError("not a verifier key", "verifier key", "give name+id+base64") from None
    if blob[:1] != _ED25519 or len(blob) != 33 or key_id != _key_id(name, blob[1:]):
        raise ArgumentError("not the verifier key of an Ed25519 key", "verifier key", "give name+id+base64")
    return name, key_id, blob[1:]


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode("utf-8") + b"\n" + _ED25519 + public).digest()[:4]


def _private_key(seed: bytes) -> "Ed25519PrivateKey":
    with extra("audit", where="signed checkpoints"):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public_key(public: bytes) -> "Ed25519PublicKey":
    with extra("audit", where="signed checkpoints"):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    return Ed25519PublicKey.from_public_bytes(public)
