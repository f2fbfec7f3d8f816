//! What the receipt of a restriction, of its end, of who consents, and of contesting a decision says, and so its leaf in the ledger.

use serde_json::{Map, Value, json};

use crate::fact::{ConsenterStated, ContestAnswered, DecisionContested, Evidence, Restricted, RestrictedPart, RestrictionLifted};
use crate::ids::Handle;
use crate::ledger::common_core;
use crate::time::Time;

/// Of a restriction.
pub fn restricted_core(handle: Handle, made: &Restricted) -> Value {
    let mut core = of_part(handle, &made.part, "restricted", made.at, made.evidence.as_ref());
    if let Some(ground) = made.ground {
        core.insert("restriction_ground".into(), json!(ground));
    }
    Value::Object(core)
}

/// Of its end.
pub fn lifted_core(handle: Handle, lifted: &RestrictionLifted) -> Value {
    Value::Object(of_part(handle, &lifted.part, "restriction_lifted", lifted.at, Some(&lifted.evidence)))
}

/// Of who consents from then on.
pub fn consenter_core(handle: Handle, stated: &ConsenterStated) -> Value {
    let mut core = common_core(handle, "consenter_stated", stated.at, Some(&stated.evidence));
    core.insert("consenter".into(), json!(stated.consenter));
    Value::Object(core)
}

/// Of contesting a decision.
pub fn contested_core(handle: Handle, made: &DecisionContested) -> Value {
    let mut core = common_core(handle, "contested", made.at, made.evidence.as_ref());
    core.insert("contest".into(), json!(made.id.to_string()));
    core.insert("purpose".into(), json!(made.purpose));
    for (key, words) in [("reference", &made.reference), ("reason", &made.reason)] {
        if let Some(words) = words {
            core.insert(key.into(), json!(words));
        }
    }
    Value::Object(core)
}

/// Of a person's answer to it.
pub fn answered_core(handle: Handle, answered: &ContestAnswered) -> Value {
    let mut core = common_core(handle, "contest_answered", answered.at, Some(&answered.evidence));
    core.insert("contest".into(), json!(answered.id.to_string()));
    core.insert("purpose".into(), json!(answered.purpose));
    core.insert("outcome".into(), json!(answered.outcome.code()));
    core.insert("reasons".into(), json!(answered.reasons));
    Value::Object(core)
}

/// Nothing named is everything.
fn of_part(handle: Handle, part: &RestrictedPart, choice: &str, at: Time, evidence: Option<&Evidence>) -> Map<String, Value> {
    let mut core = common_core(handle, choice, at, evidence);
    if let Some(purpose) = &part.purpose {
        core.insert("purpose".into(), json!(purpose));
    }
    if let Some(category) = &part.category {
        core.insert("categories".into(), json!([category]));
    }
    core
}
