//! Roots, proofs and tiles are those that `tlog_tiles` makes, and what was tampered with does not hold.

use proptest::prelude::*;
use regie_domain::ledger::proof::{ProofError, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion};
use regie_domain::ledger::tile::{Asked, Nodes, Tile, entry_bundle, hashes, parse};
use regie_domain::ledger::tree::{Hash, LEAVES_MAX, entry_hash};
use tlog_tiles::tlog;

use crate::support::Log;

/// The same log in the other implementation: its stored hashes.
struct Theirs(Vec<tlog::Hash>);

impl tlog::HashReader for Theirs {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|&i| self.0[usize::try_from(i).unwrap()]).collect())
    }
}

fn theirs(log: &Log) -> Theirs {
    let mut stored = Theirs(Vec::new());
    for (n, leaf) in (0u64..).zip(&log.0) {
        let more = tlog::stored_hashes(n, leaf, &stored).unwrap();
        stored.0.extend(more);
    }
    stored
}

fn same(ours: &[Hash], theirs: &[tlog::Hash]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| *a == b.0)
}

#[test]
fn every_proof_of_small_trees_is_the_one_that_others_make_and_holds() {
    let log = Log::numbered(70);
    let theirs = theirs(&log);
    for size in 1..=log.size() {
        let root = log.root(size);
        assert_eq!(root, tlog::tree_hash(size, &theirs).unwrap().0);
        for index in 0..size {
            let proof: Vec<Hash> = prove_inclusion::<ProofError>(index, size, |h, i| log.node(h, i)).unwrap();
            assert!(same(&proof, &tlog::prove_record(size, index, &theirs).unwrap()), "leaf {index} of {size}");
            verify_inclusion(&log.0[usize::try_from(index).unwrap()], index, size, &root, &proof).unwrap();
        }
        for older in 0..=size {
            let proof: Vec<Hash> = prove_consistency::<ProofError>(older, size, |h, i| log.node(h, i)).unwrap();
            if older > 0 {
                assert!(same(&proof, &tlog::prove_tree(size, older, &theirs).unwrap()), "{older} to {size}");
            }
            verify_consistency((older, &log.root(older)), (size, &root), &proof).unwrap();
        }
    }
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let log = Log::numbered(9);
    let (root, zero) = (log.root(9), [0; 32]);
    let read = |h, i| log.node(h, i);
    let leaf = &log.0[4];
    let proof = prove_inclusion(4, 9, read).unwrap();
    let code = |result: Result<(), ProofError>| result.unwrap_err().code();
    assert_eq!(code(verify_inclusion(leaf, 9, 9, &root, &proof)), "proof_index_past_end");
    assert_eq!(code(verify_inclusion(leaf, 0, 0, &root, &[])), "proof_size_impossible");
    assert_eq!(code(verify_inclusion(leaf, 4, u64::MAX, &root, &proof)), "proof_size_impossible");
    assert_eq!(code(verify_inclusion(leaf, 4, LEAVES_MAX, &root, &proof)), "proof_length");
    assert_eq!(code(verify_inclusion(leaf, 4, 9, &root, &proof[1..])), "proof_length");
    assert_eq!(code(verify_inclusion(leaf, 5, 9, &root, &proof)), "proof_root_differs");
    assert_eq!(code(verify_inclusion(&zero, 4, 9, &root, &proof)), "proof_root_differs");
    assert_eq!(code(verify_consistency((9, &root), (8, &zero), &[])), "ledger_shrunk");
    assert_eq!(code(verify_consistency((9, &root), (9, &zero), &[])), "ledger_forked");
    assert_eq!(code(verify_consistency((3, &root), (u64::MAX, &zero), &[])), "proof_size_impossible");
    assert_eq!(code(verify_consistency((0, &zero), (9, &root), &[zero])), "proof_length");
    assert_eq!(prove_inclusion::<ProofError>(9, 9, read), Err(ProofError::IndexPastEnd { index: 9, size: 9 }));
    assert_eq!(prove_consistency::<ProofError>(10, 9, read), Err(ProofError::Shrunk { older: 10, newer: 9 }));
}

#[test]
fn a_witness_with_an_older_head_sees_a_log_that_rewrote_its_past() {
    let honest = Log::numbered(40);
    let mut rewritten = Log::numbered(60);
    rewritten.0[17] = [1; 32];
    let (old, new) = (honest.root(40), rewritten.root(60));
    let proof = prove_consistency::<ProofError>(40, 60, |h, i| rewritten.node(h, i)).unwrap();
    assert_eq!(verify_consistency((40, &old), (60, &new), &proof), Err(ProofError::RootDiffers));
    let honest = Log::numbered(60);
    let proof = prove_consistency::<ProofError>(40, 60, |h, i| honest.node(h, i)).unwrap();
    verify_consistency((40, &old), (60, &honest.root(60)), &proof).unwrap();
}

#[test]
fn tiles_have_the_names_and_the_hashes_that_others_give_them() {
    let log = Log::numbered(700);
    let theirs = theirs(&log);
    for (older, newer) in [(0, 1), (0, 255), (0, 256), (3, 257), (255, 256), (256, 700), (512, 513), (699, 700)] {
        let others = tlog_tiles::Tile::new_tiles(8, older, newer);
        let ours = others.iter().map(|other| {
            let name = other.path().replacen("tile/8/", "", 1);
            let Some(Asked::Hashes(tile)) = parse(&name) else { panic!("{name}") };
            assert_eq!(tile.path(), name);
            assert_eq!(Tile::in_tree(tile.level, tile.index, newer).as_ref(), Some(&tile), "{older} to {newer}");
            tile
        });
        let ours: Vec<Tile> = ours.collect();
        for (tile, other) in ours.iter().zip(&others) {
            let content = other.read_data(&theirs).unwrap();
            let found = hashes(&content).unwrap();
            assert_eq!(found[0], log.node(tile.level * 8, tile.index * 256).unwrap());
            assert_eq!(found.len(), usize::from(tile.width));
            let nodes = Nodes::of(found.clone());
            assert_eq!(nodes.hashes(), found);
            for height in 0..8u8 {
                let whole = u64::from(tile.width) >> height;
                for at in 0..=whole {
                    let index = ((tile.index * 256) >> height) + at;
                    let must = (at < whole).then(|| log.node(height + 8 * tile.level, index).unwrap());
                    assert_eq!(nodes.root(tile.index, height, index), must, "{tile:?}, {height}, {at}");
                }
            }
        }
    }
    assert_eq!(entry_bundle(&log.0[..2]).len(), 68);
    assert_eq!(entry_hash(&log.0[0]), log.node(0, 0).unwrap());
}

proptest! {
    #[test]
    fn a_proof_that_was_touched_does_not_hold(size in 2u64..600, pick in any::<prop::sample::Index>(), bit in 0usize..256, other in any::<prop::sample::Index>()) {
        let log = Log::numbered(size);
        let index = pick.index(usize::try_from(size).unwrap());
        let root = log.root(size);
        let leaf = log.0[index];
        let index = index as u64;
        let proof = prove_inclusion::<ProofError>(index, size, |h, i| log.node(h, i)).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &root, &proof), Ok(()));
        let mut flipped = proof.clone();
        let at = other.index(proof.len());
        flipped[at][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &flipped).is_err());
        let mut turned = proof.clone();
        turned.reverse();
        prop_assert!(turned == proof || verify_inclusion(&leaf, index, size, &root, &turned).is_err());
        let mut longer = proof.clone();
        longer.push(root);
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &longer).is_err());
        let elsewhere = other.index(usize::try_from(size).unwrap()) as u64;
        prop_assert!(elsewhere == index || verify_inclusion(&leaf, elsewhere, size, &root, &proof).is_err());
    }

    #[test]
    fn a_tree_of_any_size_extends_every_older_one_and_no_other(older in 1u64..300, more in 1u64..300, bit in 0usize..256, pick in any::<prop::sample::Index>()) {
        let log = Log::numbered(older + more);
        let (old, new) = (log.root(older), log.root(older + more));
        let mut proof = prove_consistency::<ProofError>(older, older + more, |h, i| log.node(h, i)).unwrap();
        prop_assert_eq!(verify_consistency((older, &old), (older + more, &new), &proof), Ok(()));
        let mut forked = old;
        forked[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_consistency((older, &forked), (older + more, &new), &proof).is_err());
        let at = pick.index(proof.len());
        proof[at][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_consistency((older, &old), (older + more, &new), &proof).is_err());
    }
}
