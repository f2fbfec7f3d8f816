//! Every route against every kind of key. A route that is not in the table fails, and so does a line without its route.

use std::collections::BTreeSet;

use regie::http::auth::Scope;
use regie::http::routes;

use crate::server::{API, SHOP, Server, TILL, WEB, scoped};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Anybody,
    /// Anybody on this machine, else a key with this scope.
    Nearby(Scope),
    Source,
    SourceByPath,
    Api(Scope),
}

const TABLE: &[(&str, &str, Who)] = &[
    ("GET", "/healthz", Who::Anybody),
    ("GET", "/readyz", Who::Anybody),
    ("GET", "/metrics", Who::Nearby(Scope::Operations)),
    ("GET", "/openapi.json", Who::Nearby(Scope::Operations)),
    ("POST", "/v1/identify", Who::Source),
    ("POST", "/v1/track", Who::Source),
    ("POST", "/v1/page", Who::Source),
    ("POST", "/v1/screen", Who::Source),
    ("POST", "/v1/group", Who::Source),
    ("POST", "/v1/alias", Who::Source),
    ("POST", "/v1/batch", Who::Source),
    ("POST", "/v1/import", Who::Source),
    ("POST", "/v1/i", Who::Source),
    ("POST", "/v1/t", Who::Source),
    ("POST", "/v1/p", Who::Source),
    ("POST", "/v1/s", Who::Source),
    ("POST", "/v1/g", Who::Source),
    ("POST", "/v1/a", Who::Source),
    ("POST", "/v1/b", Who::Source),
    ("GET", "/v1/projects/{wk}/settings", Who::SourceByPath),
    ("OPTIONS", "/v1/identify", Who::Anybody),
    ("OPTIONS", "/v1/track", Who::Anybody),
    ("OPTIONS", "/v1/page", Who::Anybody),
    ("OPTIONS", "/v1/screen", Who::Anybody),
    ("OPTIONS", "/v1/group", Who::Anybody),
    ("OPTIONS", "/v1/alias", Who::Anybody),
    ("OPTIONS", "/v1/batch", Who::Anybody),
    ("OPTIONS", "/v1/import", Who::Anybody),
    ("OPTIONS", "/v1/i", Who::Anybody),
    ("OPTIONS", "/v1/t", Who::Anybody),
    ("OPTIONS", "/v1/p", Who::Anybody),
    ("OPTIONS", "/v1/s", Who::Anybody),
    ("OPTIONS", "/v1/g", Who::Anybody),
    ("OPTIONS", "/v1/a", Who::Anybody),
    ("OPTIONS", "/v1/b", Who::Anybody),
    ("OPTIONS", "/v1/projects/{wk}/settings", Who::Anybody),
    ("POST", "/v1/customers/lookup", Who::Api(Scope::Customers)),
    ("POST", "/v1/customers/{c}/join", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/export", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/information", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/information/{item}", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/information/{item}", Who::Api(Scope::Customers)),
    ("DELETE", "/v1/customers/{c}/information/{item}", Who::Api(Scope::Customers)),
    ("DELETE", "/v1/customers/{c}", Who::Api(Scope::Customers)),
    ("GET", "/checkpoint", Who::Anybody),
    ("GET", "/ledger-key", Who::Anybody),
    ("GET", "/tile/{*tile}", Who::Anybody),
    ("GET", "/v1/customers/{c}/receipts", Who::Api(Scope::Customers)),
    ("POST", "/v1/customers/{c}/receipts/{index}/mail", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/consents", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/consents/{purpose}", Who::Api(Scope::Customers)),
    ("DELETE", "/v1/customers/{c}/consents/{purpose}", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/objections/{purpose}", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/objections/{purpose}/outcome", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/contests", Who::Api(Scope::Customers)),
    ("POST", "/v1/customers/{c}/contests", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/contests/{contest}/outcome", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/consenter", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/restrictions", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/restrictions/{purpose}/{category}", Who::Api(Scope::Customers)),
    ("PUT", "/v1/customers/{c}/restrictions/{purpose}/{category}/told", Who::Api(Scope::Customers)),
    ("POST", "/v1/customers/{c}/restrictions/{purpose}/{category}/told/mail", Who::Api(Scope::Customers)),
    ("DELETE", "/v1/customers/{c}/restrictions/{purpose}/{category}", Who::Api(Scope::Customers)),
    ("GET", "/v1/consent-mode", Who::Api(Scope::Decisions)),
    ("GET", "/.well-known/gpc.json", Who::Anybody),
    ("POST", "/v1/customers/{c}/visits/end", Who::Api(Scope::Customers)),
    ("POST", "/v1/decisions", Who::Api(Scope::Decisions)),
    ("POST", "/v1/disclosures", Who::Api(Scope::Decisions)),
    ("GET", "/v1/customers/{c}/disclosures", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/uses", Who::Api(Scope::Customers)),
    ("GET", "/v1/customers/{c}/timeline", Who::Api(Scope::Customers)),
    ("GET", "/v1/recommendations", Who::Api(Scope::Recommendations)),
    ("POST", "/v1/recommendations", Who::Api(Scope::Recommendations)),
    ("PUT", "/v1/catalogue/items", Who::Api(Scope::Catalogue)),
    ("POST", "/v1/portal-links", Who::Api(Scope::PortalLinks)),
    ("POST", "/v1/claims/proofs", Who::Api(Scope::Claims)),
    ("POST", "/v1/operations/confirm-time", Who::Api(Scope::Operations)),
];

#[test]
fn the_table_has_every_route_and_no_other() {
    let served: BTreeSet<(String, String)> = routes().iter().map(|r| (r.method_name().to_owned(), r.path.clone())).collect();
    let expected: BTreeSet<(String, String)> = TABLE.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(served, expected);
}

/// What the gate should say: 0 lets in.
fn expected(who: Who, key: &str, scope: Option<Scope>) -> u16 {
    let is_write = [SHOP, WEB, TILL].contains(&key);
    match (who, key) {
        (Who::Anybody | Who::Nearby(_), _) => 0,
        (Who::SourceByPath, _) if is_write => 0,
        (Who::SourceByPath, _) => 401,
        (_, "" | "nobody's") => 401,
        (Who::Source, _) => {
            if is_write {
                0
            } else {
                403
            }
        }
        (Who::Api(_), _) if is_write => 403,
        (Who::Api(wanted), _) => {
            if key == API || scope == Some(wanted) {
                0
            } else {
                403
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_it_is_for() {
    let server = Server::start().await;
    let mut keys: Vec<(String, Option<Scope>)> = ["", "nobody's", SHOP, WEB, TILL, API].iter().map(|k| ((*k).to_owned(), None)).collect();
    keys.extend(Scope::ALL.map(|scope| (scoped(scope), Some(scope))));
    for (method, template, who) in TABLE {
        for (key, scope) in &keys {
            let in_path = if key.is_empty() { "none" } else { key };
            let path = template
                .replace("{c}", "c_00000000000000000000000001")
                .replace("{purpose}", "recommendations")
                .replace("{wk}", &in_path.replace('\'', "%27"));
            let answer = server.send(server.request(method, &path, key).json(&serde_json::json!({}))).await;
            let status = answer.status.as_u16();
            let refused = if [401, 403].contains(&status) { status } else { 0 };
            assert_eq!(refused, expected(*who, key, *scope), "{method} {template} with `{key}`: {status} {}", answer.body);
            if status == 401 {
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_nearby_needs_a_key_through_a_proxy() {
    let server = Server::start().await;
    for path in ["/metrics", "/openapi.json"] {
        let through = |key: &str| server.request("GET", path, key).header("x-forwarded-for", "203.0.113.7");
        assert!(server.send(server.request("GET", path, "")).await.status.is_success());
        server.send(through("")).await.is_problem(401, "key_missing");
        server.send(through(&scoped(Scope::Customers))).await.is_problem(403, "scope_missing");
        assert!(server.send(through(&scoped(Scope::Operations))).await.status.is_success());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_in_each_of_its_places() {
    let server = Server::start().await;
    let event = |key: Option<&str>| {
        let mut event = serde_json::json!({"userId": "1", "event": "Product Viewed", "properties": {"product_id": "milk"}});
        if let Some(key) = key {
            event["writeKey"] = key.into();
        }
        event
    };
    let basic = |key: &str| server.request("POST", "/v1/track", "").basic_auth(key, Some(""));
    for request in [
        basic(SHOP).json(&event(None)),
        basic(crate::server::SHOP_SECOND).json(&event(None)),
        server.request("POST", "/v1/track", SHOP).json(&event(None)),
        server.request("POST", "/v1/track", "").json(&event(Some(SHOP))),
        server.request("POST", "/v1/batch", "").json(&serde_json::json!({"batch": [event(None)], "writeKey": SHOP})),
    ] {
        server.send(request).await.ok();
    }
    server.send(basic("nobody's").json(&event(Some(SHOP)))).await.is_problem(401, "key_unknown");
    server.send(server.request("POST", "/v1/track", "").json(&event(Some("nobody's")))).await.is_problem(401, "key_unknown");
    server.send(server.request("POST", "/v1/track", "").json(&event(Some(API)))).await.is_problem(401, "key_unknown");
    server.stop().await;
}
