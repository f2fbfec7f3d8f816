//! Bad input: an error with a stable code, for that event alone.

use regie_domain::collection::{limits, parse_batch, parse_event};

use super::{parse, received};

/// The code of the error, or `ok`.
fn code(text: &str) -> &'static str {
    parse(text).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn each_bad_event_has_its_code() {
    let long = "x".repeat(10_000);
    let edge = "x".repeat(limits::ID_BYTES_MAX);
    // 86 three-byte characters: fewer characters than the limit, more bytes.
    let wide = "€".repeat(86);
    let lines = |n: usize| vec![r#"{"sku":"a"}"#; n].join(",");
    let order = |rest: &str| format!(r#"{{"type":"track","userId":"1","event":"Order Completed","properties":{{"order_id":"o",{rest}}}}}"#);
    let viewed = |properties: &str| format!(r#"{{"type":"track","userId":"1","event":"Product Viewed","properties":{properties}}}"#);
    let cases: Vec<(String, &str)> = vec![
        ("".into(), "json_broken"),
        ("{".into(), "json_broken"),
        (r#"{"type":"track","userId":"1"} x"#.into(), "json_broken"),
        (r#"{"type":"track","userId":"\ud800"}"#.into(), "json_broken"),
        ("null".into(), "type_wrong"),
        ("[]".into(), "type_wrong"),
        ("17".into(), "type_wrong"),
        (r#"{"userId":"1"}"#.into(), "kind_missing"),
        (r#"{"type":null,"userId":"1"}"#.into(), "kind_missing"),
        (r#"{"type":["track"],"userId":"1"}"#.into(), "type_wrong"),
        (r#"{"type":"buy","userId":"1"}"#.into(), "kind_unknown"),
        (r#"{"type":"screen"}"#.into(), "customer_missing"),
        (r#"{"type":"screen","userId":null,"anonymousId":null}"#.into(), "customer_missing"),
        (r#"{"type":"screen","userId":""}"#.into(), "id_empty"),
        (r#"{"type":"screen","anonymousId":"  "}"#.into(), "id_empty"),
        (r#"{"type":"screen","userId":"","anonymousId":"a"}"#.into(), "ok"),
        (r#"{"type":"screen","userId":true}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":{"id":1}}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":17}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":17.0}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":18446744073709551615}"#.into(), "type_wrong"),
        (r#"{"type":"screen","anonymousId":17}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":"1","messageId":17}"#.into(), "type_wrong"),
        (r#"{"type":7,"userId":"1"}"#.into(), "type_wrong"),
        (r#"{"type":"alias","userId":"1","previousId":2}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":"1\u0000"}"#.into(), "control_character"),
        (r#"{"type":"screen","userId":"1\n2"}"#.into(), "control_character"),
        (r#"{"type":"screen","anonymousId":"\u001b[2J"}"#.into(), "control_character"),
        (r#"{"type":"screen","userId":"1","messageId":"m\u007f"}"#.into(), "control_character"),
        (r#"{"type":"screen","userId":"1","context":{"sessionId":"s\u0085"}}"#.into(), "control_character"),
        (r#"{"type":"alias","userId":"1","previousId":"\u00092"}"#.into(), "control_character"),
        (format!(r#"{{"type":"screen","userId":"{long}"}}"#), "id_too_long"),
        (format!(r#"{{"type":"screen","userId":"{edge}"}}"#), "ok"),
        (format!(r#"{{"type":"screen","userId":"{edge}x"}}"#), "id_too_long"),
        (format!(r#"{{"type":"screen","anonymousId":"{wide}"}}"#), "id_too_long"),
        (format!(r#"{{"type":"screen","userId":"1","messageId":"{edge}x"}}"#), "id_too_long"),
        (format!(r#"{{"type":"screen","userId":"1","context":{{"sessionId":"{edge}x"}}}}"#), "id_too_long"),
        (r#"{"type":"screen","userId":"1","context":"x"}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":"1","context":{"consent":true}}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":"1","context":{"consent":{"categoryPreferences":["a"]}}}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":"1","context":{"consent":{"categoryPreferences":{"a":"no"}}}}"#.into(), "type_wrong"),
        (r#"{"type":"screen","userId":"1","context":{"consent":{"categoryPreferences":{"a":null}}}}"#.into(), "ok"),
        (r#"{"type":"screen","userId":"1","context":{"consent":{}}}"#.into(), "ok"),
        (r#"{"type":"screen","userId":"1","timestamp":1780783200}"#.into(), "type_wrong"),
        (r#"{"type":"alias","userId":"1"}"#.into(), "field_missing"),
        (r#"{"type":"alias","userId":"1","previousId":""}"#.into(), "id_empty"),
        (r#"{"type":"alias","anonymousId":"1","previousId":"2"}"#.into(), "field_missing"),
        (r#"{"type":"identify","userId":"1","traits":"x"}"#.into(), "type_wrong"),
        (r#"{"type":"identify","userId":"1","traits":{"email":["x"]}}"#.into(), "type_wrong"),
        (format!(r#"{{"type":"identify","userId":"1","traits":{{"email":"{long}"}}}}"#), "text_too_long"),
        (r#"{"type":"track","userId":"1"}"#.into(), "event_name_missing"),
        (r#"{"type":"track","userId":"1","event":" "}"#.into(), "event_name_missing"),
        (r#"{"type":"track","userId":"1","event":{}}"#.into(), "type_wrong"),
        (r#"{"type":"track","userId":"1","event":17}"#.into(), "type_wrong"),
        (r#"{"type":"track","userId":"1","event":"Product\u0000Viewed"}"#.into(), "control_character"),
        (r#"{"type":"track","userId":"1","event":"x","properties":[]}"#.into(), "type_wrong"),
        (viewed("{}"), "field_missing"),
        (viewed("null"), "field_missing"),
        (viewed(r#"{"product_id":""}"#), "field_missing"),
        (viewed(r#"{"product_id":false}"#), "type_wrong"),
        (viewed(&format!(r#"{{"sku":"{long}"}}"#)), "id_too_long"),
        (viewed(r#"{"sku":12.5}"#), "type_wrong"),
        (viewed(r#"{"sku":"a\u0000"}"#), "control_character"),
        (viewed(r#"{"sku":"b\n"}"#), "control_character"),
        (viewed(r#"{"sku":1e300}"#), "type_wrong"),
        (viewed(r#"{"sku":"a","price":"cheap"}"#), "number_wrong"),
        (viewed(r#"{"sku":"a","price":1e300}"#), "number_wrong"),
        (viewed(r#"{"sku":"a","price":{}}"#), "type_wrong"),
        (viewed(r#"{"sku":"a","quantity":5000000}"#), "number_wrong"),
        (viewed(r#"{"sku":"a","total":{}}"#), "ok"),
        (r#"{"type":"track","userId":"1","event":"Products Searched"}"#.into(), "field_missing"),
        (r#"{"type":"track","userId":"1","event":"Order Completed"}"#.into(), "field_missing"),
        (order(r#""products":{}"#), "type_wrong"),
        (order(r#""products":["a"]"#), "type_wrong"),
        (order(r#""products":null"#), "order_empty"),
        (order(r#""products":[]"#), "order_empty"),
        (order(r#""products":[{"price":2}],"tax":1"#), "order_empty"),
        (order(r#""total":0"#), "ok"),
        (order(r#""revenue":"12.50""#), "ok"),
        (order(r#""products":[{"sku":"a"}]"#), "ok"),
        (order(r#""total":1,"order_id":"o\u0000""#), "control_character"),
        (order(r#""total":1,"store":"7\u000d""#), "control_character"),
        (r#"{"type":"track","userId":"1","event":"Order Refunded","properties":{"order_id":"o"}}"#.into(), "ok"),
        (order(&format!(r#""products":[{}]"#, lines(1_000))), "ok"),
        (order(&format!(r#""products":[{}]"#, lines(1_001))), "lines_too_many"),
        (order(r#""total":true"#), "type_wrong"),
        (order(r#""total":"NaN""#), "number_wrong"),
        (order(r#""currency":"euro""#), "currency_wrong"),
        (order(&format!(r#""coupon":"{long}""#)), "text_too_long"),
    ];
    for (text, expected) in cases {
        assert_eq!(code(&text), expected, "{}", &text[..text.len().min(120)]);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let error = parse_event(None, b"{\"type\":\"screen\",\"userId\":\"\xff\"}", received()).unwrap_err();
    assert_eq!(error.code(), "json_broken");
    assert_eq!(parse_batch(b"{\"batch\":[\"\xff\"]}", 500_000, received()).unwrap_err().code(), "batch_unreadable");
}

#[test]
fn an_event_may_be_32_kilobytes_and_not_a_byte_more() {
    let sized = |bytes: usize| {
        let frame = r#"{"type":"screen","userId":"1","pad":""}"#.len();
        format!(r#"{{"type":"screen","userId":"1","pad":"{}"}}"#, "x".repeat(bytes - frame))
    };
    assert_eq!(code(&sized(limits::EVENT_BYTES_MAX)), "ok");
    assert_eq!(code(&sized(limits::EVENT_BYTES_MAX + 1)), "event_too_large");
    // Blanks around it are not the event.
    assert_eq!(code(&format!("  {}\n", sized(limits::EVENT_BYTES_MAX))), "ok");

    let batch = format!(r#"{{"batch":[{},{},{}]}}"#, sized(100), sized(limits::EVENT_BYTES_MAX + 1), sized(limits::EVENT_BYTES_MAX));
    let events = parse_batch(batch.as_bytes(), 500_000, received()).unwrap().events;
    let codes: Vec<_> = events.iter().map(|e| e.as_ref().map_or_else(|e| e.code(), |_| "ok")).collect();
    assert_eq!(codes, ["ok", "event_too_large", "ok"]);
}

#[test]
fn an_event_may_nest_64_deep() {
    let nested = |deep: usize| format!(r#"{{"type":"screen","userId":"1","pad":{}{}}}"#, "[".repeat(deep - 1), "]".repeat(deep - 1));
    assert_eq!(code(&nested(limits::DEPTH_MAX)), "ok");
    assert_eq!(code(&nested(limits::DEPTH_MAX + 1)), "json_too_deep");
    assert_eq!(code(&nested(16_000)), "json_too_deep");
    // However deep: a batch of nothing but brackets must not end the process.
    let deep = format!(r#"{{"batch":{}{}}}"#, "[".repeat(240_000), "]".repeat(240_000));
    let events = parse_batch(deep.as_bytes(), 500_000, received()).unwrap().events;
    assert_eq!(events.len(), 1);
    assert!(events[0].is_err());
    let unknown = format!(r#"{{"x":{}{},"batch":[]}}"#, "[".repeat(240_000), "]".repeat(240_000));
    assert!(parse_batch(unknown.as_bytes(), 500_000, received()).unwrap().events.is_empty());
}

#[test]
fn each_bad_batch_has_its_code() {
    let many = |n: usize| format!(r#"{{"batch":[{}]}}"#, vec!["0"; n].join(","));
    for (text, expected) in [
        ("".to_owned(), "batch_unreadable"),
        ("{\"batch\":[".to_owned(), "batch_unreadable"),
        ("[]".to_owned(), "batch_unreadable"),
        ("null".to_owned(), "batch_unreadable"),
        ("{}".to_owned(), "batch_missing"),
        (r#"{"batch":null}"#.to_owned(), "batch_missing"),
        (r#"{"batch":{"type":"track"}}"#.to_owned(), "batch_missing"),
        (r#"{"batch":[],"context":"x"}"#.to_owned(), "batch_context_wrong"),
        (r#"{"batch":[],"context":{"consent":{"categoryPreferences":{"a":"no"}}}}"#.to_owned(), "batch_context_wrong"),
        (r#"{"batch":[],"writeKey":{},"sentAt":17}"#.to_owned(), "ok"),
        (many(limits::EVENTS_MAX), "ok"),
        (many(limits::EVENTS_MAX + 1), "batch_too_many_events"),
        (" ".repeat(500_001), "batch_too_large"),
    ] {
        let code = parse_batch(text.as_bytes(), 500_000, received()).map_or_else(|error| error.code(), |_| "ok");
        assert_eq!(code, expected, "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn bad_events_do_not_fail_the_good_ones() {
    let batch = r#"{"batch":[{"type":"screen","userId":"1"},17,{"type":"screen"},{"type":"screen","userId":"\ud800"},{"type":"screen","userId":"2"}]}"#;
    let events = parse_batch(batch.as_bytes(), 500_000, received()).unwrap().events;
    let codes: Vec<_> = events.iter().map(|e| e.as_ref().map_or_else(|e| e.code(), |_| "ok")).collect();
    assert_eq!(codes, ["ok", "type_wrong", "customer_missing", "json_broken", "ok"]);
}
