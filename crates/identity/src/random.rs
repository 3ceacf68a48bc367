//! Where random bytes come from: the operating system, or in tests a source that can be foreseen.
//!
//! This is the only module of the product that asks the operating system for randomness. It never makes a
//! generator of its own and never falls back to something weaker.

/// No random bytes could be had; nothing that needs them can be issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes ({0}); nothing secret can be made until it does")]
pub struct RandomFault(pub String);

/// A source of random bytes.
pub trait RandomSource {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// [`RandomFault`] where the source has none; the buffer must then not be used.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomFault>;
}

impl<S: RandomSource + ?Sized> RandomSource for &mut S {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomFault> {
        (**self).fill(buffer)
    }
}

/// The operating system's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OperatingSystem;

impl RandomSource for OperatingSystem {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where randomness enters the product")]
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomFault> {
        getrandom::fill(buffer).map_err(|fault| RandomFault(fault.to_string()))
    }
}

/// An array of random bytes, as ids are made from.
///
/// # Errors
/// [`RandomFault`] where the source has none.
pub fn random_array<const N: usize>(source: &mut (impl RandomSource + ?Sized)) -> Result<[u8; N], RandomFault> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod fixed {
    //! Sources for tests.

    use super::{RandomFault, RandomSource};

    /// Gives 0, 1, 2, … and begins anew after 255.
    #[derive(Default)]
    pub(crate) struct Counting(pub(crate) u8);

    impl RandomSource for Counting {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomFault> {
            for byte in buffer {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
            Ok(())
        }
    }

    /// Gives the same byte for ever.
    pub(crate) struct Stuck(pub(crate) u8);

    impl RandomSource for Stuck {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomFault> {
            buffer.fill(self.0);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_system_never_gives_the_same_bytes_twice() {
        let first: [u8; 32] = random_array(&mut OperatingSystem).unwrap();
        let second: [u8; 32] = random_array(&mut OperatingSystem).unwrap();
        assert_ne!(first, second);
    }
}
