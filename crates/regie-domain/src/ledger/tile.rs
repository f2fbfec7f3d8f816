//! Tiles as C2SP tlog-tiles names them: 256 neighbouring hashes of one level, eight heights of the tree apart.
//!
//! Invariant: a path is read only as this module writes it, so that one tile has one name.
//! Left out: files (a tile's content is 32 bytes a hash, one after another) and HTTP.

use super::tree::{Hash, LEAVES_MAX, node_hash};

/// Hashes of a full tile.
pub const WIDTH: u64 = 256;
/// Heights of the tree from one level of tiles to the next.
pub const HEIGHT: u8 = 8;
/// Bytes of a full tile.
pub const TILE_BYTES: usize = 8192;
/// The highest level that a tree of [`LEAVES_MAX`] leaves has.
const LEVEL_MAX: u8 = 6;

/// One tile: hashes `256 * index` up to `256 * index + width` of level `level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// 0: hashes of entries.
    pub level: u8,
    /// Its place in the level.
    pub index: u64,
    /// How many hashes it has, 1 to 256.
    pub width: u16,
}

/// What a path under `/tile/` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Hashes.
    Hashes(Tile),
    /// The entries behind a tile of level 0.
    Entries(Tile),
}

impl Tile {
    /// Is it full?
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// `<L>/<N>[.p/<W>]`, as it stands after `tile/`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.level, self.index_path())
    }

    /// `<N>[.p/<W>]`: three digits a folder, all but the last behind an `x`.
    pub fn index_path(&self) -> String {
        let mut rest = self.index;
        let mut path = format!("{:03}", rest % 1000);
        while rest >= 1000 {
            rest /= 1000;
            path = format!("x{:03}/{path}", rest % 1000);
        }
        if self.is_full() { path } else { format!("{path}.p/{}", self.width) }
    }

    /// The tile of this level and index in a tree of `size` leaves; `None` where the tree has none.
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Tile> {
        let hashes = size.checked_shr(u32::from(HEIGHT) * u32::from(level))?;
        let width = hashes.checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
        Some(Tile { level, index, width: u16::try_from(width).ok().filter(|&w| w > 0)? })
    }

    /// Does a tree of `size` leaves have all hashes of this tile?
    pub fn is_in(&self, size: u64) -> bool {
        Tile::in_tree(self.level, self.index, size).is_some_and(|there| self.width <= there.width)
    }
}

/// Reads what stands after `/tile/`; `None` for anything that is not the one way to write a tile that can be.
pub fn parse(path: &str) -> Option<Asked> {
    let (level, rest) = path.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse::<u16>().ok().filter(|w| (1..256).contains(w))?),
        None => (rest, 256),
    };
    let mut number = 0u64;
    for part in index.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        if digits.len() != 3 || number > LEAVES_MAX {
            return None;
        }
        number = number * 1000 + digits.parse::<u64>().ok()?;
    }
    let tile = |level| Tile { level, index: number, width };
    let asked = match level {
        "entries" => Asked::Entries(tile(0)),
        level => Asked::Hashes(tile(level.parse().ok().filter(|&l| l <= LEVEL_MAX)?)),
    };
    let (Asked::Entries(found) | Asked::Hashes(found)) = asked;
    let written = match asked {
        Asked::Entries(tile) => format!("entries/{}", tile.index_path()),
        Asked::Hashes(tile) => tile.path(),
    };
    (written == path && found.index < LEAVES_MAX / WIDTH).then_some(asked)
}

/// A tile with the roots of all perfect subtrees in it: 511 hashes for a full one, made with 255.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes(Vec<Vec<Hash>>);

impl Nodes {
    /// Those of a tile's hashes.
    pub fn of(hashes: Vec<Hash>) -> Nodes {
        let mut heights = vec![hashes];
        while let Some(below) = heights.last().filter(|below| below.len() > 1 && heights.len() <= usize::from(HEIGHT)) {
            let above = below.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
            heights.push(above);
        }
        Nodes(heights)
    }

    /// The tile's own hashes.
    pub fn hashes(&self) -> &[Hash] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    /// The root of the perfect subtree of `height` (above the tile's level) and `index` among those of its height, where the tile is
    /// number `tile` of its level. `None` if the tile lacks some of it.
    pub fn root(&self, tile: u64, height: u8, index: u64) -> Option<Hash> {
        let first = tile.checked_mul(WIDTH)?.checked_shr(height.into())?;
        self.0.get(usize::from(height))?.get(usize::try_from(index.checked_sub(first)?).ok()?).copied()
    }
}

/// A tile's content as hashes; `None` if it is no whole number of hashes, or none.
pub fn hashes(content: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = content.as_chunks::<32>();
    (rest.is_empty() && !hashes.is_empty()).then(|| hashes.to_vec())
}

/// Entries as `/tile/entries/` serves them: each with its length before it, 16 bits, the highest first.
pub fn entry_bundle(entries: &[Hash]) -> Vec<u8> {
    let mut bundle = Vec::with_capacity(entries.len() * 34);
    for entry in entries {
        bundle.extend_from_slice(&[0, 32]);
        bundle.extend_from_slice(entry);
    }
    bundle
}

/// The entries of a bundle; `None` if it was cut, or an entry is not 32 bytes.
pub fn entries(bundle: &[u8]) -> Option<Vec<Hash>> {
    let (all, rest) = bundle.as_chunks::<34>();
    if !rest.is_empty() {
        return None;
    }
    let entry = |chunk: &[u8; 34]| chunk.strip_prefix(&[0, 32]).and_then(|entry| entry.try_into().ok());
    all.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_70_000_has_the_tiles_of_the_specification() {
        let of = |level: u8| (0..).map_while(move |index| Tile::in_tree(level, index, 70_000)).collect::<Vec<_>>();
        assert_eq!((of(0).iter().filter(|t| t.is_full()).count(), of(0)[273].width, of(0).len()), (273, 112, 274));
        assert_eq!(of(1).iter().map(|t| t.width).collect::<Vec<_>>(), [256, 17]);
        assert_eq!(of(2).iter().map(|t| t.path()).collect::<Vec<_>>(), ["2/000.p/1"]);
        assert_eq!(of(3), []);
    }

    #[test]
    fn a_path_is_read_only_as_it_is_written() {
        for (path, level, index, width) in
            [("0/000", 0, 0, 256), ("0/x001/x234/067", 0, 1_234_067, 256), ("3/000.p/255", 3, 0, 255), ("1/x001/000.p/1", 1, 1000, 1)]
        {
            let tile = Tile { level, index, width };
            assert_eq!(parse(path), Some(Asked::Hashes(tile)), "{path}");
            assert_eq!(tile.path(), path);
        }
        assert_eq!(parse("entries/x001/000.p/7"), Some(Asked::Entries(Tile { level: 0, index: 1000, width: 7 })));
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "0/00",
            "00/000",
            "+0/000",
            "7/000",
            "64/000",
            "0/x000/001",
            "0/001/000",
            "0/x001/x000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/000.p/1/",
            "0/../000",
            "0/x001/-01",
            "data/000",
            "entries/",
            "0/000.p/+1",
            "0/x999/x999/x999/x999/x999/x999/999",
            "0/0é0",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }

    #[test]
    fn what_a_tree_has_not_is_not_in_it() {
        assert!(Tile { level: 0, index: 1, width: 44 }.is_in(300));
        assert!(!Tile { level: 0, index: 1, width: 45 }.is_in(300));
        assert!(!Tile { level: 1, index: 0, width: 1 }.is_in(255));
        assert_eq!(Tile::in_tree(0, 2, 300), None);
    }

    #[test]
    fn entries_read_back() {
        let all = [[1; 32], [2; 32]];
        let bundle = entry_bundle(&all);
        assert_eq!(entries(&bundle).unwrap(), all);
        assert_eq!(entries(&bundle[..67]), None);
        assert_eq!(entries(&[[0; 34].as_slice(), &bundle].concat()), None);
    }
}
