//! Tiles as files, where any static server finds them: `checkpoint`, `key`, `tile/<L>/<N>[.p/<W>]`.
//!
//! Invariant: a file under a tile's name is durable before a checkpoint that needs it is. What lies beyond the checkpoint is a
//! leftover of a crash and is written over.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use regie_domain::ledger::tile::{Tile, hashes};
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
