//! The way in: a signed link, short-lived and good for one use, that the shop asks for and gives to its customer.
//!
//! A `GET` shows a button and changes nothing (mail scanners follow links); the `POST` behind the button uses the link up.
//! The link carries the opaque handle, an end, a random number and a signature; nothing personal. It dies with the process that
//! signed it, because the list of used links does.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use parking_lot::Mutex;
use regie_domain::ids::Handle;
use regie_domain::time::Time;

use super::asked::InPath;
use super::caller::Caller;
use super::form::Posted;
use super::portal::views::{Go, PlainPage};
use super::portal::{ENDS, take_along};
use super::problem::{Problem, problem};
use super::site::Site;
use super::words::Language;
use crate::engine::{self, EngineError};

/// How long a link works that nobody asked to last longer.
pub const LINK_SECONDS: i64 = 15 * 60;
/// More used links than this cannot be waiting for their end: links are made one at a time, by the shop, for a quarter of an hour.
const USED_MAX: usize = 1_000_000;

/// A link, as the shop gives it to its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalLink {
    /// The path: put the site's own address before it.
    pub path: String,
    /// It works until then.
    pub expires_at: Time,
}

/// The links that were used up and have not expired yet, by their random number.
#[derive(Debug, Default)]
pub(super) struct UsedLinks(Mutex<HashMap<[u8; 8], Time>>);

impl UsedLinks {
    /// Uses a link up. False if it was used before.
    fn take(&self, nonce: [u8; 8], expires_at: Time, now: Time) -> bool {
        let mut used = self.0.lock();
        if used.len() >= USED_MAX {
            used.retain(|_, end| *end > now);
        }
        used.insert(nonce, expires_at).is_none()
    }
}

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content {
    customer: Handle,
    expires_at: Time,
    nonce: [u8; 8],
    /// As the shop speaks with this customer; `None`: as the browser asks.
    language: Option<Language>,
}

impl Content {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.customer.0.to_be_bytes().to_vec();
        bytes.extend(self.expires_at.seconds().to_be_bytes());
        bytes.extend(self.nonce);
        bytes.push(match self.language {
            Some(Language::Dutch) => 0,
            Some(Language::English) => 1,
            None => 2,
        });
        bytes
    }
}

const CONTENT_BYTES: usize = 33;
const SIGNATURE_BYTES: usize = 16;

impl Site {
    /// A link for this customer, good once within `seconds`; in a language, unless the browser's own is to decide.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`]; [`EngineError::Randomness`] where the system has none.
    pub fn portal_link(&self, customer: Handle, language: impl Into<Option<Language>>, seconds: i64) -> Result<PortalLink, EngineError> {
        if !self.engine.knows(customer) {
            return Err(EngineError::UnknownCustomer);
        }
        let expires_at = Time::from_seconds(self.engine.now().plus_seconds(seconds).seconds());
        let content = Content { customer, expires_at, nonce: engine::random()?, language: language.into() }.bytes();
        let signature = self.sign("link", &content);
        let token = [content.as_slice(), signature.as_ref().get(..SIGNATURE_BYTES).unwrap_or_default()].concat();
        Ok(PortalLink { path: format!("/mijn/link/{}", engine::hex(&token)), expires_at })
    }

    /// What a token says, if we signed it and it has not expired.
    fn read_link(&self, token: &str) -> Result<Content, Problem> {
        let bytes = engine::unhex(token).filter(|b| b.len() == CONTENT_BYTES + SIGNATURE_BYTES).ok_or(Problem::LinkBroken)?;
        let (content, signature) = bytes.split_at(CONTENT_BYTES);
        if !self.verify("link", content, signature) {
            return Err(Problem::LinkBroken);
        }
        let take = |from: usize, to: usize| content.get(from..to).unwrap_or_default();
        let customer = take(0, 16).try_into().map(u128::from_be_bytes).map_err(|_| Problem::LinkBroken)?;
        let seconds = take(16, 24).try_into().map(i64::from_be_bytes).map_err(|_| Problem::LinkBroken)?;
        let nonce = take(24, 32).try_into().map_err(|_| Problem::LinkBroken)?;
        let language = match content.last() {
            Some(0) => Some(Language::Dutch),
            Some(1) => Some(Language::English),
            _ => None,
        };
        let content = Content { customer: Handle(customer), expires_at: Time::from_seconds(seconds), nonce, language };
        if content.expires_at <= self.engine.now() { Err(Problem::LinkExpired) } else { Ok(content) }
    }

    /// Is it used up already? Looking does not use it.
    fn is_used(&self, content: &Content) -> bool {
        self.used_links.0.lock().contains_key(&content.nonce)
    }
}

/// `/mijn/link/{token}`, `/mijn/uitloggen`, `/mijn/uitgelogd`.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/mijn/link/{token}", get(show).post(enter))
        .route("/mijn/uitloggen", post(leave).layer(ENDS))
        .route("/mijn/uitgelogd", get(left))
}

async fn show(mut caller: Caller, InPath(token): InPath) -> Response {
    let content = match caller.site.read_link(&token) {
        Ok(content) if !caller.site.is_used(&content) => content,
        Ok(_) => return problem(caller, StatusCode::GONE, Problem::LinkUsed),
        Err(why) => return problem(caller, StatusCode::GONE, why),
    };
    if let Some(language) = content.language {
        caller.speak_unless_chosen(language);
    }
    let t = caller.words;
    // Whose page it is, so that nobody walks into somebody else's by a link that they were sent.
    let whose = match caller.number_of(content.customer).await {
        Some(number) => t.with("link-as", &[("number", number.into())]),
        None => t.get("link-as-nobody"),
    };
    let leaves = caller.session.number.clone().filter(|_| caller.customer() != Some(content.customer));
    let leaves = leaves.map(|number| t.with("link-leaves", &[("number", number.into())]));
    let lead = [Some(whose), leaves, Some(t.get("link-lead"))].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let f = caller.frame(t.get("link-title"));
    let go = Go { to: format!("/mijn/link/{token}"), label: t.get("link-go"), post: true };
    caller.page(&PlainPage { f, title: t.get("link-title"), lead, go: Some(go) })
}

async fn enter(InPath(token): InPath, posted: Posted) -> Response {
    let mut caller = posted.caller;
    let site = Arc::clone(&caller.site);
    let content = match site.read_link(&token) {
        Ok(content) => content,
        Err(why) => return problem(caller, StatusCode::GONE, why),
    };
    if !site.engine.knows(content.customer) {
        return problem(caller, StatusCode::GONE, Problem::Gone);
    }
    if !site.used_links.take(content.nonce, content.expires_at, site.engine.now()) {
        return problem(caller, StatusCode::GONE, Problem::LinkUsed);
    }
    let number = caller.number_of(content.customer).await;
    caller.become_customer(Some(content.customer), number).await;
    let next = take_along::next(&mut caller, "/mijn").await;
    caller.go(next)
}

async fn leave(posted: Posted) -> Response {
    let mut caller = posted.caller;
    caller.leave(false).await;
    caller.go("/mijn/uitgelogd")
}

async fn left(mut caller: Caller) -> Response {
    if !caller.is_anonymous() {
        return caller.go("/mijn");
    }
    let t = caller.words;
    let f = caller.frame(t.get("signed-out-title"));
    let go = caller.site.shop.map(|to| Go { to: to.into(), label: t.get("to-the-shop"), post: false });
    caller.page(&PlainPage { f, title: t.get("signed-out-title"), lead: t.get("signed-out-lead"), go })
}
