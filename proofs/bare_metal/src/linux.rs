//! x86-64 Linux without a C library.

use core::arch::{asm, global_asm};

// The kernel enters with the stack aligned as `call` requires.
global_asm!(".globl _start", "_start:", "call {start}", start = sym start);

extern "C" fn start() -> ! {
    let code = crate::run();
    // SAFETY: `exit_group` takes a number and does not return.
    unsafe { asm!("syscall", in("rax") 231, in("rdi") u64::from(code), options(noreturn)) }
}

// The functions that compiled code expects from a C library, with one instruction each. The
// compiler could turn a loop into a call to the function itself.

/// # Safety
///
/// The caller must meet the requirements of the C function.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller guarantees `count` bytes at both addresses. The direction flag is clear at
    // every call.
    unsafe {
        asm!("rep movsb", inout("rcx") count => _, inout("rdi") to => _, inout("rsi") from => _)
    };
    to
}

/// # Safety
///
/// The caller must meet the requirements of the C function.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller guarantees `count` bytes. The direction flag is clear at every call.
    unsafe { asm!("rep stosb", inout("rcx") count => _, inout("rdi") to => _, in("eax") byte) };
    to
}

/// # Safety
///
/// The caller must meet the requirements of the C function.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    let (mut above, mut below): (u8, u8);
    // SAFETY: the caller guarantees `count` bytes at both addresses. The direction flag is clear at
    // every call. If `count` is 0, the flags are those of the first `cmp`, which finds equality.
    unsafe {
        asm!(
            "cmp {above}, {above}",
            "repe cmpsb",
            "seta {above}",
            "setb {below}",
            above = out(reg_byte) above,
            below = out(reg_byte) below,
            inout("rcx") count => _, inout("rsi") one => _, inout("rdi") other => _,
            options(readonly)
        );
    }
    i32::from(above) - i32::from(below)
}

/// # Safety
///
/// The caller must meet the requirements of the C function.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    // SAFETY: the caller guarantees what `memcmp` requires.
    unsafe { memcmp(one, other, count) }
}
