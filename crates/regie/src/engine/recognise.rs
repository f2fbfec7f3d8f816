//! Recognising a device by our own cookie: a use, of the device's number, for the purpose that remembering it rests on.

use regie_domain::ids::Handle;
use regie_domain::policy::DEVICE_STORAGE;

use super::Engine;
use super::api::Question;

impl Engine {
    /// May the device of this customer be recognised now, through this channel? Recorded as a use, whatever the answer is; ask it once a visit.
    pub fn recognise(&self, customer: Handle, channel: Option<&str>) -> bool {
        let question = Question {
            purpose: DEVICE_STORAGE.into(),
            category: "device".into(),
            recipient: None,
            channel: channel.map(str::to_owned),
            visit: None,
        };
        let Ok((used, decision)) = self.judged(Some(customer), &question) else { return false };
        self.record_uses(&self.settled(), Some(customer), &[used], decision.is_allow());
        decision.is_allow()
    }
}
