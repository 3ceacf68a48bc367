//! Rows of what a company directory calls the members of an organization. They are personal, and go with the membership and
//! with the person.

use domain::id::{GroupId, OrgId, PersonId};

/// What a company directory calls a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryUser {
    /// Where.
    pub org: OrgId,
    /// Who.
    pub person: PersonId,
    /// The name by which the directory knows them: one in an organization, whatever its case.
    pub user_name: String,
    /// The directory's own id of them.
    pub external_id: Option<String>,
    /// Their given name, as the directory has it.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
    /// Whether the directory deleted them. Who was deleted and is suspended since is nobody to it.
    pub is_deleted: bool,
}

/// What a company directory calls a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryGroup {
    /// Where.
    pub org: OrgId,
    /// Which.
    pub group: GroupId,
    /// Its name there; several may have the same.
    pub display_name: String,
    /// The directory's own id of it.
    pub external_id: Option<String>,
}
