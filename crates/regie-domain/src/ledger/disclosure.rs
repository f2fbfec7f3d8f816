//! What the ledger and the receipt say of a disclosure: the core that its leaf commits to, so that none can be taken away or changed unseen.

use serde_json::{Map, Value, json};

use crate::fact::Disclosure;
use crate::ids::Handle;

/// What the leaf of a disclosure commits to, without its salt. As [`receipt_core`](super::receipt_core), every value is a text or a list
/// of texts. The retailer's own reference is left out: it says nothing to the customer that the rest does not.
pub fn disclosure_core(handle: Handle, disclosure: &Disclosure) -> Value {
    let mut core = Map::new();
    let mut say = |key: &str, value: Value| core.insert(key.to_owned(), value);
    say("format", json!("regie/disclosure/1"));
    say("customer", json!(handle.to_string()));
    say("disclosure", json!(disclosure.id.to_string()));
    say("recipient", json!(disclosure.recipient));
    say("purpose", json!(disclosure.purpose));
    say("categories", json!(disclosure.categories));
    say("ground", json!(disclosure.ground.code()));
    say("at", json!(disclosure.at.to_string()));
    if !disclosure.items.is_empty() {
        say("items", json!(disclosure.items));
    }
    if let Some(channel) = &disclosure.channel {
        say("channel", json!(channel));
    }
    if let Some(until) = &disclosure.until {
        say("until", json!(until));
    }
    Value::Object(core)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Ground;
    use crate::ids::DisclosureId;
    use crate::ledger::leaf;
    use crate::time::Time;

    fn disclosure() -> Disclosure {
        Disclosure {
            id: DisclosureId(1),
            recipient: "carrier".to_owned(),
            purpose: "delivery".to_owned(),
            categories: vec!["contact".to_owned()],
            items: Vec::new(),
            channel: Some("post".to_owned()),
            ground: Ground::Contract,
            until: None,
            reference: Some("order 17".to_owned()),
            at: Time::parse("2026-06-01T10:00:00.250Z").unwrap(),
            salt: "ab".repeat(32),
            by_request: String::new(),
        }
    }

    #[test]
    fn the_core_is_written_the_same_everywhere_and_holds_neither_salt_nor_reference() {
        let core = disclosure_core(Handle(1), &disclosure());
        let written = "{\"at\":\"2026-06-01T10:00:00.25Z\",\"categories\":[\"contact\"],\"channel\":\"post\",\"customer\":\"c_00000000000000000000000001\",\
                       \"disclosure\":\"d_00000000000000000000000001\",\"format\":\"regie/disclosure/1\",\"ground\":\"contract\",\"purpose\":\"delivery\",\
                       \"recipient\":\"carrier\"}";
        assert_eq!(serde_json_canonicalizer::to_string(&core).unwrap(), written);
    }

    #[test]
    fn every_part_of_it_changes_the_leaf() {
        let of = |d: &Disclosure| leaf(&[7; 32], &disclosure_core(Handle(1), d)).unwrap();
        let base = of(&disclosure());
        let changed: [fn(&mut Disclosure); 8] = [
            |d| d.id = DisclosureId(2),
            |d| d.recipient = "mailer".to_owned(),
            |d| d.purpose = "payment".to_owned(),
            |d| d.categories.push("account".to_owned()),
            |d| d.items.push(crate::information::InformationItem::Diet),
            |d| d.channel = None,
            |d| d.ground = Ground::Consent,
            |d| d.until = Some("withdrawn".to_owned()),
        ];
        for change in changed {
            let mut other = disclosure();
            change(&mut other);
            assert_ne!(of(&other), base, "{other:?}");
        }
    }
}
