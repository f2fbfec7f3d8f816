//! The one binary.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    regie::cli::run(regie::cli::Arguments::parse())
}
