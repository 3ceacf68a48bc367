//! Facts: rows beside the streams that change in the same transaction as an append.
//!
//! This is where names, addresses and sealed secrets live, so that erasing them is real: events and records
//! name people by opaque id only. Facts are not part of the chain.

use std::fmt;

use domain::id::{ClientId, GroupId, IdentityId, InvitationId, KeyId, OrgId, PasskeyId, PersonId, SessionId};
use domain::time::Timestamp;

use crate::client::{ClientTokenRow, ConnectedClientRow, OAuthClientRow};
use crate::invitee::InviteeRow;
use crate::mail::MailRow;
use crate::mail_domain::{JoinAskerRow, MailDomainRow};
use crate::scim::{DirectoryGroup, DirectoryUser};
use crate::sign_in::{IdentityRow, PasskeyRow, SessionRow, TicketRow};

/// A change to the rows beside the streams.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    /// A person exists, or their e-mail address or name is now this. Addresses are unique without regard to case.
    Person {
        /// Who.
        person: PersonId,
        /// The address as they wrote it.
        email: String,
        /// The name they are shown under where nobody wrote another.
        name: String,
    },
    /// What a person is called in an organization, as it was written there. No other organization shows it.
    Called {
        /// Where.
        org: OrgId,
        /// Who.
        person: PersonId,
        /// The address, as it is written there.
        email: String,
        /// The name that they are shown under there.
        name: String,
    },
    /// The person's address and name are deleted, in every organization, and every way by which they sign in; their id
    /// stays in events and records.
    ErasePerson {
        /// Who.
        person: PersonId,
    },
    /// The person belongs to the organization.
    Membership {
        /// Who.
        person: PersonId,
        /// Where.
        org: OrgId,
    },
    /// The person belongs to the organization no longer.
    EndMembership {
        /// Who.
        person: PersonId,
        /// Where.
        org: OrgId,
    },
    /// The same for somebody whom no organization but this one knows: where another has them as a member, has called them
    /// anything, or has invited their address, nothing is deleted.
    ErasePersonOf {
        /// The organization that ends.
        org: OrgId,
        /// Who.
        person: PersonId,
    },
    /// The day is set on which the organization ends. Which day is not said by this.
    OrganizationEnds {
        /// Which.
        org: OrgId,
    },
    /// The organization does not end.
    OrganizationRestored {
        /// Which.
        org: OrgId,
    },
    /// What is known of the organization beside its events is deleted: memberships, what people are called there, names of
    /// things, secrets, what leads to its keys, and mail that waits. Its slug stays, so that nobody is given it.
    EraseOrganization {
        /// Which.
        org: OrgId,
    },
    /// What the company's directory calls a member of the organization. Names are unique in it without regard to case.
    DirectoryUser(Box<DirectoryUser>),
    /// What a company directory calls a group.
    DirectoryGroup(Box<DirectoryGroup>),
    /// What a company directory called a group is deleted.
    DropDirectoryGroup {
        /// Where.
        org: OrgId,
        /// Which.
        group: GroupId,
    },
    /// The organization's one slug is now this.
    Slug {
        /// The slug, compared exactly.
        slug: String,
        /// Whose.
        org: OrgId,
    },
    /// The name that people gave to a thing inside an organization.
    Label {
        /// Where.
        org: OrgId,
        /// The thing's opaque id.
        id: String,
        /// The name.
        label: String,
    },
    /// A credential's keyed digest leads to this key.
    Credential {
        /// Keyed digest of the credential.
        digest: [u8; 32],
        /// The organization it belongs to.
        org: OrgId,
        /// The key it proves.
        key: KeyId,
    },
    /// A person signed in.
    Session(Box<SessionRow>),
    /// A session has ended; its row goes.
    EndSession {
        /// Which.
        session: SessionId,
    },
    /// All sessions of a person have ended.
    EndSessionsOf {
        /// Whose.
        person: PersonId,
    },
    /// All sessions of everybody have ended, no ticket and no token of a connected client is good any more, and no mail is sent
    /// that waits.
    EndSignIns,
    /// A ticket is good from now on.
    Ticket(Box<TicketRow>),
    /// The ticket is used up, or nothing of the append happens: there must be one for this purpose that has not ended.
    RedeemTicket {
        /// Keyed digest of its token.
        digest: [u8; 32],
        /// What it must be for.
        purpose: String,
        /// The moment at which it must still be good.
        at: Timestamp,
    },
    /// A person signs in in one more way, or nothing of the append happens: it must be nobody's yet.
    Identity(Box<IdentityRow>),
    /// A person does not sign in in this way any more.
    DropIdentity {
        /// Which.
        identity: IdentityId,
    },
    /// A person has one more passkey, or nothing of the append happens: its id must be no other's.
    Passkey(Box<PasskeyRow>),
    /// A passkey was used, or nothing of the append happens: its device must have counted on, where it counts.
    PasskeyUsed {
        /// Which.
        passkey: PasskeyId,
        /// How often the device has signed with it by now.
        counter: u32,
    },
    /// A person's passkey lets nobody in any more, or nothing of the append happens: it must still do so.
    DropPasskey {
        /// Which.
        passkey: PasskeyId,
    },
    /// A mail waits to be sent, or nothing of the append happens: there is room for [`crate::MAIL_MAX`].
    Mail {
        /// The organization that it is about, where it is about one.
        org: Option<OrgId>,
        /// The opaque id of the invitation there that it is about, where it is about one.
        about: Option<String>,
        /// Ciphertext; the journal never sees the plain text.
        sealed: Vec<u8>,
        /// From when on it may be sent.
        at: Timestamp,
    },
    /// A mail was tried in vain, and waits longer.
    MailPutOff {
        /// Which.
        mail: i64,
        /// When it is tried next.
        next_at: Timestamp,
    },
    /// A mail was sent or is given up; its row goes.
    MailEnded {
        /// Which.
        mail: Box<MailRow>,
        /// Why it is given up, for the people who sent it.
        failure: Option<String>,
    },
    /// For whom an invitation is.
    Invitee(Box<InviteeRow>),
    /// For whom an invitation was is deleted, and that links lead to it.
    DropInvitee {
        /// Where.
        org: OrgId,
        /// Which invitation.
        invitation: InvitationId,
    },
    /// A link leads to an invitation, and those before it nowhere. Whether it opens anything is not said by this.
    InvitationDigest {
        /// Keyed digest of the link's token.
        digest: [u8; 32],
        /// Where.
        org: OrgId,
        /// Which invitation.
        invitation: InvitationId,
    },
    /// An organization has verified a mail domain, or its record was seen again; or nothing of the append happens: no other
    /// organization has it.
    MailDomain(Box<MailDomainRow>),
    /// A mail domain is that organization's no longer, where it was.
    ReleaseMailDomain {
        /// Which.
        name: String,
        /// Whose.
        org: OrgId,
    },
    /// Somebody asks to join; who waited there to their end is forgotten.
    JoinAsker {
        /// Who, and where.
        row: Box<JoinAskerRow>,
        /// This moment.
        at: Timestamp,
    },
    /// Who asked to join is deleted.
    DropJoinAsker {
        /// Where.
        org: OrgId,
        /// Who.
        person: PersonId,
    },
    /// A client has registered itself, or was registered by hand.
    OAuthClient(Box<OAuthClientRow>),
    /// A client that was registered by hand is known no longer.
    DropOAuthClient {
        /// Where.
        org: OrgId,
        /// Its identifier.
        client_id: String,
    },
    /// A client that registered itself stays known until then, or longer.
    KeepOAuthClient {
        /// Its identifier.
        client_id: String,
        /// Until when.
        until: Timestamp,
    },
    /// What is known of a client that is connected from now on.
    ConnectedClient(Box<ConnectedClientRow>),
    /// A client is connected no longer: what is known of it is deleted, and its tokens.
    DropClient {
        /// Which.
        client: ClientId,
    },
    /// A token of a connected client is good from now on.
    ClientToken {
        /// Which.
        row: Box<ClientTokenRow>,
        /// This moment.
        at: Timestamp,
    },
    /// A token that is good once is spent, or nothing of the append happens: it must be good still.
    SpendClientToken {
        /// Its keyed digest.
        digest: [u8; 32],
        /// The moment at which it is spent.
        at: Timestamp,
    },
    /// A sealed secret is kept, replacing the one of the same id.
    Secret {
        /// Whose.
        org: OrgId,
        /// What it is for.
        id: String,
        /// Ciphertext; the journal never sees the plain text.
        sealed: Vec<u8>,
    },
    /// The sealed secret of this id is replaced, where there is one still: what was ended meanwhile stays ended.
    RenewSecret {
        /// Whose.
        org: OrgId,
        /// What it is for.
        id: String,
        /// Ciphertext.
        sealed: Vec<u8>,
    },
    /// A sealed secret is deleted.
    DropSecret {
        /// Whose.
        org: OrgId,
        /// What it was for.
        id: String,
    },
    /// A sealed secret is kept no longer but to be given back to whoever gave it.
    GiveBack {
        /// Whose.
        org: OrgId,
        /// What it was for.
        id: String,
        /// From when on.
        at: Timestamp,
    },
    /// A secret that is to be given back waits longer after an attempt in vain.
    GiveBackPutOff {
        /// Whose.
        org: OrgId,
        /// What it was for.
        id: String,
        /// When it is tried next.
        next_at: Timestamp,
    },
    /// A secret was given back, or never will be: it is deleted.
    GivenBack {
        /// Whose.
        org: OrgId,
        /// What it was for.
        id: String,
    },
}

impl fmt::Debug for Fact {
    /// Names the kind and the ids; never an address, a name or a secret, so that a log may hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::Person { person, .. } => write!(f, "Person({person})"),
            Fact::Called { org, person, .. } => write!(f, "Called({org}, {person})"),
            Fact::ErasePerson { person } => write!(f, "ErasePerson({person})"),
            Fact::Membership { person, org } => write!(f, "Membership({person}, {org})"),
            Fact::EndMembership { person, org } => write!(f, "EndMembership({person}, {org})"),
            Fact::ErasePersonOf { org, person } => write!(f, "ErasePersonOf({org}, {person})"),
            Fact::OrganizationEnds { org } => write!(f, "OrganizationEnds({org})"),
            Fact::OrganizationRestored { org } => write!(f, "OrganizationRestored({org})"),
            Fact::EraseOrganization { org } => write!(f, "EraseOrganization({org})"),
            Fact::DirectoryUser(user) => write!(f, "DirectoryUser({}, {})", user.org, user.person),
            Fact::DirectoryGroup(group) => write!(f, "DirectoryGroup({}, {})", group.org, group.group),
            Fact::DropDirectoryGroup { org, group } => write!(f, "DropDirectoryGroup({org}, {group})"),
            Fact::Slug { org, .. } => write!(f, "Slug({org})"),
            Fact::Label { org, id, .. } => write!(f, "Label({org}, {id})"),
            Fact::Credential { org, key, .. } => write!(f, "Credential({org}, {key})"),
            Fact::Session(row) => write!(f, "Session({}, {})", row.session, row.person),
            Fact::EndSession { session } => write!(f, "EndSession({session})"),
            Fact::EndSessionsOf { person } => write!(f, "EndSessionsOf({person})"),
            Fact::EndSignIns => write!(f, "EndSignIns"),
            Fact::Ticket(row) => write!(f, "Ticket({})", row.purpose),
            Fact::RedeemTicket { purpose, .. } => write!(f, "RedeemTicket({purpose})"),
            Fact::Identity(row) => write!(f, "Identity({}, {})", row.identity, row.person),
            Fact::DropIdentity { identity } => write!(f, "DropIdentity({identity})"),
            Fact::Passkey(row) => write!(f, "Passkey({}, {})", row.passkey, row.person),
            Fact::PasskeyUsed { passkey, counter } => write!(f, "PasskeyUsed({passkey}, {counter})"),
            Fact::DropPasskey { passkey } => write!(f, "DropPasskey({passkey})"),
            Fact::Mail { .. } => write!(f, "Mail"),
            Fact::MailPutOff { mail, .. } => write!(f, "MailPutOff({mail})"),
            Fact::MailEnded { mail, .. } => write!(f, "MailEnded({})", mail.id),
            Fact::Invitee(row) => write!(f, "Invitee({}, {})", row.org, row.invitation),
            Fact::DropInvitee { org, invitation } => write!(f, "DropInvitee({org}, {invitation})"),
            Fact::InvitationDigest { org, invitation, .. } => write!(f, "InvitationDigest({org}, {invitation})"),
            Fact::MailDomain(row) => write!(f, "MailDomain({}, {})", row.org, row.name),
            Fact::ReleaseMailDomain { name, org } => write!(f, "ReleaseMailDomain({org}, {name})"),
            Fact::JoinAsker { row, .. } => write!(f, "JoinAsker({}, {})", row.org, row.person),
            Fact::DropJoinAsker { org, person } => write!(f, "DropJoinAsker({org}, {person})"),
            Fact::OAuthClient(_) => write!(f, "OAuthClient"),
            Fact::DropOAuthClient { org, .. } => write!(f, "DropOAuthClient({org})"),
            Fact::KeepOAuthClient { .. } => write!(f, "KeepOAuthClient"),
            Fact::ConnectedClient(row) => write!(f, "ConnectedClient({}, {})", row.org, row.client),
            Fact::DropClient { client } => write!(f, "DropClient({client})"),
            Fact::ClientToken { row, .. } => write!(f, "ClientToken({}, {})", row.kind.as_str(), row.client),
            Fact::SpendClientToken { .. } => write!(f, "SpendClientToken"),
            Fact::RenewSecret { org, id, .. } => write!(f, "RenewSecret({org}, {id})"),
            Fact::Secret { org, id, .. } => write!(f, "Secret({org}, {id})"),
            Fact::DropSecret { org, id } => write!(f, "DropSecret({org}, {id})"),
            Fact::GiveBack { org, id, .. } => write!(f, "GiveBack({org}, {id})"),
            Fact::GiveBackPutOff { org, id, .. } => write!(f, "GiveBackPutOff({org}, {id})"),
            Fact::GivenBack { org, id } => write!(f, "GivenBack({org}, {id})"),
        }
    }
}

/// A person as the directory knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The address as they wrote it.
    pub email: String,
    /// The name they are shown under.
    pub name: String,
    /// Whether the directory knows them by that address; an organization may call them by another.
    pub is_address_theirs: bool,
}

/// An organization and its slug.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrganizationSlug {
    /// The organization.
    pub org: OrgId,
    /// Its slug.
    pub slug: String,
}

/// The name that people gave to a thing inside an organization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The thing's opaque id.
    pub id: String,
    /// The name.
    pub label: String,
}
