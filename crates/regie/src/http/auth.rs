//! Who calls: a source by its write key, or a system of the retailer's by its API key.
//!
//! Keys are known by their SHA-256 only; that is enough for random ones. Invariant: comparing takes the same time for every key
//! presented. A write key collects and does nothing else; an API key does what its scopes say. Left out: customers, who come
//! in by a signed link (see [`link`](super::pages::link)), and staff.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use aws_lc_rs::{constant_time, digest};
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regie_domain::policy::Policy;
use serde::Deserialize;

/// How many write keys of one source are accepted at once: the new and the old one, while clients change over.
pub const WRITE_KEYS_MAX: usize = 2;

/// The SHA-256 of a key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key as it is presented.
    pub fn of(key: &str) -> KeyHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
        KeyHash(hash)
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<KeyHash> {
        Some(KeyHash(crate::engine::unhex(hex)?.try_into().ok()?))
    }

    fn is(&self, other: &KeyHash) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Look up, consents, join, export, erase.
    Customers,
    /// Ask and record uses.
    Decisions,
    /// Recommendations.
    Recommendations,
    /// Put items.
    Catalogue,
    /// Make links by which customers come in.
    PortalLinks,
    /// Look up what proves an erased customer's consents, for a legal claim.
    Claims,
    /// Metrics, OpenAPI, the clock.
    Operations,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 7] = [
        Scope::Customers,
        Scope::Decisions,
        Scope::Recommendations,
        Scope::Catalogue,
        Scope::PortalLinks,
        Scope::Claims,
        Scope::Operations,
    ];

    /// Its name in configurations and answers.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Customers => "customers",
            Scope::Decisions => "decisions",
            Scope::Recommendations => "recommendations",
            Scope::Catalogue => "catalogue",
            Scope::PortalLinks => "portal-links",
            Scope::Claims => "claims",
            Scope::Operations => "operations",
        }
    }
}

/// A source's keys and where its code may run.
#[derive(Debug, Clone)]
pub struct SourceKeys {
    /// The source's id in the policy.
    pub source: String,
    /// At most [`WRITE_KEYS_MAX`].
    pub keys: Vec<KeyHash>,
    /// Origins of pages that may send from a browser, such as `https://www.winkel.example`. One that ends in `:*` takes any port;
    /// the demo uses it for this machine, a configuration cannot.
    pub origins: Vec<String>,
}

impl SourceKeys {
    /// May a page of this origin send for the source?
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|o| match o.strip_suffix(":*") {
            Some(host) => origin.strip_prefix(host).and_then(|rest| rest.strip_prefix(':')).is_some_and(|port| port.parse::<u16>().is_ok()),
            None => o == origin,
        })
    }
}

/// An API key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// What operators call it.
    pub name: String,
    /// Its hash.
    pub key: KeyHash,
    /// What it may do.
    pub scopes: HashSet<Scope>,
    /// Whose numbering its `user:ID` and `anonymous:ID` are.
    pub id_space: String,
}

/// Who called.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A source.
    Source(Arc<SourceKeys>),
    /// A system of the retailer's.
    Api(Arc<ApiKey>),
}

/// Every key that is accepted.
#[derive(Debug, Clone, Default)]
pub struct Auth {
    sources: Vec<Arc<SourceKeys>>,
    api_keys: Vec<Arc<ApiKey>>,
}

/// Why a set of keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The policy does not declare it.
    #[error(
        "sources: the policy declares no source `{source_id}`; it declares {declared}: correct the id, or add the source to the policy"
    )]
    SourceUnknown {
        /// The id.
        source_id: String,
        /// What there is.
        declared: String,
    },
    /// A third key.
    #[error("sources: `{source_id}` has more than {WRITE_KEYS_MAX} keys: remove the oldest")]
    KeysTooMany {
        /// The source.
        source_id: String,
    },
    /// No source has this id space.
    #[error("api_keys: `{name}` has the id_space `{id_space}`, which no source of the policy has; there are {declared}")]
    IdSpaceUnknown {
        /// The key's name.
        name: String,
        /// Its id space.
        id_space: String,
        /// What there is.
        declared: String,
    },
    /// Two entries for one source, or two API keys of one name: whoever reads the file or the logs would take one for the other.
    #[error("{list}: `{name}` stands there twice: {remedy}")]
    NameRepeated {
        /// `sources` or `api_keys`.
        list: &'static str,
        /// The name.
        name: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The same key twice: who calls would be a matter of luck.
    #[error("the same key stands twice, the second time at `{at}`: make a new one")]
    KeyRepeated {
        /// Where.
        at: String,
    },
}

impl Auth {
    /// A set of keys, checked against the policy.
    ///
    /// # Errors
    /// [`AuthError`] says which key and what to do.
    pub fn new(sources: Vec<SourceKeys>, api_keys: Vec<ApiKey>, policy: &Policy) -> Result<Auth, AuthError> {
        let mut seen = HashSet::new();
        no_name_twice("sources", sources.iter().map(|s| s.source.as_str()), "put both keys into one entry")?;
        no_name_twice("api_keys", api_keys.iter().map(|k| k.name.as_str()), "give each system a name of its own")?;
        for s in &sources {
            if policy.source(&s.source).is_none() {
                let declared = policy.sources.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ");
                return Err(AuthError::SourceUnknown { source_id: s.source.clone(), declared });
            }
            if s.keys.len() > WRITE_KEYS_MAX {
                return Err(AuthError::KeysTooMany { source_id: s.source.clone() });
            }
            if s.keys.iter().any(|key| !seen.insert(key.clone())) {
                return Err(AuthError::KeyRepeated { at: s.source.clone() });
            }
        }
        for k in &api_keys {
            if !policy.sources.iter().any(|s| s.id_space == k.id_space) {
                let mut declared: Vec<&str> = policy.sources.iter().map(|s| s.id_space.as_str()).collect();
                declared.sort_unstable();
                declared.dedup();
                return Err(AuthError::IdSpaceUnknown {
                    name: k.name.clone(),
                    id_space: k.id_space.clone(),
                    declared: declared.join(", "),
                });
            }
            if !seen.insert(k.key.clone()) {
                return Err(AuthError::KeyRepeated { at: k.name.clone() });
            }
        }
        Ok(Auth { sources: sources.into_iter().map(Arc::new).collect(), api_keys: api_keys.into_iter().map(Arc::new).collect() })
    }

    /// Whose key this is. Looks at every key, whichever it is.
    pub fn find(&self, presented: &str) -> Option<Caller> {
        let hash = KeyHash::of(presented);
        let mut found = None;
        for source in &self.sources {
            for key in &source.keys {
                if key.is(&hash) {
                    found = Some(Caller::Source(source.clone()));
                }
            }
        }
        for api in &self.api_keys {
            if api.key.is(&hash) {
                found = Some(Caller::Api(api.clone()));
            }
        }
        found
    }

    /// May a page of this origin send anything at all?
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.sources.iter().any(|s| s.allows(origin))
    }
}

fn no_name_twice<'a>(list: &'static str, names: impl Iterator<Item = &'a str>, remedy: &'static str) -> Result<(), AuthError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(AuthError::NameRepeated { list, name: name.to_owned(), remedy });
        }
    }
    Ok(())
}

/// The key in the `Authorization` header: `Bearer KEY`, or `Basic base64(KEY:)`.
pub fn presented(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    // Of two nobody can say which was meant.
    let value = all.next().filter(|_| all.next().is_none())?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (!rest.is_empty()).then_some(Cow::Borrowed(rest));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        let key = decoded.split_once(':').map_or(decoded.as_str(), |(key, _)| key);
        return (!key.is_empty()).then(|| Cow::Owned(key.to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_either_header_form() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            presented(&headers).map(Cow::into_owned)
        };
        for (value, key) in [
            ("Bearer k1", Some("k1")),
            ("bearer  k1 ", Some("k1")),
            ("Basic azE6", Some("k1")),
            ("basic azE6c2VjcmV0", Some("k1")),
            ("Basic azE=", Some("k1")),
            ("Basic Og==", None),
            ("Basic not base64", None),
            ("Bearer ", None),
            ("Digest k1", None),
            ("k1", None),
        ] {
            assert_eq!(with(value).as_deref(), key, "{value}");
        }
        assert_eq!(presented(&HeaderMap::new()), None);
    }

    #[test]
    fn a_hash_reads_back_and_shows_nothing() {
        // SHA-256 of "abc", FIPS 180-2.
        let abc = KeyHash::parse("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").unwrap();
        assert!(abc.is(&KeyHash::of("abc")));
        assert!(!abc.is(&KeyHash::of("abd")));
        for bad in [
            "",
            "ba",
            &"+f".repeat(32),
            &"g".repeat(64),
            &"é".repeat(32),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f200",
        ] {
            assert_eq!(KeyHash::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{abc:?}"), "KeyHash(…)");
    }

    #[test]
    fn keys_that_cannot_be_meant_are_refused() {
        let policy = Policy::parse(crate::BUILT_IN_POLICY).unwrap();
        let source = |id: &str, keys: &[&str]| SourceKeys {
            source: id.into(),
            keys: keys.iter().map(|k| KeyHash::of(k)).collect(),
            origins: Vec::new(),
        };
        let api = |name: &str, key: &str, space: &str| ApiKey {
            name: name.into(),
            key: KeyHash::of(key),
            scopes: HashSet::new(),
            id_space: space.into(),
        };
        let refused = |sources, keys| Auth::new(sources, keys, &policy).unwrap_err().to_string();
        assert!(refused(vec![source("shpo", &["a"])], vec![]).contains("`shpo`"));
        assert!(refused(vec![source("shop", &["a", "b", "c"])], vec![]).contains("remove the oldest"));
        assert!(refused(vec![source("shop", &["a"]), source("till", &["a"])], vec![]).contains("`till`"));
        assert!(refused(vec![source("shop", &["a"])], vec![api("x", "a", "shop")]).contains("`x`"));
        assert!(refused(vec![], vec![api("x", "a", "nowhere")]).contains("`nowhere`"));
        assert!(refused(vec![], vec![api("x", "a", "shop"), api("x", "b", "shop")]).starts_with("api_keys: `x`"));
        assert!(refused(vec![source("shop", &["a"]), source("shop", &["b"])], vec![]).starts_with("sources: `shop`"));

        let auth = Auth::new(vec![source("shop", &["a", "b"])], vec![api("x", "c", "shop")], &policy).unwrap();
        assert!(matches!(auth.find("b"), Some(Caller::Source(s)) if s.source == "shop"));
        assert!(matches!(auth.find("c"), Some(Caller::Api(k)) if k.name == "x"));
        assert!(auth.find("d").is_none());
        assert!(auth.find("").is_none());
    }
}
