//! Records and fields: what the role says for all objects, then for one, then for a field; the more specific wins.

use domain::object::{DataName, DataVerb, FieldRule, ObjectRule, Rule};
use domain::permission::Permission;
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
    fn object_rule(&self, subject: Subject, object: &DataName) -> ObjectRule {
        let role = self.role_of(subject).filter(|role| !role.top);
        role.and_then(|role| role.data.objects.get(object)).cloned().unwrap_or_default()
    }

    /// What the role comes to for an object's records, and the code of the level that says so; see aside.
    fn object_says(&self, subject: Subject, verb: DataVerb, object: &DataName) -> (bool, &'static str) {
        let rule = self.object_rule(subject, object);
        let (takes, said) = match verb {
            DataVerb::See => (Permission::DataSee, rule.see),
            DataVerb::Create if rule.create == Rule::Inherit => (Permission::DataCreate, rule.edit),
            DataVerb::Create => (Permission::DataCreate, rule.create),
            DataVerb::Edit => (Permission::DataEdit, rule.edit),
            DataVerb::Delete => (Permission::DataDelete, rule.delete),
            DataVerb::Destroy => (Permission::DataDestroy, rule.destroy),
        };
        let allowed = over(said, self.needs(subject, takes).allowed);
        (allowed, if said == Rule::Inherit { "lacks-permission" } else { "object-rule" })
    }

    /// Without see everything under the object is hidden, but from those who decide what objects there are.
    pub(crate) fn records(&self, subject: Subject, verb: DataVerb, object: &DataName) -> Answer {
        if !self.state.objects.contains_key(object) || self.role_of(subject).is_none() {
            return nothing_there();
        }
        let (sees, why_not) = self.object_says(subject, DataVerb::See, object);
        let answer = match self.object_says(subject, verb, object) {
            (true, _) if sees => yes("role"),
            (true, _) => no(why_not),
            (false, why_not) => no(why_not),
        };
        if sees || self.needs(subject, Permission::DataModelEdit).allowed { answer } else { hide(answer) }
    }

    /// Whether a field is seen, or changed; making a record changes its fields. What is not seen is not changed; where
    /// fields do not widen, a field of records that are not changed is not either.
    pub(crate) fn field(&self, subject: Subject, verb: DataVerb, object: &DataName, field: &DataName) -> Answer {
        let known = self.state.objects.get(object).is_some_and(|object| object.fields.contains_key(field));
        if !known || self.role_of(subject).is_none() {
            return nothing_there();
        }
        let rule = self.object_rule(subject, object).fields.get(field).copied().unwrap_or(FieldRule::default());
        let (records_seen, why_not) = self.object_says(subject, DataVerb::See, object);
        let sees = match rule.see {
            _ if !records_seen => no(why_not),
            Rule::Deny => no("field-rule"),
            Rule::Allow | Rule::Inherit => yes("role"),
        };
        if !sees.allowed {
            return if self.needs(subject, Permission::DataModelEdit).allowed { sees } else { hide(sees) };
        }
        let (records, why_not) = self.object_says(subject, DataVerb::Edit, object);
        match rule.edit {
            _ if verb == DataVerb::See => sees,
            Rule::Deny => no("field-rule"),
            Rule::Allow if records || self.state.settings.fields_widen => yes("role"),
            Rule::Allow | Rule::Inherit => {
                if records {
                    yes("role")
                } else {
                    no(why_not)
                }
            }
        }
    }
}
