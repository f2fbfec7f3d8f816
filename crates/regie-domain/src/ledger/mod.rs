//! The ledger's leaves: what the proof log says of a choice, and what the customer's receipt lets anyone check.
//!
//! Invariant: a leaf commits to the receipt's core with a salt of its own, and says nothing about anyone once the salt is gone.
//! [`tree`] hashes leaves as RFC 6962 says, [`tile`] cuts the tree into the tiles of C2SP tlog-tiles, [`checkpoint`] is the signed
//! head, [`proof`] shows that a leaf is in it and that one head extends another, [`receipt`] puts it all into one file.
//! Left out: drawing the salt, signing and verifying signatures (functions that the caller hands in), storage.

mod b64;
pub mod checkpoint;
pub mod edge;
pub mod proof;
pub mod receipt;
mod strict;
pub mod tile;
pub mod tree;
mod verify;

pub use verify::{Check, Refusal, Report, Step, Trust, verify_receipt};

mod disclosure;

pub use disclosure::disclosure_core;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use crate::consent;
use crate::fact::{Choice, Chosen, Evidence, Fact, RequestCompleted, Until};
use crate::ids::Handle;
use crate::information;
use crate::time::Time;

/// What every leaf begins with, so that it can never be mistaken for another hash.
pub const LEAF_PREFIX: &[u8] = b"regie/leaf/1";

/// A core that RFC 8785 cannot write; no core of [`receipt_core`] is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a value that canonical JSON cannot hold")]
pub struct NotCanonical;

/// The leaf of a core: HMAC-SHA-256(salt, `regie/leaf/1` ‖ RFC 8785 canonical JSON of the core).
///
/// # Errors
/// [`NotCanonical`]; not for a core made here.
pub fn leaf(salt: &[u8; 32], core: &Value) -> Result<[u8; 32], NotCanonical> {
    let json = serde_json_canonicalizer::to_vec(core).map_err(|_| NotCanonical)?;
    // A key shorter than the hash's block is filled up with zeros: so says HMAC, and so the key's size cannot be wrong here.
    let mut key = [0u8; 64];
    key[..32].copy_from_slice(salt);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(LEAF_PREFIX);
    mac.update(&json);
    Ok(mac.finalize().into_bytes().into())
}

/// What the ledger commits to of a fact: the core of its receipt. `handle` is the customer's at the time; a request that was carried out names nobody.
/// `None` for what has no leaf.
pub fn core_of(handle: Handle, fact: &Fact) -> Option<Value> {
    Some(match fact {
        Fact::Chosen(choice) => receipt_core(handle, choice),
        Fact::ConsenterStated(stated) => consent::consenter_core(handle, stated),
        Fact::Restricted(made) => consent::restricted_core(handle, made),
        Fact::RestrictionLifted(lifted) => consent::lifted_core(handle, lifted),
        Fact::DecisionContested(made) => consent::contested_core(handle, made),
        Fact::ContestAnswered(answered) => consent::answered_core(handle, answered),
        Fact::InformationStated(stated) => information::stated_core(handle, stated),
        Fact::InformationRemoved(removed) => information::removed_core(handle, removed),
        Fact::InformationHidden(hidden) => information::hidden_core(handle, hidden),
        Fact::Disclosed(disclosure) => disclosure_core(handle, disclosure),
        Fact::RequestCompleted(completed) => request_core(completed),
        _ => return None,
    })
}

/// What the receipt of a choice says, without its salt. Every value is a text or a list of texts, so that any implementation of
/// RFC 8785 writes the same bytes.
pub fn receipt_core(handle: Handle, choice: &Choice) -> Value {
    let mut core = common_core(handle, choice.what.code(), choice.at, choice.evidence.as_ref());
    let mut say = |key: &str, value: Value| core.insert(key.to_owned(), value);
    say("purpose", json!(choice.purpose));
    match &choice.what {
        Chosen::Given { categories, recipients, channels, until } => {
            say("categories", json!(categories));
            say("recipients", json!(recipients));
            say("channels", json!(channels));
            say("until", json!(until_text(*until)));
            if let Until::Visit(visit) = until {
                say("visit", json!(format!("{:016x}", visit.0)));
            }
        }
        Chosen::UsedUp { request } => _ = say("request", json!(request)),
        Chosen::VisitEnded { visit } => _ = say("visit", json!(format!("{:016x}", visit.0))),
        Chosen::Refused | Chosen::Withdrawn | Chosen::Invalidated | Chosen::LeftBehind | Chosen::Objected | Chosen::ObjectionEnded => {}
    }
    Value::Object(core)
}

/// What the cores of all choices say: whose, what, when, and what shows it.
pub(crate) fn common_core(handle: Handle, choice: &str, at: Time, evidence: Option<&Evidence>) -> Map<String, Value> {
    let mut core = Map::new();
    let mut say = |key: &str, value: Value| core.insert(key.to_owned(), value);
    say("format", json!("regie/receipt/1"));
    say("customer", json!(handle.to_string()));
    say("choice", json!(choice));
    say("at", json!(at.to_string()));
    if let Some(e) = evidence {
        say("evidence", json!({ "policy_version": e.policy_version, "language": e.language, "method": e.method, "actor": e.actor }));
    }
    core
}

/// What the ledger holds of a request that was carried out, without its salt: its number and nobody's name.
pub fn request_core(completed: &RequestCompleted) -> Value {
    json!({
        "format": "regie/request/1",
        "request": completed.request.to_string(),
        "right": completed.right,
        "at": completed.at.to_string(),
        "parts": completed.parts,
        "recipients": completed.recipients,
    })
}

/// An end as answers and receipts write it: RFC 3339 with `Z`, `visit`, `once` or `withdrawn`.
pub fn until_text(until: Until) -> String {
    match until {
        Until::Moment(at) => at.to_string(),
        Until::Visit(_) => "visit".to_owned(),
        Until::Once => "once".to_owned(),
        Until::Withdrawn => "withdrawn".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Actor, VisitId};

    fn choice(what: Chosen) -> Choice {
        let evidence = Evidence {
            policy_version: "2026-01-01".to_owned(),
            language: "nl".to_owned(),
            method: "portal".to_owned(),
            actor: Actor::Customer,
        };
        Choice {
            purpose: "recommendations".to_owned(),
            what,
            at: Time::parse("2026-06-01T10:00:00.250Z").unwrap(),
            evidence: Some(evidence),
            salt: "ab".repeat(32),
            by_request: String::new(),
        }
    }

    fn given(until: Until) -> Chosen {
        let texts = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        Chosen::Given { categories: texts(&["purchases"]), recipients: texts(&["retailer"]), channels: texts(&["web", "app"]), until }
    }

    fn salt() -> [u8; 32] {
        std::array::from_fn(|i| u8::try_from(i).unwrap())
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The expected values were computed with Python, independently of this code: `hmac.new(bytes(range(32)), b"regie/leaf/1" +
    /// json.dumps(core, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(), hashlib.sha256).hexdigest()`.
    #[test]
    fn a_leaf_is_what_another_implementation_computes() {
        let core = receipt_core(Handle(1), &choice(given(Until::Moment(Time::parse("2026-06-08T10:00:00Z").unwrap()))));
        let written = "{\"at\":\"2026-06-01T10:00:00.25Z\",\"categories\":[\"purchases\"],\"channels\":[\"web\",\"app\"],\"choice\":\"given\",\"customer\":\"c_00000000000000000000000001\",\
                       \"evidence\":{\"actor\":\"customer\",\"language\":\"nl\",\"method\":\"portal\",\"policy_version\":\"2026-01-01\"},\"format\":\"regie/receipt/1\",\
                       \"purpose\":\"recommendations\",\"recipients\":[\"retailer\"],\"until\":\"2026-06-08T10:00:00Z\"}";
        assert_eq!(serde_json_canonicalizer::to_string(&core).unwrap(), written);
        assert_eq!(hex(&leaf(&salt(), &core).unwrap()), "a0a44be7d9c602898a36fcf1f1accdc8b7dfc6b28ca4e080e35ced1273e890be");

        let other = json!({ "purpose": "café ☕ \n", "at": "x" });
        assert_eq!(hex(&leaf(&salt(), &other).unwrap()), "3e725a816945e0f59e8cafdfd01e1067cc70873d039266ddca40b43bc48ec4e4");
    }

    #[test]
    fn another_salt_is_another_leaf_and_the_salt_is_not_in_the_core() {
        let core = receipt_core(Handle(1), &choice(Chosen::Withdrawn));
        assert_ne!(leaf(&salt(), &core), leaf(&[0; 32], &core));
        assert!(!core.to_string().contains("abab"));
    }

    #[test]
    fn every_choice_has_a_core_of_its_own_in_texts_alone() {
        let visit = VisitId(u64::MAX);
        let all = [
            given(Until::Visit(visit)),
            given(Until::Once),
            given(Until::Withdrawn),
            Chosen::Refused,
            Chosen::Withdrawn,
            Chosen::Invalidated,
            Chosen::UsedUp { request: "q".to_owned() },
            Chosen::VisitEnded { visit },
            Chosen::LeftBehind,
            Chosen::Objected,
            Chosen::ObjectionEnded,
        ];
        let cores: std::collections::BTreeSet<String> =
            all.iter().map(|what| receipt_core(Handle(1), &choice(what.clone())).to_string()).collect();
        assert_eq!(cores.len(), all.len());
        for core in cores {
            assert!(!core.contains("null") && !core.contains(":1"), "{core}");
        }
        assert_eq!(receipt_core(Handle(1), &choice(Chosen::VisitEnded { visit }))["visit"], "ffffffffffffffff");
    }
}
