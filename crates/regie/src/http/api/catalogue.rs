//! `/v1/catalogue/items`: products, JSON Lines, put one by one as they arrive. A bad line is reported; the good ones are kept.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use bytes::BytesMut;
use regie_domain::collection::{is_id, limits::ID_BYTES_MAX};
use regie_domain::information::limits::SIZE_BYTES_MAX;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::AppState;
use super::super::auth::Scope;
use super::super::body::{self, Unread};
use super::super::problem::Problem;
use super::super::route::{Access, Route};
use super::shapes;
use crate::engine::api::CatalogueItem;

/// JSON Lines has no registered name, so it comes under several; curl calls any file the last.
const CONTENT_TYPES: [&str; 7] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/json",
    "application/octet-stream",
    "text/plain",
    "application/x-www-form-urlencoded",
];
/// The largest body, in bytes.
const BYTES_MAX: usize = 50_000_000;
/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 65_536;
/// The longest text of an item, in bytes.
const TEXT_BYTES_MAX: usize = 2_048;
/// The most sizes of one item.
const SIZES_MAX: usize = 100;
/// Items put at once.
const CHUNK: usize = 2_000;
/// Bad lines that are reported one by one; the rest is counted.
const REJECTED_MAX: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    // Not replayed: putting the same items again changes nothing, and the body is too large to keep.
    vec![Route::of::<__path_put, _, _>(Access::Scope(Scope::Catalogue), put)]
}

/// What became of the lines.
#[derive(Debug, Default, Serialize, ToSchema)]
struct PutItems {
    /// Items put.
    accepted: usize,
    /// Lines refused; the first 100 are listed.
    rejected_lines: usize,
    /// Which, and why.
    rejected: Vec<RejectedLine>,
}

/// A line that was refused.
#[derive(Debug, Serialize, ToSchema)]
struct RejectedLine {
    /// Its number, from 1.
    line: usize,
    /// Stable, for programs.
    code: &'static str,
    /// What is wrong.
    detail: String,
    /// The field it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// Puts items into the catalogue: new ones and changed ones. One JSON object a line, at most 50 MB.
#[utoipa::path(put, operation_id = "put_items", path = "/v1/catalogue/items", tag = "catalogue",
    request_body(content = shapes::CatalogueItem, content_type = "application/x-ndjson"),
    responses((status = 200, description = "What became of the lines", body = PutItems)))]
async fn put(State(state): State<AppState>, headers: HeaderMap, mut body: Body) -> Result<Json<PutItems>, Problem> {
    body::check_type(&headers, &CONTENT_TYPES)?;
    let mut lines = Lines { state, put: PutItems::default(), number: 0, waiting: Vec::new() };
    let (mut read, mut rest) = (0, BytesMut::new());
    while let Some(part) = body::next_part(&mut body).await.map_err(|e| lines.stopped(e.problem(BYTES_MAX)))? {
        read += part.len();
        if read > BYTES_MAX {
            body::throw_away(&mut body).await;
            return Err(lines.stopped(Unread::TooLarge.problem(BYTES_MAX)));
        }
        rest.extend_from_slice(&part);
        while let Some(end) = rest.iter().position(|&b| b == b'\n') {
            let line = rest.split_to(end + 1);
            lines.take(&line).await?;
        }
        if rest.len() > LINE_BYTES_MAX {
            body::throw_away(&mut body).await;
            return Err(lines.stopped(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "line_too_long",
                format!("a line is longer than {LINE_BYTES_MAX} bytes"),
            )));
        }
    }
    lines.take(&rest).await?;
    lines.flush().await?;
    Ok(Json(lines.put))
}

struct Lines {
    state: AppState,
    put: PutItems,
    number: usize,
    waiting: Vec<CatalogueItem>,
}

impl Lines {
    async fn take(&mut self, line: &[u8]) -> Result<(), Problem> {
        self.number += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        match body::json::<CatalogueItem>(line).and_then(checked) {
            Ok(item) => self.waiting.push(item),
            Err(problem) => {
                self.put.rejected_lines += 1;
                if self.put.rejected.len() < REJECTED_MAX {
                    self.put.rejected.push(RejectedLine {
                        line: self.number,
                        code: problem.code,
                        detail: problem.detail.into_owned(),
                        field: problem.field,
                    });
                }
            }
        }
        if self.waiting.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Problem> {
        if !self.waiting.is_empty() {
            let put = self.state.engine.put_catalogue(std::mem::take(&mut self.waiting)).await;
            self.put.accepted += put.map_err(|e| self.stopped(e.into()))?;
        }
        Ok(())
    }

    /// What stopped it, with how far it came.
    fn stopped(&self, problem: Problem) -> Problem {
        let kept = self.put.accepted;
        let what_now = problem.remedy.clone().unwrap_or("send the file again, in smaller parts if it is too large".into());
        problem.remedy(format!("{kept} items were put before that and are kept; {what_now}"))
    }
}

fn checked(item: CatalogueItem) -> Result<CatalogueItem, Problem> {
    let wrong = |field: &str, detail: String| Err(Problem::bad("value_wrong", detail).field(field));
    if !is_id(&item.item) {
        return wrong("item", format!("an item's id is 1 to {ID_BYTES_MAX} bytes without control characters"));
    }
    let texts = [("department", &item.department), ("brand", &item.brand), ("image", &item.image)];
    let too_long = |text: &str| text.len() > TEXT_BYTES_MAX;
    if let Some((field, _)) = texts.iter().find(|(_, text)| text.as_deref().is_some_and(too_long)) {
        return wrong(field, format!("a text is at most {TEXT_BYTES_MAX} bytes"));
    }
    if item.names.len() > 20 || item.names.iter().any(|(language, name)| language.len() > 35 || too_long(name)) {
        return wrong("names", format!("names are at most 20, each at most {TEXT_BYTES_MAX} bytes, by language"));
    }
    if item.currency.as_deref().is_some_and(|c| c.len() != 3 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
        return wrong("currency", "a currency is three capitals, such as EUR".into());
    }
    if let Some((field, _)) = [("price_cents", item.price_cents), ("stock", item.stock)].iter().find(|(_, n)| n.is_some_and(|n| n < 0)) {
        return wrong(field, "a price or a stock is zero or more".into());
    }
    let sizes = item.sizes.iter().flatten();
    if sizes.clone().any(|(_, all)| all.len() > SIZES_MAX || all.iter().any(|size| size.is_empty() || size.len() > SIZE_BYTES_MAX)) {
        return wrong("sizes", format!("sizes are at most {SIZES_MAX} a kind of clothing, each at most {SIZE_BYTES_MAX} bytes"));
    }
    Ok(item)
}
