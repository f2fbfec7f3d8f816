//! `/mijn/meenemen`: what this device chose before its customer signed in, and whether it comes along.
//!
//! Two records are joined only by the customer's own wish, and the page says of everything what becomes of it. Every no comes along, and is
//! said; a permission that only the device had comes along only where the customer ticks it, because from then on it is about all of their
//! data. The cookie that let the device be recognised goes: it would open more than it did.

use askama::Template;
use axum::response::Response;
use regie_domain::collection::CHOICES;
use regie_domain::consent::{PurposeState, State};
use regie_domain::fact::Consenter;
use regie_domain::ids::Handle;
use regie_domain::information::{CATEGORY, InformationItem};

use super::information::{name, value};
use super::views::Change;
use super::{age, device, restrict, terms};
use crate::engine::api::{Overview, Restriction};
use crate::engine::{Engine, EngineError, Information};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::frame::Frame;
use crate::http::pages::problem::refused;

const BACK: &str = "/mijn";

/// A permission that only the device had.
#[derive(Debug)]
struct Permitted {
    id: String,
    name: String,
    /// "uit je aankopen, nog 5 dagen".
    what: String,
}

/// What becomes of everything that the device has.
#[derive(Debug, Default)]
struct Along {
    /// Comes along as it is.
    comes: Vec<Change>,
    /// Comes along if it is ticked.
    permitted: Vec<Permitted>,
    /// A no, which from then on is the customer's.
    noes: Vec<Change>,
    /// Ends, because the customer said no.
    ends: Vec<Change>,
}

#[derive(Debug, Template)]
#[template(path = "portal/along.html")]
struct AlongPage {
    f: Frame,
    /// Whose own data it would become.
    whose: Option<String>,
    along: Along,
}

/// Where somebody who has just signed in goes: to the question if there is one, else on.
pub(crate) async fn next(caller: &mut Caller, on: &'static str) -> &'static str {
    match along(caller).await {
        Ok(Some(_)) => "/mijn/meenemen",
        Ok(None) => {
            caller.change(|session| session.beside = None);
            on
        }
        // It can still be asked by whoever looks for it.
        Err(error) => {
            tracing::warn!(code = error.code(), "what a device has beside a customer could not be read");
            on
        }
    }
}

/// What the device beside this customer has; `None` if there is none, or nothing to tell of it.
async fn along(caller: &Caller) -> Result<Option<Along>, EngineError> {
    // Nobody takes along what belongs to somebody by now.
    let before = caller.session.beside.as_deref().and_then(|id| caller.known_by(id));
    let (Some(before), Some(customer)) = (before, caller.customer()) else { return Ok(None) };
    let read = move |engine: &Engine| -> Result<(Overview, Vec<Restriction>), EngineError> {
        Ok((engine.overview(before)?, engine.restrictions(before)?.restrictions))
    };
    let (overview, restrictions) = caller.site.engine.reading(read).await?;
    let mut along = Along::default();
    purposes(caller, (customer, before), &mut along)?;
    for restriction in &restrictions {
        let name =
            terms::sentence(&restrict::name(caller.words, &caller.site.engine.policy(), &restriction.purpose, &restriction.category));
        along.noes.push(Change { name, change: caller.words.get("along-no-paused") });
    }
    let engine = &caller.site.engine;
    if engine.consenter(before)? == Some(Consenter::Guardian) && engine.consenter(customer)? != Some(Consenter::Guardian) {
        along.permitted.clear();
        along.noes.push(Change { name: age::say(caller, "along-guardian"), change: age::say(caller, "along-guardian-text") });
    }
    told(caller, before, &mut along)?;
    kept(caller, &overview, &mut along);
    let is_nothing = along.comes.is_empty() && along.permitted.is_empty() && along.noes.is_empty() && along.ends.is_empty();
    Ok((!is_nothing).then_some(along))
}

/// Purpose by purpose: where the device stands beside where the customer does.
fn purposes(caller: &Caller, (customer, before): (Handle, Handle), along: &mut Along) -> Result<(), EngineError> {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let own = caller.states()?;
    let engine = &caller.site.engine;
    let can_come = engine.can_take_along(customer, before)?;
    // Then that is said, and nothing of what the guardian did not permit.
    let guarded = [customer, before].iter().any(|&of| matches!(engine.consenter(of), Ok(Some(Consenter::Guardian))));
    for state in caller.site.engine.states(before)? {
        let purpose = policy.at(state.purpose);
        if purpose.id == device::PURPOSE {
            continue;
        }
        let Some(own) = own.iter().find(|s| s.purpose == state.purpose) else { continue };
        let name = purpose.name.get(t.language.tag()).to_owned();
        let change = |key: &str| Change { name: name.clone(), change: t.get(key) };
        if (state.objected || state.weighing) && !(own.objected || own.weighing) {
            along.noes.push(change("along-no-objected"));
        }
        match state.state {
            Some(State::Given) if terms::is_given(own) => along.comes.push(change("along-both")),
            Some(State::Given) if is_no(own) => along.ends.push(change("along-ends")),
            Some(State::Given) if !can_come.contains(&purpose.id) => {
                along.ends.extend((!guarded).then(|| change("along-ends-held")));
            }
            Some(State::Given) => {
                let from = listed_categories(caller, &state);
                let what = format!("{}, {}", t.with("card-from", &[("categories", from.into())]), terms::left(&dates, state.until));
                along.permitted.push(Permitted { id: purpose.id.clone(), name, what: terms::sentence(&what) });
            }
            Some(State::Refused | State::Withdrawn) if terms::is_given(own) => along.noes.push(change("along-no-stops")),
            Some(State::Refused | State::Withdrawn) if !is_no(own) => along.noes.push(change("along-stays-no")),
            _ => {}
        }
    }
    Ok(())
}

/// A clear no, or one by the retailer: nothing that is brought along goes before it.
fn is_no(state: &PurposeState) -> bool {
    matches!(state.state, Some(State::Refused | State::Withdrawn | State::Invalidated))
}

fn listed_categories(caller: &Caller, state: &PurposeState) -> String {
    terms::listed(caller.words, &terms::categories(caller.words, &caller.site.engine.policy(), state.cover.categories))
}

/// What the device tells: for itself alone, so it comes along unless the customer said no to what it is for.
fn told(caller: &Caller, before: Handle, along: &mut Along) -> Result<(), EngineError> {
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let states = caller.states()?;
    let own: Vec<InformationItem> = match caller.customer() {
        Some(customer) => caller.site.engine.information(customer)?.iter().map(|i| i.item).collect(),
        None => Vec::new(),
    };
    let refuses = |told: &Information| states.iter().any(|s| policy.at(s.purpose).id == told.purpose && is_no(s));
    for told in caller.site.engine.information(before)? {
        let value = value(caller, &told.told);
        let title = name(t, told.item);
        if refuses(&told) {
            along.ends.push(Change { name: title, change: t.get("along-ends") });
        } else if own.contains(&told.item) {
            along.comes.push(Change { name: title, change: t.with("along-newest", &[("value", value.into())]) });
        } else {
            along.comes.push(Change { name: title, change: value });
        }
    }
    Ok(())
}

/// What is kept of its visits and orders; its choices are told one by one, and the device itself is forgotten.
fn kept(caller: &Caller, overview: &Overview, along: &mut Along) {
    let (t, policy) = (caller.words, caller.site.engine.policy());
    for kept in overview.kept.iter().filter(|k| k.count > 0 && ![CATEGORY, CHOICES, "device"].contains(&k.category.as_str())) {
        let category = policy.category(&kept.category).and_then(|c| policy.categories.get(usize::from(c.0)));
        let name = category.map(|c| c.name.get(t.language.tag()).to_owned()).unwrap_or_default();
        along.comes.push(Change { name: terms::sentence(&name), change: t.with("erase-goes-count", &[("count", kept.count.into())]) });
    }
}

pub(super) async fn ask(mut caller: Caller) -> Response {
    match along(&caller).await {
        Ok(Some(along)) => {
            let f = caller.frame(caller.words.get("along-title"));
            let whose = caller.session.number.clone().map(|number| caller.words.with("along-whose", &[("number", number.into())]));
            caller.page(&AlongPage { f, whose, along })
        }
        Ok(None) => caller.go(BACK),
        Err(error) => refused(caller, &error),
    }
}

pub(super) async fn answer(posted: Posted) -> Response {
    let Some(comes) = posted.yes_or_no("answer") else { return posted.refused() };
    let ticked = posted.all("permit");
    let mut caller = posted.caller;
    let before = caller.session.beside.clone().and_then(|id| caller.anonymous_identifier(&id));
    let (Some(before), Some(customer)) = (before, caller.customer()) else { return caller.go(BACK) };
    let done = match along(&caller).await {
        Ok(_) if !comes => Ok("along-left"),
        Ok(Some(along)) => {
            // Only what was asked can be ticked.
            let carries = along.permitted.into_iter().map(|p| p.id).filter(|id| ticked.contains(id)).collect();
            caller.site.engine.take_along(customer, &before, carries, caller.evidence("portal")).await.map(|()| "along-done")
        }
        Ok(None) => Err(EngineError::DeviceTaken),
        Err(error) => Err(error),
    };
    let told = match done {
        Ok(told) => told,
        Err(EngineError::DeviceTaken) => "along-gone",
        // What could not be taken along now can be asked for again, every no of the device with it.
        Err(error) => return refused(caller, &error),
    };
    caller.change(|session| session.beside = None);
    if told != "along-left" {
        caller.forget_device();
    }
    caller.tell(caller.words.get(told));
    caller.go(BACK)
}
