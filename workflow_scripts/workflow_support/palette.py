"""The colours of all figures: the colour-blind safe palette of Okabe & Ito (2008), and their uses."""

from __future__ import annotations

BLACK, BLUE, ORANGE, GREEN = "#000000", "#0072B2", "#E69F00", "#009E73"
# Their yellow is left out: it is too pale for lines.
PURPLE, VERMILION, SKY = "#CC79A7", "#D55E00", "#56B4E9"
GREY, BAND, GRID = "#8C8C8C", "#F4F4F4", "#E4E4E4"

PLUS, MINUS = BLUE, VERMILION
"""Colours of the two strands, also in the figures that deepTools draws."""

COMBINATION = "combination"
HUES = {
    "standard": (VERMILION, "#8A3C00", "#F2A172"),
    "rcps": (PURPLE, "#8C4A70", "#E5B3CE"),
    "regular": (BLUE, "#00406B", SKY),
    "irrep": (GREEN, "#005A41", "#62CDA9"),
    COMBINATION: (BLACK, "#5A5A5A", "#A6A6A6"),
}
"""Shades of an arm's colour by group: a representation, or combinations of arms. The first of them is the group's."""
OTHER_HUE = ("#5D3A9B", "#2C1A4D", "#A48CCB")
"""Shades of representations that have no hue of their own."""
BASELINE_COLOUR = ORANGE
