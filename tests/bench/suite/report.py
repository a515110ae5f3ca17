# SPDX-License-Identifier: Apache-2.0
"""What the bench says in the end: tables as text or markdown, JSON, and where it was measured."""
import json
import os

from .table import LIMITS, NAMES, PEERS, ROWS, SECTIONS


def machine(bench):
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":", 1)[1].strip() for line in file
                    if line.startswith("model name")), os.uname().machine)
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 1024 // 1024 + 1
    return {"processor": cpu, "processors": os.cpu_count(), "memory": f"{memory} GB",
            "kernel": os.uname().release, "load": os.getloadavg()[0], "rounds": bench.rounds}


def versions(bench):
    found = {}
    for name, program in bench.programs.items():
        if program:
            words = bench.output(program, "--version")[1].split("\n")[0].split()
            found[name] = words[-1] if words else "?"
    return dict(sorted(found.items()))


def number(value):
    if value == int(value):
        return f"{value:,.0f}"
    if value < 10:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def cell(row, name):
    if name not in row.samples:
        return "-"
    numbers = row.samples[name]
    text = number(row.middle(name))
    if len(numbers) > 1:
        text += f" ({number(min(numbers))}-{number(max(numbers))})"
    ratio = row.ratio(name)
    return text if ratio is None else f"{text} **{ratio:.2f}x**"


def goals(row):
    marks = {True: "met", False: "missed", None: "-"}
    return ", ".join(f"{text}: {marks[met]}" for text, met in row.verdicts())


def table(title, rows, missing):
    """The lines of one section's table, cells as text."""
    names = [name for name in NAMES if any(name in row.samples for row in rows)] or ["ctr"]
    lines = [[title, *names, "goal"]]
    for row in rows:
        if not row.samples and row.name in missing:
            lines.append([row.title, "*" + missing[row.name] + "*", *[""] * (len(names) - 1),
                          goals(row)])
        elif row.samples:
            unit = f", {row.unit}" if row.unit else ""
            lines.append([row.title + unit, *(cell(row, name) for name in names), goals(row)])
    return lines


def print_markdown(lines):
    print("| " + " | ".join(lines[0]) + " |")
    print("|" + "---|" * len(lines[0]))
    for line in lines[1:]:
        print("| " + " | ".join(line) + " |")
    print()


def print_text(lines):
    lines = [[text.replace("*", "") for text in line] for line in lines]
    widths = [max(len(line[i]) for line in lines if not line[i].endswith("*"))
              for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    print()


LEGEND = ("Median (smallest-largest) of whole processes in turn. Behind a peer's number: how many "
          "times better ctr is. Behind that of floor (only what the kernel must be asked for) and "
          "native (outside of a container): ctr's number divided by it.")


def print_tables(bench, markdown):
    for title, rows in SECTIONS.items():
        lines = table(title, rows, bench.missing)
        if len(lines) > 1:
            (print_markdown if markdown else print_text)(lines)
    where, what = machine(bench), versions(bench)
    print(LEGEND + "\n")
    print(f"{where['processor']}, {where['processors']} processors, {where['memory']}, Linux "
          f"{where['kernel']}, load {where['load']:.1f}; {where['rounds']} rounds; "
          + ", ".join(f"{name} {version}" for name, version in what.items()) + ".")
    notes = [f"{name}: {bench.missing[name]}" for name in PEERS if name in bench.missing]
    print()
    for note in notes + bench.notes:
        print(("- " if markdown else "note: ") + note)


def as_json(bench):
    rows = {}
    for row in ROWS.values():
        if not row.samples:
            continue
        rows[row.name] = {
            "title": row.title, "unit": row.unit, "better": "more" if row.more else "less",
            "goals": [{"goal": text, "met": met} for text, met in row.verdicts()],
            "programs": {name: {"median": row.middle(name), "min": min(numbers),
                                "max": max(numbers), "ratio": row.ratio(name),
                                "samples": numbers}
                         for name, numbers in row.samples.items()}}
    return {"machine": machine(bench), "versions": versions(bench), "limits": list(LIMITS),
            "rows": rows, "missing": bench.missing, "notes": bench.notes}


def write_json(bench, path):
    with open(path, "w") as file:
        json.dump(as_json(bench), file, indent=1)
        file.write("\n")
