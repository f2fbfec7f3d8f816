//! What the real clients send is read as they mean it.

use regie_domain::collection::{Body, Incoming, Kind, limits, parse_batch, parse_event};
use regie_domain::fact::{EventName, Line, Order};
use regie_domain::time::Time;

use super::{body, received};

const ANALYTICS_NODE: &str = r#"{"batch":[
{"userId":"17","event":"Order Completed","properties":{"order_id":"o-1","total":"24.98","revenue":20.65,"tax":4.33,"shipping":0,
"discount":"1.005","coupon":"MAY","currency":"eur","store_id":"314","affiliation":"Web","products":[
{"product_id":"p-1","sku":"45360-32","name":"Bread","price":9.99,"quantity":2,"category":"Bakery"},
{"product_id":826553,"price":"5.00"}]},"type":"track","context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},
"timestamp":"2026-06-06T21:59:58.000Z","messageId":"node-next-1780783198000-1b2c","integrations":{},"_metadata":{"nodeVersion":"22.1.0","jsRuntime":"node"}},
{"userId":"17","traits":{"email":"a@example.org","firstName":"Ada","birthday":"1990-01-01","plan":"gold",
"address":{"street":"Dam 1","city":"Amsterdam","postalCode":"1012 JS","country":"NL","geo":"x"}},"type":"identify",
"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"timestamp":"2026-06-06T21:59:58.500Z","messageId":"node-next-2"},
{"anonymousId":"an-9","groupId":"g","traits":{"name":"x"},"type":"group","messageId":"node-next-3"}
],"writeKey":"WK","sentAt":"2026-06-06T21:59:59.000Z"}"#;

fn all(events: Vec<Result<Incoming, regie_domain::collection::EventError>>) -> Vec<Incoming> {
    events.into_iter().map(|event| event.unwrap()).collect()
}

#[test]
fn analytics_node_sends_a_batch() {
    let batch = parse_batch(ANALYTICS_NODE.as_bytes(), limits::BATCH_BYTES_DEFAULT, received()).unwrap();
    assert_eq!(batch.write_key.as_deref(), Some("WK"));
    assert_eq!(batch.sent_at, Some(Time::parse("2026-06-06T21:59:59Z").unwrap()));
    let [order, identify, group] = <[Incoming; 3]>::try_from(all(batch.events)).unwrap();

    assert_eq!((order.kind, order.user_id.as_deref(), order.anonymous_id.as_deref()), (Kind::Track, Some("17"), None));
    assert_eq!(order.message_id.as_deref(), Some("node-next-1780783198000-1b2c"));
    assert_eq!((order.happened_at.to_string().as_str(), order.time_doubted), ("2026-06-06T21:59:58Z", false));
    // affiliation, and of the first line: sku, name, category.
    assert_eq!(order.dropped.unknown_field, 4);
    let order = body(order);
    assert_eq!(order.name, EventName::OrderCompleted);
    assert_eq!(order.store.as_deref(), Some("314"));
    assert_eq!(
        order.lines,
        [Line { item: "p-1".into(), quantity: 2, cents: Some(999) }, Line { item: "826553".into(), quantity: 1, cents: Some(500) },]
    );
    assert_eq!(
        order.order,
        Some(Order {
            id: "o-1".into(),
            currency: Some("EUR".into()),
            total_cents: Some(2498),
            revenue_cents: Some(2065),
            tax_cents: Some(433),
            shipping_cents: Some(0),
            discount_cents: Some(101),
            coupon: Some("MAY".into()),
        })
    );

    assert_eq!(identify.dropped.unknown_attribute, 3);
    let expected = [
        ("email", "a@example.org"),
        ("firstName", "Ada"),
        ("address.street", "Dam 1"),
        ("address.city", "Amsterdam"),
        ("address.postalCode", "1012 JS"),
        ("address.country", "NL"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(identify.body, Body::Attributes(expected.to_vec()));

    assert_eq!((group.body, group.dropped.kind_not_kept), (Body::Counted, 1));
}

#[test]
fn analytics_next_sends_one_event_as_text() {
    let text = r#"{"timestamp":"2026-06-06T21:59:58.000Z","integrations":{},"userId":null,"anonymousId":"7c1e8a4e-5b8b-4c1c-9a51",
        "event":"Product Viewed","type":"track","properties":{"product_id":"p-7","price":3.5,"currency":"EUR","url":"https://shop.example/p-7?mail=a@example.org"},
        "context":{"page":{"path":"/p-7","referrer":"","search":"","title":"Bread","url":"https://shop.example/p-7"},"userAgent":"Mozilla/5.0",
        "locale":"nl-NL","library":{"name":"analytics.js","version":"npm:next-1.84.3"},"timezone":"Europe/Amsterdam","sessionId":1780783190123,
        "consent":{"categoryPreferences":{"advertising":false,"functional":true}}},
        "messageId":"ajs-next-1780783198000-aa","writeKey":"WK","sentAt":"2026-06-06T21:59:59.000Z","_metadata":{"bundled":["Segment.io"]}}"#;
    let single = parse_event(Kind::named("t"), text.as_bytes(), received()).unwrap();
    assert_eq!(single.write_key.as_deref(), Some("WK"));
    let event = single.incoming;
    assert_eq!((event.user_id.as_deref(), event.anonymous_id.as_deref()), (None, Some("7c1e8a4e-5b8b-4c1c-9a51")));
    assert_eq!(event.session.as_deref(), Some("1780783190123"));
    assert_eq!(event.consent_preferences, [("advertising".to_owned(), false), ("functional".to_owned(), true)]);
    // page, userAgent, locale, timezone; currency and url.
    assert_eq!((event.dropped.context_field, event.dropped.unknown_field), (4, 2));
    let event = body(event);
    assert_eq!(event.name, EventName::ProductViewed);
    assert_eq!(event.lines, [Line { item: "p-7".into(), quantity: 1, cents: Some(350) }]);
}

#[test]
fn analytics_next_names_its_pages() {
    let page = |name: &str| {
        format!(
            r#"{{"type":"page","anonymousId":"a",{name}"properties":{{"path":"/x","referrer":"","search":"?mail=a","title":"T","url":"https://shop.example/x"}}}}"#
        )
    };
    let named = super::parse(&page(r#""name":"Home","category":"c","#)).unwrap();
    assert_eq!(named.dropped.unknown_field, 6);
    assert_eq!(body(named).page.as_deref(), Some("Home"));
    for unnamed in ["", r#""name":"","#, r#""name":"/klant/17","#, r#""name":"https://shop.example/x","#] {
        let event = super::parse(&page(unnamed)).unwrap();
        assert_eq!((event.body, event.dropped.page_unnamed), (Body::Counted, 1), "{unnamed}");
    }
}

#[test]
fn rudder_node_corrects_its_clock_by_the_batch() {
    let text = r#"{"batch":[{"type":"track","event":"Products Searched","userId":"","anonymousId":"an-1","properties":{"query":" brood "},
        "originalTimestamp":"2026-06-06T19:00:00.000Z","messageId":"m-1","context":{"library":{"name":"@rudderstack/rudder-sdk-node","version":"3.0.13"},"traits":{"email":"a@example.org"}},
        "channel":"server","_metadata":{"nodeVersion":"22.1.0"}}],"timestamp":"2026-06-06T19:00:01.000Z","sentAt":"2026-06-06T19:00:01.000Z"}"#;
    let batch = parse_batch(text.as_bytes(), 500_000, received()).unwrap();
    assert_eq!(batch.write_key, None);
    let event = all(batch.events).remove(0);
    // The device is three hours behind.
    assert_eq!(event.happened_at.to_string(), "2026-06-06T21:59:59Z");
    assert_eq!((event.user_id.as_deref(), event.anonymous_id.as_deref()), (None, Some("an-1")));
    assert_eq!(event.dropped.context_field, 1);
    assert_eq!(body(event).query.as_deref(), Some("brood"));
}

#[test]
fn rudder_browser_puts_attributes_into_the_context() {
    let text = r#"{"type":"identify","userId":"17","context":{"traits":{"email":"a@example.org","first_name":"A","firstName":"B"}}}"#;
    let event = super::parse(text).unwrap();
    let expected = [("email", "a@example.org"), ("firstName", "B")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(event.body, Body::Attributes(expected.to_vec()));
}

#[test]
fn python_clients_write_offsets_and_nulls() {
    let text = r#"{"batch": [{"integrations": {}, "anonymousId": null, "properties": {"order_id": 17, "products": [{"sku": "s-1", "quantity": 1.0}]},
        "timestamp": "2026-06-06T23:59:00.123456+02:00", "userId": "1234", "type": "track", "event": "Order Refunded",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}}, "messageId": "b2f0"}],
        "sentAt": "2026-06-06T22:00:00.000001+00:00", "writeKey": "WK"}"#;
    let event = all(parse_batch(text.as_bytes(), 500_000, received()).unwrap().events).remove(0);
    assert_eq!(event.user_id.as_deref(), Some("1234"));
    assert_eq!(event.happened_at.to_string(), "2026-06-06T21:59:00.123Z");
    let event = body(event);
    assert_eq!(event.name, EventName::OrderRefunded);
    assert_eq!(event.order.unwrap().id, "17");
    assert_eq!(event.lines, [Line { item: "s-1".into(), quantity: 1, cents: None }]);
}

#[test]
fn a_batch_speaks_of_session_and_consent_for_all_its_events() {
    let text = r#"{"context":{"sessionId":"s-1","consent":{"categoryPreferences":{"a":false}}},"batch":[
        {"type":"track","event":"x","userId":"1"},
        {"type":"track","event":"x","userId":"1","context":{"sessionId":"s-2","consent":{"categoryPreferences":{"a":true,"b":false}}}}]}"#;
    let events = all(parse_batch(text.as_bytes(), 500_000, received()).unwrap().events);
    let sessions: Vec<_> = events.iter().map(|e| e.session.as_deref()).collect();
    assert_eq!(sessions, [Some("s-1"), Some("s-2")]);
    let refused = |e: &Incoming, id: &str| e.consent_preferences.contains(&(id.to_owned(), false));
    assert!(events.iter().all(|e| refused(e, "a")));
    assert!(refused(&events[1], "b"));
}

#[test]
fn alias_names_both_identifiers() {
    let event = super::parse(r#"{"type":"alias","previousId":"an-1","userId":"17"}"#).unwrap();
    assert_eq!(event.body, Body::Alias);
    assert_eq!((event.previous_id.as_deref(), event.user_id.as_deref()), (Some("an-1"), Some("17")));
}
