"""The command line: exit statuses and what is printed; and retention as data."""

import json
from datetime import date

import pytest

from pact_jax.audit import AuditLog, Checkpoint, RecordType, keep_until, retention_class, verify
from pact_jax.audit._retention import RETENTION
from pact_jax.cli import main
from tests.audit.logs import write_log


@pytest.fixture
def log(tmp_path):
    write_log(tmp_path / "log", 9)
    return tmp_path / "log"


@pytest.fixture
def checkpoint(log, tmp_path):
    path = tmp_path / "checkpoint.txt"
    path.write_text(Checkpoint("example.com/desk", 9, bytes.fromhex(verify(log).root)).text(), encoding="utf-8")
    return path


def test_verify(log, checkpoint, tmp_path, capsys):
    assert main(["audit", "verify", str(log), "--checkpoint", str(checkpoint)]) == 0
    assert "OK: 9 records verify" in capsys.readouterr().out
    assert main(["audit", "verify", str(tmp_path / "nowhere")]) == 4
    longer = checkpoint.read_text(encoding="utf-8").replace("\n9\n", "\n11\n")
    checkpoint.write_text(longer, encoding="utf-8")
    capsys.readouterr()
    assert main(["audit", "verify", str(log), "--checkpoint", str(checkpoint), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["first_bad"] == 9
    checkpoint.write_text("nothing", encoding="utf-8")
    assert main(["audit", "verify", str(log), "--checkpoint", str(checkpoint)]) == 4


def test_export_verifies(log, tmp_path, capsys):
    assert main(["audit", "export", str(log), "--out", str(tmp_path / "x.jsonl")]) == 0
    assert main(["audit", "verify", str(tmp_path / "x.jsonl")]) == 0
    assert main(["audit", "export", str(tmp_path / "nowhere")]) == 2


def test_checkpoint_for_a_witness(log, tmp_path, capsys):
    assert main(["audit", "checkpoint", str(log)]) == 0
    with AuditLog(log) as audit:
        assert capsys.readouterr().out == audit.checkpoint().text()
    (log / "audit.sqlite").write_bytes(b"nothing")
    assert main(["audit", "checkpoint", str(log)]) == 4


def test_signed_checkpoint_for_a_witness(log, tmp_path, capsys):
    pytest.importorskip("cryptography")
    secret, kept = tmp_path / "secret", tmp_path / "kept.txt"
    secret.write_text("ab" * 32 + "\n", encoding="utf-8")
    assert main(["audit", "checkpoint", str(log), "--sign", str(secret), "--name", "example.com/k"]) == 0
    out, err = capsys.readouterr()
    kept.write_text(out, encoding="utf-8")
    key = err.partition(": ")[2].strip()
    assert main(["audit", "verify", str(log), "--checkpoint", str(kept), "--key", key]) == 0
    kept.write_text(out.replace("\n9\n", "\n8\n"), encoding="utf-8")
    assert main(["audit", "verify", str(log), "--checkpoint", str(kept), "--key", key]) == 4
    secret.write_text("not hexadecimal", encoding="utf-8")
    assert main(["audit", "checkpoint", str(log), "--sign", str(secret)]) == 2


def test_proof_travels_without_the_log(log, checkpoint, tmp_path, capsys):
    assert main(["audit", "prove", str(log), "4"]) == 0
    proof = tmp_path / "proof.json"
    text = capsys.readouterr().out
    proof.write_text(text, encoding="utf-8")
    assert main(["audit", "check-proof", str(proof), "--checkpoint", str(checkpoint)]) == 0
    proof.write_text(text.replace("a-4", "a-5"), encoding="utf-8")
    assert main(["audit", "check-proof", str(proof), "--checkpoint", str(checkpoint)]) == 1
    assert "is NOT in the log" in capsys.readouterr().out
    proof.write_text("{}", encoding="utf-8")
    assert main(["audit", "check-proof", str(proof)]) == 2
    assert main(["audit", "prove", str(log), "9"]) == 2


def test_every_type_has_one_retention_class():
    for kind in RecordType:
        assert [item for item in RETENTION if kind in item.types] == [retention_class(kind)]
        assert retention_class(kind).years == 7
    assert keep_until(RecordType.ALERT, date(2026, 11, 22)) == date(2033, 11, 22)
