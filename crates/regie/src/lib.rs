//! Regie: privacy-native personalisation. The engine, its HTTP interface, its pages, its command line.

pub mod cli;
pub mod demo;
pub mod engine;

/// The starting policy, part of the program: what `regie demo` uses, and `regie serve` where no other is named.
pub const BUILT_IN_POLICY: &str = include_str!("../../../policy/retail.toml");
