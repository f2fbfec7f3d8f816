//! `Idempotency-Key`: the same request gets the same answer, so that a retry is not a second act.
//!
//! A key belongs to its holder, method and route: a withdrawal is never refused because its key gave before. The same key with another body, or
//! for another customer, is refused; while the first request runs, others with its key wait for its answer. Answers are kept in memory, 24 hours and within a bounded
//! size, oldest leaving first; only those that did something are (2xx).
//! Invariants: an answer about an erased customer is never repeated, and an answer that used personal data is repeated only
//! while the customer's consents stand as they stood: a withdrawal shows in the very next answer, also in a retry. (An answer to
//! a choice is repeated whatever came after it: else a late retry would give again what was withdrawn.)
//! Left out: restarts. A choice carries its request in the log, so that a retry makes none again even then, and a permission for
//! once is known from it too.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use parking_lot::Mutex;
use regie_domain::ids::Handle;
use tokio::sync::OwnedMutexGuard;

use super::AppState;
use super::auth::Caller;
use super::body::{self, API_BYTES_MAX};
use super::problem::Problem;
use crate::engine::Engine;

/// How long an answer is repeated.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How many answers are kept.
const ANSWERS_MAX: usize = 100_000;
/// How many bytes of answers are kept.
const BYTES_MAX: usize = 64 << 20;
/// How long a second request waits for the first.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Above so many requests under way, those that nobody waits for are let go.
const RUNNING_SWEPT: usize = 1024;
/// The longest key.
const KEY_BYTES_MAX: usize = 255;

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A handler says by this, in its response's extensions, whom the answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The customer.
    pub customer: Handle,
    /// The answer used personal data, while the consents stood so ([`Engine::standing`]).
    pub standing: Option<u64>,
}

/// A handler says by this that its answer is about nobody, or about somebody who is gone, and may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AboutNobody;

/// The request's name: its key with its holder, route, target and body. By it the engine knows a retry from the log.
#[derive(Debug, Clone)]
pub struct RequestKey(pub String);

type Name = [u8; 32];

#[derive(Debug, Clone)]
struct Kept {
    fingerprint: [u8; 32],
    status: StatusCode,
    content_type: Option<HeaderValue>,
    body: Bytes,
    about: Option<About>,
    since: Instant,
}

#[derive(Debug, Default)]
struct Memory {
    answers: HashMap<Name, Kept>,
    order: VecDeque<Name>,
    bytes: usize,
    running: HashMap<Name, Arc<tokio::sync::Mutex<()>>>,
}

/// The answers that are kept.
#[derive(Debug, Default)]
pub struct Replays(Mutex<Memory>);

impl Replays {
    /// Forgets what is kept about customers who are no longer known; see [`Site::forget_unknown`](super::pages::Site::forget_unknown).
    pub fn forget_unknown(&self, engine: &Engine) {
        self.forget(|customer| !engine.knows(customer));
    }

    fn forget(&self, is_gone: impl Fn(Handle) -> bool) {
        let mut memory = self.0.lock();
        let mut freed = 0;
        memory.answers.retain(|_, kept| {
            let stays = !kept.about.is_some_and(|about| is_gone(about.customer));
            freed += if stays { 0 } else { kept.body.len() };
            stays
        });
        memory.bytes -= freed;
    }

    /// The kept answer, if there is one that still stands, and its request was the same. `standing` is [`Engine::standing`].
    fn find(&self, name: &Name, fingerprint: &[u8; 32], standing: impl Fn(Handle) -> Option<u64>) -> Option<Result<Kept, Problem>> {
        let kept = self.0.lock().answers.get(name).filter(|kept| kept.since.elapsed() < KEPT)?.clone();
        if kept.fingerprint != *fingerprint {
            return Some(Err(reused()));
        }
        let stands = kept.about.is_none_or(|about| match (standing(about.customer), about.standing) {
            (Some(now), Some(then)) => now == then,
            (now, _) => now.is_some(),
        });
        stands.then_some(Ok(kept))
    }

    fn keep(&self, name: Name, kept: Kept) {
        let mut memory = self.0.lock();
        memory.bytes += kept.body.len();
        if let Some(old) = memory.answers.insert(name, kept) {
            memory.bytes -= old.body.len();
        }
        memory.order.push_back(name);
        loop {
            let too_much = memory.answers.len() > ANSWERS_MAX || memory.bytes > BYTES_MAX || memory.order.len() > 2 * ANSWERS_MAX;
            let Some(oldest) = memory.order.front().copied() else { break };
            let is_old = memory.answers.get(&oldest).is_none_or(|kept| kept.since.elapsed() >= KEPT);
            if !too_much && !is_old {
                break;
            }
            memory.order.pop_front();
            if let Some(old) = memory.answers.remove(&oldest) {
                memory.bytes -= old.body.len();
            }
        }
    }

    fn turn(&self, name: Name) -> Arc<tokio::sync::Mutex<()>> {
        let mut memory = self.0.lock();
        if memory.running.len() > RUNNING_SWEPT {
            // Left by callers who hung up while they waited.
            memory.running.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        memory.running.entry(name).or_default().clone()
    }

    /// Ends a turn, and lets go of it if nobody else waits.
    fn end_turn(&self, name: &Name, guard: OwnedMutexGuard<()>) {
        drop(guard);
        let mut memory = self.0.lock();
        if memory.running.get(name).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            memory.running.remove(name);
        }
    }
}

fn reused() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "this Idempotency-Key was sent before with another request")
        .remedy("make a new key for each new request; repeat a key only to retry")
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Problem::bad("idempotency_key_wrong", "more than one Idempotency-Key was sent").remedy("send one"));
    }
    let is_key = |key: &&str| !key.is_empty() && key.len() <= KEY_BYTES_MAX && key.bytes().all(|b| b.is_ascii_graphic());
    match value.to_str().ok().filter(is_key) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Problem::bad("idempotency_key_wrong", format!("an Idempotency-Key is 1 to {KEY_BYTES_MAX} visible ASCII characters"))
            .remedy("send a UUID")),
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The answer of a request that carries a key: made now, or repeated. Only behind the gate, so that only who may ask is answered.
pub(super) async fn repeated(state: AppState, request: Request, next: Next) -> Response {
    match answer(state, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(state: AppState, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = key_of(request.headers())? else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    // Every route whose answers are repeated asks for a scope.
    let Some(Caller::Api(api)) = parts.extensions.get::<Caller>() else { return Err(Problem::internal()) };
    let holder = format!("api {}", api.name);
    let template = parts.extensions.get::<MatchedPath>().map(|m| m.as_str().to_owned()).unwrap_or_default();
    let bytes = body::read(body, API_BYTES_MAX).await.map_err(|e| e.problem(API_BYTES_MAX))?;
    let method = parts.method.as_str().as_bytes();
    let name = hash(&[holder.as_bytes(), method, template.as_bytes(), key.as_bytes()]);
    let target = parts.uri.path_and_query().map(|p| p.as_str().to_owned()).unwrap_or_default();
    let fingerprint = hash(&[target.as_bytes(), &bytes]);
    if let Some(kept) = state.replays.find(&name, &fingerprint, |c| state.engine.standing(c)) {
        return kept.map(repeat);
    }
    let waited = tokio::time::timeout(WAIT_MAX, state.replays.turn(name).lock_owned()).await;
    let Ok(guard) = waited else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "request_in_progress",
            "the first request with this Idempotency-Key is not finished",
        )
        .remedy("try again later")
        .retry_after(5));
    };
    // It may have been answered while this one waited.
    if let Some(kept) = state.replays.find(&name, &fingerprint, |c| state.engine.standing(c)) {
        state.replays.end_turn(&name, guard);
        return kept.map(repeat);
    }
    // With the fingerprint: after a restart nothing else tells a retry from another request under the same key.
    parts.extensions.insert(RequestKey(crate::engine::hex(&hash(&[&name, &fingerprint])[..16])));
    let request = Request::from_parts(parts, Body::from(bytes));
    // On a task of its own: a caller that hangs up and retries must find the answer of what was begun.
    let running = tokio::spawn(async move {
        let response = run(&state, name, fingerprint, request, next).await;
        state.replays.end_turn(&name, guard);
        response
    });
    running.await.map_err(|_| Problem::internal())
}

async fn run(state: &AppState, name: Name, fingerprint: [u8; 32], request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let said = response.extensions();
    // What does not say whom it is about is told once: kept, it could outlive them.
    if !response.status().is_success() || said.get::<About>().is_none() && said.get::<AboutNobody>().is_none() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = body::read(body, usize::MAX).await else { return Problem::internal().into_response() };
    let kept = Kept {
        fingerprint,
        status: parts.status,
        content_type: parts.headers.get(header::CONTENT_TYPE).cloned(),
        body: body.clone(),
        about: parts.extensions.get::<About>().copied(),
        since: Instant::now(),
    };
    state.replays.keep(name, kept);
    Response::from_parts(parts, Body::from(body))
}

fn repeat(kept: Kept) -> Response {
    let mut response = (kept.status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if let Some(kind) = kept.content_type {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(about: Option<u128>, bytes: usize) -> Kept {
        let about = about.map(|customer| About { customer: Handle(customer), standing: None });
        Kept {
            fingerprint: [1; 32],
            status: StatusCode::OK,
            content_type: None,
            body: Bytes::from(vec![0; bytes]),
            about,
            since: Instant::now(),
        }
    }

    fn find(replays: &Replays, n: usize) -> bool {
        replays.find(&name(n), &[1; 32], |_| Some(7)).is_some()
    }

    fn name(n: usize) -> Name {
        hash(&[&n.to_le_bytes()])
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_leave_first() {
        let replays = Replays::default();
        for n in 0..70 {
            replays.keep(name(n), kept(None, 1 << 20));
        }
        assert!(!find(&replays, 0));
        assert!(find(&replays, 69));
        assert!(replays.0.lock().bytes <= BYTES_MAX);
        for n in 0..ANSWERS_MAX + 10 {
            replays.keep(name(n), kept(None, 0));
        }
        assert!(replays.0.lock().answers.len() <= ANSWERS_MAX);
        assert!(replays.0.lock().order.len() <= 2 * ANSWERS_MAX);
    }

    #[tokio::test]
    async fn a_turn_is_let_go_when_nobody_waits() {
        let replays = Arc::new(Replays::default());
        let first = replays.turn(name(1)).lock_owned().await;
        let waiting = tokio::spawn(replays.turn(name(1)).lock_owned());
        replays.end_turn(&name(1), first);
        let second = waiting.await.unwrap();
        replays.end_turn(&name(1), second);
        assert!(replays.0.lock().running.is_empty());
    }

    #[test]
    fn a_customers_answers_are_forgotten_and_others_stay() {
        let replays = Replays::default();
        replays.keep(name(1), kept(Some(1), 10));
        replays.keep(name(2), kept(Some(2), 10));
        replays.keep(name(3), kept(None, 10));
        replays.forget(|h| h == Handle(1));
        assert!(!find(&replays, 1));
        assert!(find(&replays, 2));
        assert!(find(&replays, 3));
        assert_eq!(replays.0.lock().bytes, 20);
    }

    #[test]
    fn an_answer_is_repeated_only_while_what_it_rests_on_stands() {
        let replays = Replays::default();
        let about = |standing| Kept { about: Some(About { customer: Handle(1), standing }), ..kept(None, 1) };
        replays.keep(name(1), about(None));
        replays.keep(name(2), about(Some(7)));
        let found = |n, standing: Option<u64>| replays.find(&name(n), &[1; 32], |_| standing).is_some();
        assert!(found(1, Some(7)) && found(1, Some(8)) && found(2, Some(7)));
        assert!(!found(2, Some(8)), "the customer chose anew");
        assert!(!found(1, None) && !found(2, None), "the customer was erased");
    }

    #[test]
    fn another_request_under_the_same_key_is_refused() {
        let replays = Replays::default();
        replays.keep(name(1), kept(None, 1));
        assert_eq!(replays.find(&name(1), &[2; 32], |_| None).unwrap().unwrap_err().code, "idempotency_key_reused");
    }

    #[test]
    fn a_key_is_visible_ascii() {
        let of = |value: HeaderValue| key_of(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, value)]));
        assert_eq!(of(HeaderValue::from_static("k-1")).unwrap().as_deref(), Some("k-1"));
        for bad in ["", "a b", &"k".repeat(256)] {
            assert_eq!(of(HeaderValue::from_str(bad).unwrap()).unwrap_err().code, "idempotency_key_wrong", "{bad}");
        }
        assert_eq!(of(HeaderValue::from_bytes(b"k\xff").unwrap()).unwrap_err().code, "idempotency_key_wrong");
    }
}
