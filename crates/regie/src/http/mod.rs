//! The HTTP interface: collecting, the API, what operators need, and the customers' pages.
//!
//! A handler extracts, calls the engine once, and answers. Invariants: every route stands in the table of [`routes`] and has
//! its gate; errors are problem+json with a stable code; nothing that a customer or a source sent gets into logs, metrics,
//! errors or paths. Left out: rules, which are the domain's, and state, which is the engine's.

mod api;
pub mod auth;
pub mod body;
mod collect;
mod ledger;
mod observe;
mod openapi;
mod ops;
pub mod pages;
pub mod peer;
pub mod problem;
pub mod replay;
mod route;
mod serve;
mod signals;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::from_fn;

pub use route::{Access, Route};
pub use serve::{Starting, serve};

use crate::engine::Engine;
use auth::Auth;
use pages::Site;
use problem::Problem;
use replay::Replays;

/// What all handlers share; clone it freely.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Shared>);

/// See [`AppState`].
#[derive(Debug)]
pub struct Shared {
    /// The engine.
    pub engine: Engine,
    /// The keys that are accepted.
    pub auth: Auth,
    /// What the pages stand on; links by which customers come in are made there.
    pub site: Arc<Site>,
    /// Answers that are repeated.
    pub replays: Arc<Replays>,
    /// Where the world finds this server, without a slash at the end, such as `https://mijn.winkel.example`. Without it, links
    /// name the host that the caller used.
    pub base_url: Option<String>,
}

impl Deref for AppState {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// What handlers share.
    pub fn new(engine: Engine, auth: Auth, site: Arc<Site>, base_url: Option<String>) -> AppState {
        let base_url = base_url.map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &base_url {
            site.found_at(url);
        }
        AppState(Arc::new(Shared { engine, auth, replays: Arc::clone(&site.replays), site, base_url }))
    }
}

/// Every route of collecting, API and operations.
pub fn routes() -> Vec<Route> {
    let mut all = ops::routes();
    all.extend(collect::routes());
    all.extend(api::routes());
    all.extend(ledger::routes());
    all
}

/// The whole server: the routes of the table, and `extra` beside them: `pages::portal(site)`, and the demo's shop.
pub fn router(state: AppState, extra: Router) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = route.into_router(router, &state);
    }
    // The routes of the table see to it themselves.
    let watched = || from_fn(observe::layer);
    router
        .with_state(state)
        .merge(extra.layer(watched()))
        .fallback(unknown.layer(watched()))
        .method_not_allowed_fallback(wrong_method.layer(watched()))
}

pub(crate) async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "route_unknown", "there is nothing here").remedy("/openapi.json lists what there is")
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_wrong", "this path does not take this method")
        .remedy("the Allow header lists those that it takes")
}
