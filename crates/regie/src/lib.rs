//! Regie: privacy-native personalisation. The engine, its HTTP interface, its pages, its command line.

pub mod bench;
pub mod cli;
pub mod config;
pub mod demo;
pub mod engine;
pub mod http;
pub mod mail;
pub mod register;
pub mod telemetry;

/// The starting policy, part of the program: what `regie demo` uses, and `regie serve` where no other is named.
pub const BUILT_IN_POLICY: &str = include_str!("../../../policy/retail.toml");
