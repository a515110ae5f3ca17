# SPDX-License-Identifier: Apache-2.0
"""A picture of what grows, by gnuplot: run with mounts on the host, list with containers, starts
with workers."""
import shutil

from .table import CONTAINERS, MOUNTS, NAMES, ROWS, WIDTHS

PANELS = (("mounts", MOUNTS, "run /bin/true", "mounts on the host", "ms"),
          ("list", CONTAINERS, "list", "containers", "ms"),
          ("parallel", WIDTHS, "100 starts", "workers", "starts a second"))
COLOURS = {"ctr": "#0060ad", "crun": "#dd181f", "runc": "#00883a", "floor": "#777777"}


def curves(kind, points):
    """{program: [(x, smallest, median, largest), ...]} of rows KIND.X"""
    found = {}
    for name in NAMES:
        rows = [(x, ROWS[f"{kind}.{x}"]) for x in points if name in ROWS[f"{kind}.{x}"].samples]
        if rows:
            found[name] = [(x, min(row.samples[name]), row.middle(name), max(row.samples[name]))
                           for x, row in rows]
    return found


def panel(kind, points, title, x_label, y_label):
    found = curves(kind, points)
    if not found:
        return ""
    blocks, plots = "", []
    for name, numbers in found.items():
        block = f"${kind}_{name}"
        blocks += f"{block} << EOD\n" + "".join(
            f"{x} {middle} {low} {high}\n" for x, low, middle, high in numbers) + "EOD\n"
        style = f"lc rgb '{COLOURS.get(name, '#8060a0')}' lw 2"
        plots.append(f"{block} using 1:2:3:4 with yerrorbars notitle {style} pt 7 ps 0.6")
        plots.append(f"{block} using 1:2 with lines title '{name}' {style}")
    return (f"{blocks}set title '{title}'\nset xlabel '{x_label}'\nset ylabel '{y_label}'\n"
            f"set yrange [*:*]\nplot {', '.join(plots)}\n")


def draw(bench, path):
    """A missing gnuplot is said, and nothing is drawn."""
    panels = [text for text in (panel(*row) for row in PANELS) if text]
    if not shutil.which("gnuplot"):
        bench.missing["plot"] = "gnuplot is not on this machine (package gnuplot-nox)"
    elif not panels:
        bench.missing["plot"] = "no row was measured that grows"
    else:
        script = (f"set terminal pngcairo size {480 * len(panels)},420 font ',10'\n"
                  f"set output '{path}'\nset key top left\nset grid\nset logscale y\n"
                  f"set multiplot layout 1,{len(panels)}\n" + "".join(panels)
                  + "unset multiplot\n")
        with open("plot.gnuplot", "w") as file:
            file.write(script)
        bench.must("gnuplot", "plot.gnuplot")
