//! The table of routes: path, who may call, what it does and how it is described stand in one place, so none can be forgotten.
//!
//! Invariant: collecting, the API and operations come into the router as a [`Route`] only, and every [`Route`] has its gate. What is
//! not in the table is 404. Left out: the customers' pages, which are routers of their own beside it (`pages::portal`, the demo's
//! shop); their gate is the session ([`Caller`](super::pages::caller::Caller)) and the token of each form.

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;
use std::time::Instant;
use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, SecurityRequirement};

use super::AppState;
use super::auth::{ApiKey, Caller, Scope, SourceKeys, presented};
use super::collect::Cors;
use super::observe::{Watched, caught, method};
use super::problem::Problem;
use super::{peer, replay};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Anybody on this machine; others need a key with this scope.
    Loopback(Scope),
    /// A source, by its write key. The key may also stand in the body: then the handler sees to it, for the gate does not read bodies.
    WriteKey,
    /// A source, by the write key in the path, where Segment's browser client puts it.
    WriteKeyInPath,
    /// A system of the retailer's whose key has this scope.
    Scope(Scope),
}

type Schemas = Vec<(String, RefOr<Schema>)>;

/// One route.
pub struct Route {
    /// Its method.
    pub method: HttpMethod,
    /// Its template, as the router and OpenAPI write it.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    pub(super) operation: Operation,
    pub(super) schemas: Schemas,
    handler: MethodRouter<AppState>,
    pub(super) replayed: bool,
    personal: bool,
    from_pages: bool,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("path", &self.path).field("access", &self.access).finish_non_exhaustive()
    }
}

impl Route {
    /// A route as its handler's `#[utoipa::path]` describes it.
    pub fn of<P, H, T>(access: Access, handler: H) -> Route
    where
        P: utoipa::Path + utoipa::__dev::SchemaReferences,
        H: Handler<T, AppState>,
        T: 'static,
    {
        let method = P::methods().into_iter().next().unwrap_or(HttpMethod::Get);
        let mut schemas = Vec::new();
        P::schemas(&mut schemas);
        let handler = on(filter(&method), handler);
        Route {
            method,
            path: P::path(),
            access,
            operation: P::operation(),
            schemas,
            handler,
            replayed: false,
            personal: false,
            from_pages: false,
        }
    }

    /// Its method, as it is written in a request.
    pub fn method_name(&self) -> &'static str {
        match self.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Delete => "DELETE",
            HttpMethod::Options => "OPTIONS",
            HttpMethod::Head => "HEAD",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Trace => "TRACE",
        }
    }

    /// The same at another path: Segment's clients have several for one thing.
    #[must_use]
    pub fn at(mut self, path: &str) -> Route {
        path.clone_into(&mut self.path);
        let word = path.trim_start_matches("/v1/").replace(['/', '{', '}'], "_");
        self.operation.operation_id = self.operation.operation_id.take().map(|id| format!("{id}_{word}"));
        self
    }

    /// Its answers are repeated for the same `Idempotency-Key`.
    #[must_use]
    pub fn replayed(mut self) -> Route {
        self.replayed = true;
        self
    }

    /// Its answers are about one customer: no cache keeps them.
    #[must_use]
    pub fn personal(mut self) -> Route {
        self.personal = true;
        self
    }

    /// Pages of other origins may call it.
    #[must_use]
    pub fn from_pages(mut self) -> Route {
        self.from_pages = true;
        self
    }

    /// Puts the route into a router, behind its gate.
    pub(super) fn into_router(self, router: Router<AppState>, state: &AppState) -> Router<AppState> {
        let watched = Watched::new(self.method_name(), self.path.clone());
        let queries = self.queries();
        let Route { access, replayed, personal, from_pages, .. } = self;
        let gate = Gate { state: state.clone(), access, replayed, personal, from_pages, queries, watched };
        router.route(&self.path, self.handler.route_layer(from_fn_with_state(Arc::new(gate), pass)))
    }

    /// The parameters that its query may have, as it is described; `None` where others are nobody's mistake: sources add their own.
    fn queries(&self) -> Option<Vec<String>> {
        let strict = matches!(self.access, Access::Scope(_));
        let described = self.operation.parameters.iter().flatten().filter_map(|p| match p {
            RefOr::T(p) if matches!(p.parameter_in, ParameterIn::Query) => Some(p.name.clone()),
            _ => None,
        });
        strict.then(|| described.collect())
    }

    /// What OpenAPI says of who may call.
    pub(super) fn security(&self) -> Vec<SecurityRequirement> {
        match self.access {
            Access::Open | Access::WriteKeyInPath => Vec::new(),
            Access::Loopback(_) | Access::Scope(_) => vec![SecurityRequirement::new("api_key", Vec::<String>::new())],
            Access::WriteKey => {
                vec![
                    SecurityRequirement::new("write_key_basic", Vec::<String>::new()),
                    SecurityRequirement::new("write_key_bearer", Vec::<String>::new()),
                ]
            }
        }
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

/// What stands before a route's handler. One layer for all of it: each costs every request several allocations.
struct Gate {
    state: AppState,
    access: Access,
    replayed: bool,
    personal: bool,
    from_pages: bool,
    queries: Option<Vec<String>>,
    watched: Watched,
}

/// Lets in whom the route is for, and answers the way the route is declared.
async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let (began, method) = (Instant::now(), method(request.method()));
    let cors = gate.from_pages.then(|| Cors::of(&gate.state, &request));
    let mut response = caught(gate.let_in(request, next)).await;
    if let Some(cors) = cors {
        cors.tell(&mut response);
    }
    gate.watched.answered(method, response.status(), began.elapsed());
    response
}

impl Gate {
    async fn let_in(&self, mut request: Request, next: Next) -> Response {
        match admit(&self.state, self.access, &request) {
            Ok(Some(caller)) => _ = request.extensions_mut().insert(caller),
            Ok(None) => {}
            Err(problem) => return problem.into_response(),
        }
        if let (Some(known), Some(query)) = (&self.queries, request.uri().query())
            && let Some(unknown) =
                form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name).find(|name| !known.iter().any(|k| k == name))
        {
            return field_unknown(&unknown, known).into_response();
        }
        let mut response = if self.replayed && request.headers().contains_key(&replay::IDEMPOTENCY_KEY) {
            // In a box: else every request would carry the room that this takes.
            Box::pin(replay::repeated(self.state.clone(), request, next)).await
        } else {
            next.run(request).await
        };
        if self.personal {
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        response
    }
}

fn admit(state: &AppState, access: Access, request: &Request) -> Result<Option<Caller>, Problem> {
    let by_header = || presented(request.headers()).map(|key| state.auth.find(&key).ok_or_else(key_unknown)).transpose();
    match access {
        Access::Open => Ok(None),
        Access::Loopback(_) if peer::is_on_this_machine(request) => Ok(None),
        Access::Loopback(scope) | Access::Scope(scope) => match by_header()?.ok_or_else(key_missing)? {
            Caller::Api(key) if key.scopes.contains(&scope) => Ok(Some(Caller::Api(key))),
            Caller::Api(_) => Err(forbidden("scope_missing", format!("this key lacks the scope `{}`", scope.name()))),
            Caller::Source(_) => {
                Err(forbidden("write_key_not_enough", "a write key collects events and does nothing else; use an API key"))
            }
        },
        Access::WriteKey => match by_header()? {
            Some(Caller::Api(_)) => {
                Err(forbidden("api_key_not_a_write_key", "an API key does not say which source writes; use the source's write key"))
            }
            caller => Ok(caller),
        },
        Access::WriteKeyInPath => {
            let key = request.uri().path().split('/').nth(3).unwrap_or_default();
            match state.auth.find(key) {
                Some(Caller::Source(source)) => Ok(Some(Caller::Source(source))),
                _ => Err(key_unknown()),
            }
        }
    }
}

/// 401: no key at all.
pub(super) fn key_missing() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "key_missing", "this needs a key")
        .remedy("send Authorization: Bearer KEY (sources also: Basic, or writeKey in the body)")
}

/// 401: a key that nobody has.
pub(super) fn key_unknown() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "key_unknown", "nobody has this key")
        .remedy("check the key; each source and each system has its own")
}

fn field_unknown(name: &str, known: &[String]) -> Problem {
    let expected = if known.is_empty() { "this path takes no query".to_owned() } else { format!("expected {}", known.join(", ")) };
    Problem::bad("field_unknown", "the query has a parameter that is not known here").field(name).remedy(expected)
}

fn forbidden(code: &'static str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail)
}

/// The API key that the gate let in.
#[derive(Debug, Clone)]
pub(super) struct ByApiKey(pub(super) Arc<ApiKey>);

impl<S: Send + Sync> FromRequestParts<S> for ByApiKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Api(key)) => Ok(ByApiKey(key.clone())),
            _ => Err(key_missing()),
        }
    }
}

/// The source that the gate let in, if the header named one.
#[derive(Debug, Clone)]
pub(super) struct BySource(pub(super) Option<Arc<SourceKeys>>);

impl<S: Send + Sync> FromRequestParts<S> for BySource {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(BySource(match parts.extensions.get::<Caller>() {
            Some(Caller::Source(source)) => Some(source.clone()),
            _ => None,
        }))
    }
}
