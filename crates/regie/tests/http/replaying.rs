//! `Idempotency-Key`: a retry repeats the answer and does nothing; it never outlives what the customer decided since.

use serde_json::{Value, json};

use crate::server::{API, API_TILL, Server, evidence};

async fn history(server: &Server, customer: &str) -> usize {
    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await.ok();
    list["history"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_repeats_the_answer_and_does_nothing() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let path = format!("/v1/customers/{customer}/consents/recommendations");
    let wish = json!({"until": "P1W", "evidence": evidence()});
    let first = server.api_keyed("PUT", &path, "k1", wish.clone()).await;
    let second = server.api_keyed("PUT", &path, "k1", wish.clone()).await;
    assert_eq!((&first.body, first.header("idempotency-replayed")), (&second.body, ""));
    assert_eq!((second.header("idempotency-replayed"), second.header("cache-control")), ("true", "no-store"));
    assert_eq!(history(&server, &customer).await, 1);

    // Another body or another customer under the same key is refused; another key, route or holder is another request.
    server.api_keyed("PUT", &path, "k1", json!({"until": "P1D", "evidence": evidence()})).await.is_problem(422, "idempotency_key_reused");
    let other = server.customer("2").await;
    server.api_keyed("PUT", &path.replace(&customer, &other), "k1", wish.clone()).await.is_problem(422, "idempotency_key_reused");
    server.api_keyed("PUT", &path, "k2", wish.clone()).await.ok();
    let by_till = server.request("PUT", &path, API_TILL).header("idempotency-key", "k1").json(&wish);
    assert_eq!(server.send(by_till).await.header("idempotency-replayed"), "");
    assert_eq!(history(&server, &customer).await, 3);

    // A late retry after a withdrawal does not give again.
    server.api_keyed("DELETE", &path, "k1", Value::Null).await.ok();
    server.api_keyed("PUT", &path, "k1", wish).await.ok();
    let asked = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
    assert_eq!(server.api("POST", "/v1/decisions", asked).await.ok()["reason"], json!("withdrawn"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_can_be_corrected_under_the_same_key() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let path = format!("/v1/customers/{customer}/consents/recommendations");
    server.api_keyed("PUT", &path, "k", json!({"evidence": evidence()})).await.is_problem(400, "until_missing");
    server.api_keyed("PUT", &path, "k", json!({"until": "P1D", "evidence": evidence()})).await.ok();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_is_once_also_when_uses_race() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let a_use = json!({"customer": customer, "category": "purchases", "purpose": "recommendations", "channel": "web", "use": true});
    for round in 0..5 {
        server.give(&customer, "recommendations", "once").await;
        server.api("POST", "/v1/decisions", a_use.clone()).await.is_problem(400, "idempotency_key_required");
        let keys: Vec<String> = (0..8).map(|n| format!("r{round}-{n}")).collect();
        let mut racing = tokio::task::JoinSet::new();
        for key in &keys {
            let request = server.request("POST", "/v1/decisions", API).header("idempotency-key", key).json(&a_use);
            let key = key.clone();
            racing.spawn(async move { (key, request.send().await.unwrap().json::<Value>().await.unwrap()) });
        }
        let answers = racing.join_all().await;
        let won: Vec<&String> = answers.iter().filter(|(_, a)| a["decision"] == "allow").map(|(k, _)| k).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        // The one that used it up gets its answer again, and nobody else does.
        for key in &keys {
            let again = server.api_keyed("POST", "/v1/decisions", key, a_use.clone()).await.ok();
            assert_eq!(again["decision"] == "allow", key == won[0], "{again}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_many_times_at_once_is_done_once() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let path = format!("/v1/customers/{customer}/consents/recommendations");
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let request =
            server.request("PUT", &path, API).header("idempotency-key", "same").json(&json!({"until": "P1W", "evidence": evidence()}));
        racing.spawn(async move { request.send().await.unwrap().text().await.unwrap() });
    }
    let mut answers = racing.join_all().await;
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(history(&server, &customer).await, 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_answer_never_outlives_a_withdrawal_or_an_erasure() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "P1W").await;
    let a_use = json!({"customer": "user:1", "category": "purchases", "purpose": "recommendations", "channel": "web", "use": true});
    let first = server.api_keyed("POST", "/v1/decisions", "k", a_use.clone()).await;
    let second = server.api_keyed("POST", "/v1/decisions", "k", a_use.clone()).await;
    assert_eq!((second.header("idempotency-replayed"), &second.body), ("true", &first.body));

    server.api("DELETE", &format!("/v1/customers/{customer}/consents/recommendations"), Value::Null).await.ok();
    let third = server.api_keyed("POST", "/v1/decisions", "k", a_use.clone()).await;
    assert_eq!((third.header("idempotency-replayed"), &third.body["reason"]), ("", &json!("withdrawn")));

    let erased = server.api_keyed("DELETE", &format!("/v1/customers/{customer}"), "e", Value::Null).await.ok();
    assert_eq!(
        server.api_keyed("DELETE", &format!("/v1/customers/{customer}"), "e", Value::Null).await.ok(),
        erased,
        "the same number, not 404"
    );
    server.api_keyed("POST", "/v1/decisions", "k", a_use).await.is_problem(404, "customer_unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_without_a_key_does_not_use_a_once_up_and_says_so() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "once").await;
    let path = format!("/v1/recommendations?customer={customer}&channel=web");
    let looked = server.api("GET", &path, Value::Null).await.ok();
    assert_eq!((&looked["personal"], &looked["once_not_used"]), (&json!(false), &json!(true)), "{looked}");
    let post = json!({"customer": customer, "channel": "web"});
    let used = server.api_keyed("POST", "/v1/recommendations", "k1", post.clone()).await.ok();
    assert_eq!((&used["personal"], &used["reason"]), (&json!(true), &json!("consent")), "{used}");
    let again = server.api_keyed("POST", "/v1/recommendations", "k1", post.clone()).await.ok();
    assert_eq!(again["personal"], json!(true));
    let other = server.api_keyed("POST", "/v1/recommendations", "k2", post).await.ok();
    assert_eq!((&other["personal"], &other["reason"]), (&json!(false), &json!("used_up")));
    server.stop().await;
}

/// After a restart nothing but the log tells a retry from another request under the same key: the other one is judged for itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_back_with_another_request_gets_no_old_yes() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let parcel = json!({"customer": "user:1", "recipient": "carrier", "purpose": "delivery", "categories": ["contact"]});
    let first = server.api_keyed("POST", "/v1/disclosures", "k", parcel.clone()).await.ok();
    server.give(&customer, "recommendations", "P1W").await;
    let path = |purpose: &str| format!("/v1/customers/{customer}/consents/{purpose}");
    server.api_keyed("DELETE", &path("recommendations"), "w", Value::Null).await.ok();
    server.give(&customer, "model-improvement", "P1W").await;

    let retried = server.forgetful().await;
    assert_eq!(retried.api_keyed("POST", "/v1/disclosures", "k", parcel).await.ok()["id"], first["id"], "a retry is a retry");
    retried.stop().await;
    let later = server.forgetful().await;
    let other =
        json!({"customer": "user:1", "recipient": "example-partner", "purpose": "sharing-with-partners", "categories": ["purchases"]});
    later.api_keyed("POST", "/v1/disclosures", "k", other).await.is_problem(403, "disclosure_refused");
    later.api_keyed("DELETE", &path("model-improvement"), "w", Value::Null).await.ok();
    let asked = json!({"customer": "user:1", "purpose": "model-improvement", "category": "purchases"});
    assert_eq!(later.api("POST", "/v1/decisions", asked).await.ok()["reason"], json!("withdrawn"), "no withdrawal is swallowed");
    later.stop().await;
    server.stop().await;
}

/// What was allowed then is about somebody: with them it goes, from what is repeated too.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_the_past_is_not_repeated_after_an_erasure() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "P1W").await;
    let at = server.engine.now().to_string();
    let then = json!({"customer": customer, "purpose": "recommendations", "category": "purchases", "at": at});
    assert_eq!(server.api_keyed("POST", "/v1/decisions", "k", then.clone()).await.ok()["decision"], json!("allow"));
    server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.ok();
    server.api_keyed("POST", "/v1/decisions", "k", then).await.is_problem(404, "customer_unknown");
    server.stop().await;
}
