//! A day of a real shop's clicks, as its page would send them. Needs a public data set; without it the test says that it skips.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::server::{Server, WEB, evidence};

/// `SessionId ItemId Time`, one click a line, in the folder that `REGIE_TEST_DATA` names.
const FILE: &str = "sessions/rsc15_100k-test.tsv.gz";
/// So many sessions allow that their clicks are kept.
const ALLOWING: usize = 20;

fn clicks() -> Option<Vec<(String, String)>> {
    let file = PathBuf::from(std::env::var_os("REGIE_TEST_DATA")?).join(FILE);
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(file).ok()?).read_to_string(&mut text).unwrap();
    let click = |line: &str| {
        let mut fields = line.split('\t');
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    };
    Some(text.lines().skip(1).map(|line| click(line).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn real_clicks_are_all_taken_and_kept_only_where_it_was_allowed() {
    let Some(clicks) = clicks() else {
        eprintln!("real_clicks_are_all_taken_and_kept_only_where_it_was_allowed: skipped, REGIE_TEST_DATA has no {FILE}");
        return;
    };
    let server = Server::start().await;
    let mut of_session: BTreeMap<&str, usize> = BTreeMap::new();
    clicks.iter().for_each(|(session, _)| *of_session.entry(session).or_default() += 1);
    let who = |session: &str| format!("anonymous:{session}");
    for session in of_session.keys().take(ALLOWING) {
        server.api("POST", "/v1/portal-links", json!({"customer": who(session), "language": "nl"})).await.ok();
        let customer = server.lookup(&who(session)).await;
        let wish = json!({"until": "P1D", "categories": ["browsing", "purchases"], "evidence": evidence()});
        server.api("PUT", &format!("/v1/customers/{customer}/consents/recommendations"), wish).await.ok();
    }
    let event = |(n, (session, item)): (usize, &(String, String))| {
        json!({"type": "track", "event": "Product Viewed", "anonymousId": session, "messageId": format!("click-{n}"),
            "context": {"sessionId": session}, "properties": {"product_id": item}})
    };
    let events: Vec<Value> = clicks.iter().enumerate().map(event).collect();
    for batch in events.chunks(1000) {
        let answer = server.send(server.request("POST", "/v1/batch", WEB).json(&json!({"batch": batch}))).await.ok();
        assert_eq!(answer, json!({"success": true, "rejected": []}));
    }
    for (place, (session, clicks)) in of_session.iter().enumerate().take(2 * ALLOWING) {
        let customer = server.lookup(&who(session)).await;
        let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
        let kept = export["events"].as_array().unwrap().len();
        assert_eq!(kept, if place < ALLOWING { *clicks } else { 0 }, "session {place}");
    }
    server.stop().await;
}
