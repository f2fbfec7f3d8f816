//! The HTTP interface against a running server: real sockets, a real store in a temporary folder, the built-in policy.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails here")]

mod access;
mod bad_input;
mod claims;
mod collecting;
mod consent;
mod description;
mod information;
mod journey;
mod ledger;
mod mail;
mod overload;
mod public_sessions;
mod replaying;
mod rules;
mod seen;
mod server;
mod serving;
