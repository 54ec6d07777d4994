"""Pictures of bars as SVG, for light and dark pages."""

from html import escape

COLORS = ["#2a78d6", "#eb6834", "#1baf7a", "#a06fd6", "#c9a227", "#888888"]
WIDTH, LEFT, RIGHT, BAR = 720, 190, 90, 16


def bars(title, unit, groups):
    """`groups`: {group: {name: (median, least, most)}}, one bar each, with a line from the least to the most. A name has one color."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    values = [figures for group in groups.values() for figures in group.values()]
    # One disturbed round must not make all bars short: its line is cut off.
    longest = min(max(most for _, _, most in values), 3 * max(median for median, _, _ in values)) or 1

    def x(value):
        return LEFT + min(value / longest, 1) * (WIDTH - LEFT - RIGHT)

    parts, y = [], 34
    for group, figures in groups.items():
        y += 22
        parts.append(f'<text class="t" x="10" y="{y}" font-weight="bold">{escape(group)}</text>')
        y += 8
        for name, (median, least, most) in figures.items():
            middle = y + BAR / 2
            parts.append(
                f'<text class="t" x="{LEFT - 8}" y="{middle + 4:.0f}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{LEFT}" y="{y}" width="{x(median) - LEFT:.1f}" height="{BAR}" fill="{COLORS[names.index(name) % len(COLORS)]}"/>'
                f'<line class="l" x1="{x(least):.1f}" x2="{x(most):.1f}" y1="{middle}" y2="{middle}"/>'
                f'<text class="t" x="{x(most) + 6:.1f}" y="{middle + 4:.0f}">{median:.3g}</text>')
            y += BAR + 4
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 14}" font-family="sans-serif" font-size="12">\n'
            "<style>.b{fill:#fff}.t{fill:#222}.l{stroke:#222;stroke-width:1.5}"
            "@media(prefers-color-scheme:dark){.b{fill:#0d1117}.t{fill:#ddd}.l{stroke:#ddd}}</style>\n"
            f'<rect class="b" width="{WIDTH}" height="{y + 14}"/>\n'
            f'<text class="t" x="10" y="22" font-size="14">{escape(title)}, {escape(unit)}</text>')
    return "\n".join([head, *parts, "</svg>"]) + "\n"
