//! Serving: listen at once, answer "starting" until the engine has read its log, stop without cutting anyone off.
//!
//! Left out: TLS, which a proxy in front does.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tower::ServiceExt;

use super::problem::Problem;
use super::{AppState, router};

/// How long requests may go on after the signal to stop.
const FINISH_MAX: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request.
const HEAD_MAX: Duration = Duration::from_secs(20);
/// The longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 65_536;
/// How many connections are served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 8192;
/// How often the histograms' raw values are folded, so that they do not pile up between two scrapes, and what is left of erased
/// customers in memory is let go.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// A server that may not be ready yet. Clone it: one half serves, the other starts the engine and then calls [`Starting::ready`].
#[derive(Debug, Clone, Default)]
pub struct Starting(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    router: OnceLock<Router>,
    state: OnceLock<AppState>,
    stop: Notify,
}

impl Starting {
    /// A server without an engine.
    pub fn new() -> Starting {
        Starting::default()
    }

    /// The engine has replayed: from now on the real routes answer. `extra` are routes besides the API's: the pages.
    pub fn ready(&self, state: AppState, extra: Router) {
        let _ = self.0.state.set(state.clone());
        let _ = self.0.router.set(router(state, extra));
    }

    /// Ends [`serve`], as a signal does.
    pub fn stop(&self) {
        self.0.stop.notify_one();
    }

    async fn answer(&self, request: Request) -> Response {
        if let Some(router) = self.0.router.get() {
            return match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
        }
        match request.uri().path() {
            "/healthz" => (StatusCode::OK, "alive\n").into_response(),
            _ => Problem::starting().into_response(),
        }
    }
}

/// Serves until SIGTERM, ctrl-c or [`Starting::stop`]; then no connection is accepted, requests under way are finished (10 s at
/// most), and the engine is stopped.
///
/// # Errors
/// Where the system gives no signals to listen for.
pub async fn serve(listener: TcpListener, starting: Starting) -> std::io::Result<()> {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let stop = stopped(&starting)?;
    tokio::pin!(stop);
    heed_hangups()?;
    let upkeep = tokio::spawn(upkeep(starting.clone()));
    loop {
        let place = tokio::select! {
            () = &mut stop => break,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, starting.clone());
                let watched = graceful.watch(connection);
                tokio::spawn(async move {
                    let _ = watched.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, or a client that was gone at once: neither ends the server.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    upkeep.abort();
    tracing::info!("stopping");
    if tokio::time::timeout(FINISH_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were not finished in time");
    }
    if let Some(state) = starting.0.state.get().cloned() {
        let _ = tokio::task::spawn_blocking(move || state.engine.stop()).await;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn upkeep(starting: Starting) {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        crate::telemetry::upkeep();
        if let Some(state) = starting.0.state.get() {
            state.site.forget_unknown();
        }
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    starting: Starting,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = std::convert::Infallible, Future: Send>,
> {
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let starting = starting.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            Ok::<_, std::convert::Infallible>(starting.answer(request).await)
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
}

/// A hangup is no reason to die: a terminal that closes sends it, and operators whose other servers read their configuration again.
#[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, reason = "there is no such signal to listen for"))]
fn heed_hangups() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut hangups = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                tracing::warn!("SIGHUP changes nothing: policy and configuration are read at a start; restart to adopt them");
            }
        });
    }
    Ok(())
}

fn stopped(starting: &Starting) -> std::io::Result<impl Future<Output = ()> + use<>> {
    let inner = starting.0.clone();
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            () = inner.stop.notified() => {}
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
    })
}
