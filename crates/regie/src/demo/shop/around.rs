//! What stands around every page of the shop: rooms, basket, and the bar that says whether it is personal.

use regie_domain::consent::{Ends, PurposeState};
use regie_domain::information::ToldState;

use super::rooms::Rooms;
use super::views::{Around, RoomLink};
use crate::http::pages::caller::Caller;
use crate::http::pages::portal::terms;

/// The purpose that the switch is about.
pub(super) const PERSONAL: &str = "recommendations";

/// The purpose of tips from this visit alone.
const VISIT: &str = "visit-service";

/// Where the customer stands on personal tips; `None` if the policy has no such purpose.
pub(super) fn standing(caller: &Caller) -> Option<PurposeState> {
    let ix = caller.site.engine.policy().purpose(PERSONAL)?;
    caller.states().ok()?.into_iter().find(|s| s.purpose == ix)
}

/// The frame of the page at `here`.
pub(super) fn around(caller: &Caller, rooms: &Rooms, here: &str) -> Around {
    let t = caller.words;
    let standing = standing(caller).filter(|state| terms::is_given(state) && !caller.is_elsewhere(state));
    let room = here.strip_prefix("/winkel/afdeling/");
    let link = |r: &super::rooms::Room| RoomLink {
        id: r.id.clone(),
        name: r.name(t.language).to_owned(),
        glyph: r.glyph.clone(),
        current: room == Some(r.id.as_str()),
    };
    let paused = standing.as_ref().map_or(Paused::Nothing, paused);
    let personal = match &standing {
        Some(_) if paused == Paused::Everything => t.get("personal-paused"),
        Some(state) => t.with("personal-on", &[("until", until(caller, state.until).into())]),
        None => t.get("personal-off"),
    };
    Around {
        query: String::new(),
        who: match &caller.session.number {
            Some(number) => t.with("shop-who-customer", &[("number", number.into())]),
            None => t.get("shop-who-nobody"),
        },
        basket_count: caller.session.basket.iter().map(|(_, n)| *n as usize).sum(),
        rooms: rooms.shelves().map(link).collect(),
        departments: rooms.departments().map(link).collect(),
        personal_on: standing.is_some(),
        personal,
        personal_note: t.get(match (standing.is_some(), paused) {
            (true, Paused::Nothing) => "personal-on-note",
            (true, Paused::Something) => "personal-part-note",
            (true, Paused::Everything) if !tells(caller) => "personal-paused-note",
            _ if tells(caller) => "personal-told-note",
            _ if visit_counts(caller) => "personal-visit-note",
            _ => "personal-off-note",
        }),
        here: here.to_owned(),
    }
}

/// How much of what somebody permitted stands still (Article 18).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Paused {
    Nothing,
    Something,
    Everything,
}

pub(super) fn paused(state: &PurposeState) -> Paused {
    match state.restricted {
        restricted if restricted.is_empty() => Paused::Nothing,
        restricted if restricted.covers(state.cover.categories) => Paused::Everything,
        _ => Paused::Something,
    }
}

/// May what is looked at in this visit steer this visit's tips?
fn visit_counts(caller: &Caller) -> bool {
    let policy = caller.site.engine.policy();
    let states = caller.states().unwrap_or_default();
    states.iter().any(|s| policy.at(s.purpose).id == VISIT && !s.objected && s.restricted.is_empty())
}

/// Does the customer tell something that may be used now?
pub(super) fn tells(caller: &Caller) -> bool {
    let told = caller.customer().and_then(|c| caller.site.engine.information(c).ok()).unwrap_or_default();
    told.iter().any(|information| information.state == ToldState::InUse)
}

/// "tot en met vrijdag", "tot 14 december".
fn until(caller: &Caller, ends: Ends) -> String {
    let t = caller.words;
    match ends {
        Ends::Visit => t.get("personal-until-visit"),
        Ends::Once => t.get("personal-until-once"),
        Ends::Moment(at) => {
            let key = if caller.dates().ends_a_day(at) { "personal-through-day" } else { "personal-until-day" };
            t.with(key, &[("day", caller.dates().last_day(at).into())])
        }
        Ends::Withdrawn | Ends::None => t.get("personal-until-withdrawn"),
    }
}
