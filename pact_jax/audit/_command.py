"""What `pact audit ...` does: one function per subcommand."""

import argparse
import base64
import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from pact_jax.errors import AuditError

from ._checkpoint import Checkpoint, CheckpointSigner, open_note, parse_checkpoint
from ._export import export_lines
from ._hashing import leaf_hash
from ._merkle import inclusion_proof, merkle_root, verify_inclusion
from ._store import connect_reader, log_file, log_id, rows
from ._verify import Verdict, Verification, verify


def add_audit_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `pact audit` with its subcommands to the command line.

    Args:
        commands: subparsers of `pact`.
    """
    audit = commands.add_parser("audit", help="verify, export and prove audit records")
    parts = audit.add_subparsers(title="audit commands", required=True, metavar="PART")

    check = parts.add_parser("verify", help="0 ok, 1 tampered, 2 torn tail only, 3 truncated, 4 unreadable")
    check.add_argument("path", type=Path, help="log directory, or a file of exported lines")
    check.add_argument("--checkpoint", type=Path, help="checkpoint that someone else kept")
    check.add_argument("--key", help="NAME+ID+BASE64 of who signed the checkpoint")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=cli_verify)

    export = parts.add_parser("export", help="write records as JSON lines")
    export.add_argument("path", type=Path, help="log directory")
    export.add_argument("--out", type=Path, help="file; standard output by default")
    export.set_defaults(run=cli_export)

    point = parts.add_parser("checkpoint", help="print size and root for someone else to keep")
    point.add_argument("path", type=Path, help="log directory")
    point.add_argument("--sign", type=Path, metavar="F", help="sign with the secret in this file, 64 hex digits")
    point.add_argument("--name", help="name of the key; the id of the log by default")
    point.set_defaults(run=cli_checkpoint)

    prove = parts.add_parser("prove", help="proof that one record is in the log")
    prove.add_argument("path", type=Path, help="log directory")
    prove.add_argument("sequence", type=int, help="of the record")
    prove.set_defaults(run=cli_prove)

    check_proof = parts.add_parser("check-proof", help="check what `prove` printed, without the log")
    check_proof.add_argument("proof", type=Path, help="file with the proof")
    check_proof.add_argument("--checkpoint", type=Path, help="checkpoint that the root must be of")
    check_proof.add_argument("--key", help="NAME+ID+BASE64 of who signed the checkpoint")
    check_proof.set_defaults(run=cli_check_proof)


def cli_verify(chosen: argparse.Namespace) -> int:
    """`pact audit verify PATH [--checkpoint F [--key K]] [--json]`; the exit status is the verdict."""
    try:
        checkpoint = _read_checkpoint(chosen.checkpoint, chosen.key)
    except AuditError as error:
        # Status 2, which every other refusal has, would say "torn tail" here.
        print(f"pact: {error}", file=sys.stderr)
        return int(Verdict.UNREADABLE)
    found = verify(chosen.path, checkpoint)
    print(json.dumps(_as_json(found)) if chosen.json else _as_text(found))
    return int(found.verdict)


def cli_export(chosen: argparse.Namespace) -> int:
    """`pact audit export PATH [--out F]`."""
    if chosen.out is None:
        export_lines(chosen.path, sys.stdout.buffer)
    else:
        with chosen.out.open("wb") as file:
            export_lines(chosen.path, file)
    return 0


def cli_checkpoint(chosen: argparse.Namespace) -> int:
    """`pact audit checkpoint PATH [--sign F [--name N]]`; refuses a log that does not verify, with its verdict."""
    if chosen.path.is_file():
        raise AuditError("exported lines", str(chosen.path), "give the log directory")
    found = verify(chosen.path)
    if found.verdict is not Verdict.OK:
        print(_as_text(found), file=sys.stderr)
        return int(found.verdict)
    with closing(connect_reader(log_file(chosen.path))) as connection:
        point = Checkpoint(log_id(connection), found.size, bytes.fromhex(found.root))
    if chosen.sign is None:
        print(point.text(), end="")
        return 0
    signer = CheckpointSigner(chosen.name or point.origin, _read_secret(chosen.sign))
    print(signer.sign(point), end="")
    print(f"verifier key: {signer.verifier_key()}", file=sys.stderr)
    return 0


def cli_prove(chosen: argparse.Namespace) -> int:
    """`pact audit prove PATH SEQUENCE`: prints the record, the siblings and the checkpoint that they lead to."""
    path = log_file(chosen.path)
    if not path.is_file():
        raise AuditError("no audit log here", str(chosen.path), "give the directory that --audit wrote to")
    with closing(connect_reader(path)) as connection:
        lines = [row.line for row in rows(connection)]
        log = log_id(connection)
    leaves = [leaf_hash(line) for line in lines]
    siblings = inclusion_proof(leaves, chosen.sequence)
    content = {
        "record": lines[chosen.sequence].decode("utf-8"),
        "sequence": chosen.sequence,
        "proof": [base64.b64encode(node).decode() for node in siblings],
        "checkpoint": Checkpoint(log, len(leaves), merkle_root(leaves)).text(),
    }
    print(json.dumps(content, indent=1, ensure_ascii=False))
    return 0


def cli_check_proof(chosen: argparse.Namespace) -> int:
    """`pact audit check-proof FILE [--checkpoint F [--key K]]`: 0 if the record is in the log, 1 if not."""
    try:
        content = json.loads(_read_text(chosen.proof))
        leaf, sequence = leaf_hash(content["record"].encode("utf-8")), int(content["sequence"])
        siblings = [base64.b64decode(node, validate=True) for node in content["proof"]]
        claimed = parse_checkpoint(content["checkpoint"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise AuditError(
            f"not a proof: {error}", str(chosen.proof), "give a file that `pact audit prove` wrote"
        ) from error
    trusted = _read_checkpoint(chosen.checkpoint, chosen.key) or claimed
    good = trusted == claimed and verify_inclusion(sequence, trusted.size, leaf, siblings, trusted.root)
    print(f"record {sequence} {'is' if good else 'is NOT'} in the log of {trusted.size} records {trusted.origin!r}")
    return 0 if good else 1


def _read_checkpoint(path: Path | None, key: str | None) -> Checkpoint | None:
    if path is None:
        return None
    note = _read_text(path)
    return parse_checkpoint(open_note(note, key) if key else note)


def _read_secret(path: Path) -> bytes:
    try:
        return bytes.fromhex(_read_text(path).strip())
    except ValueError:
        raise AuditError("not 64 hexadecimal digits", str(path), "write `secrets.token_hex(32)` to it") from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(f"cannot be read: {error}", str(path)) from error


def _as_json(found: Verification) -> dict[str, str | int | None]:
    return asdict(found) | {"verdict": found.verdict.name, "status": int(found.verdict)}


def _as_text(found: Verification) -> str:
    lines = [f"{found.verdict.name}: {found.size} records verify, root {found.root}"]
    if found.reason:
        place = "" if found.first_bad is None else f"record {found.first_bad}: "
        lines.append(f"  {place}{found.reason}")
    return "\n".join(lines)
