//! The rules of consent as tables (rules 1 to 8, 9 to 11), and as properties against a model that is too simple to be wrong.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: clippy excuses only the test functions themselves")]

mod choosing;
mod joining;
mod keeping;
mod model;
mod proving;
mod restricting;
mod rules;
mod support;
mod untils;
