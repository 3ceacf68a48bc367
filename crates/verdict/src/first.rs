//! For each role the first members who have it with no end, so that a denial can say whom to ask without looking through all.

use std::collections::BTreeSet;

use domain::id::PersonId;

use crate::snapshot::SubjectEntry;

/// People who are named where somebody could help.
pub(crate) const HOLDERS_MAX: usize = 3;

/// By the role's place, in the order of the people's ids.
#[derive(Clone, Default, Debug)]
pub(crate) struct FirstMembers(Vec<Vec<PersonId>>);

impl FirstMembers {
    /// From all subjects; people are among them in the order of their ids. Who does nothing helps nobody.
    pub(crate) fn of(entries: &[SubjectEntry], roles: usize) -> FirstMembers {
        let mut first = FirstMembers(vec![Vec::new(); roles]);
        for entry in entries.iter().filter(|entry| entry.helps()) {
            if let Some(person) = entry.subject.person() {
                entry.lasting_roles().for_each(|role| first.add(person, role));
            }
        }
        first
    }

    /// After a change of these people, of whom some are members with these roles from now on. `all` tells everybody with a
    /// role; it is asked where somebody left the first of many.
    pub(crate) fn with<A: Iterator<Item = PersonId>>(
        &self,
        changed: &BTreeSet<PersonId>,
        there: impl Iterator<Item = (PersonId, u32)>,
        all: impl Fn(u32) -> A,
    ) -> FirstMembers {
        let mut first = self.clone();
        let mut short = Vec::new();
        for (role, people) in (0u32..).zip(&mut first.0) {
            let many = people.len();
            people.retain(|person| !changed.contains(person));
            if many == HOLDERS_MAX && people.len() < many {
                short.push(role);
            }
        }
        for (person, role) in there {
            first.add(person, role);
        }
        for role in short {
            if let Some(people) = first.0.get_mut(role as usize) {
                *people = all(role).take(HOLDERS_MAX).collect();
            }
        }
        first
    }

    fn add(&mut self, person: PersonId, role: u32) {
        let Some(people) = self.0.get_mut(role as usize) else { return };
        if people.len() < HOLDERS_MAX || people.last().is_some_and(|last| person < *last) {
            let place = people.partition_point(|known| *known < person);
            people.insert(place, person);
            people.truncate(HOLDERS_MAX);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Vec<PersonId>> {
        self.0.iter()
    }
}
