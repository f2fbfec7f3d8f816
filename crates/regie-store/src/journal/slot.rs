//! The 16 bytes of one use.
//!
//! Invariant: sixteen zero bytes are never a use, so an erased slot, and one that the disk never got, read as nothing.
//! Left out: encryption and files; a slot here is plain.
//!
//! | bytes | what |
//! |---|---|
//! | 0–5 | the record's first position, little-endian |
//! | 6–9 | seconds since the epoch, little-endian |
//! | 10–13 | purpose, category, recipient, channel (255: none) |
//! | 14 | outcome: 1 allowed, 2 denied |
//! | 15 | check over the other fifteen |

use super::{Outcome, Use};

/// Bytes of a slot, on disk and in memory.
pub(super) const SLOT_BYTES: usize = 16;

/// One slot, plain.
pub(super) type Slot = [u8; SLOT_BYTES];

/// What is left of a slot that was folded or erased.
pub(super) const ERASED: Slot = [0; SLOT_BYTES];

/// How the slot says that a use had no channel.
pub(super) const NO_CHANNEL: u8 = 255;

const ALLOWED: u8 = 1;
const DENIED: u8 = 2;

/// The slot of a use; nothing if its position needs more than six bytes.
pub(super) fn encode(used: &Use) -> Option<Slot> {
    let [p0, p1, p2, p3, p4, p5, 0, 0] = used.first_position.to_le_bytes() else {
        return None;
    };
    let [s0, s1, s2, s3] = used.at_seconds.to_le_bytes();
    let outcome = match used.outcome {
        Outcome::Allowed => ALLOWED,
        Outcome::Denied => DENIED,
    };
    let channel = used.channel.unwrap_or(NO_CHANNEL);
    let mut slot = [p0, p1, p2, p3, p4, p5, s0, s1, s2, s3, used.purpose, used.category, used.recipient, channel, outcome, 0];
    slot[15] = check(&slot);
    Some(slot)
}

/// The use in a slot; nothing if it was erased, torn or changed.
pub(super) fn decode(slot: &Slot) -> Option<Use> {
    let outcome = match slot[14] {
        ALLOWED => Outcome::Allowed,
        DENIED => Outcome::Denied,
        _ => return None,
    };
    if slot[15] != check(slot) {
        return None;
    }
    Some(Use {
        first_position: first_position(slot),
        at_seconds: at_seconds(slot),
        purpose: slot[10],
        category: slot[11],
        recipient: slot[12],
        channel: (slot[13] != NO_CHANNEL).then_some(slot[13]),
        outcome,
    })
}

/// Whose use a slot holds; zero for an erased one.
pub(super) fn first_position(slot: &Slot) -> u64 {
    let [p0, p1, p2, p3, p4, p5, ..] = *slot;
    u64::from_le_bytes([p0, p1, p2, p3, p4, p5, 0, 0])
}

/// When the use of a slot was.
pub(super) fn at_seconds(slot: &Slot) -> u32 {
    u32::from_le_bytes([slot[6], slot[7], slot[8], slot[9]])
}

/// Part of the format. Two multiplications instead of a CRC's table: garbage passes once in 256 times either way
/// (and must have a valid outcome too), and this runs on the hot path.
fn check(slot: &Slot) -> u8 {
    let (low, high) = slot.split_at(8);
    let low = u64::from_le_bytes(low.try_into().unwrap_or_default());
    let high = u64::from_le_bytes(high.try_into().unwrap_or_default()) & 0x00ff_ffff_ffff_ffff;
    let mixed = (low.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ high).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    mixed.to_le_bytes()[7]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(first_position: u64, channel: Option<u8>, outcome: Outcome) -> Use {
        Use { first_position, at_seconds: 1_780_000_000, purpose: 3, category: 31, recipient: 63, channel, outcome }
    }

    #[test]
    fn a_use_reads_back_as_it_was_written() {
        for used in [used(0, None, Outcome::Allowed), used(1, Some(0), Outcome::Denied), used((1 << 48) - 1, Some(254), Outcome::Allowed)] {
            let slot = encode(&used).unwrap();
            assert_eq!(decode(&slot), Some(used));
            assert_eq!(first_position(&slot), used.first_position);
            assert_eq!(at_seconds(&slot), used.at_seconds);
        }
        assert_eq!(encode(&used(1 << 48, None, Outcome::Allowed)), None);
    }

    #[test]
    fn what_was_erased_or_torn_is_no_use() {
        assert_eq!(decode(&ERASED), None);
        let whole = encode(&used(77, Some(1), Outcome::Allowed)).unwrap();
        let passed = (1..SLOT_BYTES)
            .filter(|&kept| {
                let mut torn = whole;
                torn[kept..].fill(0);
                decode(&torn).is_some()
            })
            .count();
        assert_eq!(passed, 0);
    }

    #[test]
    fn changed_slots_pass_no_more_often_than_one_byte_can_help() {
        let whole = encode(&used(77, Some(1), Outcome::Allowed)).unwrap();
        let changes = (0..SLOT_BYTES).flat_map(|byte| (1..=255u8).map(move |change| (byte, change)));
        let passed = changes
            .filter(|&(byte, change)| {
                let mut changed = whole;
                changed[byte] ^= change;
                decode(&changed).is_some()
            })
            .count();
        assert!(passed <= 16 * 255 / 100, "{passed} of 4080 changed slots passed as a use");
    }
}
