//! Tiles as files, where any static server finds them: `checkpoint`, `key`, `tile/<L>/<N>[.p/<W>]`.
//!
//! Invariant: a file under a tile's name is durable before a checkpoint that needs it is. What lies beyond the checkpoint is a
//! leftover of a crash and is written over.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use regie_domain::ledger::tile::{Asked, Tile, WIDTH, hashes, parse};
use regie_domain::ledger::tree::Hash;

use super::error::LedgerError;
use crate::folder;

/// The folder of a log.
#[derive(Debug, Clone)]
pub(super) struct Tiles {
    pub(super) dir: PathBuf,
}

impl Tiles {
    pub(super) fn checkpoint(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.dir.join("key")
    }

    fn file(&self, tile: &Tile) -> PathBuf {
        self.dir.join("tile").join(tile.path())
    }

    /// A file as text, `None` if it is not there.
    pub(super) fn text(file: &Path) -> Result<Option<String>, LedgerError> {
        match std::fs::read(file) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LedgerError::io(file, &error)),
        }
    }

    /// The hashes of a tile: from its own file, or from the start of the full one that took its place.
    pub(super) fn read(&self, tile: &Tile) -> Result<Vec<Hash>, LedgerError> {
        let file = self.file(tile);
        let full = || self.file(&Tile { width: 256, ..*tile });
        let content = std::fs::read(&file).or_else(|e| if tile.is_full() { Err(e) } else { std::fs::read(full()) });
        let found = match content {
            Ok(bytes) => hashes(&bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(LedgerError::io(&file, &error)),
        };
        let mut found =
            found.filter(|all| all.len() >= usize::from(tile.width) && all.len() <= 256).ok_or(LedgerError::TileMissing { file })?;
        found.truncate(usize::from(tile.width));
        Ok(found)
    }

    /// How many leaves there were at least, by the tiles on disk, whatever the checkpoint says: a tile is written over leaves that are
    /// durable. One that a crash tore does not count. O(tiles) names, and few files.
    pub(super) fn leaves_shown(&self) -> Result<u64, LedgerError> {
        let top = self.dir.join("tile");
        let (mut folders, mut found) = (vec![top.join("0")], Vec::new());
        while let Some(dir) = folders.pop() {
            let entries = match std::fs::read_dir(&dir) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(LedgerError::io(&dir, &error)),
            };
            for entry in entries {
                let entry = entry.map_err(|error| LedgerError::io(&dir, &error))?;
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(entry.path());
                } else if let Some(Asked::Hashes(tile)) = entry.path().strip_prefix(&top).ok().and_then(Path::to_str).and_then(parse) {
                    found.push(tile);
                }
            }
        }
        let end = |tile: &Tile| tile.index * WIDTH + u64::from(tile.width);
        found.sort_by_key(|tile| std::cmp::Reverse(end(tile)));
        let whole = |tile: &&Tile| {
            let hashes = std::fs::read(self.file(tile)).ok().and_then(|bytes| hashes(&bytes));
            hashes.is_some_and(|all| all.len() == usize::from(tile.width) && !all.contains(&[0; 32]))
        };
        Ok(found.iter().find(whole).map_or(0, end))
    }

    /// Compares a tile with what it must be.
    pub(super) fn must_be(&self, tile: &Tile, must: &[Hash]) -> Result<(), LedgerError> {
        if self.read(tile)? == must { Ok(()) } else { Err(LedgerError::TileAltered { file: self.file(tile) }) }
    }

    /// Writes a file that takes an older one's place, whole or not at all.
    pub(super) fn replace(&self, file: &Path, text: &str) -> Result<(), LedgerError> {
        let draft = file.with_extension("new");
        let write = || {
            let mut open = File::create(&draft)?;
            open.write_all(text.as_bytes())?;
            open.sync_all()?;
            std::fs::rename(&draft, file)
        };
        write().map_err(|error| LedgerError::io(file, &error))?;
        Ok(folder::sync(&self.dir)?)
    }
}

/// Tiles that are written and not yet sure to be durable.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    tiles: &'a Tiles,
    folders: BTreeSet<PathBuf>,
    filled: Vec<PathBuf>,
}

impl<'a> Writing<'a> {
    pub(super) fn to(tiles: &'a Tiles) -> Self {
        Self { tiles, folders: BTreeSet::new(), filled: Vec::new() }
    }

    pub(super) fn tile(&mut self, tile: &Tile, content: &[Hash]) -> Result<(), LedgerError> {
        let file = self.tiles.file(tile);
        let Some(within) = file.parent() else { return Ok(()) };
        let failed = |error: &std::io::Error| LedgerError::io(&file, error);
        if !self.folders.contains(within) {
            std::fs::create_dir_all(within).map_err(|error| failed(&error))?;
            // Every folder up to the log's own may be new.
            self.folders.extend(within.ancestors().take_while(|dir| dir.starts_with(&self.tiles.dir)).map(Path::to_path_buf));
        }
        let write = || {
            let mut open = File::create(&file)?;
            open.write_all(content.as_flattened())?;
            open.sync_data()
        };
        write().map_err(|error| failed(&error))?;
        if tile.is_full() {
            let mut partial = file.into_os_string();
            partial.push(".p");
            self.filled.push(partial.into());
        }
        Ok(())
    }

    /// Makes the names durable too. Returns the folders of partial tiles that full ones have replaced, to be removed once no
    /// checkpoint needs them.
    pub(super) fn finish(self) -> Result<Vec<PathBuf>, LedgerError> {
        for dir in &self.folders {
            folder::sync(dir)?;
        }
        Ok(self.filled)
    }
}
