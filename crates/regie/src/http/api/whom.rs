//! Whom a request is about. A source's own ids are often e-mail addresses: they travel in bodies and never in paths or queries.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use regie_domain::collection::{is_id, limits::ID_BYTES_MAX};
use regie_domain::fact::{Identifier, IdentifierKind, RestrictedPart};
use regie_domain::ids::Handle;

use super::super::auth::ApiKey;
use super::super::problem::Problem;
use crate::engine::restrict::ALL;
use crate::engine::{Engine, EngineError};

/// The customer `{c}` of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct InPath(pub(super) Handle);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        opaque(&path_param(parts, state, "c").await?).map(InPath)
    }
}

/// The purpose `{purpose}` of a path. Whether the policy has it, the choice says.
#[derive(Debug, Clone)]
pub(super) struct PurposeInPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PurposeInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        path_param(parts, state, "purpose").await.map(PurposeInPath)
    }
}

/// The part `{purpose}/{category}` of a path; `all` is every one.
#[derive(Debug, Clone)]
pub(super) struct PartInPath(pub(super) RestrictedPart);

impl<S: Send + Sync> FromRequestParts<S> for PartInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = |id: String| (id != ALL).then_some(id);
        let purpose = named(path_param(parts, state, "purpose").await?);
        let category = named(path_param(parts, state, "category").await?);
        Ok(PartInPath(RestrictedPart { purpose, category }))
    }
}

/// A part of the path by its name.
pub(super) async fn path_param<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String, Problem> {
    let broken = |_| Problem::bad("path_broken", "the path cannot be read");
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(broken)?;
    Ok(params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).unwrap_or_default())
}

/// A customer in a path or a query.
pub(super) fn opaque(text: &str) -> Result<Handle, Problem> {
    text.parse().map_err(|_| {
        Problem::bad("customer_id_not_opaque", "paths and queries name a customer by `c_` and 26 characters only")
            .remedy("ask POST /v1/customers/lookup for it, with your own id in the body")
    })
}

/// How a body names a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Handle(Handle),
    Identifier(Identifier),
}

impl Named {
    /// Reads `c_…`, `user:ID` or `anonymous:ID` in the key's id space.
    pub(super) fn read(text: &str, key: &ApiKey) -> Result<Named, Problem> {
        let wrong = || {
            Problem::bad("customer_not_understood", "this names no customer")
                .field("customer")
                .remedy(format!("write c_…, user:ID or anonymous:ID, the ID 1 to {ID_BYTES_MAX} bytes without control characters"))
        };
        for (prefix, kind) in [("user:", IdentifierKind::User), ("anonymous:", IdentifierKind::Anonymous)] {
            if let Some(value) = text.strip_prefix(prefix) {
                if !is_id(value) {
                    return Err(wrong());
                }
                return Ok(Named::Identifier(Identifier { space: key.id_space.clone(), kind, value: value.to_owned() }));
            }
        }
        text.parse().map(Named::Handle).map_err(|_| wrong())
    }

    /// The record, if known, by its own handle: whose customer it belonged to at some time is another question.
    pub(super) fn record(self, engine: &Engine) -> Result<Handle, Problem> {
        let found = match self {
            Named::Handle(handle) => engine.knows(handle).then_some(handle),
            Named::Identifier(identifier) => engine.record_of(&identifier),
        };
        found.ok_or_else(|| EngineError::UnknownCustomer.into())
    }

    /// The customer, if known.
    pub(super) fn find(self, engine: &Engine) -> Result<Handle, Problem> {
        let found = match self {
            Named::Handle(handle) => engine.canonical(handle),
            Named::Identifier(identifier) => engine.lookup(&identifier),
        };
        found.ok_or_else(|| EngineError::UnknownCustomer.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::super::auth::KeyHash;
    use super::*;

    #[test]
    fn a_customer_is_named_in_one_of_three_ways() {
        let key = ApiKey { name: "shop".into(), key: KeyHash::of("k"), scopes: HashSet::new(), id_space: "shop".into() };
        let identifier = |kind, value: &str| Named::Identifier(Identifier { space: "shop".into(), kind, value: value.into() });
        assert_eq!(Named::read("user:17", &key), Ok(identifier(IdentifierKind::User, "17")));
        assert_eq!(Named::read("anonymous:a:b", &key), Ok(identifier(IdentifierKind::Anonymous, "a:b")));
        assert_eq!(Named::read("c_00000000000000000000000001", &key), Ok(Named::Handle(Handle(1))));
        for bad in [
            "",
            "17",
            "user:",
            "user: ",
            "anonymous:",
            "c_1",
            "card:17",
            "user:1\0",
            "anonymous:a\nb",
            &format!("user:{}", "x".repeat(257)),
        ] {
            assert_eq!(Named::read(bad, &key).unwrap_err().code, "customer_not_understood", "{bad}");
            assert_eq!(opaque(bad).unwrap_err().code, "customer_id_not_opaque", "{bad}");
        }
    }
}
