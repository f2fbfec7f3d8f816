//! Starting, stopping, and what operators see.

use serde_json::{Value, json};

use crate::server::{Server, evidence};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_reads_its_log_says_so() {
    let (address, starting, serving) = Server::bare().await;
    let get = |path: &str| reqwest::get(format!("http://{address}{path}"));
    assert_eq!(get("/healthz").await.unwrap().status(), 200);
    for path in ["/readyz", "/v1/recommendations?channel=web", "/mijn", "/metrics", "/"] {
        let answer = get(path).await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
        assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().is_ok());
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], json!("starting"));
    }
    starting.stop();
    serving.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_what_was_begun_and_accepts_nothing_new() {
    let server = Server::start().await;
    assert_eq!(server.send(server.request("GET", "/readyz", "")).await.status, 200);
    let customer = server.customer("1").await;
    let (client, base) = (server.client.clone(), server.base.clone());
    let (engine, path) = (server.engine.clone(), format!("/v1/customers/{customer}/consents/recommendations"));
    let begun =
        tokio::spawn(server.request("PUT", &path, crate::server::API).json(&json!({"until": "P1W", "evidence": evidence()})).send());
    let begun = begun.await.unwrap().unwrap();
    assert_eq!(begun.status(), 200);
    server.stop().await;
    assert!(client.get(format!("{base}/healthz")).send().await.is_err());
    let question = regie::engine::api::Question {
        purpose: "recommendations".into(),
        category: "purchases".into(),
        recipient: None,
        channel: None,
        visit: None,
    };
    assert!(engine.use_now(Some(customer.parse().unwrap()), &question, None).await.is_ok(), "reading goes on");
    assert_eq!(engine.withdraw(customer.parse().unwrap(), "recommendations", None).await.unwrap_err().code(), "stopping");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_by_template_and_hold_nothing_personal() {
    let server = Server::start().await;
    let customer = server.customer("very-secret-number").await;
    server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    server.api("GET", "/v1/customers/very-secret-number/export", Value::Null).await.is_problem(400, "customer_id_not_opaque");
    server.api("GET", "/very-secret-path", Value::Null).await.is_problem(404, "route_unknown");
    let metrics = server.send(server.request("GET", "/metrics", "")).await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    let text = metrics.body.as_str().unwrap();
    assert!(text.contains("regie_uses_lost_total 0"), "{text}");
    assert!(text.contains(r#"route="/v1/customers/{c}/export""#), "{text}");
    assert!(text.contains("regie_http_request_seconds_bucket"));
    assert!(text.contains("regie_records "));
    for secret in ["very-secret", customer.as_str(), "order-very"] {
        assert!(!text.contains(secret), "{secret}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_confirms_the_clock() {
    let server = Server::start().await;
    let clock = server.api("POST", "/v1/operations/confirm-time", Value::Null).await.ok();
    assert_eq!(clock["doubted"], json!(false));
    assert!(clock["now"].as_str().unwrap().ends_with('Z'));
    server.stop().await;
}
