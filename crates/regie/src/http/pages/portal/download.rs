//! `/mijn/download`: everything about the customer, as one JSON file.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::desk::Desk;
use crate::http::pages::problem::{Problem, problem, refused};

pub(super) async fn send(desk: Desk) -> Response {
    let Desk { caller, customer } = desk;
    let text = match caller.site.engine.reading(move |engine| Ok(serde_json::to_string_pretty(&engine.export(customer)?))).await {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return problem(caller, axum::http::StatusCode::INTERNAL_SERVER_ERROR, Problem::Wrong),
        Err(error) => return refused(caller, &error),
    };
    // The file's name says the day and nothing of the customer: downloads folders are shared.
    let name = format!("attachment; filename=\"{}-{}.json\"", caller.words.get("download-file"), caller.dates().today());
    let answer =
        ([(header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text).into_response();
    caller.with_cookies(answer)
}
