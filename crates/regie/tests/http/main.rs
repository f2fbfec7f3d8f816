//! The HTTP interface against a running server: real sockets, a real store in a temporary folder, the built-in policy.

mod access;
mod bad_input;
mod collecting;
mod description;
mod journey;
mod replaying;
mod server;
mod serving;
