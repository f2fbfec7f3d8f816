//! What the source itself says about an event: its consent categories, and its session.

use sha2::{Digest, Sha256};

use crate::fact::VisitId;
use crate::ids::Handle;
use crate::policy::{Basis, Policy, PurposeIx, Purposes, Source};

/// The purposes that the source's own consent categories rule out for this one event.
///
/// `false` rules out the purposes that the policy maps the category to, or the purpose of that very id; `true` gives nothing;
/// ids that nobody knows are ignored; no preferences change nothing (rule 2). Contract and legal duty cannot be ruled out by a
/// banner: the order must still be handled and booked.
pub fn narrow(policy: &Policy, source: &Source, preferences: &[(String, bool)]) -> Purposes {
    let refused = preferences.iter().filter(|(_, allowed)| !allowed);
    let ruled_out = refused.flat_map(|(id, _)| {
        let mapped = source.consent_map.iter().filter(move |(category, _)| category == id);
        mapped.flat_map(|(_, purposes)| purposes.iter().copied()).chain(policy.purpose(id))
    });
    ruled_out.filter(|&ix| may_be_ruled_out(policy, ix)).collect()
}

fn may_be_ruled_out(policy: &Policy, ix: PurposeIx) -> bool {
    matches!(policy.at(ix).basis, Basis::Consent | Basis::LegitimateInterest)
}

/// The visit of a source's session: the first 8 bytes of SHA-256(`regie/visit/1` ‖ handle ‖ length of source ‖ source ‖ session).
///
/// With the random handle in it, equal sessions of two records have nothing in common, and nobody can try out sessions without it.
pub fn visit_id(handle: Handle, source: &str, session: &str) -> VisitId {
    let hash = Sha256::new()
        .chain_update(b"regie/visit/1")
        .chain_update(handle.0.to_be_bytes())
        .chain_update((source.len() as u64).to_be_bytes())
        .chain_update(source)
        .chain_update(session)
        .finalize();
    let first = hash.iter().take(8).fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    VisitId(first)
}
