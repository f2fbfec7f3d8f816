//! What the small integers of a segment mean.
//!
//! Invariant: a use is always named by the dictionary of the segment that it lies in, never by a later policy's.

use std::sync::Arc;

use super::{JournalError, Use};

/// The names behind the integers in a [`Use`], in the order in which the policy in force numbers them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dictionary {
    /// Purposes, by number.
    pub purposes: Vec<String>,
    /// Categories, by number.
    pub categories: Vec<String>,
    /// Recipients, by number.
    pub recipients: Vec<String>,
    /// Channels, by number.
    pub channels: Vec<String>,
    /// Version or digest of the policy that numbers them so.
    pub policy_version: String,
}

/// A dictionary whose names can be shared without copying them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) lists: [Vec<Arc<str>>; 4],
    pub(super) policy_version: Arc<str>,
}

/// The four lists, in the order in which they are written.
const KINDS: [&str; 4] = ["purposes", "categories", "recipients", "channels"];

impl Names {
    pub(super) fn new(dictionary: &Dictionary) -> Result<Names, JournalError> {
        let Dictionary { purposes, categories, recipients, channels, policy_version } = dictionary;
        let lists = [purposes, categories, recipients, channels];
        for (kind, list) in KINDS.into_iter().zip(lists) {
            if list.len() > 255 || list.iter().any(|name| name.len() > usize::from(u16::MAX)) {
                return Err(JournalError::DictionaryTooLarge { kind });
            }
        }
        if policy_version.len() > usize::from(u16::MAX) {
            return Err(JournalError::DictionaryTooLarge { kind: "policy_version" });
        }
        Ok(Names {
            lists: lists.map(|list| list.iter().map(|name| Arc::from(name.as_str())).collect()),
            policy_version: Arc::from(policy_version.as_str()),
        })
    }

    /// The name of a number of the list `kind` (0 to 3, as in `KINDS`). A number that the policy did not have is
    /// shown as `#17`, so that a mistake in numbering is seen and not hidden.
    pub(super) fn name(&self, kind: usize, number: u8) -> Arc<str> {
        let known = self.lists.get(kind).and_then(|list| list.get(usize::from(number)));
        known.map_or_else(|| Arc::from(format!("#{number}")), Arc::clone)
    }

    pub(super) fn name_all(&self, used: &Use) -> super::NamedUse {
        super::NamedUse {
            first_position: used.first_position,
            at_seconds: used.at_seconds,
            purpose: self.name(0, used.purpose),
            category: self.name(1, used.category),
            recipient: self.name(2, used.recipient),
            channel: used.channel.map(|channel| self.name(3, channel)),
            outcome: used.outcome,
            policy_version: Arc::clone(&self.policy_version),
        }
    }

    /// Appends the names: the version, then per list a count (1 byte), each name as length (2 bytes) and UTF-8.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        fn text(out: &mut Vec<u8>, name: &str) {
            // `new` and `read` let no longer name in.
            out.extend_from_slice(&u16::try_from(name.len()).unwrap_or_default().to_le_bytes());
            out.extend_from_slice(name.as_bytes());
        }
        text(out, &self.policy_version);
        for list in &self.lists {
            out.push(u8::try_from(list.len()).unwrap_or_default());
            for name in list {
                text(out, name);
            }
        }
    }

    /// Reads what [`Names::write`] wrote; nothing if it is something else.
    pub(super) fn read(from: &mut &[u8]) -> Option<Names> {
        fn text(from: &mut &[u8]) -> Option<Arc<str>> {
            let length = from.split_off(..2)?;
            let name = from.split_off(..usize::from(u16::from_le_bytes(length.try_into().ok()?)))?;
            std::str::from_utf8(name).ok().map(Arc::from)
        }
        let policy_version = text(from)?;
        let mut lists: [Vec<Arc<str>>; 4] = Default::default();
        for list in &mut lists {
            for _ in 0..*from.split_off_first()? {
                list.push(text(from)?);
            }
        }
        Some(Names { lists, policy_version })
    }
}
