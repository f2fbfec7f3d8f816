//! What a customer's browser says on its own: Global Privacy Control, and Advanced Data Protection Control.
//!
//! Sources: the specifications of both (W3C Privacy Working Group; <https://www.dataprotectioncontrol.org/spec/>, section 7).
//! Invariant: a signal only ever takes away. A specific yes that was given here stands beside a GPC; ADPC's own `consent` gives
//! nothing, because Regie asks nothing through it and could not prove which wording was read. What cannot be read says nothing.

use axum::http::{HeaderMap, HeaderName};
use regie_domain::ids::Handle;
use regie_domain::policy::Policy;

use crate::engine::{Engine, EngineError};

/// The header of Global Privacy Control.
pub(crate) const SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");
/// The header of Advanced Data Protection Control.
const ADPC: HeaderName = HeaderName::from_static("adpc");
/// The one objection that ADPC defines.
const DIRECT_MARKETING: &str = "direct-marketing";
/// Longer headers say nothing.
const ADPC_BYTES_MAX: usize = 4096;
/// Beside every page: ADPC is understood, and nothing is asked through it.
pub(crate) const LINK: &str = "<about:blank>; rel=\"consent-requests\"";

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Signals {
    /// `Sec-GPC: 1`.
    pub(crate) gpc: bool,
    /// Every consent is withdrawn, but for those that the browser gives itself.
    withdraw_all: bool,
    /// The ids of purposes whose consent is withdrawn.
    withdraw: Vec<String>,
    /// The ids of purposes that the browser consents to.
    consent: Vec<String>,
    /// The customer objects to direct marketing.
    objects: bool,
}

impl Signals {
    /// Reads the headers. `Sec-GPC` counts only if it is exactly `1`; of several lines, any.
    pub(crate) fn of(headers: &HeaderMap) -> Signals {
        let mut signals = Signals { gpc: says_gpc(headers), ..Signals::default() };
        for value in headers.get_all(&ADPC) {
            if let Some(text) = value.to_str().ok().filter(|text| text.len() <= ADPC_BYTES_MAX) {
                signals.read_adpc(text);
            }
        }
        signals
    }

    fn read_adpc(&mut self, text: &str) {
        for (name, ids) in members(text) {
            match name.as_str() {
                "withdraw" => {
                    self.withdraw_all |= ids.iter().any(|id| id == "*");
                    self.withdraw.extend(ids.into_iter().filter(|id| id != "*"));
                }
                "consent" => self.consent.extend(ids),
                "object" => self.objects |= ids.iter().any(|id| id == DIRECT_MARKETING),
                _ => {}
            }
        }
    }

    /// Do they say anything?
    pub(crate) fn say_nothing(&self) -> bool {
        *self == Signals { consent: self.consent.clone(), ..Signals::default() }
    }

    /// The purposes that are withdrawn: the more specific consent of the same browser goes before `*`.
    fn withdrawn<'p>(&self, policy: &'p Policy) -> Vec<&'p str> {
        let is = |id: &str| self.withdraw.iter().any(|w| w == id) || (self.withdraw_all && !self.consent.iter().any(|c| c == id));
        policy.purposes.iter().filter(|p| p.slot.is_some() && is(&p.id)).map(|p| p.id.as_str()).collect()
    }

    /// Does as they say, for a customer. Writes only what does not stand already.
    ///
    /// # Errors
    /// As withdrawing and objecting.
    pub(crate) async fn heed(&self, engine: &Engine, customer: Handle) -> Result<(), EngineError> {
        if self.say_nothing() {
            return Ok(());
        }
        let policy = engine.policy();
        if self.gpc {
            engine.heed_signal(customer, "gpc", policy.shared_with_third_parties()).await?;
        }
        if self.objects {
            engine.heed_signal(customer, "adpc", policy.direct_marketing()).await?;
        }
        for purpose in self.withdrawn(&policy) {
            if engine.is_given(customer, purpose) || engine.tells_for(customer, purpose) {
                engine.withdraw(customer, purpose, None).await?;
            }
        }
        Ok(())
    }
}

/// Does a `Sec-GPC` line say exactly `1`?
pub(crate) fn says_gpc(headers: &HeaderMap) -> bool {
    headers.get_all(&SEC_GPC).iter().any(|value| value.as_bytes() == b"1")
}

/// `withdraw=*, consent="a b"`: each name with its ids. What is not of this form is left out.
fn members(text: &str) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((name, after)) = rest.split_once('=') else { break };
        let (value, next) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((value, next)) => (value, next.split_once(',').map_or("", |(_, next)| next)),
                None => break,
            },
            None => after.split_once(',').unwrap_or((after, "")),
        };
        let ids = value.split_ascii_whitespace().map(str::to_owned).collect();
        all.push((name.trim().to_ascii_lowercase(), ids));
        rest = next;
    }
    all
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn gpc_is_exactly_1_on_any_line() {
        for (lines, expected) in [
            (&[][..], false),
            (&["1"], true),
            (&["0"], false),
            (&["true"], false),
            (&["1.0"], false),
            (&["1, 1"], false),
            (&["\"1\""], false),
            (&["11"], false),
            (&["0", "1"], true),
            (&["1", "0"], true),
            (&["yes", "0"], false),
        ] {
            let lines: Vec<_> = lines.iter().map(|value| ("sec-gpc", *value)).collect();
            assert_eq!(Signals::of(&headers(&lines)).gpc, expected, "{lines:?}");
        }
    }

    #[test]
    fn adpc_is_read_as_its_specification_writes_it() {
        let policy = Policy::parse(crate::BUILT_IN_POLICY).unwrap();
        let all = policy.purposes.iter().filter(|p| p.slot.is_some()).count();
        for (lines, withdrawn, objects) in [
            (&["withdraw=*"][..], all, false),
            (&["withdraw=recommendations"], 1, false),
            (&["withdraw=\"recommendations model-improvement gone\""], 2, false),
            (&["withdraw=*, object=direct-marketing, consent=\"recommendations demand-insight\""], all - 2, true),
            (&["consent=\"recommendations\" , withdraw=*"], all - 1, false),
            (&["withdraw=recommendations, consent=recommendations"], 1, false),
            (&["object=direct-marketing", "withdraw=marketing-email"], 1, true),
            (&["consent=recommendations"], 0, false),
            (&["withdraw="], 0, false),
            (&["withdraw=\"recommendations"], 0, false),
            (&["object=everything"], 0, false),
            (&["nonsense"], 0, false),
            (&["order-handling=*, withdraw=order-handling"], 0, false),
        ] {
            let lines: Vec<_> = lines.iter().map(|value| ("adpc", *value)).collect();
            let signals = Signals::of(&headers(&lines));
            assert_eq!((signals.withdrawn(&policy).len(), signals.objects), (withdrawn, objects), "{lines:?}");
        }
        assert!(Signals::of(&headers(&[("adpc", "consent=recommendations")])).say_nothing());
    }
}
