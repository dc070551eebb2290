//! A Cortex-M: its vector table, and the exit through semihosting.

use core::arch::{asm, global_asm};

// The initial stack pointer, the entry point, and the exceptions. The program can raise only the
// first three.
global_asm!(
    ".section .vector_table, \"a\"",
    ".word stack_top",
    ".word {reset}",
    ".word {fault}",
    ".word {fault}",
    ".word {fault}",
    reset = sym reset,
    fault = sym fault,
);

/// The exit reason `ADP_Stopped_ApplicationExit`.
const APPLICATION_EXIT: u32 = 0x2_0026;

extern "C" fn reset() -> ! {
    exit(&[APPLICATION_EXIT, crate::run().into()])
}

/// Exits with 255 after a fault. Uses no stack, because a stack overflow leaves none.
extern "C" fn fault() -> ! {
    exit(&[APPLICATION_EXIT, 255])
}

/// Calls `SYS_EXIT_EXTENDED` of Arm's semihosting with a reason and an exit code.
#[inline(always)]
fn exit(block: &[u32; 2]) -> ! {
    // SAFETY: the debugger reads the two words in `block` and ends the program.
    unsafe { asm!("bkpt 0xab", "b .", in("r0") 0x20, in("r1") block, options(noreturn)) }
}
