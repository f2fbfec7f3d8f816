//! What an operator sees of requests: how many, how long, with which answer. Never whose, and never a path as it was sent.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

/// Counts and logs a request by its route's template. Answers of 500 and above are logged as warnings, others at debug level.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let seconds = start.elapsed().as_secs_f64();
    // A template is the program's own text; what matched none is not named at all.
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let status = response.status().as_u16();
    let ms = seconds * 1000.0;
    if status >= 500 {
        tracing::warn!(method, route, status, ms, "answered");
    } else {
        tracing::debug!(method, route, status, ms, "answered");
    }
    let code = status.to_string();
    metrics::counter!("regie_http_requests_total", "method" => method, "route" => route.clone(), "status" => code).increment(1);
    metrics::histogram!("regie_http_request_seconds", "method" => method, "route" => route).record(seconds);
    response
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
