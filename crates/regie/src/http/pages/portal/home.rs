//! `/mijn`: the first screen, grasped in ten seconds.

use std::collections::BTreeSet;

use axum::response::Response;
use regie_domain::consent::{AskAgain, Ends, Part, PurposeState, Reason, Restrictions, State, is_near};
use regie_domain::fact::{AlmostOver, Consenter, Permitted, Until};
use regie_domain::information::{CATEGORY, ToldState};
use regie_domain::policy::{Basis, Categories, Policy, RecipientIx, Recipients, Retention, Role};
use regie_domain::time::Time;

use super::age;
use super::changed;
use super::device;
use super::information;
use super::permit;
use super::terms::{self, inside, listed};
use super::views::{ConsentCard, CouldCard, DeviceBox, HomePage, KeptRow, Named, NeededRow, ToldChip, UnlessRow, Week};
use crate::engine::api::{ConsentList, KeptCount, Overview};
use crate::engine::mail::QUESTIONS;
use crate::engine::{Engine, Information, ask_again_at};
use crate::http::pages::caller::Caller;
use crate::http::pages::dates::Dates;
use crate::http::pages::problem::refused;
use crate::http::pages::words::Words;

/// More cards than this are not grasped in ten seconds; the others unfold.
const CARDS_MAX: usize = 3;
/// Ends that the overview names.
const ENDS_MAX: usize = 5;
/// The state of what is told and paused.
const PAUSED: ToldState = ToldState::Held(Reason::Restricted);

pub(super) async fn show(mut caller: Caller) -> Response {
    let told = caller.customer().and_then(|customer| caller.site.engine.information(customer).ok()).unwrap_or_default();
    let read = |engine: &Engine, customer| {
        let uses = engine.uses(customer)?;
        let used_by = uses.into_iter().flat_map(|day| day.uses).filter(|u| u.allowed).map(|u| u.recipient).collect();
        Ok(Some((engine.consents(customer)?, engine.overview(customer)?, used_by)))
    };
    match caller.read(read).await {
        Ok(read) => {
            let (consents, overview, used_by) = read.unwrap_or_else(|| (nothing_chosen(&caller), Overview::default(), BTreeSet::new()));
            let mut page = page(&mut caller, &consents, &overview, &told, &used_by);
            page.changed = changed::lines(&caller, &consents).await;
            page.told = told.iter().map(|i| chip(&caller, i)).collect();
            // What nobody uses has no end of being used.
            page.ends.extend(page.told.iter().filter(|c| c.used).map(|c| (c.name.clone(), c.left.clone())));
            let more = page.ends.len().saturating_sub(ENDS_MAX);
            page.ends.truncate(ENDS_MAX);
            page.ends_more = (more > 0).then(|| caller.words.with("glance-until-more", &[("count", more.into())]));
            caller.page(&page)
        }
        Err(error) => refused(caller, &error),
    }
}

/// Where somebody stands who never chose anything.
fn nothing_chosen(caller: &Caller) -> ConsentList {
    let states = caller.site.engine.untouched();
    ConsentList { states, history: Vec::new(), consenter: None, consenters: Vec::new() }
}

fn page(caller: &mut Caller, consents: &ConsentList, overview: &Overview, told: &[Information], used_by: &BTreeSet<String>) -> HomePage {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let tag = t.language.tag();
    let has_mail = caller.site.offers_mail() && caller.session.number.is_some();
    let guarded = age::consenter(caller) == Some(Consenter::Guardian);
    let others = Others::of(t, &policy, consents, overview, told, used_by);
    let paused = caller.customer().map(|customer| caller.site.engine.restricted(customer)).unwrap_or_default();
    let mut page = HomePage {
        f: caller.frame(t.get("home-title")),
        heading: heading(t, &policy, consents, overview, told, paused, &others.now),
        unpause: (!paused.is_none()).then(|| t.get(if paused.whole { "home-unpause" } else { "home-unpause-some" })),
        // The shop has what was chosen too; of somebody who chose nothing nobody has anything.
        who: caller
            .customer()
            .map(|_| t.part(&policy.controller.name).to_owned())
            .into_iter()
            .chain(others.now.iter().map(|name| terms::sentence(name)))
            .chain(others.before.iter().map(|name| t.with("glance-before", &[("name", terms::sentence(name).into())])))
            .collect(),
        ends: Vec::new(),
        ends_more: None,
        lead: match (age::guarded(caller), &caller.session.number) {
            (Some(guarded), _) => guarded,
            (None, Some(number)) => t.with("home-lead-known", &[("number", number.into())]),
            (None, None) if caller.is_anonymous() => t.get("home-lead-anonymous"),
            (None, None) => t.get("home-lead"),
        },
        changed: Vec::new(),
        device: device_box(caller, &dates, &policy, consents),
        beside: caller.beside().map(|beside| {
            let paused = caller.site.engine.restricted(beside).whole;
            t.get(if paused { "device-beside-paused" } else { "device-beside" })
        }),
        told: Vec::new(),
        told_text: told_text(t, &policy, told),
        guarded,
        cards: Vec::new(),
        more: Vec::new(),
        more_label: String::new(),
        could: Vec::new(),
        could_more: Vec::new(),
        could_more_label: String::new(),
        refused: Vec::new(),
        kept: kept(&dates, &policy, overview),
        unless: Vec::new(),
        needed: Vec::new(),
        contestable: super::contest::is_any(caller),
    };
    // For a device the one purpose has a place of its own, and what cannot be done for a device is not offered.
    let has_place = page.device.is_some();
    let shown = |state: &&PurposeState| {
        !(has_place && policy.at(state.purpose).id == device::PURPOSE) && device::is_possible(caller, &policy, state)
    };
    let except = |id: &str| {
        let items: Vec<String> =
            told.iter().filter(|i| i.purpose == id && i.state.is_used()).map(|i| inside(&information::name(t, i.item))).collect();
        (!items.is_empty()).then(|| t.with("home-refused-told", &[("items", listed(t, &items).into())]))
    };
    let shown: Vec<&PurposeState> = consents.states.iter().filter(shown).collect();
    for state in shown {
        let purpose = policy.at(state.purpose);
        let (id, name) = (purpose.id.clone(), purpose.name.get(tag).to_owned());
        let reason = purpose.why.get(tag).to_owned();
        match (state.basis, state.state) {
            (Basis::Contract, _) => page.needed.push(NeededRow { name, reason, law: false }),
            (Basis::LegalObligation, _) => page.needed.push(NeededRow { name, reason, law: true }),
            // A guardian chooses what more may be on, elsewhere; and no marketing profile of a minor is made on whatever basis.
            (Basis::LegitimateInterest, _) if guarded && purpose.not_for_minors => {}
            (Basis::Consent, state) if guarded && state != Some(State::Given) => {}
            (Basis::LegitimateInterest, _) => {
                page.unless.push(UnlessRow { id, name, reason, objected: state.objected || state.weighing, weighing: state.weighing });
            }
            // Whoever objected after a yes is heard, and takes it back there.
            (Basis::Consent, _) if state.objected || state.weighing => page.refused.push(Named { except: except(&id), id, name }),
            (Basis::Consent, Some(State::Given)) => {
                let given = consents.history.iter().find(|c| c.purpose == id && c.choice == "given");
                page.more.push(card(caller, &dates, &policy, state, told, given.map_or(Time::default(), |c| c.at)));
            }
            // Nobody is asked to allow mails that are not sent, or that have nowhere to go.
            (Basis::Consent, _) if id == QUESTIONS && !has_mail => {}
            (Basis::Consent, Some(State::Refused)) => page.refused.push(Named { except: except(&id), id, name }),
            // A card asks; whoever said no is not asked before the policy allows it, and comes by themselves if they like.
            (Basis::Consent, _) if !may_ask(&policy, state, consents, caller.site.engine.now()) => {
                page.refused.push(Named { except: except(&id), id, name });
            }
            (Basis::Consent, _) => page.could.push(CouldCard {
                note: if state.signalled {
                    Some(t.get("could-signalled"))
                } else {
                    note(&dates, consents, &id, state.state, caller.site.engine.now())
                },
                id,
                name,
                benefit: purpose.benefit.get(tag).to_owned(),
                tell: terms::tell(&dates, &policy, state),
            }),
        }
    }
    page.ends = page.more.iter().filter(|card| card.used).map(|card| (card.name.clone(), card.left.clone())).collect();
    page.cards = page.more.drain(..page.more.len().min(CARDS_MAX)).collect();
    page.could_more = page.could.split_off(page.could.len().min(CARDS_MAX));
    page.could_more_label = t.with("home-could-more", &[("count", page.could_more.len().into())]);
    page.more_label = t.with("home-more", &[("count", page.more.len().into())]);
    page
}

/// A permission that holds.
fn card(caller: &mut Caller, dates: &Dates, policy: &Policy, state: &PurposeState, told: &[Information], given_at: Time) -> ConsentCard {
    let t = dates.words;
    let purpose = policy.at(state.purpose);
    let restricted = state.restricted.and(state.cover.categories);
    // What was told for it since is used, whatever was paused before.
    let told_since = told.iter().any(|i| i.purpose == purpose.id && i.state.is_used());
    let told_since = policy.category(CATEGORY).filter(|_| told_since).into_iter().collect::<Categories>();
    let paused = Categories(restricted.0 & !told_since.0);
    let used = Categories(state.cover.categories.0 & !paused.0);
    let all_paused = used.is_empty();
    // Nothing that is paused is put off: that would be a yes to it.
    let week = Week::of(caller, state.until, permit::on_card(state)).filter(|_| restricted.is_empty());
    let named = |which: Categories| listed(t, &terms::categories(t, policy, which));
    ConsentCard {
        id: purpose.id.clone(),
        name: purpose.name.get(t.language.tag()).to_owned(),
        from: t.with("card-from", &[("categories", named(if all_paused { state.cover.categories } else { used }).into())]),
        held: (!paused.is_empty() && !all_paused).then(|| t.with("card-held", &[("categories", named(paused).into())])),
        left: match (all_paused, caller.is_elsewhere(state)) {
            (false, false) => terms::left(dates, state.until),
            (false, true) => t.get("until-visit-elsewhere"),
            (true, _) => t.get("pause-on-card"),
        },
        days: if all_paused { Vec::new() } else { terms::days(dates, state.until) },
        used: !all_paused,
        question: week.as_ref().and_then(|_| question(caller, Permitted::Purpose(purpose.id.clone()), given_at, state.until)),
        week,
        tell: terms::tell(dates, policy, state),
    }
}

/// "Dit stopt zaterdag. Nog een week?": near its end, once a visit, and not where it was asked by mail.
pub(super) fn question(caller: &mut Caller, what: Permitted, since: Time, ends: Ends) -> Option<String> {
    let Ends::Moment(until) = ends else { return None };
    let engine = &caller.site.engine;
    let by_mail = |customer| engine.was_asked(customer, AlmostOver { what: what.clone(), until });
    if !is_near(since, until, engine.now()) || caller.session.asked.contains(&what) || caller.customer().is_some_and(by_mail) {
        return None;
    }
    caller.change(|session| session.asked.push(what));
    Some(caller.words.with("information-question", &[("when", caller.dates().on_last_day(until).into())]))
}

/// "Dit apparaat": how somebody is known who did not log in.
fn device_box(caller: &Caller, dates: &Dates, policy: &Policy, consents: &ConsentList) -> Option<DeviceBox> {
    let t = dates.words;
    let state = consents.states.iter().find(|s| policy.at(s.purpose).id == device::PURPOSE).filter(|_| caller.is_anonymous())?;
    let known = device::remembered(caller);
    let text = match known {
        Some(Ends::Withdrawn) => t.get("device-known-always"),
        Some(until) => t.with("device-known", &[("left", terms::left(dates, until).into())]),
        None => t.get("device-unknown"),
    };
    let guarded = age::consenter(caller) == Some(Consenter::Guardian);
    Some(DeviceBox { text, known: known.is_some(), can: !guarded, tell: terms::tell(dates, policy, state) })
}

fn may_ask(policy: &Policy, state: &PurposeState, consents: &ConsentList, now: Time) -> bool {
    ask_again_at(policy, state, &consents.history, None, now) == AskAgain::Now
}

/// "We gebruiken nu 3 soorten gegevens van je. 1 ander bedrijf mag er iets van gebruiken: de bezorger." Only facts: what we hold, and who may
/// use some of it now. What is paused is not used, and neither is what the customer hid.
fn heading(
    t: Words,
    policy: &Policy,
    consents: &ConsentList,
    overview: &Overview,
    told: &[Information],
    paused: Restrictions,
    others: &[String],
) -> String {
    if paused.whole {
        let named = |ix| inside(policy.at(ix).name.get(t.language.tag()));
        let goes_on = consents.states.iter().filter(|s| s.basis != Basis::Consent && s.basis != Basis::LegalObligation && !s.objected);
        let goes_on = goes_on.map(|s| s.purpose).filter(|ix| policy.at(*ix).goes_on.is_some()).map(named);
        let goes_on: Vec<String> = [t.get("basis-law")].into_iter().chain(goes_on).collect();
        let since = consents.states.iter().filter(|s| terms::is_given(s) && s.restricted.is_empty() && !s.objected);
        let since: Vec<String> = since.map(|s| named(s.purpose)).collect();
        let items: Vec<String> = told.iter().filter(|i| i.state.is_used()).map(|i| inside(&information::name(t, i.item))).collect();
        let values = [
            ("except", listed(t, &goes_on).into()),
            ("count", since.len().into()),
            ("names", listed(t, &since).into()),
            ("told", items.len().into()),
            ("items", listed(t, &items).into()),
        ];
        return t.markup("home-heading-paused", &values);
    }
    // A yes since the pause lets some of that kind be used again.
    let is_since = |c| consents.states.iter().any(|s| is_on(s) && s.cover.categories.has(c) && !s.restricted.has(c));
    let is_paused = |k: &&KeptCount| match policy.category(&k.category) {
        Some(_) if k.category == CATEGORY => !told.iter().any(|i| i.state.is_used()),
        Some(c) => paused.has(Part { purpose: None, category: Some(c) }) && !is_since(c),
        None => false,
    };
    // What is only hidden nobody uses, and it stands still by no pause.
    let counts = |k: &&KeptCount| k.category != CATEGORY || told.iter().any(|i| i.state.is_used() || i.state == PAUSED);
    let (paused, used): (Vec<_>, Vec<_>) = overview.kept.iter().filter(|k| k.count > 0).filter(counts).partition(is_paused);
    let still = if used.is_empty() && !paused.is_empty() { "yes" } else { "no" };
    let values = [
        ("still", still.into()),
        ("kinds", used.len().into()),
        ("paused", paused.len().into()),
        ("companies", others.len().into()),
        ("names", listed(t, others).into()),
    ];
    t.markup("home-heading", &values)
}

/// Does a consent let anything be used now?
pub(super) fn is_on(state: &PurposeState) -> bool {
    terms::is_given(state) && !state.objected && state.restricted.and(state.cover.categories) != state.cover.categories
}

/// Where nothing else is on: what comes of what is told; `None` where nobody uses any of it.
fn told_text(t: Words, policy: &Policy, told: &[Information]) -> Option<String> {
    let counts = told.iter().any(|i| i.state == ToldState::InUse);
    let shared = told.iter().filter(|i| i.state == ToldState::Shared).flat_map(|i| &i.recipients);
    let shared: Recipients = shared.filter_map(|id| policy.recipient(id)).collect();
    let names = terms::others(t, policy, shared);
    let counts = counts.then(|| t.get("home-only-told-text"));
    let shared = (!names.is_empty()).then(|| t.with("home-only-shared-text", &[("names", listed(t, &names).into())]));
    (counts.is_some() || shared.is_some()).then(|| counts.into_iter().chain(shared).collect::<Vec<_>>().join(" "))
}

/// Other companies, by name.
struct Others {
    /// They may use some of it now, or work on all of it for us.
    now: Vec<String>,
    /// They got some of it, and may use no more.
    before: Vec<String>,
}

impl Others {
    fn of(
        t: Words,
        policy: &Policy,
        consents: &ConsentList,
        overview: &Overview,
        told: &[Information],
        used_by: &BTreeSet<String>,
    ) -> Others {
        let everywhere = works_on_everything(policy, consents, overview);
        let may_use = |r: RecipientIx, id: &String| {
            consents.states.iter().filter(|s| is_on(s)).any(|s| s.cover.recipients.has(r))
                || told.iter().filter(|i| i.state.is_used()).any(|i| i.recipients.contains(id))
        };
        let mut others = Others { now: Vec::new(), before: Vec::new() };
        for (ix, recipient) in (0u8..).zip(&policy.recipients).skip(1) {
            let ix = RecipientIx(ix);
            let name = || recipient.name.get(t.language.tag()).to_owned();
            if may_use(ix, &recipient.id) || everywhere.has(ix) {
                others.now.push(name());
            } else if used_by.contains(&recipient.id) {
                others.before.push(name());
            }
        }
        others
    }
}

/// The processors that every purpose names for which something of this customer is kept, such as whoever runs our computers.
/// One that only some purposes name got something only if a use says so.
pub(super) fn works_on_everything(policy: &Policy, consents: &ConsentList, overview: &Overview) -> Recipients {
    let held: Categories = overview.kept.iter().filter(|k| k.count > 0).filter_map(|k| policy.category(&k.category)).collect();
    let keeps = |s: &&PurposeState| {
        let purpose = policy.at(s.purpose);
        let in_force = terms::is_given(s) || (s.basis != Basis::Consent && !s.objected);
        in_force
            && purpose
                .categories
                .and(held)
                .iter()
                .any(|c| matches!(purpose.retention.get(usize::from(c.0)), Some(Some(r)) if *r != Retention::None))
    };
    let mut all = consents.states.iter().filter(keeps).map(|s| policy.at(s.purpose).recipients);
    let common = all.next().map_or(Recipients::NONE, |first| all.fold(first, Recipients::and));
    let is_processor = |r: &RecipientIx| policy.recipients.get(usize::from(r.0)).is_some_and(|r| r.role == Role::Processor);
    common.iter().filter(is_processor).collect()
}

/// What the customer tells, at a glance.
fn chip(caller: &Caller, told: &Information) -> ToldChip {
    let (t, hidden) = (caller.words, told.state == ToldState::Hidden);
    let left = match told.ends {
        _ if hidden => t.get("information-hidden-short"),
        _ if told.state == PAUSED => t.get("pause-on-card"),
        _ if !told.state.is_used() => t.get("held-on-card"),
        Until::Moment(at) => caller.dates().left(at),
        Until::Visit(visit) if caller.is_other_visit(visit) => t.get("until-visit-elsewhere"),
        Until::Visit(_) => t.get("until-visit"),
        Until::Once | Until::Withdrawn => t.get("until-withdrawn"),
    };
    ToldChip {
        name: information::name(t, told.item),
        glyph: information::glyph(told.item),
        value: information::value(caller, &told.told),
        left,
        hidden,
        used: told.state.is_used(),
    }
}

fn kept(dates: &Dates, policy: &Policy, overview: &Overview) -> Vec<KeptRow> {
    let t = dates.words;
    let row = |k: &KeptCount| {
        let category = policy.category(&k.category).and_then(|c| policy.categories.get(usize::from(c.0)))?;
        Some(KeptRow {
            name: category.name.get(t.language.tag()).to_owned(),
            count: k.count,
            newest: k.newest.map(|at| t.with("home-have-newest", &[("day", dates.ago(at).into())])),
        })
    };
    overview.kept.iter().filter(|k| k.count > 0).filter_map(row).collect()
}

/// What became of an earlier yes: "gestopt op 3 mei". Nothing for what was never asked.
fn note(dates: &Dates, consents: &ConsentList, purpose: &str, state: Option<State>, now: Time) -> Option<String> {
    if !matches!(state, Some(State::Expired | State::Withdrawn | State::Invalidated)) {
        return None;
    }
    let last = consents.history.iter().find(|c| c.purpose == purpose)?;
    let ended = match (&state, &last.until) {
        (Some(State::Expired), Some(until)) => regie_domain::time::Time::parse(until).unwrap_or(last.at),
        _ => last.at,
    };
    // What lapsed because it was not taken along had a later end than it came to.
    if ended > now {
        return None;
    }
    let key = if state == Some(State::Invalidated) { "could-changed" } else { "could-ended" };
    Some(dates.words.with(key, &[("day", dates.short(ended).into())]))
}
