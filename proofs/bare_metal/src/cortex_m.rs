//! A Cortex-M: the table that it starts from, and the debugger's way out.

use core::arch::{asm, global_asm};

// The stack, the way in, and then the exceptions: the first three are those that a fault of the
// program raises.
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

/// The application has exited, by itself.
const APPLICATION_EXIT: u32 = 0x2_0026;

extern "C" fn reset() -> ! {
    exit(&[APPLICATION_EXIT, crate::run().into()])
}

/// A fault: 255. If it was for want of stack there is none left, so that this needs none.
extern "C" fn fault() -> ! {
    exit(&[APPLICATION_EXIT, 255])
}

/// `SYS_EXIT_EXTENDED` of Arm's semihosting: a reason, and with it a code.
#[inline(always)]
fn exit(block: &[u32; 2]) -> ! {
    // SAFETY: the debugger reads the two words that it is shown, and ends the program.
    unsafe { asm!("bkpt 0xab", "b .", in("r0") 0x20, in("r1") block, options(noreturn)) }
}
