//! The ledger as the world sees it: receipts by the API, checkpoint and tiles as C2SP names them, and the pages that show a proof.

use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_domain::ledger::tile::{entries, hashes};
use regie_domain::ledger::tree::{entry_hash, fold_root};
use regie_domain::ledger::{Trust, verify_receipt};
use regie_store::ledger::verify_signature;
use serde_json::{Value, json};

use crate::server::Server;

async fn bytes(server: &Server, path: &str) -> (u16, String, String, Vec<u8>) {
    let response = server.request("GET", path, "").send().await.unwrap();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let (status, kind, cache) = (response.status().as_u16(), header("content-type"), header("cache-control"));
    (status, kind, cache, response.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_holds_and_anybody_can_follow_the_log() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "P1W").await;
    server.give(&customer, "model-improvement", "withdrawn").await;
    server.api("DELETE", &format!("/v1/customers/{customer}/consents/recommendations"), Value::Null).await.ok();

    let key = VerifierKey::parse(&String::from_utf8(bytes(&server, "/ledger-key").await.3).unwrap()).unwrap();
    let path = format!("/v1/customers/{customer}/receipts");
    let answer = server.api("GET", &path, Value::Null).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let list = answer.ok();
    assert_eq!((list["customer"].as_str(), list["before"].is_null()), (Some(customer.as_str()), true));
    let receipts = list["receipts"].as_array().unwrap();
    let said: Vec<&str> = receipts.iter().map(|r| r["regie:ledger"]["core"]["choice"].as_str().unwrap()).collect();
    assert_eq!(said, ["withdrawn", "given", "given"]);
    for receipt in receipts {
        let trust = Trust { key: Some(&key), verify: &verify_signature };
        assert_eq!(verify_receipt(receipt.to_string().as_bytes(), &trust).refused, None);
    }
    let page = server.api("GET", &format!("{path}?limit=1&before=2"), Value::Null).await.ok();
    assert_eq!((page["receipts"][0]["regie:ledger"]["index"].clone(), page["before"].clone()), (json!(1), json!(1)));
    for (query, status, code) in [
        ("limit=0", 400, "limit_out_of_range"),
        ("limit=101", 400, "limit_out_of_range"),
        ("x=1", 400, "field_unknown"),
        ("before=-1", 400, "query_not_understood"),
    ] {
        server.api("GET", &format!("{path}?{query}"), Value::Null).await.is_problem(status, code);
    }
    server.api("GET", "/v1/customers/c_00000000000000000000000001/receipts", Value::Null).await.is_problem(404, "customer_unknown");

    // A monitor that knows nothing but the key.
    let (status, kind, cache, note) = bytes(&server, "/checkpoint").await;
    assert_eq!((status, kind.as_str(), cache.as_str()), (200, "text/plain; charset=utf-8", "no-cache"));
    let head = Checkpoint::open(&String::from_utf8(note).unwrap(), &key, &verify_signature).unwrap();
    assert_eq!(head.size, 3);
    let (status, kind, cache, tile) = bytes(&server, "/tile/0/000.p/3").await;
    assert_eq!((status, kind.as_str()), (200, "application/octet-stream"));
    assert!(cache.contains("immutable"));
    let (_, _, _, bundle) = bytes(&server, "/tile/entries/000.p/3").await;
    let mut leaves: Vec<_> = entries(&bundle).unwrap().iter().map(|entry| entry_hash(entry)).collect();
    assert_eq!(hashes(&tile).unwrap(), leaves);
    assert_eq!(fold_root(&mut leaves), head.root);
    assert_eq!(bytes(&server, "/tile/0/000.p/2").await.3, tile[..64]);
    for path in [
        "/tile/0/000",
        "/tile/0/000.p/4",
        "/tile/0/001.p/1",
        "/tile/1/000.p/1",
        "/tile/0/0",
        "/tile/entries/001",
        "/tile/x/000",
        "/tile/0/%2e%2e/000",
    ] {
        let (status, kind, ..) = bytes(&server, path).await;
        assert_eq!((status, kind.as_str()), (404, "application/problem+json"), "{path}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_keeps_and_checks_their_own_proofs_and_nobody_elses() {
    let server = Server::start().await;
    let (ann, bob) = (server.customer("1").await, server.customer("2").await);
    server.give(&ann, "recommendations", "P1W").await;
    server.give(&bob, "recommendations", "P1W").await;
    let link = server.api("POST", "/v1/portal-links", json!({"customer": ann, "language": "en"})).await.ok();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = link["url"].as_str().unwrap().to_owned();
    let path = url.splitn(4, '/').nth(3).unwrap();
    let mut jar = Vec::new();
    let welcome = browser.get(format!("{}/{path}", server.base)).send().await.unwrap();
    collect(&welcome, &mut jar);
    let text = welcome.text().await.unwrap();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let entered = browser
        .post(format!("{}/{path}", server.base))
        .header("cookie", jar.join("; "))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("csrf={csrf}"))
        .send()
        .await
        .unwrap();
    collect(&entered, &mut jar);
    let get = |path: &'static str| {
        browser.get(format!("{}{path}", server.base)).header("cookie", jar.join("; ")).header("accept-language", "en").send()
    };

    let list = get("/mijn/bewijs").await.unwrap();
    assert!(list.headers()["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    let list = list.text().await.unwrap();
    assert!(list.contains("/mijn/bewijs/0/bestand") && !list.contains("/mijn/bewijs/1"), "{list}");
    let page = get("/mijn/bewijs/0").await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("data-step=").count(), 7);
    assert!(!page.contains("<script>") && page.contains("/assets/verify."));
    let file = get("/mijn/bewijs/0/bestand").await.unwrap();
    assert!(file.headers()["content-disposition"].to_str().unwrap().ends_with("-0.json\""));
    assert_eq!(verify_receipt(&file.bytes().await.unwrap(), &Trust { key: None, verify: &verify_signature }).refused, None);
    for path in ["/mijn/bewijs/1", "/mijn/bewijs/1/bestand", "/mijn/bewijs/00", "/mijn/bewijs/x", "/mijn/bewijs/99999999999999999999"] {
        assert_eq!(get(path).await.unwrap().status(), 404, "{path}");
    }
    // Anybody may check a file; nobody sees receipts without being let in.
    let stranger = browser.get(format!("{}/mijn/controle", server.base)).send().await.unwrap();
    assert_eq!(stranger.status(), 200);
    let stranger = browser.get(format!("{}/mijn/bewijs/0/bestand", server.base)).send().await.unwrap();
    assert_eq!(stranger.status(), 404, "another's is as good as none");
    server.stop().await;
}

fn collect(answer: &reqwest::Response, jar: &mut Vec<String>) {
    for cookie in answer.headers().get_all("set-cookie") {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        let name = pair.split('=').next().unwrap().to_owned();
        jar.retain(|known| known.split('=').next() != Some(name.as_str()));
        jar.push(pair);
    }
}
