//! Exit codes, and error messages on standard error.

use core::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// The exit code for a failure at run time.
pub const FAILURE: u8 = 1;
/// The exit code for an invalid command line.
pub const USAGE_ERROR: u8 = 2;

/// Prints the usage text to standard output and returns the exit code.
#[must_use]
pub fn print_help(program: &str, usage: &str) -> ExitCode {
    exit_code(program, io::stdout().lock().write_all(usage.as_bytes()).map(|()| 0))
}

/// Prints an error and the usage text to standard error and returns [`USAGE_ERROR`].
#[must_use]
pub fn print_usage_error(program: &str, error: &str, usage: &str) -> ExitCode {
    print_error(program, format_args!("{error}\n\n{}", usage.trim_end()));
    USAGE_ERROR.into()
}

/// Returns the exit code of a program, after printing the error if there is one.
#[must_use]
pub fn exit_code(program: &str, result: io::Result<u8>) -> ExitCode {
    match result {
        Ok(code) => code.into(),
        // The reader of a pipe may stop reading early, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            print_error(program, error);
            FAILURE.into()
        }
    }
}

/// Prints an error to standard error. Failures to do so are ignored.
pub fn print_error(program: &str, error: impl Display) {
    let _ = writeln!(io::stderr(), "{program}: {error}");
}
