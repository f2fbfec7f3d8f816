//! Looking up what is left to prove an erased customer's consents, for a legal claim.
//!
//! Invariant: no decision, page or export ever reads it; who looks it up names the person by the identifier that was erased and the
//! claim by its number, and the look-up is durable beside the proof before it is answered. Left out: making it (`writer/erase.rs`, with
//! `consent::prove`) and ending it (upkeep, as for what a law keeps).

use std::collections::BTreeMap;

use regie_domain::fact::{ConsentsProven, Fact, Identifier, ProofOpened};
use regie_domain::ids::RecordId;
use regie_domain::time::Time;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::EngineError;
use super::read::past;
use super::rules::{hex, keyed};
use super::writer::Command;
use super::{Engine, Shared};

/// The longest number of a claim, in bytes.
pub const CLAIM_BYTES_MAX: usize = 64;

/// What proves the consents of one erased customer, from one erasure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proof {
    /// The erasure's number.
    pub request: String,
    /// When that was.
    pub erased_at: Time,
    /// What it is restricted to: `legal-claims`.
    pub purpose: String,
    /// The consents, oldest first.
    pub consents: Vec<Value>,
    /// Who looked it up before, oldest first.
    pub opened: Vec<Value>,
}

impl Shared {
    /// The keyed hash by which an identifier is found again in proofs of past consents.
    pub(super) fn claim_hash(&self, identifier: &Identifier) -> String {
        hex(keyed(&self.claims, identifier).as_ref())
    }
}

impl Engine {
    /// What proves the consents of the erased customer who had this identifier, for the claim with this number. Recorded before it is
    /// answered. Reads the disk: one row for each erasure that left anything, and the proofs themselves.
    ///
    /// # Errors
    /// [`EngineError::TooMany`] for a reference that is no number of a claim; as [`Engine::collect`] otherwise.
    pub async fn open_proofs(&self, identifier: &Identifier, reference: &str, by: &str) -> Result<Vec<Proof>, EngineError> {
        let is_number = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        if !(1..=CLAIM_BYTES_MAX).contains(&reference.len()) || !reference.bytes().all(is_number) {
            return Err(EngineError::TooMany { what: "reference", max: CLAIM_BYTES_MAX });
        }
        let hash = self.shared.claim_hash(identifier);
        let found = self.reading(move |engine| engine.find_proofs(&hash)).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let opened = ProofOpened { at: self.now(), reference: reference.to_owned(), by: by.to_owned() };
        let records: Vec<RecordId> = found.keys().copied().collect();
        self.send(|reply| Command::NoteOpened { records, opened, reply }).await?;
        // By its end, whatever upkeep has come to.
        let now = self.now();
        let proofs = found.into_values().map(|facts| proof(&facts, now)).filter(|proof| !proof.consents.is_empty());
        Ok(proofs.collect())
    }

    fn find_proofs(&self, hash: &str) -> Result<BTreeMap<RecordId, Vec<Fact>>, EngineError> {
        // What an erasure leaves has no handle; the first row says what it is.
        let candidates: Vec<Vec<u64>> = {
            let views = self.shared.views.read();
            let left = views.records.iter().filter(|(_, r)| r.handle.is_none() && r.id != RecordId::RETAILER);
            left.map(|(_, r)| r.positions.iter().collect()).collect()
        };
        let mut found = BTreeMap::new();
        for positions in candidates {
            let Some(first) = positions.first() else { continue };
            let is_theirs = |fact: &Fact| matches!(fact, Fact::ConsentsProven(proven) if proven.of.iter().any(|of| of == hash));
            let first = self.shared.facts_at(&[*first])?;
            if let Some((meta, _)) = first.first().filter(|(_, fact)| is_theirs(fact)) {
                let facts = self.shared.facts_at(&positions)?;
                found.insert(meta.record, facts.into_iter().map(|(_, fact)| fact).collect());
            }
        }
        Ok(found)
    }
}

fn proof(facts: &[Fact], now: Time) -> Proof {
    let rows: Vec<&ConsentsProven> = facts.iter().filter_map(|f| if let Fact::ConsentsProven(p) = f { Some(p) } else { None }).collect();
    let consents = rows.iter().flat_map(|row| &row.consents).filter(|proof| proof.until > now).map(|proven| {
        let given = past(regie_domain::fact::Choice {
            purpose: proven.consent_to.clone(),
            what: proven.given.clone(),
            at: proven.given_at,
            evidence: proven.evidence.clone(),
            salt: String::new(),
            by_request: String::new(),
        });
        json!({
            "given": given,
            "information": proven.information,
            "ended": proven.ended,
            "ended_at": proven.ended_at,
            "ended_by": proven.ended_by,
            "kept_until": proven.until,
        })
    });
    let opened = facts.iter().filter_map(|fact| match fact {
        Fact::ProofOpened(opened) => Some(json!({"at": opened.at, "reference": opened.reference, "by": opened.by})),
        _ => None,
    });
    let first = rows.first();
    Proof {
        request: first.map(|row| row.request.to_string()).unwrap_or_default(),
        erased_at: first.map_or(now, |row| row.erased_at),
        purpose: first.map(|row| row.purpose.clone()).unwrap_or_default(),
        consents: consents.collect(),
        opened: opened.collect(),
    }
}
