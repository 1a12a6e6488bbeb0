"""Draws the contact sheet of the inspector: every screen in every state, at two sizes.

usage: python docs/contact_sheet.py [DIRECTORY]

Writes docs/tui-contact-sheet.png, of the reviewed pictures under tests/golden/tui; into DIRECTORY,
if one is given, each of them as a PNG of its own. It needs `pip install cairosvg pillow` and the
font DejaVu Sans Mono, which nothing else here does: it is run by hand after the pictures changed.
"""

import io
import sys
from pathlib import Path

import cairosvg
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "tests" / "golden" / "tui"
SHEET = Path(__file__).with_name("tui-contact-sheet.png")
SIZES = ("80x24", "130x36")
ACROSS = 4
"""Pairs of tiles beside each other."""
SCALE = 0.5
GAP, LABEL = 10, 18
GROUND, INK = "#303030", "#d0d0d0"


def main(directory: Path | None) -> None:
    names = sorted({file.stem.rpartition(".")[0] for file in PICTURES.glob("*.svg")})
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        for file in PICTURES.glob("*.svg"):
            drawn(file, 1.0).save(directory / f"{file.stem}.png")
    tiles = [[drawn(PICTURES / f"{name}.{size}.svg", SCALE) for size in SIZES] for name in names]
    sheet = laid_out(names, tiles)
    # an octree keeps the few colours that there are among so many greys
    few = sheet.quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(SHEET, optimize=True)


def drawn(file: Path, scale: float) -> Image.Image:
    """Draw one picture: in its full size first, or letters would not stand in their columns."""
    image = Image.open(io.BytesIO(cairosvg.svg2png(url=str(file)))).convert("RGB")
    size = (round(image.width * scale), round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def laid_out(names: list[str], tiles: list[list[Image.Image]]) -> Image.Image:
    """Put the pairs in rows, each under its name."""
    widths = [max(pair[index].width for pair in tiles) for index in range(len(SIZES))]
    width = sum(widths) + 2 * GAP
    height = max(tile.height for pair in tiles for tile in pair) + LABEL + GAP
    rows = -(-len(names) // ACROSS)
    sheet = Image.new("RGB", (ACROSS * (width + GAP) + GAP, rows * height + GAP), GROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.truetype("DejaVuSansMono.ttf", 13)
    for number, (name, pair) in enumerate(zip(names, tiles, strict=True)):
        row, column = divmod(number, ACROSS)
        left, top = GAP + column * (width + GAP), GAP + row * height
        draw.text((left, top), name, INK, font)
        for tile in pair:
            sheet.paste(tile, (left, top + LABEL))
            left += tile.width + GAP
    return sheet


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
