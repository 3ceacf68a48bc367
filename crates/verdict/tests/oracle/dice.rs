//! Chance, repeatable from a number: splitmix64, so that a world is its seed.

/// A source of choices.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u8) -> u8 {
        u8::try_from(self.roll() % u64::from(end.max(1))).unwrap()
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, yes: u8) -> bool {
        self.below(100) < yes
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll() % from.len() as u64).unwrap()]
    }

    /// Something in so many of a hundred cases.
    pub(crate) fn maybe<T>(&mut self, yes: u8, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
        self.percent(yes).then(|| make(self))
    }

    /// Those that chance leaves of these.
    pub(crate) fn some<T: Copy>(&mut self, yes: u8, from: &[T]) -> Vec<T> {
        from.iter().copied().filter(|_| self.percent(yes)).collect()
    }
}
