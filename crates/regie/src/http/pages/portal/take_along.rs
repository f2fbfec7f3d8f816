//! `/mijn/meenemen`: what this device chose before its customer signed in, and whether it comes along.
//!
//! Two records are joined only by the customer's own wish, and the page says of everything what becomes of it. Every no comes along, and is
//! said; a permission that only the device had comes along only where the customer ticks it, because from then on it is about all of their
//! data, and so does what others than the shop would get. A tick names them. The cookie that let the device be recognised goes: it would open
//! more than it did.

use askama::Template;
use axum::response::Response;
use regie_domain::collection::CHOICES;
use regie_domain::consent::{PurposeState, State, Stays};
use regie_domain::fact::Consenter;
use regie_domain::ids::Handle;
use regie_domain::information::{Along as Becomes, CATEGORY, InformationItem, ToldState};

use super::information::{name, value};
use super::views::Change;
use super::{age, device, restrict, terms};
use crate::engine::api::{Overview, Restriction};
use crate::engine::{Beside, Carries, Engine, EngineError, TAKE_ALONG};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::{Posted, shown};
use crate::http::pages::frame::Frame;
use crate::http::pages::problem::refused;
use crate::http::pages::words::Words;

const BACK: &str = "/mijn";

/// Something that comes along if it is ticked.
#[derive(Debug)]
struct Tick {
    /// Of a permission its purpose, of what is told its item.
    id: String,
    name: String,
    /// "Uit je aankopen, nog 5 dagen. Wie het krijgt: onze partner."
    what: String,
}

/// What becomes of everything that the device has.
#[derive(Debug, Default)]
struct Along {
    /// Comes along as it is.
    comes: Vec<Change>,
    /// A permission that only the device had.
    permitted: Vec<Tick>,
    /// What the device tells, and not to the shop alone.
    tells: Vec<Tick>,
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
    /// Names where both stood: see [`stands`].
    shown: String,
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
    told(caller, (customer, before), &mut along)?;
    let engine = &caller.site.engine;
    if engine.consenter(before)? == Some(Consenter::Guardian) && engine.consenter(customer)? != Some(Consenter::Guardian) {
        along.permitted.clear();
        along.tells.clear();
        along.comes.push(Change { name: age::say(caller, "along-guardian"), change: age::say(caller, "along-guardian-text") });
    }
    kept(caller, &overview, &mut along);
    let asks_nothing = along.permitted.is_empty() && along.tells.is_empty();
    let is_nothing = asks_nothing && along.comes.is_empty() && along.noes.is_empty() && along.ends.is_empty();
    Ok((!is_nothing).then_some(along))
}

/// Purpose by purpose: where the device stands beside where the customer does.
fn purposes(caller: &Caller, (customer, before): (Handle, Handle), along: &mut Along) -> Result<(), EngineError> {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let own = caller.states()?;
    let engine = &caller.site.engine;
    let (can_come, stays) = (engine.can_take_along(customer, before)?, engine.stays_along(customer, before)?);
    let guarded = is_guarded(caller, (customer, before));
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
            // What a guardian permitted stands as it stood: the device's yes is none beside it.
            Some(State::Given) if terms::is_given(own) && guarded => {}
            Some(State::Given) if terms::is_given(own) => match stays.get(usize::from(state.purpose.0)) {
                Some(Stays::Yes) => along.comes.push(change("along-both")),
                Some(Stays::Restricted) if is_paused(own) => along.comes.push(change("along-both-paused")),
                Some(Stays::Restricted) => along.noes.push(change("along-no-paused-both")),
                // Neither said no: nothing of the two is the same.
                Some(Stays::No) if !(guarded || own.objected || state.objected) => along.ends.push(change("along-ends-apart")),
                Some(Stays::No) | None => along.noes.push(change("along-no-stops")),
            },
            Some(State::Given) if is_no(own) => along.ends.push(change("along-ends")),
            Some(State::Given) if !can_come.contains(&purpose.id) => {
                along.ends.extend((!guarded).then(|| change("along-ends-held")));
            }
            Some(State::Given) => {
                let from = listed_categories(caller, &state);
                let what = format!("{}, {}", t.with("card-from", &[("categories", from.into())]), terms::left(&dates, state.until));
                let others = terms::others(t, &policy, state.cover.recipients);
                let channels = terms::channels(t, &policy, state.cover.channels);
                let only = state.cover.channels != purpose.channels && !channels.is_empty();
                let through = only.then(|| t.with("along-through", &[("names", terms::listed(t, &channels).into())]));
                let what = said([Some(terms::sentence(&what)), through, who(t, &others), signalled(t, own)]);
                along.permitted.push(Tick { id: purpose.id.clone(), name, what });
            }
            Some(State::Refused | State::Withdrawn) if terms::is_given(own) => along.noes.push(change("along-no-stops")),
            Some(State::Refused | State::Withdrawn) if !is_no(own) => along.noes.push(change("along-stays-no")),
            _ => {}
        }
    }
    Ok(())
}

/// Is everything that it covers paused already?
fn is_paused(own: &PurposeState) -> bool {
    own.restricted.and(own.cover.categories) == own.cover.categories
}

/// A clear no: nothing that is brought along goes before it.
fn is_no(state: &PurposeState) -> bool {
    matches!(state.state, Some(State::Refused | State::Withdrawn))
}

fn listed_categories(caller: &Caller, state: &PurposeState) -> String {
    terms::listed(caller.words, &terms::categories(caller.words, &caller.site.engine.policy(), state.cover.categories))
}

/// Does a guardian consent for either? Then that is said, and nothing of what the guardian did not permit.
fn is_guarded(caller: &Caller, (customer, before): (Handle, Handle)) -> bool {
    [customer, before].iter().any(|&of| matches!(caller.site.engine.consenter(of), Ok(Some(Consenter::Guardian))))
}

/// "Wie het krijgt: onze partner." Whoever gets something beside the shop is named.
fn who(t: Words, others: &[String]) -> Option<String> {
    (!others.is_empty()).then(|| t.with("along-who", &[("names", terms::listed(t, others).into())]))
}

/// A general no of the customer's browser, before which a tick goes.
fn signalled(t: Words, own: &PurposeState) -> Option<String> {
    own.signalled.then(|| t.get("along-signalled"))
}

/// Sentences one after another.
fn said<const N: usize>(sentences: [Option<String>; N]) -> String {
    let ended = |sentence: String| if sentence.ends_with('.') { sentence } else { format!("{sentence}.") };
    sentences.into_iter().flatten().map(ended).collect::<Vec<_>>().join(" ")
}

/// What the device tells: what the shop alone may use comes along as it is, what others get if it is ticked, and nothing against a no.
fn told(caller: &Caller, (customer, before): (Handle, Handle), along: &mut Along) -> Result<(), EngineError> {
    let (t, engine, policy) = (caller.words, &caller.site.engine, caller.site.engine.policy());
    let states = caller.states()?;
    let others = |ids: &[String]| terms::others(t, &policy, ids.iter().filter_map(|id| policy.recipient(id)).collect());
    let own: Vec<(InformationItem, ToldState)> = engine.information(customer)?.iter().map(|i| (i.item, i.state)).collect();
    let Beside { told, older, paused, ends } = engine.told_beside(customer, before)?;
    along.noes.extend(ends.into_iter().map(|item| Change { name: name(t, item), change: t.get("along-no-told") }));
    for (told, becomes) in told {
        let name = name(t, told.item);
        let purpose = policy.purpose(&told.purpose);
        let values = [
            ("value", value(caller, &told.told).into()),
            ("purpose", purpose.map(|ix| policy.at(ix).name.get(t.language.tag()).to_owned()).unwrap_or_default().into()),
            ("left", terms::left(&caller.dates(), told.ends.into()).into()),
        ];
        let what = t.with("along-told", &values);
        let is_own = own.iter().any(|(item, _)| *item == told.item);
        match becomes {
            Becomes::Comes if older.contains(&told.item) => {
                let hidden = own.iter().any(|(item, state)| *item == told.item && *state == ToldState::Hidden);
                along.ends.push(Change { name, change: t.get(if hidden { "along-older-hidden" } else { "along-older" }) });
            }
            Becomes::Comes => {
                let hidden = (told.state == ToldState::Hidden).then(|| match others(&told.recipients) {
                    names if names.is_empty() => t.get("along-hidden"),
                    names => t.with("along-hidden-shared", &[("names", terms::listed(t, &names).into())]),
                });
                let still = (hidden.is_none() && paused.contains(&told.item)).then(|| t.get("along-paused"));
                let change = said([Some(what), hidden, still, is_own.then(|| t.get("along-newer"))]);
                along.comes.push(Change { name, change });
            }
            Becomes::IfPermitted => {
                let others = others(&told.recipients);
                let signalled = states.iter().find(|s| Some(s.purpose) == purpose).and_then(|own| signalled(t, own));
                let what = said([Some(what), who(t, &others), signalled, is_own.then(|| t.get("along-instead"))]);
                along.tells.push(Tick { id: told.item.id().to_owned(), name, what });
            }
            Becomes::Refused => along.ends.push(Change { name, change: t.get("along-ends") }),
            Becomes::TakenBack => along.ends.push(Change { name, change: t.get("along-ends-told") }),
            Becomes::Held if is_guarded(caller, (customer, before)) => {}
            Becomes::Held => along.ends.push(Change { name, change: t.get("along-ends-held") }),
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
            let shown = stands(&caller);
            caller.page(&AlongPage { f, whose, along, shown })
        }
        Ok(None) => caller.go(BACK),
        Err(error) => refused(caller, &error),
    }
}

/// Names where the customer and the device stand: what becomes of everything follows from that alone.
fn stands(caller: &Caller) -> String {
    let before = caller.session.beside.as_deref().and_then(|id| caller.known_by(id));
    shown(&[caller.customer(), before].map(|of| caller.site.engine.standing(of?)))
}

fn asks(asked: &[Tick], ticked: &[String]) -> bool {
    ticked.iter().all(|id| asked.iter().any(|tick| tick.id == *id))
}

pub(super) async fn answer(posted: Posted) -> Response {
    let Some(comes) = posted.yes_or_no("answer") else { return posted.refused() };
    let (ticked, tells) = (posted.all("permit"), posted.all("tell"));
    let is_it = posted.speaks_of(&stands(&posted.caller)) == Some(true);
    let mut caller = posted.caller;
    let before = caller.session.beside.clone().and_then(|id| caller.anonymous_identifier(&id));
    let (Some(before), Some(customer)) = (before, caller.customer()) else {
        caller.tell(caller.words.get("along-answered"));
        return caller.go(BACK);
    };
    let done = match along(&caller).await {
        Ok(_) if !comes => Ok("along-left"),
        // Whoever says yes has read what becomes of everything, and only what is asked now can be ticked.
        Ok(Some(along)) if !(is_it && asks(&along.permitted, &ticked) && asks(&along.tells, &tells)) => {
            caller.tell(caller.words.get("changed-meanwhile"));
            return caller.go("/mijn/meenemen");
        }
        Ok(Some(along)) => {
            let done = match (along.comes.is_empty() && ticked.is_empty() && tells.is_empty(), along.noes.is_empty()) {
                (true, true) => "along-done-nothing",
                (true, false) => "along-done-noes",
                (false, _) => "along-done",
            };
            let carries = Carries { purposes: ticked, told: tells.iter().filter_map(|id| InformationItem::of(id)).collect() };
            caller.site.engine.take_along(customer, &before, carries, caller.evidence(TAKE_ALONG)).await.map(|()| done)
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
