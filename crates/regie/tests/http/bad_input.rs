//! What a caller can get wrong: always a problem with a stable code, nothing else lost, never a 500, nothing repeated.

use serde_json::{Value, json};

use crate::server::{API, SHOP, Server, WEB, evidence};

#[tokio::test(flavor = "multi_thread")]
async fn the_api_says_what_is_wrong() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let consents = format!("/v1/customers/{customer}/consents/recommendations");
    let nowhere = format!("/v1/customers/{customer}/consents/world-domination");
    let (not_ours, objection) =
        (consents.replace("recommendations", "order-handling"), format!("/v1/customers/{customer}/objections/order-handling"));
    let (join, end) = (format!("/v1/customers/{customer}/join"), format!("/v1/customers/{customer}/visits/end"));
    let unknown = "/v1/customers/c_00000000000000000000000001";
    let long = "x".repeat(10_000);
    let evidence = evidence();
    let ask = |with: Value| {
        let mut body = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        body
    };
    let cases: Vec<(&str, &str, Value, u16, &str)> = vec![
        // Names of customers.
        ("POST", "/v1/customers/lookup", json!({"customer": "user:nobody"}), 404, "customer_unknown"),
        ("POST", "/v1/customers/lookup", json!({"customer": "nobody"}), 400, "customer_not_understood"),
        ("POST", "/v1/customers/lookup", json!({"customer": "user:"}), 400, "customer_not_understood"),
        ("POST", "/v1/customers/lookup", json!({"customer": format!("user:{long}")}), 400, "customer_not_understood"),
        ("POST", "/v1/customers/lookup", json!({"customer": "user:1\u{0}"}), 400, "customer_not_understood"),
        ("POST", "/v1/customers/lookup", json!({"customer": 17}), 400, "type_wrong"),
        ("POST", "/v1/customers/lookup", json!({"customer": "user:1", "more": 1}), 400, "field_unknown"),
        ("POST", "/v1/customers/lookup", json!({}), 400, "field_missing"),
        ("POST", "/v1/customers/lookup", json!(["user:1"]), 400, "type_wrong"),
        ("GET", "/v1/customers/user:1/export", Value::Null, 400, "customer_id_not_opaque"),
        ("GET", "/v1/customers/jan@example.org/consents", Value::Null, 400, "customer_id_not_opaque"),
        ("GET", "/v1/customers/%FF/consents", Value::Null, 400, "path_broken"),
        ("DELETE", "/v1/customers/17", Value::Null, 400, "customer_id_not_opaque"),
        ("DELETE", unknown, Value::Null, 404, "customer_unknown"),
        ("GET", "/v1/customers/c_00000000000000000000000001/export", Value::Null, 404, "customer_unknown"),
        // Consents.
        ("PUT", &consents, json!({"evidence": evidence}), 400, "until_missing"),
        ("PUT", &consents, json!({"until": "P1D"}), 422, "evidence_missing"),
        ("PUT", &consents, json!({"until": "P1D", "evidence": {"language": "nl", "method": "shop"}}), 422, "evidence_missing"),
        (
            "PUT",
            &consents,
            json!({"until": "P1D", "evidence": {"language": "nl", "method": "shop", "actor": "customer", "policy_version": "1999-01-01"}}),
            422,
            "policy_version_unknown",
        ),
        ("PUT", &consents, json!({"until": "2001-01-01T00:00:00Z", "evidence": evidence}), 422, "until_in_the_past"),
        ("PUT", &consents, json!({"until": "2001-01-01", "evidence": evidence}), 422, "until_in_the_past"),
        ("PUT", &consents, json!({"until": "2999-01-01", "evidence": evidence}), 422, "until_too_far"),
        ("PUT", &consents, json!({"until": "9999-12-31T23:59:59Z", "evidence": evidence}), 422, "until_too_far"),
        ("PUT", &consents, json!({"until": "forever", "evidence": evidence}), 422, "until_not_understood"),
        ("PUT", &consents, json!({"until": "P1D", "evidence": []}), 400, "value_wrong"),
        ("PUT", &consents, json!({"until": long, "evidence": evidence}), 422, "until_not_understood"),
        ("PUT", &consents, json!({"until": 7, "evidence": evidence}), 400, "type_wrong"),
        ("PUT", &consents, json!({"until": "visit", "evidence": evidence}), 422, "visit_missing"),
        ("PUT", &consents, json!({"until": "visit", "visit_id": long, "evidence": evidence}), 400, "visit_id_wrong"),
        ("PUT", &consents, json!({"until": "P1D", "categories": ["secrets"], "evidence": evidence}), 422, "category_unknown"),
        ("PUT", &consents, json!({"until": "P1D", "categories": ["contact"], "evidence": evidence}), 422, "category_outside_purpose"),
        ("PUT", &consents, json!({"until": "P1D", "categories": [], "evidence": evidence}), 422, "nothing_chosen"),
        ("PUT", &consents, json!({"until": "P1D", "channels": [], "evidence": evidence}), 422, "nothing_chosen"),
        ("PUT", &consents, json!({"until": "P1D", "recipients": [], "evidence": evidence}), 422, "nothing_chosen"),
        ("PUT", &consents, json!({"until": "P1D", "recipients": ["everybody"], "evidence": evidence}), 422, "recipient_unknown"),
        ("PUT", &consents, json!({"until": "P1D", "channels": ["pigeon"], "evidence": evidence}), 422, "channel_unknown"),
        ("PUT", &consents, json!({"until": "P1D", "granted": true, "evidence": evidence}), 400, "field_unknown"),
        ("PUT", &consents, json!({"refused": true, "until": "P1D", "evidence": evidence}), 400, "refused_and_given"),
        ("PUT", &consents, json!({"refused": true}), 422, "evidence_missing"),
        ("PUT", &nowhere, json!({"until": "P1D", "evidence": evidence}), 422, "purpose_unknown"),
        ("DELETE", &nowhere, Value::Null, 422, "purpose_unknown"),
        ("PUT", &not_ours, json!({"until": "P1D", "evidence": evidence}), 422, "purpose_not_consent_based"),
        (
            "PUT",
            "/v1/customers/c_00000000000000000000000001/consents/recommendations",
            json!({"until": "P1D", "evidence": evidence}),
            404,
            "customer_unknown",
        ),
        ("PUT", &objection, json!({"objects": true, "evidence": evidence}), 422, "purpose_not_objectable"),
        ("POST", &end, json!({"visit_id": ""}), 400, "visit_id_wrong"),
        ("POST", &end, json!({"visit_id": "v\n"}), 400, "visit_id_wrong"),
        ("POST", &join, json!({"customer": customer}), 422, "same_customer"),
        ("POST", &join, json!({"customer": "user:nobody"}), 404, "customer_unknown"),
        // Decisions.
        ("POST", "/v1/decisions", ask(json!({"purpose": "world-domination"})), 422, "purpose_unknown"),
        ("POST", "/v1/decisions", ask(json!({"category": "secrets"})), 422, "category_unknown"),
        ("POST", "/v1/decisions", ask(json!({"recipient": "everybody"})), 422, "recipient_unknown"),
        ("POST", "/v1/decisions", ask(json!({"channel": "pigeon"})), 422, "channel_unknown"),
        ("POST", "/v1/decisions", ask(json!({"use": "yes"})), 400, "type_wrong"),
        ("POST", "/v1/decisions", ask(json!({"consent": true})), 400, "field_unknown"),
        ("POST", "/v1/decisions", ask(json!({"customer": "user:nobody"})), 404, "customer_unknown"),
        // Recommendations.
        ("GET", "/v1/recommendations", Value::Null, 400, "field_missing"),
        ("GET", "/v1/recommendations?channel=web&customer=user:1", Value::Null, 400, "customer_id_not_opaque"),
        ("GET", "/v1/recommendations?channel=pigeon", Value::Null, 422, "channel_unknown"),
        ("GET", "/v1/recommendations?channel=web&limit=0", Value::Null, 400, "limit_out_of_range"),
        ("GET", "/v1/recommendations?channel=web&limit=101", Value::Null, 400, "limit_out_of_range"),
        ("GET", "/v1/recommendations?channel=web&limit=-1", Value::Null, 400, "limit_out_of_range"),
        ("GET", "/v1/recommendations?channel=web&channel=app", Value::Null, 400, "field_repeated"),
        ("GET", "/v1/recommendations?channel=web&colour=v", Value::Null, 400, "field_unknown"),
        ("GET", "/v1/recommendations?channel=web&customer=c_00000000000000000000000001", Value::Null, 404, "customer_unknown"),
        ("POST", "/v1/recommendations", json!({"channel": "web", "visit": [long]}), 400, "visit_too_long"),
        ("POST", "/v1/recommendations", json!({"channel": "web", "visit": vec!["x"; 501]}), 400, "visit_too_long"),
        ("POST", "/v1/recommendations", json!({"channel": "web", "visit": "milk"}), 400, "type_wrong"),
        ("POST", "/v1/recommendations", json!({"channel": "web", "limit": 4_294_967_296u64}), 400, "value_wrong"),
        // Links.
        ("POST", "/v1/portal-links", json!({"customer": "user:1", "language": "tlh"}), 400, "language_unknown"),
        ("POST", "/v1/portal-links", json!({"customer": "c_00000000000000000000000001", "language": "nl"}), 404, "customer_unknown"),
        // Paths and methods.
        ("GET", "/v1/nothing", Value::Null, 404, "route_unknown"),
        ("GET", "/assets/%00", Value::Null, 404, "route_unknown"),
        ("GET", "/assets/%FF", Value::Null, 404, "route_unknown"),
        ("PATCH", "/v1/decisions", Value::Null, 405, "method_wrong"),
        ("GET", "/v1/batch", Value::Null, 405, "method_wrong"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = server.api(method, path, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{method} {path} {body}: {}", answer.body);
        answer.is_problem(status, code);
        assert_eq!(status == 405, !answer.header("allow").is_empty(), "{method} {path}");
        let said = answer.body.to_string();
        for secret in ["nobody", "jan@", "world-domination", "pigeon", &long[..100], "struct ", "elements"] {
            assert!(!said.contains(secret), "{method} {path}: {said}");
        }
    }
    // What is named as the furthest end may be chosen.
    let far = server.api("PUT", &consents, json!({"until": "9999-12-31T23:59:59Z", "evidence": evidence})).await;
    let remedy = far.body["remedy"].as_str().unwrap();
    let furthest = remedy.split(' ').find(|word| word.ends_with('Z')).unwrap();
    server.api("PUT", &consents, json!({"until": furthest, "evidence": evidence})).await.ok();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_kind_is_told_which_kinds_are_read() {
    let server = Server::start().await;
    for (method, path, key, kinds) in [
        ("POST", "/v1/track", SHOP, ["application/json", "text/plain", "application/x-www-form-urlencoded"].as_slice()),
        ("POST", "/v1/b", SHOP, &["application/json"]),
        ("POST", "/v1/customers/lookup", API, &["application/json"]),
        ("PUT", "/v1/catalogue/items", API, &["application/x-ndjson", "application/json"]),
    ] {
        for kind in ["application/xml", "text/xml; charset=utf-8", "multipart/form-data; boundary=x", "\u{1}", ""] {
            let Ok(kind) = reqwest::header::HeaderValue::from_bytes(kind.as_bytes()) else { continue };
            let answer = server.send(server.request(method, path, key).header("content-type", kind).body("<event/>")).await;
            answer.is_problem(415, "content_type_wrong");
            let remedy = answer.body["remedy"].as_str().unwrap();
            assert!(kinds.iter().all(|kind| remedy.contains(kind)), "{remedy}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_bodies() {
    let server = Server::start().await;
    let lookup =
        |body: &'static [u8]| server.request("POST", "/v1/customers/lookup", API).header("content-type", "application/json").body(body);
    for broken in [b"".as_slice(), b"{", b"{\"customer\": \"user:1\"} x", b"\xff\xfe", b"{'customer': 1}"] {
        server.send(lookup(broken)).await.is_problem(400, "json_broken");
    }
    server.send(lookup(b"null x")).await.is_problem(400, "type_wrong");
    let deep = format!("{{\"customer\": {}", "[".repeat(60_000));
    server.send(server.request("POST", "/v1/customers/lookup", API).body(deep)).await.is_problem(400, "type_wrong");
    let large = json!({"customer": "x".repeat(70_000)}).to_string();
    server.send(server.request("POST", "/v1/customers/lookup", API).body(large.clone())).await.is_problem(413, "body_too_large");
    server
        .send(server.request("POST", "/v1/portal-links", API).header("idempotency-key", "k").body(large))
        .await
        .is_problem(413, "body_too_large");
    let form = server.request("POST", "/v1/customers/lookup", API).header("content-type", "text/html").body("{}");
    server.send(form).await.is_problem(415, "content_type_wrong");
    for key in ["a b", &"k".repeat(256)] {
        let keyed = server.request("POST", "/v1/portal-links", API).header("idempotency-key", key).body("{}");
        server.send(keyed).await.is_problem(400, "idempotency_key_wrong");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_event_is_refused_by_itself_and_the_rest_is_kept() {
    let server = Server::start().await;
    let track = |with: Value| {
        let mut event = json!({"type": "track", "userId": "u", "event": "Product Viewed", "properties": {"product_id": "milk"}});
        event.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        event
    };
    let bad = [
        (json!("no event"), "type_wrong"),
        (json!(17), "type_wrong"),
        (json!(null), "type_wrong"),
        (track(json!({"type": "dance"})), "kind_unknown"),
        (track(json!({"type": null})), "kind_missing"),
        (track(json!({"userId": null})), "customer_missing"),
        (track(json!({"userId": ""})), "id_empty"),
        (track(json!({"userId": "x".repeat(10_000)})), "id_too_long"),
        (track(json!({"userId": {"id": 1}})), "type_wrong"),
        (track(json!({"userId": 17})), "type_wrong"),
        (track(json!({"event": 17})), "type_wrong"),
        (track(json!({"userId": "xxxx\u{0}"})), "control_character"),
        (track(json!({"messageId": "xxxx\n"})), "control_character"),
        (track(json!({"properties": {"product_id": "xxxx\u{7f}"}})), "control_character"),
        (track(json!({"event": "Order Completed", "properties": {"order_id": "xxxx"}})), "order_empty"),
        (track(json!({"messageId": "x".repeat(10_000)})), "id_too_long"),
        (track(json!({"event": null})), "event_name_missing"),
        (track(json!({"timestamp": 12})), "type_wrong"),
        (track(json!({"properties": []})), "type_wrong"),
        (track(json!({"context": "x"})), "type_wrong"),
        (track(json!({"context": {"consent": {"categoryPreferences": {"Advertising": "no"}}}})), "type_wrong"),
        (track(json!({"event": "Order Completed", "properties": {"order_id": "1", "total": "a lot"}})), "number_wrong"),
        (track(json!({"event": "Order Completed", "properties": {"order_id": "1", "currency": "euro"}})), "currency_wrong"),
        (track(json!({"properties": {"product_id": "milk", "junk": "x".repeat(33_000)}})), "event_too_large"),
    ];
    for (event, code) in &bad {
        // Alone it is the request that is refused …
        let alone = server.send(server.request("POST", "/v1/track", SHOP).body(event.to_string())).await;
        if !["kind_unknown", "kind_missing"].contains(code) {
            alone.is_problem(400, code);
        }
        assert!(!alone.body.to_string().contains("xxxx"), "{code}");
        // … in a batch only its line.
        let batch = server.collect(json!([track(json!({})), event, track(json!({}))])).await;
        assert_eq!((&batch["success"], batch["rejected"].as_array().map(Vec::len)), (&json!(false), Some(1)), "{code}: {batch}");
        assert_eq!((&batch["rejected"][0]["index"], &batch["rejected"][0]["code"]), (&json!(1), &json!(code)));
        assert!(batch["rejected"][0]["detail"].as_str().is_some_and(|d| !d.is_empty()));
    }
    // Times that cannot be are kept with our own, not refused.
    for timestamp in ["1850-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "yesterday"] {
        let batch = server.collect(json!([track(json!({"timestamp": timestamp}))])).await;
        assert_eq!(batch["success"], json!(true), "{timestamp}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_batch_is_refused_as_a_whole() {
    let server = Server::start().await;
    let send = |body: String| server.send(server.request("POST", "/v1/batch", SHOP).body(body));
    for (body, code) in [
        ("", "batch_unreadable"),
        ("{", "batch_unreadable"),
        ("[]", "batch_unreadable"),
        ("\"x\"", "batch_unreadable"),
        ("{}", "batch_missing"),
        ("{\"batch\": {}}", "batch_missing"),
        ("{\"batch\": [], \"context\": 1}", "batch_context_wrong"),
    ] {
        send(body.to_owned()).await.is_problem(400, code);
    }
    let pad = |bytes: usize| format!("{{\"batch\": [], \"pad\": \"{}\"}}", "x".repeat(bytes));
    send(pad(499_000)).await.ok();
    send(pad(501_000)).await.is_problem(400, "batch_too_large");
    send(pad(5_000_000)).await.is_problem(400, "batch_too_large");
    let many = format!("{{\"batch\": [{}1]}}", "1,".repeat(10_000));
    send(many).await.is_problem(400, "batch_too_many_events");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_writes_for_itself_only() {
    let server = Server::start().await;
    let event = |who: Value| {
        let mut event = json!({"type": "track", "event": "Product Viewed", "properties": {"product_id": "milk"}});
        event.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        event
    };
    let send = |path: &str, body: Value| server.send(server.request("POST", path, WEB).json(&body));
    send("/v1/track", event(json!({"userId": "17"}))).await.is_problem(400, "browser_may_not_write_for_user");
    let batch = send("/v1/batch", json!({"batch": [event(json!({"anonymousId": "d1"})), event(json!({"userId": "17"}))]})).await.ok();
    assert_eq!((&batch["rejected"][0]["index"], &batch["rejected"][0]["code"]), (&json!(1), &json!("browser_may_not_write_for_user")));
    // Its identify is a claim: it links nothing.
    send("/v1/identify", json!({"anonymousId": "d1", "userId": "17"})).await.ok();
    assert!(server.lookup("anonymous:d1").await.starts_with("c_"));
    server.api("POST", "/v1/customers/lookup", json!({"customer": "user:17"})).await.is_problem(404, "customer_unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_of_the_catalogue_is_named_and_the_rest_is_kept() {
    let server = Server::start().await;
    let lines = [
        r#"{"item": "milk", "names": {"nl": "melk"}, "price_cents": 125, "currency": "EUR", "stock": 3}"#,
        r#"{"item": "bread""#,
        "",
        r#"{"item": "\u0000"}"#,
        r#"{"item": "tea", "colour": "green"}"#,
        r#"{"item": "tea", "price_cents": "much"}"#,
        r#"{"item": "tea", "currency": "euro"}"#,
        r#"{"item": "soap"}"#,
    ];
    let put = server.send(server.request("PUT", "/v1/catalogue/items", API).body(lines.join("\n"))).await.ok();
    assert_eq!((&put["accepted"], &put["rejected_lines"]), (&json!(2), &json!(5)), "{put}");
    let named: Vec<(u64, &str)> =
        put["rejected"].as_array().unwrap().iter().map(|r| (r["line"].as_u64().unwrap(), r["code"].as_str().unwrap())).collect();
    assert_eq!(named, [(2, "json_broken"), (4, "value_wrong"), (5, "field_unknown"), (6, "type_wrong"), (7, "value_wrong")]);
    assert_eq!(server.engine.catalogue_item("milk").unwrap().stock, Some(3));
    assert!(server.engine.catalogue_item("tea").is_none());

    let endless = format!("{{\"item\": \"{}\"}}\n", "x".repeat(200_000));
    server.send(server.request("PUT", "/v1/catalogue/items", API).body(endless)).await.is_problem(413, "line_too_long");
    let too_much = (" ".repeat(60_000) + "\n").repeat(850);
    let refused = server.send(server.request("PUT", "/v1/catalogue/items", API).body(format!("{{\"item\": \"first\"}}\n{too_much}"))).await;
    refused.is_problem(413, "body_too_large");
    let many: String = (0..20_000).map(|n| format!("{{\"item\": \"i{n}\"}}\r\n")).collect();
    let put = server.send(server.request("PUT", "/v1/catalogue/items", API).body(many)).await.ok();
    assert_eq!(put["accepted"], json!(20_000));
    server.stop().await;
}
