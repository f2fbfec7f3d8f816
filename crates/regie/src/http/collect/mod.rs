//! Collecting: Segment's paths, for the clients that exist.
//!
//! JSON under the content types that these clients send it with, gzip whether announced or not, the write key in the header, the body or (for settings) the
//! path. A batch's bad events do not fail its good ones. Answered means durable. `X-Retry-Count` says nothing that `messageId`
//! does not. Left out: what an event means and what of it is kept, which are the domain's and the engine's.

mod cors;
mod inflate;
mod parse;
mod settings;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use regie_domain::collection::{Incoming, Kind, limits};
use regie_domain::policy::Trust;
use serde::Serialize;
use utoipa::ToSchema;

use super::AppState;
use super::auth::{Caller, SourceKeys};
use super::body::{self, Unread};
use super::problem::Problem;
use super::route::{Access, BySource, Route, key_missing, key_unknown};
use super::signals::says_gpc;
use parse::{Asked, Parsed, parse};

pub(super) use cors::Cors;

/// Segment's words for single events, long and as its browser client shortens them.
const WORDS: [&str; 12] = ["identify", "track", "page", "screen", "group", "alias", "i", "t", "p", "s", "g", "a"];
/// Its words for many at once.
const BATCH_WORDS: [&str; 3] = ["batch", "import", "b"];
/// Under which content types real clients send their JSON: servers, code in browsers (which saves the preflight), `RudderStack`.
const CONTENT_TYPES: [&str; 3] = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
/// Larger bodies are read off the threads that serve requests.
const LARGE_BYTES: usize = 262_144;

pub(super) fn routes() -> Vec<Route> {
    let mut all = settings::routes();
    for word in WORDS {
        let Some(kind) = Kind::named(word) else { continue };
        let handler = move |state: State<AppState>, source: BySource, request: Request| take(Asked::One(kind), state, source, request);
        all.push(Route::of::<__path_event, _, _>(Access::WriteKey, handler).at(&format!("/v1/{word}")));
    }
    for word in BATCH_WORDS {
        let handler = move |state: State<AppState>, source: BySource, request: Request| take(Asked::Batch, state, source, request);
        all.push(Route::of::<__path_batch, _, _>(Access::WriteKey, handler).at(&format!("/v1/{word}")));
    }
    let preflights: Vec<Route> = all.iter().map(|route| cors::preflight_for(&route.path)).collect();
    all.extend(preflights);
    all.into_iter().map(Route::from_pages).collect()
}

/// What became of the events.
#[derive(Debug, Serialize, ToSchema)]
struct Collected {
    /// Was every event accepted? Accepted is not kept: what may not be kept is left out, and the answer is the same.
    success: bool,
    /// Those that were not, by their place in the batch.
    rejected: Vec<RejectedEvent>,
}

/// An event that was not accepted.
#[derive(Debug, Serialize, ToSchema)]
struct RejectedEvent {
    /// Its place in the batch, from 0.
    index: usize,
    /// Stable, for programs.
    code: &'static str,
    /// What is wrong.
    detail: String,
}

/// An event, as Segment's clients send it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used: the domain reads it")]
#[schema(rename_all = "camelCase")]
struct Event {
    /// `identify`, `track`, `page`, `screen`, `group` or `alias`; the path goes before it.
    #[schema(rename = "type")]
    kind: Option<String>,
    /// By it a retry is known.
    message_id: Option<String>,
    /// The customer number at the source, as a text. This or `anonymousId` is required.
    user_id: Option<String>,
    /// The device.
    anonymous_id: Option<String>,
    /// When it happened, RFC 3339.
    timestamp: Option<String>,
    /// What happened, for a track.
    event: Option<String>,
    /// What it is about. An `Order Completed` needs `products`, or `total` or `revenue`.
    #[schema(value_type = Option<Object>)]
    properties: Option<()>,
    /// What the customer is or has.
    #[schema(value_type = Option<Object>)]
    traits: Option<()>,
    /// `sessionId` and `consent.categoryPreferences`; the rest is not taken.
    #[schema(value_type = Option<Object>)]
    context: Option<()>,
    /// The source's key, for clients that put it here.
    write_key: Option<String>,
}

/// Many events.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used: the domain reads it")]
#[schema(rename_all = "camelCase")]
struct Batch {
    /// At most 10,000, of at most 32 KB each.
    batch: Vec<Event>,
    /// When the client sent it, by its own clock.
    sent_at: Option<String>,
    /// The source's key, for clients that put it here.
    write_key: Option<String>,
}

/// Takes one event, at most 32 KB.
#[utoipa::path(post, operation_id = "collect", path = "/v1/track", tag = "collect", request_body = Event,
    responses((status = 200, description = "Taken, and durable", body = Collected)))]
#[expect(dead_code, reason = "describes the routes whose handlers differ in one word")]
async fn event() {}

/// Takes many events, at most 500 KB decompressed unless the policy allows the source more.
#[utoipa::path(post, operation_id = "collect", path = "/v1/batch", tag = "collect", request_body = Batch,
    responses((status = 200, description = "Taken, and durable, but for those rejected", body = Collected)))]
#[expect(dead_code, reason = "describes the routes whose handlers differ in one word")]
async fn batch() {}

async fn take(
    asked: Asked,
    State(state): State<AppState>,
    BySource(by_header): BySource,
    request: Request,
) -> Result<Json<Collected>, Problem> {
    let (parts, body) = request.into_parts();
    let bytes_max = bytes_max(&state, asked, by_header.as_deref());
    body::check_type(&parts.headers, &CONTENT_TYPES)?;
    inflate::check_encoding(&parts.headers)?;
    let sent = match body::read(body, bytes_max).await {
        Ok(sent) => sent,
        // Without a key in the header nobody is told about limits.
        Err(_) if by_header.is_none() => return Err(key_missing()),
        Err(Unread::TooLarge) => return Err(asked.too_large(bytes_max)),
        Err(e) => return Err(e.problem(bytes_max)),
    };
    let received = state.engine.now();
    let Parsed { write_key, events } = if sent.len() > LARGE_BYTES {
        tokio::task::spawn_blocking(move || parse(asked, &sent, bytes_max, received)).await.map_err(|_| Problem::internal())?
    } else {
        parse(asked, &sent, bytes_max, received)
    };
    let source = match by_header {
        Some(source) => source,
        None => by_body(&state, write_key.as_deref())?,
    };
    cors::check_origin(&state, &source, &parts.headers)?;
    let signalled = says_gpc(&parts.headers) && is_browser(&state, &source.source);

    let (mut messages, mut places, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    let mut heeded = HashMap::new();
    for (index, event) in events?.into_iter().enumerate() {
        match event {
            Ok(mut message) => {
                if signalled {
                    heed(&state, &source.source, &mut message, &mut heeded);
                }
                messages.push(message);
                places.push(index);
            }
            Err(e) => rejected.push(RejectedEvent { index, code: e.code(), detail: e.detail() }),
        }
    }
    metrics::counter!("regie_events_received_total", "source" => source.source.clone()).increment((messages.len() + rejected.len()) as u64);
    if !messages.is_empty() {
        let collected = state.engine.collect(&source.source, messages).await?;
        let refused = collected
            .refused
            .iter()
            .filter_map(|(at, why)| Some(RejectedEvent { index: *places.get(*at)?, code: why.code(), detail: why.detail().to_owned() }));
        rejected.extend(refused);
        rejected.sort_by_key(|r| r.index);
    }
    for r in &rejected {
        metrics::counter!("regie_events_rejected_total", "source" => source.source.clone(), "code" => r.code).increment(1);
    }
    match (asked, rejected.pop()) {
        (Asked::One(_), Some(r)) => Err(Problem::bad(r.code, r.detail)),
        (_, last) => {
            rejected.extend(last);
            Ok(Json(Collected { success: rejected.is_empty(), rejected }))
        }
    }
}

/// The browser that sends this says no to third parties: the event is not for them, unless its customer said yes to that here. A
/// server's request carries nobody's signal. `heeded` remembers what was looked up, by device: a batch is one device's as a rule.
fn heed(state: &AppState, source: &str, message: &mut Incoming, heeded: &mut HashMap<Option<String>, Vec<String>>) {
    let ruled_out = heeded.entry(message.anonymous_id.clone()).or_insert_with_key(|id| {
        let device = id.as_deref().and_then(|id| state.engine.device_of(source, id));
        state.engine.ruled_out_by_signal(device.as_ref())
    });
    message.consent_preferences.extend(ruled_out.iter().map(|purpose| (purpose.clone(), false)));
}

fn is_browser(state: &AppState, source: &str) -> bool {
    state.engine.policy().source(source).is_some_and(|source| source.trust == Trust::Browser)
}

/// What this request may weigh, decompressed. Who names the source only in the body gets what everybody gets.
fn bytes_max(state: &AppState, asked: Asked, source: Option<&SourceKeys>) -> usize {
    match asked {
        Asked::One(_) => limits::EVENT_BYTES_MAX,
        Asked::Batch => {
            source.and_then(|s| state.engine.policy().source(&s.source).map(|s| s.batch_bytes_max)).unwrap_or(limits::BATCH_BYTES_DEFAULT)
        }
    }
}

fn by_body(state: &AppState, key: Option<&str>) -> Result<Arc<SourceKeys>, Problem> {
    match state.auth.find(key.ok_or_else(key_missing)?) {
        Some(Caller::Source(source)) => Ok(source),
        _ => Err(key_unknown()),
    }
}

/// The `Origin` header, if it is one.
fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(axum::http::header::ORIGIN)?.to_str().ok()
}
