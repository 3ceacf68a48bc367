//! Tools by the names that questions carry, laid out so that a look-up touches few lines of memory.
//!
//! At ten thousand tools the answer's cost is the memory that it waits for: a slot holds all that a yes or no
//! needs, and the texts to compare stand in one piece of memory, each ended by a byte that no text contains.

use std::hash::{BuildHasher, Hasher};

use domain::grant::Profile;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::catalog::{IntegrationEntry, ToolEntry, ToolIndex};

const HASH: FixedState = FixedState::with_seed(0x7761_7264);
/// Never part of UTF-8.
const END: u8 = 0xff;

pub(crate) fn hash_of(parts: [&str; 2]) -> u64 {
    let mut hasher = HASH.build_hasher();
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(END);
    }
    hasher.finish()
}

/// How much of an integration one must have. What is had and what is needed are compared as numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Measure(u8);

impl Measure {
    pub(crate) const EVERYTHING: Measure = Measure(3);
    /// What nobody has.
    const OUT_OF_REACH: Measure = Measure(4);

    /// What a profile gives, from 1; what is written in two bits.
    pub(crate) fn of(profile: Profile) -> Measure {
        match profile {
            Profile::ReadOnly => Measure(1),
            Profile::NoDelete => Measure(2),
            Profile::Full => Measure::EVERYTHING,
        }
    }

    /// What must be had to call a tool.
    fn needed(tool: &ToolEntry, integration: &IntegrationEntry) -> Measure {
        if tool.off || tool.held_back || integration.paused {
            return Measure::OUT_OF_REACH;
        }
        let enough = Profile::ALL.into_iter().find(|profile| profile.admits(tool.class));
        enough.map_or(Measure::OUT_OF_REACH, Measure::of)
    }

    /// The measure in two bits.
    pub(crate) fn bits(self) -> u32 {
        u32::from(self.0)
    }

    /// Reads the lowest two bits.
    pub(crate) fn from_bits(bits: u32) -> Measure {
        Measure((bits & 3) as u8)
    }
}

/// What is known of a tool where its name was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamedTool {
    pub(crate) index: ToolIndex,
    pub(crate) integration: u32,
    /// What a subject must have of the integration to call it.
    pub(crate) needed: Measure,
    name_at: u32,
}

/// Every tool of an organization by integration and name.
#[derive(Debug, Default)]
pub(crate) struct ToolNames {
    slots: HashTable<NamedTool>,
    slugs_at: Vec<u32>,
    texts: Vec<u8>,
}

impl ToolNames {
    pub(crate) fn compile(integrations: &[IntegrationEntry], tools: &[ToolEntry]) -> ToolNames {
        let mut names = ToolNames { slots: HashTable::with_capacity(tools.len()), ..ToolNames::default() };
        for integration in integrations {
            let at = names.keep(&integration.slug);
            names.slugs_at.push(at);
        }
        let slug = |place: u32| integrations.get(place as usize).map_or("", |integration| &integration.slug);
        for (index, tool) in (0u32..).zip(tools) {
            let Some(integration) = integrations.get(tool.integration as usize) else { continue };
            let needed = Measure::needed(tool, integration);
            let name_at = names.keep(&tool.name);
            let slot = NamedTool { index: ToolIndex(index), integration: tool.integration, needed, name_at };
            let rehash = |slot: &NamedTool| {
                let name = tools.get(slot.index.0 as usize).map_or("", |tool| &tool.name);
                hash_of([slug(slot.integration), name])
            };
            names.slots.insert_unique(hash_of([&integration.slug, &tool.name]), slot, rehash);
        }
        names
    }

    fn keep(&mut self, text: &str) -> u32 {
        let at = self.texts.len() as u32;
        self.texts.extend_from_slice(text.as_bytes());
        self.texts.push(END);
        at
    }

    #[inline]
    pub(crate) fn find(&self, slug: &str, name: &str) -> Option<&NamedTool> {
        self.slots.find(hash_of([slug, name]), |slot| {
            self.stands_at(slot.name_at, name)
                && self.slugs_at.get(slot.integration as usize).is_some_and(|at| self.stands_at(*at, slug))
        })
    }

    fn stands_at(&self, at: u32, text: &str) -> bool {
        let kept = self.texts.get(at as usize..).unwrap_or_default();
        kept.strip_prefix(text.as_bytes()).is_some_and(|rest| rest.first() == Some(&END))
    }
}
