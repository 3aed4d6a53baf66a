/*
 * registers.h - what the driver needs of virtio-mmio ([VIRTIO1.2] 4.2), split rings (2.7) and the
 * network device (5.1)
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

/* Of both versions. */
#define FEATURES     0x20
#define FEATURES_SEL 0x24
#define QUEUE_SEL    0x30
#define QUEUE_NUM    0x38
#define NOTIFY       0x50
#define STATUS       0x70
#define CONFIG_MAC   0x100
/* Of version 1. */
#define PAGE_SIZE   0x28
#define QUEUE_ALIGN 0x3c
#define QUEUE_PFN   0x40
/* Of version 2. */
#define QUEUE_READY 0x44
#define QUEUE_DESC  0x80
#define QUEUE_AVAIL 0x90
#define QUEUE_USED  0xa0

#define ACKNOWLEDGE 1
#define DRIVER      2
#define DRIVER_OK   4
#define FEATURES_OK 8

#define FEATURE_MAC (1u << 5)
#define VERSION_1   1u /* bit 32: of word 1 */

#define DESC_NEXT    1
#define DESC_WRITE   2
#define NO_INTERRUPT 1

#define NET    1 /* the type of a network card */
#define RX     0
#define TX     1
#define QUEUES 2

#define RING 2
#define PAGE 4096

/* The layout that version 1 prescribes suits version 2 as well. */
struct ring {
    struct {
        uint64_t address;
        uint32_t size;
        uint16_t flags, next;
    } desc[RING];
    struct {
        uint16_t flags, index, ring[RING], event;
    } avail;
    _Alignas(PAGE) volatile struct {
        uint16_t flags, index;
        struct {
            uint32_t id, len;
        } ring[RING];
        uint16_t event;
    } used;
};

#endif
