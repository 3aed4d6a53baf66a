/*
 * context_x86_64.S - context.h for the System V ABI of x86-64
 *
 * A suspended stack, from its stack pointer upwards: r15 r14 r13 r12 rbx rbp, return address.
 *
 * The switch goes on with pop and jmp instead of ret: the return predictor holds the return address
 * of the stack that was left, so that a ret would be mispredicted each time.
 */

.macro PUSH_SAVED reg
	pushq	%\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
.endm

.macro POP_SAVED reg
	popq	%\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore \reg
.endm

	.text

/* void context_switch(void **save, void *load) */
	.p2align 4
	.globl	context_switch
	.hidden	context_switch
	.type	context_switch, @function
context_switch:
	.cfi_startproc
	PUSH_SAVED rbp
	PUSH_SAVED rbx
	PUSH_SAVED r12
	PUSH_SAVED r13
	PUSH_SAVED r14
	PUSH_SAVED r15
	movq	%rsp, (%rdi)
	.globl	context_suspended
	.hidden	context_suspended
context_suspended:
	movq	%rsi, %rsp
	POP_SAVED r15
	POP_SAVED r14
	POP_SAVED r13
	POP_SAVED r12
	POP_SAVED rbx
	POP_SAVED rbp
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rcx
	jmp	*%rcx
	.cfi_endproc
	.size	context_switch, . - context_switch

/*
 * The first frame of a prepared stack: rbx is the entry, r12 its argument. A debugger looks up the
 * instruction before a return address; the nop keeps that inside this function although nothing was
 * called from here.
 */
	.p2align 4
	.type	context_first_frame, @function
context_first_frame:
	.cfi_startproc
	.cfi_undefined rip
	nop
.Lcontext_begin:
	movq	%r12, %rdi
	callq	*%rbx
	ud2
	.cfi_endproc
	.size	context_first_frame, . - context_first_frame

/* void *context_prepare(void *stack_top, context_fn *entry, void *arg) */
	.p2align 4
	.globl	context_prepare
	.hidden	context_prepare
	.type	context_prepare, @function
context_prepare:
	.cfi_startproc
	andq	$-16, %rdi
	leaq	.Lcontext_begin(%rip), %rax
	movq	%rax, -8(%rdi)
	movq	$0, -16(%rdi)		/* rbp: the end of the chain of frames */
	movq	%rsi, -24(%rdi)		/* rbx */
	movq	%rdx, -32(%rdi)		/* r12 */
	movq	$0, -40(%rdi)
	movq	$0, -48(%rdi)
	movq	$0, -56(%rdi)
	leaq	-56(%rdi), %rax
	ret
	.cfi_endproc
	.size	context_prepare, . - context_prepare

/* uintptr_t context_call(void *stack_top, context_fn *fn, void *arg, uintptr_t second) */
	.p2align 4
	.globl	context_call
	.hidden	context_call
	.type	context_call, @function
context_call:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	movq	%rdi, %rsp
	movq	%rsi, %rax
	movq	%rdx, %rdi
	movq	%rcx, %rsi
	callq	*%rax
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	context_call, . - context_call

	.section .note.GNU-stack, "", @progbits
