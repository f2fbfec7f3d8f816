//! What can go wrong in the journal.

use std::io;

/// Why the journal could not do what was asked. No variant carries personal data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The disk refused. What was recorded stays in memory and is tried again, within the buffer's bound.
    #[error("the journal could not {action}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A segment was written under another service key. Nothing was changed.
    #[error("segment {segment} of the journal was written with another key")]
    WrongKey {
        /// The segment's file name.
        segment: String,
    },
    /// A segment's header cannot be read. Nothing was changed.
    #[error("segment {segment} of the journal cannot be read: {why}")]
    Unreadable {
        /// The segment's file name.
        segment: String,
        /// Which part is wrong.
        why: &'static str,
    },
    /// Uses that nobody can read any more: the file was changed, or a crash tore it.
    #[error(
        "{uses} uses in segment {segment} of the journal cannot be read: the file was changed, or a crash tore it; if a backup is whole, stop and put it back, else a start counts them as lost and goes on"
    )]
    Damaged {
        /// The segment's file name.
        segment: String,
        /// How many.
        uses: u32,
    },
    /// A dictionary has more than 255 names of a kind, or a name longer than 65,535 bytes.
    #[error("the dictionary of {kind} does not fit in a journal segment")]
    DictionaryTooLarge {
        /// Which of the lists.
        kind: &'static str,
    },
    /// A fold was begun and neither committed nor dropped; a second one could count the same uses again.
    #[error("another fold of the journal is under way")]
    FoldUnderWay,
    /// The bytes handed to [`Journal::finish_fold`](super::Journal::finish_fold) are not a fold's id.
    #[error("not the id of a fold")]
    NotAFold,
    /// The cryptographic library refused; it gives no reason.
    #[error("the journal's encryption failed")]
    Crypto,
}

impl JournalError {
    /// A stable name for machines.
    pub fn code(&self) -> &'static str {
        match self {
            JournalError::Io { .. } => "journal_io",
            JournalError::WrongKey { .. } => "journal_wrong_key",
            JournalError::Unreadable { .. } => "journal_segment_unreadable",
            JournalError::Damaged { .. } => "journal_uses_damaged",
            JournalError::DictionaryTooLarge { .. } => "journal_dictionary_too_large",
            JournalError::FoldUnderWay => "journal_fold_under_way",
            JournalError::NotAFold => "journal_not_a_fold",
            JournalError::Crypto => "journal_crypto",
        }
    }

    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> JournalError {
        move |source| JournalError::Io { action, source }
    }
}

impl From<aws_lc_rs::error::Unspecified> for JournalError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        JournalError::Crypto
    }
}
