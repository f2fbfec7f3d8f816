//! `/mijn/informatie/{item}`: tell one thing. What, what for, who, until when; nothing is preselected and nothing is saved by selecting.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::information::{AgeBand, CATEGORY, Diet, Garment, InformationItem, People, StateError, Told};
use regie_domain::policy::{Basis, Policy, Purpose};
use serde_json::{Value, json};

use super::super::age::{self, Age};
use super::super::permit::{self, Chosen, Failed};
use super::super::terms::{self, listed};
use super::super::views::{DeviceAsk, Fault};
use super::views::{Choice, HowLong, Select, TellPage, ValueFields};
use super::{brings, glyph, name, value};
use crate::engine::EngineError;
use crate::engine::api::Tell;
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};

const METHOD: &str = "portal";
/// The messages for what is missing.
const VALUE_MISSING: &str = "tell-value-missing";
const PURPOSE_MISSING: &str = "tell-purpose-missing";
const EXPLICIT_MISSING: &str = "tell-explicit-missing";
const PARTNER_MISSING: &str = "ask-recipient-missing";
const PARTNER_NEEDLESS: &str = "tell-partner-needless";
const LETTERS: [&str; 9] = ["XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL", "4XL"];

/// What the form says so far.
#[derive(Debug, Clone, Default)]
struct Filled {
    /// The value as the API writes it; `None`: nothing was filled in.
    value: Option<Value>,
    purpose: Option<String>,
    recipients: Vec<String>,
    explicit: bool,
    until: Chosen,
}

impl Filled {
    fn of(item: InformationItem, posted: &Posted) -> Filled {
        Filled {
            value: read_value(item, posted),
            purpose: posted.get("purpose").map(str::to_owned),
            recipients: posted.all("recipient"),
            explicit: posted.get("explicit") == Some("yes"),
            until: Chosen::of(posted),
        }
    }
}

fn read_value(item: InformationItem, posted: &Posted) -> Option<Value> {
    let filled = |field: &str| posted.get(field).map(str::trim).filter(|text| !text.is_empty());
    let ticked = posted.all("value");
    match item {
        InformationItem::Diet | InformationItem::Interests => (!ticked.is_empty()).then(|| json!(ticked)),
        InformationItem::Sizes => {
            let sizes = Garment::ALL.iter().filter_map(|kind| Some((kind.id().to_owned(), json!(filled(&format!("size-{}", kind.id()))?))));
            let sizes: serde_json::Map<_, _> = sizes.collect();
            (!sizes.is_empty()).then_some(Value::Object(sizes))
        }
        InformationItem::Birthday => Some(json!(format!("{}-{}", filled("month")?, filled("day")?))),
        InformationItem::Household => Some(json!({"people": filled("people")?, "children": ticked})),
    }
}

/// The purposes that what is told can be used for.
fn purposes(policy: &Policy) -> Vec<&Purpose> {
    let category = policy.category(CATEGORY);
    policy.purposes.iter().filter(|p| p.basis == Basis::Consent && category.is_some_and(|c| p.categories.has(c))).collect()
}

/// The purpose among these for which this recipient may get something from the retailer; `None` for the retailer and its processors.
fn shares_with<'p>(policy: &Policy, purposes: &[&'p Purpose], recipient: &str) -> Option<&'p Purpose> {
    let ix = policy.recipient(recipient)?;
    purposes.iter().copied().find(|p| terms::third_parties(policy, p).contains(&ix))
}

/// Are those named who have to be, and nobody who gets nothing for this purpose?
fn check_partners(policy: &Policy, purpose: &Purpose, named: &[String]) -> Result<(), Failed> {
    let gets = |id: &String| shares_with(policy, &[purpose], id).is_some();
    match (terms::only_shares(policy, purpose), named.iter().all(gets)) {
        (_, false) => Err(Failed::Choice(PARTNER_NEEDLESS)),
        (true, true) if named.is_empty() => Err(Failed::Choice(PARTNER_MISSING)),
        _ => Ok(()),
    }
}

pub(in super::super) async fn show(caller: Caller, InPath(item): InPath) -> Response {
    let Some(item) = InformationItem::of(&item) else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let stands = caller.customer().and_then(|c| caller.site.engine.information_item(c, item).ok());
    // What stands is filled in, so that changing it is not telling it anew; how long is asked again.
    let filled = stands.map(|told| Filled {
        value: Some(told.value),
        purpose: Some(told.purpose),
        recipients: told.recipients,
        ..Filled::default()
    });
    form(caller, StatusCode::OK, item, &filled.unwrap_or_default(), None)
}

fn form(mut caller: Caller, status: StatusCode, item: InformationItem, filled: &Filled, missing: Option<&'static str>) -> Response {
    let (t, policy, dates) = (caller.words, caller.site.engine.policy(), caller.dates());
    let tag = t.language.tag();
    let all = purposes(&policy);
    let third = policy.recipients.iter().filter(|r| shares_with(&policy, &all, &r.id).is_some());
    let recipients: Vec<Choice> = third
        .map(|r| Choice { id: r.id.clone(), name: r.name.get(tag).to_owned(), chosen: filled.recipients.contains(&r.id), special: false })
        .collect();
    let processors: Vec<String> = all.first().map(|p| terms::others(t, &policy, p.recipients)).unwrap_or_default();
    let purpose_name = all.first().map(|p| p.name.get(tag).to_owned()).unwrap_or_default();
    let retailer = terms::retailer(t, &policy);
    let purpose_line = if processors.is_empty() || !recipients.is_empty() {
        t.with("tell-purpose-line", &[("purpose", purpose_name.into()), ("retailer", retailer.into())])
    } else {
        let values = [("purpose", purpose_name.into()), ("retailer", retailer.into()), ("names", listed(t, &processors).into())];
        t.with("tell-purpose-line-more", &values)
    };
    let (date_min, date_max) = permit::date_range(&dates);
    let fault = missing.map(|missing| match missing {
        VALUE_MISSING => Fault { text: t.get(VALUE_MISSING), at: "#value", go: t.get("tell-go") },
        PURPOSE_MISSING => Fault { text: t.get(PURPOSE_MISSING), at: "#purpose", go: t.get("tell-go") },
        EXPLICIT_MISSING => Fault { text: t.get(EXPLICIT_MISSING), at: "#explicit", go: t.get("tell-go") },
        PARTNER_MISSING => Fault { text: t.get(PARTNER_MISSING), at: "#purpose", go: t.get("tell-go") },
        PARTNER_NEEDLESS => Fault { text: t.get(PARTNER_NEEDLESS), at: "#purpose", go: t.get("tell-go") },
        missing => age::fault(&caller, missing),
    });
    let ask = HowLong {
        result_at: format!("/mijn/toestemming/{}/einde", all.first().map(|p| p.id.as_str()).unwrap_or_default()),
        periods: permit::periods(&caller, &filled.until, |id| id != "once"),
        date: filled.until.date.clone(),
        date_min,
        date_max,
        device: DeviceAsk::of(&caller, filled.until.device),
        result: permit::result_of(&caller, &filled.until),
        fault,
    };
    let purposes = all
        .iter()
        .map(|p| {
            let choice = Choice {
                id: p.id.clone(),
                name: p.name.get(tag).to_owned(),
                chosen: filled.purpose.as_deref() == Some(p.id.as_str()),
                special: false,
            };
            let note = if terms::only_shares(&policy, p) {
                t.get("tell-purpose-shares")
            } else {
                terms::sentence(&t.with("tell-who-retailer", &[("retailer", terms::retailer(t, &policy).into())]))
            };
            (choice, note)
        })
        .collect();
    let fields = fields(&caller, item, filled.value.as_ref());
    let special: Vec<String> = fields.ticks.iter().filter(|c| c.special).map(|c| terms::inside(&c.name)).collect();
    let explicit = (!special.is_empty()).then(|| t.with("tell-explicit-hint", &[("which", listed(t, &special).into())]));
    let age = Age::to_ask(&caller, filled.until.of_age);
    let told = caller.customer().is_some_and(|c| caller.site.engine.information_item(c, item).is_ok());
    let guarded = age::guarded(&caller);
    let brings = brings(t, item, &caller.site.engine.goes_by());
    let (legend, hint) = match item {
        InformationItem::Diet => ("tell-diet", "tell-diet-hint"),
        InformationItem::Sizes => ("tell-sizes", "tell-sizes-hint"),
        InformationItem::Birthday => ("tell-birthday", "tell-birthday-hint"),
        InformationItem::Interests => ("tell-interests", "tell-interests-hint"),
        InformationItem::Household => ("tell-household", "tell-household-hint"),
    };
    let f = caller.frame(name(t, item));
    let page = TellPage {
        f,
        id: item.id(),
        title: name(t, item),
        glyph: glyph(item),
        brings,
        legend: t.get(legend),
        hint: t.get(hint),
        fields,
        purposes,
        recipients,
        purpose_line,
        explicit,
        explicit_chosen: filled.explicit,
        ask,
        age,
        guarded,
        told,
    };
    caller.page_with(status, &page)
}

fn fields(caller: &Caller, item: InformationItem, value: Option<&Value>) -> ValueFields {
    let t = caller.words;
    let goes_by = caller.site.engine.goes_by();
    let texts = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let choice = |id: &str, name: String, chosen: bool| Choice { id: id.to_owned(), name: terms::sentence(&name), chosen, special: false };
    match item {
        InformationItem::Diet => {
            let ticked = texts(value);
            // Only what the catalogue goes by: another diet would be told for nothing.
            let offered = Diet::ALL.iter().filter(|d| goes_by.diets.contains(d) || (goes_by.diets.is_empty() && !d.is_special()));
            let tick = |d: &Diet| Choice {
                special: d.is_special(),
                ..choice(d.id(), t.get(&format!("diet-{}", d.id())), ticked.iter().any(|id| id == d.id()))
            };
            let ticks = offered.map(tick).collect();
            ValueFields { ticks, ..ValueFields::default() }
        }
        InformationItem::Interests => {
            let ticked = texts(value);
            let all = caller.site.departments(t.language);
            ValueFields {
                ticks: all.into_iter().map(|(id, name)| choice(&id, name, ticked.contains(&id))).collect(),
                ..ValueFields::default()
            }
        }
        InformationItem::Household => {
            let people = value.and_then(|v| v["people"].as_str()).unwrap_or_default().to_owned();
            let ticked = texts(value.map(|v| &v["children"]));
            let count = |p: &People| t.get(&format!("people-count-{}", p.id().replace('+', "-more")));
            ValueFields {
                radios: People::ALL.iter().map(|p| choice(p.id(), count(p), people == p.id())).collect(),
                radios_title: t.get("tell-household-people"),
                ticks: AgeBand::ALL
                    .iter()
                    .map(|a| choice(a.id(), t.get(&format!("band-{}", a.id())), ticked.iter().any(|id| id == a.id())))
                    .collect(),
                ticks_title: t.get("tell-household-children"),
                ..ValueFields::default()
            }
        }
        InformationItem::Sizes => {
            let size = |kind: Garment| value.and_then(|v| v[kind.id()].as_str()).unwrap_or_default().to_owned();
            let select = |kind: &Garment| {
                let now = size(*kind);
                let mut offered: Vec<String> = match kind {
                    Garment::Shoes => (34..=48).flat_map(|n| [n.to_string(), format!("{n}.5")]).collect(),
                    Garment::Trousers => {
                        LETTERS.iter().map(|s| (*s).to_owned()).chain((26..=44).step_by(2).map(|w| format!("{w}/32"))).collect()
                    }
                    Garment::Tops | Garment::Dresses => {
                        LETTERS.iter().map(|s| (*s).to_owned()).chain((34..=54).step_by(2).map(|n| n.to_string())).collect()
                    }
                };
                // What came by another way stays what it is.
                if !now.is_empty() && !offered.contains(&now) {
                    offered.insert(0, now.clone());
                }
                let choices = offered.into_iter().map(|s| Choice { name: s.clone(), chosen: s == now, id: s, special: false }).collect();
                Select { field: format!("size-{}", kind.id()), label: terms::sentence(&t.get(&format!("garment-{}", kind.id()))), choices }
            };
            ValueFields { selects: Garment::ALL.iter().map(select).collect(), ..ValueFields::default() }
        }
        InformationItem::Birthday => {
            let now = value.and_then(Value::as_str).unwrap_or_default();
            let (month, day) = now.split_once('-').unwrap_or_default();
            let two = |n: u8| format!("{n:02}");
            let days = (1..=31).map(|d| choice(&two(d), d.to_string(), two(d) == day)).collect();
            let months = (1..=12)
                .map(|m| Choice { id: two(m), name: t.get(&format!("month-{m}")), chosen: two(m) == month, special: false })
                .collect();
            let select = |field: &str, label: &str, choices| Select { field: field.to_owned(), label: t.get(label), choices };
            let selects = vec![select("day", "tell-day", days), select("month", "tell-month", months)];
            ValueFields { selects, ..ValueFields::default() }
        }
    }
}

pub(in super::super) async fn tell(InPath(item): InPath, posted: Posted) -> Response {
    let Some(item) = InformationItem::of(&item) else { return problem(posted.caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let filled = Filled::of(item, &posted);
    let mut caller = posted.caller;
    match record(&mut caller, item, &filled).await {
        Ok(()) => caller.go("/mijn/informatie"),
        Err(Failed::Choice(missing)) => form(caller, StatusCode::UNPROCESSABLE_ENTITY, item, &filled, Some(missing)),
        Err(Failed::TooYoung) => age::turned_away(caller, "/mijn/informatie"),
        Err(Failed::Engine(error)) => refused(caller, &error),
    }
}

async fn record(caller: &mut Caller, item: InformationItem, filled: &Filled) -> Result<(), Failed> {
    let value = filled.value.clone().ok_or(Failed::Choice(VALUE_MISSING))?;
    // Looked at before a record is opened: what is incomplete leaves no trace.
    let told = Told::read(item, &value, &|name| Some(name.to_owned())).map_err(|_| Failed::Choice(VALUE_MISSING))?;
    let policy = caller.site.engine.policy();
    let all = purposes(&policy);
    let purpose = match (&filled.purpose, all.as_slice()) {
        (Some(chosen), _) => all.iter().copied().find(|p| p.id == *chosen),
        (None, [only]) => Some(*only),
        (None, _) => None,
    };
    let purpose = purpose.ok_or(Failed::Choice(PURPOSE_MISSING))?;
    check_partners(&policy, purpose, &filled.recipients)?;
    // What is there for others alone is for whom the customer named, and for nobody else: not for the shop either.
    let own = policy.recipients.first().map(|r| r.id.clone()).filter(|_| !terms::only_shares(&policy, purpose));
    let purpose = purpose.id.clone();
    if told.is_special() && !filled.explicit {
        return Err(Failed::Choice(EXPLICIT_MISSING));
    }
    let until = permit::check_all_but_age(caller, &filled.until)?;
    age::check(caller, filled.until.of_age)?;
    let customer = caller.open().await?;
    age::settle(caller, customer, filled.until.of_age, METHOD).await?;
    permit::remember(caller, customer, until, METHOD).await?;
    let tell = Tell {
        item,
        value,
        purpose,
        until,
        recipients: Some(own.into_iter().chain(filled.recipients.iter().cloned()).collect()),
        visit: Some(caller.session.visit.clone()),
        evidence: caller.evidence(METHOD),
    };
    match caller.site.engine.tell(customer, tell).await {
        Ok(_) => {}
        Err(EngineError::Information(StateError::Told(_))) => return Err(Failed::Choice(VALUE_MISSING)),
        Err(error) => return Err(error.into()),
    }
    let t = caller.words;
    let values = [("item", name(t, item).into()), ("value", terms::inside(&self::value(caller, &told)).into())];
    let told = t.with("information-told", &values);
    caller.tell_choice(told);
    Ok(())
}
