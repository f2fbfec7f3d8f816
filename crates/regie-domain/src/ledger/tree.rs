//! The Merkle tree of RFC 6962, section 2.1: how leaves and nodes are hashed, and what the root over them is.
//!
//! Invariant: a tree is known by its leaves' order alone; [`Frontier`] reaches the same root as hashing everything at once.
//! A perfect subtree of 2^height leaves is named by its height and its index among those of its height.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// More leaves than any log will have; sizes above are refused, so that no arithmetic on them can overflow.
pub const LEAVES_MAX: u64 = 1 << 48;

/// The hash of a log entry: SHA-256(0x00 ‖ entry). For this log an entry is the 32 bytes of a leaf.
pub fn entry_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right). About 0.1 µs where the processor knows SHA.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut text = [1u8; 65];
    text[1..33].copy_from_slice(left);
    text[33..].copy_from_slice(right);
    Sha256::digest(text).into()
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over these hashes of entries (or of nodes of one height), in place: what was in `hashes` is gone afterwards. O(n).
pub fn fold_root(hashes: &mut [Hash]) -> Hash {
    let mut left = hashes.len();
    if left == 0 {
        return empty_root();
    }
    // A last one without a neighbour goes up as it is: so RFC 6962's split at the largest power of two comes out.
    while left > 1 {
        for at in 0..left / 2 {
            hashes[at] = node_hash(&hashes[2 * at], &hashes[2 * at + 1]);
        }
        if left % 2 == 1 {
            hashes[left / 2] = hashes[left - 1];
        }
        left = left.div_ceil(2);
    }
    hashes[0]
}

/// A growing tree, known by the roots of its perfect subtrees alone, the largest first: as many as its size has one-bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves, whose perfect subtrees `read(height, index)` knows.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn of<E>(size: u64, mut read: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Frontier, E> {
        let peaks = subtrees(0, size).into_iter().map(|(height, index)| read(height, index)).collect::<Result<_, _>>()?;
        Ok(Frontier { size, peaks })
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends the hash of an entry. Amortised two hashes.
    pub fn push(&mut self, hash: Hash) {
        let mut hash = hash;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Appends a perfect subtree of 2^height leaves; `false`, and nothing done, where the tree is not at such a boundary.
    #[must_use]
    pub fn push_subtree(&mut self, height: u8, root: Hash) -> bool {
        let count = 1u64 << height;
        if !self.size.is_multiple_of(count) {
            return false;
        }
        let mut root = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.peaks.push(root);
        self.size += count;
        true
    }

    /// The root. O(log n).
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(&last) = peaks.next() else { return empty_root() };
        peaks.fold(last, |right, left| node_hash(left, &right))
    }
}

/// The perfect subtrees, as height and index, that the leaves from `start` to `end` fall into, left to right. `start` is a multiple of
/// the largest power of two that is in the span, as it is for every span of a tree of RFC 6962.
pub fn subtrees(start: u64, end: u64) -> Vec<(u8, u64)> {
    let mut all = Vec::new();
    let mut at = start;
    while at < end {
        let room = (end - at).ilog2();
        let aligned = if at == 0 { room } else { at.trailing_zeros().min(room) };
        // Both are below 64.
        all.push((u8::try_from(aligned).unwrap_or(0), at >> aligned));
        at += 1 << aligned;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The entries and roots with which the programs of Certificate Transparency test themselves.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let entries: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::default();
        assert_eq!(hex(&frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (entry, root) in entries.iter().zip(roots) {
            frontier.push(entry_hash(entry));
            assert_eq!(hex(&frontier.root()), root);
        }
        let mut hashes: Vec<Hash> = entries.iter().map(|e| entry_hash(e)).collect();
        assert_eq!(hex(&fold_root(&mut hashes[..7].to_vec())), roots[6]);
        assert_eq!(hex(&fold_root(&mut hashes)), roots[7]);
    }

    #[test]
    fn a_frontier_is_found_again_in_its_subtrees_and_grows_by_them() {
        let leaves: Vec<Hash> = (0..300u32).map(|i| entry_hash(&i.to_be_bytes())).collect();
        let read = |height: u8, index: u64| {
            let (from, count) = (usize::try_from(index << height).unwrap(), 1usize << height);
            Ok::<_, ()>(fold_root(&mut leaves[from..from + count].to_vec()))
        };
        let mut grown = Frontier::default();
        for (size, leaf) in (0u64..).zip(&leaves) {
            assert_eq!(Frontier::of(size, read).unwrap(), grown);
            grown.push(*leaf);
        }
        let mut by_subtrees = Frontier::default();
        assert!(by_subtrees.push_subtree(8, read(8, 0).unwrap()));
        assert!(!by_subtrees.push_subtree(9, [0; 32]));
        assert!(by_subtrees.push_subtree(5, read(5, 8).unwrap()));
        leaves[288..].iter().for_each(|leaf| by_subtrees.push(*leaf));
        assert_eq!(by_subtrees, grown);
        assert_eq!(subtrees(0, 7), [(2, 0), (1, 2), (0, 6)]);
        assert_eq!(subtrees(4, 7), [(1, 2), (0, 6)]);
    }
}
