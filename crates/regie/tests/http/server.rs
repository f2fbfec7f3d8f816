//! A running server, its keys, and short ways to ask it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use regie::BUILT_IN_POLICY;
use regie::engine::clock::TimeSource;
use regie::engine::{Engine, Options};
use regie::http::auth::{ApiKey, Auth, KeyHash, Scope, SourceKeys};
use regie::http::pages::{Site, portal};
use regie::http::{AppState, Starting, serve};
use regie_domain::time::Time;
use regie_store::MasterKey;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A page that may send for the source `web`.
pub(crate) const ORIGIN: &str = "https://www.winkel.example";
/// Write keys: of a server, twice; of a browser; of a till with numbers of its own.
pub(crate) const SHOP: &str = "write-shop";
pub(crate) const SHOP_SECOND: &str = "write-shop-second";
pub(crate) const WEB: &str = "write-web";
pub(crate) const TILL: &str = "write-till";
/// API keys: with every scope, in the shop's numbering and in the till's. One key a scope: [`scoped`].
pub(crate) const API: &str = "api-all";
pub(crate) const API_TILL: &str = "api-till";

/// The API key that has this scope alone.
pub(crate) fn scoped(scope: Scope) -> String {
    format!("api-{}", scope.name())
}

/// A clock that starts at noon (UTC) of the day that it is: no test meets midnight.
#[derive(Debug)]
struct FromNoon {
    noon: Time,
    started: Instant,
}

impl Default for FromNoon {
    #[expect(clippy::disallowed_methods, reason = "certificates and cookies of real clients go by the real day")]
    fn default() -> FromNoon {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let midnight = now.as_secs() / 86_400 * 86_400;
        FromNoon { noon: Time::from_seconds(i64::try_from(midnight).unwrap() + 12 * 3600), started: Instant::now() }
    }
}

impl TimeSource for FromNoon {
    fn wall(&self) -> Time {
        Time::from_millis(self.noon.millis() + i64::try_from(self.started.elapsed().as_millis()).unwrap())
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) engine: Engine,
    pub(crate) site: std::sync::Arc<Site>,
    pub(crate) client: reqwest::Client,
    pub(crate) starting: Starting,
    serving: JoinHandle<std::io::Result<()>>,
    _data: Option<TempDir>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// Is it a problem as it should be, with this status and code?
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        for field in ["type", "title", "detail"] {
            assert!(self.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", self.body);
        }
        assert_eq!(self.body["status"], json!(status));
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.body);
        self.body
    }
}

pub(crate) fn auth(policy: &regie_domain::policy::Policy) -> Auth {
    let source = |id: &str, keys: &[&str], origins: &[&str]| SourceKeys {
        source: id.into(),
        keys: keys.iter().map(|k| KeyHash::of(k)).collect(),
        origins: origins.iter().map(|o| (*o).to_owned()).collect(),
    };
    let api = |key: &str, scopes: &[Scope], space: &str| ApiKey {
        name: key.into(),
        key: KeyHash::of(key),
        scopes: scopes.iter().copied().collect::<HashSet<_>>(),
        id_space: space.into(),
    };
    let mut keys = vec![api(API, &Scope::ALL, "shop"), api(API_TILL, &Scope::ALL, "till")];
    keys.extend(Scope::ALL.map(|scope| api(&scoped(scope), &[scope], "shop")));
    let sources = vec![source("shop", &[SHOP, SHOP_SECOND], &[]), source("web", &[WEB], &[ORIGIN]), source("till", &[TILL], &[])];
    Auth::new(sources, keys, policy).unwrap()
}

impl Server {
    pub(crate) async fn start() -> Server {
        let (address, starting, serving) = Server::bare().await;
        let data = tempfile::tempdir().unwrap();
        let master = MasterKey::generate_in(data.path()).unwrap();
        let options = Options {
            time: std::sync::Arc::new(FromNoon::default()),
            proof_wait: Duration::from_secs(60),
            ..Options::new(data.path(), master, BUILT_IN_POLICY.to_owned())
        };
        let engine = tokio::task::spawn_blocking(move || Engine::start(options, &mut |_, _| {})).await.unwrap().unwrap();
        Server::of(engine, address, starting, serving, Some(data))
    }

    /// The same engine behind a server that knows no earlier answer, as after a restart. Stopping it stops that engine.
    pub(crate) async fn forgetful(&self) -> Server {
        let (address, starting, serving) = Server::bare().await;
        Server::of(self.engine.clone(), address, starting, serving, None)
    }

    fn of(
        engine: Engine,
        address: SocketAddr,
        starting: Starting,
        serving: JoinHandle<std::io::Result<()>>,
        data: Option<TempDir>,
    ) -> Server {
        let auth = auth(&engine.policy());
        let site = Site::new(engine.clone(), false, None).unwrap();
        starting.ready(AppState::new(engine.clone(), auth, site.clone(), None), portal(site.clone()));
        Server { base: format!("http://{address}"), engine, site, client: reqwest::Client::new(), starting, serving, _data: data }
    }

    /// Listens, and has no engine yet.
    pub(crate) async fn bare() -> (SocketAddr, Starting, JoinHandle<std::io::Result<()>>) {
        regie::telemetry::init_metrics();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let starting = Starting::new();
        let serving = tokio::spawn(serve(listener, starting.clone()));
        (address, starting, serving)
    }

    pub(crate) async fn stop(self) {
        self.starting.stop();
        self.serving.await.unwrap().unwrap();
    }

    /// A request with a Bearer key; none for an empty one.
    pub(crate) fn request(&self, method: &str, path: &str, key: &str) -> RequestBuilder {
        let request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.base));
        if key.is_empty() { request } else { request.bearer_auth(key) }
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{body}");
        Answer { status, headers, body }
    }

    /// With the API key that may do everything.
    pub(crate) async fn api(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path, API);
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// With an `Idempotency-Key`.
    pub(crate) async fn api_keyed(&self, method: &str, path: &str, key: &str, body: Value) -> Answer {
        let request = self.request(method, path, API).header("idempotency-key", key);
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    /// Sends events as the shop's server.
    pub(crate) async fn collect(&self, events: Value) -> Value {
        self.send(self.request("POST", "/v1/batch", SHOP).json(&json!({"batch": events}))).await.ok()
    }

    pub(crate) async fn lookup(&self, customer: &str) -> String {
        let found = self.api("POST", "/v1/customers/lookup", json!({"customer": customer})).await.ok();
        found["customer"].as_str().unwrap().to_owned()
    }

    /// A customer with one order, and its handle.
    pub(crate) async fn customer(&self, user: &str) -> String {
        let collected = self.collect(json!([order(user, &format!("order-{user}"), &["milk", "bread"])])).await;
        assert_eq!(collected, json!({"success": true, "rejected": []}));
        self.lookup(&format!("user:{user}")).await
    }

    pub(crate) async fn give(&self, customer: &str, purpose: &str, until: &str) -> Value {
        self.api("PUT", &format!("/v1/customers/{customer}/consents/{purpose}"), json!({"until": until, "evidence": evidence()})).await.ok()
    }
}

pub(crate) fn evidence() -> Value {
    json!({"language": "nl", "method": "shop", "actor": "customer"})
}

pub(crate) fn order(user: &str, id: &str, items: &[&str]) -> Value {
    let products: Vec<Value> = items.iter().map(|i| json!({"product_id": i, "quantity": 1, "price": 1.25})).collect();
    json!({"type": "track", "event": "Order Completed", "userId": user, "messageId": id,
        "properties": {"order_id": id, "total": 2.5, "currency": "EUR", "products": products}})
}
