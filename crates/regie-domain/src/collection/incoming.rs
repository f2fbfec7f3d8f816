//! What an event of a source says, after reading and before any decision.

use crate::fact::{Event, EventName, Line, Order, VisitId};
use crate::ids::EventId;
use crate::time::Time;

/// What kind of event the source sends (Segment's `type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Who the customer is, and attributes.
    Identify,
    /// Something that the customer did.
    Track,
    /// A page was looked at.
    Page,
    /// A screen was looked at: accepted and counted only.
    Screen,
    /// The customer belongs to an organisation: accepted and counted only.
    Group,
    /// Two identifiers are one customer.
    Alias,
}

impl Kind {
    /// The kind that a path (`track`, or `t` as browsers shorten it) or a `type` names.
    pub fn named(text: &str) -> Option<Kind> {
        Some(match text {
            "identify" | "i" => Kind::Identify,
            "track" | "t" => Kind::Track,
            "page" | "p" => Kind::Page,
            "screen" | "s" => Kind::Screen,
            "group" | "g" => Kind::Group,
            "alias" | "a" => Kind::Alias,
            _ => return None,
        })
    }
}

/// One event as a source sent it, reduced to what the collection plan knows. Nothing is decided yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The source's own id of this event, to tell duplicates by.
    pub message_id: Option<String>,
    /// Its kind.
    pub kind: Kind,
    /// The customer number at the source. This or `anonymous_id` is always there.
    pub user_id: Option<String>,
    /// The device.
    pub anonymous_id: Option<String>,
    /// The identifier used before; always there for [`Kind::Alias`], never for others.
    pub previous_id: Option<String>,
    /// The source's session, if it has one.
    pub session: Option<String>,
    /// When it happened, by the source's word; when we received it, if that word cannot be believed.
    pub happened_at: Time,
    /// The source's word cannot be believed.
    pub time_doubted: bool,
    /// What it says.
    pub body: Body,
    /// The source's own consent categories; only `false` means something.
    pub consent_preferences: Vec<(String, bool)>,
    /// How much was left out, and why.
    pub dropped: Dropped,
}

/// What an event says.
#[expect(clippy::large_enum_variant, reason = "the large variant is the usual one; a box would cost it an allocation")]
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The customer did something that the plan knows.
    Event(EventBody),
    /// What the customer is or has: name and value, names of the plan only. May be empty.
    Attributes(Vec<(String, String)>),
    /// `previous_id` and `user_id` are one customer.
    Alias,
    /// Nothing that the plan knows: counted, not kept.
    Counted,
}

/// The content of an event, without the frame that Regie gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventBody {
    /// What happened.
    pub name: EventName,
    /// The items it is about.
    pub lines: Vec<Line>,
    /// The order.
    pub order: Option<Order>,
    /// What was searched for.
    pub query: Option<String>,
    /// The page's name.
    pub page: Option<String>,
    /// The shop it happened in.
    pub store: Option<String>,
}

impl EventBody {
    /// An event with nothing in it.
    pub(super) fn bare(name: EventName) -> EventBody {
        EventBody { name, lines: Vec::new(), order: None, query: None, page: None, store: None }
    }

    /// The event as a fact would carry it, if all of it may be kept: pass it through [`keep`](super::keep) first.
    pub fn into_event(self, stamp: Stamp) -> Event {
        let EventBody { name, lines, order, query, page, store } = self;
        let Stamp { id, source, visit, happened_at, recorded_at, time_doubted, not_for, message } = stamp;
        Event { id, name, source, visit, happened_at, recorded_at, time_doubted, lines, query, page, order, store, not_for, message }
    }
}

/// The frame that Regie gives an event. Not personal by itself, so the plan has no category for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// Its public name.
    pub id: EventId,
    /// The source.
    pub source: String,
    /// The visit, see [`visit_id`](super::visit_id).
    pub visit: VisitId,
    /// From [`Incoming::happened_at`].
    pub happened_at: Time,
    /// Ours.
    pub recorded_at: Time,
    /// From [`Incoming::time_doubted`].
    pub time_doubted: bool,
    /// Ids of the purposes that [`narrow`](super::narrow) ruled out.
    pub not_for: Vec<String>,
    /// Keyed hash of (source, [`Incoming::message_id`]); 0 without one.
    pub message: u64,
}

/// How much of an event was left out, by reason. Counts only: they say nothing about anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Events whose name the plan does not know.
    pub unknown_event: u32,
    /// Events of a kind that is counted only (`screen`, `group`).
    pub kind_not_kept: u32,
    /// Pages without a name: only their address, which is not collected.
    pub page_unnamed: u32,
    /// Fields of an event that the plan does not take.
    pub unknown_field: u32,
    /// Attributes that the plan does not take.
    pub unknown_attribute: u32,
    /// Fields of `context` (address of the device, browser, page …).
    pub context_field: u32,
    /// Lines of an order without an item, or of none or fewer pieces.
    pub line_unusable: u32,
    /// Texts that were cut to their longest.
    pub text_cut: u32,
}

impl Dropped {
    /// Each reason's stable name and its count.
    pub fn reasons(&self) -> [(&'static str, u32); 8] {
        [
            ("unknown_event", self.unknown_event),
            ("kind_not_kept", self.kind_not_kept),
            ("page_unnamed", self.page_unnamed),
            ("unknown_field", self.unknown_field),
            ("unknown_attribute", self.unknown_attribute),
            ("context_field", self.context_field),
            ("line_unusable", self.line_unusable),
            ("text_cut", self.text_cut),
        ]
    }
}
