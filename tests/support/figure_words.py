"""Reads the words of an SVG figure."""

from pathlib import Path
from xml.etree import ElementTree

RESOURCES = Path(__file__).parents[2] / "resources"
SVG = "{http://www.w3.org/2000/svg}"


def words_of(svg: Path) -> str:
    """The text elements of an SVG, one per line."""
    elements = ElementTree.parse(svg).iter(f"{SVG}text")
    return "\n".join("".join(element.itertext()).strip() for element in elements)
