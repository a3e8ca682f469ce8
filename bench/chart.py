"""Line charts as SVG, written by hand: panels side by side that share both axes."""

import math

PANEL_WIDTH, PANEL_HEIGHT = 250, 210
LEFT, TOP, GAP, BOTTOM, LEGEND_ROW = 48, 44, 34, 50, 20
LEGEND_WIDTH = 165  # of one entry
INK, PALE, GRID = "#333333", "#6b6b6b", "#e4e4e4"
DASHES = {"solid": "", "dashed": ' stroke-dasharray="6 4"', "dotted": ' stroke-dasharray="1.5 4"'}


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text(x, y, words, size=12, colour=INK, anchor="middle", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{more}>'
            f'{escaped(words)}</text>')


def line(x1, y1, x2, y2, colour=GRID, width=1.0, more=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"{more}/>'


def step_of(highest):
    """Of the grid's lines: 1, 2 or 5 times a power of ten, seven lines at most."""
    for exponent in range(-3, 7):
        for digit in (1, 2, 5):
            step = digit * 10.0**exponent
            if highest / step <= 7:
                return step
    raise ValueError(f"too high: {highest}")


def curve(series, place):
    points = [place(x, y) for x, y in series["points"]]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{series["colour"]}"/>' for x, y in points)
    return (f'<polyline points="{path}" fill="none" stroke="{series["colour"]}" stroke-width="1.8"'
            f'{DASHES[series["line"]]}/>{dots}')


def panel(left, title, series, ticks, top, step, first, x_words, mark):
    low, high = ticks[0][0], ticks[-1][0]

    def place(x, y):
        return left + PANEL_WIDTH * (x - low) / (high - low), TOP + PANEL_HEIGHT * (1 - y / top)

    parts = [text(left + PANEL_WIDTH / 2, TOP - 12, title, 13, INK, more=' font-weight="600"')]
    for index in range(round(top / step) + 1):
        _, y = place(low, index * step)
        parts.append(line(left, y, left + PANEL_WIDTH, y))
        if first:
            parts.append(text(left - 7, y + 4, f"{index * step:g}", 11, PALE, "end"))
    for tick, words in ticks:
        x, y = place(tick, 0)
        parts.append(text(x, y + 16, words, 11, PALE))
    if mark is not None:
        _, y = place(low, mark)
        parts.append(line(left, y, left + PANEL_WIDTH, y, INK, 1.2))
    parts.append(text(left + PANEL_WIDTH / 2, TOP + PANEL_HEIGHT + 33, x_words, 11, PALE))
    return parts + [curve(one, place) for one in series]


def legend(series, top):
    """Of the first panel: the others have the same lines. A row for each colour."""
    parts, rows = [], {}
    for one in series:
        place = rows.setdefault(one["colour"], [LEFT, top + LEGEND_ROW * len(rows)])
        x, y = place
        parts.append(line(x, y - 4, x + 26, y - 4, one["colour"], 1.8, DASHES[one["line"]]))
        parts.append(text(x + 32, y, one["name"], 11, INK, "start"))
        place[0] += LEGEND_WIDTH
    return parts, LEGEND_ROW * len(rows)


def lines(panels, ticks, x_words, y_words, mark=None):
    """`panels`: pairs of a title and a list of {name, colour, line: solid, dashed or dotted, points: [(x, y)]}. `ticks`:
    pairs of an x and its words, from the left edge to the right one. `mark` is a height at which a dark line runs."""
    highest = max([mark or 0, *(y for _, series in panels for one in series for _, y in one["points"])])
    step = step_of(highest)
    top = step * math.ceil(highest / step - 1e-9)
    width = LEFT + len(panels) * (PANEL_WIDTH + GAP)
    below = TOP + PANEL_HEIGHT + BOTTOM
    explained, rows_height = legend(panels[0][1], below + 10)
    height = below + rows_height + 4
    parts = [f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    middle = TOP + PANEL_HEIGHT / 2
    parts.append(text(14, middle, y_words, 11, PALE, more=f' transform="rotate(-90 14 {middle:.1f})"'))
    for index, (title, series) in enumerate(panels):
        parts += panel(LEFT + index * (PANEL_WIDTH + GAP), title, series, ticks, top, step, index == 0, x_words, mark)
    body = "\n".join(parts + explained)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="system-ui, sans-serif">\n{body}\n</svg>\n')
