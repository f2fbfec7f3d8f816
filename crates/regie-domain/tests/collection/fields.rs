//! Each field of an event: its forms on the wire, and what is left out.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regie_domain::collection::plan::{ATTRIBUTES, PLAN, event_named};
use regie_domain::collection::{Body, Dropped, Stamp, attribute_kind, field_kind};
use regie_domain::fact::{Event, EventName, Line, Origin, VisitId};
use regie_domain::ids::EventId;
use serde_json::Value;

use super::{body, parse, received, track};

#[test]
fn events_are_known_by_their_names() {
    use EventName::*;
    for (name, expected) in [
        ("Product Viewed", Some(ProductViewed)),
        ("product viewed ", Some(ProductViewed)),
        ("Product Clicked", Some(ProductViewed)),
        ("Product Added", Some(ProductAdded)),
        ("Product Removed", Some(ProductRemoved)),
        ("Products Searched", Some(ProductsSearched)),
        ("Order Completed", Some(OrderCompleted)),
        ("Order Refunded", Some(OrderRefunded)),
        ("Product Added to Wishlist", None),
        ("ProductViewed", None),
    ] {
        assert_eq!(event_named(name), expected, "{name}");
    }
    let unknown = track("Ziekte Gemeld", r#"{"product_id":"1","diagnosis":"x"}"#).unwrap();
    assert_eq!(unknown.body, Body::Counted);
    assert_eq!(unknown.dropped, Dropped { unknown_event: 1, ..Dropped::default() });
}

#[test]
fn a_line_has_many_forms() {
    for (product, item, quantity, cents) in [
        (r#"{"product_id":"a"}"#, "a", 1, None),
        (r#"{"product_id":17,"price":1}"#, "17", 1, Some(100)),
        (r#"{"product_id":"","sku":"b","item":"c"}"#, "b", 1, None),
        (r#"{"product_id":null,"item":"c","price":null,"quantity":null}"#, "c", 1, None),
        (r#"{"sku":826553.0}"#, "826553", 1, None),
        (r#"{"sku":18446744073709551615}"#, "18446744073709551615", 1, None),
        (r#"{"sku":"b","quantity":"3","price":"12.50"}"#, "b", 3, Some(1250)),
        (r#"{"sku":"b","quantity":3.0,"price":12.5}"#, "b", 3, Some(1250)),
        (r#"{"sku":"b","quantity":2,"price":-0.5}"#, "b", 2, Some(-50)),
        // 354 grams at 12.00 a kilo.
        (r#"{"sku":"b","quantity":0.354,"price":"12.00"}"#, "b", 1, Some(425)),
        (r#"{"sku":"b","quantity":"1.5"}"#, "b", 1, None),
        (r#"{"sk\u0075":"b\u0020","price":"","quantity":""}"#, "b ", 1, None),
        (r#"{"sku":"a","sku":"b"}"#, "b", 1, None),
    ] {
        let expected = Line { item: item.to_owned(), quantity, cents };
        assert_eq!(body(track("Product Added", product).unwrap()).lines, std::slice::from_ref(&expected), "{product}");
        let order = track("Order Completed", &format!(r#"{{"order_id":1,"products":[{product}]}}"#)).unwrap();
        assert_eq!(body(order).lines, [expected], "{product}");
    }
}

#[test]
fn lines_that_say_nothing_are_left_out_and_counted() {
    let order = track(
        "Order Completed",
        r#"{"order_id":1,"products":[{"price":1},{"sku":"a","quantity":0},{"sku":"b","quantity":-1},{"sku":"c","name":"x"}]}"#,
    )
    .unwrap();
    assert_eq!((order.dropped.line_unusable, order.dropped.unknown_field), (3, 1));
    assert_eq!(body(order).lines, [Line { item: "c".into(), quantity: 1, cents: None }]);
}

#[test]
fn a_store_goes_by_three_names_and_only_with_an_order() {
    for (field, dropped) in [(r#""store_id":"7""#, 0), (r#""store":7"#, 0), (r#""shop_id":"7""#, 0), (r#""store":"7","shop_id":"8""#, 1)] {
        let order = track("Order Completed", &format!(r#"{{"order_id":1,"total":1,{field}}}"#)).unwrap();
        assert_eq!(order.dropped.unknown_field, dropped, "{field}");
        assert_eq!(body(order).store.as_deref(), Some("7"), "{field}");
    }
    let viewed = track("Product Viewed", r#"{"sku":"a","store_id":"7"}"#).unwrap();
    assert_eq!(viewed.dropped.unknown_field, 1);
    assert_eq!(body(viewed).store, None);
}

#[test]
fn long_searches_are_cut_between_characters() {
    let event = track("Products Searched", &format!(r#"{{"query":"x{}"}}"#, "é".repeat(400))).unwrap();
    assert_eq!(event.dropped.text_cut, 1);
    assert_eq!(body(event).query, Some(format!("x{}", "é".repeat(255))));
}

#[test]
fn line_breaks_in_what_people_write_are_blanks() {
    let event = track("Products Searched", r#"{"query":"\u0000\tbrown\nbread\r\n"}"#).unwrap();
    assert_eq!(body(event).query.as_deref(), Some("brown bread"));
    let page = parse(r#"{"type":"page","userId":"1","name":" Home\u0007page "}"#).unwrap();
    assert_eq!(body(page).page.as_deref(), Some("Home page"));
    let event = parse(r#"{"type":"identify","userId":"1","traits":{"email":"\u0001","address":{"street":"Dam 1\nhoog"}}}"#).unwrap();
    assert_eq!(event.body, Body::Attributes(vec![("address.street".to_owned(), "Dam 1 hoog".to_owned())]));
    assert_eq!(track("Products Searched", r#"{"query":"\u0000"}"#).unwrap_err().code(), "field_missing");
}

#[test]
fn a_session_is_where_clients_put_it() {
    for (text, expected) in [
        (r#""context":{"sessionId":"s"}"#, Some("s")),
        (r#""context":{"session_id":17}"#, Some("17")),
        (r#""properties":{"session_id":"s"}"#, Some("s")),
        (r#""properties":{"sessionId":"s"}"#, Some("s")),
        (r#""context":{"sessionId":"a"},"properties":{"sessionId":"b"}"#, Some("a")),
        (r#""context":{"sessionId":""}"#, None),
        (r#""context":{}"#, None),
    ] {
        let event = parse(&format!(r#"{{"type":"page","userId":"1","name":"Home",{text}}}"#)).unwrap();
        assert_eq!(event.session.as_deref(), expected, "{text}");
        assert_eq!(event.dropped, Dropped::default(), "{text}");
    }
}

/// Names of the fields of a fact, dotted, without the frame that every event has.
fn names(event: &Event) -> BTreeSet<String> {
    let Value::Object(event) = serde_json::to_value(event).unwrap() else { panic!("an event is an object") };
    let frame = ["id", "name", "source", "visit", "happened_at", "recorded_at"];
    let mut names = BTreeSet::new();
    for (name, value) in event.iter().filter(|(name, _)| !frame.contains(&name.as_str())) {
        match value {
            Value::Object(inner) => names.extend(inner.keys().map(|key| format!("{name}.{key}"))),
            Value::Array(lines) => {
                names.extend(lines[0].as_object().unwrap().keys().map(|key| format!("{name}.{key}")));
            }
            _ => {
                names.insert(name.clone());
            }
        }
    }
    names
}

#[test]
fn the_plan_names_each_field_that_is_taken_and_no_other() {
    let everything = r#"{"product_id":"a","quantity":2,"price":1,"products":[{"product_id":"a","quantity":2,"price":1}],"name":"n","query":"q",
        "order_id":"o","currency":"EUR","total":1,"revenue":1,"tax":1,"shipping":1,"discount":1,"coupon":"c","store_id":"s"}"#;
    let page = parse(&format!(r#"{{"type":"page","userId":"1","properties":{everything}}}"#)).unwrap();
    let mut events = vec![page];
    for name in ["Product Viewed", "Product Added", "Product Removed", "Products Searched", "Order Completed", "Order Refunded"] {
        events.push(track(name, everything).unwrap());
    }
    for event in events {
        let left_out = event.dropped.unknown_field;
        let event = body(event).into_event(Stamp {
            id: EventId(1),
            source: "shop".into(),
            visit: VisitId(1),
            happened_at: received(),
            recorded_at: received(),
            time_doubted: false,
            not_for: vec![],
            message: 0,
        });
        let planned: Vec<_> = PLAN.iter().filter(|field| field.events.contains(&event.name)).collect();
        let planned_names: BTreeSet<String> = planned.iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(names(&event), planned_names, "{:?}", event.name);
        assert!(left_out > 0, "{:?}", event.name);
        for field in planned {
            assert_eq!(field_kind(event.name, field.name), Some(field.kind));
            assert_eq!(field_kind(event.name, field.part.name()), Some(field.kind));
        }
    }
    assert_eq!(field_kind(EventName::ProductViewed, "order.id"), None);
    assert_eq!(field_kind(EventName::OrderCompleted, "store").unwrap().category, "coarse-location");
    assert_eq!(field_kind(EventName::OrderCompleted, "lines").unwrap().category, "purchases");
    assert_eq!(field_kind(EventName::ProductAdded, "lines").unwrap().category, "browsing");
}

#[test]
fn every_attribute_of_the_plan_is_read_under_each_of_its_names() {
    for attribute in ATTRIBUTES {
        assert_eq!(attribute_kind(attribute.name).map(|kind| (kind.category, kind.origin)), Some(("contact", Origin::Provided)));
        for wire in attribute.wire {
            let traits = match wire.strip_prefix("address.") {
                Some(part) => format!(r#"{{"address":{{"{part}":" v "}}}}"#),
                None => format!(r#"{{"{wire}":" v "}}"#),
            };
            let event = parse(&format!(r#"{{"type":"identify","userId":"1","traits":{traits}}}"#)).unwrap();
            assert_eq!(event.body, Body::Attributes(vec![(attribute.name.to_owned(), "v".to_owned())]), "{wire}");
        }
    }
    for unknown in ["birthday", "gender", "age", "address", "id"] {
        let event = parse(&format!(r#"{{"type":"identify","userId":"1","traits":{{"{unknown}":"v"}}}}"#)).unwrap();
        assert_eq!((event.body, event.dropped.unknown_attribute), (Body::Attributes(vec![]), 1), "{unknown}");
        assert_eq!(attribute_kind(unknown), None);
    }
}

proptest! {
    #[test]
    fn amounts_are_exact_as_number_and_as_text(cents in -1_000_000_000i64..1_000_000_000) {
        let sign = if cents < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
        for total in [text.clone(), format!("\"{text}\"")] {
            let order = body(track("Order Completed", &format!(r#"{{"order_id":1,"total":{total}}}"#)).unwrap());
            prop_assert_eq!(order.order.unwrap().total_cents, Some(cents));
        }
    }
}
