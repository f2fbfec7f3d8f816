//! The right edge of a growing tree: what must be known of a log to append to it, cut as tiles are.
//!
//! Invariant: level l holds the hashes of its last tile that is not full, fewer than 256; together the levels are the whole tree.
//! Memory: at most 7 × 255 hashes, however long the log.

use super::tile::{HEIGHT, Tile, WIDTH};
use super::tree::{Frontier, Hash, fold_root};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of a tree of `size` leaves, whose partial tiles `read` knows.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn of<E>(size: u64, mut read: impl FnMut(Tile) -> Result<Vec<Hash>, E>) -> Result<Edge, E> {
        let mut edge = Edge { size, levels: Vec::new() };
        for tile in partial_tiles(size) {
            edge.levels.resize(usize::from(tile.level), Vec::new());
            edge.levels.push(read(tile)?);
        }
        Ok(edge)
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends the hash of an entry; `full(tile, hashes)` is called for each tile that it fills. Amortised two hashes.
    ///
    /// # Errors
    /// Those of `full`; then the edge is not to be used any more.
    pub fn push<E>(&mut self, hash: Hash, mut full: impl FnMut(Tile, &[Hash]) -> Result<(), E>) -> Result<(), E> {
        self.size += 1;
        let (mut hash, mut level) = (hash, 0u8);
        loop {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::with_capacity(256));
            }
            let Some(last) = self.levels.get_mut(usize::from(level)) else { return Ok(()) };
            last.push(hash);
            if (last.len() as u64) < WIDTH {
                return Ok(());
            }
            let index = (self.size >> (HEIGHT * (level + 1))) - 1;
            full(Tile { level, index, width: 256 }, last)?;
            hash = fold_root(last);
            last.clear();
            level += 1;
        }
    }

    /// The hashes of the last tile of a level, if that is not full.
    pub fn hashes(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// The partial tiles of the tree, with their hashes.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        partial_tiles(self.size).map(|tile| (tile, self.hashes(tile.level)))
    }

    /// The root. At most some two thousand hashes, below 0.2 ms.
    pub fn root(&self) -> Hash {
        let mut whole = Frontier::default();
        for (level, hashes) in (0..7u8).zip(&self.levels).collect::<Vec<_>>().into_iter().rev() {
            for hash in hashes {
                // What stands left of it is a multiple of its size, so it always fits.
                let _fits = whole.push_subtree(HEIGHT * level, *hash);
            }
        }
        whole.root()
    }
}

/// The tiles that are not full in a tree of `size` leaves, level by level.
pub fn partial_tiles(size: u64) -> impl Iterator<Item = Tile> {
    (0..7).filter_map(move |level| Tile::in_tree(level, (size >> (HEIGHT * level)) / WIDTH, size))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::tree::entry_hash;
    use super::*;

    #[test]
    fn an_edge_has_the_root_of_the_tree_and_is_found_again_in_its_tiles() {
        let (mut edge, mut whole) = (Edge::default(), Frontier::default());
        let mut tiles: HashMap<Tile, Vec<Hash>> = HashMap::new();
        for i in 0..66_000u32 {
            let hash = entry_hash(&i.to_be_bytes());
            whole.push(hash);
            edge.push(hash, |tile, hashes| {
                assert!(tiles.insert(tile, hashes.to_vec()).is_none());
                Ok::<_, ()>(())
            })
            .unwrap();
            if i % 977 == 0 || (65_500..65_600).contains(&i) {
                assert_eq!(edge.root(), whole.root(), "{i}");
                let parts: HashMap<Tile, Vec<Hash>> = edge.partial().map(|(t, h)| (t, h.to_vec())).collect();
                assert!(parts.iter().all(|(tile, hashes)| hashes.len() == usize::from(tile.width) && !tile.is_full()));
                let again = Edge::of(edge.size(), |tile| Ok::<_, ()>(parts[&tile].clone())).unwrap();
                assert_eq!((again.root(), again.size()), (edge.root(), edge.size()));
            }
        }
        assert_eq!((tiles.len(), tiles.keys().filter(|t| t.level == 1).count()), (258, 1));
        assert_eq!(Edge::default().root(), super::super::tree::empty_root());
    }
}
