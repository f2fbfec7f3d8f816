//! Identifiers that are stable for ever and say nothing about the person.
//!
//! All are random 128-bit numbers, handed in from outside (this crate knows no randomness).
//! A [`RecordId`] never leaves the store; the world sees a [`Handle`] (`c_…`) and [`EventId`]s (`e_…`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The store's own name for a record: random, never reused, never shown outside `regie facts --raw`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub [u8; 16]);

impl RecordId {
    /// The one record that belongs to the retailer itself: policies, tombstones, operator commands.
    pub const RETAILER: RecordId = RecordId([0; 16]);
}

impl fmt::Debug for RecordId {
    /// Prints the first two bytes only: a record id is a secret of the store, and debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// A public id could not be read: not the right prefix, or not 26 characters of Crockford's base 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected the prefix {prefix} and 26 characters of Crockford base 32")]
pub struct NotAnId {
    /// What the id should have begun with.
    pub prefix: &'static str,
}

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn write_id(f: &mut fmt::Formatter<'_>, prefix: &str, value: u128) -> fmt::Result {
    let mut text = [0u8; 26];
    for (i, c) in text.iter_mut().rev().enumerate() {
        *c = CROCKFORD[((value >> (5 * i)) & 31) as usize];
    }
    f.write_str(prefix)?;
    f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn read_id(prefix: &'static str, text: &str) -> Result<u128, NotAnId> {
    let refuse = NotAnId { prefix };
    let digits = text.strip_prefix(prefix).ok_or(refuse)?.as_bytes();
    // 26 × 5 = 130 bits: the first character may use only its low three.
    if digits.len() != 26 || !(b'0'..=b'7').contains(&digits[0]) {
        return Err(refuse);
    }
    digits.iter().try_fold(0u128, |value, digit| {
        let digit = CROCKFORD.iter().position(|c| c == digit).ok_or(refuse)?;
        Ok(value << 5 | digit as u128)
    })
}

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read_id($prefix, text).map($name)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

public_id!(
    /// What the world calls a customer. Any record's handle names the customer that the record now belongs to.
    Handle, "c_"
);
public_id!(
    /// The public name of one event.
    EventId, "e_"
);
public_id!(
    /// The public name of one rights request (an erasure, an export).
    RequestId, "r_"
);
public_id!(
    /// The public name of one disclosure.
    DisclosureId, "d_"
);
public_id!(
    /// The public name of one contest of a decision.
    ContestId, "k_"
);
public_id!(
    /// The public name of one mail to a customer.
    MailId, "m_"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        for value in [0, 1, 31, 32, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let text = Handle(value).to_string();
            assert_eq!(text.len(), 28);
            assert_eq!(text.parse(), Ok(Handle(value)));
        }
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "c_",
            "e_00000000000000000000000000",
            "c_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "c_0000000000000000000000000U",
            "c_000000000000000000000000000",
        ] {
            assert_eq!(text.parse::<Handle>(), Err(NotAnId { prefix: "c_" }), "{text}");
        }
    }
}
