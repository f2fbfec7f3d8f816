//! What consents cover, interned: most customers narrow nothing, so a million lines share a handful of shapes.
//!
//! Invariant: a shape is counted once for every line that carries it and freed with the last, so that toggling a choice for ever
//! does not grow memory. Shapes hold the policy's small integers only, never anything of a customer.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use crate::fact::{Chosen, Until};
use crate::policy::{Categories, Channels, Policy, Purpose, Recipients, limits::CONSENT_PURPOSES_MAX};

/// What one consent covers. Nothing at all stands for "no consent here".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Cover {
    /// The recipients it names.
    pub recipients: Recipients,
    /// The categories it names; a special one only if the customer named it.
    pub categories: Categories,
    /// The channels it names.
    pub channels: Channels,
}

impl Cover {
    /// What a consent covers that names nothing: the retailer, and what the purpose marks as necessary (of recipients only who works for
    /// the retailer), special categories left out.
    pub fn necessary(policy: &Policy, purpose: &Purpose) -> Cover {
        let categories =
            purpose.necessary_categories.iter().filter(|c| policy.categories.get(usize::from(c.0)).is_some_and(|c| !c.special)).collect();
        Cover { recipients: purpose.necessary_recipients, categories, channels: purpose.necessary_channels }
    }

    /// A consent of this cover, as it is recorded: the policy's names.
    pub fn given(self, policy: &Policy, until: Until) -> Chosen {
        Chosen::Given {
            categories: self.categories.iter().filter_map(|c| Some(policy.categories.get(usize::from(c.0))?.id.clone())).collect(),
            recipients: self.recipients.iter().filter_map(|r| Some(policy.recipients.get(usize::from(r.0))?.id.clone())).collect(),
            channels: self.channels.iter().filter_map(|c| Some(policy.channels.get(usize::from(c.0))?.id.clone())).collect(),
            until,
        }
    }

    /// What both cover.
    #[must_use]
    pub fn and(self, other: Cover) -> Cover {
        Cover {
            recipients: self.recipients.and(other.recipients),
            categories: self.categories.and(other.categories),
            channels: self.channels.and(other.channels),
        }
    }
}

/// What a customer's consents cover, by slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape(pub(super) [Cover; CONSENT_PURPOSES_MAX]);

/// A shape's place in its [`Shapes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeId(u32);

impl ShapeId {
    /// The shape that covers nothing; always there.
    pub const EMPTY: ShapeId = ShapeId(0);
}

// A fixed hash: this crate knows no randomness, and the order of the map is never looked at.
type ByShape = HashMap<Shape, ShapeId, BuildHasherDefault<DefaultHasher>>;

/// The interning table.
#[derive(Debug, Clone)]
pub struct Shapes {
    shapes: Vec<Shape>,
    counts: Vec<u32>,
    free: Vec<ShapeId>,
    ids: ByShape,
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes { shapes: vec![Shape::default()], counts: vec![0], free: Vec::new(), ids: ByShape::default() }
    }
}

impl Shapes {
    /// The shape behind an id; an id of another table may read as any shape. One load.
    pub fn get(&self, id: ShapeId) -> &Shape {
        self.shapes.get(id.0 as usize).unwrap_or(&self.shapes[0])
    }

    /// How many different shapes are in use, the empty one included.
    pub fn len(&self) -> usize {
        self.shapes.len() - self.free.len()
    }

    /// Is only the empty shape in use?
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// The id of `shape` for one more line.
    pub(super) fn acquire(&mut self, shape: &Shape) -> ShapeId {
        if *shape == Shape::default() {
            return ShapeId::EMPTY;
        }
        if let Some(&id) = self.ids.get(shape) {
            self.counts[id.0 as usize] += 1;
            return id;
        }
        let id = match self.free.pop() {
            Some(id) => {
                self.shapes[id.0 as usize] = *shape;
                self.counts[id.0 as usize] = 1;
                id
            }
            None => {
                // Fewer shapes than lines, and lines are counted in 32 bits.
                let id = ShapeId(u32::try_from(self.shapes.len()).unwrap_or(0));
                self.shapes.push(*shape);
                self.counts.push(1);
                id
            }
        };
        self.ids.insert(*shape, id);
        id
    }

    /// One line fewer carries `id`.
    pub(super) fn release(&mut self, id: ShapeId) {
        if id == ShapeId::EMPTY {
            return;
        }
        let at = id.0 as usize;
        self.counts[at] -= 1;
        if self.counts[at] == 0 {
            self.ids.remove(&self.shapes[at]);
            self.shapes[at] = Shape::default();
            self.free.push(id);
        }
    }

    /// Bytes held, roughly: the table and its map.
    pub fn memory_bytes(&self) -> usize {
        self.shapes.capacity() * size_of::<Shape>()
            + (self.counts.capacity() + self.free.capacity()) * 4
            + self.ids.capacity() * (size_of::<(Shape, ShapeId)>() + 1)
    }
}
