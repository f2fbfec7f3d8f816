//! `/mijn/bewijs`: what the customer chose, each with a receipt to keep and to check. `/mijn/bewijs/{number}` checks one in the
//! customer's own browser, `/mijn/controle` a file that somebody kept; both without telling us anything.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use regie_domain::consent::Ends;
use regie_domain::fact::RestrictedPart;
use regie_domain::information::InformationItem;
use regie_domain::time::Time;
use serde::Deserialize;
use serde_json::Value;

use super::mail::Offer;
use super::terms::{self, sentence};
use super::views::{CheckPage, ProofRow, ProofsPage};
use crate::engine::{EngineError, Receipts};
use crate::http::pages::asked::{InPath, InQuery};
use crate::http::pages::caller::Caller;
use crate::http::pages::dates::Dates;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::telling::{Names, restricted_part};

/// Receipts of one page.
const ROWS: usize = 30;

/// What a receipt can say was chosen, with its message.
const CHOICES: [(&str, &str); 19] = [
    ("information_stated", "proof-told"),
    ("information_hidden", "proof-hidden"),
    ("information_removed", "proof-taken-back"),
    ("information_visit_ended", "proof-visit-over"),
    ("given", "proof-given"),
    ("refused", "proof-refused"),
    ("withdrawn", "proof-withdrawn"),
    ("left_behind", "proof-left-behind"),
    ("invalidated", "proof-invalidated"),
    ("used_up", "proof-used-up"),
    ("visit_ended", "proof-visit-ended"),
    ("objected", "proof-objected"),
    ("objection_ended", "proof-objection-ended"),
    ("restricted", "proof-restricted"),
    ("restriction_lifted", "proof-lifted"),
    ("consenter_stated", "proof-consenter"),
    ("contested", "proof-contested"),
    ("contest_answered", "proof-answered"),
    ("disclosed", "proof-passed-on"),
];

/// From where the list goes on.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub(super) struct From {
    #[serde(default)]
    voor: Option<u64>,
}

pub(super) async fn list(mut caller: Caller, InQuery(from): InQuery<From>) -> Response {
    match caller.read(move |engine, customer| engine.receipts(customer, from.voor, ROWS, None)).await {
        Ok(found) => {
            let mail = match Offer::to(&caller).await {
                Ok(mail) => mail,
                Err(error) => return refused(caller, &error),
            };
            let (dates, names) = (caller.dates(), Names::new(caller.words, &caller.site.engine));
            let rows = found.receipts.iter().map(|receipt| proof_row(&dates, &names, receipt)).collect();
            let f = caller.frame(caller.words.get("proof-title"));
            caller.page(&ProofsPage { f, rows, older: found.before, mail })
        }
        Err(error) => refused(caller, &error),
    }
}

pub(super) async fn show(caller: Caller, InPath(number): InPath) -> Response {
    let (caller, receipt) = match one(caller, &number).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mail = match Offer::to(&caller).await {
        Ok(mail) => mail,
        Err(error) => return refused(caller, &error),
    };
    let row = proof_row(&caller.dates(), &Names::new(caller.words, &caller.site.engine), &receipt);
    check_page(caller, Some(row), mail)
}

/// The receipt as a file.
pub(super) async fn send(caller: Caller, InPath(number): InPath) -> Response {
    let (caller, receipt) = match one(caller, &number).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Ok(text) = serde_json::to_string_pretty(&receipt) else {
        return problem(caller, StatusCode::INTERNAL_SERVER_ERROR, Problem::Wrong);
    };
    // The file's name says its number and nothing of the customer: downloads folders are shared.
    let name = format!("attachment; filename=\"{}-{number}.json\"", caller.words.get("proof-file"));
    let answer = ([(header::CONTENT_TYPE, "application/ld+json".to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response();
    caller.with_cookies(answer)
}

/// A file that somebody kept; also for those who are no customers here any more.
pub(super) async fn check(caller: Caller) -> Response {
    check_page(caller, None, Offer::None)
}

fn check_page(mut caller: Caller, row: Option<ProofRow>, mail: Offer) -> Response {
    let t = caller.words;
    let names = Names::new(t, &caller.site.engine);
    let f = caller.frame(t.get("check-title"));
    // No handle stands on a page: the browser compares its hash with that of the receipt's.
    let customer = caller.customer().filter(|_| caller.session.number.is_some()).map(|customer| {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, customer.to_string().as_bytes());
        hash.as_ref().iter().map(|b| format!("{b:02x}")).collect()
    });
    let moment = t.with("until-clock", &[("day", "{day}".into()), ("clock", "{clock}".into())]);
    let zone = names.policy.time_zone.iana_name().unwrap_or("UTC").to_owned();
    caller.page(&CheckPage { f, row, names: said(&names), zone, moment, customer, mail })
}

/// What the ids in a receipt are called: the browser says with it what it verified.
fn said(names: &Names) -> Vec<(&'static str, String, String)> {
    let t = names.t;
    let purposes = names.purposes().into_iter().map(|(id, name)| ("purpose", id, name));
    let categories = names.policy.categories.iter().map(|c| ("category", c.id.clone(), names.category(&c.id)));
    let recipients = names.policy.recipients.iter().map(|r| ("recipient", r.id.clone(), names.recipient(&r.id)));
    let items = InformationItem::ALL.into_iter().map(|item| ("item", item.id().to_owned(), t.get(&format!("item-{}", item.id()))));
    let choices = CHOICES.iter().map(|(code, key)| ("choice", (*code).to_owned(), t.get(key)));
    let untils = [("visit", "check-until-visit"), ("once", "until-once"), ("withdrawn", "until-withdrawn")];
    let untils = untils.into_iter().map(|(id, key)| ("until", id.to_owned(), t.get(key)));
    purposes.chain(categories).chain(recipients).chain(items).chain(choices).chain(untils).collect()
}

/// The caller's receipt of this number; the number of another customer's leaf is none.
async fn one(caller: Caller, number: &str) -> Result<(Caller, Value), Response> {
    let number: Option<u64> = number.parse().ok().filter(|n: &u64| *n < 1 << 48 && n.to_string() == number);
    let Some(number) = number else { return Err(problem(caller, StatusCode::NOT_FOUND, Problem::NotFound)) };
    let before = Some(number + 1);
    let found: Result<Receipts, EngineError> = caller.read(move |engine, customer| engine.receipts(customer, before, 1, None)).await;
    match found {
        Ok(found) => match found.receipts.into_iter().next().filter(|r| r["regie:ledger"]["index"].as_u64() == Some(number)) {
            Some(receipt) => Ok((caller, receipt)),
            None => Err(problem(caller, StatusCode::NOT_FOUND, Problem::NotFound)),
        },
        Err(error) => Err(refused(caller, &error)),
    }
}

/// A receipt in plain words.
pub(crate) fn proof_row(dates: &Dates, names: &Names, receipt: &Value) -> ProofRow {
    let t = dates.words;
    let core = &receipt["regie:ledger"]["core"];
    let text = |key: &str| core[key].as_str().unwrap_or_default();
    let disclosed = core["disclosure"].is_string();
    // What was told has its own name; what for stands in the receipt.
    let name = match (text("information"), text("choice")) {
        (_, "restricted" | "restriction_lifted") => sentence(&restricted_part(names, &part(core))),
        (_, "consenter_stated") => t.get("proof-consenter"),
        ("", _) => sentence(&names.purpose(text("purpose"))),
        (item, _) => t.get(&format!("item-{item}")),
    };
    let known = |code: &str| CHOICES.iter().find(|(known, _)| *known == code).map_or("proof-other", |(_, key)| key);
    let choice = match text("choice") {
        _ if disclosed => {
            let categories: Vec<String> =
                core["categories"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            let values = [("recipient", names.recipient(text("recipient")).into()), ("categories", names.categories(&categories).into())];
            t.with("proof-disclosed", &values)
        }
        "contest_answered" => t.get(if text("outcome") == "changed" { "contest-changed" } else { "contest-upheld" }),
        "consenter_stated" if text("consenter") == "guardian" => t.get("proof-consenter-guardian"),
        "consenter_stated" => t.get("proof-consenter-customer"),
        code => t.get(known(code)),
    };
    // With the time of day: what was chosen five times on one day can be told apart.
    let moment = |at| t.with("until-clock", &[("day", dates.ago(at).into()), ("clock", dates.clock(at).into())]);
    let when = Time::parse(text("at")).map(moment).unwrap_or_default();
    let until = core["until"].as_str().filter(|_| !disclosed).map(|until| end(dates, until));
    ProofRow {
        number: receipt["regie:ledger"]["index"].as_u64().unwrap_or(0),
        given: matches!(text("choice"), "given" | "information_stated"),
        name,
        choice,
        disclosed,
        when,
        until,
    }
}

/// What a restriction's receipt is about.
fn part(core: &Value) -> RestrictedPart {
    let named = |value: &Value| value.as_str().map(str::to_owned);
    RestrictedPart { purpose: named(&core["purpose"]), category: named(&core["categories"][0]) }
}

/// "tot en met 3 mei": as it was chosen, whatever became of it.
fn end(dates: &Dates, until: &str) -> String {
    match until {
        "visit" => terms::left(dates, Ends::Visit),
        "once" => terms::left(dates, Ends::Once),
        "withdrawn" => terms::left(dates, Ends::Withdrawn),
        moment => Time::parse(moment).map(|at| dates.words.with("period-until", &[("end", dates.end(at).into())])).unwrap_or_default(),
    }
}
