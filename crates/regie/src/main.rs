//! The one binary.

use std::process::ExitCode;

use clap::Parser;

/// A replay decodes on some threads and applies on another: memory is freed where it was not made, millions of times, which
/// the usual allocator does slowly. Where allocations are counted, the counter brings its own.
#[cfg(not(feature = "count-allocations"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn main() -> ExitCode {
    match regie::cli::run(regie::cli::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The causes in one sentence; where in the program it arose helps nobody who runs it.
            let code = regie::cli::code(&error).map(|code| format!(" ({code})")).unwrap_or_default();
            eprintln!("regie: {error:#}{code}");
            ExitCode::FAILURE
        }
    }
}
