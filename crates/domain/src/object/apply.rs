//! How events about objects change the state.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::object::{DataName, ObjectRule};
use crate::organization::Organization;
use crate::role::RoleId;

impl Organization {
    pub(crate) fn apply_to_objects(&mut self, event: Event) {
        match event {
            Event::ObjectDefined(object) => {
                let denied = self.denied.remove(&object.name).unwrap_or_default();
                for (role, rule) in denied {
                    if let Some(role) = self.roles.get_mut(&role) {
                        role.data.objects.entry(object.name.clone()).or_insert(rule);
                    }
                }
                self.objects.insert(object.name.clone(), *object);
            }
            Event::ObjectRemoved { object } => {
                self.objects.remove(&object);
                let denied = self.denials(&object);
                self.roles.values_mut().for_each(|role| drop(role.data.objects.remove(&object)));
                if !denied.is_empty() {
                    self.denied.insert(object, denied);
                }
            }
            _ => {}
        }
    }

    /// What roles are denied about an object.
    pub(crate) fn denials(&self, object: &DataName) -> BTreeMap<RoleId, ObjectRule> {
        let denials =
            self.roles.iter().filter_map(|(role, said)| Some((*role, said.data.objects.get(object)?.denials())));
        denials.filter(|(_, rule)| *rule != ObjectRule::default()).collect()
    }

    /// Of a role that ends nothing is kept.
    pub(crate) fn forget_denials(&mut self, role: RoleId) {
        self.denied.values_mut().for_each(|denied| drop(denied.remove(&role)));
        self.denied.retain(|_, denied| !denied.is_empty());
    }
}
