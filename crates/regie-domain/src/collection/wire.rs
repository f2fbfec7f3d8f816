//! Segment's format, as the real clients send it: single events and batches.
//!
//! Reading is one pass over the text without a tree. Unknown fields are skipped and counted; a known field of a wrong type is an
//! error of that event alone. Left out: gzip, content types and where the write key was found besides the body (HTTP's business),
//! and telling duplicates.

use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::body;
use super::error::{BatchError, EventError};
use super::incoming::{Body, Dropped, Incoming, Kind};
use super::json::{Lenient, List, Object, Scalar, nests_deeper_than, skip};
use super::limits;
use crate::time::Time;

/// A request with one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Single {
    /// The event.
    pub incoming: Incoming,
    /// `writeKey` in the body, for clients that put it there.
    pub write_key: Option<String>,
}

/// A request with many.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Each event or why it was not accepted, in the order sent.
    pub events: Vec<Result<Incoming, EventError>>,
    /// `writeKey` in the body, for clients that put it there.
    pub write_key: Option<String>,
    /// When the client sent it, by its own clock.
    pub sent_at: Option<Time>,
}

/// Reads one event. `kind` is what the path says and goes before `type` in the body; `received` is our now.
/// About 2 µs for 1 KB.
///
/// # Errors
/// [`EventError`]; nothing of the event may then be kept.
pub fn parse_event(kind: Option<Kind>, bytes: &[u8], received: Time) -> Result<Single, EventError> {
    let bytes = bytes.trim_ascii();
    if bytes.len() > limits::EVENT_BYTES_MAX {
        return Err(EventError::EventTooLarge { bytes: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| EventError::JsonBroken)?;
    let (incoming, write_key) = read(kind, text, &Shared { received, sent_at: None, context: None })?;
    Ok(Single { incoming, write_key })
}

/// Reads a batch. `bytes_max` is what the source may send at once; `received` is our now.
///
/// # Errors
/// [`BatchError`] only if the batch as a whole cannot be read; a bad event is an error in [`Batch::events`].
pub fn parse_batch(bytes: &[u8], bytes_max: usize, received: Time) -> Result<Batch, BatchError> {
    if bytes.len() > bytes_max {
        return Err(BatchError::TooLarge { bytes: bytes.len(), bytes_max });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| BatchError::Unreadable)?;
    let Ok(Lenient::Is(batch)) = serde_json::from_str::<Lenient<WireBatch<'_>>>(text) else {
        return Err(BatchError::Unreadable);
    };
    let Lenient::Is(events) = batch.events else { return Err(BatchError::EventsMissing) };
    if events.too_many {
        return Err(BatchError::EventsTooMany);
    }
    // What the batch says of consent goes for its events: if it cannot be read, they cannot be judged.
    let context = batch.context.object("context").map_err(|_| BatchError::ContextWrong)?;
    let context = context.map(SharedContext::read).transpose().map_err(|_| BatchError::ContextWrong)?;
    let sent_at = time_in(&batch.sent_at);
    let shared = Shared { received, sent_at, context };
    let events = events.items.into_iter().map(|raw| {
        let text = raw.get();
        if text.len() > limits::EVENT_BYTES_MAX {
            return Err(EventError::EventTooLarge { bytes: text.len() });
        }
        read(None, text, &shared).map(|(incoming, _)| incoming)
    });
    Ok(Batch { events: events.collect(), write_key: write_key_in(batch.write_key), sent_at })
}

/// What the events of one request have in common.
struct Shared {
    received: Time,
    sent_at: Option<Time>,
    /// Session and consent of the whole batch, for events without their own.
    context: Option<SharedContext>,
}

struct SharedContext {
    session: Option<String>,
    preferences: Vec<(String, bool)>,
}

impl SharedContext {
    fn read(context: Context<'_>) -> Result<SharedContext, EventError> {
        let session = context.session.id("context.sessionId")?;
        Ok(SharedContext { session, preferences: preferences_in(context.consent)? })
    }
}

fn read(kind: Option<Kind>, text: &str, shared: &Shared) -> Result<(Incoming, Option<String>), EventError> {
    if nests_deeper_than(text, limits::DEPTH_MAX) {
        return Err(EventError::JsonTooDeep);
    }
    let event: Lenient<WireEvent<'_>> = serde_json::from_str(text).map_err(|_| EventError::JsonBroken)?;
    let mut event = match event {
        Lenient::Is(event) => event,
        Lenient::Absent | Lenient::Wrong => {
            return Err(EventError::TypeWrong { field: "the event", expected: "an object" });
        }
    };
    let kind = match kind {
        Some(kind) => kind,
        None => {
            let text = event.kind.take().written("type")?.ok_or(EventError::KindMissing)?;
            Kind::named(&text).ok_or(EventError::KindUnknown)?
        }
    };
    let (user_id, anonymous_id) = customer_in(&mut event)?;
    let previous_id = if kind == Kind::Alias { Some(previous_in(&mut event, user_id.as_ref())?) } else { None };
    let message_id = event.message_id.take().written_id("messageId")?;
    let (happened_at, time_doubted) = when(&mut event, shared)?;

    let mut dropped = Dropped { unknown_field: event.unknown, ..Dropped::default() };
    let mut context = event.context.take().object("context")?.unwrap_or_default();
    dropped.context_field = context.unknown;
    let mut consent_preferences = preferences_in(context.consent.take())?;
    let mut session = context.session.take().id("context.sessionId")?;
    if let Some(of_batch) = &shared.context {
        session = session.or_else(|| of_batch.session.clone());
        // Both hold: any "no" counts.
        consent_preferences.extend(of_batch.preferences.iter().cloned());
    }

    let write_key = write_key_in(event.write_key.take());
    let body = match kind {
        Kind::Alias => Body::Alias,
        Kind::Screen | Kind::Group => {
            dropped.kind_not_kept = 1;
            Body::Counted
        }
        Kind::Identify => {
            // RudderStack's browser client puts them into the context.
            let traits = if event.traits.is_absent() { context.traits.take() } else { event.traits.take() };
            body::attributes(traits, &mut dropped)?
        }
        Kind::Track | Kind::Page => {
            let mut none = None;
            let properties = match event.properties.get("properties")? {
                Some(properties) => properties,
                None => none.get_or_insert_default(),
            };
            if session.is_none() {
                session = properties.session.take().id("properties.session_id")?;
            }
            if kind == Kind::Page {
                body::page(event.name.take(), properties, &mut dropped)?
            } else {
                body::track(event.event.take(), properties, &mut dropped)?
            }
        }
    };
    dropped.context_field += u32::from(!context.traits.is_absent());
    let incoming = Incoming {
        message_id,
        kind,
        user_id,
        anonymous_id,
        previous_id,
        session,
        happened_at,
        time_doubted,
        body,
        consent_preferences,
        dropped,
    };
    Ok((incoming, write_key))
}

/// Both identifiers. An empty one beside another counts as absent: some clients send `"userId": ""` for everybody unknown.
fn customer_in(event: &mut WireEvent<'_>) -> Result<(Option<String>, Option<String>), EventError> {
    let (user, anonymous) = (event.user_id.take(), event.anonymous_id.take());
    let blank = if user.is_blank() { Some("userId") } else { anonymous.is_blank().then_some("anonymousId") };
    match (user.written_id("userId")?, anonymous.written_id("anonymousId")?, blank) {
        (None, None, Some(field)) => Err(EventError::IdEmpty { field }),
        (None, None, None) => Err(EventError::CustomerMissing),
        (user, anonymous, _) => Ok((user, anonymous)),
    }
}

/// The other identifier of an alias, which must also name a `userId`.
fn previous_in(event: &mut WireEvent<'_>, user: Option<&String>) -> Result<String, EventError> {
    let previous = event.previous_id.take();
    let blank = previous.is_blank();
    match (previous.written_id("previousId")?, user) {
        (Some(previous), Some(_)) => Ok(previous),
        (Some(_), None) => Err(EventError::FieldMissing { field: "userId" }),
        (None, _) if blank => Err(EventError::IdEmpty { field: "previousId" }),
        (None, _) => Err(EventError::FieldMissing { field: "previousId" }),
    }
}

/// When it happened, and whether the source's word for it is doubted.
///
/// `timestamp` is believed as it stands. `originalTimestamp` alone is by the device's clock, so it is corrected as Segment does:
/// received − (sentAt − originalTimestamp). Without either, it happened when it was sent, as far as that is said, else when it was received:
/// of a late retry only `sentAt` tells that it is one. A time that cannot be read, or lies
/// more than a day ahead, twenty years back or before 2000, is replaced by our own and flagged: the event is worth more than its time.
fn when(event: &mut WireEvent<'_>, shared: &Shared) -> Result<(Time, bool), EventError> {
    let received = shared.received;
    let (said, by_device) =
        if event.timestamp.is_absent() { (event.original_timestamp.take(), true) } else { (event.timestamp.take(), false) };
    let text = match &said {
        Scalar::Absent => match time_in(&event.sent_at).or(shared.sent_at) {
            Some(sent) if sent < received && is_of_our_time(sent, received) => return Ok((sent, false)),
            _ => return Ok((received, false)),
        },
        Scalar::Text(text) => text.trim(),
        _ => return Err(EventError::TypeWrong { field: "timestamp", expected: "an RFC 3339 time" }),
    };
    let Ok(mut at) = Time::parse_loosely(text) else { return Ok((received, true)) };
    if by_device && let Some(sent_at) = time_in(&event.sent_at).or(shared.sent_at) {
        at = Time::from_millis(received.millis().saturating_sub(sent_at.millis()).saturating_add(at.millis()));
    }
    if is_of_our_time(at, received) { Ok((at, false)) } else { Ok((received, true)) }
}

fn is_of_our_time(at: Time, received: Time) -> bool {
    let latest = received.seconds().saturating_add(limits::AHEAD_SECONDS_MAX);
    let earliest = received.seconds().saturating_sub(limits::AGO_SECONDS_MAX).max(limits::EARLIEST_SECONDS);
    (earliest..=latest).contains(&at.seconds())
}

fn time_in(scalar: &Scalar<'_>) -> Option<Time> {
    match scalar {
        Scalar::Text(text) => Time::parse_loosely(text.trim()).ok(),
        _ => None,
    }
}

/// A write key that is no text is none: authentication then fails, with its own error.
fn write_key_in(scalar: Scalar<'_>) -> Option<String> {
    scalar.id("writeKey").ok().flatten()
}

/// The source's own consent categories. What cannot be read is an error, because ignoring a "no" would be worse.
fn preferences_in(consent: Lenient<Consent>) -> Result<Vec<(String, bool)>, EventError> {
    let Some(consent) = consent.object("context.consent")? else { return Ok(Vec::new()) };
    let Some(preferences) = consent.preferences.object("context.consent.categoryPreferences")? else {
        return Ok(Vec::new());
    };
    if preferences.unreadable {
        return Err(EventError::TypeWrong { field: "context.consent.categoryPreferences", expected: "true or false for each category" });
    }
    Ok(preferences.all)
}

#[derive(Default)]
struct WireBatch<'a> {
    events: Lenient<List<&'a RawValue, { limits::EVENTS_MAX }>>,
    write_key: Scalar<'a>,
    sent_at: Scalar<'a>,
    context: Lenient<Context<'a>>,
}

impl<'de> Object<'de> for WireBatch<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "batch" => self.events = map.next_value()?,
            "writeKey" => self.write_key = map.next_value()?,
            "sentAt" => self.sent_at = map.next_value()?,
            "context" => self.context = map.next_value()?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// One event on the wire.
#[derive(Default)]
struct WireEvent<'a> {
    kind: Scalar<'a>,
    message_id: Scalar<'a>,
    user_id: Scalar<'a>,
    anonymous_id: Scalar<'a>,
    previous_id: Scalar<'a>,
    timestamp: Scalar<'a>,
    original_timestamp: Scalar<'a>,
    sent_at: Scalar<'a>,
    write_key: Scalar<'a>,
    event: Scalar<'a>,
    name: Scalar<'a>,
    context: Lenient<Context<'a>>,
    properties: Lenient<body::Properties<'a>>,
    traits: Lenient<body::Traits<'a>>,
    unknown: u32,
}

impl<'de> Object<'de> for WireEvent<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "type" => self.kind = map.next_value()?,
            "messageId" => self.message_id = map.next_value()?,
            "userId" => self.user_id = map.next_value()?,
            "anonymousId" => self.anonymous_id = map.next_value()?,
            "previousId" => self.previous_id = map.next_value()?,
            "timestamp" => self.timestamp = map.next_value()?,
            "originalTimestamp" => self.original_timestamp = map.next_value()?,
            "sentAt" => self.sent_at = map.next_value()?,
            "writeKey" => self.write_key = map.next_value()?,
            "event" => self.event = map.next_value()?,
            "name" => self.name = map.next_value()?,
            "context" => self.context = map.next_value()?,
            "properties" => self.properties = map.next_value()?,
            "traits" => self.traits = map.next_value()?,
            // The envelope of the clients: nothing about the customer, so nothing left out.
            "integrations" | "_metadata" | "channel" | "version" | "receivedAt" | "projectId" | "rudderId" => skip(map)?,
            _ => {
                skip(map)?;
                self.unknown += 1;
            }
        }
        Ok(())
    }
}

/// What the client says of the circumstances. All but these three is about the device, and is not taken.
#[derive(Default)]
struct Context<'a> {
    session: Scalar<'a>,
    consent: Lenient<Consent>,
    traits: Lenient<body::Traits<'a>>,
    unknown: u32,
}

impl<'de> Object<'de> for Context<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "sessionId" | "session_id" => self.session = map.next_value()?,
            "consent" => self.consent = map.next_value()?,
            "traits" => self.traits = map.next_value()?,
            "library" => skip(map)?,
            _ => {
                skip(map)?;
                self.unknown += 1;
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Consent {
    preferences: Lenient<Preferences>,
}

impl<'de> Object<'de> for Consent {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "categoryPreferences" => self.preferences = map.next_value()?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

#[derive(Default)]
struct Preferences {
    all: Vec<(String, bool)>,
    unreadable: bool,
}

impl<'de> Object<'de> for Preferences {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match map.next_value::<Scalar<'de>>()? {
            Scalar::Bool(allowed) => self.all.push((key.to_owned(), allowed)),
            Scalar::Absent => {}
            _ => self.unreadable = true,
        }
        Ok(())
    }
}
