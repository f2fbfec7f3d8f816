//! The policy: the starting one, what is refused and how it is said, retention terms, and text that nobody should write.

mod mutations;
mod refusals;
mod tmp;
mod retail;
mod retention;
