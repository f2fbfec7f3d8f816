//! A small log with a key, and the receipts of it.

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use regie_domain::fact::{Actor, Choice, Chosen, Evidence, Until};
use regie_domain::ids::Handle;
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_domain::ledger::proof::{ProofError, prove_inclusion};
use regie_domain::ledger::receipt::{Committed, Issue, issue};
use regie_domain::ledger::tree::{Frontier, Hash, entry_hash, fold_root};
use regie_domain::ledger::{self, receipt_core};
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use serde_json::Value;

pub(crate) const ORIGIN: &str = "winkel.example/logboek";

pub(crate) fn policy() -> Policy {
    Policy::parse(include_str!("../../../../policy/retail.toml")).unwrap()
}

pub(crate) fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn verifier_key(seed: u8) -> VerifierKey {
    VerifierKey::new(ORIGIN, signing_key(seed).verifying_key().to_bytes()).unwrap()
}

pub(crate) fn sign(seed: u8) -> impl Fn(&[u8]) -> [u8; 64] {
    move |text| signing_key(seed).sign(text).to_bytes()
}

pub(crate) fn verify(key: &[u8; 32], text: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(key), Signature::from_slice(signature)) else { return false };
    key.verify(text, &signature).is_ok()
}

/// Leaves, hashed anew for every question: slow and plain.
pub(crate) struct Log(pub(crate) Vec<[u8; 32]>);

impl Log {
    pub(crate) fn numbered(size: u64) -> Log {
        Log((0..size).map(|i| entry_hash(&i.to_be_bytes())).collect())
    }

    pub(crate) fn node(&self, height: u8, index: u64) -> Result<Hash, ProofError> {
        let from = usize::try_from(index << height).unwrap();
        let mut hashes: Vec<Hash> = self.0[from..from + (1 << height)].iter().map(|leaf| entry_hash(leaf)).collect();
        Ok(fold_root(&mut hashes))
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        let mut frontier = Frontier::default();
        self.0.iter().take(usize::try_from(size).unwrap()).for_each(|leaf| frontier.push(entry_hash(leaf)));
        frontier.root()
    }

    pub(crate) fn size(&self) -> u64 {
        self.0.len() as u64
    }

    pub(crate) fn note(&self, size: u64, seed: u8) -> String {
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: self.root(size) };
        checkpoint.signed(&verifier_key(seed), sign(seed))
    }
}

pub(crate) fn choice(what: Chosen) -> Choice {
    let evidence =
        Evidence { policy_version: policy().version, language: "nl".to_owned(), method: "portal".to_owned(), actor: Actor::Customer };
    Choice {
        purpose: "recommendations".to_owned(),
        what,
        at: Time::parse("2026-06-01T10:00:00Z").unwrap(),
        evidence: Some(evidence),
        salt: String::new(),
        by_request: String::new(),
    }
}

pub(crate) fn given(until: Until) -> Chosen {
    let texts = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
    Chosen::Given {
        categories: texts(&["purchases", "browsing"]),
        recipients: texts(&["retailer", "hosting"]),
        channels: texts(&["web"]),
        until,
    }
}

/// The receipts of these choices, in a log where other leaves stand before, between and after them.
pub(crate) fn receipts(choices: &[Choice]) -> Vec<Value> {
    receipts_of(choices.iter().map(|choice| receipt_core(Handle(42), choice)).collect())
}

/// The same for whatever is committed to.
pub(crate) fn receipts_of(cores: Vec<Value>) -> Vec<Value> {
    let (salt, policy, key) = ([7; 32], policy(), verifier_key(1));
    let mut log = Log::numbered(5);
    let mut placed = Vec::new();
    for core in cores {
        placed.push((log.size(), core.clone()));
        log.0.push(ledger::leaf(&salt, &core).unwrap());
        log.0.push([9; 32]);
    }
    let note = log.note(log.size(), 1);
    let issued = |(index, core): &(u64, Value)| {
        let proof = prove_inclusion(*index, log.size(), |h, i| log.node(h, i)).unwrap();
        let how = Issue {
            policy: &policy,
            now: &policy,
            at: Time::parse("2026-06-02T10:00:00Z").unwrap(),
            portal: Some("https://winkel.example/mijn"),
            key: &key,
            checkpoint: &note,
            proof: &proof,
        };
        issue(&Committed { core, salt: &salt, index: *index }, &how, sign(1)).unwrap()
    };
    placed.iter().map(issued).collect()
}
