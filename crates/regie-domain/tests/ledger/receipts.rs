//! Receipts hold as they are, and in no other way.

use proptest::prelude::*;
use regie_domain::fact::{Chosen, Until, VisitId};
use regie_domain::ledger::{Report, Step, Trust, verify_receipt};
use regie_domain::time::Time;
use serde_json::{Value, json};

use crate::support::{choice, given, receipts, verifier_key, verify};

fn check(receipt: &Value) -> Report {
    check_text(receipt.to_string().as_bytes())
}

fn check_text(text: &[u8]) -> Report {
    verify_receipt(text, &Trust { key: Some(&verifier_key(1)), verify: &verify })
}

#[track_caller]
fn refused(receipt: &Value, step: Step, code: &str) {
    let (at, why) = check(receipt).refused.expect("it is refused");
    assert_eq!((at, why.code()), (step, code), "{why}");
}

/// Signs a receipt that was changed anew, as a retailer with its own key could.
fn signed_again(mut receipt: Value) -> Value {
    use base64::Engine as _;
    receipt["regie:signature"].as_object_mut().unwrap().remove("value");
    let bytes = serde_json_canonicalizer::to_vec(&receipt).unwrap();
    receipt["regie:signature"]["value"] = json!(base64::engine::general_purpose::STANDARD.encode(crate::support::sign(1)(&bytes)));
    receipt
}

fn two() -> (Value, Value) {
    let moment = Until::Moment(Time::parse("2026-06-08T22:00:00Z").unwrap());
    let [a, b] = receipts(&[choice(given(moment)), choice(Chosen::Withdrawn)]).try_into().unwrap();
    (a, b)
}

#[test]
fn every_kind_of_choice_has_a_receipt_that_holds() {
    let visit = VisitId(7);
    let all = [
        given(Until::Moment(Time::parse("2026-06-08T22:00:00Z").unwrap())),
        given(Until::Visit(visit)),
        given(Until::Once),
        given(Until::Withdrawn),
        Chosen::Refused,
        Chosen::Withdrawn,
        Chosen::Invalidated,
        Chosen::UsedUp { request: "q".to_owned() },
        Chosen::VisitEnded { visit },
        Chosen::Objected,
        Chosen::ObjectionEnded,
    ];
    for receipt in receipts(&all.map(choice)) {
        let report = check(&receipt);
        assert_eq!(report.refused, None, "{receipt:#}");
        assert_eq!(report.held.len(), 7);
        assert!(report.pinned && report.leaf.is_some());
        // Without a key from elsewhere it holds too, and says so.
        let own = verify_receipt(receipt.to_string().as_bytes(), &Trust { key: None, verify: &verify });
        assert!(own.refused.is_none() && !own.pinned);
        assert!(own.held[1].found.contains("from the receipt itself"));
    }
}

#[test]
fn a_receipt_is_the_same_however_its_members_are_ordered_and_spaced() {
    let (receipt, _) = two();
    assert_eq!(check_text(serde_json::to_string_pretty(&receipt).unwrap().as_bytes()).refused, None);
    let turned: serde_json::Map<String, Value> = receipt.as_object().unwrap().clone().into_iter().rev().collect();
    let text: Vec<String> = turned.iter().map(|(k, v)| format!("{}:{v}", json!(k))).collect();
    assert_eq!(check_text(format!("{{{}}}", text.join(",")).as_bytes()).refused, None);
}

#[test]
fn what_was_touched_is_refused_where_it_was_touched() {
    let (receipt, other) = two();
    let with = |pointer: &str, value: Value| {
        let mut changed = receipt.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        changed
    };
    let theirs = |pointer: &str| with(pointer, other.pointer(pointer).unwrap().clone());
    // Anything at all, without the key.
    for pointer in [
        "/dct:created",
        "/regie:ledger/core/until",
        "/regie:ledger/core/customer",
        "/dpv:hasRecordOfActivity/dpv:hasProcess/dpv:hasPurpose/dct:identifier",
    ] {
        refused(&with(pointer, json!("x")), Step::Signature, "receipt_signature_wrong");
    }
    refused(&theirs("/regie:signature/value"), Step::Signature, "receipt_signature_wrong");
    refused(&theirs("/regie:ledger/proof"), Step::Signature, "receipt_signature_wrong");
    // By the retailer itself, with its key.
    let again = |changed| signed_again(changed);
    refused(&again(with("/regie:ledger/core/until", json!("withdrawn"))), Step::Commitment, "receipt_commitment_wrong");
    refused(&again(with("/regie:ledger/salt", json!("00".repeat(32)))), Step::Commitment, "receipt_commitment_wrong");
    refused(&again(theirs("/regie:ledger/proof")), Step::Inclusion, "proof_root_differs");
    refused(&again(theirs("/regie:ledger/index")), Step::Inclusion, "proof_root_differs");
    refused(&again(with("/regie:ledger/index", json!(1_000))), Step::Inclusion, "proof_index_past_end");
    let mut short = receipt["regie:ledger"]["proof"].as_array().unwrap().clone();
    short.pop();
    refused(&again(with("/regie:ledger/proof", json!(short))), Step::Inclusion, "proof_length");
    let mut turned = receipt["regie:ledger"]["proof"].as_array().unwrap().clone();
    turned.reverse();
    refused(&again(with("/regie:ledger/proof", json!(turned))), Step::Inclusion, "proof_root_differs");
    let checkpoint = receipt["regie:ledger"]["checkpoint"].as_str().unwrap();
    refused(
        &again(with("/regie:ledger/checkpoint", json!(checkpoint.replacen("\n9\n", "\n8\n", 1)))),
        Step::Checkpoint,
        "checkpoint_forged",
    );
    refused(&again(with("/regie:ledger/checkpoint", json!(checkpoint[..40]))), Step::Checkpoint, "note_unreadable");
    // The record says another thing than the ledger.
    let record = "/dpv:hasRecordOfActivity";
    for (pointer, value) in [
        ("/dpv:hasProcess/dpv:hasPurpose/dct:identifier", json!("personalised-advertising")),
        ("/dpv:hasProcess/dpv:hasPersonalData", json!([])),
        ("/dpv:hasProcess/dpv:hasRecipient/1/dct:identifier", json!("advertising-partner")),
        ("/dpv:hasConsentStatus/dpv:hasDuration/rdf:value", json!("2030-01-01T00:00:00Z")),
        ("/dpv:hasConsentStatus/@type", json!("dpv:ConsentWithdrawn")),
        ("/dpv:hasConsentStatus/dpv:isIndicatedBy", json!("dpv:DataController")),
        ("/dpv:hasDataSubject/dct:identifier", json!("c_00000000000000000000000043")),
        ("/dpv:hasNotice/dct:hasVersion", json!("1999-01-01")),
        ("/dct:identifier", json!("00")),
    ] {
        refused(&again(with(&format!("{record}{pointer}"), value)), Step::Agreement, "receipt_disagrees");
    }
    let mut two_statuses = receipt.clone();
    two_statuses["dpv:hasRecordOfActivity"]["dpv:hasStatus"] = json!({"@type": "dpv:ConsentRefused"});
    refused(&again(two_statuses), Step::Agreement, "receipt_disagrees");
    refused(&again(with("/@context", json!({"dpv": "https://elsewhere.example#"}))), Step::Agreement, "receipt_disagrees");
    // The first receipts said of no value that it is a term; they hold.
    let prefixes = receipt["@context"].as_object().unwrap().iter().filter(|(_, meaning)| meaning.is_string());
    let first: serde_json::Map<_, _> = prefixes.map(|(name, meaning)| (name.clone(), meaning.clone())).collect();
    assert_eq!((first.len(), receipt["@context"]["skos:broader"]["@type"].as_str()), (8, Some("@id")));
    assert_eq!(check(&again(with("/@context", json!(first)))).refused, None);
    // Somebody else's key.
    let own = crate::support::verifier_key(2);
    refused(&with("/regie:signature/key", json!(own.to_string())), Step::Key, "receipt_other_key");
    refused(&with("/regie:signature/key", json!("none")), Step::Key, "key_unreadable");
}

#[test]
fn what_is_no_receipt_is_refused_by_name() {
    let (receipt, _) = two();
    for member in ["regie:ledger", "regie:signature", "dct:identifier"] {
        let mut without = receipt.clone();
        without.as_object_mut().unwrap().remove(member);
        refused(&without, Step::Readable, "receipt_incomplete");
    }
    for (pointer, value) in [
        ("/regie:ledger/core", json!("x")),
        ("/regie:ledger/salt", json!("AB".repeat(32))),
        ("/regie:ledger/index", json!(-1)),
        ("/regie:ledger/proof", json!(vec![""; 65])),
        ("/regie:ledger/proof/0", json!("AAAA")),
        ("/regie:signature/value", json!("AAAA")),
    ] {
        let mut changed = receipt.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        refused(&changed, Step::Readable, "receipt_incomplete");
    }
    let code = |text: &[u8]| check_text(text).refused.unwrap().1.code();
    assert_eq!(code(b""), "receipt_unreadable");
    assert_eq!(code(b"[]"), "receipt_incomplete");
    assert_eq!(code("[".repeat(100_000).as_bytes()), "receipt_unreadable");
    assert_eq!(code(&vec![b' '; 200_000]), "receipt_too_large");
    // Two members of one name: one reader takes the first, another the last.
    let doubled = receipt.to_string().replacen('{', "{\"dct:identifier\":\"x\",", 1);
    assert_eq!(code(doubled.as_bytes()), "receipt_unreadable");
}

#[test]
fn a_receipt_cut_anywhere_is_refused() {
    let text = two().0.to_string();
    for end in 0..text.len() {
        assert!(check_text(&text.as_bytes()[..end]).refused.is_some(), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn a_receipt_with_one_flipped_bit_is_refused(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut text = two().0.to_string().into_bytes();
        let at = at.index(text.len());
        text[at] ^= 1 << bit;
        prop_assert!(check_text(&text).refused.is_some());
    }

    #[test]
    fn nothing_that_is_handed_in_panics(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(check_text(&text).refused.is_some());
    }
}
