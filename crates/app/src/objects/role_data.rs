//! What a role may do with every object and field, and on which level that was said last.

use domain::object::{DataName, DataVerb, Object, Rule};
use domain::role::{Role, RoleId};
use verdict::{Level, Operation, Snapshot};

use crate::{App, Caller, Problem};

/// What a role may do with governed data.
#[derive(Clone, Debug)]
pub struct RoleData {
    /// The role.
    pub role: RoleId,
    /// What it may do with all objects, exceptions aside.
    pub all_objects: Vec<(DataVerb, bool)>,
    /// What it may do with each object that the caller may know of.
    pub objects: Vec<EffectiveObject>,
}

/// What a role may do with an object.
#[derive(Clone, Debug)]
pub struct EffectiveObject {
    /// Its short name.
    pub name: DataName,
    /// Its name for people.
    pub title: String,
    /// What it may, verb by verb.
    pub verbs: Vec<EffectiveRule>,
    /// Its fields.
    pub fields: Vec<EffectiveField>,
}

/// What a role may do with a field.
#[derive(Clone, Debug)]
pub struct EffectiveField {
    /// Its short name.
    pub name: DataName,
    /// Its name for people.
    pub title: String,
    /// Seeing and changing it.
    pub verbs: Vec<EffectiveRule>,
}

/// One verb: whether the role may, where that comes from, and what is said on this very level.
#[derive(Clone, Copy, Debug)]
pub struct EffectiveRule {
    /// What is done.
    pub verb: DataVerb,
    /// Whether it may.
    pub allowed: bool,
    /// On which level that was said last: `all_objects`, `object` or `field`.
    pub from: &'static str,
    /// What the role says on this level itself.
    pub said: Rule,
}

impl App {
    /// What a role may do with governed data. Objects and fields that are hidden from the caller are left out.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller's role does not hold `role.view`, [`Problem::Missing`] where there is no
    /// such role.
    pub async fn show_role_data(&self, caller: &Caller, role: &str) -> Result<RoleData, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ViewRoles).await?;
        let id = RoleId::parse(role).map_err(|_| Problem::missing("role"))?;
        let (role, objects) = {
            let state = caller.live.state.lock().await;
            let role = state.roles.get(&id).cloned().ok_or_else(|| Problem::missing("role"))?;
            (role, state.objects.values().cloned().collect::<Vec<_>>())
        };
        let set = snapshot.permissions_of_role(id);
        let known = objects.into_iter().filter(|object| self.knows_object(caller, &snapshot, &object.name));
        Ok(RoleData {
            role: id,
            all_objects: DataVerb::ALL.map(|verb| (verb, set.holds(verb.permission()))).to_vec(),
            objects: known.map(|object| self.effective(caller, &snapshot, &role, object)).collect(),
        })
    }

    fn effective(&self, caller: &Caller, snapshot: &Snapshot, role: &Role, object: Object) -> EffectiveObject {
        let Object { name, title, fields } = object;
        let said = role.data.objects.get(&name).filter(|_| !role.top);
        let of_object = |verb| {
            let found = snapshot.role_on_object(role.id, verb, &name)?;
            let rule = said.map_or(Rule::Inherit, |rule| rule.of(verb));
            Some(EffectiveRule { verb, allowed: found.allowed, from: word(found.from), said: rule })
        };
        let of_field = |verb, field: &DataName| {
            let found = snapshot.role_on_field(role.id, verb, (&name, field))?;
            let rule = said.and_then(|rule| rule.fields.get(field)).copied().unwrap_or_default();
            let rule = if verb == DataVerb::See { rule.see } else { rule.edit };
            Some(EffectiveRule { verb, allowed: found.allowed, from: word(found.from), said: rule })
        };
        let known = fields.into_iter().filter(|(field, _)| self.knows_field(caller, snapshot, (&name, field)));
        let fields = known.map(|(field, named)| {
            let verbs = [DataVerb::See, DataVerb::Edit].into_iter().filter_map(|verb| of_field(verb, &field));
            EffectiveField { verbs: verbs.collect(), title: named.title, name: field }
        });
        let (fields, verbs) = (fields.collect(), DataVerb::ALL.into_iter().filter_map(of_object).collect());
        EffectiveObject { name, title, verbs, fields }
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::AllObjects => "all_objects",
        Level::Object => "object",
        Level::Field => "field",
    }
}
