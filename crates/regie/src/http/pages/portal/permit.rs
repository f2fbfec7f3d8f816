//! `/mijn/toestemming/{purpose}`: how long, from which data, where. Nothing is preselected and nothing is saved by selecting.
//!
//! The shop asks with the same form; only the path differs.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use regie_domain::consent::{Ends, PurposeState, State, UntilWish, resolve_until};
use regie_domain::fact::Until;
use regie_domain::ids::Handle;
use regie_domain::policy::{Basis, Policy, RecipientIx};
use regie_domain::time::Time;

use super::age::{self, Age};
use super::changed;
use super::device;
use super::stop;
use super::terms;
use super::views::{Ask, DeviceAsk, Part, Period, PermitChanged, PermitPage};
use crate::engine::EngineError;
use crate::engine::api::Give;
use crate::http::pages::asked::{InPath, InQuery};
use crate::http::pages::caller::Caller;
use crate::http::pages::changes::changed_about;
use crate::http::pages::dates::Dates;
use crate::http::pages::form::{Posted, shown};
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::words::Words;

/// The furthest date that the form offers; "until I stop" says more.
const DATE_YEARS_MAX: i64 = 5;
/// The periods in the order of the form, with the stem of their message.
pub(super) const PERIODS: [(&str, &str); 7] = [
    ("once", "period-once"),
    ("visit", "period-visit"),
    ("P1D", "period-day"),
    ("P1W", "period-week"),
    ("P1M", "period-month"),
    ("withdrawn", "period-withdrawn"),
    ("date", "period-date"),
];

/// What was chosen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chosen {
    pub(crate) until: Option<String>,
    pub(crate) date: String,
    pub(crate) categories: Vec<String>,
    pub(crate) recipients: Vec<String>,
    pub(crate) channels: Vec<String>,
    pub(crate) device: bool,
    /// The answer to "16 or older?".
    pub(crate) of_age: Option<bool>,
}

impl Chosen {
    pub(crate) fn of(posted: &Posted) -> Chosen {
        Chosen {
            until: posted.get("until").map(str::to_owned),
            date: posted.get("date").unwrap_or_default().to_owned(),
            categories: posted.all("category"),
            recipients: posted.all("recipient"),
            channels: posted.all("channel"),
            device: posted.get("device") == Some("yes"),
            of_age: age::answered(posted),
        }
    }

    /// The end that was chosen, or the message that says what is missing.
    pub(super) fn wish(&self, dates: &Dates) -> Result<UntilWish, &'static str> {
        match self.until.as_deref() {
            None => Err("ask-missing"),
            Some("date") => {
                // A date field sends 2026-06-06; the texts sort like the days they name.
                let offered = self.date > dates.today() && self.date <= dates.days_from_today(DATE_YEARS_MAX * 366);
                self.date.parse::<Date>().ok().filter(|_| offered && self.date.len() == 10).map(UntilWish::Date).ok_or("ask-date-missing")
            }
            Some(id @ ("once" | "visit" | "P1D" | "P1W" | "P1M" | "withdrawn")) => UntilWish::parse(id).map_err(|_| "ask-missing"),
            Some(_) => Err("ask-missing"),
        }
    }
}

/// The form for one purpose. `action` is where it goes.
pub(crate) async fn ask(caller: &Caller, state: &PurposeState, action: &str, chosen: &Chosen, missing: Option<&'static str>) -> Ask {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let tag = t.language.tag();
    let purpose = policy.at(state.purpose);
    let changed = changed(caller, &purpose.id, state).await;
    let given = terms::is_given(state).then_some(state.cover);
    let is_chosen = |all: &[String], id: &String, now: bool| all.contains(id) || (chosen.until.is_none() && now);
    let categories = purpose.categories.iter().filter_map(|c| Some((c, policy.categories.get(usize::from(c.0))?)));
    let recipients = terms::third_parties(&policy, purpose).into_iter().filter_map(|r| Some((r, policy.recipients.get(usize::from(r.0))?)));
    let channels = purpose.channels.iter().filter_map(|c| Some((c, policy.channels.get(usize::from(c.0))?)));
    Ask {
        action: action.to_owned(),
        result_at: format!("/mijn/toestemming/{}/einde", purpose.id),
        name: purpose.name.get(tag).to_owned(),
        benefit: purpose.benefit.get(tag).to_owned(),
        refusal: purpose.refusal.get(tag).to_owned(),
        tell: terms::tell(&dates, &policy, state),
        periods: periods(caller, chosen, |id| policy.happens_in_visits(purpose) || !matches!(id, "once" | "visit")),
        date: chosen.date.clone(),
        date_min: date_range(&dates).0,
        date_max: date_range(&dates).1,
        categories: categories
            .map(|(ix, c)| Part {
                id: c.id.clone(),
                name: c.name.get(tag).to_owned(),
                note: c.explanation.get(tag).to_owned(),
                fixed: purpose.necessary_categories.has(ix) && !c.special,
                // What the customer permits now stays ticked: a change of length must not narrow by surprise.
                chosen: is_chosen(&chosen.categories, &c.id, given.is_some_and(|g| g.categories.has(ix))),
            })
            .collect(),
        recipients: recipients
            .map(|(ix, r)| Part {
                id: r.id.clone(),
                name: r.name.get(tag).to_owned(),
                note: String::new(),
                fixed: false,
                chosen: is_chosen(&chosen.recipients, &r.id, given.is_some_and(|g| g.recipients.has(ix))),
            })
            .collect(),
        who_hint: t.get(if terms::only_shares(&policy, purpose) { "ask-who-needed-hint" } else { "ask-who-hint" }),
        channels: channels
            .map(|(ix, c)| Part {
                id: c.id.clone(),
                name: c.name.get(tag).to_owned(),
                note: String::new(),
                fixed: purpose.necessary_channels.has(ix),
                chosen: is_chosen(&chosen.channels, &c.id, given.is_some_and(|g| g.channels.has(ix))),
            })
            .collect(),
        device: if purpose.id == device::PURPOSE { None } else { DeviceAsk::of(caller, chosen.device) },
        result: result_of(caller, chosen),
        age: Age::to_ask(caller, chosen.of_age),
        guarded: age::guarded(caller),
        changed,
        objected: state.objected.then(|| purpose.id.clone()),
        fault: missing.map(|missing| age::fault(caller, missing)),
    }
}

/// What the retailer changed, where that ended the customer's yes, or what was told for it.
async fn changed(caller: &Caller, purpose: &str, state: &PurposeState) -> Option<PermitChanged> {
    let (at, changes) = changed_about(caller.words, &caller.site.engine, purpose)?;
    let key = match state.state {
        Some(State::Invalidated) if age::guarded(caller).is_some() => "permit-changed-guarded",
        Some(State::Invalidated) => "permit-changed",
        _ if changed::told_ended(caller, purpose).await => "permit-changed-told",
        _ => return None,
    };
    Some(PermitChanged { lead: caller.words.with(key, &[("day", caller.dates().short(at).into())]), changes })
}

/// The periods to choose from, those that `offered` keeps by their id.
pub(super) fn periods(caller: &Caller, chosen: &Chosen, offered: impl Fn(&str) -> bool) -> Vec<Period> {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let period = |&(id, key): &(&'static str, &'static str)| {
        let end = match UntilWish::parse(id) {
            Ok(wish @ (UntilWish::Day | UntilWish::Week | UntilWish::Month)) => {
                moment(&policy, wish, caller.site.engine.now()).map(|at| t.with("period-until", &[("end", dates.end(at).into())]))
            }
            _ => Some(t.get(&format!("{key}-end"))),
        };
        Period { id, name: t.get(key), end, chosen: chosen.until.as_deref() == Some(id) }
    };
    PERIODS.iter().filter(|(id, _)| offered(id)).map(period).collect()
}

/// The days that the form's date field takes: from and to.
pub(super) fn date_range(dates: &Dates) -> (String, String) {
    (dates.days_from_today(1), dates.days_from_today(DATE_YEARS_MAX * 365))
}

/// The result line of a choice so far.
pub(super) fn result_of(caller: &Caller, chosen: &Chosen) -> Option<String> {
    let (dates, policy) = (caller.dates(), caller.site.engine.policy());
    chosen.wish(&dates).ok().and_then(|wish| result_line(caller.words, &dates, &policy, wish, caller.site.engine.now()))
}

/// The moment at which a period that begins now ends.
fn moment(policy: &Policy, wish: UntilWish, now: Time) -> Option<Time> {
    match resolve_until(wish, now, &policy.time_zone, None) {
        Ok(Until::Moment(at)) => Some(at),
        _ => None,
    }
}

fn result_line(t: Words, dates: &Dates, policy: &Policy, wish: UntilWish, now: Time) -> Option<String> {
    match wish {
        UntilWish::Once => Some(t.get("result-once")),
        UntilWish::Visit => Some(t.get("result-visit")),
        UntilWish::Withdrawn => Some(t.get("result-withdrawn")),
        timed => moment(policy, timed, now).map(|at| t.with("result-moment", &[("end", dates.end(at).into())])),
    }
}

/// The state of one purpose for this customer; 404 for what is no purpose that a customer permits.
fn state_of(caller: &Caller, purpose: &str) -> Result<PurposeState, EngineError> {
    let unknown = || EngineError::UnknownId { what: "purpose", id: String::new() };
    let ix = caller.site.engine.policy().purpose(purpose).ok_or_else(unknown)?;
    caller.states()?.into_iter().find(|s| s.purpose == ix && s.basis == Basis::Consent).ok_or_else(unknown)
}

pub(super) async fn show(caller: Caller, InPath(purpose): InPath) -> Response {
    match state_of(&caller, &purpose) {
        Ok(state) => show_form(caller, StatusCode::OK, &state, &Chosen::default(), None).await,
        Err(error) => refused(caller, &error),
    }
}

async fn show_form(
    mut caller: Caller,
    status: StatusCode,
    state: &PurposeState,
    chosen: &Chosen,
    missing: Option<&'static str>,
) -> Response {
    let action = format!("/mijn/toestemming/{}", caller.site.engine.policy().at(state.purpose).id);
    let ask = ask(&caller, state, &action, chosen, missing).await;
    let f = caller.frame(caller.words.get("ask-title"));
    caller.page_with(status, &PermitPage { f, ask })
}

pub(super) async fn answer(InPath(purpose): InPath, posted: Posted) -> Response {
    let chosen = Chosen::of(&posted);
    let Some(wants) = posted.yes_or_no("answer") else { return posted.refused() };
    let mut caller = posted.caller;
    let state = match state_of(&caller, &purpose) {
        Ok(state) => state,
        Err(error) => return refused(caller, &error),
    };
    // A yes does not take an objection back without a word: the page says how that is done.
    if wants && state.objected {
        return show_form(caller, StatusCode::UNPROCESSABLE_ENTITY, &state, &chosen, None).await;
    }
    let done = if wants { give(&mut caller, &purpose, &chosen, "portal").await } else { say_no(&mut caller, &state, "portal").await };
    match done {
        Ok(()) => caller.go("/mijn"),
        Err(Failed::Choice(missing)) => show_form(caller, StatusCode::UNPROCESSABLE_ENTITY, &state, &chosen, Some(missing)).await,
        Err(Failed::TooYoung) => age::turned_away(caller, "/mijn"),
        Err(Failed::Engine(error)) => refused(caller, &error),
    }
}

/// `POST /mijn/toestemming/{purpose}/langer`: what stands, a week longer, in one tap. What stopped meanwhile, in another tab, stays so.
pub(super) async fn longer(InPath(purpose): InPath, posted: Posted) -> Response {
    let device = posted.get("device") == Some("yes");
    let state = match state_of(&posted.caller, &purpose) {
        Ok(state) => state,
        Err(error) => return refused(posted.caller, &error),
    };
    let Some(is_it) = posted.speaks_of(&on_card(&state)) else { return posted.refused() };
    let mut caller = posted.caller;
    match (caller.customer(), state.until) {
        // Pressed twice, or on a page that shows something else: it says how it stands.
        (Some(_), Ends::Moment(_)) if is_on(&state) && !is_it => {
            let told = stands_told(&caller, "given-stands", &purpose, state.until);
            caller.tell(told);
        }
        (Some(customer), Ends::Moment(end)) if terms::is_given(&state) && is_it => {
            let week = device::week_more(&caller, end);
            // A device is not recognised for longer unless the button said so: the form asks.
            if !device && week.is_some_and(|(_, outlasts)| outlasts) {
                return caller.go(&format!("/mijn/toestemming/{purpose}"));
            }
            match prolong(&mut caller, customer, &purpose, week).await {
                Ok(Some(told)) => caller.tell_choice(told),
                Ok(None) => caller.tell(caller.words.get("longer-not")),
                Err(error) => return refused(caller, &error),
            }
        }
        _ => caller.tell(caller.words.get("longer-not")),
    }
    caller.go("/mijn")
}

/// Names what the card of a permission shows.
pub(super) fn on_card(state: &PurposeState) -> String {
    shown(&(state.purpose, state.cover, state.until))
}

/// Does it stand, with nothing that holds any of it up?
fn is_on(state: &PurposeState) -> bool {
    terms::is_given(state) && !state.objected && !state.weighing && state.restricted.is_empty()
}

/// Puts the end off, and says until when; `None`: nothing stood any more.
async fn prolong(caller: &mut Caller, customer: Handle, purpose: &str, week: Option<(Time, bool)>) -> Result<Option<String>, EngineError> {
    const METHOD: &str = "portal";
    let Some((at, outlasts)) = week else { return Ok(None) };
    if outlasts {
        device::remember(caller, customer, UntilWish::Moment(at), METHOD).await?;
        if purpose == device::PURPOSE {
            return Ok(Some(given_told(caller, purpose, Ends::Moment(at))));
        }
    }
    let engine = caller.site.engine.clone();
    let state = engine.give_again(customer, purpose, UntilWish::Moment(at), caller.evidence(METHOD)).await?;
    Ok(is_on(&state).then(|| given_told(caller, purpose, state.until)))
}

/// "Toegestaan: “Aanbevelingen”, nog 5 dagen."
fn given_told(caller: &Caller, purpose: &str, until: Ends) -> String {
    stands_told(caller, "given-told", purpose, until)
}

fn stands_told(caller: &Caller, key: &str, purpose: &str, until: Ends) -> String {
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let name = policy.purpose(purpose).map(|ix| policy.at(ix).name.get(t.language.tag()).to_owned()).unwrap_or_default();
    t.with(key, &[("purpose", name.into()), ("left", terms::left(&caller.dates(), until).into())])
}

/// Why a choice was not recorded.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Something is missing: the message that says what.
    Choice(&'static str),
    /// A guardian consents for this customer.
    TooYoung,
    /// The engine refused.
    Engine(EngineError),
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Failed {
        Failed::Engine(error)
    }
}

/// What the form must say before anything is recorded, but for the age. Returns the end.
pub(super) fn check_all_but_age(caller: &Caller, chosen: &Chosen) -> Result<UntilWish, Failed> {
    let wish = chosen.wish(&caller.dates()).map_err(Failed::Choice)?;
    if device::is_outlasted(caller, wish) && !chosen.device {
        return Err(Failed::Choice("ask-device-missing"));
    }
    Ok(wish)
}

/// Records the permission, and the one for the device where it is needed. Looked at before a record is opened: what is incomplete leaves no
/// trace, and neither does a child.
pub(crate) async fn give(caller: &mut Caller, purpose: &str, chosen: &Chosen, method: &str) -> Result<(), Failed> {
    // Permitting that the device be remembered is what the other forms ask beside it.
    let chosen = &Chosen { device: chosen.device || purpose == device::PURPOSE, ..chosen.clone() };
    let until = check_all_but_age(caller, chosen)?;
    let site = std::sync::Arc::clone(&caller.site);
    let policy = site.engine.policy();
    let ix = policy.purpose(purpose).ok_or(EngineError::UnknownId { what: "purpose", id: String::new() })?;
    let purpose = policy.at(ix);
    if matches!(until, UntilWish::Visit | UntilWish::Once) && !policy.happens_in_visits(purpose) {
        return Err(Failed::Choice("ask-missing"));
    }
    let is_named = |r: &RecipientIx| chosen.recipients.iter().any(|id| policy.recipient(id) == Some(*r));
    if terms::only_shares(&policy, purpose) && !terms::third_parties(&policy, purpose).iter().any(is_named) {
        return Err(Failed::Choice("ask-recipient-missing"));
    }
    let categories = purpose.necessary_categories.iter().filter_map(|ix| policy.categories.get(usize::from(ix.0)));
    let recipients = purpose.necessary_recipients.iter().filter_map(|ix| policy.recipients.get(usize::from(ix.0)));
    let channels = purpose.necessary_channels.iter().filter_map(|ix| policy.channels.get(usize::from(ix.0)));
    let wanted = Give {
        purpose: purpose.id.clone(),
        until,
        categories: Some(with_necessary(categories.filter(|c| !c.special).map(|c| c.id.clone()), &chosen.categories)),
        recipients: Some(with_necessary(recipients.map(|r| r.id.clone()), &chosen.recipients)),
        channels: Some(with_necessary(channels.map(|c| c.id.clone()), &chosen.channels)),
        visit: Some(caller.session.visit.clone()),
        evidence: caller.evidence(method),
    };
    if caller.customer().is_none() {
        site.engine.check_give(&wanted)?;
        age::check(caller, chosen.of_age)?;
    }
    let customer = caller.open().await?;
    age::settle(caller, customer, chosen.of_age, method).await?;
    // The device first: if it fails, nothing was permitted that could not be found again.
    let state = if purpose.id == device::PURPOSE && caller.is_anonymous() {
        device::remember(caller, customer, until, method).await?
    } else {
        remember(caller, customer, until, method).await?;
        site.engine.give(customer, wanted).await?
    };
    let told = given_told(caller, &purpose.id, state.until);
    caller.tell_choice(told);
    Ok(())
}

/// Lets the device be remembered as long as what is permitted with it, where nothing else reaches that far; the form asked for it.
pub(super) async fn remember(caller: &mut Caller, customer: Handle, until: UntilWish, method: &str) -> Result<(), EngineError> {
    if device::is_outlasted(caller, until) {
        device::remember(caller, customer, until, method).await?;
    }
    Ok(())
}

/// Records the no: a refusal, or the end of what was permitted.
pub(crate) async fn say_no(caller: &mut Caller, state: &PurposeState, method: &str) -> Result<(), Failed> {
    let site = std::sync::Arc::clone(&caller.site);
    let policy = site.engine.policy();
    let purpose = policy.at(state.purpose);
    let evidence = caller.evidence(method);
    if caller.customer().is_none() {
        site.engine.check_refusal(&purpose.id, evidence.as_ref())?;
    }
    let customer = caller.open().await?;
    if terms::is_given(state) {
        return Ok(stop::stop(caller, &purpose.id, method).await?);
    }
    site.engine.refuse(customer, &purpose.id, evidence).await?;
    device::tidy(caller, customer, method).await?;
    let told = if purpose.id == device::PURPOSE && caller.beside().is_some() {
        stop::forget_device(caller, method).await?
    } else {
        caller.words.with("refused-told", &[("purpose", purpose.name.get(caller.words.language.tag()).into())])
    };
    caller.tell_choice(told);
    Ok(())
}

/// What the purpose needs, and what was ticked beside it. What it does not know stays in, for the engine to refuse.
fn with_necessary(needed: impl Iterator<Item = String>, ticked: &[String]) -> Vec<String> {
    let mut all: Vec<String> = needed.collect();
    for id in ticked {
        if !all.contains(id) {
            all.push(id.clone());
        }
    }
    all
}

/// The query of the result line.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct SoFar {
    until: Option<String>,
    date: Option<String>,
}

/// `/mijn/toestemming/{purpose}/einde`: what the choice so far comes to. Reads nothing of anybody and saves nothing.
pub(super) async fn result(caller: Caller, InPath(purpose): InPath, InQuery(so_far): InQuery<SoFar>) -> Response {
    let policy = caller.site.engine.policy();
    if policy.purpose(&purpose).is_none() {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    }
    let chosen = Chosen { until: so_far.until, date: so_far.date.unwrap_or_default(), ..Chosen::default() };
    let dates = caller.dates();
    let line = chosen.wish(&dates).ok().and_then(|wish| result_line(caller.words, &dates, &policy, wish, caller.site.engine.now()));
    let text = crate::http::pages::words::escape(&line.unwrap_or_default());
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}
