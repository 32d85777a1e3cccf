"""Our own laws, held by reading the source."""

import ast
import re
import subprocess
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "seatrial"
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
MAX_FILE = 600
MAX_MEDIAN_FUNCTION = 10
A_PERSONS_FOLDER = re.compile(r"(?<![\w.])(?:/(?:home|root|work|Users)/\w|[A-Z]:\\Users\\)")


def modules(folder: Path) -> list[tuple[str, ast.Module]]:
    """Every module of a folder, by its path in the repository."""
    files = sorted(folder.rglob("*.py"))
    return [(str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"), str(file))) for file in files]


def inexact(tree: ast.AST) -> Iterator[int]:
    """The lines where a number could become a float or be rounded without saying how."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float()) | ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno
            case ast.Name(id="float" | "round"):
                yield node.lineno


def prints(tree: ast.AST) -> Iterator[int]:
    """The lines that print."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield node.lineno


def asserts(tree: ast.AST) -> bool:
    """Whether anything here can fail a test."""
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr in {"raises", "warns", "fail"})
        for node in ast.walk(tree)
    )


def function_lengths(tree: ast.AST) -> Iterator[int]:
    """The lines of each function, without its docstring and its decorators."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                docstring = node.body[0]
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            yield lines


def imports(trees: list[tuple[str, ast.Module]]) -> dict[str, set[str]]:
    """Which of these modules each imports, wherever it does so, be it for the type checker alone."""
    names = {path.removeprefix("src/").removesuffix(".py").replace("/", "."): tree for path, tree in trees}
    found: dict[str, set[str]] = {}
    for name, tree in names.items():
        asked: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                asked |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                asked |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        found[name] = asked & names.keys()
    return found


def circle(graph: dict[str, set[str]]) -> list[str] | None:
    """The modules of one circle of imports; None when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        members: list[str] = error.args[1]
        return members
    return None


def published() -> list[Path]:
    """All files that git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607  git is where it is
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("this is no git clone, so nothing says which files are published")
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_core_has_no_floats_and_every_division_names_its_rounding() -> None:
    found = [f"{path}:{line}" for path, tree in modules(SOURCE / "core") for line in inexact(tree)]
    assert not found


def test_the_cores_imports_have_no_circle() -> None:
    assert circle(imports(modules(SOURCE / "core"))) is None


def test_only_the_command_line_prints() -> None:
    found = [
        f"{path}:{line}"
        for path, tree in modules(SOURCE)
        for line in prints(tree)
        if not path.startswith("src/seatrial/cli/")
    ]
    assert not found


@pytest.mark.parametrize("file", TESTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_test_file_asserts_something(file: Path) -> None:
    assert asserts(ast.parse(file.read_text(encoding="utf-8"), str(file)))


def test_every_source_file_is_one_idea_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert not {str(path): lines for path, lines in lengths.items() if lines > MAX_FILE}


def test_the_median_function_is_short() -> None:
    lengths = [length for _, tree in modules(SOURCE) for length in function_lengths(tree)]
    assert median(lengths) < MAX_MEDIAN_FUNCTION


def test_no_published_file_names_a_folder_of_somebodys_machine() -> None:
    here = re.escape(str(ROOT))
    forbidden = re.compile(f"{here}(?![\\w])|{A_PERSONS_FOLDER.pattern}")
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in published()
        if (match := forbidden.search(file.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not found


@pytest.mark.parametrize("code", ["import b", "from b import x", "if TYPE_CHECKING:\n    from b import x"])
def test_the_reader_for_circles_sees(code: str) -> None:
    graph = imports([("src/a.py", ast.parse(code)), ("src/b.py", ast.parse("def f():\n    import a"))])
    assert graph == {"a": {"b"}, "b": {"a"}}
    assert circle(graph) is not None


@pytest.mark.parametrize("code", ["x = 0.5", "x = a / b", "x /= 2", "def f(x: float): ...", "round(x)"])
def test_the_reader_for_floats_sees(code: str) -> None:
    assert list(inexact(ast.parse(code))) == [1]


def test_the_reader_for_lengths_leaves_docstrings_out() -> None:
    assert list(function_lengths(ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'))) == [2]


@pytest.mark.parametrize("folder", ["home", "root", "Users"])
def test_the_reader_for_folders_sees(folder: str) -> None:
    assert A_PERSONS_FOLDER.search(f"see /{folder}/ann")
