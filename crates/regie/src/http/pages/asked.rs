//! What the address of a page asks for: the changing part of its path, and its query.
//!
//! Invariant: what cannot be read asks for nothing, so the page answers as it does for any name that it does not know, and never
//! with the framework's own words. Left out: what a form sends (see [`form`](super::form)).

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The one changing part of a path; empty where it is not UTF-8, and nothing has that name.
#[derive(Debug, Clone)]
pub(crate) struct InPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(InPath(Path::<String>::from_request_parts(parts, state).await.map(|Path(part)| part).unwrap_or_default()))
    }
}

/// A query; as if there were none where it cannot be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(InQuery(Query::<T>::from_request_parts(parts, state).await.map(|Query(query)| query).unwrap_or_default()))
    }
}
