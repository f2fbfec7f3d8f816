//! The one binary.

use std::process::ExitCode;

use clap::Parser;

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn main() -> ExitCode {
    match regie::cli::run(regie::cli::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The causes in one sentence; where in the program it arose helps nobody who runs it.
            eprintln!("regie: {error:#}");
            ExitCode::FAILURE
        }
    }
}
