"""Files that others made run no code, whatever they hold and however they are named."""

import ast
import gzip
import io
import re
import struct
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from checkout import ROOT
from extract_sequences import extract_sequences
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from safetensors.torch import load_file, save_file
from sample_negatives import sample_negatives
from saved_replicates import description, made, refused, written
from sequence_formats import fasta_text

from configuration import resolve
from learning.training.checkpoints import Checkpoint
from workflow_support.errors import InputError
from workflow_support.fetch import fetch

SCRIPTS = ROOT / "workflow_scripts"
SMK = [ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]
SCHEMA = ROOT / "resources/schemas/config.schema.json"


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Path]:
    return written(tmp_path / "model", (made(3), description()))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_finite_numbers_are_refused(saved: tuple[Path, Path], value: float) -> None:
    weights, models = saved
    state = load_file(weights)
    name = "seed3/head.classify.bias"
    state[name] = torch.full_like(state[name], value)
    save_file(state, weights)
    error = refused(weights, models)
    assert error.file == weights
    assert name in str(error)


HEADERS = {
    "overlapping": b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
    b'"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
    "negative": b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}',
    "backwards": b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}',
    "one name twice": b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
    b'"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}',
    "an overflow": b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}',
    "deep": b'{"a":' * 50_000,
    "deep lists": b"[" * 100_000,
}


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_headers_are_refused_in_models_and_ignored_in_checkpoints(
    name: str, saved: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    weights, models = saved
    weights.write_bytes(struct.pack("<Q", len(HEADERS[name])) + HEADERS[name] + bytes(16))
    assert refused(weights, models).file == weights
    state = object()
    with caplog.at_level("INFO", logger="rc"):
        assert Checkpoint(weights, "identity").resume(lambda: state) == (state, False)


def test_a_checkpoint_whose_notes_are_hostile_is_ignored(tmp_path: Path) -> None:
    state, path = object(), tmp_path / "seed1.safetensors"
    for notes in ("[" * 200_000, '{"identity":' * 100_000, "9" * 5_000, '{"identity": 1e999}', "\0", "nul"):
        save_file({"a": torch.ones(1)}, path, metadata={"training": notes})
        assert Checkpoint(path, "identity").resume(lambda: state) == (state, False)


DESCRIPTIONS = {
    "deep lists": lambda text: "[" * 200_000,
    "deep objects": lambda text: '[{"a":' * 100_000,
    "a key twice": lambda text: text.replace('"seed": 3', '"seed": 3, "seed": 4'),
    "a number of many digits": lambda text: text.replace('"seed": 3', '"seed": ' + "9" * 5_000),
    "absurd channels": lambda text: re.sub(r'"channels": \d+', '"channels": ' + "9" * 30, text),
    "an absurd window": lambda text: re.sub(r'"window": \d+', '"window": 1000000000000000', text),
    "an absurd kernel": lambda text: re.sub(r'"kernel_widths": \[\s*\d+', '"kernel_widths": [1000000000000001', text),
    "a quality that no float holds": lambda text: re.sub(r'"quality": [-\d.]+', '"quality": ' + "9" * 400, text),
    "another encoding": lambda text: "\ud800".encode("utf-16", "surrogatepass"),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_hostile_descriptions_are_refused(name: str, saved: tuple[Path, Path]) -> None:
    weights, models = saved
    before = models.read_text()
    hostile = DESCRIPTIONS[name](before)
    assert hostile != before
    models.write_bytes(hostile if isinstance(hostile, bytes) else hostile.encode())
    assert refused(weights, models).file == models


UNSAFE_CALLS = re.compile(
    r"eval|exec|compile|__import__|os\.(system|popen|spawn\w*|exec\w*)|yaml\.(unsafe_|full_)?load"
    r"|subprocess\.get\w+|.*\.(extract|extractall|unpack_archive)|torch\.(jit|hub)\.load"
)


def unsafe_uses(source: str) -> list[int]:
    """Lines that run text as code, give text to a shell or unpack archives."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if UNSAFE_CALLS.fullmatch(ast.unparse(call.func)) or any(word.arg == "shell" for word in call.keywords)
    ]


def test_nothing_of_ours_runs_text_or_unpacks_archives() -> None:
    sources = list(SCRIPTS.rglob("*.py"))
    assert len(sources) > 50
    assert [f"{path}:{line}" for path in sources for line in unsafe_uses(path.read_text())] == []
    words = re.compile(r"\b(eval|exec|os\.system|os\.popen|pickle|shell=|unpack_archive|extractall)\b\s*\(?")
    assert [str(path) for path in SMK if words.search(path.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "eval(x)",
        "exec(x)",
        "os.system(x)",
        "subprocess.run(x, shell=True)",
        "yaml.load(x)",
        "tar.extractall(x)",
        "shutil.unpack_archive(x)",
    ],
)
def test_the_search_finds_planted_cases(source: str) -> None:
    assert unsafe_uses(source) == [1]


def strings_of(expression: str) -> list[str]:
    """All strings of an expression; names stand for constants of common.smk, of which one is the end of a command."""
    tree = ast.parse(f"({expression})", mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names <= {"WITHOUT_TIME"}
    common = (ROOT / "rules/common.smk").read_text()
    parts = [re.search(rf"^{name} = (\((?:\n .*)+\n\))", common, re.MULTILINE)[1] for name in sorted(names)]
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return constants + [ast.literal_eval(part) for part in parts]


def shell_commands() -> list[tuple[str, str]]:
    """The commands of all rules, as written, with their rule file."""
    return [
        (path.name, "".join(strings_of(match[1])))
        for path in SMK
        for match in re.finditer(r"^    shell:\n((?:        .*\n)+)", path.read_text(), re.MULTILINE)
    ]


def test_shells_see_quoted_names_alone() -> None:
    commands = shell_commands()
    assert len(commands) == sum(path.read_text().count("    shell:\n") for path in SMK) >= 8
    for file, command in commands:
        fields = re.findall(r"\{[^}]*\}", command)
        assert fields, file
        assert [field for field in fields if not field.endswith(":q}")] == [], file


@pytest.mark.parametrize("scheme", ["file", "data", "s3", "gs", "jar", "javascript", "FILE", "ldap", "netdoc"])
def test_addresses_of_other_kinds_are_refused(scheme: str, tmp_path: Path) -> None:
    for url in (f"{scheme}:///etc/hostname", f"{scheme}:text/plain,hello", f"{scheme}://host/path"):
        with pytest.raises(InputError, match="cannot be fetched") as caught:
            fetch(url, tmp_path / "f")
        assert "http://, https:// or ftp://" in caught.value.allowed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["file:///etc/hostname", "data:text/plain,hello", "s3://bucket/key"])
def test_a_redirect_to_another_kind_of_address_is_refused(
    target: str, tmp_path: Path, http_redirect: Callable[[str], str]
) -> None:
    with pytest.raises(InputError, match="refuses to send the file"):
        fetch(http_redirect(target), tmp_path / "f", pause_seconds=0)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def http_redirect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    target = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", target[0])
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def url(to: str) -> str:
        target[:] = [to]
        return f"http://127.0.0.1:{server.server_port}/file"

    yield url
    server.shutdown()
    server.server_close()


def archives(folder: Path) -> list[Path]:
    """A member of each would leave the folder into which it is unpacked."""
    text = fasta_text({"chr1": "ACGT" * 10}).encode()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("../escaped.fa", text)
    for name, mode in (("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tar.bz2", "w:bz2")):
        with tarfile.open(folder / name, mode) as archive:
            member = tarfile.TarInfo("../escaped.fa")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return sorted(folder.glob("a.*"))


def test_archives_are_refused_and_never_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    folder.mkdir()
    for archive in archives(folder):
        with pytest.raises(InputError) as caught:
            normalise_genome(archive, *(tmp_path / "out" / str(number) for number in range(4)))
        assert str(archive) in str(caught.value)
        assert caught.value.fix
    assert not list(tmp_path.rglob("escaped.fa"))


HOSTILE = "a b;'\"$(touch hacked)`touch hacked`é\n&|*?-"


def test_a_chain_works_under_hostile_names_and_runs_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(HOSTILE)
    folder.mkdir()
    rng = np.random.default_rng(1)
    genome = {name: "".join(rng.choice(list("ACGT"), 40_000)) for name in ("chr1", "chr2")}
    (folder / "-source;$(touch hacked).fa.gz").write_bytes(gzip.compress(fasta_text(genome).encode()))
    (folder / "-peaks `touch hacked`.bed").write_text(
        "".join(f"{name}\t{start}\t{start + 50}\n" for name in genome for start in range(1_000, 39_000, 4_000))
    )
    fasta = folder / "genome.fa"
    normalise_genome(
        folder / "-source;$(touch hacked).fa.gz", fasta, Path(f"{fasta}.fai"), folder / "contigs", folder / "sizes"
    )
    splits = {"validation": ["chr2:1-20000"], "test": ["chr2:20001-40000"]}
    outputs = {name: folder / name for name in ("positives.tsv", "peaks.bed", "peak_counts.tsv")}
    prepare_peaks(folder / "-peaks `touch hacked`.bed", fasta, [], 100, None, splits, 0.5, *outputs.values())
    negatives = [folder / name for name in ("negatives.tsv", "negatives.bed", "negative_counts.tsv")]
    sample_negatives(
        positives=outputs["positives.tsv"],
        intervals=outputs["peaks.bed"],
        fasta=fasta,
        blacklist=[],
        unlabelled=[],
        **dict(zip(("negatives", "bed", "counts"), negatives, strict=True)),
        splits=splits,
        windows={"width": 100, "max_unknown_fraction": 0.5},
        settings={"ratio": 1, "margin": 100, "overlap": False, "gc_bin_width": 0.2, "seed": 1},
    )
    written = [folder / name for name in ("windows.tsv", "codes.npy", "surroundings.npy", "window_counts.tsv")]
    extract_sequences(outputs["positives.tsv"], negatives[0], fasta, False, *written)
    codes = np.load(folder / "codes.npy")
    assert codes.shape[1] == 100
    assert len(codes) > 20
    assert not list(tmp_path.rglob("hacked"))


SECTIONS = {
    "a task": lambda config: config["tasks"],
    "a genome": lambda config: config["genomes"],
    "an arm": lambda config: config["study"]["arms"],
    "a prediction": lambda config: config["predict"],
    "a set of variants": lambda config: config["variants"],
    "a transcription factor": lambda config: config["simulation"]["tfs"],
}
HOSTILE_NAMES = ["a b", "a;b", "a'b", 'a"b', "$(touch hacked)", "`x`", "a\nb", "a\n", "-rf", "é", "../a", "a/b", ""]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_a_shell_or_a_path_could_misread_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    good = (ROOT / "tests/tiny.yaml").read_text()
    resolve(yaml.safe_load(good), [ROOT / "tests/tiny.yaml"], SCHEMA)
    file = tmp_path / "config.yaml"
    for section in (None, *SECTIONS.values()):
        config = yaml.safe_load(good)
        if section is None:
            config["name"] = name
        else:
            named = section(config)
            named[name] = named[next(iter(named))]
        file.write_text(yaml.safe_dump(config))
        with pytest.raises(InputError) as caught:
            resolve(config, [file], SCHEMA)
        assert re.search("`name` has a value|cannot be a name", caught.value.problem)
        assert re.search("letters, digits|text like", caught.value.allowed)
        assert caught.value.fix
