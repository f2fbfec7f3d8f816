//! `/v1/customers/{c}/timeline`: everything that happened with a customer's data, in plain sentences.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use regie_domain::fact::Letter;
use serde_json::{Map, Value, json};

use super::super::AppState;
use super::super::auth::Scope;
use super::super::pages::dates::Dates;
use super::super::pages::telling::{Names, tell};
use super::super::pages::words::{Language, Words};
use super::super::problem::Problem;
use super::super::route::{Access, Route};
use super::asked::{cursor_wrong, limit, parameters};
use super::shapes_seen as shapes;
use super::whom::InPath;
use crate::engine::ended::EndedBy;
use crate::engine::timeline::{Asked, Cursor, Happened, Kind, ROWS_MAX, Row, Totals, Unstated};
use crate::engine::until_words;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_list, _, _>(Access::Scope(Scope::Customers), list).personal()]
}

/// Rows in an answer that names no limit.
const ROWS: usize = 50;

/// What happened with the customer's data, newest first: choices, uses and events by the day, disclosures, how the customer came to be
/// known. In the language asked for by `lang` or `Accept-Language`.
#[utoipa::path(get, operation_id = "timeline", path = "/v1/customers/{c}/timeline", tag = "transparency",
    params(
        ("c" = String, Path, description = "The customer"),
        ("before" = Option<String>, Query, description = "`next` of the page before, or a day such as `2026-06-01`: only what is older"),
        ("limit" = Option<u32>, Query, description = "How many rows, 1 to 200; 50 if absent", minimum = 1, maximum = 200),
        ("kind" = Option<String>, Query, description = "`choices`, `uses`, `disclosures`, `events` or `account`; several with commas"),
        ("lang" = Option<String>, Query, description = "`nl` or `en`"),
    ),
    responses((status = 200, description = "A page of the timeline", body = shapes::Timeline)))]
async fn list(
    State(state): State<AppState>,
    InPath(customer): InPath,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let [before, wanted, kinds, lang] = parameters(query.as_deref(), ["before", "limit", "kind", "lang"])?;
    let limit = limit(wanted.as_deref(), ROWS, ROWS_MAX)?;
    let before = match before.as_deref() {
        None => None,
        Some(text) => Some(Cursor::parse(text).ok_or_else(|| cursor_wrong("send next of the page before, or a day such as 2026-06-01"))?),
    };
    let kinds: Vec<Kind> = match &kinds {
        None => Vec::new(),
        Some(text) => text.split(',').map(|code| Kind::of_code(code).ok_or_else(kind_unknown)).collect::<Result<_, _>>()?,
    };
    let language = match lang {
        Some(tag) => Language::of_tag(&tag)
            .ok_or_else(|| Problem::bad("language_unknown", "the sentences are Dutch or English").field("lang").remedy("send nl or en"))?,
        None => headers.get(header::ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).and_then(Language::accepted).unwrap_or_default(),
    };
    let asked = Asked { before, kinds, limit };
    let timeline = state.engine.reading(move |engine| engine.timeline(customer, &asked)).await?;
    let policy = state.engine.policy();
    let dates = Dates::new(Words::new(language), policy.time_zone.clone(), state.engine.now());
    let names = Names::new(Words::new(language), &state.engine);
    let entries: Vec<Value> = timeline
        .rows
        .iter()
        .map(|row| {
            let told = tell(&dates, &names, row);
            let mut all = details(row);
            all.insert("day".into(), json!(row.day.to_string()));
            all.insert("at".into(), json!(row.at));
            all.insert("kind".into(), json!(row.what.kind().code()));
            all.insert("text".into(), json!(told.text));
            all.insert("note".into(), json!(told.note));
            Value::Object(all)
        })
        .collect();
    Ok(Json(json!({
        "customer": customer,
        "language": language.tag(),
        "entries": entries,
        "totals": totals(&timeline.totals),
        "next": timeline.next.map(|next| next.to_string()),
    })))
}

fn kind_unknown() -> Problem {
    let known = Kind::ALL.map(Kind::code).join(", ");
    Problem::bad("kind_unknown", "the timeline has no such kind").field("kind").remedy(format!("choose from {known}"))
}

fn totals(totals: &Totals) -> Value {
    let all = Kind::ALL.map(|kind| {
        let name = if kind == Kind::Uses { "use_days" } else { kind.code() };
        (name.to_owned(), json!(totals.0.get(&kind).copied().unwrap_or(0)))
    });
    Value::Object(all.into_iter().collect())
}

/// What a row says to a program.
fn details(row: &Row) -> Map<String, Value> {
    let value = match &row.what {
        Happened::Chose(choice) => {
            let mut value = json!({"what": choice.choice, "purpose": choice.purpose});
            if choice.choice == "given" {
                value["until"] = json!(choice.until);
                value["categories"] = json!(choice.categories);
                value["recipients"] = json!(choice.recipients);
                value["channels"] = json!(choice.channels);
            }
            value
        }
        Happened::ConsenterStated(consenter) => {
            let mut what = json!(consenter).as_str().unwrap_or_default().to_owned();
            what.push_str("_consents");
            json!({"what": what})
        }
        Happened::Restriction(past) => {
            let what = match past.change {
                "told" => "lifting_told",
                change => change,
            };
            json!({"what": what, "purpose": past.purpose, "categories": [past.category]})
        }
        Happened::Contested { contest, purpose, reference } => {
            json!({"what": "contested", "contest": contest, "purpose": purpose, "reference": reference})
        }
        Happened::ContestAnswered { contest, purpose, outcome, .. } => {
            json!({"what": "contest_answered", "contest": contest, "purpose": purpose, "outcome": outcome})
        }
        Happened::Stated { item, purpose, recipients, until, .. } => {
            json!({"what": "information_stated", "item": item.id(), "purpose": purpose, "recipients": recipients, "until": until_words(*until)})
        }
        Happened::Unstated { item, how } => {
            let what = match how {
                Unstated::TakenBack => "information_removed",
                Unstated::Hidden => "information_hidden",
                Unstated::VisitEnded => "information_visit_ended",
                Unstated::LeftBehind => "information_left_behind",
            };
            json!({"what": what, "item": item.id()})
        }
        Happened::ToldEnded { item, purpose, by } => {
            let what = match by {
                EndedBy::Policy => "information_ended_by_policy",
                EndedBy::No => "information_ended_by_refusal",
                EndedBy::Consenter => "information_ended_by_consenter",
            };
            json!({"what": what, "item": item, "purpose": purpose})
        }
        Happened::Previewed { purpose, categories } => json!({"what": "previewed", "purpose": purpose, "categories": categories}),
        Happened::Used { purpose, recipient, categories, channels, allowed, count } => {
            let what = if *allowed { "used" } else { "denied" };
            json!({"what": what, "purpose": purpose, "recipients": [recipient], "categories": categories, "channels": channels, "count": count})
        }
        Happened::Disclosed(d) => {
            json!({"what": "disclosed", "disclosure": d.id, "purpose": d.purpose, "recipients": [d.recipient], "categories": d.categories, "channels": d.channel.iter().collect::<Vec<_>>(), "until": d.until})
        }
        Happened::Collected { name, category, sources, count } => {
            json!({"what": name, "categories": [category], "sources": sources, "count": count})
        }
        Happened::Provided { source, categories, count } => {
            json!({"what": "provided", "categories": categories, "sources": [source], "count": count})
        }
        Happened::Opened { source, .. } => json!({"what": "opened", "sources": [source]}),
        Happened::Linked { source, .. } => json!({"what": "linked", "sources": [source]}),
        Happened::Joined { .. } => json!({"what": "joined"}),
        Happened::MailAsked { letter } => {
            let what = match letter {
                Letter::Receipt { .. } => "receipt_mail_asked",
                Letter::AlmostOver { .. } => "question_mail_asked",
                Letter::Lifting { .. } => "lifting_mail_asked",
            };
            json!({"what": what})
        }
        Happened::MailClosed { outcome } => json!({"what": "mail_closed", "outcome": outcome.code()}),
    };
    match value {
        Value::Object(all) => all,
        _ => Map::new(),
    }
}
