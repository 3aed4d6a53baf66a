"""ringside.py - commands for gdb that know the bench: tasks and their stacks, rings, interrupts, timers, events

Loaded by `ringside run --gdb`, or by hand with `source build/dev/share/gdb/ringside.py`. Everything works on a running
process that is stopped and on a core file: nothing of the program is called, everything is read from its memory with
the help of its debug information, beginning at `cpu_active`. docs/debugging.md shows what the commands print.

The stack of a suspended task. A Python unwinder claims, while it is switched on, that whatever frame 0 is was called
from the task's saved context: its caller stands at `context_suspended`, with the saved stack pointer. From there on
gdb unwinds by itself, because the call frame information of context_switch says where it saved each register. So no
register is written, and a core file is as good as a process.
"""

from pathlib import Path

import gdb
import gdb.unwinder

NS_PER_S = 1_000_000_000
NEVER = (1 << 64) - 1
EVENTS_SHOWN = 20

# The names of program counter and stack pointer, by architecture.
REGISTERS = {"i386:x86-64": ("rip", "rsp"), "aarch64": ("pc", "sp")}

# A marker for the identity of the frame that is no real one; gdb wants it below every stack.
MARKER_SP = 16

CONTEXT_MARK = 0x52696E6773696400  # emu/cpu-stub/hal_context.c: hal_context_mark()
CONTEXT_SUSPENDED = 1


# ---- reading ----------------------------------------------------------------------------------------------------


class Absent(gdb.GdbError):
    """What is asked for is not there: a sentence for the user."""


def lookup(name):
    try:
        return gdb.parse_and_eval(name)
    except gdb.error as error:
        raise Absent(f"this is no ringside with debug information: {error}") from None


def get_cpu():
    cpu = lookup("cpu_active")
    try:
        present = int(cpu) != 0
    except gdb.error as error:
        raise Absent(f"there is no process and no core file: {error}") from None
    if not present:
        raise Absent("there is no machine: it is not built yet, or the run is over")
    return cpu.dereference()


def get_board(cpu):
    board = cpu["config"]["opaque"]
    if int(board) == 0:
        raise Absent("the machine is not complete yet")
    return board.cast(gdb.lookup_type("struct board").pointer()).dereference()


def cores_of(cpu):
    """What each CPU runs, by its number; those that were never started are there too."""
    return [cpu["cores"][i] for i in range(int(cpu["config"]["cores"]))]


def cpu_label(cpu, index):
    return "CPU" if int(cpu["config"]["cores"]) == 1 else f"CPU {index}"


def text_of(pointer):
    """A string of the program, or None for NULL."""
    if int(pointer) == 0:
        return None
    return pointer.string("utf-8", "backslashreplace")


def seconds(time_ns):
    return f"{time_ns // NS_PER_S}.{time_ns % NS_PER_S:09}"


def clock_ns(cpu):
    return int(cpu["clock"]["now_ns"])


def items(array, kind):
    """The elements of a GPtrArray, each dereferenced."""
    pointer = gdb.lookup_type(kind).pointer()
    return [array["pdata"][i].cast(pointer).dereference() for i in range(int(array["len"]))]


def armed_events(clock):
    """The events in the heap of the clock, in no order."""
    return [clock["heap"][i].dereference() for i in range(int(clock["count"]))]


def table(rows):
    """Rows of words as text, in columns; the last column is as wide as it likes."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([word.ljust(width) for word, width in zip(row, widths)] + [row[-1]]).rstrip() for row in rows
    )


def pointer_text(address):
    """An address, with the symbol that it belongs to."""
    return str(gdb.Value(address).cast(gdb.lookup_type("void").pointer()))


def yes(flag):
    return "yes" if flag else "-"


# ---- tasks ------------------------------------------------------------------------------------------------------


class Task:
    """A task of the guest, as its probes told, and where its stack is."""

    def __init__(self, cpu, entry):
        self.number = int(entry["number"])
        self.name = text_of(entry["name"])
        self.context = int(entry["context"])
        self.blocked_on = text_of(entry["blocked_on"])
        self.object = int(entry["object"])
        self.deadline_ns = int(entry["deadline_ns"])
        self.since_ns = int(entry["since_ns"])
        self.call = text_of(entry["call"])
        contexts = [int(core["context"]) for core in cores_of(cpu)]
        self.cpu = contexts.index(self.context) if self.context != 0 and self.context in contexts else None
        self.is_running = self.cpu is not None
        self.is_alone = len(contexts) == 1
        self.sp = self.find_stack(cpu)

    def find_stack(self, cpu):
        """The stack pointer of a suspended task; None for one whose frames are those of the debugger, or unknown."""
        if self.is_running:
            is_here = bool(cpu["inside"]) and int(cpu["running"]) == self.cpu
            return None if is_here else int(cpu["cores"][self.cpu]["guest_sp"])
        if not int(cpu["ram_low"]) <= self.context < int(cpu["ram_high"]):
            return None
        context = gdb.Value(self.context).cast(gdb.lookup_type("struct hal_context").pointer()).dereference()
        mark = (self.context ^ CONTEXT_MARK) + CONTEXT_SUSPENDED
        return int(context["sp"]) if int(context["bench"][0]) == mark else None

    def describe(self):
        if self.is_running:
            state = "runs" if self.is_alone else f"runs on CPU {self.cpu}"
        elif self.blocked_on is not None:
            state = f"waits for {self.blocked_on} {pointer_text(self.object)}"
        else:
            state = "is ready"
        if self.call is not None:
            state += f", in {self.call}()"
        state += f", since {seconds(self.since_ns)}"
        if self.blocked_on is not None and not self.is_running:
            until = "for ever" if self.deadline_ns == NEVER else f"until {seconds(self.deadline_ns)}"
            state += f", {until}"
        return state


def read_tasks(cpu):
    tasks = cpu["tasks"]
    return [Task(cpu, tasks["entries"][i]) for i in range(int(tasks["count"]))]


def find_task(cpu, number):
    tasks = read_tasks(cpu)
    for task in tasks:
        if task.number == number:
            return task
    known = ", ".join(str(task.number) for task in tasks) or "none"
    raise Absent(f"there is no task {number}; there are: {known}")


# ---- the unwinder -----------------------------------------------------------------------------------------------


class MarkerId:
    def __init__(self, pc):
        self.sp = gdb.Value(MARKER_SP)
        self.pc = pc


class ContextUnwinder(gdb.unwinder.Unwinder):
    """See the top of the file. It is on while `sp` is a number."""

    def __init__(self):
        super().__init__("ringside suspended task")
        self.sp = None

    def __call__(self, frame):
        if self.sp is None or frame.level() != 0:
            return None
        pc_name, sp_name = REGISTERS[frame.architecture().name()]
        word = gdb.lookup_type("unsigned long")
        pc = int(gdb.parse_and_eval("(unsigned long)&context_suspended"))
        claim = frame.create_unwind_info(MarkerId(frame.read_register(pc_name)))
        claim.add_saved_register(pc_name, gdb.Value(pc).cast(word))
        claim.add_saved_register(sp_name, gdb.Value(self.sp).cast(word))
        return claim

    def switch(self, sp):
        if sp != self.sp:
            self.sp = sp
            gdb.invalidate_cached_frames()


unwinder = ContextUnwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)


def leave_task(_event=None):
    """The program goes on, or has ended: frames are the debugger's again."""
    unwinder.switch(None)


# By name, so that loading the file again replaces what it registered before.
for registry in (gdb.events.cont, gdb.events.exited):
    previous = getattr(gdb, "ringside_leave_task", None)
    if previous is not None:
        registry.disconnect(previous)
    registry.connect(leave_task)
gdb.ringside_leave_task = leave_task


def enter_task(task):
    """Shows this task's frames from now on. Frame 0 stays gdb's own; the task's begin at frame 1."""
    if task.sp is not None:
        if gdb.selected_inferior().architecture().name() not in REGISTERS:
            raise Absent("stacks of suspended tasks are not known on this architecture")
        unwinder.switch(task.sp)
        gdb.newest_frame().older().select()
    elif task.is_running:
        unwinder.switch(None)
    else:
        raise Absent(f"the stack of task {task.number} is not known: {task.context:#x} is no suspended context")


# ---- events -----------------------------------------------------------------------------------------------------


class Trace:
    """The history of events, formatted as trace_format_line() does."""

    def __init__(self, trace):
        self.last = int(trace["last"])
        block = gdb.lookup_type("struct trace_block")
        self.block_size = block["events"].type.range()[1] + 1
        self.first = int(trace["blocks_freed"]) * self.block_size + 1
        self.blocks = items(trace["blocks"], "struct trace_block")
        self.kinds = lookup("trace_kinds")
        self.types = {int(lookup(f"TRACE_FIELD_{name}")): name for name in ("NUM", "HEX", "STR")}

    def line(self, sequence):
        index = sequence - self.first
        event = self.blocks[index // self.block_size]["events"][index % self.block_size]
        info = self.kinds[int(event["kind"])]
        words = [seconds(int(event["time_ns"])), f"#{int(event['sequence'])}", text_of(info["name"])]
        for i in range(int(info["field_count"])):
            field = info["fields"][i]
            words.append(f"{text_of(field['name'])}={self.value(int(field['type']), event['fields'][i])}")
        if int(event["cpu"]) != 0 and not any(word.startswith("cpu=") for word in words):
            words.append(f"cpu={int(event['cpu']) - 1}")
        return " ".join(words)

    def value(self, kind, value):
        if self.types[kind] == "STR":
            return quoted(bytes_of(value["string"]))
        number = int(value["number"])
        if self.types[kind] == "HEX":
            return f"{number:#x}"
        return str(number - (1 << 64) if number >> 63 else number)

    def lines(self, count):
        return [self.line(sequence) for sequence in range(max(self.first, self.last - count + 1), self.last + 1)]


def bytes_of(pointer):
    return pointer.string("latin-1").encode("latin-1")


def quoted(data):
    """One plain word as it is, anything else in quotes: emu/core/trace_format.c."""
    if data and all(0x20 < byte < 0x7F and byte not in b'"\\' for byte in data):
        return data.decode()
    text = ""
    for character in data.decode("utf-8", "surrogateescape"):
        code = ord(character)
        if character in '"\\\n\r\t':
            text += "\\" + {'"': '"', "\\": "\\", "\n": "n", "\r": "r", "\t": "t"}[character]
        elif 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
            text += f"\\x{code - 0xDC00:02x}"
        elif code < 0x20 or 0x7F <= code < 0xA0:
            text += "".join(f"\\x{byte:02x}" for byte in character.encode())
        else:
            text += character
    return f'"{text}"'


# ---- rings ------------------------------------------------------------------------------------------------------


class GuestMemory:
    """RAM, as devices address it. What the guest wrote is not trusted here either."""

    def __init__(self, cpu):
        memory = cpu["memory"]
        self.offset = int(memory["pa_offset"])
        self.low, self.high = int(cpu["ram_low"]), int(cpu["ram_high"])

    def read_u16(self, address):
        at = address - self.offset
        if not self.low <= at <= self.high - 2:
            return None
        return int.from_bytes(bytes(gdb.selected_inferior().read_memory(at, 2)), "little")


def number_or_unknown(value):
    return "?" if value is None else str(value)


def ring_row(memory, queue):
    """[VIRTIO1.2] 2.7: flags and index are the first words of both rings, the flags' bit 0 asks for silence."""
    if not bool(queue["ready"]):
        return [text_of(queue["name"]), "off"] + ["-"] * 7
    avail, used = int(queue["avail"]["value"]), int(queue["used"]["value"])
    flags, index = memory.read_u16(avail), memory.read_u16(avail + 2)
    posted = None if index is None else (index - int(queue["last_avail"])) % 65536
    return [
        text_of(queue["name"]),
        "broken" if bool(queue["broken"]) else "ready",
        str(int(queue["size"])),
        number_or_unknown(index),
        number_or_unknown(posted),
        str(int(queue["in_flight_count"])),
        str(int(queue["completing_count"])),
        number_or_unknown(memory.read_u16(used + 2)),
        "?" if flags is None else "silenced" if flags & 1 else "wanted",
    ]


def devices(board):
    """Each virtio device of the machine, by its window."""
    window = gdb.lookup_type("struct virtio_mmio").pointer()
    for slot in range(int(board["devices"]["window_count"])):
        device = board["devices"]["windows"][slot].cast(window)["dev"]
        if int(device) != 0:
            yield device.dereference()


# ---- interrupts -------------------------------------------------------------------------------------------------


def is_set(bitmap, intid):
    return bool(int(bitmap) >> (intid % 32) & 1)


def irq_word(gic, cpu, intid):
    """The state of 32 INTIDs; the first of them are private to each CPU."""
    return gic["cpus"][cpu]["bank"] if intid < 32 else gic["shared"][intid // 32]


def groups_on(switches):
    on = [str(group) for group in range(2) if bool(switches["group_enabled"][group])]
    return "on for Group " + " and ".join(on) if on else "off"


def line_end(line):
    """The INTID at the end of a line, through what of emu/gic-timer/irq_fault.c and irq_join.c stands in it."""
    stages = {int(lookup("&irq_fault_set")): "struct irq_fault", int(lookup("&irq_join_set")): "struct irq_join"}
    while int(line["set"]) in stages:
        line = line["opaque"].cast(gdb.lookup_type(stages[int(line["set"])]).pointer())["output"]
    return int(line["number"]) & 0x3ff  # beside it stands the CPU of a private INTID


def line_owners(board):
    """INTID -> who drives it."""
    owners = {}
    timers = board["timers"][0].dereference()["units"]
    for i in range(timers.type.range()[1] + 1):
        owners[line_end(timers[i]["output"])] = text_of(timers[i]["name"])
    for device in devices(board):
        intid, name = line_end(device["line"]), text_of(device["name"])
        owners[intid] = f"{owners[intid]}, {name}" if intid in owners else name
    return owners


def irq_rows(board, cpu=0, intids=None, label=""):
    """Of shared INTIDs, and of those that are private to one CPU."""
    gic = board["gic"].dereference()
    owners = line_owners(board)
    rows = []
    interface = gic["cpus"][cpu]
    for intid in intids if intids is not None else range(int(gic["irq_count"])):
        word = irq_word(gic, cpu, intid)
        flags = [is_set(word[name], intid) for name in ("enabled", "pending", "active", "level", "edge")]
        is_sgi = intid < 16  # always enabled: worth a row only when something is the matter
        if any(flags[1:4]) or (flags[0] and not is_sgi) or intid in owners:
            rows.append(
                [str(intid) + label, owners.get(intid, "SGI" if is_sgi else "-")]
                + [yes(flag) for flag in flags[:3]]
                + ["high" if flags[3] else "low", "edge" if flags[4] else "level"]
                + [yes(is_set(interface["targeted"][intid // 32], intid)), str(int(is_set(word["group"], intid)))]
                + [f"{int(word['priority'][intid % 32]):#04x}"]
            )
    return rows


# ---- the commands -----------------------------------------------------------------------------------------------


class Command(gdb.Command):
    """One of our commands: its help is the class's own text."""

    def __init__(self, name, prefix=False):
        super().__init__(name, gdb.COMMAND_STATUS, prefix=prefix)


class Ringside(Command):
    """Commands that know the machine and the guest that ringside runs.

    Without a word: the time, and what there is to see."""

    WORDS = "ringside tasks, task N [COMMAND], rings, irqs, timers, events [N], verdict; help ringside WORD"

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError(f"there is no command 'ringside {argument}'; there are: {self.WORDS}")
        cpu = get_cpu()
        print(f"{seconds(clock_ns(cpu))} s, {int(cpu['tasks']['count'])} tasks, event #{int(cpu['trace']['last'])}")
        print(self.WORDS)


class Tasks(Command):
    """Lists the guest's tasks and what each of them waits for, as its probes told."""

    def invoke(self, argument, from_tty):
        cpu = get_cpu()
        tasks = read_tasks(cpu)
        rows = [["TASK", "NAME", "STATE"]]
        rows += [[str(task.number), task.name, task.describe()] for task in tasks]
        print(f"{seconds(clock_ns(cpu))} s")
        print(table(rows) if tasks else "the guest announced no task")
        for i, core in enumerate(cores_of(cpu)):
            running = int(core["context"])
            if int(core["guest_ns"]) == 0 or any(task.cpu == i for task in tasks):
                continue
            what = f"context {pointer_text(running)}" if running else "the boot code"
            who = "the CPU" if cpu_label(cpu, i) == "CPU" else cpu_label(cpu, i)
            print(f"{who} runs {what}, which is no announced task (such as the idle task)")
        if int(cpu["tasks"]["left_out"]) > 0:
            print(f"{int(cpu['tasks']['left_out'])} more were created than the bench lists")


class OneTask(Command):
    """ringside task N: shows the frames of task N from now on; the first is frame 1.
    ringside task N COMMAND: runs one command of gdb there, such as bt, or frame function f.
    ringside task off: back to the frames of the CPU. So does the program when it goes on."""

    def invoke(self, argument, from_tty):
        word, _, command = argument.strip().partition(" ")
        if word == "off" and not command:
            leave_task()
            return
        if not word.isdigit():
            raise Absent("which task? ringside task N [COMMAND]; ringside tasks lists them")
        cpu = get_cpu()
        task = find_task(cpu, int(word))
        if not command:
            enter_task(task)
            print(f"task {task.number} {task.name} {task.describe()}")
            gdb.execute("frame")
            return
        was = unwinder.sp
        enter_task(task)
        try:
            self.execute(task, command.strip())
        finally:
            unwinder.switch(was)
            frame = gdb.newest_frame()
            (frame if was is None else frame.older()).select()

    @staticmethod
    def execute(task, command):
        if command.split()[0] not in ("bt", "backtrace", "where"):
            gdb.execute(command)
            return
        print(f"task {task.number} {task.name} {task.describe()}")
        lines = gdb.execute(command, to_string=True).splitlines()
        if task.sp is not None:
            # Frame 0 is where the debugger stands, and no frame of the task.
            start = next((i for i, line in enumerate(lines) if line.startswith("#1 ")), 0)
            lines = lines[start:]
        print("\n".join(lines))


class Rings(Command):
    """Shows the state of each virtqueue.

    AVAIL, USED: the indices as they stand in guest memory. POSTED: made available and not taken by the device.
    IN FLIGHT: taken and not returned. COMPLETING: of these, done and about to be returned. INTERRUPT: whether the
    driver wants one for a used buffer."""

    def invoke(self, argument, from_tty):
        cpu = get_cpu()
        memory = GuestMemory(cpu)
        rows = [["QUEUE", "STATE", "SIZE", "AVAIL", "POSTED", "IN FLIGHT", "COMPLETING", "USED", "INTERRUPT"]]
        for device in devices(get_board(cpu)):
            queues = int(device["ops"]["queue_count"])
            rows += [ring_row(memory, device["queues"][i]) for i in range(queues)]
            print(f"{text_of(device['name'])}: status {int(device['status']):#x}, interrupt status "
                  f"{int(device['isr']):#x}, features {int(device['negotiated']):#x}")
        print(table(rows) if len(rows) > 1 else "the machine has no virtio device")


class Irqs(Command):
    """Shows the interrupt controller: what can be taken, and each INTID that is in use."""

    def invoke(self, argument, from_tty):
        cpu = get_cpu()
        board = get_board(cpu)
        gic = board["gic"].dereference()
        cores = cores_of(cpu)
        for i, core in enumerate(cores):
            masked = bool(int(core["daif"]) & 0x80)
            vector = int(core["vector"])
            print(f"{cpu_label(cpu, i)}: PSTATE.I {'set' if masked else 'clear'}, "
                  f"nIRQ {'high' if bool(core['line']) else 'low'}, vector {pointer_text(vector)}")
        for i in range(len(cores)):
            interface = gic["cpus"][i]
            print(f"GIC: distributor {groups_on(gic)}, {cpu_label(cpu, i)} interface {groups_on(interface)}, "
                  f"priority mask {int(interface['priority_mask']):#04x}, {int(interface['nesting'])} active")
        header = ["INTID", "LINE OF", "ENABLED", "PENDING", "ACTIVE", "LINE", "TRIGGER", "ROUTED", "GROUP", "PRIORITY"]
        rows = irq_rows(board)
        if len(cores) > 1:
            private = [irq_rows(board, i, range(32), f" of CPU {i}") for i in range(len(cores))]
            rows = sum(private, []) + irq_rows(board, 0, range(32, int(gic["irq_count"])))
        print(table([header] + rows))


class Timers(Command):
    """Shows the generic timers, and every event that the virtual clock still has to run."""

    def invoke(self, argument, from_tty):
        cpu = get_cpu()
        board = get_board(cpu)
        cores = len(cores_of(cpu))
        timers = [board["timers"][i].dereference()["units"] for i in range(cores)]
        rows = [["TIMER", "STATE", "FIRES AT", "IMASK", "OUTPUT", "INTID"]]
        count = timers[0].type.range()[1] + 1
        for which in range(cores * count):
            unit = timers[which // count][which % count]
            state = str(unit["state"]).rsplit("_", 1)[-1].lower()
            due = "-" if state == "off" else seconds(int(unit["cval"]) * 16)
            name = text_of(unit["name"]) + (f" of CPU {which // count}" if cores > 1 else "")
            rows.append([name, state, due, "set" if bool(unit["masked"]) else "clear",
                         "high" if bool(unit["output_level"]) else "low", str(line_end(unit["output"]))])
        print(table(rows))
        print(f"\nnow {seconds(clock_ns(cpu))} s; to come:")
        events = sorted(armed_events(cpu["clock"]),
                        key=lambda event: (int(event["when_ns"]), int(event["order"])))
        rows = [["AT", "CLASS", "EVENT"]]
        for event in events:
            rows.append([seconds(int(event["when_ns"])), str(event["class"]).rsplit("_", 1)[-1].lower(),
                         text_of(event["name"])])
        print(table(rows) if events else "nothing")


class Events(Command):
    """ringside events [N]: the last events of the trace (20), as --events writes them."""

    def invoke(self, argument, from_tty):
        if argument and not argument.strip().isdigit():
            raise Absent("how many? ringside events [N]")
        print("\n".join(Trace(get_cpu()["trace"]).lines(int(argument) if argument else EVENTS_SHOWN)))


class Verdict(Command):
    """At hang_detected(): the verdict, the tasks, and the stack of the task that waits."""

    def invoke(self, argument, from_tty):
        frame = gdb.newest_frame()
        while frame is not None and frame.name() != "hang_detected":
            frame = frame.older()
        if frame is None:
            raise Absent("no verdict yet: the program does not stand in hang_detected()")
        verdict, what, got = (text_of(frame.read_var(name)) for name in ("verdict", "what", "got"))
        print(f"\n{verdict}: {what}" + (f"\n{got}" if got else "") + "\n")
        gdb.execute("ringside tasks")
        cpu = get_cpu()
        number = int(frame.read_var("task"))
        for task in read_tasks(cpu):
            if task.number == number and task.sp is not None:
                print()
                gdb.execute(f"ringside task {number} bt")


class VtimeBreakpoint(gdb.Breakpoint):
    """The run ends at --until unless somebody says that it goes on: a debugger does."""

    def stop(self):
        gdb.parse_and_eval("vtime_goes_on = 1")
        return True


class Setup(Command):
    """Stops at verdicts and at the time of --until, and lets the guest's faults come to their verdict."""

    def invoke(self, argument, from_tty):
        # The bench's handlers make verdicts of them.
        for signal in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGPROF", "SIGXCPU"):
            gdb.execute(f"handle {signal} nostop noprint pass", to_string=True)
        lookup("hang_detected")
        gdb.Breakpoint("hang_detected").commands = "silent\nringside verdict"
        VtimeBreakpoint("vtime_reached")


def find_sources():
    """The build left a note of where the sources are; debug information has paths from there."""
    note = Path(__file__).with_name("source-root")
    root = note.read_text().strip() if note.is_file() else ""
    if root and Path(root).is_dir():
        gdb.execute(f"directory {root}", to_string=True)


find_sources()
Ringside("ringside", prefix=True)
for name, command in (("tasks", Tasks), ("task", OneTask), ("rings", Rings), ("irqs", Irqs), ("timers", Timers),
                      ("events", Events), ("verdict", Verdict), ("setup", Setup)):
    command(f"ringside {name}")
