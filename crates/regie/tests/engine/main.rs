//! The engine as a whole, on real folders: what it promises about replay, forgetting, privacy, erasure, clocks, crashes and
//! damaged folders. Timings are never asserted.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails where its helper does")]

mod clocks;
mod comparing;
mod consenters;
mod contesting;
mod cut_off;
mod disclosures;
mod erasure;
mod evaluate;
mod flow;
mod folders;
mod forgetting;
mod format_1;
mod histories;
mod information;
mod kills;
mod ledger;
mod limited;
mod limits;
mod mails;
mod objecting;
mod outlived;
mod past;
mod policies;
mod proofs;
mod racing;
mod recommending;
mod register;
mod restores;
mod restricting;
mod rules;
mod support;
mod taking_along;
mod without;
