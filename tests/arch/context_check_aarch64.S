/*
 * context_check_aarch64.S - for context_check.c: what C cannot do with registers
 *
 * The frame of both: frame record, callee-saved registers from 16, a word at 160.
 */

#define FRAME_SIZE 176

.macro MOVE_ALL op, base, at
	\op	x19, x20, [\base, #\at]
	\op	x21, x22, [\base, #\at + 16]
	\op	x23, x24, [\base, #\at + 32]
	\op	x25, x26, [\base, #\at + 48]
	\op	x27, x28, [\base, #\at + 64]
	\op	d8, d9, [\base, #\at + 80]
	\op	d10, d11, [\base, #\at + 96]
	\op	d12, d13, [\base, #\at + 112]
	\op	d14, d15, [\base, #\at + 128]
.endm

.macro ENTER
	.cfi_startproc
	stp	x29, x30, [sp, #-FRAME_SIZE]!
	.cfi_def_cfa_offset FRAME_SIZE
	.cfi_offset x29, -FRAME_SIZE
	.cfi_offset x30, -FRAME_SIZE + 8
	mov	x29, sp
	MOVE_ALL stp, sp, 16
.endm

.macro LEAVE
	MOVE_ALL ldp, sp, 16
	ldp	x29, x30, [sp], #FRAME_SIZE
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	ret
	.cfi_endproc
.endm

	.text

/* void registers_around(const uint64_t in[], uint64_t out[], void *fn, void *a, void *b) */
	.p2align 4
	.globl	registers_around
	.type	registers_around, %function
registers_around:
	ENTER
	str	x1, [sp, #160]
	mov	x9, x2
	MOVE_ALL ldp, x0, 0
	mov	x0, x3
	mov	x1, x4
	blr	x9
	ldr	x1, [sp, #160]
	MOVE_ALL stp, x1, 0
	LEAVE
	.size	registers_around, . - registers_around

/* void switch_away(void **save, void *load) */
	.p2align 4
	.globl	switch_away
	.type	switch_away, %function
switch_away:
	ENTER
	.irp	number, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
	mov	x\number, #\number
	.endr
	.irp	number, 8, 9, 10, 11, 12, 13, 14, 15
	fmov	d\number, x19
	.endr
	bl	context_switch
	LEAVE
	.size	switch_away, . - switch_away

	.section .note.GNU-stack, "", %progbits
