//! What the portal's pages show: one struct per template, filled by the handlers beside this file.
//!
//! All texts are ready to print; markup only where a field says so.

use askama::Template;
use regie_domain::consent::Ends;

use super::age::{self, Age};
use super::mail::Offer;
use super::{device, terms};
use crate::http::pages::caller::Caller;
use crate::http::pages::changes::Changed;
use crate::http::pages::frame::Frame;

/// What a customer can unfold about a purpose.
#[derive(Debug, Clone)]
pub(crate) struct Tell {
    /// Why data are collected for it.
    pub(crate) why: String,
    /// What is done.
    pub(crate) what: String,
    /// Who may use it.
    pub(crate) who: String,
    /// Until when, and how long it is kept.
    pub(crate) until: String,
    /// "What changes if you stop?" or "What if you say no?"
    pub(crate) changes_title: String,
    /// Its answer.
    pub(crate) changes: String,
}

/// A permission that holds.
#[derive(Debug, Clone)]
pub(crate) struct ConsentCard {
    /// The purpose's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// "uit je aankopen".
    pub(crate) from: String,
    /// "Staat stil: wat je zelf vertelt", where some of it is paused.
    pub(crate) held: Option<String>,
    /// "nog 5 dagen".
    pub(crate) left: String,
    /// Seven days, the ones that are left `true`; empty when the end is further off or no moment.
    pub(crate) days: Vec<bool>,
    /// Some of it may be used: it is not all paused.
    pub(crate) used: bool,
    /// It ends at a moment, which can be put off.
    pub(crate) week: Option<Week>,
    /// "Dit stopt zaterdag. Nog een week?", near its end.
    pub(crate) question: Option<String>,
    /// Unfolds.
    pub(crate) tell: Tell,
}

/// The button for a week more.
#[derive(Debug, Clone)]
pub(crate) struct Week {
    /// What it says: also that the device is then remembered for longer, where it is.
    pub(crate) name: String,
    /// It permits that too.
    pub(crate) device: bool,
    /// What it prolongs, as the form sends it: pressed twice, it is one week.
    pub(crate) shown: String,
}

impl Week {
    pub(super) fn of(caller: &Caller, ends: Ends, shown: String) -> Option<Week> {
        // Of who has a guardian nothing is put off here.
        let Ends::Moment(end) = ends else { return None };
        let (_, device) = device::week_more(caller, end).filter(|_| age::guarded(caller).is_none())?;
        let name = caller.words.get(if device { "information-week-device" } else { "information-week" });
        Some(Week { name, device, shown })
    }
}

/// A purpose that could be permitted.
#[derive(Debug, Clone)]
pub(crate) struct CouldCard {
    /// The purpose's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What the customer gets.
    pub(crate) benefit: String,
    /// "stopte op 3 mei".
    pub(crate) note: Option<String>,
    /// Unfolds.
    pub(crate) tell: Tell,
}

/// A purpose with a name only.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// The purpose's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What was told for it, and may be used all the same.
    pub(crate) except: Option<String>,
}

/// A purpose that needs no permission but can be refused.
#[derive(Debug, Clone)]
pub(crate) struct UnlessRow {
    /// The purpose's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
    /// The customer said no.
    pub(crate) objected: bool,
    /// The no is being weighed.
    pub(crate) weighing: bool,
}

/// A purpose that an order or the law needs.
#[derive(Debug, Clone)]
pub(crate) struct NeededRow {
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: String,
    /// The law, rather than the order.
    pub(crate) law: bool,
}

/// So many of one kind of data.
#[derive(Debug, Clone)]
pub(crate) struct KeptRow {
    /// The kind.
    pub(crate) name: String,
    /// How many.
    pub(crate) count: usize,
    /// The newest, in words.
    pub(crate) newest: Option<String>,
}

/// Something that the customer tells, at a glance.
#[derive(Debug, Clone)]
pub(crate) struct ToldChip {
    pub(crate) name: String,
    pub(crate) glyph: &'static str,
    /// In words.
    pub(crate) value: String,
    /// "nog 5 dagen", or "verborgen".
    pub(crate) left: String,
    pub(crate) hidden: bool,
    /// Somebody may use it now.
    pub(crate) used: bool,
}

/// "Dit apparaat", for somebody who did not log in.
#[derive(Debug, Clone)]
pub(crate) struct DeviceBox {
    /// Whether it is recognised, and until when.
    pub(crate) text: String,
    pub(crate) known: bool,
    /// May the customer permit it?
    pub(crate) can: bool,
    /// Unfolds.
    pub(crate) tell: Tell,
}

/// What a change of the policy ended.
#[derive(Debug, Clone)]
pub(crate) struct EndedLine {
    /// "Op 28 november veranderden we …"
    pub(crate) text: String,
    /// Where what changed is read.
    pub(crate) to: String,
    /// What that link is called.
    pub(crate) go: String,
}

/// `/mijn`
#[derive(Debug, Template)]
#[template(path = "portal/home.html")]
pub(crate) struct HomePage {
    pub(crate) f: Frame,
    /// Markup.
    pub(crate) heading: String,
    /// Where something is paused: what the way to it is called.
    pub(crate) unpause: Option<String>,
    pub(crate) lead: String,
    /// What changes of the policy ended.
    pub(crate) changed: Vec<EndedLine>,
    pub(crate) device: Option<DeviceBox>,
    /// That this browser's device has something apart from the customer who is logged in.
    pub(crate) beside: Option<String>,
    /// Who has any of it, the retailer first.
    pub(crate) who: Vec<String>,
    /// What ends when.
    pub(crate) ends: Vec<(String, String)>,
    /// "En nog 2", where there are more ends than are named.
    pub(crate) ends_more: Option<String>,
    /// What the customer tells, at a glance.
    pub(crate) told: Vec<ToldChip>,
    /// What comes of it, where nothing else is on.
    pub(crate) told_text: Option<String>,
    /// A guardian chooses.
    pub(crate) guarded: bool,
    /// The first three.
    pub(crate) cards: Vec<ConsentCard>,
    /// The others.
    pub(crate) more: Vec<ConsentCard>,
    pub(crate) more_label: String,
    /// The first three.
    pub(crate) could: Vec<CouldCard>,
    /// The others.
    pub(crate) could_more: Vec<CouldCard>,
    pub(crate) could_more_label: String,
    pub(crate) refused: Vec<Named>,
    pub(crate) kept: Vec<KeptRow>,
    pub(crate) unless: Vec<UnlessRow>,
    pub(crate) needed: Vec<NeededRow>,
    /// Something of significant effect is decided, which can be contested.
    pub(crate) contestable: bool,
}

/// One choice of how long.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    /// As the form sends it.
    pub(crate) id: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// Its end in words.
    pub(crate) end: Option<String>,
    /// The customer chose it before an error brought the page back.
    pub(crate) chosen: bool,
}

/// A kind of data, a recipient or a place that a permission can cover.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// A word of explanation.
    pub(crate) note: String,
    /// The purpose cannot work without it.
    pub(crate) fixed: bool,
    /// The customer ticked it before an error brought the page back.
    pub(crate) chosen: bool,
}

/// "Hoe lang mag dit?"
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// Where the answer goes.
    pub(crate) action: String,
    /// Where the result line comes from.
    pub(crate) result_at: String,
    /// The purpose's name.
    pub(crate) name: String,
    /// What the customer gets.
    pub(crate) benefit: String,
    /// What happens on refusal.
    pub(crate) refusal: String,
    pub(crate) tell: Tell,
    pub(crate) periods: Vec<Period>,
    pub(crate) date: String,
    pub(crate) date_min: String,
    pub(crate) date_max: String,
    pub(crate) categories: Vec<Part>,
    pub(crate) recipients: Vec<Part>,
    /// What no tick there means.
    pub(crate) who_hint: String,
    pub(crate) channels: Vec<Part>,
    /// Nobody knows who this is: after the visit only a cookie can tell.
    pub(crate) device: Option<DeviceAsk>,
    /// The end that the choice so far gives.
    pub(crate) result: Option<String>,
    /// "16 or older?", where that is not known yet.
    pub(crate) age: Option<Age>,
    /// A guardian chooses, and how: then there is no form.
    pub(crate) guarded: Option<String>,
    /// What the retailer changed, so that an earlier yes ended.
    pub(crate) changed: Option<PermitChanged>,
    /// The customer objected to it, and takes that back first: its id. Then there is no form.
    pub(crate) objected: Option<String>,
    /// What is missing.
    pub(crate) fault: Option<Fault>,
}

/// See [`Ask::changed`].
#[derive(Debug, Clone)]
pub(crate) struct PermitChanged {
    /// "Dit stopte op 28 november, want wij veranderden iets."
    pub(crate) lead: String,
    pub(crate) changes: Vec<Changed>,
}

/// "Op dit apparaat": whether it may be remembered for what is chosen.
#[derive(Debug, Clone)]
pub(crate) struct DeviceAsk {
    /// Until when it is recognised as it stands.
    pub(crate) hint: String,
    /// Beside the periods: which of them need the tick.
    pub(crate) longer: String,
    /// The customer ticked it before an error brought the page back.
    pub(crate) chosen: bool,
}

impl DeviceAsk {
    pub(super) fn of(caller: &Caller, chosen: bool) -> Option<DeviceAsk> {
        let t = caller.words;
        let (hint, longer) = match device::remembered(caller).map(|until| terms::left(&caller.dates(), until)) {
            Some(left) => {
                let values = [("left", left.into())];
                (t.with("ask-device-known-hint", &values), t.with("ask-longer-known-hint", &values))
            }
            None => (t.get("ask-device-hint"), t.get("ask-longer-hint")),
        };
        device::is_asked(caller).then_some(DeviceAsk { hint, longer, chosen })
    }
}

/// What is missing in a form.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) text: String,
    /// The place in the form where it is said.
    pub(crate) at: &'static str,
    /// The link that leads there.
    pub(crate) go: String,
}

/// `/mijn/toestemming/{purpose}`
#[derive(Debug, Template)]
#[template(path = "portal/permit.html")]
pub(crate) struct PermitPage {
    pub(crate) f: Frame,
    pub(crate) ask: Ask,
}

/// What changes for one purpose, or goes, or stays.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) change: String,
}

/// `/mijn/keuze/{preset}` and `/mijn/stop-alles`: what will change, before it is saved.
#[derive(Debug, Template)]
#[template(path = "portal/changes.html")]
pub(crate) struct ChangesPage {
    pub(crate) f: Frame,
    pub(crate) title: String,
    pub(crate) lead: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) note: Option<String>,
    /// "16 or older?", where something is permitted and that is not known yet.
    pub(crate) age: Option<Age>,
    pub(crate) fault: Option<Fault>,
    pub(crate) action: String,
    pub(crate) yes: String,
}

/// A restriction that stands.
#[derive(Debug, Clone)]
pub(crate) struct Paused {
    /// As the form sends it.
    pub(crate) part: String,
    /// What it is about.
    pub(crate) name: String,
    /// Since when, in words.
    pub(crate) since: Option<String>,
    /// That the retailer is going to lift it, in words.
    pub(crate) told: Option<String>,
}

/// What can be paused.
#[derive(Debug, Clone)]
pub(crate) struct PauseChoice {
    /// As the form sends it.
    pub(crate) part: String,
    /// Its name.
    pub(crate) name: String,
    /// A word of explanation.
    pub(crate) note: String,
}

/// `/mijn/stilzetten`
#[derive(Debug, Template)]
#[template(path = "portal/pause.html")]
pub(crate) struct PausePage {
    pub(crate) f: Frame,
    pub(crate) paused: Vec<Paused>,
    pub(crate) choices: Vec<PauseChoice>,
    /// The grounds, as the form sends them, and in words.
    pub(crate) grounds: Vec<(&'static str, String)>,
}

/// `/mijn/besluiten`
#[derive(Debug, Template)]
#[template(path = "portal/contests.html")]
pub(crate) struct ContestsPage {
    pub(crate) f: Frame,
    pub(crate) purposes: Vec<ContestablePurpose>,
    pub(crate) rows: Vec<ContestRow>,
    /// The longest reason.
    pub(crate) reason_max: usize,
}

/// A purpose for which something of significant effect is decided.
#[derive(Debug)]
pub(crate) struct ContestablePurpose {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What is decided, and how it is contested.
    pub(crate) how: String,
    /// It is contested, and nobody answered yet.
    pub(crate) waits: Option<ContestRow>,
    /// The reason that was too long, as it was written.
    pub(crate) written: Option<String>,
}

/// What the customer contested.
#[derive(Debug)]
pub(crate) struct ContestRow {
    pub(crate) name: String,
    pub(crate) reference: Option<String>,
    pub(crate) when: String,
    pub(crate) reason: Option<String>,
    pub(crate) answer: Option<ContestAnswered>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct ContestAnswered {
    pub(crate) when: String,
    pub(crate) outcome: String,
    /// Why.
    pub(crate) reasons: String,
}

/// `/mijn/wissen`
#[derive(Debug, Template)]
#[template(path = "portal/erase.html")]
pub(crate) struct ErasePage {
    pub(crate) f: Frame,
    pub(crate) goes: Vec<Change>,
    pub(crate) stays: Vec<Change>,
}

/// `/mijn/gewist`
#[derive(Debug, Template)]
#[template(path = "portal/erased.html")]
pub(crate) struct ErasedPage {
    pub(crate) f: Frame,
    pub(crate) stays: Vec<Change>,
    pub(crate) request: String,
}

/// A button that leads on.
#[derive(Debug, Clone)]
pub(crate) struct Go {
    pub(crate) to: String,
    pub(crate) label: String,
    pub(crate) post: bool,
}

/// A page that says one thing.
#[derive(Debug, Template)]
#[template(path = "portal/plain.html")]
pub(crate) struct PlainPage {
    pub(crate) f: Frame,
    pub(crate) title: String,
    pub(crate) lead: String,
    pub(crate) go: Option<Go>,
}

/// Beside a reason: what it rests on, and how to stop it.
#[derive(Debug, Clone)]
pub(crate) struct Switch {
    pub(crate) title: String,
    pub(crate) until: String,
    pub(crate) purpose: String,
    /// `shop` or `portal`: where stopping leads back to.
    pub(crate) back: &'static str,
}

/// `/mijn/waarom/{item}`
#[derive(Debug, Template)]
#[template(path = "portal/why.html")]
pub(crate) struct WhyPage {
    pub(crate) f: Frame,
    pub(crate) back: &'static str,
    /// The item's name, its language and its drawing.
    pub(crate) name: String,
    pub(crate) name_lang: String,
    pub(crate) glyph: String,
    /// Does it rest on the customer's data?
    pub(crate) personal: bool,
    /// The reason, markup.
    pub(crate) say: String,
    /// The customer's own events with the item that the reason names, markup.
    pub(crate) trail: Vec<String>,
    /// Those with others, markup.
    pub(crate) also: Vec<String>,
    pub(crate) switch: Option<Switch>,
    /// Where to stop what has no switch here, markup.
    pub(crate) elsewhere: Option<String>,
    /// Where the list without this reason is, if there is one to leave out.
    pub(crate) without: Option<String>,
    /// The item that the customer told, if that is the reason: its id, and a heading.
    pub(crate) told: Option<(&'static str, String)>,
}

/// One receipt.
#[derive(Debug, Clone)]
pub(crate) struct ProofRow {
    /// Its leaf's number in the ledger.
    pub(crate) number: u64,
    /// It is a permission.
    pub(crate) given: bool,
    /// The purpose's name.
    pub(crate) name: String,
    /// "Je gaf toestemming".
    pub(crate) choice: String,
    /// It is a disclosure, and nobody's choice.
    pub(crate) disclosed: bool,
    /// When, in words.
    pub(crate) when: String,
    /// Its end as it was chosen, for a permission.
    pub(crate) until: Option<String>,
}

/// `/mijn/bewijs`
#[derive(Debug, Template)]
#[template(path = "portal/proofs.html")]
pub(crate) struct ProofsPage {
    pub(crate) f: Frame,
    pub(crate) rows: Vec<ProofRow>,
    /// Where older ones begin.
    pub(crate) older: Option<u64>,
    pub(crate) mail: Offer,
}

/// `/mijn/bewijs/{number}`, `/mijn/controle`
#[derive(Debug, Template)]
#[template(path = "portal/check.html")]
pub(crate) struct CheckPage {
    pub(crate) f: Frame,
    /// The receipt that is checked; `None`: a file of the visitor's.
    pub(crate) row: Option<ProofRow>,
    /// What the ids in a receipt are called: kind, id, name.
    pub(crate) names: Vec<(&'static str, String, String)>,
    /// The zone in which its moments are told.
    pub(crate) zone: String,
    /// "{day}, {clock} uur", for the browser to fill in.
    pub(crate) moment: String,
    /// Who is logged in: SHA-256, in hex, of what receipts name them by.
    pub(crate) customer: Option<String>,
    pub(crate) mail: Offer,
}
