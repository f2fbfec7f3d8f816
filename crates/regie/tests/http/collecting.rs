//! What real clients do: other content types, gzip, retries, preflights.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::server::{ORIGIN, SHOP, Server, WEB, order};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn orders_of(server: &Server, user: &str) -> usize {
    let customer = server.lookup(&format!("user:{user}")).await;
    let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    export["events"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn json_comes_under_any_content_type_and_gzip_under_any_name() {
    let server = Server::start().await;
    let mut sent = 0;
    for content_type in ["application/json", "text/plain", "application/x-www-form-urlencoded", ""] {
        for encoding in ["", "gzip", "announced not"] {
            sent += 1;
            let body =
                json!({"batch": [order("7", &format!("o{sent}"), &["milk"])], "sentAt": "2026-01-01T00:00:00Z"}).to_string().into_bytes();
            let mut request = server.request("POST", "/v1/batch", SHOP);
            if !content_type.is_empty() {
                request = request.header("content-type", content_type);
            }
            if encoding == "gzip" {
                request = request.header("content-encoding", "gzip");
            }
            let body = if encoding.is_empty() { body } else { gzip(&body) };
            assert_eq!(server.send(request.body(body)).await.ok(), json!({"success": true, "rejected": []}), "{content_type} {encoding}");
        }
    }
    assert_eq!(orders_of(&server, "7").await, sent);
    let brotli = server.request("POST", "/v1/batch", SHOP).header("content-encoding", "br").body("x");
    server.send(brotli).await.is_problem(415, "encoding_unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gzip_bomb_is_refused_at_the_limit() {
    let server = Server::start().await;
    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < 500_000, "{}", bomb.len());
    for (path, code) in [("/v1/batch", "batch_too_large"), ("/v1/track", "event_too_large")] {
        let body = if path == "/v1/track" { gzip(&vec![b' '; 20 << 20]) } else { bomb.clone() };
        server.send(server.request("POST", path, SHOP).header("content-encoding", "gzip").body(body)).await.is_problem(400, code);
    }
    let broken = gzip(b"{\"batch\": []}");
    server.send(server.request("POST", "/v1/batch", SHOP).body(broken[..broken.len() - 6].to_vec())).await.is_problem(400, "gzip_broken");
    // Somebody without a key learns nothing about limits.
    server.send(server.request("POST", "/v1/batch", "").body(bomb)).await.is_problem(401, "key_missing");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_retry_is_not_counted_twice() {
    let server = Server::start().await;
    let batch = |id: &str| json!({"batch": [order("8", id, &["milk"])], "sentAt": "2026-01-01T00:00:00Z"});
    for (id, retry) in [("o1", None), ("o1", Some("1")), ("o2", None), ("o1", Some("2"))] {
        let mut request = server.request("POST", "/v1/batch", SHOP).json(&batch(id));
        if let Some(retry) = retry {
            request = request.header("x-retry-count", retry);
        }
        assert_eq!(server.send(request).await.ok(), json!({"success": true, "rejected": []}));
    }
    assert_eq!(orders_of(&server, "8").await, 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_of_segments_is_understood() {
    let server = Server::start().await;
    let words = [
        ("identify", json!({"userId": "9", "traits": {"email": "x@winkel.example"}})),
        ("track", json!({"userId": "9", "event": "Something Else"})),
        ("page", json!({"anonymousId": "d9", "name": "Home"})),
        ("screen", json!({"anonymousId": "d9", "name": "Home"})),
        ("group", json!({"userId": "9", "groupId": "g"})),
        ("alias", json!({"userId": "9", "previousId": "d9"})),
    ];
    for (word, event) in words {
        for path in [format!("/v1/{word}"), format!("/v1/{}", &word[..1])] {
            let sent = server.request("POST", &path, SHOP).header("content-type", "text/plain").body(event.to_string());
            assert_eq!(server.send(sent).await.ok(), json!({"success": true, "rejected": []}), "{path}");
        }
    }
    for path in ["/v1/batch", "/v1/import", "/v1/b"] {
        server.send(server.request("POST", path, SHOP).json(&json!({"batch": []}))).await.ok();
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_listed_origins_may_send_and_others_may_not() {
    let server = Server::start().await;
    let event = json!({"anonymousId": "d", "event": "Product Viewed", "properties": {"product_id": "milk"}});
    let preflight =
        |origin: &str| server.request("OPTIONS", "/v1/t", "").header("origin", origin).header("access-control-request-method", "POST");
    let allowed = server.send(preflight(ORIGIN)).await;
    assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (204, ORIGIN));
    assert!(allowed.header("access-control-allow-headers").contains("authorization"));
    assert!(allowed.header("vary").contains("origin"));
    let stranger = "https://elsewhere.example";
    assert_eq!(server.send(preflight(stranger)).await.header("access-control-allow-origin"), "");

    let send = |key: &str, origin: &str| server.request("POST", "/v1/t", key).header("origin", origin).json(&event);
    let sent = server.send(send(WEB, ORIGIN)).await;
    assert_eq!((sent.status.as_u16(), sent.header("access-control-allow-origin")), (200, ORIGIN));
    server.send(send(WEB, stranger)).await.is_problem(403, "origin_not_allowed");
    server.send(send(WEB, "null")).await.is_problem(403, "origin_not_allowed");
    server.send(send(WEB, &server.base)).await.ok();
    // An error, too, can be read by the page.
    assert_eq!(server.send(send("nobody's", ORIGIN)).await.header("access-control-allow-origin"), ORIGIN);
    // The API is for servers.
    let api = server.request("OPTIONS", "/v1/decisions", "").header("origin", ORIGIN);
    assert_eq!(server.send(api).await.header("access-control-allow-origin"), "");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_client_is_told_to_send_here() {
    let server = Server::start().await;
    let settings = server.send(server.request("GET", &format!("/v1/projects/{WEB}/settings"), "")).await.ok();
    let segment = &settings["integrations"]["Segment.io"];
    let host = server.base.trim_start_matches("http://");
    assert_eq!(
        (&segment["apiKey"], &segment["apiHost"], &segment["protocol"]),
        (&json!(WEB), &json!(format!("{host}/v1")), &json!("http"))
    );
    assert_eq!(settings["metrics"]["sampleRate"], json!(0));
    server.send(server.request("GET", "/v1/projects/nobody/settings", "")).await.is_problem(401, "key_unknown");
    server.stop().await;
}
