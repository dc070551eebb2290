//! x86-64 Linux without a C library.

use core::arch::{asm, global_asm};

// The kernel enters here with the stack pointer as `call` needs it.
global_asm!(".globl _start", "_start:", "call {start}", start = sym start);

extern "C" fn start() -> ! {
    let code = crate::run();
    // SAFETY: `exit_group` takes a number and does not come back.
    unsafe { asm!("syscall", in("rax") 231, in("rdi") u64::from(code), options(noreturn)) }
}

// What compiled code expects of a C library, one instruction each: a loop, the compiler might turn
// into a call of itself.

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller vouches for `count` bytes at both places; the direction flag is clear at
    // every call.
    unsafe {
        asm!("rep movsb", inout("rcx") count => _, inout("rdi") to => _, inout("rsi") from => _)
    };
    to
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller vouches for `count` bytes; the direction flag is clear at every call.
    unsafe { asm!("rep stosb", inout("rcx") count => _, inout("rdi") to => _, in("eax") byte) };
    to
}

/// # Safety
///
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    let (mut above, mut below): (u8, u8);
    // SAFETY: the caller vouches for `count` bytes at both places; the direction flag is clear at
    // every call. With no bytes to compare the flags are those of the equality before.
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
/// As in C.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    // SAFETY: the caller vouches for what `memcmp` asks.
    unsafe { memcmp(one, other, count) }
}
