//! What the receipt of a statement says, and so its leaf in the ledger. The value is never in it: it goes when the permission ends, and
//! the proof that the permission was given must be able to stay.

use serde_json::{Map, Value, json};

use super::CATEGORY;
use crate::fact::{Evidence, InformationHidden, InformationRemoved, InformationStated, Until, VisitId};
use crate::ids::Handle;
use crate::ledger::{common_core, until_text};
use crate::time::Time;

/// Of a statement.
pub fn stated_core(handle: Handle, stated: &InformationStated) -> Value {
    let mut core = of_item(handle, stated.item, "information_stated", stated.at, Some(&stated.evidence));
    core.insert("purpose".into(), json!(stated.purpose));
    core.insert("categories".into(), json!([CATEGORY]));
    core.insert("recipients".into(), json!(stated.recipients));
    core.insert("until".into(), json!(until_text(stated.until)));
    if let Until::Visit(visit) = stated.until {
        core.insert("visit".into(), visit_text(visit));
    }
    Value::Object(core)
}

/// Of its end: the customer took it back, or the visit that it was bound to was over. An older fact does not say by whom a visit ended, and
/// has the core that was committed to then.
pub fn removed_core(handle: Handle, removed: &InformationRemoved) -> Value {
    let visit = removed.visit.filter(|_| removed.evidence.is_some());
    let choice = if visit.is_some() { "information_visit_ended" } else { "information_removed" };
    let mut core = of_item(handle, removed.item, choice, removed.at, removed.evidence.as_ref());
    if let Some(visit) = visit {
        core.insert("visit".into(), visit_text(visit));
    }
    Value::Object(core)
}

/// Of hiding it.
pub fn hidden_core(handle: Handle, hidden: &InformationHidden) -> Value {
    Value::Object(of_item(handle, hidden.item, "information_hidden", hidden.at, hidden.evidence.as_ref()))
}

fn visit_text(visit: VisitId) -> Value {
    json!(format!("{:016x}", visit.0))
}

fn of_item(handle: Handle, item: super::InformationItem, choice: &str, at: Time, evidence: Option<&Evidence>) -> Map<String, Value> {
    let mut core = common_core(handle, choice, at, evidence);
    core.insert("information".into(), json!(item.id()));
    core
}
