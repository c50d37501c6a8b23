# SPDX-License-Identifier: MIT
"""The record of the kill matrix, docs/kill-matrix.json, and the pages that are made from it."""
import html
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORD = os.path.join(ROOT, "docs/kill-matrix.json")
REASONS = os.path.join(ROOT, "docs/kill-matrix-survivors.json")
MARKDOWN = os.path.join(ROOT, "docs/kill-matrix.md")
PAGE = os.path.join(ROOT, "docs/kill-matrix.html")
KILLED, ELSEWHERE, SURVIVED, STOPPED = "killed", "killed elsewhere", "survived", "stopped"
MEANING = {
    KILLED: "a case fails by a requirement that the fault breaks",
    ELSEWHERE: "cases fail, but by other requirements",
    SURVIVED: "every case passes",
    STOPPED: "the run ends before its cases: unusable, an internal error, or out of time",
}
# What the module calls its choke points, for readers.
POINTS = {
    "parameter": "parameter check",
    "state": "state change",
    "store": "store",
    "restore": "restore",
    "response": "response formatting",
    "final": "final result",
    "urc": "unsolicited message",
    "prompt": "data prompt",
    "data": "data path",
    "timing": "timing",
    "links": "connections",
    "error-code": "error code",
    "survival": "crash, hang, reboot",
}
# A module that gives no result, a wrong one or none in time fails all cases of the command, whatever
# they are for.
BLUNT = ("no-final", "double-final", "final-error", "no-crlf", "late", "hang", "crash", "reboot", "unknown")
# What a row keeps of what the module says of a fault.
OF_FAULT = ("name", "operator", "point", "family", "issue", "command", "breaks", "text")


class Broken(Exception):
    """The record or the reasons are not what they should be."""


def folded(names):
    """Case names by their folder: short, and one change stays one line of a diff."""
    out = {}
    for name in sorted(names):
        folder, leaf = name.rsplit("/", 1)
        out.setdefault(folder, []).append(leaf)
    return out


def unfolded(folders):
    return [f"{folder}/{leaf}" for folder, leaves in folders.items() for leaf in leaves]


def read(path):
    name = os.path.relpath(path, ROOT)
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        raise Broken(f"{name}: not there") from None
    except ValueError as why:
        raise Broken(f"{name}: {why}") from None


def load(path=RECORD):
    record = read(path)
    try:
        return {"cases": unfolded(record["cases"]), "unproven": record["unproven"],
                "faults": [{**row, "killers": unfolded(row["killers"]),
                            "others": unfolded(row["others"])} for row in record["faults"]]}
    except (KeyError, TypeError, AttributeError) as why:
        raise Broken(f"{os.path.relpath(path, ROOT)}: no record of the kill matrix: {why!r}") from None


def save(record, path=RECORD):
    """One fault a line, one folder of cases a line."""
    def line(value):
        return json.dumps(value, ensure_ascii=True)

    cases = ",\n".join(f"  {line(k)}: {line(v)}" for k, v in folded(record["cases"]).items())
    rows = ",\n".join(
        line({**{k: row.get(k, "") for k in OF_FAULT}, "state": row["state"],
              "killers": folded(row["killers"]),
              # Beside a kill the others are collateral, and that differs from run to run.
              "others": {} if row["state"] == KILLED else folded(row["others"])})
        for row in record["faults"])
    text = (f'{{"cases": {{\n{cases}\n}},\n"faults": [\n{rows}\n],\n'
            f'"unproven": {line(sorted(record["unproven"]))}}}\n')
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def reasons(path=REASONS):
    """({fault: reason}, {case: reason})"""
    if not os.path.exists(path):
        return {}, {}
    both = read(path)
    if not isinstance(both, dict) or set(both) - {"faults", "cases"}:
        raise Broken(f"{os.path.relpath(path, ROOT)}: holds \"faults\" and \"cases\" only")
    return both.get("faults", {}), both.get("cases", {})


def counts(rows):
    return {state: sum(r["state"] == state for r in rows) for state in MEANING}


def share(part, whole):
    """Cut, not rounded: 100 % is all of them."""
    return f"{1000 * part // whole / 10:.1f} %" if whole else "-"


def proven(rows):
    """The cases that killed something by name, and those that did it beside blunt faults only."""
    every = {c for r in rows for c in r["killers"]}
    sharp = {c for r in rows if r["operator"] not in BLUNT for c in r["killers"]}
    return every, every - sharp


def groups(rows, key):
    out = {}
    for row in rows:
        out.setdefault(row[key], []).append(row)
    return out


def score_table(rows, key, names=None, least=1):
    """Rows of a table: name, faults, killed, killed elsewhere, survived, stopped, share."""
    table, rest = [], []
    for name, some in sorted(groups(rows, key).items()):
        if len(some) < least:
            rest += some
        else:
            table.append(((names or {}).get(name, name), some))
    if rest:
        table.append(("defects of their own", rest))
    return [[name, len(some), *counts(some).values(), share(counts(some)[KILLED], len(some))]
            for name, some in table]


HEAD = ["faults", *MEANING, "killed by name"]


def sections(record, accepted):
    """What both pages show, as (title, text, head, rows) of plain values; cells of cases are lists."""
    rows = record["faults"]
    fault_reasons, case_reasons = accepted
    n, total = counts(rows), len(rows)
    every, blunt = proven(rows)
    yield ("", f"{total} faults: " + ", ".join(f"{v} {k}" for k, v in n.items()) +
           f". Killed by name: {share(n[KILLED], total)}. Of {len(record['cases'])} cases {len(every)} "
           f"have shown that they can fail by name, {len(blunt)} of them only beside a module that "
           "gives a wrong result, none, or none in time.", ["word", "meaning"],
           [[k, v] for k, v in MEANING.items()])
    yield "By family", "", ["family", *HEAD], score_table(rows, "family")
    yield ("By choke point", "Where in the module the fault is put.", ["choke point", *HEAD],
           score_table(rows, "point", POINTS))
    yield ("By operator", "An operator is applied to every command, form or parameter that it fits.",
           ["operator", *HEAD], score_table(rows, "operator", least=3))
    left = [r for r in rows if r["state"] != KILLED]
    yield ("Not killed by name", "" if left else "None.", ["fault", "verdict", "what it does", "reason"],
           [[r["name"], r["state"], r["text"], fault_reasons.get(r["name"], "none")] for r in left])
    yield ("Cases that kill no fault", "" if record["unproven"] else "None.", ["case", "reason"],
           [[c, case_reasons.get(c, "none")] for c in sorted(record["unproven"])])
    yield ("Cases that only blunt faults have failed",
           "These fail beside a module that gives a wrong result, none, or none in time. No sharper fault "
           "has shown yet that they judge what they are for." if blunt else "None.", ["case"],
           [[c] for c in sorted(blunt)])
    yield ("Defects that users met", "Each is rebuilt as a fault and named after its issue on GitHub.",
           ["issue", "fault", "what the module does wrong", "verdict", "failing cases"],
           [[r["issue"], r["name"], r["text"], r["state"], r["killers"]] for r in rows if r["issue"]])
    for family, some in sorted(groups(rows, "family").items()):
        yield (f"Faults of the family {family}", "",
               ["fault", "choke point", "command", "what the module does wrong", "breaks", "verdict",
                "failing cases"],
               [[r["name"], POINTS.get(r["point"], r["point"]), r["command"] or "any", r["text"],
                 " ".join(r["breaks"]), r["state"],
                 r["killers"] if r["state"] == KILLED else r["others"]] for r in some])


def shortened(names, most=3):
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return names[:most], more


def markdown(record, accepted):
    def cell(value):
        if isinstance(value, list):
            names, more = shortened(value)
            return ", ".join(f"`{n}`" for n in names) + more
        return " ".join(str(value).split()).replace("|", "\\|").replace("<", "\\<")

    lines = ["# Kill matrix", "",
             "The suite against a module with one fault at a time. Written by `tools/kill-matrix`; "
             "`kill-matrix.html` is the same with filters, `kill-matrix.json` for programs.", ""]
    for title, text, head, rows in sections(record, accepted):
        lines += [f"## {title}", ""] if title else []
        lines += [text, ""] if text else []
        if rows:
            lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
            lines += ["| " + " | ".join(map(cell, row)) + " |" for row in rows] + [""]
    return "\n".join(lines).rstrip() + "\n"


STYLE = """
:root { color-scheme: light dark; --edge: #8886; --killed: #2a7d2a; --not: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --killed: #7bd47b; --not: #ff8a80; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 78rem; }
table { border-collapse: collapse; margin: 0 0 1.5rem; }
th, td { border-bottom: 1px solid var(--edge); padding: .25rem .6rem .25rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
th { position: sticky; top: 0; background: Canvas; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font-size: .9em; }
.killed { color: var(--killed); } .not { color: var(--not); font-weight: bold; }
form { display: flex; flex-wrap: wrap; gap: .8rem; margin: 0 0 1rem; }
input[type=search] { width: 22rem; max-width: 100%; }
"""
SCRIPT = """
const form = document.querySelector('form'), rows = [...document.querySelectorAll('tr[data-family]')];
const shown = document.getElementById('shown');
for (const [name, key] of [['family', 'family'], ['point', 'point'], ['state', 'state']]) {
  const all = [...new Set(rows.map(r => r.dataset[key]))].sort();
  for (const value of all) form[name].add(new Option(value, value));
}
function filter() {
  const words = form.text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let n = 0;
  for (const row of rows) {
    const fits = ['family', 'point', 'state'].every(k => !form[k].value || row.dataset[k] === form[k].value)
      && words.every(w => row.textContent.toLowerCase().includes(w));
    row.hidden = !fits;
    n += fits;
  }
  shown.textContent = n + ' of ' + rows.length + ' faults';
}
form.addEventListener('input', filter);
form.addEventListener('submit', e => e.preventDefault());
filter();
"""


def page(record, accepted):
    """The same as one file with filters."""
    def cell(value):
        if isinstance(value, list):
            names, more = shortened(value, 12)
            return "<td>" + "<br>".join(f"<code>{html.escape(n)}</code>" for n in names) + more
        if isinstance(value, int):
            return f'<td class="n">{value}'
        if value in MEANING:
            return f'<td class="{"killed" if value == KILLED else "not"}">{value}'
        return "<td>" + html.escape(str(value))

    def table(head, rows):
        return ("<table><thead><tr>" + "".join(f'<th scope="col">{html.escape(h)}' for h in head) +
                "<tbody>" + "\n".join("<tr>" + "".join(map(cell, row)) for row in rows) + "</table>")

    out = ["<!doctype html>", '<html lang="en"><meta charset="utf-8">',
           '<meta name="viewport" content="width=device-width, initial-scale=1">',
           f"<title>atconform: kill matrix</title><style>{STYLE}</style>", "<h1>Kill matrix</h1>",
           "<p>The suite against a module with one fault at a time. Written by <code>tools/kill-matrix"
           "</code>."]
    every = []
    for title, text, head, rows in sections(record, accepted):
        if title.startswith("Faults of the family "):
            family = title.rsplit(" ", 1)[1]
            every += [(family, row) for row in rows]
            fault_head = head
            continue
        out += [f"<h2>{html.escape(title)}</h2>"] if title else []
        out += [f"<p>{html.escape(text)}"] if text else []
        out += [table(head, rows)] if rows else []
    out += ["<h2>All faults</h2>", '<form role="search">'
            '<label>Words <input type="search" name="text" placeholder="cwjap refuses"></label>' +
            "".join(f'<label>{label} <select name="{name}"><option value="">all</select></label>'
                    for label, name in (("Family", "family"), ("Choke point", "point"),
                                        ("Verdict", "state"))) +
            '<output id="shown" aria-live="polite"></output></form>']
    if every:
        out += ["<table><thead><tr>" + "".join(f'<th scope="col">{h}' for h in fault_head) + "<tbody>"]
        for family, row in every:
            data = f'data-family="{family}" data-point="{html.escape(row[1])}" data-state="{row[5]}"'
            out.append(f"<tr {data}>" + "".join(map(cell, row)))
        out += ["</table>"]
    out += [f"<script>{SCRIPT}</script>"]
    return "\n".join(out) + "\n"


def write_pages(record, accepted):
    for path, text in ((MARKDOWN, markdown(record, accepted)), (PAGE, page(record, accepted))):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
