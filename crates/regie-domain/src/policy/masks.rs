//! The policy's ids as small integers, and sets of them as bits. Valid for one policy only; never stored.

macro_rules! index_and_set {
    ($(#[$ix_doc:meta])* $ix:ident, $(#[$set_doc:meta])* $set:ident($bits:ty)) => {
        $(#[$ix_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $ix(pub u8);

        $(#[$set_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set(pub $bits);

        impl $set {
            /// The empty set.
            pub const NONE: $set = $set(0);

            /// The set of one.
            pub fn only(ix: $ix) -> $set {
                $set(1 << ix.0)
            }

            /// Is it in the set?
            pub fn has(self, ix: $ix) -> bool {
                self.0 >> ix.0 & 1 == 1
            }

            /// The set with one more.
            #[must_use]
            pub fn with(self, ix: $ix) -> $set {
                $set(self.0 | 1 << ix.0)
            }

            /// What is in both.
            #[must_use]
            pub fn and(self, other: $set) -> $set {
                $set(self.0 & other.0)
            }

            /// Is all of `other` in this set?
            pub fn covers(self, other: $set) -> bool {
                self.0 & other.0 == other.0
            }

            /// Is nothing in it?
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The members, ascending.
            #[expect(clippy::cast_possible_truncation, reason = "a bit's number is below 64")]
            pub fn iter(self) -> impl Iterator<Item = $ix> {
                (0..<$bits>::BITS as u8).map($ix).filter(move |&ix| self.has(ix))
            }
        }

        impl FromIterator<$ix> for $set {
            fn from_iter<I: IntoIterator<Item = $ix>>(all: I) -> $set {
                all.into_iter().fold($set::NONE, $set::with)
            }
        }
    };
}

index_and_set!(
    /// A category's place in the policy, `0..32`.
    CategoryIx,
    /// A set of categories.
    Categories(u32)
);
index_and_set!(
    /// A recipient's place in the policy, `0..64`; 0 is the retailer itself.
    RecipientIx,
    /// A set of recipients.
    Recipients(u64)
);
index_and_set!(
    /// A channel's place in the policy, `0..16`.
    ChannelIx,
    /// A set of channels.
    Channels(u16)
);
index_and_set!(
    /// A purpose's place in the policy, `0..32`.
    PurposeIx,
    /// A set of purposes.
    Purposes(u32)
);
