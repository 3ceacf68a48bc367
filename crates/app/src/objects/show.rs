//! See objects and fields, each with what the caller may do with it.

use domain::object::{DataName, DataRules, DataVerb, Object};
use domain::permission::Permission;
use verdict::{Operation, Snapshot, Verdict};

use crate::{App, Caller, Problem};

/// An object as the caller sees it.
#[derive(Clone, Debug)]
pub struct ObjectView {
    /// Its short name.
    pub name: DataName,
    /// Its name for people.
    pub title: String,
    /// What the caller may do with its records.
    pub may: Vec<DataVerb>,
    /// Its fields, those that are hidden from the caller left out.
    pub fields: Vec<FieldView>,
}

/// A field as the caller sees it.
#[derive(Clone, Debug)]
pub struct FieldView {
    /// Its short name.
    pub name: DataName,
    /// Its name for people.
    pub title: String,
    /// Whether they see its value. Who may change the data model knows of fields also where not.
    pub see: bool,
    /// Whether they may change its value.
    pub edit: bool,
}

impl App {
    /// A page of the objects that the caller may know of, in the order of their names.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] where something broke.
    pub async fn list_objects(
        &self,
        caller: &Caller,
        after: Option<&DataName>,
        limit: usize,
    ) -> Result<Vec<ObjectView>, Problem> {
        let snapshot = caller.live.snapshot();
        let objects: Vec<Object> = {
            let state = caller.live.state.lock().await;
            let rest = state.objects.values().filter(|object| after.is_none_or(|after| object.name > *after));
            rest.filter(|object| self.knows_object(caller, &snapshot, &object.name)).take(limit).cloned().collect()
        };
        Ok(objects.into_iter().map(|object| self.object_view(caller, &snapshot, object)).collect())
    }

    /// One object.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none that the caller may know of.
    pub async fn show_object(&self, caller: &Caller, name: &str) -> Result<ObjectView, Problem> {
        let missing = || Problem::missing("object");
        let name = DataName::parse(name).map_err(|_| missing())?;
        let snapshot = caller.live.snapshot();
        let found = caller.live.state.lock().await.objects.get(&name).cloned();
        let known = found.filter(|object| self.knows_object(caller, &snapshot, &object.name));
        known.map(|object| self.object_view(caller, &snapshot, object)).ok_or_else(missing)
    }

    /// Whether the caller may know that there is such an object.
    pub(crate) fn knows_object(&self, caller: &Caller, snapshot: &Snapshot, object: &DataName) -> bool {
        match self.asked(snapshot, &caller.actor, Operation::Data { verb: DataVerb::See, object }) {
            Verdict::Allowed(_) => true,
            Verdict::Denied(denial) => !denial.hidden,
        }
    }

    /// Whether the caller may know that an object has such a field.
    pub(crate) fn knows_field(&self, caller: &Caller, snapshot: &Snapshot, of: (&DataName, &DataName)) -> bool {
        let (object, field) = of;
        match self.asked(snapshot, &caller.actor, Operation::Field { verb: DataVerb::See, object, field }) {
            Verdict::Allowed(_) => true,
            Verdict::Denied(denial) => !denial.hidden,
        }
    }

    /// What a role says about objects and fields, as far as the caller may know of these; whoever writes the rules knows
    /// of all.
    pub(crate) fn told_rules(&self, caller: &Caller, snapshot: &Snapshot, rules: &DataRules) -> DataRules {
        let writes = [Permission::RoleEdit, Permission::DataModelEdit]
            .into_iter()
            .any(|permission| self.asked(snapshot, &caller.actor, Operation::Use { permission }).is_allowed());
        let mut told = rules.clone();
        if !writes {
            told.objects.retain(|object, _| self.knows_object(caller, snapshot, object));
            for (object, rule) in &mut told.objects {
                rule.fields.retain(|field, _| self.knows_field(caller, snapshot, (object, field)));
            }
        }
        told
    }

    fn object_view(&self, caller: &Caller, snapshot: &Snapshot, object: Object) -> ObjectView {
        let Object { name, title, fields } = object;
        let may = |verb: &DataVerb| {
            self.asked(snapshot, &caller.actor, Operation::Data { verb: *verb, object: &name }).is_allowed()
        };
        let on_field = |verb, field: &DataName| {
            let operation = Operation::Field { verb, object: &name, field };
            self.asked(snapshot, &caller.actor, operation).is_allowed()
        };
        let known = fields.into_iter().filter(|(field, _)| self.knows_field(caller, snapshot, (&name, field)));
        let fields = known.map(|(field, named)| FieldView {
            see: on_field(DataVerb::See, &field),
            edit: on_field(DataVerb::Edit, &field),
            name: field,
            title: named.title,
        });
        let (may, fields) = (DataVerb::ALL.into_iter().filter(may).collect(), fields.collect());
        ObjectView { name, title, may, fields }
    }
}
