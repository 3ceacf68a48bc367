//! Digits, capitals, small letters: text that survives a double click, a URL and a shell.

use zeroize::{Zeroize, Zeroizing};

use crate::random::{RandomFault, RandomSource};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The largest multiple of 62 that a byte can hold: bytes from here on are thrown away, since folding them
/// back would make the first eight letters likelier than the rest.
const FAIR_BELOW: u8 = 248;
/// A fair source needs one refill more than once in a million times; one that needs this many is broken.
const REFILLS_MAX: usize = 64;

/// Whether the byte is one of the 62 letters.
pub(crate) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// Appends `count` letters, each equally likely.
pub(crate) fn push_random(
    text: &mut String,
    count: usize,
    source: &mut (impl RandomSource + ?Sized),
) -> Result<(), RandomFault> {
    let mut missing = count;
    let mut pool = Zeroizing::new([0u8; 64]);
    for _ in 0..REFILLS_MAX {
        source.fill(pool.as_mut())?;
        for byte in pool.iter().filter(|byte| **byte < FAIR_BELOW).take(missing) {
            text.push(letter(u32::from(*byte) % 62));
            missing -= 1;
        }
        pool.zeroize();
        if missing == 0 {
            return Ok(());
        }
    }
    Err(RandomFault("what it gives is not random".to_owned()))
}

/// The number as exactly six letters, the highest first. Every number below 62⁶ has its own six, and that is
/// more than a `u32` can hold.
pub(crate) fn six_letters(number: u32) -> [u8; 6] {
    let mut letters = [b'0'; 6];
    let mut rest = number;
    for slot in letters.iter_mut().rev() {
        *slot = letter_byte(rest % 62);
        rest /= 62;
    }
    letters
}

fn letter(index: u32) -> char {
    char::from(letter_byte(index))
}

fn letter_byte(index: u32) -> u8 {
    usize::try_from(index).ok().and_then(|index| ALPHABET.get(index)).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::random::OperatingSystem;
    use crate::random::fixed::{Counting, Stuck};

    #[test]
    fn numbers_are_written_the_highest_letter_first() {
        assert_eq!(&six_letters(0), b"000000");
        assert_eq!(&six_letters(61), b"00000z");
        assert_eq!(&six_letters(62), b"000010");
        assert_eq!(&six_letters(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn every_byte_that_would_favour_a_letter_is_thrown_away() {
        // One full turn of the bytes holds each letter exactly four times when 248 to 255 are dropped.
        let mut text = String::new();
        push_random(&mut text, 248, &mut Counting(0)).unwrap();
        let mut counts = HashMap::new();
        for letter in text.chars() {
            *counts.entry(letter).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| *count == 4), "{counts:?}");
    }

    #[test]
    fn letters_of_the_operating_system_are_equally_likely() {
        // 62 000 letters, 1 000 of each expected, standard deviation 31: seven of them would be a one in
        // 10¹¹ chance, while the common modulo mistake shifts eight letters by 211.
        let mut text = String::new();
        for _ in 0..620 {
            push_random(&mut text, 100, &mut OperatingSystem).unwrap();
        }
        for letter in ALPHABET {
            let count = text.bytes().filter(|byte| byte == letter).count();
            assert!((783..=1217).contains(&count), "{} came {count} times", char::from(*letter));
        }
    }

    #[test]
    fn a_source_that_is_stuck_is_noticed_and_not_waited_for() {
        assert!(push_random(&mut String::new(), 4, &mut Stuck(255)).is_err());
    }
}
