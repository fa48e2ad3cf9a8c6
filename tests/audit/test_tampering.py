"""What either verifier must find: bit flips, deletion, insertion, swap, truncation, rewriting, forged checkpoints."""

import io
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pact_jax.audit import Checkpoint, Verdict, Verification, export_lines, verify
from pact_jax.audit import _second_verifier as second
from pact_jax.audit._hashing import chain_hash, leaf_hash
from pact_jax.audit._store import SCHEMA
from tests.audit.logs import write_log

COUNT = 12


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    directory = tmp_path_factory.mktemp("log")
    write_log(directory, COUNT)
    return directory


@pytest.fixture
def copy(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "log"))


def both(path: Path, checkpoint: Checkpoint | None = None) -> Verification:
    """The first verifier's answer, once the second agrees with it."""
    first = verify(path, checkpoint)
    status, bad, _, size = second.check(path, checkpoint.text() if checkpoint else None)
    assert (status, size) == (int(first.verdict), first.size)
    if first.verdict is Verdict.TAMPERED:
        assert bad == (-1 if first.first_bad is None else first.first_bad)
    return first


def head(path: Path) -> Checkpoint:
    found = verify(path)
    return Checkpoint("example.com/desk", found.size, bytes.fromhex(found.root))


def edit(directory: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """What someone with the file in his hands can do: drop the triggers, change rows, put the triggers back."""
    database = sqlite3.connect(directory / "audit.sqlite")
    triggers = [text for text in SCHEMA if text.startswith("CREATE TRIGGER")]
    for text in triggers:
        database.execute(f"DROP TRIGGER {text.split()[2]}")
    change(database)
    for text in triggers:
        database.execute(text)
    database.commit()
    database.close()


def rehash(database: sqlite3.Connection, start: int, line: bytes) -> None:
    """Rewrites history from one record on, with every hash put right."""
    rows = database.execute("SELECT seq, line FROM record WHERE seq > ? ORDER BY seq", (start,)).fetchall()
    prev = database.execute("SELECT hash FROM record WHERE seq = ?", (start - 1,)).fetchone()
    digest = chain_hash(prev[0] if prev else bytes(32), leaf_hash(line))
    database.execute("UPDATE record SET line = ?, hash = ? WHERE seq = ?", (line, digest, start))
    for seq, later in rows:
        head, _, tail = later.partition(b'"prev":"')
        later = head + b'"prev":"' + digest.hex().encode() + tail[64:]
        digest = chain_hash(digest, leaf_hash(later))
        database.execute("UPDATE record SET line = ?, hash = ? WHERE seq = ?", (later, digest, seq))


def line_of(directory: Path, seq: int) -> bytes:
    database = sqlite3.connect(directory / "audit.sqlite")
    line = database.execute("SELECT line FROM record WHERE seq = ?", (seq,)).fetchone()[0]
    database.close()
    return line


def test_untouched(original):
    assert both(original, head(original)).verdict is Verdict.OK
    assert both(original).size == COUNT


@pytest.mark.parametrize("seq", [0, 5, COUNT - 1])
@pytest.mark.parametrize("column", ["line", "hash"])
def test_every_changed_bit_is_found(copy, seq, column):
    generator = random.Random(seq)
    database = sqlite3.connect(copy / "audit.sqlite")
    value = bytearray(database.execute(f"SELECT {column} FROM record WHERE seq = ?", (seq,)).fetchone()[0])
    database.close()
    for bit in generator.sample(range(8 * len(value)), 6):
        value[bit // 8] ^= 1 << bit % 8
        edit(copy, lambda d: d.execute(f"UPDATE record SET {column} = ? WHERE seq = ?", (bytes(value), seq)))
        found = both(copy)
        assert (found.verdict, found.first_bad) == (Verdict.TAMPERED, seq)
        value[bit // 8] ^= 1 << bit % 8


def test_deleted_in_the_middle(copy):
    edit(copy, lambda d: d.execute("DELETE FROM record WHERE seq = 4"))
    found = both(copy)
    assert (found.verdict, found.first_bad) == (Verdict.TAMPERED, 4)


def test_inserted(copy):
    def insert(database):
        for seq in range(COUNT - 1, 3, -1):
            database.execute("UPDATE record SET seq = ? WHERE seq = ?", (seq + 1, seq))
        database.execute("INSERT INTO record SELECT 4, line, hash FROM record WHERE seq = 3")

    edit(copy, insert)
    found = both(copy)
    assert (found.verdict, found.first_bad) == (Verdict.TAMPERED, 4)


def test_inserted_before_the_first(copy):
    edit(copy, lambda d: d.execute("INSERT INTO record SELECT -1, line, hash FROM record WHERE seq = 3"))
    assert both(copy).verdict is Verdict.TAMPERED


def test_swapped(copy):
    def swap(database):
        for before, after in ((3, -7), (8, 3), (-7, 8)):
            database.execute("UPDATE record SET seq = ? WHERE seq = ?", (after, before))

    edit(copy, swap)
    found = both(copy)
    assert (found.verdict, found.first_bad) == (Verdict.TAMPERED, 3)


def test_cut_at_the_end(copy):
    trusted = head(copy)
    edit(copy, lambda d: d.execute("DELETE FROM record WHERE seq >= 9"))
    assert both(copy).verdict is Verdict.TRUNCATED  # the store still knows how far it once reached
    edit(copy, lambda d: d.execute("UPDATE sqlite_sequence SET seq = 8"))
    assert both(copy).verdict is Verdict.OK  # nothing inside the file can show it now
    found = both(copy, trusted)
    assert (found.verdict, found.first_bad) == (Verdict.TRUNCATED, 9)


def test_rewritten_from_a_record_on(copy):
    trusted = head(copy)
    edit(copy, lambda d: rehash(d, 6, line_of(copy, 6).replace(b"a-6", b"a-x")))
    assert both(copy).verdict is Verdict.OK  # the chain alone proves nothing against its owner
    assert both(copy, trusted).verdict is Verdict.TAMPERED


def test_well_hashed_lies_about_place_and_log(copy):
    line = line_of(copy, 6)
    lies = {
        b'"seq":6': b'"seq":7',
        b"example.com/desk": b"example.com/else",
        b'"v":1': b'"v":7',
        b'"prev":"': b'"prev":"00',
    }
    for old, new in lies.items():
        lie = line.replace(old, new)
        edit(copy, lambda d, text=lie: rehash(d, 6, text))
        found = both(copy)
        assert (found.verdict, found.first_bad) == (Verdict.TAMPERED, 6)


def test_forged_checkpoints(original):
    trusted = head(original)
    other_root = Checkpoint(trusted.origin, COUNT, bytes(32))
    longer = Checkpoint(trusted.origin, COUNT + 1, trusted.root)
    shorter = Checkpoint(trusted.origin, COUNT - 1, trusted.root)
    elsewhere = Checkpoint("example.com/else", COUNT, trusted.root)
    verdicts = [both(original, forged).verdict for forged in (other_root, longer, shorter, elsewhere)]
    assert verdicts == [Verdict.TAMPERED, Verdict.TRUNCATED, Verdict.TAMPERED, Verdict.TAMPERED]


def test_missing_triggers_and_other_files(copy, tmp_path):
    database = sqlite3.connect(copy / "audit.sqlite")
    database.execute("DROP TRIGGER record_delete")
    database.close()
    assert both(copy).verdict is Verdict.TAMPERED
    (copy / "audit.sqlite").write_bytes(b"not a database at all" * 1000)
    assert both(copy).verdict is Verdict.UNREADABLE
    assert both(tmp_path / "nowhere").verdict is Verdict.UNREADABLE


def test_a_page_that_lies_about_itself_is_found_though_every_record_reads_well(copy):
    database = sqlite3.connect(copy / "audit.sqlite")
    page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'record'").fetchone()[0]
    size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    data = bytearray((copy / "audit.sqlite").read_bytes())
    data[(page - 1) * size + 7] ^= 1  # number of fragmented free bytes
    (copy / "audit.sqlite").write_bytes(data)
    assert both(copy).verdict is Verdict.TAMPERED


def test_flipped_bytes_of_the_file_never_pass_for_another_history(original, tmp_path):
    """Any byte of the file: either no record changed, or it is found."""
    data = (original / "audit.sqlite").read_bytes()
    trusted = head(original)
    generator = random.Random(7)
    for position in generator.sample(range(len(data)), 60):
        broken = bytearray(data)
        broken[position] ^= 1 << generator.randrange(8)
        target = tmp_path / str(position)
        target.mkdir()
        (target / "audit.sqlite").write_bytes(broken)
        first = verify(target, trusted)
        status = second.check(target, trusted.text())[0]
        assert (status == 0) == (first.verdict is Verdict.OK)
        assert first.verdict is not Verdict.OK or first.last_hash == verify(original).last_hash


def test_exported_lines(original, tmp_path):
    out = io.BytesIO()
    assert export_lines(original, out) == COUNT
    lines = out.getvalue().splitlines(keepends=True)
    path, trusted = tmp_path / "log.jsonl", head(original)

    def judged(changed: list[bytes]) -> tuple[int, int | None]:
        path.write_bytes(b"".join(changed))
        found = both(path, trusted)
        return int(found.verdict), found.first_bad

    assert judged(lines) == (0, None)
    assert judged([*lines[:3], *lines[4:]]) == (1, 3)
    assert judged([*lines[:3], lines[4], lines[3], *lines[5:]]) == (1, 3)
    assert judged([*lines[:5], lines[5].replace(b'"portfolio":"p"', b'"portfolio":"q"'), *lines[6:]]) == (1, 5)
    assert judged([*lines[:5], lines[5].replace(b",", b", "), *lines[6:]]) == (1, 5)
    assert judged(lines[:-1]) == (3, COUNT - 1)
    assert judged([*lines, b'{"torn":']) == (2, None)
    assert judged([*lines[:-1], lines[-1][:-9]]) == (3, COUNT - 1)


def test_second_verifier_runs_alone(original, tmp_path):
    """Copied away, in a Python that cannot see this package."""
    script = Path(shutil.copy(second.__file__, tmp_path / "verifier.py"))
    note = tmp_path / "note.txt"
    note.write_text(head(original).text(), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(script), str(original), "--checkpoint", str(note)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"status 0, {COUNT} good records\n"), done.stderr
