/*
 * context_aarch64.S - context.h for the procedure call standard of 64-bit Arm
 *
 * A suspended stack, from its stack pointer upwards: x19 to x28, x29 (frame pointer), x30 (where to
 * go on), d8 to d15. Of v8 to v15 only the low halves belong to the caller. x18, the platform
 * register, is nobody's on Linux.
 *
 * The switch goes on with br instead of ret: the return predictor holds the return address of the
 * stack that was left, so that a ret would be mispredicted each time.
 */

#define FRAME_SIZE 160

.macro SAVE_PAIR first, second, at
	stp	\first, \second, [sp, #\at]
	.cfi_rel_offset \first, \at
	.cfi_rel_offset \second, \at + 8
.endm

.macro RESTORE_PAIR first, second, at
	ldp	\first, \second, [sp, #\at]
	.cfi_restore \first
	.cfi_restore \second
.endm

	.text

/* void context_switch(void **save, void *load) */
	.p2align 4
	.globl	context_switch
	.hidden	context_switch
	.type	context_switch, %function
context_switch:
	.cfi_startproc
	sub	sp, sp, #FRAME_SIZE
	.cfi_adjust_cfa_offset FRAME_SIZE
	SAVE_PAIR x19, x20, 0
	SAVE_PAIR x21, x22, 16
	SAVE_PAIR x23, x24, 32
	SAVE_PAIR x25, x26, 48
	SAVE_PAIR x27, x28, 64
	SAVE_PAIR x29, x30, 80
	SAVE_PAIR d8, d9, 96
	SAVE_PAIR d10, d11, 112
	SAVE_PAIR d12, d13, 128
	SAVE_PAIR d14, d15, 144
	mov	x9, sp
	str	x9, [x0]
	.globl	context_suspended
	.hidden	context_suspended
context_suspended:
	mov	sp, x1
	RESTORE_PAIR d14, d15, 144
	RESTORE_PAIR d12, d13, 128
	RESTORE_PAIR d10, d11, 112
	RESTORE_PAIR d8, d9, 96
	RESTORE_PAIR x29, x30, 80
	RESTORE_PAIR x27, x28, 64
	RESTORE_PAIR x25, x26, 48
	RESTORE_PAIR x23, x24, 32
	RESTORE_PAIR x21, x22, 16
	RESTORE_PAIR x19, x20, 0
	add	sp, sp, #FRAME_SIZE
	.cfi_adjust_cfa_offset -FRAME_SIZE
	br	x30
	.cfi_endproc
	.size	context_switch, . - context_switch

/*
 * The first frame of a prepared stack: x19 is the entry, x20 its argument. A debugger looks up the
 * instruction before a return address; the nop keeps that inside this function although nothing was
 * called from here.
 */
	.p2align 4
	.type	context_first_frame, %function
context_first_frame:
	.cfi_startproc
	.cfi_undefined x30
	nop
.Lcontext_begin:
	mov	x0, x20
	blr	x19
	brk	#1
	.cfi_endproc
	.size	context_first_frame, . - context_first_frame

/* void *context_prepare(void *stack_top, context_fn *entry, void *arg) */
	.p2align 4
	.globl	context_prepare
	.hidden	context_prepare
	.type	context_prepare, %function
context_prepare:
	.cfi_startproc
	and	x0, x0, #-16
	sub	x0, x0, #FRAME_SIZE
	adr	x9, .Lcontext_begin
	stp	x1, x2, [x0]		/* x19, x20 */
	stp	xzr, xzr, [x0, #16]
	stp	xzr, xzr, [x0, #32]
	stp	xzr, xzr, [x0, #48]
	stp	xzr, xzr, [x0, #64]
	stp	xzr, x9, [x0, #80]	/* x29: the end of the chain of frames */
	stp	xzr, xzr, [x0, #96]
	stp	xzr, xzr, [x0, #112]
	stp	xzr, xzr, [x0, #128]
	stp	xzr, xzr, [x0, #144]
	ret
	.cfi_endproc
	.size	context_prepare, . - context_prepare

/* uintptr_t context_call(void *stack_top, context_fn *fn, void *arg, uintptr_t second) */
	.p2align 4
	.globl	context_call
	.hidden	context_call
	.type	context_call, %function
context_call:
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov	x29, sp
	.cfi_def_cfa_register x29
	mov	sp, x0
	mov	x9, x1
	mov	x0, x2
	mov	x1, x3
	blr	x9
	mov	sp, x29
	.cfi_def_cfa_register sp
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	ret
	.cfi_endproc
	.size	context_call, . - context_call

	.section .note.GNU-stack, "", %progbits
