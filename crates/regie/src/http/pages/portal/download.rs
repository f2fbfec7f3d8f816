//! `/mijn/download`: everything about the customer, as one JSON file; and what this visit remembers and keeps nowhere.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::pages::caller::Caller;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::session::Session;
use crate::http::pages::words::Words;

pub(super) async fn send(caller: Caller) -> Response {
    let customer = caller.customer();
    let mut export = match caller.site.engine.reading(move |engine| engine.export(customer)).await {
        Ok(export) => export,
        Err(error) => return refused(caller, &error),
    };
    if let Some(all) = export.as_object_mut() {
        let t = caller.words;
        all.insert("this_visit".into(), visit(&caller.session, &t.get("download-visit-kept")));
        all.insert("automated_decisions".into(), automated_decisions(t));
    }
    let Ok(text) = serde_json::to_string_pretty(&export) else {
        return problem(caller, axum::http::StatusCode::INTERNAL_SERVER_ERROR, Problem::Wrong);
    };
    // The file's name says the day and nothing of the customer: downloads folders are shared.
    let name = format!("attachment; filename=\"{}-{}.json\"", caller.words.get("download-file"), caller.dates().today());
    let answer =
        ([(header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response();
    caller.with_cookies(answer)
}

/// How tips are chosen (Article 15(1)(h)): the one sentence for people in a download, this and the interface's, in the reader's language.
pub(crate) fn automated_decisions(t: Words) -> Value {
    t.get("download-automated").into()
}

/// What the pages remember of the visit, in memory and until it ends.
fn visit(session: &Session, kept: &str) -> Value {
    let basket: Vec<Value> = session.basket.iter().map(|(item, quantity)| json!({"item": item, "quantity": quantity})).collect();
    json!({"began_at": session.visit_began, "looked_at": session.seen, "basket": basket, "kept": kept})
}
