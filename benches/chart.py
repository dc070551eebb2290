#!/usr/bin/env python3
"""Draws the throughput of this crate and of its competitors as an SVG bar chart.

    cd benches/comparison && cargo run --release --locked -- --json results.json
    python3 ../chart.py results.json ../../docs/performance.svg

Each bar is the geometric mean of the throughput over the three corpora. The same input gives the
same bytes. The script needs only the standard library.
"""

import json
import math
import sys
from xml.sax.saxutils import escape

CORPORA = ["ascii", "emoji", "escaped"]

# Group title, spelling of the input, and the bars: label, measured function.
GROUPS = [
    ("Decode subscribe payloads", "captured", [
        ("ivs-chat-proto", "decode"),
        ("serde_json, RawValue", "serde_json RawValue"),
        ("serde_json, borrowed", "serde_json"),
        ("serde_json, owned", "serde_json owned"),
        ("sonic-rs, LazyValue", "sonic-rs LazyValue"),
        ("sonic-rs, borrowed", "sonic-rs"),
        ("simd-json, borrowed", "simd-json"),
    ]),
    ("Decode publish payloads", "sdk", [
        ("ivs-chat-proto", "publish"),
        ("serde_json, RawValue", "publish serde_json RawValue"),
        ("serde_json, borrowed", "publish serde_json"),
        ("sonic-rs, LazyValue", "publish sonic-rs LazyValue"),
        ("sonic-rs, borrowed", "publish sonic-rs"),
    ]),
    ("Encode subscribe payloads", "captured", [
        ("ivs-chat-proto", "encode plain"),
        ("sonic-rs", "encode plain sonic-rs"),
        ("serde_json", "encode plain serde_json"),
    ]),
    ("Encode SEND_MESSAGE", "send", [
        ("ivs-chat-proto", "encode send"),
        ("sonic-rs", "encode send sonic-rs"),
        ("serde_json", "encode send serde_json"),
    ]),
]

WIDTH = 760
LABELS = 190
VALUES = 64
BAR = 16
STEP = 21
GROUP_GAP = 20
TOP = 70

STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif;
       font-size: 13px; fill: #1f2328; }
.title { font-size: 17px; font-weight: 600; }
.group { font-weight: 600; }
.note { fill: #59636e; font-size: 12px; }
.ours { fill: #0969da; }
.theirs { fill: #9198a1; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .note { fill: #9198a1; }
  .ours { fill: #4493f8; }
  .theirs { fill: #656c76; }
  .grid { stroke: #3d444d; }
}
"""


def throughput(medians, function, spelling):
    """Returns the geometric mean over the corpora, in MB/s."""
    logarithms = []
    for corpus in CORPORA:
        key = (function, corpus, spelling)
        if key not in medians:
            sys.exit(f"no measurement of {function!r} over {corpus}/{spelling}: run all rows")
        median = medians[key]
        logarithms.append(math.log(1e3 * median["bytes"] / median["nanoseconds"]))
    return math.exp(sum(logarithms) / len(logarithms))


def axis_step(largest):
    """Returns the distance of the grid lines: 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(largest))
    return next(step for step in (power / 5, power / 2, power, power * 2) if largest / step <= 6)


def element(name, content=None, **attributes):
    pairs = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<{name}{pairs}/>" if content is None else f"<{name}{pairs}>{content}</{name}>"


def text(x, y, content, **attributes):
    return element("text", escape(content), x=x, y=y, **attributes)


def draw(results):
    medians = {(m["function"], m["corpus"], m["spelling"]): m for m in results["medians"]}
    groups = [
        (title, [(label, throughput(medians, function, spelling)) for label, function in bars])
        for title, spelling, bars in GROUPS
    ]
    largest = max(value for _, bars in groups for _, value in bars)
    step = axis_step(largest)
    scale = (WIDTH - LABELS - VALUES) / largest

    lines = [
        (round(LABELS + index * step * scale, 1), f"{index * step:.0f}")
        for index in range(math.floor(largest / step) + 1)
    ]
    body, y = [], TOP
    for title, bars in groups:
        body.append(text(0, y + 12, title, class_="group"))
        y += STEP
        for x, _ in lines:
            end = y + STEP * len(bars)
            body.append(element("line", x1=x, y1=y - 4, x2=x, y2=end, class_="grid"))
        for label, value in bars:
            kind = "ours" if label == "ivs-chat-proto" else "theirs"
            length = round(value * scale, 1)
            body.append(text(LABELS - 8, y + 12.5, label, text_anchor="end"))
            body.append(element("rect", x=LABELS, y=y, width=length, height=BAR, class_=kind))
            body.append(text(round(LABELS + length + 6, 1), y + 12.5, f"{value:.0f}"))
            y += STEP
        y += GROUP_GAP
    bottom = y - GROUP_GAP

    for x, number in lines:
        body.append(text(x, bottom + 16, number, text_anchor="middle", class_="note"))
    axis = LABELS + (WIDTH - LABELS - VALUES) / 2
    unit = "MB/s, longer is faster"
    body.append(text(axis, bottom + 34, unit, text_anchor="middle", class_="note"))

    note = f"Geometric mean over three corpora; medians of {results['rounds']} rounds"
    content = "\n".join([
        element("style", STYLE),
        text(0, 20, "Throughput of ivs-chat-proto and general JSON libraries", class_="title"),
        text(0, 42, note, class_="note"),
        *body,
    ])
    height = bottom + 44
    return element(
        "svg",
        "\n" + element("title", "Throughput of ivs-chat-proto and general JSON libraries, in MB/s")
        + "\n" + content + "\n",
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height:.0f}",
        width=WIDTH, height=f"{height:.0f}", role="img",
    ).replace("class-=", "class=") + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: chart.py RESULTS.json CHART.svg")
    with open(sys.argv[1], encoding="utf-8") as file:
        results = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as file:
        file.write(draw(results))


if __name__ == "__main__":
    main()
