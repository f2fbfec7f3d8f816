//! The demo: a shop that one can buy from, filled with a year of a grocer's till.

pub mod till;
