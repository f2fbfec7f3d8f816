//! The whole path: an event comes in, a permitted and explained answer goes out, and all of it is undone.

use serde_json::{Value, json};

use crate::server::{Server, evidence, order};

async fn recommend(server: &Server, customer: &str) -> Value {
    let answer = server.api("GET", &format!("/v1/recommendations?customer={customer}&channel=web&limit=5"), Value::Null).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.ok()
}

async fn fill_catalogue(server: &Server) {
    let items: String = ["milk", "bread", "cheese", "tea", "soap", "apples"]
        .iter()
        .map(|i| json!({"item": i, "names": {"en": i}, "department": "groceries"}).to_string() + "\n")
        .collect();
    let put = server.send(server.request("PUT", "/v1/catalogue/items", crate::server::API).body(items)).await.ok();
    assert_eq!(put, json!({"accepted": 6, "rejected_lines": 0, "rejected": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_event_to_an_answer_and_back_to_nothing() {
    let server = Server::start().await;
    fill_catalogue(&server).await;
    let customer = server.customer("1001").await;

    // Never asked: nothing personal.
    let before = recommend(&server, &customer).await;
    assert_eq!((&before["personal"], &before["reason"]), (&json!(false), &json!("unknown")), "{before}");
    assert!(!before["items"].as_array().unwrap().is_empty());

    // Given for a week: own purchases come back, with their reason.
    let given = server.give(&customer, "recommendations", "P1W").await;
    assert_eq!((&given["purpose"], &given["state"]), (&json!("recommendations"), &json!("given")));
    let after = recommend(&server, &customer).await;
    assert_eq!((&after["personal"], &after["reason"]), (&json!(true), &json!("consent")), "{after}");
    let because = after["items"].as_array().unwrap().iter().find_map(|i| i["because"].as_array()?.first()).unwrap();
    assert!(because["event"].as_str().unwrap().starts_with("e_"));
    assert!(["milk", "bread"].contains(&because["item"].as_str().unwrap()));
    assert_eq!(
        (&because["category"], &because["consent"], &because["until"]),
        (&json!("purchases"), &json!("recommendations"), &given["until"])
    );

    // The decision says the same, however the customer is named.
    for name in [customer.as_str(), "user:1001"] {
        let decision = server
            .api(
                "POST",
                "/v1/decisions",
                json!({"customer": name, "category": "purchases", "purpose": "recommendations", "channel": "web", "use": true}),
            )
            .await
            .ok();
        assert_eq!(decision, json!({"decision": "allow", "reason": "consent", "until": given["until"]}));
    }

    // Withdrawn: the very next answer shows it.
    let path = format!("/v1/customers/{customer}/consents/recommendations");
    assert_eq!(server.api("DELETE", &path, Value::Null).await.ok()["state"], json!("withdrawn"));
    let last = recommend(&server, &customer).await;
    assert_eq!((&last["personal"], &last["reason"]), (&json!(false), &json!("withdrawn")));

    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await;
    assert_eq!(list.header("cache-control"), "no-store");
    let list = list.ok();
    let choices: Vec<&str> = list["history"].as_array().unwrap().iter().map(|c| c["choice"].as_str().unwrap()).collect();
    assert_eq!(choices, ["withdrawn", "given"]);
    let state = list["consents"].as_array().unwrap().iter().find(|c| c["purpose"] == "recommendations").unwrap();
    assert_eq!(state["state"], json!("withdrawn"));

    // Taken along: the order is there, with category and origin.
    let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    assert_eq!(export["events"][0]["order"]["id"], json!("order-1001"), "{export}");
    assert_eq!(export["choices"].as_array().unwrap().len(), 2);

    // Erased: what the law keeps is told; nobody knows the customer any more, and a late retry brings nothing back.
    let erased = server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.ok();
    assert!(erased["request"].as_str().unwrap().starts_with("r_"));
    let kept: Vec<&Value> = erased["kept"].as_array().unwrap().iter().map(|kept| &kept["purpose"]).collect();
    assert_eq!(kept, ["legal-claims", "tax-records"], "{erased}");
    for (method, path) in [("GET", "export"), ("GET", "consents")] {
        server.api(method, &format!("/v1/customers/{customer}/{path}"), Value::Null).await.is_problem(404, "customer_unknown");
    }
    server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.is_problem(404, "customer_unknown");
    let mut retried = order("1001", "order-1001", &["milk", "bread"]);
    retried["timestamp"] = json!("2026-01-01T12:00:00Z");
    assert_eq!(server.collect(json!([retried])).await, json!({"success": true, "rejected": []}));
    server.api("POST", "/v1/customers/lookup", json!({"customer": "user:1001"})).await.is_problem(404, "customer_unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_of_each_kind_is_recorded() {
    let server = Server::start().await;
    let customer = server.customer("2001").await;
    let consent = |purpose: &str| format!("/v1/customers/{customer}/consents/{purpose}");

    let refused = server.api("PUT", &consent("recommendations"), json!({"refused": true, "evidence": evidence()})).await.ok();
    assert_eq!(refused["state"], json!("refused"));
    for (until, said) in [
        ("visit", "visit"),
        ("once", "once"),
        ("withdrawn", "withdrawn"),
        ("2040-01-31", "2040-01-31T23:00:00Z"),
        ("2040-01-31T10:00:00.9+01:00", "2040-01-31T09:00:00Z"),
    ] {
        let wish = json!({"until": until, "visit_id": "v1", "evidence": evidence(), "categories": ["purchases"], "channels": ["web"], "recipients": ["retailer"]});
        let given = server.api("PUT", &consent("recommendations"), wish).await.ok();
        assert_eq!(
            (&given["state"], &given["until"], &given["categories"], &given["channels"]),
            (&json!("given"), &json!(said), &json!(["purchases"]), &json!(["web"]))
        );
    }

    // Bound to a visit: only in it, and not after it.
    let ask = |visit: &str| json!({"customer": customer, "category": "purchases", "purpose": "recommendations", "channel": "web", "visit_id": visit});
    server.api("PUT", &consent("recommendations"), json!({"until": "visit", "visit_id": "v1", "evidence": evidence()})).await.ok();
    assert_eq!(server.api("POST", "/v1/decisions", ask("v1")).await.ok()["decision"], json!("allow"));
    assert_eq!(server.api("POST", "/v1/decisions", ask("v2")).await.ok()["decision"], json!("deny"));
    let ended = server.api("POST", &format!("/v1/customers/{customer}/visits/end"), json!({"visit_id": "v1"})).await;
    assert_eq!(ended.status, 204);
    assert_eq!(server.api("POST", "/v1/decisions", ask("v1")).await.ok()["reason"], json!("expired"));

    // Objected to the service from the visit alone, and taken back.
    let objection = format!("/v1/customers/{customer}/objections/visit-service");
    let in_visit = json!({"customer": customer, "category": "browsing", "purpose": "visit-service", "channel": "web", "visit_id": "v3"});
    assert_eq!(server.api("POST", "/v1/decisions", in_visit.clone()).await.ok()["reason"], json!("legitimate_interest"));
    assert_eq!(server.api("PUT", &objection, json!({"objects": true, "evidence": evidence()})).await.ok()["objected"], json!(true));
    assert_eq!(server.api("POST", "/v1/decisions", in_visit.clone()).await.ok()["reason"], json!("objected"));
    assert_eq!(server.api("PUT", &objection, json!({"objects": false, "evidence": evidence()})).await.ok()["objected"], json!(false));
    assert_eq!(server.api("POST", "/v1/decisions", in_visit).await.ok()["decision"], json!("allow"));

    // Withdrawing may carry its evidence, and need not.
    server.give(&customer, "model-improvement", "P1M").await;
    assert_eq!(
        server.api("DELETE", &consent("model-improvement"), json!({"evidence": evidence()})).await.ok()["state"],
        json!("withdrawn")
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visit_of_the_call_serves_somebody_unknown() {
    let server = Server::start().await;
    fill_catalogue(&server).await;
    for n in 0..30 {
        server.collect(json!([order(&format!("30{n}"), &format!("o{n}"), &["milk", "cheese"])])).await;
        let customer = server.lookup(&format!("user:30{n}")).await;
        server.give(&customer, "model-improvement", "P1M").await;
    }
    let answer = server.api("POST", "/v1/recommendations", json!({"visit": ["milk"], "channel": "web", "limit": 3})).await.ok();
    assert_eq!((&answer["personal"], &answer["reason"]), (&json!(true), &json!("legitimate_interest")), "{answer}");
    assert_eq!(answer["items"][0]["because"][0]["event"], Value::Null);
    assert_eq!(answer["items"][0]["because"][0]["consent"], json!("visit-service"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_records_become_one_customer_on_a_trusted_word() {
    let server = Server::start().await;
    let shop = server.customer("4001").await;
    let event = json!({"type": "track", "event": "Product Viewed", "anonymousId": "device-4", "properties": {"product_id": "tea"}});
    server.collect(json!([event])).await;
    let device = server.lookup("anonymous:device-4").await;
    assert_ne!(shop, device);
    let joined = server.api("POST", &format!("/v1/customers/{shop}/join"), json!({"customer": "anonymous:device-4"})).await.ok();
    assert_eq!(joined["customer"], json!(shop), "the older record's");
    assert_eq!(server.lookup("anonymous:device-4").await, shop);
    // The till's 4001 is not the shop's.
    let by_till =
        server.send(server.request("POST", "/v1/customers/lookup", crate::server::API_TILL).json(&json!({"customer": "user:4001"}))).await;
    by_till.is_problem(404, "customer_unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_link_opens_for_a_customer_who_acts_for_the_first_time() {
    let server = Server::start().await;
    let link = server.api("POST", "/v1/portal-links", json!({"customer": "user:new", "language": "nl"})).await.ok();
    let url = link["url"].as_str().unwrap();
    assert!(url.starts_with(&server.base), "{url}");
    assert!(!url.contains("new"), "{url}");
    assert!(link["expires_at"].as_str().unwrap().ends_with('Z'));
    let customer = server.lookup("user:new").await;
    assert!(customer.starts_with("c_"));
    assert_eq!(server.send(server.request("GET", url.trim_start_matches(&server.base), "")).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guardian_consents_for_a_child() {
    let server = Server::start().await;
    let customer = server.customer("1001").await;
    let consenter = format!("/v1/customers/{customer}/consenter");
    let consent = format!("/v1/customers/{customer}/consents/recommendations");
    let says = |who: &str| json!({"consenter": who, "evidence": evidence()});
    assert_eq!(server.api("PUT", &consenter, says("guardian")).await.ok(), json!({"customer": customer, "consenter": "guardian"}));

    let own = server.api("PUT", &consent, json!({"until": "P1D", "evidence": evidence()})).await;
    assert_eq!((own.status.as_u16(), own.code()), (409, "guardian_needed"));
    let decision = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
    assert_eq!(server.api("POST", "/v1/decisions", decision.clone()).await.ok(), json!({"decision": "deny", "reason": "minor"}));
    let mut guardian = evidence();
    guardian["actor"] = json!("guardian");
    assert_eq!(server.api("PUT", &consent, json!({"until": "P1D", "evidence": guardian})).await.ok()["state"], json!("given"));
    assert_eq!(server.api("POST", "/v1/decisions", decision).await.ok()["decision"], json!("allow"));

    server.api("PUT", &consenter, says("customer")).await.ok();
    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await.ok();
    assert_eq!(list["consenter"], json!("customer"));
    assert_eq!(list["consenters"][1]["consenter"], json!("guardian"));
    let state = list["consents"].as_array().unwrap().iter().find(|c| c["purpose"] == "recommendations").unwrap();
    assert_eq!(state["state"], json!("unknown"), "asked anew");

    for (body, code) in [
        (says("aunt"), "consenter_unknown"),
        (json!({"consenter": "guardian"}), "evidence_missing"),
        (json!({"evidence": evidence()}), "field_missing"),
    ] {
        let refused = server.api("PUT", &consenter, body).await;
        assert_eq!(refused.code(), code, "{}", refused.body);
    }
}
