//! The policy: the starting one, what is refused and how it is said, retention terms, and text that nobody should write.
#![expect(clippy::panic, reason = "a helper of a test may fail it")]

mod mutations;
mod refusals;
mod retail;
mod retention;
