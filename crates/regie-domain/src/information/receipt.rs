//! What the receipt of a statement says, and so its leaf in the ledger. The value is never in it: it goes when the permission ends, and
//! the proof that the permission was given must be able to stay.

use serde_json::{Map, Value, json};

use super::CATEGORY;
use crate::fact::{Evidence, InformationHidden, InformationRemoved, InformationStated, Until};
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
        core.insert("visit".into(), json!(format!("{:016x}", visit.0)));
    }
    Value::Object(core)
}

/// Of its end.
pub fn removed_core(handle: Handle, removed: &InformationRemoved) -> Value {
    Value::Object(of_item(handle, removed.item, "information_removed", removed.at, removed.evidence.as_ref()))
}

/// Of hiding it.
pub fn hidden_core(handle: Handle, hidden: &InformationHidden) -> Value {
    Value::Object(of_item(handle, hidden.item, "information_hidden", hidden.at, hidden.evidence.as_ref()))
}

fn of_item(handle: Handle, item: super::InformationItem, choice: &str, at: Time, evidence: Option<&Evidence>) -> Map<String, Value> {
    let mut core = common_core(handle, choice, at, evidence);
    core.insert("information".into(), json!(item.id()));
    core
}
