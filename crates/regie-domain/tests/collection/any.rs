//! Whatever arrives: no panic, nothing of it in an error, and nothing kept that was not sent.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regie_domain::collection::{Body, Incoming, Kind, parse_batch, parse_event};
use serde_json::{Map, Value, json};

use super::received;

/// Keys that some reader knows, so that surprises land where they hurt.
const KEYS: &[&str] = &[
    "type",
    "userId",
    "anonymousId",
    "previousId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "event",
    "name",
    "context",
    "properties",
    "traits",
    "consent",
    "categoryPreferences",
    "sessionId",
    "products",
    "product_id",
    "sku",
    "quantity",
    "price",
    "order_id",
    "total",
    "currency",
    "query",
    "store",
    "address",
    "email",
    "street",
    "batch",
    "x",
];

/// Texts that some reader knows.
const TEXTS: &[&str] = &[
    "track",
    "page",
    "identify",
    "alias",
    "Order Completed",
    "Product Viewed",
    "Products Searched",
    "12.50",
    "-1",
    "EUR",
    "",
    "2026-06-06T22:00:00Z",
    "1e400",
    "\u{0}",
    "€",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..8)
                .prop_map(|fields| { Value::from(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()) }),
        ]
    })
}

/// A good order, in which things may then be changed.
fn good() -> Value {
    json!({"type": "track", "userId": "17", "anonymousId": "an-1", "messageId": "m-1", "event": "Order Completed",
        "timestamp": "2026-06-06T21:00:00Z", "context": {"sessionId": "s-1", "consent": {"categoryPreferences": {"ads": false}}},
        "properties": {"order_id": "o-1", "total": "12.50", "currency": "EUR", "store": "7", "coupon": "MAY",
            "products": [{"product_id": "p-1", "quantity": 2, "price": 6.25}]}})
}

/// Every text and number that stands in a value.
fn atoms(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            into.insert(text.trim().to_owned());
            // In what people write, control characters are blanks.
            into.insert(text.replace(char::is_control, " ").trim().to_owned());
            into.insert(text.clone());
        }
        Value::Number(number) => {
            into.insert(number.to_string());
            // A whole number above 2^53 or a fraction may be written another way; its value is the same.
            into.insert(number.as_f64().map(|n| n.to_string()).unwrap_or_default());
        }
        Value::Array(all) => all.iter().for_each(|v| atoms(v, into)),
        Value::Object(all) => all.iter().for_each(|(key, v)| {
            into.insert(key.clone());
            atoms(v, into);
        }),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Every text that was taken.
fn taken(incoming: &Incoming) -> Vec<String> {
    let mut all: Vec<String> = [&incoming.message_id, &incoming.user_id, &incoming.anonymous_id, &incoming.previous_id, &incoming.session]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    all.extend(incoming.consent_preferences.iter().map(|(id, _)| id.clone()));
    match &incoming.body {
        Body::Event(body) => {
            all.extend(body.lines.iter().map(|line| line.item.clone()));
            all.extend(body.order.iter().flat_map(|order| [Some(order.id.clone()), order.coupon.clone()]).flatten());
            all.extend([&body.query, &body.page, &body.store].into_iter().flatten().cloned());
        }
        Body::Attributes(values) => all.extend(values.iter().map(|(_, value)| value.clone())),
        Body::Alias | Body::Counted => {}
    }
    all
}

fn nothing_is_invented(value: &Value, incoming: &Incoming) -> Result<(), TestCaseError> {
    let mut sent = BTreeSet::new();
    atoms(value, &mut sent);
    for text in taken(incoming) {
        prop_assert!(sent.contains(&text), "{text:?} was not sent");
        let is_consent_id = incoming.consent_preferences.iter().any(|(id, _)| *id == text);
        prop_assert!(is_consent_id || !text.contains(char::is_control), "{text:?} holds a control character");
    }
    Ok(())
}

/// Puts `new` in the place of the `n`th value below `value`, counted depth first.
fn replace(value: &mut Value, n: &mut usize, new: &Value) {
    let children: Vec<&mut Value> = match value {
        Value::Array(all) => all.iter_mut().collect(),
        Value::Object(all) => all.values_mut().collect(),
        _ => vec![],
    };
    for child in children {
        if *n == 0 {
            *child = new.clone();
        }
        if let Some(left) = n.checked_sub(1) {
            *n = left;
            replace(child, n, new);
        } else {
            *n = usize::MAX;
            return;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_json_is_read_or_refused(value in any_json(), path in prop::sample::select(vec!["", "track", "identify", "page", "alias"])) {
        let text = value.to_string();
        if let Ok(single) = parse_event(Kind::named(path), text.as_bytes(), received()) {
            nothing_is_invented(&value, &single.incoming)?;
        }
        if let Ok(batch) = parse_batch(json!({"batch": [value.clone(), value]}).to_string().as_bytes(), 500_000, received()) {
            prop_assert_eq!(batch.events.len(), 2);
            prop_assert_eq!(&batch.events[0], &batch.events[1]);
        }
    }

    #[test]
    fn a_good_event_with_one_surprise_is_read_or_refused(at in 0usize..22, surprise in any_json()) {
        let mut value = good();
        replace(&mut value, &mut { at }, &surprise);
        if let Ok(single) = parse_event(None, value.to_string().as_bytes(), received()) {
            nothing_is_invented(&value, &single.incoming)?;
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse_event(Some(Kind::Track), &bytes, received()).is_err());
        prop_assert!(parse_batch(&bytes, 500_000, received()).is_err());
    }

    #[test]
    fn damaged_text_is_read_or_refused(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..4)) {
        let mut bytes = json!({"batch": [good(), good()]}).to_string().into_bytes();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        if let Ok(batch) = parse_batch(&bytes, 500_000, received()) {
            let value: Option<Value> = serde_json::from_slice(&bytes).ok();
            for (i, incoming) in batch.events.iter().enumerate() {
                if let (Some(value), Ok(incoming)) = (&value, incoming) {
                    nothing_is_invented(&value["batch"][i], incoming)?;
                }
            }
        }
    }

    /// Rule 26: an error may be logged and answered, so it names fields only.
    #[test]
    fn no_error_repeats_what_was_sent(at in 0usize..22, marker in "[q-z]{8}", repeat in prop::sample::select(vec![1usize, 100])) {
        for surprise in [json!(marker.repeat(repeat)), json!([marker]), json!({ marker.clone(): marker })] {
            let mut value = good();
            replace(&mut value, &mut { at }, &surprise);
            if let Err(error) = parse_event(None, value.to_string().as_bytes(), received()) {
                let said = format!("{error:?} {} {}", error.detail(), error.code());
                prop_assert!(!said.contains(&marker), "{}", said);
            }
        }
    }
}

#[test]
fn the_good_event_is_good() {
    let incoming = parse_event(None, good().to_string().as_bytes(), received()).unwrap().incoming;
    assert_eq!(incoming.dropped, Default::default());
    let mut places = usize::MAX - 1;
    replace(&mut good(), &mut places, &Value::Null);
    assert_eq!(usize::MAX - 1 - places, 22, "the surprises above reach every place");
}
