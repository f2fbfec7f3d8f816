//! Which record an identifier points at. Keyed hashes only: the plain values stand in sealed payloads.
//!
//! An identifier has an *own* record (opened when it arrived unknown) and may be *claimed* by other records (a trusted source
//! said "this device is that user"). One claim wins over the own record; a device claimed by two users links nobody.
//! Both maps are sums of contributions: erasing a record subtracts its own identifiers and its claims.

use hashbrown::HashTable;

use super::RecordIx;

/// Keyed hash (128 of 256 bits of an HMAC) of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct IdentifierHash(pub u128);

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: [u8; 16],
    record: RecordIx,
}

/// Identifiers and what they point at: 20 bytes an entry and a few bytes of table.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    own: HashTable<Entry>,
    claims: HashTable<Entry>,
}

fn bytes(hash: IdentifierHash) -> [u8; 16] {
    hash.0.to_le_bytes()
}

fn first_half(bytes: &[u8; 16]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *bytes;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Identities {
    /// The record opened for this identifier.
    pub(crate) fn own(&mut self, hash: IdentifierHash, record: RecordIx) {
        let hash = bytes(hash);
        self.own.insert_unique(first_half(&hash), Entry { hash, record }, |e| first_half(&e.hash));
    }

    /// A trusted source says that the identifier is this record's. Saying it twice counts once.
    pub(crate) fn claim(&mut self, hash: IdentifierHash, record: RecordIx) {
        let hash = bytes(hash);
        let key = first_half(&hash);
        if self.claims.find(key, |e| e.hash == hash && e.record == record).is_none() {
            self.claims.insert_unique(key, Entry { hash, record }, |e| first_half(&e.hash));
        }
    }

    /// The record this identifier's events belong to now. `same` says whether two records are one customer:
    /// two claims by one customer are one claim, of the record that is the oldest by `age` (indexes are used again).
    pub(crate) fn resolve(
        &self,
        hash: IdentifierHash,
        same: impl Fn(RecordIx, RecordIx) -> bool,
        age: impl Fn(RecordIx) -> u64,
    ) -> Option<RecordIx> {
        let hash = bytes(hash);
        let key = first_half(&hash);
        let mut claims = self.claims.iter_hash(key).filter(|e| e.hash == hash).map(|e| e.record);
        if let Some(first) = claims.next() {
            let (oldest, one) =
                claims.fold((first, true), |(oldest, one), r| (if age(r) < age(oldest) { r } else { oldest }, one && same(first, r)));
            if one {
                return Some(oldest);
            }
        }
        self.own.find(key, |e| e.hash == hash).map(|e| e.record)
    }

    /// Has this record claimed the identifier?
    pub(crate) fn has_claim(&self, hash: IdentifierHash, record: RecordIx) -> bool {
        let hash = bytes(hash);
        self.claims.find(first_half(&hash), |e| e.hash == hash && e.record == record).is_some()
    }

    /// Does any record claim the identifier?
    pub(crate) fn is_claimed(&self, hash: IdentifierHash) -> bool {
        let hash = bytes(hash);
        self.claims.find(first_half(&hash), |e| e.hash == hash).is_some()
    }

    /// Forgets what the record contributed for these identifiers. O(identifiers).
    pub(crate) fn forget(&mut self, record: RecordIx, hashes: impl IntoIterator<Item = IdentifierHash>) {
        for hash in hashes {
            let hash = bytes(hash);
            for table in [&mut self.own, &mut self.claims] {
                if let Ok(entry) = table.find_entry(first_half(&hash), |e| e.hash == hash && e.record == record) {
                    entry.remove();
                }
            }
        }
    }

    /// Every identifier that is known or claimed, in no meaningful order; some more than once.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = IdentifierHash> + '_ {
        self.own.iter().chain(self.claims.iter()).map(|e| IdentifierHash(u128::from_le_bytes(e.hash)))
    }

    /// How many have a record of their own, and how many claims there are.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.own.len(), self.claims.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: IdentifierHash = IdentifierHash(7);

    fn apart(a: RecordIx, b: RecordIx) -> bool {
        a == b
    }

    fn age(record: RecordIx) -> u64 {
        record.0.into()
    }

    #[test]
    fn one_claim_wins_and_two_link_nobody() {
        let mut identities = Identities::default();
        assert_eq!(identities.resolve(DEVICE, apart, age), None);
        identities.own(DEVICE, RecordIx(1));
        assert_eq!(identities.resolve(DEVICE, apart, age), Some(RecordIx(1)));
        identities.claim(DEVICE, RecordIx(2));
        identities.claim(DEVICE, RecordIx(2));
        assert_eq!(identities.resolve(DEVICE, apart, age), Some(RecordIx(2)));
        identities.claim(DEVICE, RecordIx(3));
        assert_eq!(identities.resolve(DEVICE, apart, age), Some(RecordIx(1)), "seen with two users: back to its own record");
        assert_eq!(identities.resolve(DEVICE, |_, _| true, age), Some(RecordIx(2)), "two records of one customer are one user");
        identities.forget(RecordIx(3), [DEVICE]);
        assert_eq!(identities.resolve(DEVICE, apart, age), Some(RecordIx(2)), "erasing one gives back exactly what was");
    }
}
