//! Collecting: Segment's paths, for the clients that exist.
//!
//! JSON under whatever content type, gzip whether announced or not, the write key in the header, the body or (for settings) the
//! path. A batch's bad events do not fail its good ones. Answered means durable. `X-Retry-Count` says nothing that `messageId`
//! does not. Left out: what an event means and what of it is kept, which are the domain's and the engine's.

mod cors;
mod inflate;
mod settings;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use regie_domain::collection::{BatchError, EventError, Incoming, Kind, limits, parse_batch, parse_event};
use regie_domain::policy::Trust;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AppState;
use super::auth::{Caller, SourceKeys};
use super::body::{self, Unread};
use super::problem::Problem;
use super::route::{Access, BySource, Route, key_missing, key_unknown};

/// Segment's words for single events, long and as its browser client shortens them.
const WORDS: [&str; 12] = ["identify", "track", "page", "screen", "group", "alias", "i", "t", "p", "s", "g", "a"];
/// Its words for many at once.
const BATCH_WORDS: [&str; 3] = ["batch", "import", "b"];
/// Bodies larger than this are read off the threads that serve requests.
const LARGE_BYTES: usize = 262_144;

pub(super) fn routes(state: Option<&AppState>) -> Vec<Route> {
    let mut all = Vec::new();
    for word in WORDS {
        let Some(kind) = Kind::named(word) else { continue };
        let handler = move |state, source, request| take(Many::One(kind), state, source, request);
        all.push(Route::of::<__path_event, _, _>(Access::WriteKey, handler).at(&format!("/v1/{word}")));
    }
    for word in BATCH_WORDS {
        let handler = move |state, source, request| take(Many::Batch, state, source, request);
        all.push(Route::of::<__path_batch, _, _>(Access::WriteKey, handler).at(&format!("/v1/{word}")));
    }
    all
}
