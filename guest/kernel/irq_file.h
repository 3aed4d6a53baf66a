/*
 * irq_file.h - interrupts as files: "/scheme/irq/INTID" (scheme_abi.h)
 */
#ifndef KERNEL_IRQ_FILE_H
#define KERNEL_IRQ_FILE_H

#define IRQ_FILES_MAX 64

void irq_file_init(void); /* after scheme_init() */

#endif
