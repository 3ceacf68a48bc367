//! The names under which an organization's tools are listed at its one URL.
//!
//! `slug__tool`, at most 64 characters of `A-Z a-z 0-9 _ -`, because common clients accept nothing else. A name
//! that does not fit is shortened and ends in a hash of the full one; the name of a tool depends on no other
//! tool, except in the one-in-billions case that two hashes meet, which is resolved in the order of the names.

use std::collections::HashSet;

/// The longest tool name that common clients accept, in characters.
pub const TOOL_NAME_LENGTH_MAX: usize = 64;
const HASH_LENGTH: usize = 8;

/// The exposed names for tools given as (slug of the integration, name at the integration), in the same order.
/// All names differ. The pairs must differ, too.
#[must_use]
pub fn exposed_names<'t>(tools: impl IntoIterator<Item = (&'t str, &'t str)>) -> Vec<String> {
    let tools: Vec<(&str, &str)> = tools.into_iter().collect();
    let mut names: Vec<Option<String>> = tools.iter().map(|(slug, tool)| plain_name(slug, tool)).collect();
    let mut taken: HashSet<String> = names.iter().flatten().cloned().collect();
    let mut order: Vec<usize> = (0..tools.len()).collect();
    order.sort_by_key(|index| tools.get(*index));
    for index in order {
        let (Some((slug, tool)), Some(slot)) = (tools.get(index), names.get_mut(index)) else { continue };
        if slot.is_none() {
            let free = (0u32..).map(|attempt| hashed_name(slug, tool, attempt)).find(|name| !taken.contains(name));
            if let Some(name) = &free {
                taken.insert(name.clone());
            }
            *slot = free;
        }
    }
    names.into_iter().map(Option::unwrap_or_default).collect()
}

fn allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}

/// The name without a hash, where it fits as it is.
fn plain_name(slug: &str, tool: &str) -> Option<String> {
    let fits = slug.len() + 2 + tool.len() <= TOOL_NAME_LENGTH_MAX;
    (fits && !tool.is_empty() && tool.chars().all(allowed)).then(|| format!("{slug}__{tool}"))
}

fn hashed_name(slug: &str, tool: &str, attempt: u32) -> String {
    let clean: String = tool.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect();
    let mut name = format!("{slug}__{clean}");
    name.truncate(TOOL_NAME_LENGTH_MAX - HASH_LENGTH - 1);
    format!("{name}_{}", hash(slug, tool, attempt))
}

/// FNV-1a, 64 bits, written in base 32: stable for ever, and only ever used to tell names apart.
fn hash(slug: &str, tool: &str, attempt: u32) -> String {
    let bytes = slug.bytes().chain([0]).chain(tool.bytes()).chain([0]).chain(attempt.to_le_bytes());
    let value =
        bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mixed = value ^ (value >> 29);
    (0..HASH_LENGTH)
        .map(|place| {
            char::from(
                b"abcdefghijklmnopqrstuvwxyz234567".get((mixed >> (place * 5) & 31) as usize).copied().unwrap_or(b'a'),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_that_fits_stays_as_it_is() {
        assert_eq!(exposed_names([("stripe", "create_refund")]), ["stripe__create_refund"]);
    }

    #[test]
    fn a_name_that_looks_like_a_hashed_one_keeps_it_and_the_other_moves() {
        let long = "x".repeat(90);
        let hashed = exposed_names([("a", long.as_str())]).remove(0);
        let imitation = hashed.strip_prefix("a__").unwrap().to_owned();
        let both = exposed_names([("a", long.as_str()), ("a", imitation.as_str())]);
        assert_eq!(both[1], hashed);
        assert_ne!(both[0], hashed);
    }

    proptest! {
        #[test]
        fn names_are_short_clean_different_and_independent_of_order(
            tools in proptest::collection::btree_set(("[a-z][a-z0-9-]{0,30}[a-z0-9]", "\\PC{0,100}"), 1..40)
        ) {
            let tools: Vec<(String, String)> = tools.into_iter().collect();
            let pairs: Vec<(&str, &str)> = tools.iter().map(|(slug, tool)| (slug.as_str(), tool.as_str())).collect();
            let names = exposed_names(pairs.iter().copied());
            prop_assert!(names.iter().all(|name| name.chars().count() <= 64 && name.chars().all(allowed)));
            prop_assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
            let mut backwards = exposed_names(pairs.iter().rev().copied());
            backwards.reverse();
            prop_assert_eq!(names, backwards);
        }
    }
}
