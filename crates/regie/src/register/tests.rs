use regie_domain::policy::Policy;

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
    assert_eq!(Register::new(&policy, None, Language::English).json()["purposes"][0]["seen"], serde_json::Value::Null);
}
