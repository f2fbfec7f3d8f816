//! Checking a receipt without asking anybody: step by step, each step told, the first that fails ends it.
//!
//! Invariant: a report without a refusal means that every step was done and held. Whose key it is, the caller has to know: a key
//! that only the receipt itself names proves that the receipt is whole, not who made it ([`Report::pinned`]).

use serde_json::Value;

use super::checkpoint::{Checkpoint, CheckpointError, VerifierKey, VerifySignature};
use super::proof::{ProofError, verify_inclusion};
use super::receipt::{PROOF_HASHES_MAX, RECEIPT_BYTES_MAX, first_context, hex, signed_bytes, skeleton, unhex};
use super::strict::Strict;
use super::tree::Hash;
use super::{b64, leaf};

/// What the caller trusts.
#[derive(Clone, Copy)]
pub struct Trust<'a> {
    /// The retailer's key, known from elsewhere than the receipt; `None`: the receipt's own word is taken.
    pub key: Option<&'a VerifierKey>,
    /// Ed25519.
    pub verify: VerifySignature<'a>,
}

impl std::fmt::Debug for Trust<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("key", &self.key).finish_non_exhaustive()
    }
}

/// One thing that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is a receipt, whole and unambiguous.
    Readable,
    /// The key is the one that the caller knows.
    Key,
    /// The key signed this very text.
    Signature,
    /// The leaf commits to what was chosen.
    Commitment,
    /// The checkpoint is signed by the same key.
    Checkpoint,
    /// The leaf is in the checkpoint's tree.
    Inclusion,
    /// What the receipt says is what was committed to.
    Agreement,
}

impl Step {
    /// Its name, for machines.
    pub fn code(self) -> &'static str {
        match self {
            Step::Readable => "readable",
            Step::Key => "key",
            Step::Signature => "signature",
            Step::Commitment => "commitment",
            Step::Checkpoint => "checkpoint",
            Step::Inclusion => "inclusion",
            Step::Agreement => "agreement",
        }
    }
}

/// A step that held, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub step: Step,
    /// In a sentence.
    pub found: String,
}

/// Why a receipt is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is larger than any receipt.
    #[error("it is larger than any receipt ({bytes} bytes)")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is not JSON, or says two things at once.
    #[error("it is not JSON that says one thing only (line {line}): it was cut or damaged")]
    Unreadable {
        /// Where reading stopped.
        line: usize,
    },
    /// JSON, but no receipt.
    #[error("it is no receipt of this kind: `{member}` is missing or not what it should be")]
    NotAReceipt {
        /// The member.
        member: &'static str,
    },
    /// Another key than the one that the caller knows.
    #[error("it is signed with the key {found}, and the retailer's key is {known}")]
    OtherKey {
        /// The receipt's.
        found: String,
        /// The caller's.
        known: String,
    },
    /// The signature does not fit.
    #[error("the signature does not fit: the receipt was altered, or this key did not sign it")]
    SignatureWrong,
    /// The leaf that the receipt names is not the one that salt and content give.
    #[error("salt and content do not give the leaf that it names: one of them was altered")]
    CommitmentWrong,
    /// The checkpoint or the key is not in order.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The proof does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The receipt says something else than what was committed to.
    #[error("it says something else than the ledger holds, at `{member}`")]
    Disagrees {
        /// Where.
        member: String,
    },
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::TooLarge { .. } => "receipt_too_large",
            Refusal::Unreadable { .. } => "receipt_unreadable",
            Refusal::NotAReceipt { .. } => "receipt_incomplete",
            Refusal::OtherKey { .. } => "receipt_other_key",
            Refusal::SignatureWrong => "receipt_signature_wrong",
            Refusal::CommitmentWrong => "receipt_commitment_wrong",
            Refusal::Checkpoint(e) => e.code(),
            Refusal::Proof(e) => e.code(),
            Refusal::Disagrees { .. } => "receipt_disagrees",
        }
    }
}

/// What checking a receipt found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Steps that held, in order.
    pub held: Vec<Check>,
    /// The step that did not, and why.
    pub refused: Option<(Step, Refusal)>,
    /// What was committed to, once that is known.
    pub core: Option<Value>,
    /// The leaf and its index, once known.
    pub leaf: Option<([u8; 32], u64)>,
    /// The head that the receipt was proved against, once known.
    pub checkpoint: Option<Checkpoint>,
    /// The key, once known.
    pub key: Option<VerifierKey>,
    /// Was the key known from elsewhere?
    pub pinned: bool,
}

/// Checks a receipt. Never panics, whatever is handed in; at most some hundred hashes and two signatures.
pub fn verify_receipt(text: &[u8], trust: &Trust<'_>) -> Report {
    let mut report =
        Report { held: Vec::new(), refused: None, core: None, leaf: None, checkpoint: None, key: None, pinned: trust.key.is_some() };
    if let Err(refused) = check(text, trust, &mut report) {
        report.refused = Some(refused);
    }
    report
}

fn check(text: &[u8], trust: &Trust<'_>, report: &mut Report) -> Result<(), (Step, Refusal)> {
    let receipt = read(text).map_err(|e| (Step::Readable, e))?;
    let parts = Parts::of(&receipt).map_err(|member| (Step::Readable, Refusal::NotAReceipt { member }))?;
    let mut hold = |step, found: String| report.held.push(Check { step, found });
    hold(Step::Readable, format!("a receipt of {} bytes, whole and unambiguous", text.len()));

    let key = VerifierKey::parse(parts.key).map_err(|e| (Step::Key, e.into()))?;
    match trust.key {
        Some(known) if *known == key => hold(Step::Key, format!("the key is the one that you gave: {}", key.short())),
        Some(known) => return Err((Step::Key, Refusal::OtherKey { found: key.short(), known: known.short() })),
        None => hold(Step::Key, format!("the key was taken from the receipt itself: {}", key.short())),
    }

    let signed = signed_bytes(&receipt).map_err(|_| (Step::Signature, Refusal::SignatureWrong))?;
    if !(trust.verify)(key.key(), &signed, &parts.signature) {
        return Err((Step::Signature, Refusal::SignatureWrong));
    }
    hold(Step::Signature, format!("{} signed this text, and not a sign of it was changed", key.name()));

    let entry = leaf(&parts.salt, parts.core).map_err(|_| (Step::Commitment, Refusal::CommitmentWrong))?;
    if hex(&entry) != parts.leaf {
        return Err((Step::Commitment, Refusal::CommitmentWrong));
    }
    hold(Step::Commitment, format!("salt and content give the leaf {}", parts.leaf));

    let checkpoint = Checkpoint::open(parts.checkpoint, &key, trust.verify).map_err(|e| (Step::Checkpoint, e.into()))?;
    hold(Step::Checkpoint, format!("a head of {} leaves, signed with the same key", checkpoint.size));

    verify_inclusion(&entry, parts.index, checkpoint.size, &checkpoint.root, &parts.proof).map_err(|e| (Step::Inclusion, e.into()))?;
    hold(Step::Inclusion, format!("the leaf is number {} in that tree: {} hashes lead to its root", parts.index, parts.proof.len()));

    let mut must = skeleton(parts.core, parts.leaf);
    if receipt["@context"] == first_context() {
        must["@context"] = first_context();
    }
    agrees(&must, &receipt, "").map_err(|member| (Step::Agreement, Refusal::Disagrees { member }))?;
    hold(Step::Agreement, "the record says what was committed to, and nothing else about it".to_owned());

    report.core = Some(parts.core.clone());
    report.leaf = Some((entry, parts.index));
    report.checkpoint = Some(checkpoint);
    report.key = Some(key);
    Ok(())
}

fn read(text: &[u8]) -> Result<Value, Refusal> {
    if text.len() > RECEIPT_BYTES_MAX {
        return Err(Refusal::TooLarge { bytes: text.len() });
    }
    let Strict(receipt) = serde_json::from_slice(text).map_err(|e| Refusal::Unreadable { line: e.line() })?;
    Ok(receipt)
}

/// Members that follow from the core and may not stand where the core does not put them.
const FROM_CORE: [&str; 12] = [
    "dpv:hasConsentStatus",
    "dpv:hasStatus",
    "dpv:hasDataSubject",
    "dpv:hasNotice",
    "dpv:hasProcess",
    "dpv:hasPurpose",
    "dpv:hasPersonalData",
    "dpv:hasRecipient",
    "dpv:hasRecordOfActivity",
    "dpv:hasProcessing",
    "regie:hasChannel",
    "regie:hasInformation",
];
/// Those to which the policy adds nothing.
const EXACTLY: [&str; 5] = ["@context", "dpv:hasConsentStatus", "dpv:hasStatus", "dpv:hasDataSubject", "regie:hasChannel"];

/// Does `found` say all that `must` says, in the same way? Members of `found` that `must` does not know are the policy's words.
fn agrees(must: &Value, found: &Value, at: &str) -> Result<(), String> {
    match (must, found) {
        (Value::Object(must), Value::Object(found)) => {
            if let Some(added) = FROM_CORE.iter().find(|name| found.contains_key(**name) && !must.contains_key(**name)) {
                return Err(format!("{at}/{added}"));
            }
            must.iter().try_for_each(|(name, must)| {
                let here = format!("{at}/{name}");
                match found.get(name) {
                    Some(found) if EXACTLY.contains(&name.as_str()) => {
                        if must == found {
                            Ok(())
                        } else {
                            Err(here)
                        }
                    }
                    Some(found) => agrees(must, found, &here),
                    None => Err(here),
                }
            })
        }
        (Value::Array(must), Value::Array(found)) if must.len() == found.len() => {
            must.iter().zip(found).enumerate().try_for_each(|(i, (must, found))| agrees(must, found, &format!("{at}/{i}")))
        }
        (must, found) if must == found => Ok(()),
        _ => Err(at.to_owned()),
    }
}

/// A receipt, taken apart.
struct Parts<'a> {
    core: &'a Value,
    salt: [u8; 32],
    leaf: &'a str,
    index: u64,
    proof: Vec<Hash>,
    checkpoint: &'a str,
    key: &'a str,
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// The parts, or the name of the one that is missing or wrong.
    fn of(receipt: &'a Value) -> Result<Parts<'a>, &'static str> {
        let member = |of: &'static str, name: &'static str| receipt.get(of).ok_or(of)?.get(name).ok_or(name);
        let text = |of, name| member(of, name)?.as_str().ok_or(name);
        const LEDGER: &str = "regie:ledger";
        const SIGNATURE: &str = "regie:signature";
        let core = member(LEDGER, "core")?;
        if !core.is_object() {
            return Err("core");
        }
        let hashes = member(LEDGER, "proof")?.as_array().filter(|all| all.len() <= PROOF_HASHES_MAX).ok_or("proof")?;
        let hash = |hash: &Value| b64::decode(hash.as_str()?)?.try_into().ok();
        Ok(Parts {
            core,
            salt: unhex(text(LEDGER, "salt")?).ok_or("salt")?,
            leaf: receipt.get("dct:identifier").and_then(Value::as_str).ok_or("dct:identifier")?,
            index: member(LEDGER, "index")?.as_u64().ok_or("index")?,
            proof: hashes.iter().map(hash).collect::<Option<_>>().ok_or("proof")?,
            checkpoint: text(LEDGER, "checkpoint")?,
            key: text(SIGNATURE, "key")?,
            signature: b64::decode(text(SIGNATURE, "value")?).filter(|s| s.len() == 64).ok_or("value")?,
        })
    }
}
