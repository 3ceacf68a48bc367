//! See the members.

use std::collections::HashMap;

use domain::id::{OrgId, PersonId};
use domain::member::{ExtraRole, Member, MemberStatus};
use domain::role::RoleId;
use domain::time::Timestamp;
use verdict::Operation;

use crate::directory::ERASED;
use crate::{App, Caller, Problem};

/// A member as others see them.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// The person.
    pub person: PersonId,
    /// Their address.
    pub email: String,
    /// Whether they have shown that it is theirs, or whoever added them wrote it: not so where they joined by a link that
    /// was sent to it, and only had the link.
    pub is_address_theirs: bool,
    /// Their name.
    pub name: String,
    /// The kind of seat that they take.
    pub seat: Option<String>,
    /// Their role.
    pub role: String,
    /// The roles beside it.
    pub extra_roles: Vec<ExtraRoleView>,
    /// Whether the membership is in force.
    pub status: MemberStatus,
    /// When they joined.
    pub joined_at: Timestamp,
    /// When they were removed.
    pub removed_at: Option<Timestamp>,
    /// Since when they are suspended.
    pub suspended_at: Option<Timestamp>,
}

/// A role that a member has beside their own.
#[derive(Clone, Debug)]
pub struct ExtraRoleView {
    /// The role.
    pub role: RoleId,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Whether it counts: it has not ended, and the organization has roles beside one's own.
    pub counts: bool,
}

/// Which members are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberFilter {
    /// Those who are members, suspended or not.
    Here,
    /// Those whose membership is in force.
    Active,
    /// Those who are suspended.
    Suspended,
    /// Those who left.
    Removed,
    /// Everybody.
    All,
}

impl App {
    /// A page of members in the order of their ids.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `member.view`.
    pub async fn list_members(
        &self,
        caller: &Caller,
        filter: MemberFilter,
        after: Option<PersonId>,
        limit: usize,
    ) -> Result<Vec<MemberView>, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewMembers).await?;
        let wanted = |member: &&Member| match filter {
            MemberFilter::Here => member.is_here(),
            MemberFilter::Active => member.is_active(),
            MemberFilter::Suspended => member.is_here() && !member.is_active(),
            MemberFilter::Removed => !member.is_here(),
            MemberFilter::All => true,
        };
        let members: Vec<Member> = {
            let state = caller.live.state.lock().await;
            let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
            let page = state.members.range((from, std::ops::Bound::Unbounded)).map(|(_, member)| member);
            page.filter(wanted).take(limit).cloned().collect()
        };
        self.member_views(caller, members).await
    }

    /// One member, by id or e-mail address, removed ones included.
    ///
    /// # Errors
    /// [`Problem::Missing`] where there is none.
    pub async fn show_member(&self, caller: &Caller, name: &str) -> Result<MemberView, Problem> {
        let person = self.member_named(caller, name).await?;
        if verdict::Subject::Member(person) != caller.actor.subject {
            let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewMembers).await?;
        }
        let member = caller.live.state.lock().await.members.get(&person).cloned();
        let member = member.ok_or_else(|| Problem::missing("member"))?;
        self.member_views(caller, vec![member]).await?.pop().ok_or_else(|| Problem::missing("member"))
    }

    /// The person of an id or an e-mail address, if they are or were a member here. Somebody who is not answers
    /// as somebody who does not exist. Whose address is here is for those who see who is here, or may explain access:
    /// others find themselves and the one for whom they act, and somebody else by the id that they were told.
    pub(crate) async fn member_named(&self, caller: &Caller, name: &str) -> Result<PersonId, Problem> {
        let meant = self.people_under(caller.live.org(), name).await?;
        let (person, is_known, another) = {
            let state = caller.live.state.lock().await;
            let mut here = meant.iter().copied().filter(|person| state.member(*person).is_some());
            let (first, another) = (here.next(), here.next());
            let known = first.or_else(|| meant.iter().copied().find(|person| state.members.contains_key(person)));
            let person = known.or(meant.first().copied()).ok_or_else(|| Problem::missing("member"))?;
            (person, known.is_some(), another)
        };
        let is_known = is_known || caller.live.snapshot().role_of(verdict::Subject::Member(person)).is_some();
        let own = [caller.actor.subject.person(), caller.actor.acting_for].contains(&Some(person));
        let sees = || self.asked(&caller.live.snapshot(), &caller.actor, verdict::Operation::ViewMembers).is_allowed();
        let may_find = own || PersonId::parse(name).is_ok() || sees() || self.explains_everybody(caller);
        match another {
            _ if !is_known || !may_find => Err(Problem::missing("member")),
            None => Ok(person),
            Some(another) => {
                let message =
                    format!("two people are here under this address; name one of them by id: {person}, {another}");
                Err(Problem::invalid("member", message))
            }
        }
    }

    /// Whoever is meant by an id or an address: whose it is, then those whom an organization calls so. Who joined by a link
    /// is there under an address that nobody has shown to be theirs, and known by it there alone.
    pub(crate) async fn people_under(&self, org: OrgId, name: &str) -> Result<Vec<PersonId>, Problem> {
        let mut meant: Vec<PersonId> = self.person(name).await?.into_iter().collect();
        if PersonId::parse(name).is_err() {
            let called = self.inner.journal.called_at(org, name).await?;
            meant.extend(called.into_iter().filter(|person| !meant.contains(person)).collect::<Vec<_>>());
        }
        Ok(meant)
    }

    /// The same about a member whom a field of the request names.
    pub(crate) async fn member_in(
        &self,
        caller: &Caller,
        field: &'static str,
        name: &str,
    ) -> Result<PersonId, Problem> {
        self.member_named(caller, name).await.map_err(|problem| problem.named_in(field))
    }

    pub(crate) async fn member_views(&self, caller: &Caller, members: Vec<Member>) -> Result<Vec<MemberView>, Problem> {
        let ids: Vec<PersonId> = members.iter().map(|member| member.person).collect();
        let people = self.people(caller.live.org(), &ids).await?;
        let mut seats = self.seats(caller.live.org(), &ids).await?;
        let (in_use, now) = (caller.live.snapshot().settings().roles_extra_bindings, self.now());
        let extra = |(role, given): (&RoleId, &ExtraRole)| ExtraRoleView {
            role: *role,
            expires_at: given.expires_at,
            counts: in_use && given.holds_at(now),
        };
        let view = |member: Member| {
            let person = people.get(&member.person);
            MemberView {
                person: member.person,
                email: person.map_or_else(|| ERASED.to_owned(), |person| person.email.clone()),
                is_address_theirs: person.is_none_or(|person| person.is_address_theirs),
                name: person.map_or_else(|| ERASED.to_owned(), |person| person.name.clone()),
                seat: seats.remove(&member.person),
                role: member.role.to_string(),
                extra_roles: member.extra_roles.iter().map(extra).collect(),
                status: member.status,
                joined_at: member.joined_at,
                removed_at: member.removed_at,
                suspended_at: member.suspended_at,
            }
        };
        Ok(members.into_iter().map(view).collect())
    }

    /// The seats of those people who have one. They are labels of the organization, by the person's id.
    pub(crate) async fn seats(&self, org: OrgId, people: &[PersonId]) -> Result<HashMap<PersonId, String>, Problem> {
        let ids = people.iter().map(ToString::to_string).collect();
        let found = self.inner.journal.labels_of(org, ids).await?;
        Ok(found.into_iter().filter_map(|label| Some((PersonId::parse(&label.id).ok()?, label.label))).collect())
    }
}
