//! `/v1/claims/proofs`: what is left after an erasure, for a claim, over HTTP.

use regie::http::auth::Scope;
use serde_json::{Value, json};

use crate::server::{API_TILL, Server, scoped};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_finds_what_was_permitted_and_every_look_is_recorded() {
    let server = Server::start().await;
    let customer = server.customer("1001").await;
    server.give(&customer, "recommendations", "P1W").await;
    server.give(&customer, "recommendations", "withdrawn").await;
    server.api("DELETE", &format!("/v1/customers/{customer}/consents/recommendations"), Value::Null).await.ok();
    let ask = |reference: &str| json!({"customer": "user:1001", "reference": reference});
    let open = async |key: String, body: Value| server.send(server.request("POST", "/v1/claims/proofs", &key).json(&body)).await;
    let claims = || scoped(Scope::Claims);
    assert_eq!(open(claims(), ask("2026/1")).await.ok(), json!({"proofs": []}), "while the customer is there, there is none");

    let erased = server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.ok();
    let kept: Vec<&str> = erased["kept"].as_array().unwrap().iter().map(|k| k["purpose"].as_str().unwrap()).collect();
    assert_eq!(kept, ["legal-claims", "tax-records"]);
    let answer = open(claims(), ask("2026/117")).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let found = answer.ok();
    let proof = &found["proofs"][0];
    assert_eq!((&proof["request"], &proof["purpose"], &proof["opened"]), (&erased["request"], &json!("legal-claims"), &json!([])));
    let ended: Vec<&str> = proof["consents"].as_array().unwrap().iter().map(|c| c["ended"].as_str().unwrap()).collect();
    assert_eq!(ended, ["given_anew", "withdrawn"]);
    assert_eq!(proof["consents"][0]["given"]["evidence"]["method"], json!("shop"));
    let again = open(claims(), ask("2026/118")).await.ok();
    let opened = &again["proofs"][0]["opened"][0];
    assert_eq!((&opened["reference"], &opened["by"]), (&json!("2026/117"), &json!(scoped(Scope::Claims))));

    // Another numbering, somebody else, and what names nobody.
    assert_eq!(open(API_TILL.into(), ask("2026/119")).await.ok(), json!({"proofs": []}));
    assert_eq!(open(claims(), json!({"customer": "user:1", "reference": "2026/119"})).await.ok(), json!({"proofs": []}));
    for (body, status, code) in [
        (json!({"customer": customer, "reference": "2026/117"}), 400, "customer_not_understood"),
        (json!({"customer": "user:1001"}), 400, "field_missing"),
        (json!({"customer": "user:1001", "reference": ""}), 422, "size_wrong"),
        (json!({"customer": "user:1001", "reference": "Mr Jansen"}), 422, "size_wrong"),
    ] {
        open(claims(), body).await.is_problem(status, code);
    }
    open(scoped(Scope::Customers), ask("2026/117")).await.is_problem(403, "scope_missing");
    // The customer is nobody by it.
    server
        .api("POST", "/v1/decisions", json!({"customer": "user:1001", "category": "choices", "purpose": "legal-claims"}))
        .await
        .is_problem(404, "customer_unknown");
    server.stop().await;
}
