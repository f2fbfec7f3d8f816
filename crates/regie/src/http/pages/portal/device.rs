//! The device of somebody who does not log in: how long we recognise it, and how that ends.
//!
//! Invariant: nothing that tells who somebody is outlives their visit on the device unless they permitted exactly that (Telecommunicatiewet
//! 11.7a); and nothing that they permit outlives what they can be recognised by, or they could not stop it any more. So the cookie goes only
//! where nothing of its record permits anything, whoever is logged in.

use regie_domain::consent::{Ends, PurposeState, State, UntilWish, resolve_until};
use regie_domain::fact::Until;
use regie_domain::ids::Handle;
use regie_domain::information::ToldState;
use regie_domain::policy::{DEVICE_STORAGE, Policy};
use regie_domain::time::Time;

use super::terms;
use crate::engine::api::Give;
use crate::engine::{DEVICE_SECONDS_MAX, Engine, EngineError};
use crate::http::pages::caller::{Caller, SHOP_SOURCE};

/// The purpose that a remembered device rests on.
pub(crate) const PURPOSE: &str = DEVICE_STORAGE;
/// What a device is recognised by.
pub(crate) const CATEGORY: &str = "device";
/// Kinds of data that somebody has who logged in, or left an address: purposes of these alone mean nothing for a device.
const NOT_OF_A_DEVICE: [&str; 4] = ["contact", "account", "loyalty-card", "communications"];

/// Where this customer stands on being remembered.
pub(crate) fn standing(caller: &Caller) -> Option<PurposeState> {
    let ix = caller.site.engine.policy().purpose(PURPOSE)?;
    caller.states().ok()?.into_iter().find(|s| s.purpose == ix)
}

/// Until when this device is recognised; `None`: not after this visit.
pub(crate) fn remembered(caller: &Caller) -> Option<Ends> {
    caller.device.as_ref()?;
    standing(caller).filter(terms::is_given).map(|state| state.until)
}

/// For how many seconds, a year at most, this customer permits a device to be recognised; `None`: not.
pub(crate) fn seconds_left(engine: &Engine, customer: Handle) -> Option<i64> {
    let ix = engine.policy().purpose(PURPOSE)?;
    let state = engine.states(customer).ok()?.into_iter().find(|s| s.purpose == ix).filter(terms::is_given)?;
    match state.until {
        Ends::Moment(at) => Some(at.seconds() - engine.now().seconds()).filter(|left| *left > 0),
        Ends::Withdrawn => Some(DEVICE_SECONDS_MAX),
        Ends::Visit | Ends::Once | Ends::None => None,
    }
}

/// Recognises a device at the beginning of a visit: asks whether it may be, records the use, and says for how many seconds it lasts. `None`:
/// it may not, or not any more.
pub(crate) fn recognise(engine: &Engine, customer: Handle) -> Option<i64> {
    let policy = engine.policy();
    let channel = policy.source(SHOP_SOURCE).and_then(|shop| policy.channels.get(usize::from(shop.channel.0)));
    let may = engine.recognise(customer, channel.map(|channel| channel.id.as_str()));
    seconds_left(engine, customer).filter(|_| may)
}

/// Does a form ask whether this device may be remembered? Not where that is said until it is stopped, nor of who is known anyway.
pub(crate) fn is_asked(caller: &Caller) -> bool {
    caller.is_anonymous() && remembered(caller) != Some(Ends::Withdrawn)
}

/// Would a permission with this end outlast what its customer is recognised by?
pub(crate) fn is_outlasted(caller: &Caller, wish: UntilWish) -> bool {
    let Some(end) = end_of(caller, wish).filter(|_| caller.is_anonymous()) else { return false };
    !remembered(caller).is_some_and(|known| reaches(known, end))
}

/// When what ends at this moment would end with a week more, and whether that outlasts what its customer is recognised by.
pub(crate) fn week_more(caller: &Caller, end: Time) -> Option<(Time, bool)> {
    let engine = &caller.site.engine;
    match resolve_until(UntilWish::Week, end.max(engine.now()), &engine.policy().time_zone, None) {
        Ok(Until::Moment(at)) => Some((at, is_outlasted(caller, UntilWish::Moment(at)))),
        _ => None,
    }
}

/// Does what ends at `known` reach to `end`?
fn reaches(known: Ends, end: Until) -> bool {
    match (known, end) {
        (Ends::Withdrawn, _) => true,
        (Ends::Moment(known), Until::Moment(end)) => end <= known,
        _ => false,
    }
}

/// The end of a permission that outlasts the visit; `None` for one that does not.
fn end_of(caller: &Caller, wish: UntilWish) -> Option<Until> {
    let engine = &caller.site.engine;
    resolve_until(wish, engine.now(), &engine.policy().time_zone, None).ok().filter(|end| *end != Until::Once)
}

/// Records that this device may be remembered so long, and lets it be. What was permitted for longer ends with it.
pub(crate) async fn remember(caller: &mut Caller, customer: Handle, until: UntilWish, method: &str) -> Result<PurposeState, EngineError> {
    let site = std::sync::Arc::clone(&caller.site);
    let give = Give {
        purpose: PURPOSE.into(),
        until,
        categories: None,
        recipients: None,
        channels: None,
        visit: None,
        evidence: caller.evidence(method),
    };
    let state = site.engine.give(customer, give).await?;
    if let (Some(secret), Some(seconds)) = (caller.session.secret.clone(), seconds_left(&site.engine, customer)) {
        caller.remember_device(&secret, seconds);
        shorten(caller, customer, state.until, method).await?;
    }
    Ok(state)
}

/// Nothing stays permitted for longer than the device is recognised. Giving anew would lift a pause or an objection, so what is under one
/// ends instead.
async fn shorten(caller: &Caller, customer: Handle, known: Ends, method: &str) -> Result<(), EngineError> {
    let Ends::Moment(known_until) = known else { return Ok(()) };
    let (engine, policy) = (&caller.site.engine, caller.site.engine.policy());
    let is_longer = |ends: Ends| match ends {
        Ends::Moment(at) => at > known_until,
        Ends::Withdrawn => true,
        Ends::Visit | Ends::Once | Ends::None => false,
    };
    for state in engine.states(customer)?.into_iter().filter(|s| terms::is_given(s) && is_longer(s.until)) {
        let purpose = policy.at(state.purpose).id.clone();
        if state.objected || state.weighing || !state.restricted.is_empty() {
            engine.withdraw(customer, &purpose, caller.evidence(method)).await?;
            continue;
        }
        engine.give_again(customer, &purpose, UntilWish::Moment(known_until), caller.evidence(method)).await?;
    }
    for told in engine.information(customer)? {
        let longer = match told.ends {
            Until::Moment(at) => at > known_until,
            Until::Withdrawn => true,
            Until::Visit(_) | Until::Once => false,
        };
        if longer && told.state != ToldState::Hidden {
            engine.tell_again(customer, told.item, Some(UntilWish::Moment(known_until)), caller.evidence(method)).await?;
        } else if longer {
            engine.take_back(customer, told.item, caller.evidence(method)).await?;
        }
    }
    Ok(())
}

/// After something was stopped: a device that nothing is left to be remembered for is forgotten, and so is one that may not be any more.
/// What was permitted for longer than this visit ends with it.
pub(crate) async fn tidy(caller: &mut Caller, customer: Handle, method: &str) -> Result<(), EngineError> {
    if caller.device.is_none() || !caller.is_anonymous() {
        return Ok(());
    }
    let engine = caller.site.engine.clone();
    let policy = engine.policy();
    let states = engine.states(customer)?;
    let others = || states.iter().filter(|s| policy.at(s.purpose).id != PURPOSE);
    let may = states.iter().any(|s| policy.at(s.purpose).id == PURPOSE && terms::is_given(s));
    // A no is worth remembering too.
    let says =
        |s: &PurposeState| terms::is_given(s) || s.state == Some(State::Refused) || s.objected || s.weighing || !s.restricted.is_empty();
    let needed = others().any(says) || !engine.information(customer)?.is_empty();
    if may && needed {
        return Ok(());
    }
    if may {
        engine.withdraw(customer, PURPOSE, caller.evidence(method)).await?;
    } else {
        engine.withdraw_all(customer, caller.evidence(method)).await?;
    }
    caller.forget_device();
    Ok(())
}

/// Ends all that this browser's device chose apart from the customer who is logged in, and takes the cookie off: without it nobody could stop
/// that any more. Returns how much that was.
pub(crate) async fn end_beside(caller: &mut Caller, method: &str) -> Result<usize, EngineError> {
    let ended = match caller.beside() {
        Some(beside) => caller.site.engine.withdraw_all(beside, caller.evidence(method)).await?,
        None => 0,
    };
    caller.forget_device();
    Ok(ended)
}

/// Can a purpose mean anything for this customer? Not what needs an address, for somebody who is known by a device alone; nor to be
/// recognised, for who logs in.
pub(crate) fn is_possible(caller: &Caller, policy: &Policy, state: &PurposeState) -> bool {
    let of_a_device = |id: &str| !NOT_OF_A_DEVICE.contains(&id);
    if !caller.is_anonymous() {
        return policy.at(state.purpose).id != PURPOSE || terms::is_given(state);
    }
    terms::is_given(state)
        || policy.at(state.purpose).categories.iter().any(|c| policy.categories.get(usize::from(c.0)).is_some_and(|c| of_a_device(&c.id)))
}
