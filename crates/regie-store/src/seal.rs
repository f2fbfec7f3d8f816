//! Sealing: AES-256-GCM with a random 96-bit nonce in front and the tag behind.
//!
//! A row's associated data are format, record, n, revision and the choice bit in fixed widths, big-endian, so that a row
//! moved to another place, or a choice made to look like none, does not open. Keys are wrapped the same way, by the master
//! key, bound to the record or the name that they are for. Nothing here touches a disk.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use regie_domain::ids::RecordId;

use crate::{Meta, StoreError};

/// 256 bits.
pub(crate) type Key = [u8; 32];
/// What sealing adds to a payload: the nonce and the tag.
pub(crate) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;
const TAG_LEN: usize = 16;

/// A key made ready; making it costs about as much as sealing a short row, so it is kept while rows of one record follow each other.
pub(crate) struct Sealer(LessSafeKey);

impl Sealer {
    pub(crate) fn new(key: &Key) -> Result<Self, StoreError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| StoreError::CryptoFailed { doing: "preparing a key" })?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The sealed form of `clear`: nonce, ciphertext, tag.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_LEN], bound_to: &[u8], clear: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = Vec::with_capacity(clear.len() + OVERHEAD);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(clear);
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut sealed[NONCE_LEN..])
            .map_err(|_| StoreError::CryptoFailed { doing: "sealing" })?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// The clear bytes, in place; `None` if it was altered, moved, or sealed with another key.
    pub(crate) fn open<'a>(&self, bound_to: &[u8], sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (nonce, rest) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.0.open_in_place(nonce, Aad::from(bound_to), rest).ok().map(|clear| &*clear)
    }
}

/// What a row is bound to.
pub(crate) fn row_binding(meta: &Meta) -> [u8; 27] {
    let mut bound = [0; 27];
    bound[..2].copy_from_slice(&meta.format.to_be_bytes());
    bound[2..18].copy_from_slice(&meta.record.0);
    bound[18..22].copy_from_slice(&meta.n.to_be_bytes());
    bound[22..26].copy_from_slice(&meta.revision.to_be_bytes());
    bound[26] = u8::from(meta.choice);
    bound
}

/// What a record's wrapped key is bound to.
pub(crate) fn key_binding(kid: u32, record: RecordId) -> Vec<u8> {
    binding(b"regie/key/1", kid, &record.0)
}

/// What a wrapped service key is bound to.
pub(crate) fn service_key_binding(kid: u32, name: &str) -> Vec<u8> {
    binding(b"regie/service-key/1", kid, name.as_bytes())
}

/// What a note about an erasure is bound to.
pub(crate) fn note_binding(store: &[u8; 16]) -> Vec<u8> {
    [b"regie/note/1".as_slice(), store].concat()
}

/// What the list of a store's service keys is bound to.
pub(crate) fn service_list_binding(store: &[u8; 16]) -> Vec<u8> {
    [b"regie/service-keys/1".as_slice(), store].concat()
}

fn binding(kind: &[u8], kid: u32, whose: &[u8]) -> Vec<u8> {
    [kind, &kid.to_be_bytes(), whose].concat()
}

/// Random bytes from the cryptographic library.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::CryptoFailed { doing: "drawing random bytes" })?;
    Ok(bytes)
}

/// Nonces for a whole batch, drawn at once: a call costs more than the bytes.
pub(crate) fn nonces(count: usize) -> Result<impl Iterator<Item = [u8; NONCE_LEN]>, StoreError> {
    let mut bytes = vec![0; count * NONCE_LEN];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::CryptoFailed { doing: "drawing nonces" })?;
    Ok((0..count).map(move |i| {
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&bytes[i * NONCE_LEN..][..NONCE_LEN]);
        nonce
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta = Meta { position: 7, record: RecordId([3; 16]), n: 4, revision: 2, format: 1, choice: true };

    fn opens(sealer: &Sealer, meta: &Meta, sealed: &[u8]) -> bool {
        sealer.open(&row_binding(meta), &mut sealed.to_vec()) == Some(b"a fact".as_slice())
    }

    #[test]
    fn a_row_opens_only_as_the_row_it_was_sealed_as() {
        let sealer = Sealer::new(&[9; 32]).unwrap();
        let sealed = sealer.seal(random().unwrap(), &row_binding(&META), b"a fact").unwrap();
        assert_eq!(sealed.len(), 6 + OVERHEAD);
        assert!(opens(&sealer, &META, &sealed));
        // The position is no part of it: elsewhere it is known only after the commit.
        assert!(opens(&sealer, &Meta { position: 8, ..META }, &sealed));
        for other in [
            Meta { record: RecordId([4; 16]), ..META },
            Meta { n: 5, ..META },
            Meta { revision: 3, ..META },
            Meta { format: 2, ..META },
            Meta { choice: false, ..META },
        ] {
            assert!(!opens(&sealer, &other, &sealed), "{other:?}");
        }
        assert!(!opens(&Sealer::new(&[8; 32]).unwrap(), &META, &sealed));
    }

    #[test]
    fn any_altered_or_missing_byte_is_noticed() {
        let sealer = Sealer::new(&[9; 32]).unwrap();
        let sealed = sealer.seal(random().unwrap(), &row_binding(&META), b"a fact").unwrap();
        for i in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[i] ^= 1;
            assert!(!opens(&sealer, &META, &altered), "byte {i}");
            assert!(!opens(&sealer, &META, &sealed[..i]), "cut at {i}");
        }
    }

    #[test]
    fn a_wrapped_key_is_bound_to_its_record_and_kind() {
        let record = RecordId(*b"sixteen letters!");
        assert_ne!(key_binding(1, record), key_binding(2, record));
        assert_ne!(key_binding(1, record), service_key_binding(1, "sixteen letters!"));
    }
}
