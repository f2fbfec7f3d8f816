//! Why an event or a batch was not accepted.
//!
//! Invariant: an error names fields of the format and limits, never a value of the event; so it may be answered, logged and counted.

use super::limits;

/// One event was not accepted; the others of its batch are untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not JSON, or not UTF-8.
    #[error("the event is not readable JSON")]
    JsonBroken,
    /// More JSON text than [`limits::EVENT_BYTES_MAX`].
    #[error("the event is {bytes} bytes of JSON; at most {max} are accepted", max = limits::EVENT_BYTES_MAX)]
    EventTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Nested deeper than [`limits::DEPTH_MAX`].
    #[error("the event nests objects or arrays deeper than {max}", max = limits::DEPTH_MAX)]
    JsonTooDeep,
    /// A known field holds the wrong type.
    #[error("{field} has the wrong type; expected {expected}")]
    TypeWrong {
        /// The field, dotted.
        field: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
    /// No `type`, and the path does not say it either.
    #[error("type is missing; expected identify, track, page, screen, group or alias")]
    KindMissing,
    /// A `type` that the format does not have.
    #[error("type is unknown; expected identify, track, page, screen, group or alias")]
    KindUnknown,
    /// An identifier is there but empty, and no other one is.
    #[error("{field} is empty")]
    IdEmpty {
        /// The field, dotted.
        field: &'static str,
    },
    /// An identifier is longer than [`limits::ID_BYTES_MAX`].
    #[error("{field} is longer than {max} bytes", max = limits::ID_BYTES_MAX)]
    IdTooLong {
        /// The field, dotted.
        field: &'static str,
    },
    /// An identifier or the name of an event holds a control character.
    #[error("{field} holds a control character, such as NUL or a line break")]
    ControlCharacter {
        /// The field, dotted.
        field: &'static str,
    },
    /// Neither `userId` nor `anonymousId`.
    #[error("the event says of no customer: give userId or anonymousId")]
    CustomerMissing,
    /// A `track` without the name of its event.
    #[error("event is missing: a track needs the name of what happened")]
    EventNameMissing,
    /// A field without which this event says nothing.
    #[error("{field} is missing; this event needs it")]
    FieldMissing {
        /// The field, dotted.
        field: &'static str,
    },
    /// An `Order Completed` with neither lines nor an amount.
    #[error("the order says neither what was bought nor what it cost: give properties.products, or properties.total or revenue")]
    OrderEmpty,
    /// A text that must not be cut is too long.
    #[error("{field} is longer than {bytes_max} bytes")]
    TextTooLong {
        /// The field, dotted.
        field: &'static str,
        /// Its limit.
        bytes_max: usize,
    },
    /// Not a decimal number, or out of range.
    #[error("{field} is not a number that can be kept: expected a decimal such as 12.50 within the limits")]
    NumberWrong {
        /// The field, dotted.
        field: &'static str,
    },
    /// Not three letters.
    #[error("{field} is not an ISO 4217 currency such as EUR")]
    CurrencyWrong {
        /// The field, dotted.
        field: &'static str,
    },
    /// More than [`limits::LINES_MAX`].
    #[error("properties.products has more than {max} lines", max = limits::LINES_MAX)]
    LinesTooMany,
}

impl EventError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            EventError::JsonBroken => "json_broken",
            EventError::EventTooLarge { .. } => "event_too_large",
            EventError::JsonTooDeep => "json_too_deep",
            EventError::TypeWrong { .. } => "type_wrong",
            EventError::KindMissing => "kind_missing",
            EventError::KindUnknown => "kind_unknown",
            EventError::IdEmpty { .. } => "id_empty",
            EventError::IdTooLong { .. } => "id_too_long",
            EventError::ControlCharacter { .. } => "control_character",
            EventError::CustomerMissing => "customer_missing",
            EventError::EventNameMissing => "event_name_missing",
            EventError::FieldMissing { .. } => "field_missing",
            EventError::OrderEmpty => "order_empty",
            EventError::TextTooLong { .. } => "text_too_long",
            EventError::NumberWrong { .. } => "number_wrong",
            EventError::CurrencyWrong { .. } => "currency_wrong",
            EventError::LinesTooMany => "lines_too_many",
        }
    }

    /// A plain sentence for the developer at the source; no personal data.
    pub fn detail(&self) -> String {
        self.to_string()
    }
}

/// A whole batch was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// More JSON text than this source may send at once.
    #[error("the batch is {bytes} bytes decompressed; at most {bytes_max} are accepted")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The source's limit.
        bytes_max: usize,
    },
    /// More events than [`limits::EVENTS_MAX`].
    #[error("the batch has more than {max} events", max = limits::EVENTS_MAX)]
    EventsTooMany,
    /// Not JSON, not UTF-8, or not an object.
    #[error("the batch is not a readable JSON object")]
    Unreadable,
    /// No array `batch`.
    #[error("batch is missing: expected an array of events")]
    EventsMissing,
    /// What the batch says about consent for all its events cannot be read.
    #[error("context of the batch has the wrong type; expected an object")]
    ContextWrong,
}

impl BatchError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            BatchError::TooLarge { .. } => "batch_too_large",
            BatchError::EventsTooMany => "batch_too_many_events",
            BatchError::Unreadable => "batch_unreadable",
            BatchError::EventsMissing => "batch_missing",
            BatchError::ContextWrong => "batch_context_wrong",
        }
    }

    /// A plain sentence for the developer at the source; no personal data.
    pub fn detail(&self) -> String {
        self.to_string()
    }
}
