//! What happened with a customer's data, over HTTP: disclosures before data leave, uses, the timeline.

use serde_json::{Value, json};

use crate::server::{Server, order};

fn wish(customer: &str, recipient: &str, purpose: &str, categories: &[&str]) -> Value {
    json!({"customer": customer, "recipient": recipient, "purpose": purpose, "categories": categories})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disclosure_is_recorded_before_data_leave_and_a_refusal_says_why() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let mut delivery = wish(&customer, "carrier", "delivery", &["contact"]);
    delivery["reference"] = json!("parcel 17");
    let recorded = server.api_keyed("POST", "/v1/disclosures", "k1", delivery.clone()).await;
    assert_eq!(recorded.status.as_u16(), 201);
    assert_eq!(recorded.body["ground"], "contract");
    assert_eq!(recorded.body["recipient_name"]["en"], "the carrier");
    let again = server.api_keyed("POST", "/v1/disclosures", "k1", delivery).await.ok();
    assert_eq!(again["id"], recorded.body["id"], "a retry is the same disclosure");

    // Not the purpose's recipient; a permission that nobody gave; the retailer itself; ids and sizes.
    let refused = |body: Value| server.api("POST", "/v1/disclosures", body);
    for (body, reason) in [
        (wish(&customer, "advertising-partner", "delivery", &["contact"]), "recipient_not_covered"),
        (wish(&customer, "carrier", "delivery", &["contact", "purchases"]), "category_not_covered"),
        (wish(&customer, "advertising-partner", "personalised-advertising", &["browsing"]), "unknown"),
    ] {
        let answer = refused(body).await;
        answer.is_problem(403, "disclosure_refused");
        assert_eq!(answer.body["reason"], reason);
    }
    refused(wish(&customer, "retailer", "delivery", &["contact"])).await.is_problem(422, "not_a_disclosure");
    refused(wish(&customer, "nobody", "delivery", &["contact"])).await.is_problem(422, "recipient_unknown");
    refused(wish(&customer, "carrier", "delivery", &[])).await.is_problem(422, "size_wrong");
    refused(wish(&customer, "carrier", "delivery", &["contact", "contact"])).await.is_problem(422, "size_wrong");
    let mut doubled = wish(&customer, "advertising-partner", "personalised-advertising", &["my-information"]);
    doubled["items"] = json!(["sizes", "diet", "sizes"]);
    refused(doubled).await.is_problem(422, "size_wrong");
    let mut alone = wish(&customer, "carrier", "delivery", &["contact"]);
    alone["items"] = json!(["sizes"]);
    refused(alone).await.is_problem(422, "items_without_category");
    let mut long = wish(&customer, "carrier", "delivery", &["contact"]);
    long["reference"] = json!("x".repeat(257));
    refused(long).await.is_problem(422, "size_wrong");

    let list = server.api("GET", &format!("/v1/customers/{customer}/disclosures"), Value::Null).await.ok();
    assert_eq!((list["total"].as_u64(), list["disclosures"][0]["reference"].as_str()), (Some(1), Some("parcel 17")));
    let uses = server.api("GET", &format!("/v1/customers/{customer}/uses"), Value::Null).await.ok();
    assert_eq!(uses["totals"], json!({"allowed": 1, "denied": 4}), "{uses}");
    let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    assert_eq!(export["disclosures"][0]["recipient"], "carrier");
    assert!(!export.to_string().contains("salt"));

    let erased = server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await;
    assert!(erased.status.is_success());
    server.api("GET", &format!("/v1/customers/{customer}/disclosures"), Value::Null).await.is_problem(404, "customer_unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_told_a_refusal_says_that_items_are_to_be_named_where_some_may_leave() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let tell = async |item: &str, told: Value| {
        server.api("PUT", &format!("/v1/customers/{customer}/information/{item}"), told).await.ok();
    };
    let (partner, purpose) = ("example-partner", "sharing-with-partners");
    tell("sizes", json!({"value": {"shoes": "42"}, "purpose": purpose, "until": "P1W", "recipients": [partner]})).await;
    let mut all = wish(&customer, partner, purpose, &["my-information"]);
    tell("diet", json!({"value": "vegan", "purpose": "recommendations", "until": "P1W"})).await;
    let asked = json!({"customer": customer, "recipient": partner, "purpose": purpose, "category": "my-information", "channel": "web"});
    assert_eq!(server.api("POST", "/v1/decisions", asked).await.ok()["decision"], "allow");

    let refused = server.api("POST", "/v1/disclosures", all.clone()).await;
    refused.is_problem(403, "disclosure_refused");
    assert_eq!(refused.body["field"], "items");
    assert!(refused.body["remedy"].as_str().unwrap().contains("name the items"), "{}", refused.body);
    all["items"] = json!(["diet"]);
    let refused = server.api("POST", "/v1/disclosures", all.clone()).await;
    refused.is_problem(403, "disclosure_refused");
    assert_eq!(refused.body["remedy"], Value::Null, "naming others is no remedy for this one");
    all["items"] = json!(["sizes"]);
    let sent = server.api("POST", "/v1/disclosures", all).await;
    assert_eq!((sent.status.as_u16(), &sent.body["information"]), (201, &json!({"sizes": {"shoes": "42"}})), "what leaves, and no more");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_for_once_lets_one_disclosure_out() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let consent = json!({"until": "once", "recipients": ["retailer", "example-partner"], "categories": ["purchases"],
        "evidence": crate::server::evidence()});
    server.api("PUT", &format!("/v1/customers/{customer}/consents/sharing-with-partners"), consent).await.ok();
    let wish = wish(&customer, "example-partner", "sharing-with-partners", &["purchases"]);
    server.api("POST", "/v1/disclosures", wish.clone()).await.is_problem(400, "idempotency_key_required");
    let first = server.api_keyed("POST", "/v1/disclosures", "a", wish.clone()).await.ok();
    assert_eq!((first["ground"].as_str(), first["until"].as_str()), (Some("consent"), Some("once")));
    let second = server.api_keyed("POST", "/v1/disclosures", "b", wish).await;
    second.is_problem(403, "disclosure_refused");
    assert_eq!(second.body["reason"], "used_up");
    let list = server.api("GET", &format!("/v1/customers/{customer}/disclosures"), Value::Null).await.ok();
    assert_eq!(list["total"], 1);
    assert!(first["consent_given_at"].is_string(), "{first}");
    assert_eq!(list["disclosures"][0], first, "the list says the same");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_tells_it_in_both_languages_page_by_page() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "P1W").await;
    server.collect(json!([order("1", "order-2", &["tea"])])).await;
    server.api("POST", "/v1/recommendations", json!({"customer": customer, "channel": "web"})).await.ok();
    server.api("POST", "/v1/disclosures", wish(&customer, "carrier", "delivery", &["contact"])).await.ok();
    server.api("DELETE", &format!("/v1/customers/{customer}/consents/recommendations"), Value::Null).await.ok();
    let path = format!("/v1/customers/{customer}/timeline");
    let whole = server.api("GET", &format!("{path}?lang=en"), Value::Null).await.ok();
    let texts: Vec<&str> = whole["entries"].as_array().unwrap().iter().map(|e| e["text"].as_str().unwrap()).collect();
    for said in [
        "You stopped “Recommendations”.",
        "We gave your contact details to the carrier, for “Delivery”.",
        "You made 2 purchases.",
        "We came to know you as a customer, through",
    ] {
        assert!(texts.iter().any(|text| text.starts_with(said)), "{said}: {texts:?}");
    }
    assert!(texts.iter().any(|t| t.starts_with("That day we used ") && t.ends_with(" for “Recommendations”.")), "{texts:?}");
    assert_eq!(whole["totals"]["events"], 2);

    // Page by page it says the same, and each kind is a part of it.
    let (mut rows, mut before) = (Vec::new(), String::new());
    loop {
        let page = server.api("GET", &format!("{path}?lang=en&limit=2{before}"), Value::Null).await.ok();
        rows.extend(page["entries"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(&rows, whole["entries"].as_array().unwrap());
    let mut parts = 0;
    for kind in ["choices", "uses", "disclosures", "events", "account"] {
        let part = server.api("GET", &format!("{path}?kind={kind}"), Value::Null).await.ok();
        let entries = part["entries"].as_array().unwrap().clone();
        assert!(entries.iter().all(|e| e["kind"] == kind));
        parts += entries.len();
    }
    assert_eq!(parts, rows.len());
    let dutch = server.send(server.request("GET", &path, crate::server::API).header("accept-language", "nl-NL")).await.ok();
    assert!(dutch.to_string().contains("Je stopte met “Aanbevelingen”."), "{dutch}");

    for (query, code) in [
        ("limit=0", "limit_out_of_range"),
        ("limit=201", "limit_out_of_range"),
        ("before=yesterday", "cursor_not_understood"),
        ("kind=everything", "kind_unknown"),
        ("lang=fr", "language_unknown"),
        ("page=2", "field_unknown"),
        ("limit=1&limit=2", "field_repeated"),
    ] {
        server.api("GET", &format!("{path}?{query}"), Value::Null).await.is_problem(400, code);
    }
    let uses = format!("/v1/customers/{customer}/uses");
    server.api("GET", &format!("{uses}?by=year"), Value::Null).await.is_problem(400, "by_unknown");
    server.api("GET", &format!("{uses}?before=x"), Value::Null).await.is_problem(400, "cursor_not_understood");
    let unknown = "/v1/customers/c_00000000000000000000000001";
    for list in ["uses", "timeline", "disclosures"] {
        server.api("GET", &format!("{unknown}/{list}"), Value::Null).await.is_problem(404, "customer_unknown");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_by_a_third_party_is_a_disclosure() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let used = json!({"customer": customer, "category": "contact", "purpose": "delivery", "recipient": "carrier", "use": true});
    assert_eq!(server.api("POST", "/v1/decisions", used.clone()).await.ok()["decision"], "allow");
    let list = server.api("GET", &format!("/v1/customers/{customer}/disclosures"), Value::Null).await.ok();
    assert_eq!(list["total"], 1);
    let mut asked = used;
    asked["use"] = json!(false);
    server.api("POST", "/v1/decisions", asked).await.ok();
    let list = server.api("GET", &format!("/v1/customers/{customer}/disclosures"), Value::Null).await.ok();
    assert_eq!(list["total"], 1, "asking changes nothing");
    server.stop().await;
}
