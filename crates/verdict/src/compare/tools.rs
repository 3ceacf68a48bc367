//! Which tools somebody can call before and after a change.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::id::IntegrationId;
use domain::time::Timestamp;

use super::{Comparison, apart};
use crate::catalog::IntegrationEntry;
use crate::evaluate::{ReachedBy, open};
use crate::question::Actor;
use crate::snapshot::{GrantEntry, Snapshot, SubjectEntry};

pub(super) type Tools = Vec<(IntegrationId, Box<str>)>;

/// An integration and its place.
type Placed<'s> = (u32, &'s IntegrationEntry);

/// An integration before and after.
pub(super) struct Counterparts<'s> {
    before: Option<Placed<'s>>,
    after: Option<Placed<'s>>,
    same: bool,
}

impl<'s> Comparison<'s> {
    /// The tools that an actor gains and loses, of some integrations or of all.
    pub(super) fn tools_between(&self, actor: &Actor, of: Option<&BTreeSet<IntegrationId>>) -> (Tools, Tools) {
        apart(&self.tools_of(self.before, actor, of), &self.tools_of(self.after, actor, of))
    }

    /// The tools that an actor can call, in order.
    pub(super) fn tools_of(&self, snapshot: &Snapshot, actor: &Actor, of: Option<&BTreeSet<IntegrationId>>) -> Tools {
        let mut tools: Tools = match of {
            None => snapshot
                .callable_tools(actor, self.now)
                .map(|(_, tool, integration)| (integration.id, tool.name.clone()))
                .collect(),
            Some(some) => {
                let one = |id: &IntegrationId| {
                    let tools = snapshot.callable_tools_of(actor, *id, self.now);
                    tools.map(|(_, tool)| (*id, tool.name.clone())).collect::<Tools>()
                };
                some.iter().flat_map(one).collect()
            }
        };
        tools.sort_unstable();
        tools
    }

    pub(super) fn tools_differ(&self, was: &SubjectEntry, is: &SubjectEntry) -> bool {
        let (was, is) = (self.at_work(was), self.at_work(is));
        match (was, is) {
            (None, None) => false,
            // Their grants name integrations by place, so the places must be the same as well.
            (Some(was), Some(is))
                if Arc::ptr_eq(&self.before.catalog, &self.after.catalog) && was.reach == is.reach =>
            {
                false
            }
            _ => self.integrations.iter().any(|both| self.opens_other_tools(both, was, is)),
        }
    }

    fn opens_other_tools(
        &self,
        both: &Counterparts<'_>,
        was: Option<&SubjectEntry>,
        is: Option<&SubjectEntry>,
    ) -> bool {
        let had = was.zip(both.before).and_then(|(was, found)| self.before.reaches(was, found, self.now).ok());
        let has = is.zip(both.after).and_then(|(is, found)| self.after.reaches(is, found, self.now).ok());
        if had.is_none() && has.is_none() {
            return false;
        }
        if both.same
            && let (Some(had), Some(has)) = (&had, &has)
            && self.is_as_much(both, had, has)
        {
            return false;
        }
        let had = opened_tools(self.before, both.before, had.as_ref(), self.now);
        !had.eq(opened_tools(self.after, both.after, has.as_ref(), self.now))
    }

    /// Whether the same was given, whoever gave it and when, of an integration that is the same.
    fn is_as_much(&self, both: &Counterparts<'_>, had: &ReachedBy<'_>, has: &ReachedBy<'_>) -> bool {
        let (ReachedBy::Grants(had), ReachedBy::Grants(has)) = (had, has) else {
            return matches!((had, has), (ReachedBy::Everything, ReachedBy::Everything));
        };
        let present = |grant: &&GrantEntry| self.now < grant.ends_at;
        let (had, has) = (had.iter().filter(present), has.iter().filter(present));
        // Tools are named by their place in a snapshot; within an integration that is the same it is the same in both.
        let first = |found: Option<Placed<'_>>| found.map_or(0, |(_, found)| found.tools.start);
        let (first_before, first_after) = (first(both.before), first(both.after));
        let equal = |(had, has): (&GrantEntry, &GrantEntry)| {
            let had_off = had.tools_off.iter().map(|tool| tool.wrapping_sub(first_before));
            let has_off = has.tools_off.iter().map(|tool| tool.wrapping_sub(first_after));
            had.profile == has.profile && had_off.eq(has_off)
        };
        had.clone().count() == has.clone().count() && had.zip(has).all(equal)
    }
}

/// Every integration of either snapshot, with its counterpart in the other.
pub(super) fn counterparts<'s>(before: &'s Snapshot, after: &'s Snapshot) -> Vec<Counterparts<'s>> {
    let same_catalog = Arc::ptr_eq(&before.catalog, &after.catalog);
    let pairs = before.catalog.integrations().map(|was| (Some(was), after.catalog.integration_by_id(was.1.id)));
    let new = after.catalog.integrations().filter(|is| before.catalog.integration_by_id(is.1.id).is_none());
    let pairs = pairs.chain(new.map(|is| (None, Some(is))));
    let same = |was: &IntegrationEntry, is: &IntegrationEntry| {
        let tools = |snapshot: &'s Snapshot, integration: &IntegrationEntry| {
            let tools = snapshot.catalog.tools_of(integration);
            tools.map(|(_, tool)| (&*tool.name, tool.class, tool.off, tool.held_back)).collect::<Vec<_>>()
        };
        same_catalog || was.paused == is.paused && tools(before, was) == tools(after, is)
    };
    let with = |(before, after): (Option<Placed<'s>>, Option<Placed<'s>>)| {
        let same = before.zip(after).is_some_and(|((_, was), (_, is))| same(was, is));
        Counterparts { before, after, same }
    };
    pairs.map(with).collect()
}

/// The names of an integration's tools that are open to who reaches it so.
fn opened_tools<'s>(
    snapshot: &'s Snapshot,
    found: Option<Placed<'s>>,
    by: Option<&ReachedBy<'s>>,
    now: Timestamp,
) -> impl Iterator<Item = &'s str> {
    found.zip(by).into_iter().flat_map(move |((_, integration), by)| {
        let tools = snapshot.catalog.tools_of(integration);
        tools.filter(move |(index, tool)| open(*index, tool, integration, by, now).is_ok()).map(|(_, tool)| &*tool.name)
    })
}
