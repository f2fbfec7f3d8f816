//! `/mijn/informatie`: what I tell the shop about myself, item by item; who may use it, for what, until when; hidden in one tap.
//!
//! It works for somebody whom nobody knows too: a record is opened with the first thing told, not before. Near an item's end there is one
//! question, once a visit; by mail only to who allowed that (`engine/mail.rs`).

pub(super) mod act;
pub(super) mod form;
mod values;
pub(super) mod views;

use std::sync::Arc;

use axum::response::Response;
use regie_domain::consent::{Ends, Reason};
use regie_domain::fact::{Permitted, Until};
use regie_domain::information::{CATEGORY, InformationItem, Told, ToldState};
use regie_domain::policy::RecipientIx;

use self::views::{InformationPage, QuietRow, TellRow, ToldCard};
use super::age;
use super::home::question;
use super::terms::{self, listed};
use super::views::Week;
use crate::engine::Information;
use crate::engine::api::Question;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::shown;
use crate::http::pages::problem::refused;

pub(crate) use self::values::name;
pub(super) use self::values::{brings, brings_to, glyph, spoke_for, value};

/// What the shop says on a birthday that the customer told: a use of it, recorded as one.
pub(crate) async fn greeting(caller: &Caller) -> Option<String> {
    let customer = caller.customer()?;
    let told = caller.site.engine.information_item(customer, InformationItem::Birthday).ok()?;
    let Told::Birthday(day) = told.told else { return None };
    if told.state != ToldState::InUse || !caller.dates().today().ends_with(&format!("-{day}")) {
        return None;
    }
    let question = Question {
        purpose: told.purpose,
        category: CATEGORY.into(),
        recipient: None,
        channel: Some("web".into()),
        visit: Some(caller.session.visit.clone()),
    };
    let answer = caller.site.engine.use_now(Some(customer), &question, None).await.ok()?;
    (answer.decision == "allow").then(|| caller.words.get("greeting-birthday"))
}

pub(super) async fn show(mut caller: Caller) -> Response {
    let told = match caller.customer().map(|customer| caller.site.engine.information(customer)).transpose() {
        Ok(told) => told.unwrap_or_default(),
        Err(error) => return refused(caller, &error),
    };
    let (t, guarded) = (caller.words, age::guarded(&caller));
    let cards: Vec<ToldCard> = told.iter().map(|information| card(&mut caller, information)).collect();
    let untold = InformationItem::ALL.into_iter().filter(|item| !told.iter().any(|information| information.item == *item));
    let goes_by = caller.site.engine.goes_by();
    let row = |item: InformationItem| TellRow { id: item.id(), name: name(t, item), glyph: glyph(item), brings: brings(t, item, &goes_by) };
    let rows = untold.map(row).collect();
    let hidden = told.iter().filter(|information| information.state == ToldState::Hidden).count();
    let f = caller.frame(t.get("information-title"));
    let heading = t.markup("information-heading", &[("count", (told.len() - hidden).into()), ("hidden", hidden.into())]);
    let quiet = ["information-rule-end", "information-rule-hide", "information-rule-age"];
    let quiet = quiet.into_iter().map(|key| QuietRow { text: t.get(key) }).collect();
    caller.page(&InformationPage { f, heading, lead: t.get("information-lead"), guarded, cards, rows, quiet })
}

/// Names what a card shows of an item, whether it is hidden or not.
fn on_card(information: &Information) -> String {
    let Information { item, value, purpose, recipients, until, .. } = information;
    shown(&(item.id(), value.to_string(), purpose, recipients, until))
}

fn card(caller: &mut Caller, information: &Information) -> ToldCard {
    let (t, dates, site) = (caller.words, caller.dates(), Arc::clone(&caller.site));
    let policy = site.engine.policy();
    let tag = t.language.tag();
    let item = information.item;
    let purpose = policy.purpose(&information.purpose).map(|ix| policy.at(ix).name.get(tag)).unwrap_or_default();
    let ends = match information.ends {
        Until::Moment(at) => Ends::Moment(at),
        Until::Visit(_) => Ends::Visit,
        Until::Once => Ends::Once,
        Until::Withdrawn => Ends::Withdrawn,
    };
    let others = information.recipients.iter().filter_map(|id| policy.recipient(id)).filter(|r| *r != RecipientIx(0));
    let others: Vec<String> = others.filter_map(|r| policy.recipients.get(usize::from(r.0))).map(|r| r.name.get(tag).to_owned()).collect();
    let retailer = terms::retailer(t, &policy);
    let own = policy.recipients.first().is_some_and(|own| information.recipients.contains(&own.id));
    let who = match (own, others.is_empty()) {
        (true, true) => terms::sentence(&t.with("tell-who-retailer", &[("retailer", retailer.into())])),
        (true, false) => t.with("tell-who-more", &[("retailer", terms::sentence(&retailer).into()), ("names", listed(t, &others).into())]),
        // Said over the interface: the shop itself may not use it.
        (false, _) => t.with("tell-who-others", &[("names", listed(t, &others).into())]),
    };
    let (in_use, shared) = (information.state == ToldState::InUse, information.state == ToldState::Shared);
    let days = terms::days(&dates, ends);
    let week = Week::of(caller, ends, on_card(information)).filter(|_| in_use || shared);
    let question = week.as_ref().and_then(|_| question(caller, Permitted::Item(item), information.since, ends));
    let elsewhere = matches!(information.ends, Until::Visit(visit) if caller.is_other_visit(visit));
    let left = if elsewhere { t.get("until-visit-elsewhere") } else { terms::left(&dates, ends) };
    ToldCard {
        id: item.id(),
        name: name(t, item),
        glyph: glyph(item),
        value: value(caller, &information.told),
        purpose: t.with("information-for", &[("purpose", purpose.into())]),
        left: left.clone(),
        days,
        state: match information.state {
            ToldState::InUse => None,
            ToldState::Hidden => Some(t.get("information-hidden")),
            ToldState::Shared => Some(t.with("information-others", &[("names", listed(t, &others).into())])),
            ToldState::Held(Reason::Minor) => Some(t.get("information-minor")),
            ToldState::Held(_) => Some(t.get("information-held")),
        },
        hidden: information.state == ToldState::Hidden,
        in_use,
        shared,
        week,
        shown: on_card(information),
        special: information.special.then(|| t.get("information-special")),
        who,
        until: match ends {
            Ends::Moment(at) => t.with("until-moment", &[("end", dates.end(at).into())]),
            _ => format!("{}.", terms::sentence(&left)),
        },
        since: t.with("information-since", &[("day", dates.ago(information.since).into())]),
        brings: brings_to(t, item, &caller.site.engine.goes_by(), if own { &[] } else { &others }),
        question,
    }
}
