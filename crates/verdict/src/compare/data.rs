//! What somebody may do with governed data before and after a change.
//!
//! That rests on their roles alone, so it is worked out once for all who had the same roles and have the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::object::{DataName, DataVerb};
use domain::role::RoleId;

use super::{Told, apart};
use crate::diff::DataRight;
use crate::snapshot::{RoleEntry, Snapshot, SubjectEntry};

/// What becomes another one of what somebody may do with data.
#[derive(Default)]
pub(super) struct DataDifference {
    pub(super) gains: Vec<DataRight>,
    pub(super) loses: Vec<DataRight>,
}

/// The places of somebody's roles, before and after.
type Roles = [Vec<u32>; 2];

pub(super) struct DataChanges<'s> {
    before: &'s Snapshot,
    after: &'s Snapshot,
    told: Told<'s>,
    /// Whether the same objects are governed, by the same setting.
    same_data: bool,
    /// Roles that are there before and after and say something else of data.
    changed_roles: BTreeSet<RoleId>,
    known: BTreeMap<Roles, Arc<DataDifference>>,
    nothing: Arc<DataDifference>,
}

impl<'s> DataChanges<'s> {
    pub(super) fn between(before: &'s Snapshot, after: &'s Snapshot, told: Told<'s>) -> DataChanges<'s> {
        let same_objects = Arc::ptr_eq(&before.objects, &after.objects) || before.objects == after.objects;
        let says = |role: &RoleEntry| DataVerb::ALL.map(|verb| role.set.holds(verb.permission()));
        let changed = |was: &&RoleEntry| {
            let is = after.role_place(was.role.id).and_then(|place| after.role(place));
            is.is_some_and(|is| (was.role.top, says(was)) != (is.role.top, says(is)) || was.role.data != is.role.data)
        };
        let roles = before.roles.iter().filter(|_| !Arc::ptr_eq(&before.roles, &after.roles));
        DataChanges {
            before,
            after,
            told,
            same_data: same_objects && before.settings.fields_widen == after.settings.fields_widen,
            changed_roles: roles.filter(changed).map(|role| role.role.id).collect(),
            known: BTreeMap::new(),
            nothing: Arc::default(),
        }
    }

    pub(super) fn told(&self) -> Told<'s> {
        self.told
    }

    /// Whether somebody, who does something before and after or not, may do something else.
    pub(super) fn differ(&mut self, was: Option<&SubjectEntry>, is: Option<&SubjectEntry>) -> bool {
        let found = self.of(was, is);
        !found.gains.is_empty() || !found.loses.is_empty()
    }

    /// What they gain and lose.
    pub(super) fn of(&mut self, was: Option<&SubjectEntry>, is: Option<&SubjectEntry>) -> Arc<DataDifference> {
        if self.are_same(was, is) {
            return Arc::clone(&self.nothing);
        }
        let places = |entry: Option<&SubjectEntry>| entry.into_iter().flat_map(SubjectEntry::roles).collect();
        let roles: Roles = [places(was), places(is)];
        let (before, after, told) = (self.before, self.after, self.told);
        let found = self.known.entry(roles).or_insert_with(|| {
            let (gains, loses) = apart(&before.rights_to_data(was, told), &after.rights_to_data(is, told));
            Arc::new(DataDifference { gains, loses })
        });
        Arc::clone(found)
    }

    /// Whether nothing that the rights rest on is another one.
    fn are_same(&self, was: Option<&SubjectEntry>, is: Option<&SubjectEntry>) -> bool {
        let ids = |snapshot: &'s Snapshot, entry: Option<&SubjectEntry>| {
            let places: Vec<u32> = entry.into_iter().flat_map(SubjectEntry::roles).collect();
            places.into_iter().map(move |place| snapshot.role(place).map(|role| role.role.id))
        };
        let changed = |role: Option<RoleId>| role.is_some_and(|role| self.changed_roles.contains(&role));
        self.same_data && ids(self.before, was).eq(ids(self.after, is)) && !ids(self.after, is).any(changed)
    }
}

impl Snapshot {
    /// Everything that somebody may do with objects and fields that are told of, in order.
    pub(super) fn rights_to_data(&self, entry: Option<&SubjectEntry>, told: Told<'_>) -> Vec<DataRight> {
        let Some(entry) = entry else { return Vec::new() };
        let mut rights = Vec::new();
        for object in self.objects.values().filter(|object| told(&object.name, None)) {
            let mut add = |field: Option<&DataName>, verb: DataVerb| {
                rights.push(DataRight { object: object.name.clone(), field: field.cloned(), verb });
            };
            let may = DataVerb::ALL.into_iter().filter(|verb| self.touch_object(entry, *verb, &object.name).is_ok());
            may.for_each(|verb| add(None, verb));
            for field in object.fields.keys().filter(|field| told(&object.name, Some(field))) {
                let may = |verb: &DataVerb| self.touch_field(entry, *verb, (&object.name, field)).is_ok();
                [DataVerb::See, DataVerb::Edit].into_iter().filter(may).for_each(|verb| add(Some(field), verb));
            }
        }
        rights
    }

    /// Whether somebody may do this with data.
    pub(super) fn may_touch_data(&self, entry: &SubjectEntry, right: &DataRight) -> bool {
        match &right.field {
            None => self.touch_object(entry, right.verb, &right.object).is_ok(),
            Some(field) => self.touch_field(entry, right.verb, (&right.object, field)).is_ok(),
        }
    }
}
