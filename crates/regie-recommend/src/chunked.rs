//! A growing array in pieces of fixed size.
//!
//! Invariant: growing never moves what is there, so no write ever takes longer because the array is long, and no more than one
//! piece is ever allocated ahead. Left out: shrinking.

use std::ops::{Index, IndexMut};

const BITS: u32 = 10;
const PIECE: usize = 1 << BITS;

#[derive(Clone, Debug)]
pub(crate) struct Chunked<T> {
    /// Of a fixed length, so that only the number of the piece needs to be checked.
    pieces: Vec<Box<[T; PIECE]>>,
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
        if let Some(piece) = self.pieces.get_mut(self.len >> BITS) {
            piece[self.len & (PIECE - 1)] = value;
        } else if let Ok(piece) = vec![value; PIECE].into_boxed_slice().try_into() {
            self.pieces.push(piece);
        }
        self.len += 1;
    }

    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        (usize::try_from(index).is_ok_and(|index| index < self.len)).then(|| &self[index])
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.pieces.capacity() * size_of::<usize>() + self.pieces.len() * size_of::<[T; PIECE]>()
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
        assert_eq!((array.len(), array[0], array[1_023], array[1_024], array[9_999]), (10_000, 0, 1_023, 1_024, 7));
        assert_eq!(array.get(10_000), None);
        assert!(array.memory_bytes() >= 40_000);
    }
}
