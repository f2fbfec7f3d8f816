//! `/v1/customers/{c}/uses`: what was used, for what, by whom, how often, and whether it was allowed.

use axum::Json;
use axum::extract::{RawQuery, State};
use regie_domain::ids::Handle;
use serde::Serialize;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::problem::Problem;
use super::super::route::{Access, Route};
use super::asked::{cursor_wrong, limit, parameters};
use super::shapes_seen;
use super::whom::InPath;
use crate::engine::uses::{By, PERIODS_MAX, UsesPage};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::of::<__path_list, _, _>(Access::Scope(Scope::Customers), list).personal()]
}

/// Periods in an answer that names no limit.
const PERIODS: usize = 31;

/// What was used for what, per day (UTC) or month, newest first; disclosures are among them.
#[utoipa::path(get, operation_id = "uses", path = "/v1/customers/{c}/uses", tag = "transparency",
    params(
        ("c" = String, Path, description = "The customer"),
        ("by" = Option<String>, Query, description = "`day` or `month`; `day` if absent"),
        ("before" = Option<String>, Query, description = "`next` of the page before, or a day or month: only what is older"),
        ("limit" = Option<u32>, Query, description = "How many days or months, 1 to 366; 31 if absent", minimum = 1, maximum = 366),
    ),
    responses((status = 200, description = "Uses by period", body = shapes_seen::UsesOf)))]
async fn list(State(state): State<AppState>, InPath(customer): InPath, RawQuery(query): RawQuery) -> Result<Json<Answer>, Problem> {
    let [by, before, wanted] = parameters(query.as_deref(), ["by", "before", "limit"])?;
    let (by, name) = match by.as_deref() {
        None | Some("day") => (By::Day, "day"),
        Some("month") => (By::Month, "month"),
        Some(_) => return Err(Problem::bad("by_unknown", "uses come by day or by month").field("by").remedy("send day or month")),
    };
    if before.as_deref().is_some_and(|text| !is_period(text)) {
        return Err(cursor_wrong("send next of the page before, a day such as 2026-06-01, or a month such as 2026-06"));
    }
    let limit = limit(wanted.as_deref(), PERIODS, PERIODS_MAX)?;
    let page = state.engine.reading(move |engine| engine.uses_page(customer, by, before.as_deref(), limit)).await?;
    Ok(Json(Answer { customer, by: name, page }))
}

#[derive(Debug, Serialize)]
struct Answer {
    customer: Handle,
    by: &'static str,
    #[serde(flatten)]
    page: UsesPage,
}

fn is_period(text: &str) -> bool {
    let shape = |form: &[u8]| {
        text.len() == form.len() && text.bytes().zip(form).all(|(b, f)| if *f == b'0' { b.is_ascii_digit() } else { b == *f })
    };
    shape(b"0000-00-00") || shape(b"0000-00")
}
