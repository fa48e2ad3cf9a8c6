"""Signed checkpoints against published signatures, with both implementations of Ed25519."""

import base64
import sys

import pytest

from pact_jax.audit import Checkpoint, CheckpointSigner, open_note, parse_checkpoint
from pact_jax.audit import _second_verifier as second
from pact_jax.errors import ArgumentError, AuditError, MissingExtra

# golang.org/x/mod/sumdb/note, example of the package documentation (BSD-3-Clause).
NOTE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
NOTE_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = f"{NOTE_TEXT}\n\u2014 PeterNeumann {NOTE_SIGNATURE}\n"

# RFC 8032 (2017), section 7.1, tests 1, 2 and 3: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

POINT = Checkpoint("example.com/log", 42, bytes(range(32)))


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_second_verifier_follows_rfc_8032(public, message, signature):
    key, text, good = bytes.fromhex(public), bytes.fromhex(message), bytearray.fromhex(signature)
    assert second.ed25519(key, text, bytes(good))
    assert not second.ed25519(key, text + b"x", bytes(good))
    for position in (0, 31, 32, 63):
        good[position] ^= 1
        assert not second.ed25519(key, text, bytes(good))
        good[position] ^= 1
    too_large = int.from_bytes(good[32:], "little") + second.L
    assert not second.ed25519(key, text, bytes(good[:32]) + too_large.to_bytes(32, "little"))


def test_second_verifier_opens_the_published_note():
    line = NOTE.split("\n")[-2]
    assert second.signed_by(NOTE_KEY, NOTE_TEXT, line)
    assert not second.signed_by(NOTE_KEY, NOTE_TEXT.replace("know", "knew"), line)


def test_published_note():
    pytest.importorskip("cryptography")
    assert open_note(NOTE, NOTE_KEY) == NOTE_TEXT
    signer = CheckpointSigner("PeterNeumann", NOTE_SEED)
    assert signer.verifier_key() == NOTE_KEY
    assert signer.sign_text(NOTE_TEXT) == NOTE


def test_signed_checkpoint_round_trip():
    pytest.importorskip("cryptography")
    signer = CheckpointSigner("example.com/log", bytes(32))
    note = signer.sign(POINT)
    assert parse_checkpoint(note) == POINT == parse_checkpoint(open_note(note, signer.verifier_key()))
    assert second.read_checkpoint(note, signer.verifier_key()) == ("example.com/log", 42, POINT.root)
    other = CheckpointSigner("example.com/log", bytes([1]) * 32)
    forged = note.replace("\n42\n", "\n41\n")
    for text, key in ((forged, signer.verifier_key()), (note, other.verifier_key())):
        with pytest.raises(AuditError):
            open_note(text, key)
        with pytest.raises(second.Bad):
            second.read_checkpoint(text, key)
    cosigned = note + other.sign(POINT).split("\n\n")[1]
    assert open_note(cosigned, other.verifier_key()) == POINT.text()


@pytest.mark.parametrize("text", ["", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n", POINT.text() + "x"])
def test_what_is_not_a_checkpoint(text):
    with pytest.raises(AuditError, match="checkpoint"):
        parse_checkpoint(text)


@pytest.mark.parametrize("key", ["", "a+b", "a+00000000+AAAA", NOTE_KEY.replace("c74f", "c74e")])
def test_what_is_not_a_key(key):
    pytest.importorskip("cryptography")
    with pytest.raises(ArgumentError):
        open_note(NOTE, key)


def test_keys_and_texts_that_cannot_be_used():
    pytest.importorskip("cryptography")
    for name, seed in (("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31))):
        with pytest.raises(ArgumentError):
            CheckpointSigner(name, seed)
    for text in ("no newline", "tab\t\n"):
        with pytest.raises(ArgumentError):
            CheckpointSigner("a", bytes(32)).sign_text(text)


def test_missing_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingExtra, match="audit"):
        CheckpointSigner("a", bytes(32))
    with pytest.raises(MissingExtra, match="audit"):
        open_note(NOTE, NOTE_KEY)
