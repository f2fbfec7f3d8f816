//! Proofs of RFC 6962: that a leaf is in a tree, and that one tree extends another.
//!
//! Which nodes a proof consists of, and whether it holds, is `ct-merkle`'s business; where the nodes come from is the caller's.
//! Invariant: sizes above [`LEAVES_MAX`] never reach it, so nothing here can panic, whatever a stranger hands in.

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, indices_for_consistency_proof, indices_for_inclusion_proof};
use sha2::Sha256;

use super::tree::{Hash, LEAVES_MAX, node_hash, subtrees};

/// Why a proof cannot be made, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A tree that cannot be: empty where it must not, or larger than any log.
    #[error("a tree of {size} leaves cannot be meant")]
    SizeImpossible {
        /// Its size.
        size: u64,
    },
    /// The leaf is said to stand past the end of the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexPastEnd {
        /// The leaf.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The older tree is larger than the newer one: something was cut off.
    #[error("the older tree has {older} leaves and the newer one {newer}: a log never shrinks")]
    Shrunk {
        /// Size of the older tree.
        older: u64,
        /// Size of the newer tree.
        newer: u64,
    },
    /// A proof of this leaf and these trees has another number of hashes.
    #[error("the proof has {found} hashes and needs another number: it was cut, or belongs to another tree")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root of the tree")]
    RootDiffers,
    /// Two trees of one size with two roots: the log told two stories.
    #[error("two trees of {size} leaves have different roots: the log told two stories")]
    Forked {
        /// Their size.
        size: u64,
    },
}

impl ProofError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ProofError::SizeImpossible { .. } => "proof_size_impossible",
            ProofError::IndexPastEnd { .. } => "proof_index_past_end",
            ProofError::Shrunk { .. } => "ledger_shrunk",
            ProofError::Length { .. } => "proof_length",
            ProofError::RootDiffers => "proof_root_differs",
            ProofError::Forked { .. } => "ledger_forked",
        }
    }
}

/// The proof that leaf `index` is in the tree of `size` leaves, from the leaf's sibling upwards. `read(height, index)` gives the root
/// of a perfect subtree; it is asked O(log n) times.
///
/// # Errors
/// [`ProofError`], and those of `read`.
pub fn prove_inclusion<E: From<ProofError>>(index: u64, size: u64, read: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    possible(size)?;
    if index >= size {
        return Err(ProofError::IndexPastEnd { index, size }.into());
    }
    nodes(&indices_for_inclusion_proof(size, index), size, read)
}

/// The proof that the tree of `newer` leaves extends the one of `older`: empty for an empty or an equal one.
///
/// # Errors
/// As [`prove_inclusion`].
pub fn prove_consistency<E: From<ProofError>>(
    older: u64,
    newer: u64,
    read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if older > newer {
        return Err(ProofError::Shrunk { older, newer }.into());
    }
    if older == 0 {
        return Ok(Vec::new());
    }
    possible(newer)?;
    nodes(&indices_for_consistency_proof(older, newer - older), newer, read)
}

/// Checks that `entry` is leaf `index` of the tree of `size` leaves with this root.
///
/// # Errors
/// Why not.
pub fn verify_inclusion(entry: &[u8], index: u64, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    possible(size)?;
    if index >= size {
        return Err(ProofError::IndexPastEnd { index, size });
    }
    if proof.len() != indices_for_inclusion_proof(size, index).len() {
        return Err(ProofError::Length { found: proof.len() });
    }
    let proof = InclusionProof::<Sha256>::try_from_bytes(proof.concat()).map_err(|_| ProofError::Length { found: proof.len() })?;
    RootHash::<Sha256>::new((*root).into(), size).verify_inclusion(&entry, index, &proof).map_err(|_| ProofError::RootDiffers)
}

/// Checks that the tree `newer` (size, root) extends the tree `older`: what a witness asks.
///
/// # Errors
/// Why not: [`ProofError::Forked`] if both are of one size with different roots, [`ProofError::Shrunk`] if the newer one is smaller.
pub fn verify_consistency(older: (u64, &Hash), newer: (u64, &Hash), proof: &[Hash]) -> Result<(), ProofError> {
    if older.0 > newer.0 {
        return Err(ProofError::Shrunk { older: older.0, newer: newer.0 });
    }
    if older.0 == newer.0 {
        return match (older.1 == newer.1, proof.is_empty()) {
            (false, _) => Err(ProofError::Forked { size: older.0 }),
            (true, false) => Err(ProofError::Length { found: proof.len() }),
            (true, true) => Ok(()),
        };
    }
    if older.0 == 0 {
        return if proof.is_empty() { Ok(()) } else { Err(ProofError::Length { found: proof.len() }) };
    }
    possible(newer.0)?;
    if proof.len() != indices_for_consistency_proof(older.0, newer.0 - older.0).len() {
        return Err(ProofError::Length { found: proof.len() });
    }
    let proof = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).map_err(|_| ProofError::Length { found: proof.len() })?;
    let (old, new) = (RootHash::<Sha256>::new((*older.1).into(), older.0), RootHash::<Sha256>::new((*newer.1).into(), newer.0));
    new.verify_consistency(&old, &proof).map_err(|_| ProofError::RootDiffers)
}

fn possible(size: u64) -> Result<(), ProofError> {
    if (1..=LEAVES_MAX).contains(&size) { Ok(()) } else { Err(ProofError::SizeImpossible { size }) }
}

/// Nodes of a tree of `size` leaves, numbered in order as in RFC 9420's array-based trees: a node of level k has k trailing ones and
/// stands over 2^k leaves, or over as many as there are.
fn nodes<E>(numbers: &[u64], size: u64, mut read: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let mut hashes = Vec::with_capacity(numbers.len());
    for number in numbers {
        let level = number.trailing_ones();
        let start = (number >> (level + 1)) << level;
        let mut parts = Vec::new();
        for (height, index) in subtrees(start, size.min(start + (1 << level))) {
            parts.push(read(height, index)?);
        }
        let whole = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        hashes.extend(whole);
    }
    Ok(hashes)
}
