//! Basket files.
