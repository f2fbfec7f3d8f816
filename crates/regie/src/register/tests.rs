use regie_domain::fact::Fact;
use regie_domain::ids::{ContestId, DisclosureId, EventId, Handle, MailId, RecordId, RequestId};
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use regie_store::{Batch, MasterKey, NewRow, SqliteStore, Store};
use serde_json::{Value, json};

use super::seen::{Kept, Seen, Used};
use super::*;

fn policy() -> Policy {
    Policy::parse(crate::BUILT_IN_POLICY).unwrap()
}

fn seen() -> Seen {
    let mut seen = Seen { records: 20_000, ..Seen::default() };
    for category in ["purchases", "browsing", "account", "choices", "old-kind"] {
        seen.kept.insert(category.into(), Kept { count: 3, ..Kept::default() });
    }
    let mut used = |p: &str, c: &str, r: &str, allowed| {
        seen.used.insert((p.into(), c.into(), r.into()), Used { allowed, denied: 1, disclosed: 0 });
    };
    used("recommendations", "purchases", "retailer", 7);
    used("recommendations", "browsing", "retailer", 0);
    used("delivery", "contact", "carrier", 2);
    used("old-purpose", "purchases", "old-partner", 1);
    seen
}

#[test]
fn what_is_declared_and_what_is_seen_are_held_against_each_other() {
    let (policy, seen) = (policy(), seen());
    let register = Register::new(&policy, Some(&seen), Language::English);
    let has = |code: &str, what: &str, id: &str| register.differences().iter().any(|d| (d.code, d.what, d.id.as_str()) == (code, what, id));
    for (code, what, id) in [
        ("seen_not_declared", "purpose", "old-purpose"),
        ("seen_not_declared", "recipient", "old-partner"),
        ("seen_not_declared", "category", "old-kind"),
        ("collected_never_used", "category", "browsing"),
        ("declared_without_purpose", "category", "precise-location"),
        ("declared_never_collected", "category", "loyalty-card"),
        ("purpose_never_used", "purpose", "payment"),
        ("recipient_never_served", "recipient", "mailer"),
    ] {
        assert!(has(code, what, id), "{code} {what} {id}: {:?}", register.differences());
    }
    for (code, what, id) in [
        ("collected_never_used", "category", "purchases"),
        ("recipient_never_served", "recipient", "carrier"),
        ("recipient_never_served", "recipient", "retailer"),
        // It holds all of it, which no use says.
        ("recipient_never_served", "recipient", "hosting"),
        ("purpose_never_used", "purpose", "delivery"),
        ("purpose_never_used", "purpose", "tax-records"),
        ("collected_never_used", "category", "choices"),
    ] {
        assert!(!has(code, what, id), "{code} {what} {id}");
    }
    assert!(Register::new(&policy, None, Language::Dutch).differences().is_empty(), "nothing was looked at");
}

#[test]
fn every_form_names_every_purpose_in_its_language() {
    let (policy, seen) = (policy(), seen());
    for (language, tag) in [(Language::Dutch, "nl"), (Language::English, "en")] {
        let register = Register::new(&policy, Some(&seen), language);
        let html = register.html().unwrap();
        let notice = register.notice().unwrap();
        let dpia = register.dpia().unwrap();
        let escape = crate::http::pages::words::escape;
        for purpose in &policy.purposes {
            let name = purpose.name.get(tag);
            assert!(html.contains(&escape(name)) && notice.contains(&escape(name)) && dpia.contains(name), "{name}");
        }
        for text in [&html, &notice] {
            assert!(text.contains(&format!("<html lang=\"{tag}\">")) && !text.contains("http://") && !text.contains("<script"));
        }
        // A message that is missing shows as its key.
        for text in [&html, &notice, &dpia] {
            assert!(
                !["reg-", "notice-", "dpia-"].iter().any(|stem| text.contains(&format!(">{stem}")) || text.contains(&format!("\n{stem}")))
            );
        }
    }
}

#[test]
fn the_table_has_a_row_for_each_purpose_and_category() {
    let policy = policy();
    let table = Register::new(&policy, Some(&seen()), Language::English).csv().unwrap();
    let rows: usize = policy.purposes.iter().map(|p| p.categories.iter().count()).sum();
    assert_eq!(table.lines().count(), rows + 1);
    assert!(
        table.lines().any(|l| l.starts_with("delivery,Delivery,contract,6(1)(b),contact,") && l.contains("P3M") && l.contains("carrier"))
    );
}

#[test]
fn programs_read_the_same() {
    let policy = policy();
    let seen = seen();
    let register = Register::new(&policy, Some(&seen), Language::English).json();
    assert_eq!(register["purposes"].as_array().unwrap().len(), policy.purposes.len());
    let delivery = register["purposes"].as_array().unwrap().iter().find(|p| p["id"] == "delivery").unwrap();
    assert_eq!(delivery["categories"][0]["seen"]["allowed"], 2);
    let holders = register["recipients"].as_array().unwrap().iter().filter(|r| r["holds_everything"] == true);
    assert_eq!(holders.map(|r| &r["id"]).collect::<Vec<_>>(), ["hosting"]);
    assert_eq!(Register::new(&policy, None, Language::English).json()["purposes"][0]["seen"], serde_json::Value::Null);
}

/// Categories with their sources.
type Keeps = &'static [(&'static str, &'static str)];

/// Every kind of fact once, with the kinds of data that it keeps (each with its source) and whether it is on the retailer's record.
fn every_fact() -> Vec<(Value, Keeps, bool)> {
    let evidence = json!({"policy_version": "1", "language": "nl", "method": "portal", "actor": "customer"});
    let identifier = |kind: &str| json!({"space": "shop", "type": kind, "value": "x"});
    let line = json!({"item": "tea"});
    let own = false;
    let retailer = true;
    vec![
        (
            json!({"kind": "record_opened", "handle": Handle(7), "identifier": identifier("user"), "source": "shop", "at": 1}),
            &[("account", "shop")],
            own,
        ),
        (json!({"kind": "identifier_linked", "identifier": identifier("anonymous"), "source": "web", "at": 2}), &[("device", "web")], own),
        (json!({"kind": "record_joined", "other": Handle(8), "actor": "customer", "at": 3}), &[("choices", "")], own),
        (
            json!({"kind": "attributes_provided", "source": "shop", "values": [["email", "x"], ["name", "y"]], "happened_at": 4, "recorded_at": 4}),
            &[("contact", "shop"), ("contact", "shop")],
            own,
        ),
        (
            json!({"kind": "event_kept", "id": EventId(1), "name": "order_completed", "source": "till", "visit": 0, "happened_at": 5, "recorded_at": 5, "lines": [line], "store": "utrecht"}),
            &[("purchases", "till"), ("coarse-location", "till")],
            own,
        ),
        (json!({"kind": "chosen", "purpose": "recommendations", "choice": "refused", "at": 6}), &[("choices", "")], own),
        (json!({"kind": "consenter_stated", "consenter": "customer", "at": 7, "evidence": evidence}), &[("choices", "")], own),
        (json!({"kind": "restricted", "at": 8}), &[("choices", "")], own),
        (json!({"kind": "lift_told", "at": 9, "evidence": evidence}), &[("choices", "")], own),
        (json!({"kind": "restriction_lifted", "at": 10, "evidence": evidence}), &[("choices", "")], own),
        (
            json!({"kind": "information_stated", "item": "diet", "value": {"diet": ["vegetarian"]}, "purpose": "recommendations", "recipients": ["retailer"], "until": "withdrawn", "at": 11, "evidence": evidence}),
            &[("choices", ""), ("my-information", "")],
            own,
        ),
        (json!({"kind": "information_removed", "item": "diet", "at": 12}), &[("choices", "")], own),
        (json!({"kind": "information_hidden", "item": "diet", "at": 13}), &[("choices", "")], own),
        (
            json!({"kind": "preview_made", "purpose": "recommendations", "categories": ["purchases"], "at": 14, "evidence": evidence}),
            &[("choices", "")],
            own,
        ),
        (
            json!({"kind": "uses_summed", "day": 1, "uses": [{"purpose": "recommendations", "category": "purchases", "recipient": "retailer", "allowed": true, "count": 3}]}),
            &[("choices", "")],
            own,
        ),
        (
            json!({"kind": "disclosed", "id": DisclosureId(1), "recipient": "carrier", "purpose": "delivery", "categories": ["contact"], "ground": "contract", "at": 16}),
            &[("choices", "")],
            own,
        ),
        (json!({"kind": "history_changed"}), &[], own),
        (
            json!({"kind": "order_kept_by_law", "purpose": "tax-records", "until": 99, "happened_at": 17, "order": {"id": "o"}, "lines": [line]}),
            &[("purchases", "")],
            own,
        ),
        (json!({"kind": "policy_adopted", "version": "1", "text": "the text", "digest": "", "at": 18}), &[], retailer),
        (json!({"kind": "sensitive_items_changed"}), &[], retailer),
        (json!({"kind": "record_erased", "tombstone": "", "request": RequestId(1)}), &[], retailer),
        (json!({"kind": "identifier_suppressed", "hash": "", "at": 19, "until": 99}), &[], retailer),
        (json!({"kind": "suppression_lifted", "hash": "", "not_before": 20}), &[], retailer),
        (
            json!({"kind": "request_completed", "request": RequestId(1), "right": "erasure", "at": 21, "parts": ["account"], "recipients": []}),
            &[],
            retailer,
        ),
        (
            json!({"kind": "objection_weighed", "purpose": "fraud-prevention", "upheld": true, "at": 22, "evidence": evidence}),
            &[("choices", "")],
            own,
        ),
        (
            json!({"kind": "consents_proven", "purpose": "legal-claims", "request": RequestId(1), "erased_at": 23, "until": 99, "of": [], "consents": []}),
            &[("choices", "")],
            own,
        ),
        (json!({"kind": "proof_opened", "at": 24, "reference": "x", "by": "x"}), &[("choices", "")], own),
        (
            json!({"kind": "mail_asked", "id": MailId(1), "letter": "receipt", "index": 3, "language": "nl", "at": 25}),
            &[("choices", "")],
            own,
        ),
        (json!({"kind": "mail_closed", "id": MailId(1), "outcome": "sent", "at": 26}), &[("choices", "")], own),
        (json!({"kind": "decision_contested", "id": ContestId(1), "purpose": "order-handling", "at": 27}), &[("choices", "")], own),
        (
            json!({"kind": "contest_answered", "id": ContestId(1), "purpose": "order-handling", "outcome": "upheld", "reasons": "x", "at": 28, "evidence": evidence}),
            &[("choices", "")],
            own,
        ),
        (json!({"kind": "messages_seen", "at": 29, "messages": [1, 2]}), &[], retailer),
    ]
}

/// A new kind of fact does not compile before it is here, and then fails until [`every_fact`] has it.
fn place(fact: &Fact) -> usize {
    match fact {
        Fact::RecordOpened(_) => 0,
        Fact::IdentifierLinked(_) => 1,
        Fact::RecordJoined(_) => 2,
        Fact::AttributesProvided(_) => 3,
        Fact::EventKept(_) => 4,
        Fact::Chosen(_) => 5,
        Fact::ConsenterStated(_) => 6,
        Fact::Restricted(_) => 7,
        Fact::LiftTold(_) => 8,
        Fact::RestrictionLifted(_) => 9,
        Fact::InformationStated(_) => 10,
        Fact::InformationRemoved(_) => 11,
        Fact::InformationHidden(_) => 12,
        Fact::PreviewMade(_) => 13,
        Fact::UsesSummed(_) => 14,
        Fact::Disclosed(_) => 15,
        Fact::HistoryChanged => 16,
        Fact::OrderKeptByLaw(_) => 17,
        Fact::PolicyAdopted(_) => 18,
        Fact::SensitiveItemsChanged(_) => 19,
        Fact::RecordErased(_) => 20,
        Fact::IdentifierSuppressed(_) => 21,
        Fact::SuppressionLifted(_) => 22,
        Fact::RequestCompleted(_) => 23,
        Fact::ObjectionWeighed(_) => 24,
        Fact::ConsentsProven(_) => 25,
        Fact::ProofOpened(_) => 26,
        Fact::MailAsked(_) => 27,
        Fact::MailClosed(_) => 28,
        Fact::DecisionContested(_) => 29,
        Fact::ContestAnswered(_) => 30,
        Fact::MessagesSeen(_) => 31,
    }
}

/// As many as [`place`] has.
const KINDS: usize = 32;

#[test]
fn a_folder_with_every_kind_of_fact_shows_all_that_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let master = MasterKey::generate_in(dir.path()).unwrap();
    let record = RecordId([7; 16]);
    let mut batch = Batch { new_records: vec![RecordId::RETAILER, record], ..Batch::default() };
    let (mut n, mut places) = ([0, 0], Vec::new());
    let mut expected: std::collections::BTreeMap<String, Kept> = std::collections::BTreeMap::new();
    for (fact, keeps, retailer) in every_fact() {
        let fact: Fact = serde_json::from_value(fact.clone()).unwrap_or_else(|e| panic!("{fact}: {e}"));
        places.push(place(&fact));
        for (category, source) in keeps {
            let kept = expected.entry((*category).to_owned()).or_default();
            kept.count += 1;
            kept.newest = kept.newest.max(fact.recorded_at());
            if !source.is_empty() {
                *kept.sources.entry((*source).to_owned()).or_default() += 1;
            }
        }
        let (of, n) = if retailer { (RecordId::RETAILER, &mut n[0]) } else { (record, &mut n[1]) };
        let payload = serde_json::to_vec(&fact).unwrap();
        batch.rows.push(NewRow { record: of, n: *n, choice: fact.is_choice(), payload, leaf: None });
        *n += 1;
    }
    assert_eq!(places, (0..KINDS).collect::<Vec<_>>(), "each kind once");
    let store = SqliteStore::open(dir.path(), &master).unwrap();
    store.append(batch).unwrap();

    let seen = Seen::read(dir.path(), &store, &mut |_, _| {}).unwrap();
    assert_eq!(seen.kept, expected);
    assert_eq!((seen.facts, seen.records, seen.policy.as_deref()), (KINDS as u64, 1, Some("the text")));
    let used = |p: &str, c: &str, r: &str| seen.used.get(&(p.to_owned(), c.to_owned(), r.to_owned())).copied().unwrap_or_default();
    assert_eq!(used("recommendations", "purchases", "retailer"), Used { allowed: 3, denied: 0, disclosed: 0 });
    assert_eq!(used("delivery", "contact", "carrier"), Used { allowed: 1, denied: 0, disclosed: 1 });
    assert_eq!(seen.kept["choices"].newest, Some(Time::from_day(1)), "of the day that was summed");
}
