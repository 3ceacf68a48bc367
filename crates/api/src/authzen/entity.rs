//! The entities of the specification, and the words of ours that they stand for.

use app::ask::{Party, Wording};

use super::fault::Fault;
use super::fields::Fields;

/// A subject: who is asked about.
#[derive(Clone)]
pub(super) struct SubjectEntity {
    pub(super) kind: String,
    /// Empty where subjects are searched for.
    id: String,
    /// The property `acting_for`: the person for whom an agent acts.
    pub(super) acting_for: Option<String>,
}

/// An action: what is to be done.
#[derive(Clone)]
pub(super) struct ActionEntity {
    pub(super) name: String,
    /// The property `role`: the role that is to be given.
    pub(super) role: Option<String>,
}

/// A resource: what it is to be done with.
#[derive(Clone)]
pub(super) struct ResourceEntity {
    pub(super) kind: String,
    /// Empty where resources are searched for.
    id: String,
    /// The properties `integration` of a tool and `object` of a field: in what it stands.
    pub(super) within: Option<String>,
}

/// What a search looks for: its id or name is not read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// Nothing: the question is whole.
    Nothing,
    Subject,
    Resource,
    Action,
}

impl SubjectEntity {
    fn read(fields: &Fields<'_>, sought: bool) -> Result<SubjectEntity, Fault> {
        let (kind, id) = (fields.required_text("type")?, id(fields, sought)?);
        Ok(SubjectEntity { kind, id, acting_for: property(fields, "acting_for")? })
    }

    /// Who is meant.
    pub(super) fn party(&self) -> Party {
        Party { kind: self.kind.clone(), id: self.id.clone(), acting_for: self.acting_for.clone() }
    }
}

impl ActionEntity {
    fn read(fields: &Fields<'_>) -> Result<ActionEntity, Fault> {
        Ok(ActionEntity { name: fields.required_text("name")?, role: property(fields, "role")? })
    }
}

impl ResourceEntity {
    fn read(fields: &Fields<'_>, sought: bool) -> Result<ResourceEntity, Fault> {
        let (kind, id) = (fields.required_text("type")?, id(fields, sought)?);
        let within = match kind.as_str() {
            "tool" => property(fields, "integration")?,
            "field" => property(fields, "object")?,
            // An object all the same, where there is one.
            _ => fields.object("properties")?.and(None),
        };
        Ok(ResourceEntity { kind, id, within })
    }

    /// The name by which the thing is known here: what stands in something else is named with it before a slash.
    pub(super) fn name(&self) -> String {
        match &self.within {
            Some(within) if self.id.strip_prefix(within.as_str()).is_none_or(|rest| !rest.starts_with('/')) => {
                format!("{within}/{}", self.id)
            }
            _ => self.id.clone(),
        }
    }
}

fn id(fields: &Fields<'_>, sought: bool) -> Result<String, Fault> {
    if sought { Ok(String::new()) } else { fields.required_text("id") }
}

/// A property that is a text; none where it is left out.
fn property(fields: &Fields<'_>, name: &str) -> Result<Option<String>, Fault> {
    fields.object("properties")?.map_or(Ok(None), |properties| properties.text(name))
}

/// The entities of a request, as far as they are there.
#[derive(Clone, Default)]
pub(super) struct Entities {
    pub(super) subject: Option<SubjectEntity>,
    pub(super) action: Option<ActionEntity>,
    pub(super) resource: Option<ResourceEntity>,
}

impl Entities {
    /// Reads what is there. The context is read and decides nothing: time is Wardroom's own, and of addresses and the
    /// like it has no rules.
    pub(super) fn read(fields: &Fields<'_>, sought: Sought) -> Result<Entities, Fault> {
        fields.object("context")?;
        let subject = fields.object("subject")?;
        let action = if sought == Sought::Action { None } else { fields.object("action")? };
        let resource = fields.object("resource")?;
        let subject = subject.map(|fields| SubjectEntity::read(&fields, sought == Sought::Subject));
        let resource = resource.map(|fields| ResourceEntity::read(&fields, sought == Sought::Resource));
        Ok(Entities {
            subject: subject.transpose()?,
            action: action.map(|fields| ActionEntity::read(&fields)).transpose()?,
            resource: resource.transpose()?,
        })
    }

    /// What is here, and for what is not, what is there.
    pub(super) fn or(self, defaults: &Entities) -> Entities {
        Entities {
            subject: self.subject.or_else(|| defaults.subject.clone()),
            action: self.action.or_else(|| defaults.action.clone()),
            resource: self.resource.or_else(|| defaults.resource.clone()),
        }
    }

    pub(super) fn subject(&self) -> Result<&SubjectEntity, Fault> {
        self.subject.as_ref().ok_or_else(|| missing("subject"))
    }

    pub(super) fn action(&self) -> Result<&ActionEntity, Fault> {
        self.action.as_ref().ok_or_else(|| missing("action"))
    }

    pub(super) fn resource(&self) -> Result<&ResourceEntity, Fault> {
        self.resource.as_ref().ok_or_else(|| missing("resource"))
    }

    /// The question that they ask.
    pub(super) fn question(&self) -> Result<(Party, Wording), Fault> {
        let (subject, action, resource) = (self.subject()?, self.action()?, self.resource()?);
        let (action, role) = (action.name.clone(), action.role.clone());
        let wording = Wording { action, kind: resource.kind.clone(), name: resource.name(), role };
        Ok((subject.party(), wording))
    }
}

fn missing(entity: &str) -> Fault {
    Fault::bad(format!("{entity} is missing; it must be an object"))
}
