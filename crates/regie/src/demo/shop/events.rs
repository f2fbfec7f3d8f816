//! What the shop tells Regie, as any shop's server would: Segment's messages through the shop's own source.
//!
//! Here they take the short way, inside one process; over HTTP it would be `POST /v1/track` with the shop's write key.
//! A customer whom nobody knows is not told about: nothing is sent before they order or permit something.

use regie_domain::collection::{Body, Dropped, EventBody, Incoming, Kind};
use regie_domain::fact::{EventName, Line, Order};

use crate::engine::EngineError;
use crate::http::pages::caller::{Caller, SHOP_SOURCE, token};

/// What happened.
#[derive(Debug, Default)]
pub(super) struct Happening {
    pub(super) lines: Vec<Line>,
    pub(super) order: Option<Order>,
    pub(super) query: Option<String>,
}

impl Happening {
    /// About one item.
    pub(super) fn item(item: &str, cents: Option<i64>) -> Happening {
        Happening { lines: vec![Line { item: item.to_owned(), quantity: 1, cents }], ..Happening::default() }
    }
}

/// Tells Regie. Nothing for somebody whom nobody knows.
///
/// # Errors
/// Those of the engine; the page goes on without.
pub(super) async fn tell_regie(caller: &Caller, name: EventName, what: Happening) -> Result<(), EngineError> {
    let session = &caller.session;
    if session.number.is_none() && session.secret.is_none() {
        return Ok(());
    }
    let message = Incoming {
        message_id: Some(token()),
        kind: Kind::Track,
        user_id: session.number.clone(),
        anonymous_id: session.anonymous_id(),
        previous_id: None,
        session: Some(session.visit.clone()),
        happened_at: caller.site.engine.now(),
        time_doubted: false,
        body: Body::Event(EventBody { name, lines: what.lines, order: what.order, query: what.query, page: None, store: None }),
        consent_preferences: Vec::new(),
        dropped: Dropped::default(),
    };
    caller.site.engine.collect(SHOP_SOURCE, vec![message]).await.map(|_| ())
}

/// Tells Regie of what was looked at; a page is not worth failing for it.
pub(super) async fn mention(caller: &Caller, name: EventName, what: Happening) {
    if let Err(error) = tell_regie(caller, name, what).await {
        tracing::warn!(code = error.code(), "the shop could not tell Regie of an event");
    }
}
