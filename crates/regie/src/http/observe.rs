//! What an operator sees of requests: how many, how long, with which answer. Never whose, and never a path as it was sent.
//!
//! Invariant: whatever a handler does, there is an answer, and it is counted; a panic is a defect of ours and becomes one too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{Counter, Histogram};

use super::problem::Problem;

const REQUESTS: &str = "regie_http_requests_total";
const SECONDS: &str = "regie_http_request_seconds";

/// A route that is watched: its meters are looked up once, not for each request.
pub(super) struct Watched {
    method: &'static str,
    route: String,
    seconds: Histogram,
    /// Of answers with 200, the most.
    fine: Counter,
}

impl Watched {
    /// A route by its method and template.
    pub(super) fn new(method: &'static str, route: String) -> Watched {
        let seconds = metrics::histogram!(SECONDS, "method" => method, "route" => route.clone());
        let fine = metrics::counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => "200");
        Watched { method, route, seconds, fine }
    }

    /// Counts and logs an answer to a request with this method: HEAD comes to the routes of GET.
    pub(super) fn answered(&self, method: &'static str, status: StatusCode, took: Duration) {
        if method != self.method || status != StatusCode::OK {
            return answered(method, &self.route, status, took);
        }
        log(method, &self.route, status, took);
        self.fine.increment(1);
        self.seconds.record(took);
    }
}

/// The same for what is not in the table of routes: pages, and what there is not.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method(request.method());
    // A template is the program's own text; what matched none is not named at all.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let response = caught(next.run(request)).await;
    answered(method, &route, response.status(), began.elapsed());
    response
}

/// The answer, or that of a defect if making it panics. What the panic says stays out of answer and log: it may hold anything.
pub(super) async fn caught(answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))).unwrap_or_else(|_| {
            tracing::error!("a handler panicked");
            Poll::Ready(Problem::internal().into_response())
        })
    })
    .await
}

fn answered(method: &'static str, route: &str, status: StatusCode, took: Duration) {
    log(method, route, status, took);
    let status = status.as_u16().to_string();
    metrics::counter!(REQUESTS, "method" => method, "route" => route.to_owned(), "status" => status).increment(1);
    metrics::histogram!(SECONDS, "method" => method, "route" => route.to_owned()).record(took);
}

/// Answers of 500 and above are logged as warnings, others at debug level.
fn log(method: &'static str, route: &str, status: StatusCode, took: Duration) {
    let (status, ms) = (status.as_u16(), took.as_secs_f64() * 1000.0);
    if status >= 500 {
        tracing::warn!(method, route, status, ms, "answered");
    } else {
        tracing::debug!(method, route, status, ms, "answered");
    }
}

/// The method by its name.
pub(super) fn method(method: &Method) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_says_nothing_of_it() {
        let answer = caught(async {
            tokio::task::yield_now().await;
            panic!("secret")
        });
        let answer = answer.await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = super::super::body::read(answer.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
        assert_eq!(caught(async { StatusCode::OK.into_response() }).await.status(), StatusCode::OK);
    }
}
