#!/usr/bin/env python3
"""check_docs.py - what the pages name exists in the tree

    check_docs.py [--root ROOT] [PAGE…]      without pages: README.md, HACKING.md, docs/*.md
    check_docs.py --extract NAME PAGE        print the fenced block of a page whose first line names NAME
    check_docs.py --self-test                a small tree with wrong pages: each must be rejected

Checked are, line breaks inside a paragraph notwithstanding:
    path/file.c                              outside of fenced blocks: exists, from the root, from the page's folder,
                                             or from guest/ or include/, as sources spell their includes
    `function()`                             some source defines or calls a function of that name
    `path/file.c: a()`, `path/file.c`: `a()` → `b()`
                                             that very file defines a() and b(), or declares them when it is a header
    `UPPER_CASE`                             some source uses that name (an underscore makes it one)
    [text](target#heading)                   relative targets exist, and so do their headings
    `frame.out`                              the event exists, where others begin with the same word
    1.000064332 #62 frame.out port=…         in fenced blocks: the event exists and has these fields

Prints a line a finding, `page:line: what`, and exits with 1 when there is any. Standard library only.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

SOURCE_DIRS = ["emu", "guest", "harness", "include", "pcap", "tests", "tools", "cmake"]
SOURCE_SUFFIXES = {".c", ".h", ".S", ".def", ".py", ".cmake", ".map", ".list", ".sh"}
INCLUDE_ROOTS = ["guest", "include"]
EVENTS = "emu/core/trace_events.def"
# Names that look like those of events: where they stand, and how.
OTHER_NAMES = {
    "harness/diagnosis/causes_*.c": r'\.id = "([^"]+)"',
    "harness/checks/catalogue.c": r'\.name = "([^"]+)"',
    "harness/checks/checks.c": r'"([a-z]+\.[a-z]+)"',  # counters
}
# Names that stand for any name: they show a form.
PLACEHOLDERS = {"module_verb_object", "x_new", "x_free", "x_init", "x_fini"}

# Bare names of files that belong to the compiler.
COMPILER_HEADERS = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h"}

PATH = re.compile(r"(?<![\w./<*$-])((?:\.\./)*[\w-][\w.-]*(?:/[\w.-]+)*/[\w-]+(?:\.[\w-]+)*"
                  r"\.(?:c|h|S|py|cmake|def|map|list|sh|scn|md))(?![\w*/])")
SPAN = re.compile(r"``(.+?)``|`([^`]+?)`", re.S)
CALL = re.compile(r"\b([A-Za-z_]\w*)\(\)")
FILE = r"[\w./-]+\.(?:c|h|S|py|cmake)"
FILE_SPAN = re.compile(rf"({FILE})(?::\s+(.+))?", re.S)
CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
EVENT = re.compile(r"[a-z]+\.(?!(?:c|h|S)$)[a-z-]+")
LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")
LOG_LINE = re.compile(r"\s*\d+\.\d{9}\s+#\d+\s+([a-z][\w.-]*)((?:\s+\S+=.*)?)$")
BETWEEN = re.compile(r"(?:\s|,|→|\band\b|\bthen\b|\bor\b)*\Z")


def strip_comments(text, suffix):
    """C without comments and strings, so that a name in prose is no use of it. Lines stay where they are."""
    if suffix not in (".c", ".h", ".S"):
        return text
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: "\n" * m.group(0).count("\n") or '""', text)


class Tree:
    """The sources, and what they define."""

    def __init__(self, root):
        self.root = root
        self.texts = {}
        for folder in SOURCE_DIRS:
            for path in sorted((root / folder).rglob("*")):
                if path.suffix in SOURCE_SUFFIXES and path.is_file():
                    raw = path.read_text(errors="replace")
                    self.texts[path.relative_to(root).as_posix()] = strip_comments(raw, path.suffix)
        together = "\n".join(self.texts.values())
        self.functions = set(re.findall(r"\b([A-Za-z_]\w*)\s*\(", together))
        self.functions |= set(re.findall(r"^([A-Za-z_]\w*):", together, re.M))  # assembly
        self.words = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", together))
        self.events = self.read_events()
        self.other_names = self.read_other_names()

    def read_events(self):
        path = self.root / EVENTS
        events = {}
        for line in path.read_text().splitlines() if path.exists() else []:
            match = re.match(r'TRACE_EVENT\(\w+,\s*"([^"]+)"', line)
            if match:
                events[match.group(1)] = set(re.findall(r"\b(?:NUM|HEX|STR)\((\w+)", line))
        return events

    def read_other_names(self):
        names = set()
        for path, pattern in OTHER_NAMES.items():
            for file in sorted(self.root.glob(path)):
                names |= set(re.findall(pattern, file.read_text()))
        return names

    def is_event_like(self, name):
        """Whether some event begins as this name does: `vq.usde` is a mistake, `eth0.rx` is a queue."""
        return any(event.split(".")[0] == name.split(".")[0] for event in self.events)

    def find(self, name, folder):
        """A path as a page spells it, or None."""
        for base in [self.root, folder, *(self.root / extra for extra in INCLUDE_ROOTS)]:
            if (base / name).is_file():
                return (base / name).resolve()
        return None

    def defines(self, path, function):
        """Whether a file defines a function or macro, or declares it when it is a header."""
        text = self.texts.get(path.relative_to(self.root.resolve()).as_posix(), "")
        name = re.escape(function)
        if path.suffix == ".py":
            return re.search(rf"^\s*def {name}\(", text, re.M) is not None
        if path.suffix == ".cmake":
            return re.search(rf"^\s*(?:function|macro)\({name}\b", text, re.M) is not None
        if path.suffix == ".S":
            return re.search(rf"^{name}:", text, re.M) is not None
        if re.search(rf"^\s*#\s*define\s+{name}\(", text, re.M):
            return True
        for match in re.finditer(rf"^(?![ \t#])[^\n=;]*\b{name}\(", text, re.M):
            if path.suffix == ".h" or self.has_body(text, match.end()):
                return True
        return path.suffix == ".h" and re.search(rf"\(\w*\s*{name}\(", text) is not None

    @staticmethod
    def has_body(text, at):
        """Whether a brace follows the parameters that begin here."""
        depth = 1
        while at < len(text) and depth > 0:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        return re.match(r"[^;{]*\{", text[at:]) is not None


class Page:
    def __init__(self, tree, path):
        self.tree = tree
        self.path = path
        lines = path.read_text().splitlines()
        self.prose, self.fenced = [], []
        fence = False
        for line in lines:
            if re.match(r"\s*(```|~~~)", line):
                fence = not fence
                line = ""
            self.prose.append("" if fence else line)
            self.fenced.append(line if fence else "")
        self.text = "\n".join(self.prose)

    def at(self, offset):
        return f"{self.path}:{self.text.count(chr(10), 0, offset) + 1}"

    def check(self):
        yield from self.check_paths()
        yield from self.check_spans()
        yield from self.check_links()
        yield from self.check_log_lines()

    def check_paths(self):
        for match in PATH.finditer(self.text):
            name = match.group(1)
            before = self.text[: match.start()]
            after = self.text[match.end() :]
            if before.endswith(("](", ":/")) or after.startswith("]("):  # a link, checked as such
                continue
            if re.match(r"build/|https?:", name):
                continue
            if self.tree.find(name, self.path.parent) is None:
                yield f"{self.at(match.start())}: there is no file {name}"

    def check_spans(self):
        file, end = None, 0  # the file that the functions which follow belong to, and where the last span ended
        for match in SPAN.finditer(self.text):
            content = re.sub(r"\s+", " ", match.group(1) or match.group(2)).strip()
            where = self.at(match.start())
            gap = self.text[end : match.start()]
            end = match.end()
            as_file = FILE_SPAN.fullmatch(content)
            if as_file:
                file = self.tree.find(as_file.group(1), self.path.parent)
                if file is None:
                    if "/" not in as_file.group(1):
                        yield from self.unknown_base_name(where, as_file.group(1))
                elif as_file.group(2):
                    yield from self.check_functions(where, as_file.group(2), file)
                continue
            if file is not None and not BETWEEN.match(gap.removeprefix(":")):
                file = None
            yield from self.check_functions(where, content, file)
            known = content in self.tree.events or content in self.tree.other_names
            if EVENT.fullmatch(content) and not known and self.tree.is_event_like(content):
                yield f"{where}: there is no event {content}"
            for name in CONSTANT.findall(content):
                if name not in self.tree.words and name not in PLACEHOLDERS:
                    yield f"{where}: no source knows {name}"

    def unknown_base_name(self, where, name):
        """A file without its folder: `vclock.c`."""
        known = name in COMPILER_HEADERS or any(path.rsplit("/", 1)[-1] == name for path in self.tree.texts)
        if not known and not (self.tree.root / name).exists() and not re.match(r"x(_test)?\.", name):
            yield f"{where}: there is no file {name}"

    def check_functions(self, where, content, file):
        for name in CALL.findall(content):
            if name in PLACEHOLDERS:
                continue
            if file is not None and not self.tree.defines(file, name):
                yield f"{where}: {file.relative_to(self.tree.root.resolve())} does not define {name}()"
            elif file is None and name not in self.tree.functions:
                yield f"{where}: there is no function {name}()"

    def check_links(self):
        for match in LINK.finditer(self.text):
            target, _, heading = match.group(1).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            path = self.path.parent / target if target else self.path
            if not path.exists():
                yield f"{self.at(match.start())}: the link {match.group(1)} leads nowhere"
            elif heading and path.suffix == ".md" and heading not in headings(path):
                yield f"{self.at(match.start())}: {target or self.path.name} has no heading #{heading}"

    def check_log_lines(self):
        for number, line in enumerate(self.fenced, 1):
            match = LOG_LINE.match(line)
            if not match:
                continue
            event, rest = match.groups()
            if event not in self.tree.events:
                yield f"{self.path}:{number}: there is no event {event}"
                continue
            shown = set(re.findall(r"(?:^|\s)([a-z]\w*)=", re.sub(r'"[^"]*"', '""', rest)))
            for field in sorted(shown - self.tree.events[event]):
                yield f"{self.path}:{number}: {event} has no field {field}"


def headings(path):
    """The anchors that a Markdown page has, as GitHub makes them."""
    anchors = set()
    for title in re.findall(r"^#+\s+(.*)$", path.read_text(), re.M):
        plain = re.sub(r"[^\w\- ]", "", title.strip().lower())
        anchors.add(plain.replace(" ", "-"))
    return anchors


def extract(name, page):
    """The example whose first line, a comment, begins with its name: `/* demo.c - …` or `# nap.scn`."""
    for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.M | re.S):
        if re.match(rf"(?:/\*|#|//)\s*{re.escape(name)}(?![\w.])", block):
            return block
    sys.exit(f"check_docs: {page} has no example {name}")


def check(root, pages):
    tree = Tree(root)
    if not pages:
        pages = [root / "README.md", root / "HACKING.md", *sorted((root / "docs").glob("*.md"))]
    return [finding for page in pages for finding in Page(tree, page).check()]


# ---- the proof ---------------------------------------------------------------------------------------

SELF_TEST_TREE = {
    "emu/core/trace_events.def": 'TRACE_EVENT(VQ_USED, "vq.used", "text", STR(queue, "q"), NUM(head, "h"))\n',
    "emu/core/clock.c": "/* gone_now() was here */\n#define CLOCK_TICK_NS 1\nstatic int\nclock_help(int a)\n{\n"
    '    return clock_other(a) + (int)sizeof("told_only()");\n}\n'
    "int clock_tick(int a,\n               int b)\n{\n    return clock_help(a + b);\n}\n",
    "emu/core/clock.h": "int clock_tick(int a, int b);\nRINGSIDE_PROBE(probe_go(int a))\n",
    "emu/core/swap.S": "clock_swap:\n\tret\n",
    "guest/kernel/task.h": "void task_run(void);\n",
    "docs/other.md": "# Some heading, with `code`\n",
}
SELF_TEST_GOOD = [
    "`emu/core/clock.c: clock_tick()` and emu/core/clock.h, `../emu/core/clock.c`, \"kernel/task.h\".",
    "`emu/core/clock.c`: `clock_tick()` →\n`clock_help()`; `clock_other()`",
    "`emu/core/clock.h: probe_go()`, `emu/core/swap.S: clock_swap()`, `clock.c`, `CLOCK_TICK_NS`, `vq.used`, `eth0.rx`",
    "See [there](other.md#some-heading-with-code), [here](#title), [web](https://example.org/x.c).",
    "Text linux/virtio_*.h, <sys/mman.h>, build/dev/x.md, `module_verb_object()`, `x_test.c`.",
    "```\n1.000000000 #1 vq.used queue=\"a b=c\" head=0\nmy/made-up.c nobody()\n```",
]
SELF_TEST_BAD = [
    ("emu/core/clokc.c is gone.", "there is no file emu/core/clokc.c"),
    ("`emo/core/clock.c`", "there is no file emo/core/clock.c"),
    ("`clokc.c`", "there is no file clokc.c"),
    ("`clock_tikc()`", "there is no function clock_tikc()"),
    ("`gone_now()`", "there is no function gone_now()"),
    ("`told_only()`", "there is no function told_only()"),
    ("`emu/core/clock.c: clock_other()`", "emu/core/clock.c does not define clock_other()"),
    ("`emu/core/clock.c`: `clock_tick()` →\n`task_run()`", "emu/core/clock.c does not define task_run()"),
    ("`emu/core/clock.h: clock_help()`", "emu/core/clock.h does not define clock_help()"),
    ("`emu/core/swap.S: clock_tick()`", "emu/core/swap.S does not define clock_tick()"),
    ("`vq.usde`", "there is no event vq.usde"),
    ("`CLOCK_TOCK_NS`", "no source knows CLOCK_TOCK_NS"),
    ("[there](nowhere.md)", "the link nowhere.md leads nowhere"),
    ("[there](other.md#no-heading)", "other.md has no heading #no-heading"),
    ("```\n1.000000000 #1 vq.usde queue=a\n```", "there is no event vq.usde"),
    ("```\n1.000000000 #1 vq.used queu=a\n```", "vq.used has no field queu"),
]


def self_test():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="check_docs-") as folder:
        root = Path(folder)
        for name, text in SELF_TEST_TREE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        page = root / "docs" / "page.md"
        for text, expected in [*((good, None) for good in SELF_TEST_GOOD), *SELF_TEST_BAD]:
            page.write_text(f"# Title\n\n{text}\n")
            found = [finding.split(": ", 1)[1] for finding in check(root, [page])]
            if found != ([] if expected is None else [expected]):
                print(f"self-test: {text!r}\n  expected: {expected}\n  found:    {found}")
                failed += 1
    print(f"{len(SELF_TEST_GOOD)} good and {len(SELF_TEST_BAD)} wrong pages, {failed} misjudged")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--extract", metavar="NAME")
    parser.add_argument("pages", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    if arguments.extract:
        if len(arguments.pages) != 1:
            parser.error("--extract takes one page")
        sys.stdout.write(extract(arguments.extract, arguments.pages[0]))
        return 0
    findings = check(arguments.root, arguments.pages)
    for finding in findings:
        print(finding.removeprefix(f"{arguments.root}/"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
