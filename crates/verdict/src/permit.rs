//! The value that one must hold to let something happen. Only this crate can make one.

use domain::grant::Grantee;
use domain::id::{
    AgentId, ClientId, GroupId, IntegrationId, InvitationId, KeyId, MailDomainId, OrgId, PersonId, RequestId,
    ResourceId, TeamId,
};
use domain::integration::ToolClass;
use domain::permission::Permission;
use domain::resource::ResourceKind;
use domain::role::RoleId;

use crate::catalog::ToolIndex;
use crate::question::{Actor, Basis};

/// What an allowed operation acts on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The organization as a whole, or a thing that does not exist yet.
    Organization,
    /// What the organization's preset is, and all that comes of it.
    Preset,
    /// A member.
    Member(PersonId),
    /// A suspended member, who is to be restored.
    Suspended(PersonId),
    /// The open offer of the top role, from one to another.
    Offer(PersonId, PersonId),
    /// An integration.
    Integration(IntegrationId),
    /// A person's account at an integration's upstream.
    Account(PersonId, IntegrationId),
    /// What somebody has of an integration.
    Grant(Grantee, IntegrationId),
    /// A key.
    Key(KeyId),
    /// A role.
    Role(RoleId),
    /// A team.
    Team(TeamId),
    /// Somebody's place in a team.
    TeamMember(TeamId, PersonId),
    /// What a team has of a resource.
    TeamResource(TeamId, ResourceId),
    /// A directory group, and the places in teams that it gives.
    Group(GroupId),
    /// An agent.
    Agent(AgentId),
    /// That an agent may act for a person.
    Delegation(AgentId, PersonId),
    /// A resource.
    Resource(ResourceId),
    /// That an artifact is in a collection.
    Collected(ResourceId, ResourceId),
    /// What holds for all resources of a kind.
    Kind(ResourceKind),
    /// The objects and fields that are governed.
    DataModel,
    /// The sessions in which a member comes here, and the clients that they have connected.
    SessionsOf(PersonId),
    /// The clients that a member has connected, as that member.
    ClientsOf(PersonId),
    /// The clients that are known by hand, and what is connected by them.
    RegisteredClients,
    /// The access requests of one subject, and for whom it acts.
    RequestsOf(Grantee, Option<PersonId>),
    /// An access request.
    Request(RequestId),
    /// An invitation, and not what it gives.
    Invitation(InvitationId),
    /// That somebody has what an invitation offers.
    Joining(InvitationId),
    /// The mail domains that the organization claims, and not to whom they are open.
    MailDomains,
    /// To whom a mail domain is open.
    MailDomain(MailDomainId),
    /// That somebody has what a mail domain gives.
    JoiningBy(MailDomainId),
    /// That somebody has what they asked for who asked to join.
    Admitting(PersonId),
    /// That somebody has not.
    Refusing(PersonId),
}

/// What a permit allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// A call of one tool.
    Call {
        /// The tool, in the snapshot that gave the permit.
        tool: ToolIndex,
        /// Its integration.
        integration: IntegrationId,
        /// Its class.
        class: ToolClass,
    },
    /// A look at what an integration has besides its tools.
    Use {
        /// Which.
        integration: IntegrationId,
    },
    /// An operation on the organization.
    Operate {
        /// The permission it was asked under.
        permission: Permission,
        /// What it acts on.
        target: Target,
    },
    /// A look at something. Nothing can be committed under it.
    Look {
        /// The permission it was asked under.
        permission: Permission,
        /// What is looked at.
        target: Target,
    },
    /// The founding of an organization.
    Found,
    /// The erasure of what is left of an organization whose day has come.
    Erase,
    /// That an invitation is declined.
    Decline {
        /// Which.
        invitation: InvitationId,
    },
    /// That somebody asks to join.
    AskToJoin {
        /// Who.
        person: PersonId,
    },
    /// That a mail domain is found to be the organization's no longer.
    Lapse {
        /// Which.
        domain: MailDomainId,
    },
    /// That a client is disconnected.
    HangUp {
        /// Which.
        client: ClientId,
    },
    /// A new key for somebody who holds the top role.
    Recover {
        /// Who.
        holder: PersonId,
    },
}

/// Says that one actor may do one thing in one organization, as of one state of it.
#[derive(Debug)]
#[must_use = "a permit that is not used allowed nothing"]
pub struct Permit {
    pub(crate) org: OrgId,
    pub(crate) seq: u64,
    pub(crate) actor: Option<Actor>,
    pub(crate) act: Act,
    pub(crate) basis: Basis,
}

impl Permit {
    /// The way round the engine, for the founding of an organization and nothing else: the events of a
    /// founding can be committed only to an organization that has none yet.
    pub fn for_founding_an_organization(org: OrgId) -> Permit {
        Permit { org, seq: 0, actor: None, act: Act::Found, basis: Basis::Own }
    }

    /// The way round the engine for whoever has the data folder in hand, where nobody in the top role has a key that
    /// works: nothing can be committed under it but a personal key of a member who holds the top role.
    pub fn for_recovering_the_top_role(org: OrgId, seq: u64, holder: PersonId) -> Permit {
        Permit { org, seq, actor: None, act: Act::Recover { holder }, basis: Basis::Own }
    }

    /// The way round the engine for the upkeep of an installation: nothing can be committed under it but that an
    /// organization whose day has come is destroyed.
    pub fn for_erasing_an_ended_organization(org: OrgId, seq: u64) -> Permit {
        Permit { org, seq, actor: None, act: Act::Erase, basis: Basis::Own }
    }

    /// The way round the engine for whoever has the link of an invitation and is nobody here: nothing can be committed
    /// under it but that this invitation is declined.
    pub fn for_declining_an_invitation(org: OrgId, seq: u64, invitation: InvitationId) -> Permit {
        Permit { org, seq, actor: None, act: Act::Decline { invitation }, basis: Basis::Own }
    }

    /// The way round the engine for whoever has shown an address at a mail domain and is nobody here: nothing can be
    /// committed under it but that they ask to join.
    pub fn for_asking_to_join(org: OrgId, seq: u64, person: PersonId) -> Permit {
        Permit { org, seq, actor: None, act: Act::AskToJoin { person }, basis: Basis::Own }
    }

    /// The way round the engine for what the DNS says: nothing can be committed under it but that this mail domain is the
    /// organization's no longer.
    pub fn for_a_lapsed_mail_domain(org: OrgId, seq: u64, domain: MailDomainId) -> Permit {
        Permit { org, seq, actor: None, act: Act::Lapse { domain }, basis: Basis::Own }
    }

    /// The way round the engine for whoever has shown a token of a connected client, the client or whoever stole it:
    /// nothing can be committed under it but that this client is disconnected.
    pub fn for_disconnecting_a_client(org: OrgId, seq: u64, client: ClientId) -> Permit {
        Permit { org, seq, actor: None, act: Act::HangUp { client }, basis: Basis::Own }
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// The sequence number of the state that was asked.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Who may; none for the ways round the engine.
    #[must_use]
    pub fn actor(&self) -> Option<Actor> {
        self.actor
    }

    /// What may be done.
    #[must_use]
    pub fn act(&self) -> Act {
        self.act
    }

    /// What it rests on.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis
    }
}
