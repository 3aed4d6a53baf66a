#!/usr/bin/env python3
"""make_corpus.py - writes the seeds of the fuzz targets that take bytes: tests/fuzz/corpus/TARGET/NAME

The formats are those at the top of each fuzz_TARGET.c. The seeds of `scenario` are text and written by hand; files that a fuzzer
found are added beside the seeds, under the name of what they broke. Run it after a format has changed.
"""

import struct
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def u8(value):
    return struct.pack("<B", value)


def u16(value):
    return struct.pack("<H", value)


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


# ---- frames -----------------------------------------------------------------------------------------

GUEST_MAC = bytes.fromhex("525400123456")
GATEWAY_MAC = bytes.fromhex("52550a000202")
BROADCAST = b"\xff" * 6
GUEST_IP = bytes([10, 0, 2, 15])
GATEWAY_IP = bytes([10, 0, 2, 2])


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~total & 0xFFFF)


def ethernet(destination, source, kind, payload):
    return (destination + source + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def arp(operation, sender_mac, sender_ip, target_mac, target_ip):
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + sender_mac + sender_ip + target_mac + target_ip


def ipv4(source, destination, protocol, payload, options=b"", fragment=0, ttl=64):
    words = 5 + len(options) // 4
    head = struct.pack(">BBHHHBB", 0x40 | words, 0, words * 4 + len(payload), 1, fragment, ttl, protocol)
    rest = source + destination + options
    return head + checksum(head + b"\0\0" + rest) + rest + payload


def icmp(kind, code, rest, data):
    message = struct.pack(">BB", kind, code) + b"\0\0" + rest + data
    return message[:2] + checksum(message) + message[4:]


def echo(kind, identifier, sequence, size=56):
    return icmp(kind, 0, struct.pack(">HH", identifier, sequence), bytes(i & 0xFF for i in range(size)))


def from_gateway(payload):
    return ethernet(GUEST_MAC, GATEWAY_MAC, 0x0800, payload)


ARP_REPLY = ethernet(GUEST_MAC, GATEWAY_MAC, 0x0806, arp(2, GATEWAY_MAC, GATEWAY_IP, GUEST_MAC, GUEST_IP))
ARP_REQUEST = ethernet(BROADCAST, GATEWAY_MAC, 0x0806, arp(1, GATEWAY_MAC, GATEWAY_IP, b"\0" * 6, GUEST_IP))
GUEST_ARP = ethernet(BROADCAST, GUEST_MAC, 0x0806, arp(1, GUEST_MAC, GUEST_IP, b"\0" * 6, GATEWAY_IP))
GUEST_ECHO = ethernet(GATEWAY_MAC, GUEST_MAC, 0x0800, ipv4(GUEST_IP, GATEWAY_IP, 1, echo(8, 7, 1)))

# ---- ring: a driver's program -----------------------------------------------------------------------

(START, DESCRIPTOR, OFFER, KICK, PAUSE, BYTES, REGISTER_WRITE, REGISTER_READ, RING_ADDRESS, AVAIL_INDEX, AVAIL_FLAGS,
 FRAME, LINK) = range(13)
RX, TX = 0, 1
NEXT, WRITE, INDIRECT = 1, 2, 4
BUFFERS = 0x4000  # in the first region, behind the queues


def start(size_log=2, features=0xFFFF):
    return u8(START) + u8(size_log) + u16(features & 0x20)


# Ring features, with start(): in the byte of the size.
FIRST_REGION = 0x40800000  # where fuzz_ring.c finds it
F_INDIRECT, F_EVENT, F_IN_ORDER, F_MERGE = 0x10, 0x20, 0x40, 0x80
# The first byte: all features offered, batches, reverse order, suppression and indices near the wrap, slow reset.
K_ALL, K_BATCH, K_REVERSE, K_WRAP, K_SLOW = 1, 0x10, 0x20, 0x40, 0x80


def table(queue, entry, at, *descriptors):
    """An indirect table in the first region, and the descriptor that refers to it; (offset, length, flags, next) each."""
    data = b"".join(struct.pack("<QIHH", FIRST_REGION + o, n, f, x) for o, n, f, x in descriptors)
    return put(at, data) + descriptor(queue, entry, at, len(data), INDIRECT) + offer(queue, entry)


def descriptor(queue, entry, offset, length, flags=0, following=0, region=0):
    return u8(DESCRIPTOR) + u8(queue + 2 * entry) + u8(region) + u16(offset) + u16(length) + u8(flags) + u8(following)


def offer(queue, head):
    return u8(OFFER) + u8(queue) + u8(head)


def kick(queue):
    return u8(KICK) + u8(queue)


def pause(hundred_ns=255):
    return u8(PAUSE) + u8(hundred_ns)


def put(offset, data, region=0):
    return u8(BYTES) + u8(region) + u16(offset) + u8(len(data)) + data


def register(offset, value):
    return u8(REGISTER_WRITE) + u8(2) + u16(offset) + u32(value)


def arrive(length, head=BROADCAST + GATEWAY_MAC + b"\x08\x00"):
    return u8(FRAME) + u16(length) + head


def send(entry, frame=GUEST_ARP):
    at = BUFFERS + 0x800 * entry
    return put(at, b"\0" * 12 + frame) + descriptor(TX, entry, at, 12 + len(frame)) + offer(TX, entry)


def receive_buffers(count, size=1526):
    return b"".join(descriptor(RX, i, 0x8000 + 0x600 * i, size, WRITE) + offer(RX, i) for i in range(count))


def make_ring():
    default = u8(4)
    good = default + start()
    write("ring", "send", good + send(0) + kick(TX) + pause() + register(0x64, 1))
    write("ring", "send-chain", good + put(BUFFERS, b"\0" * 12 + GUEST_ARP)
          + descriptor(TX, 0, BUFFERS, 12, NEXT, 1) + descriptor(TX, 1, BUFFERS + 12, 20, NEXT, 2)
          + descriptor(TX, 2, BUFFERS + 32, 40) + offer(TX, 0) + kick(TX) + pause())
    write("ring", "receive", good + receive_buffers(4) + kick(RX) + arrive(98) + arrive(1514) + pause() + pause())
    write("ring", "receive-before-buffers", good + arrive(60) + arrive(60) + pause() + receive_buffers(2) + kick(RX) + pause())
    write("ring", "receive-small-buffer", good + receive_buffers(2, 40) + kick(RX) + arrive(100) + pause())
    write("ring", "wrap", u8(8 + 4) + start(1)
          + b"".join(send(i % 4) + kick(TX) + pause(30) for i in range(12)))
    write("ring", "chain-loop", good + descriptor(TX, 0, BUFFERS, 64, NEXT, 1)
          + descriptor(TX, 1, BUFFERS, 64, NEXT, 0) + offer(TX, 0) + kick(TX))
    write("ring", "buffer-across-the-end", good + descriptor(RX, 0, 0xFF00, 2000, WRITE) + offer(RX, 0) + kick(RX)
          + arrive(600) + pause())
    write("ring", "buffer-in-closed-memory", good + descriptor(TX, 0, 0, 100, 0, 0, 3) + offer(TX, 0) + kick(TX))
    write("ring", "buffer-read-only", good + descriptor(RX, 0, 0, 2000, WRITE, 0, 2) + offer(RX, 0) + kick(RX)
          + arrive(60) + pause())
    write("ring", "indirect", good + descriptor(TX, 0, BUFFERS, 64, INDIRECT) + offer(TX, 0) + kick(TX))
    write("ring", "head-outside", good + offer(TX, 200) + kick(TX))
    write("ring", "index-jumps", good + u8(AVAIL_INDEX) + u8(TX) + u16(5000) + kick(TX) + register(0x70, 0) + start())
    write("ring", "reset-in-flight", good + send(0) + kick(TX) + register(0x70, 0) + pause() + start() + send(1) + kick(TX)
          + pause())
    write("ring", "queue-disabled-in-flight", good + send(0) + kick(TX) + register(0x30, TX) + register(0x44, 0) + pause()
          + register(0x44, 1))
    write("ring", "ring-moved-to-read-only", good + u8(RING_ADDRESS) + u8(0x80 | 2 << 2 | 2 | TX) + u8(2) + u16(0x100)
          + send(0) + kick(TX) + pause())
    write("ring", "no-interrupt", good + u8(AVAIL_FLAGS) + u8(TX) + u16(1) + send(0) + kick(TX) + pause())
    write("ring", "link-down", good + receive_buffers(2) + u8(LINK) + u8(1) + arrive(60) + send(0) + kick(TX) + pause()
          + u8(LINK) + u8(0) + arrive(60) + pause())
    rings = u8(K_ALL + 4) + start(2 | F_INDIRECT | F_EVENT)
    write("ring", "indirect-table", rings + table(TX, 0, BUFFERS, (0x5000, 12, NEXT, 1), (0x5100, 60, 0, 0)) + kick(TX) + pause())
    write("ring", "indirect-nested", rings + table(TX, 0, BUFFERS, (0x5000, 16, INDIRECT, 0)) + kick(TX))
    write("ring", "indirect-loop", rings + table(TX, 0, BUFFERS, (0x5000, 16, NEXT, 0)) + kick(TX))
    write("ring", "events", rings + send(0) + kick(TX) + pause() + send(1) + kick(TX) + pause())
    write("ring", "merged", u8(K_ALL + 4) + start(3 | F_MERGE) + receive_buffers(8, 256) + kick(RX) + arrive(1000) + arrive(1514)
          + pause() + pause())
    write("ring", "batch-in-order", u8(K_ALL + K_BATCH + 4) + start(2 | F_IN_ORDER) + send(0) + send(1) + send(2) + kick(TX)
          + pause())
    write("ring", "batch-reverse", u8(K_BATCH + K_REVERSE + 4) + start() + send(0) + send(1) + send(2) + kick(TX) + pause())
    write("ring", "suppressed-over-the-wrap", u8(K_WRAP + 4) + start() + receive_buffers(4) + kick(RX) + arrive(60) * 5 + pause()
          + receive_buffers(4) + kick(RX) + pause())
    write("ring", "slow-reset", u8(K_SLOW + 4) + start() + send(0) + kick(TX) + register(0x70, 0) + register(0x70, 1) + pause()
          + start() + send(1) + kick(TX) + pause())
    write("ring", "all-features", u8(1 + 4) + start(2, 0x28) + receive_buffers(2) + arrive(3000) + arrive(60) + pause())


# ---- mmio: accesses ---------------------------------------------------------------------------------

M_WRITE, M_READ, M_ACKNOWLEDGE, M_END, M_TIMER_WRITE, M_TIMER_READ, M_INPUT, M_PAUSE = range(8)
GICD, GICC, SLOT, EMPTY, ANYWHERE, CLOCK = range(6)
CNTP, CNTV = 0, 1
CTL, CVAL, TVAL = 0, 1, 2


def mmio_write(window, offset, value, size_log=2):
    return u8(M_WRITE) + u8(size_log) + u8(window) + u16(offset) + u64(value)[: 1 << size_log]


def mmio_read(window, offset, size_log=2):
    return u8(M_READ) + u8(size_log) + u8(window) + u16(offset)


def timer_write(timer, reg, value):
    return u8(M_TIMER_WRITE) + u8(timer + 2 * reg) + u32(value)


def m_input(intid, level):
    return u8(M_INPUT) + u8(intid - 64) + u8(level)


def m_pause(ns):
    return u8(M_PAUSE) + u32(ns)[:3]


def gic_open():
    return mmio_write(GICD, 0, 1) + mmio_write(GICC, 4, 0xFF) + mmio_write(GICC, 0, 1)


def enable(intid, priority=0xA0):
    return (mmio_write(GICD, 0x400 + intid, priority, 0) + mmio_write(GICD, 0x800 + intid, 1, 0)
            + mmio_write(GICD, 0x100 + intid // 32 * 4, 1 << intid % 32))


def make_mmio():
    take = u8(M_ACKNOWLEDGE)
    end = u8(M_END)
    write("mmio", "spi", gic_open() + enable(70) + m_input(70, 1) + take + m_input(70, 0) + end + take)
    write("mmio", "level-again", gic_open() + enable(70) + m_input(70, 1) + take + end + take + m_input(70, 0) + end)
    write("mmio", "preemption", gic_open() + mmio_write(GICC, 8, 2) + enable(70, 0xA0) + enable(71, 0x20) + m_input(70, 1)
          + take + m_input(71, 1) + take + end + end)
    write("mmio", "edge", gic_open() + mmio_write(GICD, 0xC00 + 16, 0xAAAAAAAA) + enable(65) + m_input(65, 1)
          + m_input(65, 0) + take + m_input(65, 1) + end + take + end)
    write("mmio", "sgi", gic_open() + enable(3) + mmio_write(GICD, 0xF00, 0x02000003) + take + end)
    write("mmio", "pending-by-software", gic_open() + enable(40) + mmio_write(GICD, 0x204, 1 << 8) + take + end
          + mmio_write(GICD, 0x284, 1 << 8))
    write("mmio", "split-end", gic_open() + mmio_write(GICC, 0, 0x201) + enable(70) + m_input(70, 1) + take + end
          + mmio_write(GICC, 0x1000, 70))
    write("mmio", "timer", gic_open() + enable(27) + timer_write(CNTV, TVAL, 1000) + timer_write(CNTV, CTL, 1)
          + m_pause(100000) + take + timer_write(CNTV, CTL, 0) + end)
    write("mmio", "timer-masked", gic_open() + enable(30) + timer_write(CNTP, CTL, 3) + timer_write(CNTP, TVAL, 0xFFFFFFFF)
          + take + timer_write(CNTP, CTL, 1) + take + end)
    write("mmio", "virtio-probe", b"".join(mmio_read(SLOT, offset) for offset in (0, 4, 8, 12))
          + b"".join(mmio_write(SLOT, 0x70, status) for status in (0, 1, 3))
          + mmio_write(SLOT, 0x14, 1) + mmio_read(SLOT, 0x10) + mmio_write(SLOT, 0x24, 1) + mmio_write(SLOT, 0x20, 1)
          + mmio_write(SLOT, 0x70, 11) + mmio_read(SLOT, 0x70) + mmio_write(SLOT, 0x30, 0) + mmio_read(SLOT, 0x34)
          + mmio_write(SLOT, 0x38, 16) + mmio_write(SLOT, 0x44, 1) + mmio_write(SLOT, 0x70, 15) + mmio_write(SLOT, 0x50, 0))
    write("mmio", "virtio-config", b"".join(mmio_read(SLOT, 0x100 + i, 0) for i in range(12)) + mmio_read(SLOT, 0x106, 1)
          + mmio_read(SLOT, 0x1F8, 3) + mmio_write(SLOT, 0x100, 1, 0))
    write("mmio", "clock", gic_open() + enable(34) + mmio_write(CLOCK, 0x10, 1) + mmio_write(CLOCK, 4, 0)
          + mmio_write(CLOCK, 8, 0xFFFFFFFF) + b"".join(m_pause(0xFFFFFF) for _ in range(64)) + take + mmio_write(CLOCK, 0x1C, 1)
          + end + mmio_write(CLOCK, 8, 0) + mmio_read(CLOCK, 0) + mmio_read(CLOCK, 0xFE0) + mmio_read(CLOCK, 0xFFE, 1))
    old = 0x200  # the legacy device's window, from the empty one's
    write("mmio", "legacy", b"".join(mmio_read(EMPTY, old + offset) for offset in (0, 4, 8, 12))
          + b"".join(mmio_write(EMPTY, old + 0x70, status) for status in (0, 1, 3))
          + mmio_write(EMPTY, old + 0x14, 0) + mmio_read(EMPTY, old + 0x10) + mmio_write(EMPTY, old + 0x24, 0)
          + mmio_write(EMPTY, old + 0x20, 1 << 27) + mmio_write(EMPTY, old + 0x28, 4096) + mmio_write(EMPTY, old + 0x30, 0)
          + mmio_read(EMPTY, old + 0x40) + mmio_read(EMPTY, old + 0x34) + mmio_write(EMPTY, old + 0x38, 16)
          + mmio_write(EMPTY, old + 0x3C, 4096) + mmio_write(EMPTY, old + 0x40, 0x40400) + mmio_write(EMPTY, old + 0x50, 0)
          + mmio_write(EMPTY, old + 0x70, 7) + mmio_write(EMPTY, old + 0x50, 0) + mmio_write(EMPTY, old + 0x100, 2, 0)
          + mmio_read(EMPTY, old + 0x100, 3) + mmio_write(EMPTY, old + 0x70, 0))
    write("mmio", "empty-slot", mmio_read(EMPTY, 0) + mmio_read(EMPTY, 8) + mmio_write(EMPTY, 0x70, 1))
    write("mmio", "identification", b"".join(mmio_read(GICD, 0xFD0 + 4 * i) for i in range(12)) + mmio_read(GICC, 0xFC))
    write("mmio", "misfits", mmio_read(GICD, 2) + mmio_read(GICC, 0x2004) + mmio_write(GICD, 0xFFE, 0, 3)
          + u8(M_READ) + u8(3) + u8(ANYWHERE) + u16(0) + u64(0xFFFFFFFFFFFFFFF8))


# ---- machine: the windows of a whole board -----------------------------------------------------------

B_WRITE, B_READ, B_SYSREG_WRITE, B_SYSREG_READ, B_TIMER_WRITE, B_TIMER_READ, B_CPU, B_LINK, B_PAUSE = range(9)
B_GICD, B_INTERFACE, B_FRAME, B_CLOCK, B_SLOTS, B_ANY_SLOT, B_CONFIG, B_BAR, B_ANY = range(9)
B_MMIO, B_LEGACY, B_PCI = range(3)


def b_machine(version=0, cpus=1, first=B_MMIO, second=B_LEGACY, msix=0):
    """version: 0 and 1 are GICv2, 2 is GICv3; msix of both cards: 0 all, 1 one, 2 no."""
    return u8(version + 4 * (cpus - 1)) + u8(first + 3 * msix + 9 * (second + 3 * msix))


def b_write(window, offset, value, size_log=2, which=0):
    return u8(B_WRITE) + u8(size_log) + u8(window + 9 * which) + u16(offset) + u64(value)[: 1 << size_log]


def b_read(window, offset, size_log=2, which=0):
    return u8(B_READ) + u8(size_log) + u8(window + 9 * which) + u16(offset)


def b_timer(timer, reg, value):
    return u8(B_TIMER_WRITE) + u8(timer + 2 * reg) + u32(value)


def b_cpu(cpu):
    return u8(B_CPU) + u8(cpu)


def b_start(window, base, legacy):
    status = b"".join(b_write(window, base + 0x70, value) for value in ((1, 3, 7) if legacy else (1, 3, 11, 15)))
    return b_write(window, base + 0x70, 0) + b_write(window, base + 0x24, 0 if legacy else 1) + status


def make_machine():
    pause = u8(B_PAUSE) + u32(0xFFFFFF)[:3]
    tick = b_timer(CNTV, TVAL, 1000) + b_timer(CNTV, CTL, 1) + b_timer(CNTP, TVAL, 2000) + b_timer(CNTP, CTL, 1)
    pull = u8(B_LINK) + u8(0) + pause + u8(B_LINK) + u8(1) + pause
    for version in (0, 1, 2):
        for cpus in (1, 2, 8):
            last = cpus - 1
            write("machine", f"timers-{version}-{cpus}", b_machine(version, cpus) + tick + b_cpu(last) + tick + pause
                  + b_timer(CNTV, CTL, 3) + b_cpu(0) + b_timer(CNTP, CTL, 0))
    v2 = b_write(B_GICD, 0, 3) + b_write(B_INTERFACE, 4, 0xFF) + b_write(B_INTERFACE, 0, 3) + b_write(B_GICD, 0x100, 0xFFFFFFFF)
    write("machine", "v2", b_machine(0, 2) + v2 + b_cpu(1) + v2 + tick + pause + b_read(B_INTERFACE, 12) + b_write(B_INTERFACE, 16, 27))
    redistributor = b"".join(b_read(B_INTERFACE, offset, 2, which) for which in range(6) for offset in (0, 4, 8, 0x14, 0xFFE8))
    wake = b"".join(b_write(B_INTERFACE, 0x14, 0, 2, 2 * cpu) + b_write(B_INTERFACE, 0x100, 0xFFFFFFFF, 2, 2 * cpu + 1)
                    for cpu in range(2))
    write("machine", "v3", b_machine(2, 2) + redistributor + b_write(B_GICD, 0, 0x12) + wake + u8(B_SYSREG_WRITE) + u8(17) + u64(1)
          + u8(B_SYSREG_WRITE) + u8(0) + u64(0xFF) + tick + pause + u8(B_SYSREG_READ) + u8(10) + u8(B_SYSREG_WRITE) + u8(11) + u64(27))
    write("machine", "cards", b_machine() + b_start(B_SLOTS, 0, False) + b_start(B_SLOTS, 0x200, True) + pull
          + b_write(B_SLOTS, 0x64, 2) + b_write(B_SLOTS, 0x264, 2) + b_read(B_ANY_SLOT, 0x3E00))
    write("machine", "clock", b_machine() + b_write(B_CLOCK, 0x10, 1) + b_read(B_CLOCK, 0) + b_write(B_CLOCK, 4, 1767000001)
          + pause * 64 + b_write(B_CLOCK, 0x1C, 1))
    for msix in (0, 1, 2):
        place = b"".join(b_write(B_CONFIG, 0x14, 0x10000000 + 0x10000 * card, 2, card)
                         + b_write(B_CONFIG, 0x20, 0x10004000 + 0x10000 * card, 2, card) + b_write(B_CONFIG, 4, 6, 1, card)
                         for card in (0, 1))
        entry = b_write(B_BAR, 0, 0x08020040, 2, 1) + b_write(B_BAR, 8, 80, 2, 1) + b_write(B_BAR, 12, 0, 2, 1)
        start = b_write(B_BAR, 8, 1) + b_write(B_BAR, 12, 1) + b"".join(b_write(B_BAR, 20, status, 0) for status in (1, 3, 11, 15))
        write("machine", f"pci-{msix}", b_machine(msix, 2, B_PCI, B_PCI, msix) + place + entry + b_write(B_CONFIG, 0x42, 0x8000, 1)
              + start + b_write(B_BAR, 16, 0, 1) + pull + b_read(B_BAR, 0x1000, 0) + b_read(B_FRAME, 8) + b_write(B_FRAME, 0x40, 81))


# ---- pci: configuration space and BARs -----------------------------------------------------------------

P_CONFIG_WRITE, P_CONFIG_READ, P_BAR_WRITE, P_BAR_READ, P_ANY_WRITE, P_ANY_READ, P_LINK, P_PAUSE = range(8)
VIRTIO_BAR, TABLE_BAR = 0, 2


def cfg_write(device, offset, value, size_log=2):
    return u8(P_CONFIG_WRITE) + u8(size_log) + u8(device) + u8(offset) + u64(value)[: 1 << size_log]


def cfg_read(device, offset, size_log=2):
    return u8(P_CONFIG_READ) + u8(size_log) + u8(device) + u8(offset)


def bar_write(device, bar, offset, value, size_log=2):
    return u8(P_BAR_WRITE) + u8(size_log) + u8(device | bar) + u16(offset) + u64(value)[: 1 << size_log]


def bar_read(device, bar, offset, size_log=2):
    return u8(P_BAR_READ) + u8(size_log) + u8(device | bar) + u16(offset)


def pci_open(device):
    base = 0x10000000 + 0x10000 * device
    return (cfg_write(device, 0x14, 0xFFFFFFFF) + cfg_read(device, 0x14) + cfg_write(device, 0x14, base)
            + cfg_write(device, 0x20, base + 0x4000) + cfg_write(device, 0x24, 0) + cfg_write(device, 4, 6, 1))


def pci_start(device):
    return (bar_write(device, VIRTIO_BAR, 20, 0, 0) + bar_read(device, VIRTIO_BAR, 20, 0)
            + b"".join(bar_write(device, VIRTIO_BAR, 20, status, 0) for status in (1, 3))
            + bar_write(device, VIRTIO_BAR, 8, 1) + bar_write(device, VIRTIO_BAR, 12, 1)
            + b"".join(bar_write(device, VIRTIO_BAR, 20, status, 0) for status in (11, 15)))


def msix_entry(vector, intid):
    return (bar_write(0, TABLE_BAR, 16 * vector, 0x08020040) + bar_write(0, TABLE_BAR, 16 * vector + 8, intid)
            + bar_write(0, TABLE_BAR, 16 * vector + 12, 0))


def make_pci():
    change = u8(P_LINK) + u8(0) + u8(P_PAUSE) + u8(0) * 3 + u8(P_LINK) + u8(2)
    write("pci", "capabilities", b"".join(cfg_read(0, offset) for offset in range(0, 256, 4)))
    write("pci", "pin", pci_open(0) + pci_start(0) + change + bar_read(0, VIRTIO_BAR, 0x1000, 0))
    write("pci", "pin-disabled", pci_open(0) + pci_start(0) + change + cfg_write(0, 4, 0x406, 1) + cfg_write(0, 4, 6, 1))
    write("pci", "shared-pin", pci_open(0) + pci_open(1) + pci_start(0) + pci_start(1) + change
          + u8(P_LINK) + u8(1) + bar_read(0, VIRTIO_BAR, 0x1000, 0) + bar_read(1, VIRTIO_BAR, 0x1000, 0))
    write("pci", "message", pci_open(0) + msix_entry(0, 64) + cfg_write(0, 0x42, 0x8000, 1) + pci_start(0)
          + bar_write(0, VIRTIO_BAR, 16, 0, 1) + change)
    write("pci", "masked", pci_open(0) + msix_entry(0, 64) + cfg_write(0, 0x42, 0xC000, 1) + pci_start(0)
          + bar_write(0, VIRTIO_BAR, 16, 0, 1) + change + bar_read(0, TABLE_BAR, 0x800, 3) + cfg_write(0, 0x42, 0x8000, 1))
    write("pci", "no-master", pci_open(0) + msix_entry(0, 64) + cfg_write(0, 0x42, 0x8000, 1) + pci_start(0)
          + bar_write(0, VIRTIO_BAR, 16, 0, 1) + cfg_write(0, 4, 2, 1) + change + bar_write(0, VIRTIO_BAR, 0x3000, 0, 1))
    write("pci", "overlap", pci_open(0) + cfg_write(1, 0x20, 0x10004000) + cfg_write(1, 4, 2, 1) + bar_read(0, VIRTIO_BAR, 20, 0))
    write("pci", "access", cfg_write(0, 0x94, 4, 0) + cfg_write(0, 0x98, 20) + cfg_write(0, 0x9C, 1) + cfg_write(0, 0xA0, 1)
          + cfg_read(0, 0xA0) + cfg_write(0, 0x9C, 3) + cfg_read(0, 0xA0))
    write("pci", "queue", pci_open(0) + pci_start(0) + bar_write(0, VIRTIO_BAR, 22, 1, 1) + bar_write(0, VIRTIO_BAR, 24, 3, 1)
          + bar_write(0, VIRTIO_BAR, 24, 8, 1) + bar_write(0, VIRTIO_BAR, 28, 1, 1) + bar_write(0, VIRTIO_BAR, 0x3004, 1, 1))


# ---- wire: what a guest sends ------------------------------------------------------------------------

RAW, CHANGED, CHANGED_FIXED, W_PAUSE, W_FAULT, W_RESTORE, W_DELIVER = range(7)
DROP, DELAY, DUPLICATE, CORRUPT, TRUNCATE = range(5)
BOTH, OUT, IN = 0, 1, 2
T_ARP, T_ECHO, T_SYN, T_UDP, T_DHCP = range(5)


def raw(frame):
    return u8(RAW) + u16(len(frame)) + frame


def changed(template, *changes, op=CHANGED_FIXED, more=0):
    return (u8(op) + u8(template) + u8(len(changes)) + b"".join(u16(at) + u8(value) for at, value in changes)
            + u8(more))


def fault(kind, where=BOTH, amount=0, skip=0, count=0):
    return u8(W_FAULT) + u8(kind) + u8(where) + u8(skip) + u8(count) + u32(amount)


def make_wire_faults():
    ping = changed(T_ARP) + changed(T_ECHO)
    write("wire", "fault-corrupt", fault(CORRUPT, OUT, 49) + ping + fault(CORRUPT, IN, 30) + ping + u8(W_RESTORE) + ping)
    write("wire", "fault-truncate", fault(TRUNCATE, OUT, 13) + ping + u8(W_RESTORE) + fault(TRUNCATE, IN, 0) + ping)
    write("wire", "fault-delay", fault(DELAY, BOTH, 10**9, skip=1, count=1) + ping * 2)
    write("wire", "fault-duplicate", fault(DUPLICATE, OUT) + fault(DUPLICATE, IN) + fault(DUPLICATE) + ping)
    write("wire", "fault-drop", fault(DROP, OUT, count=1) + fault(DROP, IN, skip=1, count=1) + ping * 2)
    write("wire", "delivered", u8(W_DELIVER) + u16(len(ARP_REPLY)) + ARP_REPLY + u8(W_DELIVER) + u16(3) + b"abc")


def make_wire():
    ping = changed(T_ARP) + changed(T_ECHO)
    write("wire", "arp-echo", ping)
    write("wire", "echo-before-arp", changed(T_ECHO) + changed(T_ARP) + changed(T_ECHO))
    write("wire", "dhcp", changed(T_DHCP) + changed(T_DHCP, (284, 3)) + u8(W_PAUSE) + u32(10**9) + changed(T_DHCP))
    write("wire", "refused", changed(T_ARP) + changed(T_SYN) + changed(T_UDP))
    write("wire", "syn-to-dns", changed(T_ARP) + changed(T_SYN, (33, 3)))
    write("wire", "outside", changed(T_ARP) + changed(T_ECHO, (30, 192), (31, 0)) + changed(T_SYN, (30, 192))
          + changed(T_UDP, (30, 8), (31, 8), (32, 8), (33, 8)))
    write("wire", "fragment", changed(T_ECHO, (20, 0x20)) + changed(T_ECHO, (21, 1)))
    write("wire", "bad-checksum", changed(T_ECHO, (36, 1), op=CHANGED) + changed(T_ECHO, (24, 1), op=CHANGED))
    write("wire", "lengths", changed(T_ECHO, (17, 0xFF)) + changed(T_ECHO, (14, 0x4F)) + changed(T_UDP, (39, 3))
          + changed(T_ARP, more=128 + 20))
    write("wire", "raw", raw(GUEST_ARP) + raw(GUEST_ECHO) + raw(b"\x01") + raw(BROADCAST + GUEST_MAC + b"\x86\xdd" + b"\0" * 40))
    write("wire", "waiting-for-arp", changed(T_ECHO) + changed(T_ECHO, (40, 9)) + u8(W_PAUSE) + u32(0xFFFFFFFF) + ping)


# ---- guest_frames: what a guest receives --------------------------------------------------------------

G_FRAME, G_FRAME_FIXED, G_PAUSE, G_PING, G_RECEIVE, G_UDP_SEND, G_UDP_RECEIVE = range(7)


def g_frame(frame, fixed=True):
    return u8(G_FRAME_FIXED if fixed else G_FRAME) + u16(len(frame)) + frame


def g_pause(ms):
    return u8(G_PAUSE) + u16(ms)


def g_ping(*address):
    return u8(G_PING) + bytes(address)


def g_udp_send(size, address, port):
    return u8(G_UDP_SEND) + u16(size) + bytes(address) + struct.pack(">H", port)


def udp(source, destination, data):
    return struct.pack(">HHHH", source, destination, 8 + len(data), 0) + data


def part(payload, offset, size, protocol=17, more=True):
    word = offset // 8 | (0x2000 if more else 0)
    return g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, protocol, payload[offset : offset + size], fragment=word)))


def dhcp_offer(end=b"\xff"):
    message = struct.pack(">BBBBIHH", 2, 1, 6, 0, 0x12345678, 0, 0x8000) + b"\0" * 4 + GUEST_IP + b"\0" * 8
    message += GUEST_MAC.ljust(208, b"\0") + b"\x63\x82\x53\x63"
    options = b"\x35\1\2" + b"\x36\4" + GATEWAY_IP + b"\1\4\xff\xff\xff\0" + b"\x33\4\0\1\x51\x80" + end
    return udp(67, 68, message + options)


def make_guest_frames_udp():
    to_all = bytes([255] * 4)
    big = echo(8, 9, 1, 1968)
    write("guest_frames", "udp", g_udp_send(5, (10, 0, 2, 2), 53) + g_frame(ARP_REPLY)
          + g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 17, udp(53, 68, b"hello")))) + u8(G_UDP_RECEIVE))
    write("guest_frames", "udp-closed-port", g_frame(ARP_REPLY) + g_frame(from_gateway(
        ipv4(GATEWAY_IP, GUEST_IP, 17, udp(53, 9, b"hello")))) * 12 + g_pause(100))
    write("guest_frames", "udp-lengths", g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 17, udp(53, 68, b"hello")[:7])))
          + g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 17, b"\0\x35\0\x44\0\7\0\0")))
          + g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 17, b"\0\x35\0\x44\xff\xff\0\0"))))
    write("guest_frames", "udp-unreachable", g_udp_send(5, (10, 0, 2, 2), 53) + g_frame(ARP_REPLY) + g_frame(from_gateway(ipv4(
        GATEWAY_IP, GUEST_IP, 1, icmp(3, 3, b"\0" * 4, ipv4(GUEST_IP, GATEWAY_IP, 17, udp(68, 53, b"hello"))[:28])))))
    write("guest_frames", "udp-loopback-in-fragments", g_udp_send(1900, (127, 0, 0, 1), 68) + u8(G_UDP_RECEIVE))
    write("guest_frames", "dhcp-offer", g_frame(ethernet(BROADCAST, GATEWAY_MAC, 0x0800, ipv4(
        GATEWAY_IP, to_all, 17, dhcp_offer()))) + u8(G_UDP_RECEIVE))
    write("guest_frames", "fragments", g_frame(ARP_REPLY) + part(big, 0, 1480, 1) + part(big, 1480, 496, 1, more=False))
    write("guest_frames", "fragments-backwards", g_frame(ARP_REPLY) + part(big, 1480, 496, 1, more=False) + part(big, 0, 1480, 1))
    write("guest_frames", "fragments-overlap", part(big, 0, 64) + part(big, 56, 64) + part(big, 64, 8) * 2 + part(big, 8, 8, more=False))
    write("guest_frames", "fragments-beyond", part(big, 0, 64) + g_frame(from_gateway(
        ipv4(GATEWAY_IP, GUEST_IP, 17, b"x" * 600, fragment=0x1FFF))))
    write("guest_frames", "fragments-incomplete", g_frame(ARP_REPLY) + part(big, 0, 64) + part(udp(53, 9, b"x" * 64), 0, 64, 1)
          + g_pause(30000) + g_pause(1))


def make_guest_frames():
    reply = from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 1, echo(0, 1, 1)))
    request = from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 1, echo(8, 9, 1)))
    quoted = ipv4(GUEST_IP, bytes([192, 0, 2, 1]), 1, echo(8, 1, 1))[:28]
    write("guest_frames", "arp-request", g_frame(ARP_REQUEST))
    write("guest_frames", "ping-and-reply", g_ping(10, 0, 2, 2) + g_frame(ARP_REPLY) + g_frame(reply) + u8(G_RECEIVE))
    write("guest_frames", "echo-request", g_frame(ARP_REQUEST) + g_frame(request))
    write("guest_frames", "echo-request-before-arp", g_frame(request) + g_pause(5) + g_frame(ARP_REPLY))
    write("guest_frames", "broadcast-echo", g_frame(ethernet(
        BROADCAST, GATEWAY_MAC, 0x0800, ipv4(GATEWAY_IP, bytes([10, 0, 2, 255]), 1, echo(8, 9, 1)))))
    write("guest_frames", "nobody-answers", g_ping(10, 0, 2, 99) + g_pause(1000) + g_pause(1000) + g_pause(1000) + g_pause(60000)
          + u8(G_RECEIVE))
    write("guest_frames", "unreachable", g_ping(192, 0, 2, 1) + g_frame(ARP_REPLY)
          + g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 1, icmp(3, 1, b"\0" * 4, quoted)))) + u8(G_RECEIVE))
    write("guest_frames", "time-exceeded-cut", g_ping(192, 0, 2, 1) + g_frame(ARP_REPLY)
          + g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 1, icmp(11, 0, b"\0" * 4, quoted[:20])))))
    write("guest_frames", "error-of-options", g_ping(192, 0, 2, 1) + g_frame(ARP_REPLY) + g_frame(from_gateway(ipv4(
        GATEWAY_IP, GUEST_IP, 1, icmp(3, 13, b"\0" * 4, ipv4(
            GUEST_IP, bytes([192, 0, 2, 1]), 1, echo(8, 1, 1)[:8], b"\x07\x07\x04" + b"\0" * 5))))) + u8(G_RECEIVE))
    write("guest_frames", "options", g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 1, echo(8, 9, 1), b"\x07\x07\x04" + b"\0" * 5))))
    write("guest_frames", "fragment", g_frame(from_gateway(ipv4(GATEWAY_IP, GUEST_IP, 1, echo(8, 9, 1), fragment=0x2000))))
    write("guest_frames", "loopback", g_ping(127, 0, 0, 1) + u8(G_RECEIVE) + g_ping(10, 0, 2, 15) + u8(G_RECEIVE))
    write("guest_frames", "conflicting-address", g_frame(ethernet(
        BROADCAST, GATEWAY_MAC, 0x0806, arp(1, GATEWAY_MAC, GUEST_IP, b"\0" * 6, GUEST_IP))))
    write("guest_frames", "lengths", g_frame(reply[:14]) + g_frame(reply[:33]) + g_frame(reply[:41]) + g_frame(b"")
          + g_frame(reply[:16] + b"\xff\xff" + reply[18:]) + g_frame(request + b"\0" * 1400))
    write("guest_frames", "bad-checksums", g_frame(request[:24] + b"\0\0" + request[26:], fixed=False)
          + g_frame(request[:-1] + b"\1", fixed=False))


# ---- guest_tcp: segments of the gateway, and what the guest's owner of connections does ----------------

T_SEGMENT, T_OPEN, T_SEND, T_RECEIVE, T_SHUT, T_CLOSE, T_ABORT, T_PAUSE, T_OPTIONS = range(9)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MSS_100 = b"\2\4\0\x64"


def t_segment(flow, flags, sequence=0, acknowledged=0, window=8192, data=0, options=b""):
    return (u8(T_SEGMENT) + u8(flow) + u8(flags) + struct.pack("bb", sequence, acknowledged) + u16(window)
            + u8(data << 4 | len(options) // 4) + options)


def t_own(op, flow, value=None):
    return u8(op) + u8(flow) + (b"" if value is None else u16(value))


def make_guest_tcp():
    active = t_own(T_OPEN, 0) + t_segment(0, SYN | ACK, options=MSS_100)
    passive = t_segment(2, SYN) + t_segment(2, ACK) + t_own(T_OPEN, 2)
    pause = u8(T_PAUSE) + u16(600)
    write("guest_tcp", "active", active + t_own(T_SEND, 0, 3000) + t_segment(0, ACK) + t_segment(0, ACK | PSH, data=9)
          + t_own(T_RECEIVE, 0, 1000) + t_own(T_CLOSE, 0) + t_segment(0, ACK | FIN) + t_segment(0, ACK))
    write("guest_tcp", "passive", passive + t_segment(2, ACK | PSH, data=5) + t_own(T_RECEIVE, 2, 1000) + t_segment(2, ACK | FIN)
          + t_own(T_SEND, 2, 100) + t_segment(2, ACK) + t_own(T_CLOSE, 2) + t_segment(2, ACK))
    write("guest_tcp", "refused", t_own(T_OPEN, 1) + t_segment(1, RST | ACK) + t_own(T_RECEIVE, 1, 10) + t_own(T_OPEN, 1))
    write("guest_tcp", "simultaneous", t_own(T_OPEN, 0) + t_segment(0, SYN) + t_segment(0, ACK) + t_own(T_SEND, 0, 10))
    write("guest_tcp", "lost", active + t_own(T_SEND, 0, 2000) + (u8(T_PAUSE) + u16(30000)) * 8 + t_own(T_SEND, 0, 10))
    write("guest_tcp", "early", passive + t_segment(2, ACK, sequence=10, data=4) + t_segment(2, ACK, sequence=40, data=4)
          + t_segment(2, ACK | FIN, data=9) + t_own(T_RECEIVE, 2, 2000))
    write("guest_tcp", "zero-window", active + t_segment(0, ACK, window=0) + t_own(T_SEND, 0, 500) + pause * 9
          + t_segment(0, ACK, window=9) + t_segment(0, ACK, window=900))
    write("guest_tcp", "reset", passive + t_segment(2, RST, sequence=1) + t_segment(2, RST) + t_own(T_SEND, 2, 10))
    write("guest_tcp", "backlog", b"".join(t_segment(i, SYN) for i in (2, 3, 2)) + t_segment(3, ACK) + t_own(T_OPEN, 3) + pause)
    write("guest_tcp", "sack", active + t_own(T_SEND, 0, 9000) + t_segment(0, ACK, acknowledged=-100) * 4 + pause
          + t_segment(0, ACK, acknowledged=-100, options=b"\1\1\5\x0a" + bytes(8)))
    write("guest_tcp", "closing", active + t_own(T_SHUT, 0, 2) + t_segment(0, ACK | FIN, acknowledged=-1) + t_segment(0, ACK)
          + pause + t_segment(0, ACK | FIN, sequence=-1))
    write("guest_tcp", "options", passive + t_own(T_OPTIONS, 2, 7) + t_own(T_SEND, 2, 3000) + t_own(T_OPTIONS, 2, 255) + pause
          + t_own(T_ABORT, 2))


# ---- device: what the device does -----------------------------------------------------------------------

(D_COMPLETE, D_USED, D_USED_INDEX, D_USED_FLAGS, D_SCRIBBLE, D_INTERRUPT, D_TASK, D_SEND, D_STATUS, D_SWITCH) = range(10)


def complete(queue, length):
    return u8(D_COMPLETE) + u8(queue) + u16(length)


def used(queue, entry, length):
    return u8(D_USED) + u8(queue) + u8(entry) + u16(length)


def d_send(length):
    return u8(D_SEND) + u16(length - 14)


def make_device():
    honest = u8(0)
    run = u8(D_INTERRUPT) + u8(1) + u8(D_TASK)
    write("device", "receive", honest + complete(RX, 72) + run + complete(RX, 1526) + complete(RX, 26) + run)
    write("device", "receive-wrap", honest + b"".join(complete(RX, 100) + run for _ in range(10)))
    write("device", "send", honest + b"".join(d_send(60) for _ in range(5)) + complete(TX, 0) + run + d_send(1514))
    write("device", "lengths", honest + complete(RX, 0) + complete(RX, 11) + complete(RX, 1527) + complete(RX, 2047) + run)
    write("device", "used-twice", honest + used(RX, 0, 100) + used(RX, 0, 100) + run)
    write("device", "used-id-outside", honest + used(RX, 7, 100) + run + used(TX, 0xF5, 0) + run)
    write("device", "used-not-in-flight", honest + used(TX, 1, 0) + d_send(60) + run + d_send(60))
    write("device", "used-index-jumps", honest + u8(D_USED_INDEX) + u8(RX) + u8(100) + run)
    write("device", "used-index-back", honest + complete(RX, 100) + run + u8(D_USED_INDEX) + u8(RX) + u8(0xFF) + run)
    write("device", "no-kick", honest + u8(D_USED_FLAGS) + u8(TX) + u16(1) + d_send(60) + complete(TX, 0) + run)
    write("device", "needs-reset", honest + u8(D_STATUS) + u8(0x4F) + u8(D_INTERRUPT) + u8(2) + u8(D_TASK) + d_send(60))
    write("device", "scribble", honest + u8(D_SCRIBBLE) + u8(TX) + u8(0) + u8(2) + u8(9) + d_send(60) + run)
    write("device", "interrupt-for-nothing", honest + u8(D_INTERRUPT) + u8(0) + u8(D_INTERRUPT) + u8(3) + u8(D_TASK))
    write("device", "indirect-and-events", u8(2 + 4) + d_send(60) + d_send(60) + complete(TX, 0) + complete(TX, 0) + run)
    write("device", "merged", u8(8) + complete(RX, 252) + complete(RX, 200) + run + complete(RX, 101) + run)
    write("device", "in-order", u8(16) + b"".join(d_send(60) for _ in range(3)) + used(TX, 2, 0) + run)
    write("device", "off-and-on", u8(0) + d_send(60) + u8(D_SWITCH) + u8(0) + d_send(60) + u8(D_SWITCH) + u8(1) + d_send(60)
          + complete(RX, 100) + run)
    write("device", "link-down", u8(0x60) + d_send(60) + u8(D_INTERRUPT) + u8(2) + u8(D_TASK) + d_send(60))
    write("device", "legacy", u8(0x50) + d_send(60) + complete(TX, 0) + complete(RX, 100) + run + d_send(1514) + run)
    write("device", "legacy-off-and-on", u8(0x52) + u8(D_SWITCH) + u8(0) + u8(D_SWITCH) + u8(1) + d_send(60) + run)
    write("device", "lies-about-version", u8(1) + b"\0" + u8(0xF0) + u32(1))
    write("device", "spin", u8(0x80) + d_send(60) + complete(TX, 0) + run)
    write("device", "lies-about-magic", u8(1) + u8(0xF0) + u32(0x12345678))
    write("device", "lies-about-status", u8(1) + b"\0" * 3 + u8(0xF0) + u32(1) + b"\0" * 4 + u8(0xF0) + u32(3))
    write("device", "lies-about-queue-size", u8(1) + b"\0" * 16 + (u8(0xF0) + u32(0xFFFFFFFF)) * 4)


# ---- fdt: device trees --------------------------------------------------------------------------------


class Tree:
    def __init__(self):
        self.structure = b""
        self.strings = b""

    def begin(self, name):
        text = name.encode() + b"\0"
        self.structure += struct.pack(">I", 1) + text + b"\0" * (-len(text) % 4)

    def end(self):
        self.structure += struct.pack(">I", 2)

    def prop(self, name, value):
        text = name.encode() + b"\0"
        at = self.strings.find(text)
        if at < 0:
            at = len(self.strings)
            self.strings += text
        self.structure += struct.pack(">III", 3, len(value), at) + value + b"\0" * (-len(value) % 4)

    def blob(self, structure_size=None):
        structure = self.structure + struct.pack(">I", 9)
        at_structure = 40 + 16
        at_strings = at_structure + len(structure)
        total = at_strings + len(self.strings)
        size = len(structure) if structure_size is None else structure_size
        header = struct.pack(">10I", 0xD00DFEED, total, at_structure, at_strings, 40, 17, 16, 0, len(self.strings), size)
        return header + b"\0" * 16 + structure + self.strings


def make_device_windows():
    honest = u8(2)
    write("device", "second-window", honest + b"\0" * 3 + complete(RX, 72))
    write("device", "other-types", u8(6) + b"\0\0\2" + b"\0\xff" + b"\xff" + b"\0\0\x10")
    write("device", "other-types-and-lies", u8(7) + b"\0\0\2" + b"\0\0\x10" + b"\0\0\0" + u8(0xF0) + u32(0))


def cells(*values):
    return struct.pack(f">{len(values)}I", *values)


def machine():
    tree = Tree()
    tree.begin("")
    tree.prop("#address-cells", cells(2))
    tree.prop("#size-cells", cells(2))
    tree.prop("compatible", b"linux,dummy-virt\0")
    tree.begin("memory@40000000")
    tree.prop("device_type", b"memory\0")
    tree.prop("reg", cells(0, 0x40000000, 0, 0x4000000))
    tree.end()
    tree.begin("intc@8000000")
    tree.prop("compatible", b"arm,cortex-a15-gic\0")
    tree.prop("reg", cells(0, 0x8000000, 0, 0x10000, 0, 0x8010000, 0, 0x10000))
    tree.end()
    tree.begin("timer")
    tree.prop("compatible", b"arm,armv8-timer\0arm,armv7-timer\0")
    tree.prop("interrupts", cells(1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104))
    tree.end()
    for slot in range(2):
        tree.begin(f"virtio_mmio@{0xA000000 + slot * 0x200:x}")
        tree.prop("compatible", b"virtio,mmio\0")
        tree.prop("reg", cells(0, 0xA000000 + slot * 0x200, 0, 0x200))
        tree.prop("interrupts", cells(0, 16 + slot, 1))
        if slot == 1:
            tree.prop("status", b"disabled\0")
        tree.end()
    return tree


def make_fdt():
    tree = machine()
    tree.end()
    blob = tree.blob()
    write("fdt", "machine", blob)
    write("fdt", "cut", blob[: len(blob) // 2])
    write("fdt", "header-only", blob[:40])
    write("fdt", "not-closed", machine().blob())
    write("fdt", "structure-too-large", tree.blob(structure_size=0xFFFFFFFC))
    deep = Tree()
    for level in range(40):
        deep.begin(f"n{level}")
    write("fdt", "deep", deep.blob())
    cells_wrong = Tree()
    cells_wrong.begin("")
    cells_wrong.prop("#address-cells", cells(0xFFFFFFFF))
    cells_wrong.prop("#size-cells", cells(0))
    cells_wrong.begin("x@0")
    cells_wrong.prop("compatible", b"arm,gic-400")
    cells_wrong.prop("reg", cells(1, 2, 3))
    cells_wrong.prop("interrupts", cells(0, 0xFFFFFFFF, 4) + b"\0")
    cells_wrong.end()
    cells_wrong.end()
    write("fdt", "cells-wrong", cells_wrong.blob())
    nops = Tree()
    nops.structure += struct.pack(">I", 4) * 3
    nops.begin("")
    nops.structure += struct.pack(">I", 4)
    nops.end()
    write("fdt", "nops", nops.blob())


# ---- acpi: ACPI tables ----------------------------------------------------------------------------------

A_AS_IS, A_MEND, A_MEND_OTHER_CPU = 0, 1, 3
A_BASE = 0x40000000


def acpi_sum(data, at):
    return data[:at] + u8(-sum(data[:at] + data[at + 1:]) % 256) + data[at + 1:]


def acpi_table(signature, revision, body, length=None):
    size = 36 + len(body) if length is None else length
    return acpi_sum(signature + u32(size) + u8(revision) + b"\0" + b"CORPUSCORPUSTB" + u32(1) + b"TEST" + u32(1) + body, 9)


def gicd(base=0x8000000, version=2, length=24):
    return u8(12) + u8(length) + u16(0) + u32(0) + u64(base) + u32(0) + u8(version) + b"\0" * 3


def gicc(base=0x8010000, mpidr=0, length=80):
    return u8(11) + u8(length) + u16(0) + u32(0) * 2 + u32(1) + u32(0) * 2 + u64(0) + u64(base) + u64(0) * 2 + u32(0) + u64(0) \
        + u64(mpidr) + u32(0)


def acpi_madt(*structures, length=None):
    return acpi_table(b"APIC", 5, u32(0) * 2 + b"".join(structures), length)


def acpi_machine(tables, entries=None, rsdp_length=36):
    """RSDP, XSDT and the tables, one behind the other; `entries` are other addresses than theirs."""
    count = len(tables) if entries is None else len(entries)
    at = A_BASE + 36 + 36 + 8 * count
    places = []
    for table in tables:
        places.append(at)
        at += len(table)
    xsdt = acpi_table(b"XSDT", 1, b"".join(u64(place) for place in (entries if entries is not None else places)))
    rsdp = acpi_sum(b"RSD PTR " + b"\0" + b"CORPUS" + u8(2) + u32(0), 8)
    rsdp += u32(rsdp_length) + u64(A_BASE + 36) + b"\0" * 4
    return acpi_sum(rsdp, 32) + xsdt + b"".join(tables)


def make_acpi():
    fadt = acpi_table(b"FACP", 6, b"\0" * 76 + u32(1 << 20) + b"\0" * 160)
    madt = acpi_madt(gicd(), gicc(), gicc(base=0x8030000, mpidr=0x101))
    gtdt = acpi_table(b"GTDT", 3, u64(2**64 - 1) + u32(0) + b"".join(u32(gsiv) + u32(4) for gsiv in (29, 30, 27, 26))
                      + u64(2**64 - 1) + u32(0) * 4)
    whole = acpi_machine([fadt, madt, gtdt])
    write("acpi", "machine", u8(A_AS_IS) + whole)
    write("acpi", "other-cpu", u8(A_MEND_OTHER_CPU) + whole)
    write("acpi", "cut", u8(A_AS_IS) + whole[: len(whole) // 2])
    write("acpi", "cut-and-mended", u8(A_MEND) + whole[:-20])
    write("acpi", "bad-checksum", u8(A_AS_IS) + whole[:-1] + b"\1")
    write("acpi", "no-tables", u8(A_MEND) + acpi_machine([]))
    write("acpi", "rsdp-length", u8(A_MEND) + acpi_machine([fadt, madt, gtdt], rsdp_length=0xFFFFFFFF))
    write("acpi", "entries-outside", u8(A_MEND) + acpi_machine([fadt], entries=[2**64 - 1, 0, A_BASE - 1]))
    write("acpi", "too-many-entries", u8(A_MEND) + acpi_machine([fadt, madt, gtdt], entries=[A_BASE + 36] * 70))
    write("acpi", "xsdt-is-its-own-entry", u8(A_MEND) + acpi_machine([fadt, madt, gtdt], entries=[A_BASE + 36] * 3))
    write("acpi", "structure-of-length-0", u8(A_MEND) + acpi_machine([fadt, gtdt, acpi_madt(gicd(length=0), gicc())]))
    write("acpi", "structure-too-long", u8(A_MEND) + acpi_machine([fadt, gtdt, acpi_madt(gicd(), gicc(length=255))]))
    write("acpi", "structure-of-a-byte", u8(A_MEND) + acpi_machine([fadt, gtdt, acpi_madt(gicd(), gicc()[:1])]))
    write("acpi", "gicc-too-short", u8(A_MEND) + acpi_machine([fadt, gtdt, acpi_madt(gicd(), gicc(length=4)[:4])]))
    write("acpi", "gicd-too-short", u8(A_MEND) + acpi_machine([fadt, gtdt, acpi_madt(gicc(), gicd(length=4)[:4])]))
    write("acpi", "two-distributors", u8(A_MEND) + acpi_machine([fadt, acpi_madt(gicd(), gicd(), gicc()), gtdt]))
    write("acpi", "gicv3", u8(A_MEND) + acpi_machine([fadt, acpi_madt(gicd(version=3), gicc()), gtdt]))
    write("acpi", "gtdt-too-short", u8(A_MEND) + acpi_machine([fadt, madt, acpi_table(b"GTDT", 3, b"\0" * 8)]))
    write("acpi", "gtdt-shorter-than-a-header", u8(A_MEND) + acpi_machine([fadt, madt, gtdt[:4] + u32(35) + gtdt[8:]]))


# ---- serve --------------------------------------------------------------------------------------------


def make_serve():
    """One request, query or script each."""
    def http(*requests):
        return u8(0) + b"".join(u16(len(request)) + request for request in requests)

    def dns(name, kind, flags=0x0100, questions=1):
        labels = b"".join(bytes([len(label)]) + label for label in name.split(b"."))
        return u8(1) + struct.pack(">6H", 7, flags, questions, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)

    def script(text, conversation=b""):
        return u8(2) + u16(len(text)) + text + u16(len(conversation)) + conversation

    write("serve", "http-get", http(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
    write("serve", "http-pieces", http(b"GET / HT", b"TP/1.1\r\n\r", b"\nHEAD /a HTTP/1.1\r\n\r\n"))
    write("serve", "http-outside", http(b"GET /../secret HTTP/1.1\r\n\r\n", b"GET /%2e%2e/secret HTTP/1.1\r\n\r\n"))
    write("serve", "http-range", http(b"GET /a HTTP/1.0\r\nRange: bytes=2-4\r\nConnection: keep-alive\r\n\r\n"))
    write("serve", "http-body", http(b"GET /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n"))
    write("serve", "http-wrong", http(b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"))
    write("serve", "dns-a", dns(b"a.test", 1))
    write("serve", "dns-aaaa", dns(b"A.TEST", 28))
    write("serve", "dns-alias", dns(b"c.test", 1))
    write("serve", "dns-loop", dns(b"l.test", 1))
    write("serve", "dns-truncated", dns(b"t.test", 255))
    write("serve", "dns-unknown", dns(b"nobody.test", 1))
    write("serve", "dns-cut", dns(b"a.test", 1)[:-6])
    write("serve", "dns-two-questions", dns(b"a.test", 1, questions=2))
    write("serve", "script-all", script(b'expect "a"\nexpect until "\\r\\n"\nexpect 2 bytes\nwait 5ms\nsend hex "00ff"\nclose\n',
                                        b"axy\r\nzz"))
    write("serve", "script-other-bytes", script(b'send "hello"\nexpect hex "61 62"\nreset\n', b"ac"))
    write("serve", "script-wrong", script(b'snd "x"\nwait\nexpect until ""\n'))


# ---- capture ------------------------------------------------------------------------------------------


def pcap(frames, magic=0xA1B23C4D, order="<", link=1):
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for number, frame in enumerate(frames):
        data += struct.pack(order + "IIII", 1, number * 1000, len(frame), len(frame)) + frame
    return data


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def pcapng(frames):
    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += block(1, struct.pack("<HHI", 1, 0, 262144) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))
    for number, frame in enumerate(frames):
        data += block(6, struct.pack("<IIIII", 0, 0, number * 1000, len(frame), len(frame)) + frame)
    return data


def make_capture():
    frames = [GUEST_ARP, ARP_REPLY, GUEST_ECHO]
    read = u8(0)
    write("capture", "nanoseconds", read + pcap(frames))
    write("capture", "microseconds-big-endian", read + pcap(frames, 0xA1B2C3D4, ">"))
    write("capture", "pcapng", read + pcapng(frames))
    write("capture", "cut", read + pcap(frames)[:-10])
    write("capture", "no-frames", read + pcap([]))
    write("capture", "not-ethernet", read + pcap(frames, link=101))
    write("capture", "longer-than-it-was", read + pcap([]) + struct.pack("<IIII", 1, 0, 60, 20) + GUEST_ARP)
    write("capture", "impossible-time", read + pcap([]) + struct.pack("<IIII", 0xFFFFFFFF, 0xFFFFFFFF, 60, 60) + GUEST_ARP)
    filters = {
        "arp-request": "arp[6:2] = 1 and arp[24:4] = 0x0a000202 and ether broadcast",
        "echo": "icmp[icmptype] = icmp-echo and src host 10.0.2.15 and dst host 10.0.2.2",
        "handshake": "tcp[tcpflags] & (tcp-syn|tcp-ack) = (tcp-syn|tcp-ack)",
        "ports": "udp portrange 67-68 or (tcp dst port 80 and not port 443)",
        "net": "net 10.0.2.0/24 and less 100",
        "ether": "ether dst 52:54:00:12:34:56 or ether proto 0x88b5",
        "vlan": "vlan 5 and ip6 and greater 60",
        "arithmetic": "ip[2:2] - ((ip[0] & 0xf) << 2) > 576 / 0",
        "name": "host www.example.com",
        "unfinished": "tcp[13",
    }
    for name, text in filters.items():
        write("capture", f"filter-{name}", u8(1) + text.encode() + b"\0" + GUEST_ECHO)


# ---- frame_text: what a report shows ------------------------------------------------------------------


def two_frames(left, right, how=1):
    return u8(how) + u16(len(left)) + left + right


def tcp(options=b"", data=b"", flags=2):
    words = 5 + len(options) // 4
    return struct.pack(">HHIIBBHHH", 49152, 80, 1000, 2000, words << 4, flags, 65535, 0, 0) + options + data


def make_frame_text():
    def packet(protocol, payload, **more):
        return from_gateway(ipv4(GATEWAY_IP, GUEST_IP, protocol, payload, **more))

    def one(name, frame):
        write("frame_text", name, u8(0) + frame)

    options = b"\2\4\5\xb4" + b"\1\3\3\7" + b"\4\2\x08\x0a" + bytes(8) + b"\xfe\4ab"
    quoted = ipv4(GUEST_IP, GATEWAY_IP, 17, udp(68, 53, b"hello"))
    one("arp-request", ARP_REQUEST)
    one("arp-reply", ARP_REPLY)
    one("arp-of-another-kind", ethernet(BROADCAST, GATEWAY_MAC, 0x0806, struct.pack(">HHBBH", 6, 0x0800, 8, 4, 9) + bytes(24)))
    one("echo", GUEST_ECHO)
    one("unreachable-port", packet(1, icmp(3, 3, b"\0" * 4, quoted[:28])))
    one("unreachable-protocol", packet(1, icmp(3, 2, b"\0" * 4, quoted[:20])))
    one("time-exceeded", packet(1, icmp(11, 1, b"\0" * 4, quoted)))
    one("udp", packet(17, udp(53, 68, b"hello") + b"behind"))
    one("udp-bad-length", packet(17, struct.pack(">HHHH", 1, 2, 99, 1) + b"x"))
    one("dhcp", packet(17, dhcp_offer()))
    one("dhcp-without-end", packet(17, dhcp_offer(b"")))
    one("dhcp-cut-option", packet(17, dhcp_offer(b"\x0c\5abc")))
    one("tcp-options", packet(6, tcp(options, b"data", 0x18)))
    one("tcp-bad-option", packet(6, tcp(b"\2\x28\0\0")))
    one("fragment", packet(17, bytes(16), fragment=0x2001))
    one("truncated", packet(17, udp(53, 68, bytes(100)))[:60])
    one("options", packet(1, echo(0, 1, 1), options=b"\x94\4\0\0"))
    one("other-protocol", packet(89, b"ospf"))
    one("not-ip", ethernet(BROADCAST, GATEWAY_MAC, 0x86DD, bytes(40)))
    one("length-field", ethernet(BROADCAST, GATEWAY_MAC, 46, bytes(46)))
    one("short", b"abc")
    write("frame_text", "compare-sequence", two_frames(packet(1, echo(0, 1, 1)), packet(1, echo(0, 1, 2)), 3))
    write("frame_text", "compare-kinds", two_frames(ARP_REPLY, packet(17, dhcp_offer())))
    write("frame_text", "compare-lengths", two_frames(packet(1, echo(0, 1, 1, 20)), packet(1, echo(0, 1, 1, 60))))


# ---- syscalls: what a program does --------------------------------------------------------------------

(S_BYTES, S_POINTER, S_SOCKET, S_CLOSE, S_BIND, S_CONNECT, S_SENDTO, S_RECVFROM, S_SETSOCKOPT, S_GETSOCKOPT, S_IOCTL,
 S_FCNTL, S_READ, S_WRITE, S_OPEN, S_NANOSLEEP, S_GETTIME, S_RANDOM, S_ANY, S_LISTEN, S_ACCEPT, S_CONNECTION, S_SHUTDOWN,
 S_GETNAME, S_PARTS, S_MESSAGE, S_SENDMSG, S_RECVMSG, S_SENDMMSG, S_RECVMMSG, S_READV, S_WRITEV, S_PPOLL, S_PSELECT,
 S_EPOLL_CREATE, S_EPOLL_CTL, S_EPOLL_WAIT, S_EVENTFD, S_DUP, S_LSEEK, S_PATH, S_UNLINK, S_KILL, S_SIGACTION,
 S_SIGPROCMASK, S_ITIMER, S_TASK, S_FILE_NAME, S_CHANGE_NAME, S_STAT, S_SET, S_LOOK, S_SYNC, S_MAP,
 S_UNMAP) = range(55)
UDP_SOCKET, PING_SOCKET, TCP_SOCKET = 0, 1, 0xC2  # what the third operand's choice comes to
LISTENER, CLIENT, SERVER = 0, 1, 2  # descriptors, behind S_CONNECTION as the first step
NULL_POINTER, NEAR_THE_END_OF_ALL = 0xF000, 0xF004
SIGALRM, HANDLED, RESTARTED, NO_CODE = 14, 2, 8, 3
NAME, DATA, LATER, SIZE = 0, 0x100, 0x800, 0xF00  # places in the program's memory
IN_NO_MEMORY, AT_THE_END = 0xF003, 0xE002


def s_bytes(at, data):
    return u8(S_BYTES) + u16(at) + u8(len(data)) + data


def s_socket(kind):
    return u8(S_SOCKET) + u8(kind)


def s_name(address, port):
    return s_bytes(NAME, struct.pack("<H", 2) + struct.pack(">H", port) + bytes(address) + b"\0" * 8)


def s_bind(file=0, name=NAME, size=16, op=S_BIND):
    return u8(op) + u8(file) + u16(name) + u16(size)


def s_sendto(file, size, to=NAME, to_size=16, data=DATA):
    return u8(S_SENDTO) + u8(file) + u16(data) + u16(size) + u8(0) + u16(to) + u16(to_size)


def s_recvfrom(file, size=64, flags=0x40, origin=LATER, origin_size=SIZE):
    return u8(S_RECVFROM) + u8(file) + u16(LATER + 64) + u16(size) + u8(flags) + u16(origin) + u16(origin_size)


def s_option(op, what, value, size, file=0):
    return u8(op) + u8(file) + u8(what) + u16(value) + u16(size)


def s_ioctl(what, file=0, at=DATA):
    return u8(S_IOCTL) + u8(file) + u8(what) + u16(at)


def s_route(destination, mask, gateway, flags):
    def address(numbers):
        return struct.pack("<HH", 2, 0) + bytes(numbers) + b"\0" * 8

    return s_bytes(DATA, bytes(8) + address(destination) + address(gateway) + address(mask) + struct.pack("<H", flags))


def s_move(op, file, size, at=DATA):
    return u8(op) + u8(file) + u16(at) + u16(size)


def s_parts(at, *parts):
    return u8(S_PARTS) + u16(at // 64) + u8(len(parts)) + b"".join(u16(to) + u16(size) for to, size in parts)


def s_message(at, parts, count, name=NULL_POINTER, name_size=0, control=NULL_POINTER, control_size=0):
    return (u8(S_MESSAGE) + u16(at // 64) + u16(name) + u16(name_size) + u16(parts) + u16(count + 2) + u16(control)
            + u16(control_size))


def s_poll(*entries, timeout=0x1000):
    files = b"".join(struct.pack("<iHH", file, events, 0) for file, events in entries)
    return s_bytes(DATA, files) + u8(S_PPOLL) + u16(DATA) + u16(len(entries)) + u16(timeout) + u16(NULL_POINTER) + u8(8)


def s_watch(epoll, operation, file, events):
    return u8(S_EPOLL_CTL) + u8(epoll) + u8(operation) + u8(file) + u16(DATA) + u32(events)


def s_harvest(epoll, timeout=0):
    return u8(S_EPOLL_WAIT) + u8(epoll) + u16(LATER) + u16(4) + u8(timeout) + u16(NULL_POINTER)


def s_handle(number, how=HANDLED):
    return u8(S_SIGACTION) + u8(how) + u8(number) + u16(DATA) + u16(NULL_POINTER) + u16(0)


def s_alarm(first, interval=0):
    return u8(S_ITIMER) + u8(7 * interval + first) + u16(DATA) + u16(NULL_POINTER)


def make_syscalls_of_connections():
    both = u8(S_CONNECTION) + u8(1)
    waiting = u8(S_CONNECTION) + u8(0)
    linger = s_bytes(DATA, u32(1) + u32(3)) + s_option(S_SETSOCKOPT, 10, DATA, 8, CLIENT)
    close = u8(S_CLOSE) + u8(CLIENT)
    write("syscalls", "tcp-to-itself", both + s_move(S_WRITE, CLIENT, 300) + s_move(S_READ, SERVER, 100)
          + s_move(S_READ, SERVER, 400) + u8(S_SHUTDOWN) + u8(CLIENT) + u8(1) + s_move(S_READ, SERVER, 9) + close)
    write("syscalls", "tcp-full", both + s_move(S_WRITE, CLIENT, 0xFF06, 0xD800) * 6 + s_poll((CLIENT, 4), (SERVER, 5)) + close)
    write("syscalls", "tcp-lingers", waiting + s_move(S_WRITE, CLIENT, 4000) + linger + close + s_move(S_READ, SERVER, 99))
    write("syscalls", "tcp-resets", both + s_bytes(DATA, u32(1) + u32(0)) + s_option(S_SETSOCKOPT, 10, DATA, 8, CLIENT) + close
          + s_move(S_READ, SERVER, 9) + s_move(S_WRITE, SERVER, 9))
    write("syscalls", "tcp-names", both + s_bytes(SIZE, u32(16)) + b"".join(
        u8(S_GETNAME) + u8(file) + u16(LATER) + u16(SIZE) + u8(peer) for file in range(4) for peer in range(2)))
    write("syscalls", "tcp-options", both + s_bytes(DATA, u32(1) + u32(5)) + b"".join(
        s_option(S_SETSOCKOPT, i, DATA, 8, CLIENT) + s_bytes(SIZE, u32(16)) + s_option(S_GETSOCKOPT, i, LATER, SIZE, CLIENT)
        for i in range(21)))
    write("syscalls", "tcp-second-client", both + s_socket(TCP_SOCKET) + s_name((127, 0, 0, 1), 68) + s_bind(3, op=S_CONNECT)
          + s_bytes(SIZE, u32(16)) + u8(S_ACCEPT) + u8(LISTENER) + u16(LATER) + u16(SIZE) + u8(1))
    write("syscalls", "tcp-to-the-gateway", s_socket(TCP_SOCKET) + s_name((10, 0, 2, 2), 80) + s_bind(op=S_CONNECT))
    write("syscalls", "tcp-port-0", s_socket(TCP_SOCKET) + s_name((127, 0, 0, 1), 0) + s_bind() + u8(S_LISTEN) + u8(0) + u16(3)
          + s_bind(op=S_CONNECT))
    write("syscalls", "tcp-restarted", waiting + s_handle(SIGALRM, RESTARTED) + s_alarm(1, 1) + s_move(S_READ, SERVER, 10))
    write("syscalls", "tcp-interrupted", waiting + s_handle(SIGALRM) + s_alarm(1, 1) + s_move(S_READ, SERVER, 10) * 3
          + s_bytes(LATER, bytes(32)) + u8(S_NANOSLEEP) + u16(LATER) + u16(NULL_POINTER))
    edge = both + u8(S_EPOLL_CREATE) + u8(0) + s_watch(3, 1, CLIENT, 1 << 31 | 5) + s_watch(3, 1, SERVER, 1 << 30 | 5)
    write("syscalls", "epoll", edge + s_harvest(3) * 2 + s_move(S_WRITE, CLIENT, 10) + s_harvest(3) + s_watch(3, 3, SERVER, 1)
          + s_harvest(3) + s_watch(3, 2, CLIENT, 0) + s_watch(3, 1, 3, 1) + u8(S_CLOSE) + u8(SERVER) + s_harvest(3, 5))


def make_syscalls_of_messages():
    loopback = s_socket(UDP_SOCKET) + s_name((127, 0, 0, 1), 68) + s_bind()
    send, receive = u8(S_SENDMSG) + u8(0) + u16(0x400) + u8(0), u8(S_RECVMSG) + u8(0) + u16(0x480) + u8(0x60)
    parts = s_parts(0x500, (DATA, 10), (0x1000, 300)) + s_parts(0x580, (LATER, 20), (0x2000, 1000))
    into = s_message(0x480, 0x580, 2, 0x600, 16, 0x640, 64)
    write("syscalls", "messages", loopback + parts + s_message(0x400, 0x500, 2, NAME, 16) + into + send * 2 + receive * 2)
    write("syscalls", "message-name-at-an-odd-place", loopback + parts + s_message(0x400, 0x500, 2, NAME, 16)
          + u8(S_POINTER) + u16(0x400 // 8) + u16(NAME + 1) + send)
    write("syscalls", "message-of-64-kilobytes", loopback + s_parts(0x500, *((0, 9000),) * 7) + s_message(0x400, 0x500, 7, NAME, 16)
          + into + parts + send + receive + s_sendto(0, 0xFF09, data=0xD800) + s_recvfrom(0, 0xFF09))
    write("syscalls", "many-messages", loopback + parts + s_message(0x400, 0x500, 2, NAME, 16) + into + b"".join(
        u8(op) + u8(0) + u16(at) + u16(2) + u16(0) + u16(NULL_POINTER) for op, at in ((S_SENDMMSG, 0x400), (S_RECVMMSG, 0x480))))
    write("syscalls", "vectors", u8(S_PATH) + u16(0) + u8(0) + u8(S_OPEN) + u16(0) + u16(0o102) + parts
          + u8(S_WRITEV) + u8(0) + u16(0x500) + u8(2) + u8(S_LSEEK) + u8(0) + u16(0) + u8(0) + u8(S_READV) + u8(0) + u16(0x580)
          + u8(2) + u8(S_UNLINK) + u16(0) + u8(0))


def make_syscalls_of_signals():
    write("syscalls", "signal-handlers", b"".join(s_handle(number, how) for number, how in (
        (10, HANDLED), (10, NO_CODE), (10, NO_CODE + 1), (10, NO_CODE + 2), (9, HANDLED), (0, 0))) + u8(S_KILL) + u8(0) + u8(10))
    write("syscalls", "signal-blocked", s_handle(10) + s_bytes(DATA, u64(1 << 9)) + u8(S_SIGPROCMASK) + u8(0) + u16(DATA)
          + u16(LATER) + u8(S_KILL) + u8(0) + u8(10) + u8(S_SIGPROCMASK) + u8(1) + u16(DATA) + u16(LATER))
    write("syscalls", "alarm-with-an-endless-interval", s_handle(SIGALRM) + s_alarm(1, 6) + s_poll(timeout=NULL_POINTER) * 2)
    write("syscalls", "select-at-the-end-of-all", u8(S_PSELECT) + u16(70) + u16(NEAR_THE_END_OF_ALL) * 3 + u16(DATA)
          + u16(NULL_POINTER))
    write("syscalls", "select", u8(S_CONNECTION) + u8(1) + s_bytes(DATA, u64(7)) + s_bytes(LATER, u64(7)) + u8(S_PSELECT) + u16(3)
          + u16(DATA) + u16(LATER) + u16(NULL_POINTER) + u16(0x1000) + u16(NULL_POINTER))
    write("syscalls", "eventfd", u8(S_EVENTFD) + u16(3) + u8(0) + s_move(S_READ, 0, 8) * 2 + s_move(S_WRITE, 0, 8)
          + u8(S_DUP) + u8(0) + u8(4) + u8(1) + s_poll((0, 5), (4, 5)) + u8(S_TASK) + u8(1) + u16(0) + u8(S_TASK) + u8(2) + u16(DATA))


def s_change_name(what, first, second=None):
    """Makes a directory (0), removes one (1), makes a symbolic link (2), another name (3), or renames (4)."""
    return u8(S_CHANGE_NAME) + u8(what) + u16(first) + u8(5) + (u16(second) if second is not None else b"")


def s_open(path, flags):
    return u8(S_OPEN) + u16(path) + u16(flags)


def s_look(what, file, size=b""):
    return u8(S_LOOK) + u8(what) + u8(file) + u16(LATER) + size


def make_syscalls_of_names():
    folder, file, below, link, loop = (64 * place for place in range(5))
    names = b"".join(u8(S_FILE_NAME) + u16(place) + u8(number) for place, number in enumerate((0, 1, 2, 4, 19)))
    tree = names + s_change_name(0, folder) + s_open(file, 0o102) + s_move(S_WRITE, 0, 300) + s_change_name(0, below)
    attributes = b"".join(u8(S_STAT) + u8(what) + u16(file) + u16(LATER) for what in (0, 1, 3))
    write("syscalls", "directories", tree + s_open(folder, 0) + s_look(2, 1, u16(40)) * 3 + s_look(2, 1, u16(20))
          + s_change_name(1, folder) + s_change_name(4, file, below) + s_change_name(4, below, file) + s_change_name(1, below))
    write("syscalls", "attributes", tree + attributes + s_look(0, 0) + s_look(1, 0) + s_look(3, 0, u16(100) + u16(250))
          + s_look(4, 0, u16(100) + u16(4000)) + s_look(5, 0, u16(10)) + u8(S_SET) + u8(1) + u8(0) + u16(5)
          + u8(S_SET) + u8(5) + u8(0) + u16(0) + u16(LATER) + u8(0) + u8(S_SYNC) + u8(0) + u8(0))
    write("syscalls", "symbolic-links", tree + s_change_name(2, folder, link) + s_open(link, 0) + u8(S_STAT) + u8(2) + u16(link)
          + u16(LATER) + u16(100) + s_change_name(2, loop, link) + s_change_name(3, file, link) + s_open(loop, 0))


def s_map(pages, protection=3, how=0):
    """Anonymous and private (0 and 2), shared (1), of no kind (3), fixed (4), or of a file (5)."""
    return u8(S_MAP) + u8(8 * how + protection) + u8(12 * pages + 1) + u8(0)


def s_unmap(first, pages):
    return u8(S_UNMAP) + u8(first) + u8(12 * pages + 1)


def make_syscalls_of_memory():
    write("syscalls", "memory", s_map(2) + s_map(4, how=1) + s_map(1) + s_unmap(2, 2) + s_map(2) + s_unmap(0, 6)
          + s_map(9) + s_map(3) + s_unmap(6, 1) + s_map(6))
    write("syscalls", "memory-wrong", s_map(0) + b"".join(s_map(1, how=how) for how in (3, 4, 5)) + s_map(1, 7) + s_map(17)
          + s_unmap(0, 1) + s_map(16) + s_unmap(15, 2) + s_unmap(16, 1) + s_map(1))
    write("syscalls", "memory-taken-along", s_map(16) + u8(S_OPEN) + u16(0xD800) + u16(0) + s_poll(timeout=NULL_POINTER))


def make_syscalls():
    make_syscalls_of_memory()
    make_syscalls_of_names()
    make_syscalls_of_connections()
    make_syscalls_of_messages()
    make_syscalls_of_signals()
    loopback = s_name((127, 0, 0, 1), 68)
    udp_pair = s_socket(UDP_SOCKET) + loopback + s_bind() + s_sendto(0, 100)
    short = s_bytes(SIZE, u32(16))
    eth0 = s_bytes(DATA, b"eth0" + bytes(12) + struct.pack("<HH", 2, 0) + bytes((10, 0, 2, 99)))
    write("syscalls", "udp-to-itself", udp_pair + short + s_recvfrom(0) + s_recvfrom(0))
    write("syscalls", "udp-address-cut", udp_pair + s_bytes(SIZE, u32(12)) + s_recvfrom(0))
    write("syscalls", "udp-waits", s_socket(UDP_SOCKET) + loopback + s_bind() + short + s_recvfrom(0, flags=0))
    write("syscalls", "udp-connected", s_socket(UDP_SOCKET) + loopback + s_bind() + s_bind(op=S_CONNECT)
          + u8(S_WRITE) + u8(0) + u16(DATA) + u16(10) + u8(S_READ) + u8(0) + u16(LATER) + u16(64))
    write("syscalls", "ping", s_socket(PING_SOCKET) + loopback + s_bytes(DATA, b"\x08" + bytes(15)) + s_sendto(0, 16) + short
          + s_recvfrom(0, flags=0))
    write("syscalls", "to-the-gateway", s_socket(UDP_SOCKET) + s_name((10, 0, 2, 2), 53) + s_sendto(0, 1400) * 9)
    write("syscalls", "broadcast", s_socket(UDP_SOCKET) + s_name((255,) * 4, 67) + s_sendto(0, 10) + s_bytes(DATA, u32(1))
          + s_option(S_SETSOCKOPT, 3, DATA, 4) + s_bytes(DATA, b"eth0\0") + s_option(S_SETSOCKOPT, 4, DATA, 5) + s_sendto(0, 10))
    write("syscalls", "options", s_socket(UDP_SOCKET) + s_bytes(DATA, u64(1) + u64(5)) + b"".join(
        s_option(S_SETSOCKOPT, i, DATA, 16) + s_bytes(SIZE, u32(16)) + s_option(S_GETSOCKOPT, i, LATER, SIZE) for i in range(5)))
    write("syscalls", "interfaces", s_socket(UDP_SOCKET) + b"".join(eth0 + s_ioctl(i) for i in range(15)))
    write("syscalls", "routes", s_socket(UDP_SOCKET) + s_route((192, 168, 0, 0), (255, 255, 0, 0), (10, 0, 2, 2), 3) + s_ioctl(0)
          + s_ioctl(0) + s_ioctl(1))
    device = s_bytes(LATER, b"eth0\0") + u8(S_POINTER) + u16((DATA + 88) // 8) + u16(LATER)
    write("syscalls", "route-through-a-device", s_socket(UDP_SOCKET) + s_route((192, 168, 0, 0), (255, 255, 0, 0), (0,) * 4, 1)
          + device + s_ioctl(0) + s_ioctl(1))
    nowhere = u8(S_POINTER) + u16((DATA + 88) // 8) + u16(IN_NO_MEMORY)
    write("syscalls", "route-device-in-no-memory", s_socket(UDP_SOCKET) + s_route((192, 168, 0, 0), (255, 255, 0, 0), (0,) * 4, 1)
          + nowhere + s_ioctl(0) + s_ioctl(1))
    write("syscalls", "path-in-no-memory", u8(S_OPEN) + u16(0xF000) + u16(0) + u8(S_OPEN) + u16(IN_NO_MEMORY) + u16(0))
    write("syscalls", "proc-net", s_bytes(DATA, b"/proc/net/route\0") + u8(S_OPEN) + u16(DATA) + u16(0)
          + (u8(S_READ) + u8(0) + u16(LATER) + u16(100)) * 4)
    write("syscalls", "no-memory", s_socket(UDP_SOCKET) + s_bind(name=IN_NO_MEMORY) + s_sendto(0, 100, data=AT_THE_END)
          + s_recvfrom(0, origin_size=IN_NO_MEMORY) + s_ioctl(2, at=AT_THE_END) + s_option(S_GETSOCKOPT, 0, LATER, IN_NO_MEMORY))
    write("syscalls", "time", s_bytes(DATA, u64(1) + u64(5)) + u8(S_NANOSLEEP) + u16(DATA) + u16(LATER) + u8(S_GETTIME) + u16(LATER)
          + u16(0) + u8(S_RANDOM) + u16(LATER) + u16(300))
    write("syscalls", "many-sockets", b"".join(s_socket(i % 2) + u8(S_FCNTL) + u8(i) + u8(4) + u16(2048) for i in range(20))
          + u8(S_CLOSE) + u8(0) + u8(S_ANY) + u16(93) + bytes(6))


# ---- p9_message, p9_session: requests of 9P2000.L -----------------------------------------------------

P9_TYPES = {"statfs": 8, "lopen": 12, "lcreate": 14, "symlink": 16, "mknod": 18, "rename": 20, "readlink": 22, "getattr": 24,
            "setattr": 26, "xattrwalk": 30, "xattrcreate": 32, "readdir": 40, "fsync": 50, "lock": 52, "getlock": 54, "link": 70,
            "mkdir": 72, "renameat": 74, "unlinkat": 76, "version": 100, "auth": 102, "attach": 104, "flush": 108, "walk": 110,
            "read": 116, "write": 118, "clunk": 120, "remove": 122}
P9_NONE = 0xFFFFFFFF
P9_FOLDER, P9_READ_ONLY, P9_BARE = 1, 2, 4


def p9_text(text):
    return u16(len(text)) + text.encode()


def p9_walk(fid, newfid, *names):
    return "walk", u32(fid) + u32(newfid) + u16(len(names)) + b"".join(map(p9_text, names))


def p9_lopen(fid, flags):
    return "lopen", u32(fid) + u32(flags)


def p9_lcreate(fid, name, flags=2):
    return "lcreate", u32(fid) + p9_text(name) + u32(flags) + u32(0o644) + u32(0)


def p9_read(fid, offset, count):
    return "read", u32(fid) + u64(offset) + u32(count)


def p9_write(fid, offset, data):
    return "write", u32(fid) + u64(offset) + u32(len(data)) + data


def p9_readdir(fid, offset, count):
    return "readdir", u32(fid) + u64(offset) + u32(count)


def p9_clunk(fid):
    return "clunk", u32(fid)


def p9_mkdir(fid, name):
    return "mkdir", u32(fid) + p9_text(name) + u32(0o755) + u32(0)


def p9_setattr(fid, valid, size=0):
    return "setattr", u32(fid) + u32(valid) + u32(0o600) + u32(1) + u32(2) + u64(size) + u64(3) + u64(4) + u64(5) + u64(6)


def p9_lock(kind, fid):
    flags = u32(1) if kind == "lock" else b""
    return kind, u32(fid) + u8(1) + flags + u64(0) + u64(10) + u32(7) + p9_text("me")


def p9_examples():
    """One request of each type, of which most do something after those before."""
    return [
        ("version", u32(8192) + p9_text("9P2000.L")),
        ("attach", u32(0) + u32(P9_NONE) + p9_text("root") + p9_text("") + u32(P9_NONE)),
        p9_walk(0, 1, "d", "b"),
        ("getattr", u32(1) + u64(0x7FF)),
        p9_lopen(1, 2),
        p9_write(1, 3, b"some data"),
        p9_read(1, 0, 100),
        ("fsync", u32(1) + u32(0)),
        p9_lock("lock", 1),
        p9_lock("getlock", 1),
        p9_setattr(1, 0x1FF, 5),
        p9_clunk(1),
        p9_walk(0, 1),
        p9_lcreate(1, "new"),
        p9_mkdir(0, "dir"),
        ("symlink", u32(0) + p9_text("link") + p9_text("../secret") + u32(0)),
        ("mknod", u32(0) + p9_text("node") + u32(0o20644) + u32(1) + u32(3) + u32(0)),
        p9_walk(0, 2, "link"),
        ("readlink", u32(2)),
        ("link", u32(0) + u32(1) + p9_text("twin")),
        ("rename", u32(1) + u32(0) + p9_text("moved")),
        ("renameat", u32(0) + p9_text("moved") + u32(0) + p9_text("again")),
        ("unlinkat", u32(0) + p9_text("dir") + u32(0x200)),
        ("remove", u32(2)),
        ("xattrwalk", u32(0) + u32(3) + p9_text("")),
        ("statfs", u32(0)),
        ("flush", u16(1)),
        ("auth", u32(9) + p9_text("root") + p9_text("") + u32(0)),
        p9_walk(0, 4),
        p9_lopen(4, 0),
        p9_readdir(4, 0, 4000),
    ]


def p9_message(kind, body, tag=1):
    return u32(7 + len(body)) + u8(P9_TYPES[kind]) + u16(tag) + body


def p9_session(options, room, *requests):
    """Requests by their types; none of these bodies goes on with zeros."""
    return u8(options) + u8(room) + b"".join(u8(P9_TYPES[kind]) + u8(len(body)) + u16(0) + body for kind, body in requests)


def make_p9_message():
    seen = set()
    for kind, body in p9_examples():
        if kind not in seen:
            seen.add(kind)
            write("p9_message", kind, u8(0) + p9_message(kind, body))
    write("p9_message", "sixteen-names", u8(1) + p9_message(*p9_walk(0, 1, *"abcdefghijklmnop")))
    write("p9_message", "seventeen-names", u8(1) + p9_message(*p9_walk(0, 1, *"abcdefghijklmnopq")))
    write("p9_message", "name-with-slash", u8(1) + p9_message(*p9_walk(0, 1, "../secret")))
    write("p9_message", "short", u8(0) + b"\x07\0\0")


def make_p9_session():
    examples = p9_examples()
    write("p9_session", "each-type", p9_session(P9_BARE, 0, *examples))
    write("p9_session", "each-type-folder", p9_session(P9_BARE | P9_FOLDER, 0, *examples))
    write("p9_session", "each-type-read-only", p9_session(P9_BARE | P9_READ_ONLY | P9_FOLDER, 0, *examples))
    write("p9_session", "each-type-little-room", p9_session(P9_BARE, 20, *examples))
    written = [p9_walk(0, 1, "a"), p9_lopen(1, 2), p9_write(1, 8, b"0123"), p9_read(1, 0, 4000), p9_setattr(1, 8, 2),
               p9_read(1, 0, 50), p9_write(1, 1 << 33, b"far"), p9_read(1, (1 << 33) - 4, 20), p9_setattr(1, 8, 0)]
    write("p9_session", "written", p9_session(0, 0, *written))
    write("p9_session", "written-folder", p9_session(P9_FOLDER, 0, *written))
    tight = [p9_walk(0, 1, "a"), p9_lopen(1, 2), p9_write(1, 0, b"0123456789" * 6), p9_read(1, 0, 40)]
    write("p9_session", "written-little-room", p9_session(0, 40, *tight))
    moved = [p9_mkdir(0, "x"), p9_walk(0, 1, "x"), p9_mkdir(1, "y"), p9_walk(1, 2, "y"), ("rename", u32(1) + u32(2) + p9_text("z")),
             ("renameat", u32(1) + p9_text("y") + u32(0) + p9_text("d")), ("rename", u32(2) + u32(0) + p9_text("y")),
             ("remove", u32(1)), p9_lcreate(2, "f"), ("remove", u32(2))]
    write("p9_session", "moved", p9_session(0, 0, *moved))
    attribute = [p9_walk(0, 1, "a"), ("xattrcreate", u32(1) + p9_text("user.a") + u64(3) + u32(0)), p9_write(1, 0, b"abc"),
                 p9_clunk(1), p9_walk(0, 1, "a"), ("xattrwalk", u32(1) + u32(2) + p9_text("user.a")), p9_read(2, 0, 9),
                 ("xattrwalk", u32(1) + u32(3) + p9_text("")), p9_read(3, 0, 99), p9_clunk(2)]
    write("p9_session", "attribute", p9_session(0, 0, *attribute))
    removed = [p9_walk(0, 1, "a"), p9_lopen(1, 2), ("unlinkat", u32(0) + p9_text("a") + u32(0)), p9_write(1, 0, b"x"),
               p9_read(1, 0, 9), p9_walk(0, 2, "d"), p9_walk(2, 2), p9_walk(2, 2, "b"), ("remove", u32(2)),
               ("unlinkat", u32(0) + p9_text("d") + u32(0x200)), ("version", u32(4096) + p9_text("9P2000.L")), p9_clunk(1)]
    write("p9_session", "removed", p9_session(0, 0, *removed))
    listed = [p9_walk(0, 1), p9_lopen(1, 0), p9_readdir(1, 0, 60), p9_readdir(1, 2, 60), p9_readdir(1, 3, 4085), p9_read(1, 0, 9)]
    write("p9_session", "listed", p9_session(P9_FOLDER, 0, *listed))


# ---- p9_client: what a program does with files of a share, and what the server answers -----------------

C_HONEST, C_ERROR, C_NONE, C_CUT, C_LONG, C_TAG, C_SIZE, C_TYPE, C_USED, C_BODY = range(10)
(C_OPEN, C_CLOSE, C_READ, C_WRITE, C_LIST, C_READLINK, C_STAT, C_STATFS, C_CHANGE, C_SYNC, C_REMOVE, C_MKDIR, C_RENAME, C_LINK,
 C_SYMLINK, C_BREAK, C_LATE) = range(17)
C_DIRECTORY, C_FILE, C_LINKED = range(3)
C_FLAGS = {"both": 2, "create": 4, "directory": 7, "link": 9}


def c_answer(kind=C_HONEST, operands=b"", by=0):
    """Each has a byte that says by how much it is wrong, if it is."""
    return u8(kind) + u8(by) + operands


def c_step(step, index, *rest):
    """Operands, and the answers of a session's beginning in front of them, of the messages behind them."""
    return u8(step) + u8(index) + b"".join(rest)


C_SESSION = c_answer() + c_answer(C_HONEST, u8(C_DIRECTORY))
C_REACHED = c_answer(C_HONEST, u8(0))  # a walk to the root
C_TRANSFER = u8(0) + u8(0) + u16(100)


def c_open(how, kind, session=b"", index=0):
    """A path of one name: a walk to it, and its opening."""
    opened = c_answer(C_HONEST, u8(kind) + u16(0)) if how != "link" else b""
    return c_step(C_OPEN, index, session, u8(1) + u8(C_FLAGS[how]), c_answer(C_HONEST, u8(0) + u8(kind)), opened)


def c_entry(name, after):
    return u8(after) + u8(len(name)) + u8(C_FILE) + name.encode()


def c_list(*answers):
    return c_step(C_LIST, 0, u8(0) + u8(0) + u16(500), *answers)


def make_p9_client():
    close = c_step(C_CLOSE, 0, u8(0), c_answer())
    opened = u8(0) + c_open("both", C_FILE, C_SESSION)
    written = c_step(C_WRITE, 0, C_TRANSFER, c_answer(C_HONEST, u8(0)))
    read = c_step(C_READ, 0, C_TRANSFER, c_answer(C_HONEST, u8(40) + b"some bytes".ljust(60, b".")))
    write("p9_client", "file", opened + written + read + c_step(C_STAT, 0, u8(0), c_answer(C_HONEST, bytes(153))) + close)
    listed = u8(0) + c_open("directory", C_DIRECTORY, C_SESSION)
    entries = u8(2) + c_entry("a", 1) + c_entry("b/c", 2)
    write("p9_client", "listed", listed + c_list(c_answer(C_HONEST, entries)) + c_list(c_answer(C_HONEST, u8(0))) + close)
    unnamed = [c_answer(C_HONEST, u8(1) + c_entry("a/b", 1))] * 20
    write("p9_client", "no-names", listed + c_list(*unnamed) + close)
    linked = u8(0) + c_open("link", C_LINKED, C_SESSION)
    write("p9_client", "link", linked + c_step(C_READLINK, 0, C_TRANSFER, c_answer(C_HONEST, u16(5) + b"there")) + close)
    created = c_step(C_OPEN, 0, C_SESSION, u8(1) + u8(C_FLAGS["create"]), c_answer(C_ERROR, u16(2)), C_REACHED,
                     c_answer(C_HONEST, u8(C_FILE) + u16(0)))
    write("p9_client", "created", u8(0) + created + written + close)
    names = [c_step(C_MKDIR, 0, C_SESSION, u8(1) + u8(0), C_REACHED, c_answer(C_HONEST, u8(C_DIRECTORY)), c_answer()),
             c_step(C_RENAME, 0, u8(1) + u8(1), C_REACHED, C_REACHED, c_answer(), c_answer(), c_answer()),
             c_step(C_REMOVE, 0, u8(1) + u8(0), C_REACHED, c_answer(C_ERROR, u16(39)), c_answer())]
    write("p9_client", "names", u8(0) + b"".join(names))
    for name, kind in (("cut", C_CUT), ("long", C_LONG), ("tag", C_TAG), ("size", C_SIZE), ("type", C_TYPE), ("used", C_USED)):
        wrong = c_step(C_OPEN, 1, u8(1) + u8(0), c_answer(kind, u8(0) + u8(C_FILE)))
        write("p9_client", f"walk-{name}", opened + wrong + c_open("both", C_FILE, index=2) + close)
    more = c_step(C_OPEN, 1, u8(1) + u8(0), c_answer(C_ERROR, u16(2) + b"x", 1))
    write("p9_client", "walk-error-and-more", opened + more + c_open("both", C_FILE, index=2) + close)
    silent = c_step(C_READ, 0, C_TRANSFER, u8(C_NONE), c_answer())
    write("p9_client", "late", opened + silent + c_step(C_LATE, 0) + read + close)
    write("p9_client", "broken", opened + c_step(C_BREAK, 0) + c_open("both", C_FILE, C_SESSION, 1) + close)
    write("p9_client", "body", opened + c_step(C_SYNC, 0, u8(0), c_answer(C_BODY, u8(5) + b"\x0d\0\0\0\0")) + close)


# ---- gic: accesses by several CPUs -----------------------------------------------------------------

G_V2, G_SECURE, G_V3 = 0, 1, 2
G_DIST, G_GICC = 0, 1


def g_rd(cpu):
    return 1 + 4 * cpu


def g_sgi(cpu):
    return 3 + 4 * cpu


def g_write(window, offset, value, size_log=2):
    return u8(0) + u8(size_log) + u8(window) + u16(offset) + value.to_bytes(1 << size_log, "little")


def g_sysreg(reg, value):
    return u8(2) + u8(reg) + value.to_bytes(8, "little")


def g_line(intid, level, cpu=0, pend=0):
    return u8(5) + u8(intid - 16) + u8(level | pend << 1 | cpu << 2)


def g_cpu(cpu):
    return u8(6) + u8(cpu)


G_TAKE = u8(4)


def g_v3_open(cpu):
    return (g_cpu(cpu) + g_write(g_rd(cpu), 0x14, 0) + g_write(g_sgi(cpu), 0x80, 0xFFFFFFFF)
            + g_write(g_sgi(cpu), 0x100, 1 << 27 | 0xFFFF) + g_sysreg(0, 0xFF) + g_sysreg(17, 1))


def g_v2_open(cpu):
    return g_cpu(cpu) + g_write(G_GICC, 4, 0xFF) + g_write(G_GICC, 0, 3)


def make_gic():
    v3 = u8(G_V3) + g_write(G_DIST, 0, 2) + g_v3_open(0) + g_v3_open(1)
    spi = g_write(G_DIST, 0x84, 0xFFFFFFFF) + g_write(G_DIST, 0x104, 1 << 8)
    write("gic", "v3-ppi", v3 + g_line(27, 1, 1) + G_TAKE + g_sysreg(11, 27) + g_line(27, 0, 1))
    write("gic", "v3-spi", v3 + spi + g_write(G_DIST, 0x6140, 1, 3) + g_line(40, 1) + G_TAKE + g_sysreg(11, 40))
    write("gic", "v3-any", v3 + spi + g_write(G_DIST, 0x6140, 1 << 31, 3) + g_line(40, 1) + g_write(g_rd(0), 0x14, 2))
    write("gic", "v3-sgi", v3 + g_sysreg(9, 5 << 24 | 3) + G_TAKE + g_sysreg(11, 5) + g_cpu(0) + G_TAKE)
    write("gic", "v3-split", v3 + g_sysreg(14, 2) + g_line(27, 1, 1) + G_TAKE + g_sysreg(11, 27) + g_sysreg(7, 27))
    write("gic", "v3-restored", v3 + g_sysreg(6, 0xFFFF) + g_line(27, 1, 1) + G_TAKE + g_sysreg(6, 0))
    v2 = g_write(G_DIST, 0, 3) + g_v2_open(0) + g_v2_open(1)
    spi = g_write(G_DIST, 0x104, 1 << 8) + g_write(G_DIST, 0x828, 3, 0)
    write("gic", "v2-targets", u8(G_V2) + v2 + spi + g_line(40, 1) + G_TAKE + g_cpu(0) + G_TAKE)
    write("gic", "v2-sgi", u8(G_V2) + v2 + g_write(G_DIST, 0xF00, 0x01000003) + g_cpu(0) + G_TAKE
          + g_write(G_GICC, 0x10, 3 | 1 << 10))
    write("gic", "v2-secure", u8(G_SECURE) + v2 + spi + g_line(40, 1) + G_TAKE + g_write(G_GICC, 0, 7) + G_TAKE)
    levels = b"".join(g_write(G_GICC, 0xD0 + 4 * i, 0xFFFFFFFF) for i in range(8))
    # the kinds in steps of three: 3, 4 … 8, 1, 2 CPUs; then with 64 INTIDs, then with all
    write("gic", "v2-eight-cpus", u8(G_V2 + 3 * 5) + v2 + g_write(G_DIST, 0x104, 1 << 8) + g_write(G_DIST, 0x828, 0x80, 0)
          + g_line(40, 1) + g_cpu(7) + g_v2_open(7) + G_TAKE)
    write("gic", "v2-one-cpu", u8(G_V2 + 3 * 6) + g_write(G_DIST, 0, 3) + g_v2_open(0) + g_write(G_DIST, 0x828, 0xFF, 0)
          + g_write(G_DIST, 0xF00, 0xFF0003) + G_TAKE)
    write("gic", "v3-all-intids", u8(G_V3 + 3 * 5 + 48) + v3[1:] + g_write(G_DIST, 0xFC, 0xFFFFFFFF) + g_write(G_DIST, 0x17C, 1 << 27)
          + g_write(G_DIST, 0x27C, 0xFFFFFFFF) + G_TAKE)
    write("gic", "v2-restored", u8(G_V2) + v2 + spi + levels + g_line(40, 1) + G_TAKE + g_write(G_GICC, 0x10, 40))


MAKERS = (
    make_ring,
    make_mmio,
    make_machine,
    make_pci,
    make_gic,
    make_wire,
    make_wire_faults,
    make_guest_frames,
    make_guest_frames_udp,
    make_guest_tcp,
    make_device,
    make_device_windows,
    make_fdt,
    make_acpi,
    make_serve,
    make_capture,
    make_frame_text,
    make_syscalls,
    make_p9_message,
    make_p9_session,
    make_p9_client,
)


def main():
    for make in MAKERS:
        make()


if __name__ == "__main__":
    main()
