//! Tables in parts that snapshots share: a change copies the parts that it touches and no others.

use std::sync::Arc;

/// Things in a part when it is laid out. More make a change dearer, fewer the list of the parts longer, which every
/// change copies.
const IN_A_PART: usize = 256;
/// Parts grow to twice their size on average before everything is laid out anew.
const GROWTH_MAX: usize = 2;

/// The parts. A thing is in the one that its hash names.
pub(crate) struct Shards<S>(Box<[Arc<S>]>);

/// The parts are shared, not copied.
impl<S> Clone for Shards<S> {
    fn clone(&self) -> Shards<S> {
        Shards(self.0.clone())
    }
}

impl<S> Default for Shards<S> {
    fn default() -> Shards<S> {
        Shards(Box::default())
    }
}

impl<S> Shards<S> {
    /// Lays out some things, each by its hash.
    pub(crate) fn of<T>(things: Vec<T>, hash: impl Fn(&T) -> u64, mut make: impl FnMut(Vec<T>) -> S) -> Shards<S> {
        let parts = things.len().div_ceil(IN_A_PART).max(1);
        let mut of_parts: Vec<Vec<T>> = Vec::new();
        of_parts.resize_with(parts, || Vec::with_capacity(IN_A_PART));
        for thing in things {
            if let Some(part) = of_parts.get_mut(place_among(parts, hash(&thing))) {
                part.push(thing);
            }
        }
        Shards(of_parts.into_iter().map(|part| Arc::new(make(part))).collect())
    }

    /// Where the part is in which something with this hash is.
    #[inline]
    pub(crate) fn place(&self, hash: u64) -> usize {
        place_among(self.0.len(), hash)
    }

    /// The part in which something with this hash is.
    #[inline]
    pub(crate) fn at(&self, hash: u64) -> Option<&S> {
        self.0.get(self.place(hash)).map(|part| &**part)
    }

    /// Puts another part in the place of one.
    pub(crate) fn replace(&mut self, place: usize, make: impl FnOnce(&S) -> S) {
        if let Some(part) = self.0.get_mut(place) {
            *part = Arc::new(make(part));
        }
    }

    /// Whether so many things are too many for the parts.
    pub(crate) fn are_full(&self, many: usize) -> bool {
        many > self.0.len() * IN_A_PART * GROWTH_MAX
    }

    /// Every part.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &S> {
        self.0.iter().map(|part| &**part)
    }
}

/// By bits in the middle of the hash: tables inside the parts go by the others.
#[inline]
fn place_among(parts: usize, hash: u64) -> usize {
    ((((hash >> 16) & 0xffff_ffff) * parts as u64) >> 32) as usize
}
