//! Records and fields: what the role says for all objects, then for one, then for a field; the more specific wins.

use std::collections::BTreeSet;

use domain::object::{DataName, DataRules, DataVerb, FieldRule, Object, ObjectRule, Rule};
use domain::permission::{Holding, Permission, PermissionSet, Scope};
use domain::role::{AssignableTo, Role, RoleId, RoleLevel};
use verdict::Subject;

use super::{Answer, Naive, hide, no, nothing_there, yes};

fn over(rule: Rule, general: bool) -> bool {
    match rule {
        Rule::Inherit => general,
        Rule::Allow => true,
        Rule::Deny => false,
    }
}

impl Naive<'_> {
    /// What a role comes to for an object's records, and the code of the level that says so; see aside.
    fn object_says(&self, role: &Role, verb: DataVerb, object: &DataName) -> (bool, &'static str) {
        let rule = rule_of(role, object);
        let (takes, said) = match verb {
            DataVerb::See => (Permission::DataSee, rule.see),
            DataVerb::Create if rule.create == Rule::Inherit => (Permission::DataCreate, rule.edit),
            DataVerb::Create => (Permission::DataCreate, rule.create),
            DataVerb::Edit => (Permission::DataEdit, rule.edit),
            DataVerb::Delete => (Permission::DataDelete, rule.delete),
            DataVerb::Destroy => (Permission::DataDestroy, rule.destroy),
        };
        let allowed = over(said, self.powers_of(role).get(&takes) == Some(&Scope::All));
        (allowed, if said == Rule::Inherit { "lacks-permission" } else { "object-rule" })
    }

    /// Each role answers for itself, and says whether it sees the thing. One yes is enough; the no is that of the first
    /// role which sees it, or else of the subject's own.
    fn by_any(&self, subject: Subject, by: impl Fn(&Role) -> (bool, Answer)) -> Answer {
        let answers: Vec<(bool, Answer)> = self.roles_of(subject).into_iter().map(by).collect();
        if let Some((_, yes)) = answers.iter().find(|(_, answer)| answer.allowed) {
            return *yes;
        }
        match answers.iter().find(|(sees, _)| *sees).or(answers.first()) {
            Some((true, answer)) => *answer,
            Some((false, answer)) if self.needs(subject, Permission::DataModelEdit).allowed => *answer,
            Some((false, answer)) => hide(*answer),
            None => nothing_there(),
        }
    }

    /// Without see everything under the object is hidden, but from those who decide what objects there are.
    pub(crate) fn records(&self, subject: Subject, verb: DataVerb, object: &DataName) -> Answer {
        if !self.state.objects.contains_key(object) {
            return nothing_there();
        }
        self.by_any(subject, |role| {
            let (sees, why_not) = self.object_says(role, DataVerb::See, object);
            let answer = match self.object_says(role, verb, object) {
                (true, _) if sees => yes("role"),
                (true, _) => no(why_not),
                (false, why_not) => no(why_not),
            };
            (sees, answer)
        })
    }

    /// Whether a field is seen, or changed; making a record changes its fields. What is not seen is not changed; where
    /// fields do not widen, a field of records that are not changed is not either.
    pub(crate) fn field(&self, subject: Subject, verb: DataVerb, object: &DataName, field: &DataName) -> Answer {
        if !self.state.objects.get(object).is_some_and(|object| object.fields.contains_key(field)) {
            return nothing_there();
        }
        self.by_any(subject, |role| self.field_by(role, verb, object, field))
    }

    fn field_by(&self, role: &Role, verb: DataVerb, object: &DataName, field: &DataName) -> (bool, Answer) {
        let rule = rule_of(role, object).fields.get(field).copied().unwrap_or(FieldRule::default());
        let (records_seen, why_not) = self.object_says(role, DataVerb::See, object);
        let sees = match rule.see {
            _ if !records_seen => no(why_not),
            Rule::Deny => no("field-rule"),
            Rule::Allow | Rule::Inherit => yes("role"),
        };
        if !sees.allowed || verb == DataVerb::See {
            return (sees.allowed, sees);
        }
        let (records, why_not) = self.object_says(role, DataVerb::Edit, object);
        let answer = match rule.edit {
            Rule::Deny => no("field-rule"),
            Rule::Allow if records || self.state.settings.fields_widen => yes("role"),
            Rule::Allow | Rule::Inherit if records => yes("role"),
            Rule::Allow | Rule::Inherit => no(why_not),
        };
        (true, answer)
    }
}

impl Naive<'_> {
    /// Everything in records and fields that a role opens, in words: what is done, and with what.
    pub(crate) fn opened(&self, role: &Role) -> BTreeSet<String> {
        let mut opened = BTreeSet::new();
        for (object, defined) in &self.state.objects {
            let (sees, _) = self.object_says(role, DataVerb::See, object);
            let may = |verb: &DataVerb| sees && self.object_says(role, *verb, object).0;
            opened.extend(
                DataVerb::ALL.iter().filter(|verb| may(verb)).map(|verb| format!("{} {object}", verb.as_str())),
            );
            for (field, verb) in
                defined.fields.keys().flat_map(|field| [(field, DataVerb::See), (field, DataVerb::Edit)])
            {
                if self.field_by(role, verb, object, field).1.allowed {
                    opened.insert(format!("{} {object}.{field}", verb.as_str()));
                }
            }
        }
        opened
    }

    /// What a role would open that it does not open as it is.
    pub(crate) fn opened_anew(&self, before: Option<&Role>, after: &Role) -> BTreeSet<String> {
        let before = before.map(|role| self.opened(role)).unwrap_or_default();
        self.opened(after).difference(&before).cloned().collect()
    }

    /// What is open to roles that are denied it now, where an object comes to this, or to nothing, and then comes back.
    pub(crate) fn lifted(&self, object: &DataName, to: Option<&Object>) -> BTreeSet<String> {
        let without = |role: &Role| {
            let mut role = role.clone();
            match (to, role.data.objects.get_mut(object)) {
                (Some(to), Some(rule)) => rule.fields.retain(|field, _| to.fields.contains_key(field)),
                _ => drop(role.data.objects.remove(object)),
            }
            role
        };
        self.state.roles.values().flat_map(|role| self.opened_anew(Some(role), &without(role))).collect()
    }

    /// Nobody opens to others what is not open to themselves by one of their roles.
    pub(crate) fn opens_to_others(&self, me: Subject, opened: &BTreeSet<String>) -> Answer {
        let mine: BTreeSet<String> =
            self.for_good().roles_of(me).into_iter().flat_map(|role| self.opened(role)).collect();
        if opened.is_subset(&mine) { yes("role") } else { no("beyond-your-reach") }
    }

    /// To let exceptions open fields is to open them to all whose role has such an exception.
    pub(crate) fn widens_fields(&self, me: Subject) -> Answer {
        let mut widened = self.state.clone();
        widened.settings.fields_widen = true;
        let widened = Naive { state: &widened, now: self.now };
        let opened = self.state.roles.values().flat_map(|role| {
            let (before, after) = (self.opened(role), widened.opened(role));
            after.difference(&before).cloned().collect::<Vec<_>>()
        });
        self.opens_to_others(me, &opened.collect())
    }
}

/// A role as it would be with these permissions, and with these exceptions where they change.
pub(crate) fn would_be(before: Option<&Role>, to: PermissionSet, data: Option<&DataRules>) -> Role {
    let blank = Role {
        id: RoleId::parse("would-be").unwrap(),
        title: String::new(),
        typical_for: String::new(),
        guide: String::new(),
        level: RoleLevel::Organization,
        permissions: Holding::default(),
        data: DataRules::default(),
        assignable_to: AssignableTo { members: true, keys: true, agents: true },
        locked: false,
        top: false,
    };
    let role = before.cloned().unwrap_or(blank);
    let data = data.cloned().unwrap_or(role.data);
    Role { permissions: Holding { groups: BTreeSet::new(), single: to }, data, ..role }
}

/// What a role says about an object; the top role holds everything, whatever it says.
fn rule_of(role: &Role, object: &DataName) -> ObjectRule {
    let said = if role.top { None } else { role.data.objects.get(object) };
    said.cloned().unwrap_or_default()
}
