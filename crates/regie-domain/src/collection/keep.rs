//! What of an event may be kept: the parts whose category some purpose carries, judged by the caller's `verdict`.
//!
//! The same rule is used when an event arrives and when a purpose ends, so what stays after a withdrawal is what would have been
//! kept without that purpose. Invariant: nothing is added, and what is kept is a part of what came in.
//! Left out: which purposes hold, and retention terms; the verdict knows.

use crate::fact::{Event, EventName, Line, Order};

use super::plan::{Part, attribute_kind, essential_category, part_kind};

/// What [`keep`] says.
#[expect(clippy::large_enum_variant, reason = "the large variant is the usual one; a box would cost it an allocation")]
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// Keep this.
    Kept {
        /// The event, with the allowed parts only.
        event: Event,
        /// How many parts were left out: for the counter.
        parts_left_out: u32,
    },
    /// Keep nothing.
    Nothing {
        /// The category without which the event says nothing, and which no purpose carries: for the counter.
        category: &'static str,
    },
}

/// What [`strip`] says.
#[expect(clippy::large_enum_variant, reason = "it lives for one match")]
#[derive(Debug, Clone, PartialEq)]
pub enum Stripped {
    /// All of it may stay.
    Unchanged,
    /// Replace it by this.
    Changed(Event),
    /// Delete it.
    Gone,
}

/// Leaves out of an event what may not be kept. `verdict` is asked once or twice for each category in it.
pub fn keep(mut event: Event, mut verdict: impl FnMut(&'static str) -> bool) -> Kept {
    let category = essential_category(event.name);
    if !verdict(category) {
        return Kept::Nothing { category };
    }
    let mut parts_left_out = 0;
    for part in Part::ALL {
        if has(&event, part) && !allowed(event.name, part, category, &mut verdict) {
            remove(&mut event, part);
            parts_left_out += 1;
        }
    }
    Kept::Kept { event, parts_left_out }
}

/// Says what must become of a kept event. Copies it only if it changes.
pub fn strip(event: &Event, mut verdict: impl FnMut(&'static str) -> bool) -> Stripped {
    let category = essential_category(event.name);
    if !verdict(category) {
        return Stripped::Gone;
    }
    let mut changed: Option<Event> = None;
    for part in Part::ALL {
        if has(event, part) && !allowed(event.name, part, category, &mut verdict) {
            remove(changed.get_or_insert_with(|| event.clone()), part);
        }
    }
    changed.map_or(Stripped::Unchanged, Stripped::Changed)
}

/// A part that the plan does not know for this event has no category, and nothing could carry it.
fn allowed(event: EventName, part: Part, known_good: &'static str, verdict: &mut impl FnMut(&'static str) -> bool) -> bool {
    part_kind(event, part).is_some_and(|kind| kind.category == known_good || verdict(kind.category))
}

fn has(event: &Event, part: Part) -> bool {
    match part {
        Part::Lines => !event.lines.is_empty(),
        Part::Order => event.order.is_some(),
        Part::Query => event.query.is_some(),
        Part::Page => event.page.is_some(),
        Part::Store => event.store.is_some(),
    }
}

fn remove(event: &mut Event, part: Part) {
    match part {
        Part::Lines => event.lines.clear(),
        Part::Order => event.order = None,
        Part::Query => event.query = None,
        Part::Page => event.page = None,
        Part::Store => event.store = None,
    }
}

/// The attributes whose category may be kept, in their order, and how many were left out.
pub fn keep_attributes(values: Vec<(String, String)>, mut verdict: impl FnMut(&'static str) -> bool) -> (Vec<(String, String)>, u32) {
    let mut left_out = 0;
    let kept = values.into_iter().filter(|(name, _)| {
        let may = attribute_kind(name).is_some_and(|kind| verdict(kind.category));
        left_out += u32::from(!may);
        may
    });
    (kept.collect(), left_out)
}

/// What tax law needs of an order: number, currency, amounts and lines. Not the coupon, not the shop, not when it was looked at.
/// `None` for anything but an order or its refund. Until when it is kept, and whether, is the policy's to say.
pub fn legal_remainder(event: &Event) -> Option<(Order, Vec<Line>)> {
    let order = event.order.as_ref().filter(|_| event.name.is_purchase())?;
    Some((Order { coupon: None, ..order.clone() }, event.lines.clone()))
}
