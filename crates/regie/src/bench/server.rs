//! The real server, on a port of its own in this process, with a runtime of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use regie_domain::ids::Handle;

use crate::engine::Engine;
use crate::http::auth::{ApiKey, Auth, KeyHash, Scope, SourceKeys};
use crate::http::pages::{Site, portal};
use crate::http::{AppState, Starting, serve};

/// The key that events come in with.
pub(super) const WRITE_KEY: &str = "bench-write-key";
/// The key that everything else is asked with.
pub(super) const API_KEY: &str = "bench-api-key";

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    starting: Starting,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Serves this engine on a free port of the loopback.
    pub(super) fn start(engine: &Engine) -> anyhow::Result<Server> {
        Server::serving(engine, Site::new(engine.clone(), false, None)?, Router::new())
    }

    /// The same with the customers' pages.
    pub(super) fn with_pages(engine: &Engine, site: Arc<Site>) -> anyhow::Result<Server> {
        Server::serving(engine, site.clone(), portal(site))
    }

    fn serving(engine: &Engine, site: Arc<Site>, pages: Router) -> anyhow::Result<Server> {
        let runtime = super::runtime(2)?;
        let source = SourceKeys { source: "shop".into(), keys: vec![KeyHash::of(WRITE_KEY)], origins: Vec::new() };
        let api =
            ApiKey { name: "bench".into(), key: KeyHash::of(API_KEY), scopes: Scope::ALL.into_iter().collect(), id_space: "shop".into() };
        let auth = Auth::new(vec![source], vec![api], &engine.policy())?;
        let starting = Starting::new();
        starting.ready(AppState::new(engine.clone(), auth, site, None), pages);
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let serving = starting.clone();
        let thread = std::thread::Builder::new().name("bench-server".into()).spawn(move || {
            if let Err(error) = runtime.block_on(serve(listener, serving)) {
                tracing::error!(%error, "the server ended");
            }
        })?;
        Ok(Server { address, starting, thread: Some(thread) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes a request for recommendations.
    #[expect(clippy::unused_self, reason = "what is asked is this server's to know")]
    pub(super) fn ask(&self, customer: Handle, into: &mut Vec<u8>) {
        let text = format!(
            "GET /v1/recommendations?customer={customer}&channel=web&limit=20 HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {API_KEY}\r\n\r\n"
        );
        into.extend_from_slice(text.as_bytes());
    }

    /// Stops it; the engine too.
    pub(super) fn stop(mut self) {
        self.starting.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
