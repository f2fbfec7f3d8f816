//! A growing array in pieces of fixed size.
//!
//! Invariant: growing never moves what is there (past the first piece), so no write ever takes longer because the array is long, and no more
//! than one piece is ever allocated ahead. Left out: shrinking.

use std::ops::{Index, IndexMut};

const BITS: u32 = 12;
const PIECE: usize = 1 << BITS;

#[derive(Clone, Debug)]
pub(crate) struct Chunked<T> {
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T: Copy> Chunked<T> {
    pub(crate) fn new() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, value: T) {
        if self.len & (PIECE - 1) == 0 {
            // The first piece starts small: most models of tests and small shops never fill it.
            self.pieces.push(if self.len == 0 { Vec::new() } else { Vec::with_capacity(PIECE) });
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(value);
            self.len += 1;
        }
    }

    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        self.pieces.get((index >> BITS) as usize)?.get(index as usize & (PIECE - 1))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.pieces.capacity() * size_of::<Vec<T>>() + self.pieces.iter().map(|piece| piece.capacity() * size_of::<T>()).sum::<usize>()
    }
}

impl<T> Index<u32> for Chunked<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        &self.pieces[(index >> BITS) as usize][index as usize & (PIECE - 1)]
    }
}

impl<T> IndexMut<u32> for Chunked<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.pieces[(index >> BITS) as usize][index as usize & (PIECE - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_over_pieces() {
        let mut array = Chunked::new();
        for value in 0..10_000_u32 {
            array.push(value);
        }
        array[9_999] = 7;
        assert_eq!((array.len(), array[0], array[4_095], array[4_096], array[9_999]), (10_000, 0, 4_095, 4_096, 7));
        assert_eq!(array.get(10_000), None);
        assert!(array.memory_bytes() >= 40_000);
    }
}
