//! The ledger as C2SP tlog-tiles serves it: `/checkpoint`, `/tile/…`, and its key. For witnesses, monitors and anybody: a leaf says
//! nothing about anyone.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::AppState;
use super::problem::Problem;
use super::route::{Access, Route};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::of::<__path_checkpoint, _, _>(Access::Open, checkpoint),
        Route::of::<__path_ledger_key, _, _>(Access::Open, ledger_key),
        Route::of::<__path_tile, _, _>(Access::Open, tile),
    ]
}

fn file(content_type: &'static str, cache: &'static str, content: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(content_type)), (header::CACHE_CONTROL, HeaderValue::from_static(cache))], content)
        .into_response()
}

/// The signed head of the ledger (C2SP tlog-checkpoint).
#[utoipa::path(get, path = "/checkpoint", tag = "ledger",
    responses((status = 200, description = "A signed note: origin, size, root", body = String, content_type = "text/plain")))]
async fn checkpoint(State(state): State<AppState>) -> Response {
    file("text/plain; charset=utf-8", "no-cache", state.engine.ledger_head().note.clone())
}

/// The ledger's public key, `name+id+key` (C2SP signed-note): what checkpoints and receipts are checked with.
#[utoipa::path(get, path = "/ledger-key", tag = "ledger",
    responses((status = 200, description = "The key", body = String, content_type = "text/plain")))]
async fn ledger_key(State(state): State<AppState>) -> Response {
    file("text/plain; charset=utf-8", "no-cache", format!("{}\n", state.engine.ledger_key()))
}

/// A tile of hashes (`<L>/<N>[.p/<W>]`) or of entries (`entries/<N>[.p/<W>]`), as C2SP tlog-tiles names them.
#[utoipa::path(get, path = "/tile/{*tile}", tag = "ledger", params(("*tile" = String, Path, description = "The tile's name")),
    responses((status = 200, description = "Hashes, or entries with their length before them", content_type = "application/octet-stream"),
        (status = 404, description = "Nothing is published under that name")))]
async fn tile(State(state): State<AppState>, Path(path): Path<String>) -> Result<Response, Problem> {
    match state.engine.reading(move |engine| engine.ledger_tile(&path)).await? {
        Some(content) => Ok(file("application/octet-stream", IMMUTABLE, content)),
        None => Err(Problem::new(StatusCode::NOT_FOUND, "tile_unknown", "no such tile is published")
            .remedy("read /checkpoint for the size of the log, and C2SP tlog-tiles for the names of its tiles")),
    }
}
