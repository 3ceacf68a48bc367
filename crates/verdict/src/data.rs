//! What may be done with the records of governed objects, and with the values of their fields.
//!
//! From the general to the specific: the role's permission for all objects, its exception for the object, its
//! exception for the field; the more specific wins. Without see on the object everything under it is hidden.

use domain::object::{DataName, DataRules, DataVerb, Object, ObjectRule, Rule};
use domain::permission::{Permission, PermissionSet};
use domain::time::Timestamp;

use crate::evaluate::{Answer, hidden, shown};
use crate::permit::{Act, Target};
use crate::question::{Basis, Denial, Reason, Subject};
use crate::snapshot::{RoleEntry, Snapshot, SubjectEntry};

/// What a role may do, and on which level that was said last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effective {
    /// Whether it may.
    pub allowed: bool,
    /// Where that comes from.
    pub from: Level,
}

/// A level on which a rule about data can stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// The role's permission for all objects.
    AllObjects,
    /// The exception for the object.
    Object,
    /// The exception for the field.
    Field,
}

/// What a role says of governed data, as it is or would be.
#[derive(Clone, Copy)]
pub(crate) struct Says<'r> {
    /// The permissions that it comes to.
    pub(crate) set: PermissionSet,
    /// Its exceptions, where it has any.
    pub(crate) data: Option<&'r DataRules>,
    /// Whether it is the top role.
    pub(crate) top: bool,
}

impl RoleEntry {
    pub(crate) fn says(&self) -> Says<'_> {
        Says { set: self.set, data: Some(&self.role.data), top: self.role.top }
    }

    fn object(&self, verb: DataVerb, object: &DataName) -> Effective {
        self.says().object(verb, object)
    }

    fn field(&self, verb: DataVerb, of: (&DataName, &DataName), widen: bool) -> Effective {
        self.says().field(verb, of, widen)
    }
}

impl<'r> Says<'r> {
    fn rule(self, object: &DataName) -> Option<&'r ObjectRule> {
        // The top role holds everything, whatever was said about it.
        self.data.filter(|_| !self.top)?.objects.get(object)
    }

    /// What the role may do with the records of an object.
    fn object(self, verb: DataVerb, object: &DataName) -> Effective {
        let said = self.rule(object).map_or(Rule::Inherit, |rule| rule.of(verb));
        let allowed = said.over(self.set.holds(verb.permission()));
        let from = if said == Rule::Inherit { Level::AllObjects } else { Level::Object };
        if verb == DataVerb::See || !allowed {
            return Effective { allowed, from };
        }
        let seen = self.object(DataVerb::See, object);
        if seen.allowed { Effective { allowed, from } } else { seen }
    }

    /// What the role may do with the value of a field: see it or change it.
    fn field(self, verb: DataVerb, (object, field): (&DataName, &DataName), widen: bool) -> Effective {
        let rule = self.rule(object).and_then(|rule| rule.fields.get(field)).copied().unwrap_or_default();
        let seen = self.object(DataVerb::See, object);
        let seen = match rule.see {
            _ if !seen.allowed => seen,
            Rule::Inherit => seen,
            said => Effective { allowed: said.over(true), from: Level::Field },
        };
        if verb == DataVerb::See || !seen.allowed {
            return seen;
        }
        let edited = self.object(DataVerb::Edit, object);
        match rule.edit {
            Rule::Deny => Effective { allowed: false, from: Level::Field },
            Rule::Allow if widen || edited.allowed => Effective { allowed: true, from: Level::Field },
            Rule::Allow | Rule::Inherit => edited,
        }
    }
}

impl Snapshot {
    pub(crate) fn touch_object(&self, entry: &SubjectEntry, verb: DataVerb, object: &DataName) -> Answer {
        if !self.objects.contains_key(object) {
            return Err(hidden(Reason::NoSuchTarget));
        }
        let sees = |role: &RoleEntry| role.object(DataVerb::See, object).allowed;
        let may = |role: &RoleEntry| role.object(verb, object);
        let Some((found, seen)) = self.by_any_role(entry, may, sees) else {
            return Err(hidden(Reason::NoSuchTarget));
        };
        if found.allowed {
            let act = Act::Operate { permission: verb.permission(), target: Target::DataModel };
            return Ok((act, Basis::Role(verb.permission())));
        }
        let reason = match found.from {
            Level::AllObjects => Reason::Lacks(verb.permission()),
            Level::Object | Level::Field => Reason::ObjectRule(verb),
        };
        Err(Denial { hidden: !seen, ..shown(reason) })
    }

    /// Whether a role that comes to say this opens no records and no fields to those who have it beyond what it opens now,
    /// but for what is open to the giver as well: an exception is a right like any other, and one more in a role is had by
    /// whoever has the role, the giver perhaps among them.
    pub(crate) fn may_open(&self, giver: &SubjectEntry, now: Option<Says<'_>>, then: Says<'_>) -> Result<(), Denial> {
        self.opens_no_more(giver, None, |opens| opens(then) && !now.is_some_and(opens))
    }

    /// Whether somebody may have an object come to this, or be governed no longer: what roles are denied about what goes
    /// is lifted with it, since what comes back under its name is as open as the roles are in general.
    pub(crate) fn may_lift(&self, giver: &SubjectEntry, name: &DataName, to: Option<&Object>) -> Result<(), Denial> {
        self.roles.iter().try_for_each(|role| {
            let Some(rule) = role.role.data.objects.get(name) else { return Ok(()) };
            let rest = to.map(|to| {
                let mut rule = rule.clone();
                rule.fields.retain(|field, _| to.fields.contains_key(field));
                DataRules { objects: [(name.clone(), rule)].into() }
            });
            let (now, then) = (role.says(), Says { data: rest.as_ref(), ..role.says() });
            self.opens_no_more(giver, Some(name), |opens| opens(then) && !opens(now))
        })
    }

    /// The same for what a setting opens: fields of records that one may not change.
    pub(crate) fn may_widen_fields(&self, giver: &SubjectEntry) -> Result<(), Denial> {
        let edits = |role: &RoleEntry, of, widen| role.field(DataVerb::Edit, of, widen).allowed;
        let mine = |of| giver.lasting().roles().filter_map(|place| self.role(place)).any(|role| edits(role, of, false));
        let gained = |of| self.roles.iter().any(|role| edits(role, of, true) && !edits(role, of, false));
        if self.fields().any(|of| gained(of) && !mine(of)) { Err(shown(Reason::BeyondReach)) } else { Ok(()) }
    }

    /// Whether nothing is gained, of one object or of all, that the giver's roles do not open for good, taken each for itself.
    fn opens_no_more(
        &self,
        giver: &SubjectEntry,
        of: Option<&DataName>,
        gained: impl Fn(&dyn Fn(Says<'_>) -> bool) -> bool,
    ) -> Result<(), Denial> {
        let giver = giver.lasting();
        let roles = || giver.roles().filter_map(|place| self.role(place)).map(RoleEntry::says);
        let beyond = |opens: &dyn Fn(Says<'_>) -> bool| gained(opens) && !roles().any(opens);
        let meant = |object: &DataName| of.is_none_or(|of| of == object);
        let objects = || self.objects.keys().filter(|object| meant(object));
        let of_objects = DataVerb::ALL
            .into_iter()
            .any(|verb| objects().any(|object| beyond(&|says| says.object(verb, object).allowed)));
        let widen = self.settings.fields_widen;
        let of_fields = [DataVerb::See, DataVerb::Edit].into_iter().any(|verb| {
            self.fields()
                .filter(|(object, _)| meant(object))
                .any(|field| beyond(&|says| says.field(verb, field, widen).allowed))
        });
        if of_objects || of_fields { Err(shown(Reason::BeyondReach)) } else { Ok(()) }
    }

    fn fields(&self) -> impl Iterator<Item = (&DataName, &DataName)> {
        self.objects.iter().flat_map(|(name, object)| object.fields.keys().map(move |field| (name, field)))
    }

    /// What the roles of a subject come to, each taken for itself: what one of them allows is allowed. Where none does,
    /// the first that sees the thing says why, or else the subject's own; and whether any of it is seen.
    fn by_any_role(
        &self,
        entry: &SubjectEntry,
        may: impl Fn(&RoleEntry) -> Effective,
        sees: impl Fn(&RoleEntry) -> bool,
    ) -> Option<(Effective, bool)> {
        let roles = || entry.roles().filter_map(|place| self.role(place));
        let seeing = roles().find(|role| sees(role));
        let allowing = roles().map(&may).find(|found| found.allowed);
        let found = allowing.or_else(|| seeing.or_else(|| roles().next()).map(may))?;
        Some((found, seeing.is_some() || entry.permissions.holds(Permission::DataModelEdit)))
    }

    pub(crate) fn touch_field(
        &self,
        entry: &SubjectEntry,
        verb: DataVerb,
        (object, field): (&DataName, &DataName),
    ) -> Answer {
        let known = self.objects.get(object).is_some_and(|object| object.fields.contains_key(field));
        // A field is only ever seen or changed; making a record changes its fields.
        let verb = if verb == DataVerb::See { DataVerb::See } else { DataVerb::Edit };
        let widen = self.settings.fields_widen;
        let sees = |role: &RoleEntry| role.field(DataVerb::See, (object, field), widen).allowed;
        let may = |role: &RoleEntry| role.field(verb, (object, field), widen);
        let Some((found, seen)) = self.by_any_role(entry, may, sees).filter(|_| known) else {
            return Err(hidden(Reason::NoSuchTarget));
        };
        if found.allowed {
            let act = Act::Operate { permission: verb.permission(), target: Target::DataModel };
            return Ok((act, Basis::Role(verb.permission())));
        }
        let reason = match found.from {
            Level::AllObjects => Reason::Lacks(verb.permission()),
            Level::Object => Reason::ObjectRule(verb),
            Level::Field => Reason::FieldRule(verb),
        };
        Err(Denial { hidden: !seen, ..shown(reason) })
    }

    /// The fields of an object that somebody sees, and whether they may change each.
    pub fn visible_fields<'s>(
        &'s self,
        subject: Subject,
        object: &'s DataName,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'s DataName, bool)> {
        let entry = self.subject(subject.as_str(), now);
        let may = move |verb, field: &DataName| {
            entry.is_some_and(|entry| self.touch_field(entry, verb, (object, field)).is_ok())
        };
        let fields = self.objects.get(object).into_iter().flat_map(|object| object.fields.keys());
        fields.filter(move |field| may(DataVerb::See, field)).map(move |field| (field, may(DataVerb::Edit, field)))
    }

    /// What a role may do with an object, and where that is said; none where there is no such role or object.
    #[must_use]
    pub fn role_on_object(&self, role: domain::role::RoleId, verb: DataVerb, object: &DataName) -> Option<Effective> {
        let role = self.role(self.role_place(role)?)?;
        self.objects.get(object).map(|_| role.object(verb, object))
    }

    /// What a role may do with a field, and where that is said.
    #[must_use]
    pub fn role_on_field(
        &self,
        role: domain::role::RoleId,
        verb: DataVerb,
        of: (&DataName, &DataName),
    ) -> Option<Effective> {
        let role = self.role(self.role_place(role)?)?;
        let known = self.objects.get(of.0).is_some_and(|object| object.fields.contains_key(of.1));
        known.then(|| role.field(verb, of, self.settings.fields_widen))
    }

    /// The objects whose records somebody sees.
    pub fn visible_objects(&self, subject: Subject, now: Timestamp) -> impl Iterator<Item = &domain::object::Object> {
        let entry = self.subject(subject.as_str(), now);
        let may =
            move |object: &DataName| entry.is_some_and(|entry| self.touch_object(entry, DataVerb::See, object).is_ok());
        self.objects.values().filter(move |object| may(&object.name))
    }
}
