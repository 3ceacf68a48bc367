//! Chance that can be repeated: the same seed gives the same power cut.

/// A source of numbers that look random (SplitMix64).
#[derive(Clone, Debug)]
pub struct Luck(u64);

impl Luck {
    /// The chance of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Luck {
        Luck(seed)
    }

    /// The next number.
    #[must_use]
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where `end` is 0.
    #[must_use]
    pub fn below(&mut self, end: usize) -> usize {
        match u64::try_from(end) {
            Ok(0) | Err(_) => 0,
            Ok(end) => usize::try_from(self.number() % end).unwrap_or(0),
        }
    }

    /// True so many times in a hundred.
    #[must_use]
    pub fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }
}
