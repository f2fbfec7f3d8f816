//! Regie: privacy-native personalisation. The engine, its HTTP interface, its pages, its command line.

pub mod engine;
