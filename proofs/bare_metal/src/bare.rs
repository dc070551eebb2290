//! The entry point and the panic handler of every binary.
//!
//! The entry point calls `run` in the root of the crate and exits with its result. The panic
//! handler does not link.

#[cfg_attr(all(target_arch = "x86_64", target_os = "linux"), path = "linux.rs")]
#[cfg_attr(all(target_arch = "arm", target_os = "none"), path = "cortex_m.rs")]
mod target;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        /// Does not exist.
        safe fn this_code_can_panic() -> !;
    }
    this_code_can_panic()
}
