//! The demonstration: a shop to walk through, filled with a year of a real till.

pub mod load;
pub mod shop;
pub mod till;
