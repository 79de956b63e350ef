"""What is written for people holds together with what is there."""

import ast
import re
import tomllib

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SETTINGS = ("config/tree.py", "providers/")


def pages(root):
    """Every page that belongs to the project."""
    return [*root.glob("*.md"), *(root / "docs").rglob("*.md")]


def test_links_between_pages_lead_somewhere(root):
    """A relative link names a file that is there."""
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in LINK.findall(page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_page_can_be_found_from_the_index(root):
    """docs/index.md leads to each page of docs."""
    index = (root / "docs" / "index.md").read_text()
    linked = {(root / "docs" / target).resolve() for target in LINK.findall(index)}
    lost = [page for page in (root / "docs").rglob("*.md") if page.name != "index.md" and page not in linked]
    assert lost == []


def test_every_setting_has_its_sentence(sources):
    """Each field of the configuration and of a plug-in's options is followed by its documentation."""
    silent = [
        f"{source.name}:{field.lineno} {field.target.id}"
        for source in sources
        if source.name.startswith(SETTINGS)
        for section in ast.walk(source.tree)
        if isinstance(section, ast.ClassDef) and is_settings(section)
        for field, after in zip(section.body, [*section.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and not is_text(after)
    ]
    assert silent == []


def is_settings(section: ast.ClassDef) -> bool:
    names = [base.id for base in section.bases if isinstance(base, ast.Name)]
    return "Section" in names or section.name == "Options"


def is_text(node: ast.stmt | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def test_the_readme_names_what_is_there(root):
    """Each script that a page tells people to run is there and can be run."""
    for page in pages(root):
        for script in re.findall(r"\bscripts/([a-z_]+)\b", page.read_text()):
            path = root / "scripts" / script
            assert path.exists(), f"{page.name}: scripts/{script}"
            assert path.stat().st_mode & 0o111, script


def test_the_changelog_knows_the_version(root):
    """The version being worked on has its section, or everything is still unreleased."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    changes = (root / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in changes or f"## [{project['version']}]" in changes
