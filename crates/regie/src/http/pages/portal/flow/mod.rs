//! `/mijn/waarheen`: where my data go. Source → kind → purpose → recipient, as a picture, as steps on a phone, and as a table.

mod picture;

use askama::Template;
use axum::response::Response;
use regie_domain::fact::Ground;

use super::home;
use super::terms::{self, listed, sentence};
use crate::engine::Engine;
use crate::engine::api::{ConsentList, Overview};
use crate::engine::flow::{DAYS, Way};
use crate::http::pages::caller::Caller;
use crate::http::pages::frame::Frame;
use crate::http::pages::problem::refused;
use crate::http::pages::telling::Names;
use picture::{Picture, Stream, draw};

/// More ribbons than this are not grasped at once; the rest is one.
const RIBBONS_MAX: usize = 7;

/// How to stop a way.
#[derive(Debug)]
enum Stop {
    /// The consent ends.
    Consent,
    /// An objection.
    Object,
    /// An order or a law needs it.
    Cannot,
    /// It may not happen anyway.
    IsOff,
}

/// One way, in words.
#[derive(Debug)]
struct WayCard {
    /// Its place on the page, and the ribbon that leads to it.
    id: String,
    /// How its line is drawn: `consent`, `order`, `interest`, `law` or `blocked`.
    line: &'static str,
    /// Source, kind, purpose, recipient.
    steps: [String; 4],
    sentence: String,
    /// The policy's word on what is done, or why it cannot be stopped.
    more: String,
    ground: String,
    /// How often it happened, and how often it was denied.
    allowed: u64,
    denied: u64,
    purpose: String,
    stop: Stop,
    /// It ends with the retailer.
    own: bool,
}

/// A ribbon to tap.
#[derive(Debug)]
struct RibbonLink {
    to: String,
    line: &'static str,
    label: String,
    path: String,
    width: f64,
    /// Wide enough for a finger.
    tap: f64,
    /// A law's dots, one after another.
    dot: f64,
    /// The paper between the two lines of an interest.
    inner: f64,
}

#[derive(Debug, Template)]
#[template(path = "portal/flow.html")]
struct FlowPage {
    f: Frame,
    lead: String,
    picture: Picture,
    width: f64,
    heads: Vec<(f64, String)>,
    ribbons: Vec<RibbonLink>,
    /// What was used, denied, or rests on a permission.
    cards: Vec<WayCard>,
    /// What may be used and was not.
    unused: Vec<WayCard>,
    unused_label: String,
    /// Who works on all of it for us, in a sentence, and by name beside each route that ends with us.
    computers: Option<(String, String)>,
    /// The kinds of line that are there, each with its meaning.
    legend: Vec<(&'static str, String)>,
}

pub(super) async fn show(mut caller: Caller) -> Response {
    let read = |engine: &Engine, customer| Ok(Some((engine.ways(customer)?, engine.consents(customer)?, engine.overview(customer)?)));
    match caller.read(read).await {
        Ok(read) => {
            let (ways, computers) = match &read {
                Some((ways, consents, overview)) => (ways.as_slice(), works_on_everything(&caller, consents, overview)),
                None => (&[][..], None),
            };
            let page = page(&mut caller, ways, computers);
            caller.page(&page)
        }
        Err(error) => refused(caller, &error),
    }
}

/// "Het bedrijf dat onze computers beheert werkt met alles hieronder, in opdracht van ons", and who that is inside a sentence.
fn works_on_everything(caller: &Caller, consents: &ConsentList, overview: &Overview) -> Option<(String, String)> {
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let all = terms::others(t, &policy, home::works_on_everything(&policy, consents, overview));
    let names = listed(t, &all);
    let beside = t.with("flow-computers-beside", &[("names", names.clone().into())]);
    let values = [("names", sentence(&names).into()), ("count", all.len().into())];
    (!all.is_empty()).then(|| (t.with("flow-computers", &values), beside))
}

fn page(caller: &mut Caller, ways: &[Way], computers: Option<(String, String)>) -> FlowPage {
    let t = caller.words;
    let names = Names::new(t, &caller.site.engine);
    let cards: Vec<WayCard> = ways.iter().enumerate().flat_map(|(i, way)| cards_of(&names, i, way)).collect();
    let (shown, rest) = if cards.len() > RIBBONS_MAX { cards.split_at(RIBBONS_MAX - 1) } else { (cards.as_slice(), &[][..]) };
    let mut streams: Vec<Stream> = shown.iter().map(|c| Stream { names: c.steps.clone(), uses: c.allowed + c.denied }).collect();
    if !rest.is_empty() {
        let other = t.get("flow-other");
        streams.push(Stream { names: std::array::from_fn(|_| other.clone()), uses: rest.iter().map(|c| c.allowed + c.denied).sum() });
    }
    let picture = draw(&streams);
    let other = (!rest.is_empty()).then(|| ("#all".to_owned(), "other", t.with("flow-rest", &[("count", rest.len().into())])));
    let links = shown.iter().map(|c| (format!("#{}", c.id), c.line, c.sentence.clone())).chain(other);
    let ribbons = links
        .zip(&picture.ribbons)
        .map(|((to, line, label), ribbon)| RibbonLink {
            to,
            line,
            label,
            path: ribbon.path.clone(),
            width: ribbon.width,
            tap: ribbon.width.max(24.0),
            dot: ribbon.width.mul_add(1.0, 4.0),
            inner: (ribbon.width - 4.0).max(1.5),
        })
        .collect();
    let kinds = [
        ("consent", "flow-consent"),
        ("order", "flow-order"),
        ("interest", "flow-interest"),
        ("law", "flow-law"),
        ("blocked", "flow-blocked"),
    ];
    let drawn = |line: &str| shown.iter().any(|c| c.line == line);
    let legend = kinds.into_iter().filter(|(line, _)| drawn(line)).map(|(line, key)| (line, t.get(key))).collect();
    let heads = ["flow-source", "flow-kind", "flow-purpose", "flow-who"].map(|key| t.get(key));
    let heads = picture.columns.iter().map(|x| x + 98.0).zip(heads).collect();
    let uses: u64 = cards.iter().map(|c| c.allowed).sum();
    let lead = t.with("flow-lead", &[("count", count(uses)), ("days", (DAYS as usize).into())]);
    let (unused, cards): (Vec<WayCard>, Vec<WayCard>) = cards.into_iter().partition(|c| c.allowed + c.denied == 0 && c.line != "consent");
    let unused_label = t.with("flow-unused", &[("count", unused.len().into())]);
    FlowPage {
        f: caller.frame(t.get("flow-title")),
        lead,
        width: picture::WIDTH,
        heads,
        picture,
        ribbons,
        cards,
        unused,
        unused_label,
        computers,
        legend,
    }
}

/// A way that was both gone and denied is two: what happened, and what did not.
fn cards_of(names: &Names, at: usize, way: &Way) -> Vec<WayCard> {
    let mut cards = Vec::new();
    if way.allowed > 0 || way.denied == 0 {
        cards.push(card(names, format!("weg-{}", at + 1), &Way { denied: 0, ..way.clone() }, false));
    }
    if way.denied > 0 {
        cards.push(card(names, format!("dicht-{}", at + 1), &Way { allowed: 0, ..way.clone() }, true));
    }
    cards
}

fn card(names: &Names, id: String, way: &Way, blocked: bool) -> WayCard {
    let (t, policy) = (names.t, &names.policy);
    let tag = t.language.tag();
    let purpose = policy.purpose(&way.purpose).map(|ix| policy.at(ix));
    let sources: Vec<String> = way.sources.iter().map(|s| names.source(s)).collect();
    let source = match (sources.is_empty(), way.kept) {
        (false, _) => listed(t, &sources),
        (true, true) => t.get("flow-yourself"),
        (true, false) => t.get("flow-nothing"),
    };
    let own = policy.recipients.first().is_some_and(|r| r.id == way.recipient);
    let values = [
        ("categories", names.category(&way.category).into()),
        ("purpose", names.purpose(&way.purpose).into()),
        ("recipient", names.recipient(&way.recipient).into()),
        ("count", count(way.allowed + way.denied)),
        ("days", (DAYS as usize).into()),
    ];
    let sentence_key = match (blocked, way.allowed, own) {
        (true, ..) => "flow-say-blocked",
        (false, 0, _) => "flow-say-unused",
        (false, _, true) => "flow-say-used",
        (false, _, false) => "flow-say-given",
    };
    let (line, ground) = match (blocked, way.ground) {
        (true, _) => ("blocked", "flow-blocked"),
        (false, Some(Ground::Consent) | None) => ("consent", "flow-consent"),
        (false, Some(Ground::Contract)) => ("order", "flow-order"),
        (false, Some(Ground::LegitimateInterest)) => ("interest", "flow-interest"),
        (false, Some(Ground::LegalObligation)) => ("law", "flow-law"),
    };
    let stop = match way.ground {
        _ if !way.open => Stop::IsOff,
        Some(Ground::Consent) => Stop::Consent,
        Some(Ground::LegitimateInterest) => Stop::Object,
        Some(Ground::Contract | Ground::LegalObligation) => Stop::Cannot,
        None => Stop::IsOff,
    };
    let more = match (&stop, purpose) {
        (Stop::Cannot, Some(p)) => p.refusal.get(tag).to_owned(),
        (_, Some(p)) => p.what.get(tag).to_owned(),
        (_, None) => String::new(),
    };
    WayCard {
        id,
        line,
        steps: [
            sentence(&source),
            sentence(&names.category(&way.category)),
            sentence(&names.purpose(&way.purpose)),
            sentence(&names.recipient(&way.recipient)),
        ],
        sentence: t.with(sentence_key, &values),
        more,
        ground: t.get(ground),
        allowed: way.allowed,
        denied: way.denied,
        purpose: way.purpose.clone(),
        stop,
        own,
    }
}

fn count(n: u64) -> crate::http::pages::words::Value<'static> {
    usize::try_from(n).unwrap_or(usize::MAX).into()
}
