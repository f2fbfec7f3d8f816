//! May a customer be asked again?
//!
//! Invariant: a no is respected for as long as the yes that is asked for would hold, and never for less than the policy says; what
//! holds needs no question. A customer who comes by themselves can always choose. Left out: asking.

use super::state::State;
use super::until::UntilWish;
use crate::policy::{Policy, Purpose, Retention};
use crate::time::Time;

/// When a customer may be asked for a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskAgain {
    /// Any time.
    Now,
    /// From this moment on.
    From(Time),
    /// Not at all: the permission holds, or a no answers a question that had no end.
    Never,
}

/// May the customer be asked for this purpose? `said_no` is when a refusal or withdrawal was recorded, `wish` the end of what would be
/// asked for.
pub fn ask_again(policy: &Policy, purpose: &Purpose, state: State, said_no: Option<Time>, wish: Option<UntilWish>, now: Time) -> AskAgain {
    match state {
        State::Given => return AskAgain::Never,
        State::Unknown | State::Expired | State::Invalidated => return AskAgain::Now,
        State::Refused | State::Withdrawn => {}
    }
    let Some(no) = said_no else { return AskAgain::Now };
    let after = |term: Retention| term.ends(no, &policy.time_zone).unwrap_or(no);
    let as_long = match wish {
        Some(UntilWish::Withdrawn) => return AskAgain::Never,
        Some(UntilWish::Day) => after(Retention::For { months: 0, days: 1 }),
        Some(UntilWish::Week) => after(Retention::For { months: 0, days: 7 }),
        Some(UntilWish::Month) => after(Retention::For { months: 1, days: 0 }),
        // As long as the yes would hold if it were given now, counted from the no.
        Some(UntilWish::Moment(end)) => no.plus_seconds(end.seconds().saturating_sub(now.seconds()).max(0)),
        Some(UntilWish::Date(date)) => {
            let end = date.tomorrow().and_then(|next| next.to_zoned_datetime(policy.time_zone.clone()));
            let end = end.map_or(now, |local| Time::from_millis(local.timestamp().as_millisecond()));
            no.plus_seconds(end.seconds().saturating_sub(now.seconds()).max(0))
        }
        Some(UntilWish::Visit | UntilWish::Once) | None => no,
    };
    let from = after(purpose.ask_again_after).max(as_long);
    if from <= now { AskAgain::Now } else { AskAgain::From(from) }
}
