//! A receipt: what a customer chose, or that data of theirs left the house, as an ISO/IEC TS 27560 consent receipt in JSON-LD with terms of the Data Privacy Vocabulary
//! (<https://w3id.org/dpv/guides/consent-27560>), with the proof that the ledger holds it, signed.
//!
//! Invariant: what the record says of the choice follows from the core that the leaf commits to ([`skeleton`]), and whoever checks
//! a receipt compares the two; the policy's words (names, terms, who answers) are added to it and rest on the signature alone.
//! Signed is the RFC 8785 canonical JSON of the receipt without `regie:signature`'s `value`.

use serde_json::{Map, Value, json};

use super::checkpoint::VerifierKey;
use super::tree::Hash;
use super::{NotCanonical, b64, leaf};
use crate::policy::{Basis, Policy, Purpose, Retention, Role};
use crate::time::Time;

/// The largest receipt that is read, in bytes; a real one is below 8 KB.
pub const RECEIPT_BYTES_MAX: usize = 131_072;
/// The most hashes that an inclusion proof can have.
pub const PROOF_HASHES_MAX: usize = 64;

/// What the ledger holds: a core, the salt of its leaf, and where the leaf stands.
#[derive(Debug, Clone, Copy)]
pub struct Committed<'a> {
    /// What was committed to; see [`super::receipt_core`].
    pub core: &'a Value,
    /// The leaf's salt.
    pub salt: &'a [u8; 32],
    /// The leaf's index in the ledger.
    pub index: u64,
}

/// What a receipt is issued with.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    /// The policy that was in force then: who decided, and the names of what the core names by id.
    pub policy: &'a Policy,
    /// The policy in force now: who issues it, and to whom one turns.
    pub now: &'a Policy,
    /// When it is issued.
    pub at: Time,
    /// Where the customer's own pages are, if that is known.
    pub portal: Option<&'a str>,
    /// The key that signs checkpoints and receipts.
    pub key: &'a VerifierKey,
    /// The checkpoint, as a signed note.
    pub checkpoint: &'a str,
    /// The proof that the leaf is in the checkpoint's tree.
    pub proof: &'a [Hash],
}

/// Makes and signs a receipt. `sign` is Ed25519 with the private half of the issue's key.
///
/// # Errors
/// [`NotCanonical`]; not for a core made here.
pub fn issue(committed: &Committed<'_>, issue: &Issue<'_>, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Result<Value, NotCanonical> {
    let core = committed.core;
    let leaf = hex(&leaf(committed.salt, core)?);
    let mut receipt = skeleton(core, &leaf);
    add_policy(&mut receipt, core, issue);
    let proof: Vec<String> = issue.proof.iter().map(|hash| b64::encode(hash)).collect();
    receipt["regie:ledger"] = json!({
        "core": core,
        "salt": hex(committed.salt),
        "index": committed.index,
        "proof": proof,
        "checkpoint": issue.checkpoint,
    });
    receipt["regie:signature"] = json!({ "key": issue.key.to_string() });
    let signature = sign(&signed_bytes(&receipt)?);
    receipt["regie:signature"]["value"] = json!(b64::encode(&signature));
    Ok(receipt)
}

/// What the signature of a receipt is over.
pub(super) fn signed_bytes(receipt: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut bare = receipt.clone();
    if let Some(signature) = bare.get_mut("regie:signature").and_then(Value::as_object_mut) {
        signature.remove("value");
    }
    serde_json_canonicalizer::to_vec(&bare).map_err(|_| NotCanonical)
}

/// What a receipt must say because of its core, whatever the policy's words: the part that is checked against the ledger.
pub(super) fn skeleton(core: &Value, leaf: &str) -> Value {
    let text = |key: &str| core.get(key).and_then(Value::as_str);
    // A disclosure is nobody's choice.
    let disclosed = text("disclosure").is_some();
    let choice = if disclosed { DISCLOSED } else { text("choice").unwrap_or_default() };
    let evidence = |key: &str| core.get("evidence").and_then(|e| e.get(key)).and_then(Value::as_str);
    let (property, status, record_type, right) = terms(choice);

    let mut process = json!({ "@type": "dpv:Process" });
    if let Some(purpose) = text("purpose") {
        process["dpv:hasPurpose"] = json!({ "@type": "dpv:Purpose", "dct:identifier": purpose });
    }
    for (key, property, kind) in
        [("categories", "dpv:hasPersonalData", "dpv:PersonalData"), ("recipients", "dpv:hasRecipient", "dpv:Recipient")]
    {
        if let Some(ids) = core.get(key).and_then(Value::as_array) {
            process[property] = ids.iter().map(|id| json!({ "@type": kind, "dct:identifier": id })).collect();
        }
    }
    if let Some(ids) = core.get("channels").and_then(Value::as_array) {
        process["regie:hasChannel"] = ids.iter().map(|id| json!({ "dct:identifier": id })).collect();
    }
    if disclosed {
        process["dpv:hasProcessing"] = json!({ "@type": "dpv:Disclose" });
        process["dpv:hasRecipient"] = json!([{ "@type": "dpv:Recipient", "dct:identifier": text("recipient") }]);
        if let Some(channel) = text("channel") {
            process["regie:hasChannel"] = json!([{ "dct:identifier": channel }]);
        }
        if let Some(basis) = text("ground").and_then(legal_basis) {
            process["dpv:hasLegalBasis"] = json!(basis);
        }
        if let Some(items) = core.get("items").and_then(Value::as_array) {
            process["regie:hasInformation"] = items.iter().map(|id| json!({ "dct:identifier": id })).collect();
        }
    }

    let mut event = json!({ "regie:choice": choice });
    if let Some(status) = status {
        event["@type"] = json!(status);
    }
    if let Some(at) = text("at") {
        event["dpv:isIndicatedAtTime"] = json!(at);
    }
    event["dpv:isIndicatedBy"] = json!(indicated_by(choice, evidence("actor")));
    if let Some(method) = evidence("method") {
        event["dpv:hasIndicationMethod"] = json!(method);
    }
    if !disclosed || text("until").is_some() {
        event["dpv:hasDuration"] = duration(text("until"));
    }
    for key in ["visit", "request", "restriction_ground", "consenter", "disclosure", "contest", "outcome"] {
        if let Some(value) = text(key) {
            event[format!("regie:{key}")] = json!(value);
        }
    }

    let mut record = json!({
        "@type": record_type,
        "@id": format!("urn:regie:record:{leaf}"),
        "dct:identifier": leaf,
        "dpv:hasProcess": process,
    });
    if let Some(customer) = text("customer") {
        record["dpv:hasDataSubject"] = json!({ "@type": "dpv:DataSubject", "dct:identifier": customer });
    }
    if let (Some(version), Some(language)) = (evidence("policy_version"), evidence("language")) {
        record["dpv:hasNotice"] = json!({ "@type": "dpv:ConsentNotice", "dct:hasVersion": version, "dct:language": language });
    }
    if let Some(right) = right {
        record["dpv:hasRight"] = json!({ "@type": ["dpv:DataSubjectRight", right] });
    }
    record[property] = event;
    json!({
        "@context": context(),
        "@type": if disclosed { record_type } else { "dpv:ConsentReceipt" },
        "@id": format!("urn:regie:receipt:{leaf}"),
        "dct:identifier": leaf,
        "dpv:hasRecordOfActivity": record,
    })
}

/// What stands in the place of a choice where data left.
const DISCLOSED: &str = "disclosed";

/// The vocabulary's term of a ground, as a disclosure names it.
fn legal_basis(ground: &str) -> Option<&'static str> {
    Some(match ground {
        "consent" => "eu-gdpr:A6-1-a",
        "contract" => "eu-gdpr:A6-1-b",
        "legal_obligation" => "eu-gdpr:A6-1-c",
        "legitimate_interest" => "eu-gdpr:A6-1-f",
        _ => return None,
    })
}

/// What names mean. Where a value is a term of a vocabulary, it is one for whoever reads the receipt as linked data too, not a text.
fn context() -> Value {
    let mut context = first_context();
    for property in ["dct:conformsTo", "dpv:hasJurisdiction", "dpv:hasLegalBasis", "dpv:hasLocation", "dpv:isIndicatedBy", "skos:broader"] {
        context[property] = json!({ "@type": "@id" });
    }
    context
}

/// That of the first receipts, which still hold.
pub(super) fn first_context() -> Value {
    json!({
        "dpv": "https://w3id.org/dpv#",
        "pd": "https://w3id.org/dpv/pd#",
        "loc": "https://w3id.org/dpv/loc#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "dct": "http://purl.org/dc/terms/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "regie": "urn:regie:terms:",
    })
}

/// How the vocabulary says a choice: the property, its status, the kind of record, and the right that was used.
fn terms(choice: &str) -> (&'static str, Option<&'static str>, &'static str, Option<&'static str>) {
    const CONSENT: &str = "dpv:hasConsentStatus";
    let consent = |status| (CONSENT, Some(status), "dpv:ConsentRecord", Some("eu-gdpr:A7-3"));
    match choice {
        "given" | "information_stated" => consent("dpv:ConsentGiven"),
        "refused" => consent("dpv:ConsentRefused"),
        "withdrawn" | "left_behind" | "information_hidden" | "information_removed" => consent("dpv:ConsentWithdrawn"),
        "invalidated" => consent("dpv:ConsentInvalidated"),
        "used_up" | "visit_ended" | "information_visit_ended" => consent("dpv:ConsentExpired"),
        "restricted" | "restriction_lifted" => ("dpv:hasStatus", None, "dpv:RightExerciseRecord", Some("eu-gdpr:A18")),
        "contested" | "contest_answered" => ("dpv:hasStatus", None, "dpv:RightExerciseRecord", Some("eu-gdpr:A22")),
        "consenter_stated" => ("dpv:hasStatus", None, "dpv:ConsentRecord", None),
        DISCLOSED => ("dpv:hasStatus", None, "dpv:DataProcessingRecord", None),
        "objected" => ("dpv:hasStatus", Some("dpv:LegitimateInterestObjected"), "dpv:RightExerciseRecord", Some("eu-gdpr:A21")),
        "objection_ended" => ("dpv:hasStatus", Some("dpv:LegitimateInterestNotObjected"), "dpv:RightExerciseRecord", Some("eu-gdpr:A21")),
        _ => ("dpv:hasStatus", None, "dpv:RightExerciseRecord", None),
    }
}

/// Who made the choice. Without a word about it: the customer, unless it is one that only the retailer's system makes.
fn indicated_by(choice: &str, actor: Option<&str>) -> &'static str {
    match (actor, choice) {
        (Some("guardian"), _) => "dpv:GuardianOfDataSubject",
        (Some("staff" | "source" | "system"), _) | (None, "invalidated" | "used_up" | "visit_ended" | DISCLOSED) => "dpv:DataController",
        _ => "dpv:DataSubject",
    }
}

fn duration(until: Option<&str>) -> Value {
    match until {
        None => json!({ "@type": "dpv:EndlessDuration" }),
        Some(event @ ("visit" | "withdrawn")) => json!({ "@type": "dpv:UntilEventDuration", "rdf:value": event }),
        Some("once") => json!({ "@type": "dpv:FixedOccurrencesDuration", "rdf:value": "1" }),
        Some(moment) => json!({ "@type": "dpv:UntilTimeDuration", "rdf:value": moment }),
    }
}

/// Adds what the policy knows of the ids in the core, and what the standard wants every receipt to say.
fn add_policy(receipt: &mut Value, core: &Value, issue: &Issue<'_>) {
    let policy = issue.policy;
    let evidence = |key: &str| core.get("evidence").and_then(|e| e.get(key)).and_then(Value::as_str);
    let language = evidence("language").unwrap_or("en").to_owned();
    // Texts of another version than the one that was read would be words in the customer's mouth.
    let same_words = evidence("policy_version").is_none_or(|version| version == policy.version);
    let purpose = core.get("purpose").and_then(Value::as_str).and_then(|id| policy.purpose(id)).map(|ix| policy.at(ix));
    let controller = |policy: &Policy| {
        json!({
            "@type": "dpv:DataController",
            "dpv:hasName": policy.controller.name,
            "dpv:hasContact": policy.controller.contact,
        })
    };
    let asked_at = issue.portal.unwrap_or(&issue.now.privacy_officer.contact);

    receipt["dct:created"] = json!(issue.at);
    receipt["dct:publisher"] = controller(issue.now);
    // The standard is about consents and what is done with them.
    let is_choice = core.get("disclosure").is_none();
    if is_choice {
        receipt["dct:conformsTo"] = json!("https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr");
    }
    let record = &mut receipt["dpv:hasRecordOfActivity"];
    if is_choice {
        record["dct:conformsTo"] = json!("https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr");
    }
    record["dpv:hasDataController"] = controller(policy);
    record["dpv:hasJurisdiction"] = json!("loc:EU");
    record["dpv:hasConsentControl"] = json!({ "@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": asked_at });
    record["dpv:hasAuthority"] = json!({
        "@type": "dpv:DataProtectionAuthority",
        "dpv:hasName": issue.now.supervisory_authority.name,
        "dpv:hasContact": issue.now.supervisory_authority.contact,
    });
    if let Some(right) = record.get_mut("dpv:hasRight") {
        right["dpv:isExercisedAt"] = json!(asked_at);
    }
    let process = &mut record["dpv:hasProcess"];
    if let Some(purpose) = purpose {
        add_purpose(process, purpose, policy, same_words.then_some(language.as_str()));
    }
    describe(process, "dpv:hasPersonalData", |id, about| {
        if let Some(category) = policy.categories.iter().find(|c| c.id == id) {
            about.insert("skos:broader".to_owned(), vocabulary_terms(&category.dpv));
            if same_words {
                about.insert("dct:title".to_owned(), json!(category.name.get(&language)));
            }
        }
    });
    describe(process, "dpv:hasRecipient", |id, about| {
        if let Some(recipient) = policy.recipients.iter().find(|r| r.id == id) {
            let role = match recipient.role {
                Role::Retailer => "dpv:DataController",
                Role::Processor => "dpv:DataProcessor",
                Role::ThirdParty => "dpv:ThirdParty",
            };
            about.insert("skos:broader".to_owned(), json!(role));
            about.insert("dpv:hasName".to_owned(), json!(recipient.name.get(&language)));
            about.insert("dpv:hasLocation".to_owned(), json!(format!("loc:{}", recipient.country)));
        }
    });
}

fn add_purpose(process: &mut Value, purpose: &Purpose, policy: &Policy, language: Option<&str>) {
    process["dpv:hasPurpose"]["skos:broader"] = vocabulary_terms(&purpose.dpv);
    if let Some(language) = language {
        process["dpv:hasPurpose"]["dct:title"] = json!(purpose.name.get(language));
        process["dpv:hasPurpose"]["dct:description"] = json!(purpose.why.get(language));
    }
    let named = |process: &Value, id: &str| {
        let all = process.get("dpv:hasPersonalData").and_then(Value::as_array);
        all.is_none_or(|all| all.iter().any(|c| c.get("dct:identifier").and_then(Value::as_str) == Some(id)))
    };
    let special = policy.categories.iter().any(|c| c.special && process.get("dpv:hasPersonalData").is_some() && named(process, &c.id));
    // What the core says already stands: the ground that a disclosure rested on.
    if process.get("dpv:hasLegalBasis").is_none() {
        let explicit = special && purpose.basis == Basis::Consent;
        process["dpv:hasLegalBasis"] = json!(if explicit { Some("eu-gdpr:A9-2-a") } else { legal_basis(purpose.basis.code()) });
    }
    let mut stored: Vec<Value> = Vec::new();
    for (category, retention) in policy.categories.iter().zip(&purpose.retention) {
        let Some(duration) = retention.filter(|_| named(process, &category.id)).and_then(kept_for) else { continue };
        stored.push(json!({ "@type": "dpv:StorageDuration", "dct:identifier": category.id, "dpv:hasDuration": duration }));
    }
    let countries: std::collections::BTreeSet<String> =
        policy.recipients.iter().filter(|r| r.role != Role::ThirdParty).map(|r| format!("loc:{}", r.country)).collect();
    stored.push(json!({ "@type": "dpv:StorageLocation", "dpv:hasLocation": countries }));
    process["dpv:hasStorageCondition"] = json!(stored);
}

/// How long something is kept at most, as the vocabulary says it; `None` where nothing is stored.
fn kept_for(retention: Retention) -> Option<Value> {
    match retention {
        Retention::None => None,
        Retention::For { months, days } => {
            let months = if months > 0 { format!("{months}M") } else { String::new() };
            let days = if days > 0 { format!("{days}D") } else { String::new() };
            Some(json!({ "@type": "dpv:TemporalDuration", "rdf:value": format!("P{months}{days}") }))
        }
        Retention::YearsFromYearEnd(years) => {
            Some(json!({ "@type": "dpv:UntilEventDuration", "rdf:value": format!("P{years}Y from the end of the year") }))
        }
    }
}

/// Says more about each thing that a list of the process names by id.
fn describe(process: &mut Value, property: &str, say: impl Fn(&str, &mut Map<String, Value>)) {
    for about in process.get_mut(property).and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(about) = about.as_object_mut() else { continue };
        let Some(id) = about.get("dct:identifier").and_then(Value::as_str).map(str::to_owned) else { continue };
        say(&id, about);
    }
}

/// The policy's terms of the vocabulary, as one text or a list.
fn vocabulary_terms(terms: &str) -> Value {
    let all: Vec<&str> = terms.split_whitespace().collect();
    match all.as_slice() {
        [one] => json!(one),
        all => json!(all),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |d: u8| char::from(DIGITS[usize::from(d)]);
    bytes.iter().flat_map(|&b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// Bytes from lower-case hex; `None` for anything else.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}
