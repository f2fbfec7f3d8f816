//! Every term of the Data Privacy Vocabulary that a receipt uses is a published one, and used as what it is.
//!
//! `dpv-2.3-terms.txt` lists the terms used here, as version 2.3 (February 2026) of <https://w3id.org/dpv> has them.

use std::collections::BTreeMap;

use regie_domain::fact::{
    Chosen, Consenter, ConsenterStated, DecisionContested, Disclosure, Fact, Ground, Restricted, RestrictedPart, RestrictionLifted, Until,
    VisitId,
};
use regie_domain::ids::{ContestId, DisclosureId, Handle};
use regie_domain::information::InformationItem;
use regie_domain::ledger::{Trust, core_of, verify_receipt};
use serde_json::Value;

use crate::support::{choice, given, policy, receipts, receipts_of, verify};

/// Term → `class` or `property`, as the vocabulary lists it.
fn published() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("dpv-2.3-terms.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(' ').unwrap()).collect()
}

/// `context`: what names mean, as the receipt itself says.
fn terms(value: &Value, context: &Value, found: &mut Vec<(String, &'static str)>) {
    const OURS: [&str; 4] = ["dpv:", "pd:", "loc:", "eu-gdpr:"];
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "@context" || name == "regie:ledger" {
                    continue;
                }
                if OURS.iter().any(|prefix| name.starts_with(prefix)) {
                    found.push((name.clone(), "property"));
                }
                // As linked data a string is a term where the context says so, and else a text.
                let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                let is_term = |value: &Value| value.as_str().is_some_and(|text| OURS.iter().any(|prefix| text.starts_with(prefix)));
                if name != "@type" && all.iter().any(is_term) {
                    assert_eq!(context[name.as_str()]["@type"], "@id", "{name} has terms as texts");
                }
                terms(value, context, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| terms(value, context, found)),
        Value::String(text) if OURS.iter().any(|prefix| text.starts_with(prefix)) => found.push((text.clone(), "class")),
        _ => {}
    }
}

#[test]
fn receipts_use_published_terms_only() {
    let visit = VisitId(7);
    let all = [
        given(Until::Once),
        given(Until::Withdrawn),
        given(Until::Moment(regie_domain::time::Time::parse("2026-06-08T22:00:00Z").unwrap())),
        Chosen::Refused,
        Chosen::Withdrawn,
        Chosen::Invalidated,
        Chosen::VisitEnded { visit },
        Chosen::Objected,
        Chosen::ObjectionEnded,
    ];
    let mut choices = Vec::new();
    let policy = policy();
    for purpose in &policy.purposes {
        for what in all.clone() {
            let mut made = choice(what);
            if let Chosen::Given { categories, recipients, .. } = &mut made.what {
                *categories = policy.categories.iter().map(|c| c.id.clone()).collect();
                *recipients = policy.recipients.iter().map(|r| r.id.clone()).collect();
            }
            made.purpose.clone_from(&purpose.id);
            choices.push(made);
        }
    }
    let published = published();
    let mut found = Vec::new();
    let at = regie_domain::time::Time::parse("2026-06-01T10:00:00Z").unwrap();
    let evidence = choices[0].evidence.clone().unwrap();
    let part = RestrictedPart::default();
    let salt = String::new;
    let restricted = Restricted { part: part.clone(), ground: None, at, evidence: None, salt: salt(), by_request: salt() };
    let lifted = RestrictionLifted { part, at, evidence: evidence.clone(), salt: salt(), by_request: salt() };
    let consenter = ConsenterStated { consenter: Consenter::Guardian, at, evidence, salt: salt(), by_request: salt() };
    let disclosed = Disclosure {
        id: DisclosureId(1),
        recipient: "carrier".into(),
        purpose: "delivery".into(),
        categories: vec!["contact".into()],
        items: vec![InformationItem::Diet],
        channel: Some("post".into()),
        ground: Ground::Contract,
        until: None,
        reference: None,
        at,
        salt: salt(),
        by_request: salt(),
    };
    let contested = DecisionContested {
        id: ContestId(1),
        purpose: "order-handling".into(),
        reference: None,
        reason: None,
        at,
        evidence: None,
        salt: salt(),
        by_request: salt(),
    };
    let others = [
        Fact::DecisionContested(contested),
        Fact::Restricted(restricted),
        Fact::RestrictionLifted(lifted),
        Fact::ConsenterStated(consenter),
        Fact::Disclosed(disclosed),
    ];
    let cores = others.iter().map(|fact| core_of(Handle(42), fact).unwrap()).collect();
    for receipt in receipts(&choices).into_iter().chain(receipts_of(cores)) {
        let report = verify_receipt(receipt.to_string().as_bytes(), &Trust { key: None, verify: &verify });
        assert_eq!(report.refused, None, "{receipt}");
        terms(&receipt, &receipt["@context"], &mut found);
    }
    found.sort();
    found.dedup();
    assert!(found.len() > 60, "{}", found.len());
    let unknown: Vec<_> = found.iter().filter(|(term, kind)| published.get(term.as_str()) != Some(kind)).collect();
    assert!(unknown.is_empty(), "not published as what they are used as: {unknown:?}");
    let used: Vec<&str> = found.iter().map(|(term, _)| term.as_str()).collect();
    for term in published.keys() {
        assert!(used.contains(term), "{term} is listed and used nowhere");
    }
}

#[test]
fn a_receipt_has_every_field_that_the_standard_demands() {
    let receipt = receipts(&[choice(given(Until::Withdrawn))]).remove(0);
    let record = "/dpv:hasRecordOfActivity";
    // ISO/IEC TS 27560, clause 6.3, as the vocabulary's guide names the fields.
    for field in [
        "/dct:conformsTo",
        "/dct:identifier",
        "/dct:created",
        "/dpv:hasRecordOfActivity/dct:conformsTo",
        "/dpv:hasRecordOfActivity/dct:identifier",
    ] {
        assert!(receipt.pointer(field).is_some_and(Value::is_string), "{field}");
    }
    for field in [
        "/dpv:hasDataSubject/dct:identifier",
        "/dpv:hasNotice/dct:hasVersion",
        "/dpv:hasNotice/dct:language",
        "/dpv:hasProcess/dpv:hasPurpose/skos:broader",
        "/dpv:hasProcess/dpv:hasPersonalData/0/skos:broader",
        "/dpv:hasProcess/dpv:hasLegalBasis",
        "/dpv:hasProcess/dpv:hasStorageCondition/0/dpv:hasDuration",
        "/dpv:hasProcess/dpv:hasRecipient/0/dpv:hasName",
        "/dpv:hasDataController/dpv:hasName",
        "/dpv:hasDataController/dpv:hasContact",
        "/dpv:hasJurisdiction",
        "/dpv:hasConsentControl/dpv:isExercisedAt",
        "/dpv:hasRight/dpv:isExercisedAt",
        "/dpv:hasConsentStatus/@type",
        "/dpv:hasConsentStatus/dpv:isIndicatedAtTime",
        "/dpv:hasConsentStatus/dpv:isIndicatedBy",
        "/dpv:hasConsentStatus/dpv:hasDuration/@type",
    ] {
        assert!(receipt.pointer(&format!("{record}{field}")).is_some(), "{field}");
    }
}
