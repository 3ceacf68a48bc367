//! Every answer explained: on what a yes rests, and what smallest change would turn a no.

use domain::grant::{Grantee, Profile};
use domain::id::PersonId;
use domain::integration::ToolClass;
use domain::organization::GrantsTo;
use domain::permission::{Permission, Scope};
use domain::role::RoleId;
use domain::time::Timestamp;

use crate::fresh;
use crate::operation::Operation;
use crate::permit::Act;
use crate::question::{Action, Basis, Denial, Question, Reason, Subject, Verdict, Via, Whose};
use crate::remedy::Remedy;
use crate::second_factor;
use crate::snapshot::{Snapshot, SubjectEntry};

/// An answer in words. It names no person; [`Explanation::ask`] holds the ids of those who could help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Whether it may happen.
    pub allowed: bool,
    /// The stable code of the reason.
    pub code: &'static str,
    /// Why, in one sentence about the subject ("you").
    pub because: String,
    /// The smallest change that would allow it, where one would.
    pub remedy: Option<String>,
    /// Who could make that change, at most three.
    pub ask: Vec<PersonId>,
}

impl Snapshot {
    /// Answers a question with its reasons. Facts about the subject only: to be shown to them, or to somebody
    /// who may explain access.
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        match self.evaluate(question) {
            Verdict::Allowed(permit) => Explanation {
                allowed: true,
                code: permit.basis().code(),
                because: self.because_allowed(permit.act(), permit.basis(), question),
                remedy: None,
                ask: Vec::new(),
            },
            Verdict::Denied(denial) => self.explain_denial(denial, question.action),
        }
    }

    /// A denial in words.
    #[must_use]
    pub fn explain_denial(&self, denial: Denial, action: Action<'_>) -> Explanation {
        let (remedy, needs) = self.remedy(denial.reason, action);
        Explanation {
            allowed: false,
            code: denial.reason.code(),
            because: self.because_denied(denial, action),
            remedy,
            ask: needs.map_or_else(Vec::new, |permission| self.holders(permission)),
        }
    }

    fn because_allowed(&self, act: Act, basis: Basis, question: &Question<'_>) -> String {
        let title = match act {
            Act::Call { integration, .. } | Act::Use { integration } => {
                self.integration(integration).map_or("", |entry| &entry.title)
            }
            _ => "",
        };
        match basis {
            Basis::Role(permission) => {
                let role = self.title_of_role_with(question.actor.subject, permission, question.now);
                format!("the role {role} holds {permission} ({})", permission.entry().title.to_lowercase())
            }
            Basis::Grant { profile, since_seq, via } => {
                let to = match via {
                    Via::Own => String::new(),
                    Via::Team(team) => format!(" to the team {}", self.team_title(team).unwrap_or_default()),
                    Via::Role => {
                        format!(" to the role {}", self.role_of(question.actor.subject).map_or("", |role| &role.title))
                    }
                    Via::ExtraRole(role) => {
                        format!(" to the role {}", self.role_named(role).map_or("", |role| &role.title))
                    }
                };
                format!("{title} is assigned{to}: {} (change {since_seq})", profile.in_plain_words())
            }
            Basis::KeyScope => "this workspace key reaches every integration".to_owned(),
            Basis::Own => "it is your own".to_owned(),
            Basis::TeamRole { team, permission } => {
                let title = self.team_title(team).unwrap_or_default();
                format!("your role in the team {title} holds {permission}")
            }
            Basis::Team { team, permission } => {
                let title = self.team_title(team).unwrap_or_default();
                format!("your role holds {permission} for what your teams have, and {title} has it")
            }
            Basis::Share { since_seq, level } => {
                format!("it is shared with you to {} (change {since_seq})", level.as_str())
            }
            Basis::Setting(setting) => format!("the setting {setting} gives it to every member"),
        }
    }

    /// The links of the chain on which an answer rests, or the one at which it breaks, in words that begin with the
    /// subject. `veiled` is what is said instead where the real reason must not be told.
    #[must_use]
    pub fn chain(&self, question: &Question<'_>, veiled: Option<Denial>) -> Vec<String> {
        let mut links = Vec::new();
        let subject = question.actor.subject;
        let Some(entry) = self.subject(subject.as_str(), question.now) else {
            return vec!["they are no member, key or agent of this organization".to_owned()];
        };
        let role = entry.role.and_then(|place| self.role(place)).map(|entry| entry.role.title.as_str());
        let what = match subject {
            _ if entry.tends.is_some() => "the connection of a company directory",
            Subject::Member(_) => "a member",
            Subject::Key(_) => "a workspace key",
            Subject::Agent(_) => "an agent",
        };
        links.push(match role {
            Some(role) => format!("{what} with the role {role}"),
            None => format!("{what} without a role"),
        });
        let beside = self.extra_roles_of(subject, question.now);
        links.extend(beside.map(|(_, role, end)| match end {
            Some(_) => format!("for a time with the role {} as well", role.title),
            None => format!("with the role {} as well", role.title),
        }));
        let in_teams = entry.teams.iter().filter_map(|(team, role)| {
            Some(format!("{} in the team {}", self.role(*role)?.role.title, self.team_title(*team)?))
        });
        links.extend(in_teams);
        if question.actor.acting_for.is_some() {
            links.push("acting for a person: only what both may".to_owned());
        }
        let last = match (veiled, self.evaluate(question)) {
            (Some(denial), _) | (None, Verdict::Denied(denial)) => self.because_denied(denial, question.action),
            (None, Verdict::Allowed(permit)) => self.because_allowed(permit.act(), permit.basis(), question),
        };
        links.push(last);
        links
    }

    /// A change that would help, in words.
    #[must_use]
    pub fn remedy_in_words(&self, remedy: &Remedy) -> String {
        let integration = |id| self.integration(id).map_or("an integration", |integration| &integration.title);
        let role = |id: &RoleId| self.role_place(*id).and_then(|place| self.role(place));
        let role = |id: &RoleId| role(id).map_or_else(|| id.to_string(), |entry| entry.role.title.clone());
        let resource = |id| self.resource(id).map_or("the resource", |resource| resource.title.as_str());
        match remedy {
            Remedy::Grant { to, integration: id, profile, tools_off, expires_at } => {
                let to = match to {
                    Grantee::Team(team) => format!(" to the team {}", self.team_title(*team).unwrap_or_default()),
                    Grantee::Role(id) => format!(" to everyone with the role {}", role(id)),
                    Grantee::Member(_) | Grantee::Key(_) | Grantee::Agent(_) => String::new(),
                };
                let but = match tools_off.len() {
                    0 => String::new(),
                    1 => ", with one tool off".to_owned(),
                    off => format!(", with {off} tools off"),
                };
                let end = until(*expires_at);
                format!("assign {}{to}: {}{but}{end}", integration(*id), profile.in_plain_words())
            }
            Remedy::Resume { integration: id } => format!("resume {} for everyone", integration(*id)),
            Remedy::SwitchOn { integration: id, tool } => {
                format!("switch {tool} of {} on for everyone", integration(*id))
            }
            Remedy::Role { role: id, .. } => format!("give the role {}", role(id)),
            Remedy::Join { team, role: id, .. } => {
                format!("add to the team {} as {}", self.team_title(*team).unwrap_or_default(), role(id))
            }
            Remedy::Share { resource: id, level, expires_at, .. } => {
                format!("share {} to {}{}", resource(*id), level.as_str(), until(*expires_at))
            }
            Remedy::ResumeAgent { .. } => "resume the agent".to_owned(),
            Remedy::AgentRole { role: id, .. } => format!("give the agent the role {}", role(id)),
            Remedy::KeyRole { role: id, .. } => format!("give the key the role {}", role(id)),
            Remedy::Delegate { .. } => "the person lets the agent act for them".to_owned(),
        }
    }

    /// The role by which a subject holds a permission, the subject's own where that does: as far as any of them does.
    fn title_of_role_with(&self, subject: Subject, permission: Permission, now: Timestamp) -> &str {
        let entry = self.subject(subject.as_str(), now);
        let mut roles = entry.into_iter().flat_map(SubjectEntry::roles).filter_map(|place| self.role(place));
        let held = entry.and_then(|entry| entry.permissions.scope(permission));
        let own = self.role_of(subject).map_or("", |role| &role.title);
        roles.find(|role| held.is_some() && role.set.scope(permission) == held).map_or(own, |role| &role.role.title)
    }

    fn top_role_title(&self) -> &str {
        self.roles.iter().find(|entry| entry.role.top).map_or("", |entry| &entry.role.title)
    }

    fn because_denied(&self, denial: Denial, action: Action<'_>) -> String {
        match denial.whose {
            Whose::Subject => self.because(denial.reason, action),
            Whose::Principal(_) => {
                format!("the person for whom this agent acts may not either: {}", self.because(denial.reason, action))
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each reason")]
    fn because(&self, reason: Reason, action: Action<'_>) -> String {
        let named = |index| {
            self.tool(index)
                .map_or(("this tool", "this integration"), |(tool, integration)| (&*tool.name, &*integration.title))
        };
        match reason {
            Reason::NotAMember => "you are not a member of this organization".to_owned(),
            Reason::CredentialEnded => "the key was revoked, replaced or has expired".to_owned(),
            Reason::SignInAgain => fresh::WHY.to_owned(),
            Reason::PasskeyNeeded => second_factor::WHY.to_owned(),
            Reason::NoSuchTool => format!("there is no tool {}", wanted(action)),
            Reason::NoSuchTarget => "there is no such thing here".to_owned(),
            Reason::NotAssigned => "this integration is not assigned to you".to_owned(),
            Reason::GrantEnded => "your access to this integration has ended".to_owned(),
            Reason::Paused => "this integration is paused for everyone".to_owned(),
            Reason::OffForAll(tool) => {
                let (tool, integration) = named(tool);
                format!("{tool} of {integration} is switched off for everyone")
            }
            Reason::HeldBack(tool) => {
                let (tool, integration) = named(tool);
                format!("{tool} of {integration} is held back: its server has changed it since it was approved")
            }
            Reason::OffHere(tool) => {
                let (tool, integration) = named(tool);
                format!("{tool} of {integration} is switched off for you")
            }
            Reason::Profile { tool, profile, class } => {
                let (tool, integration) = named(tool);
                format!("your access to {integration} is: {}; {tool} {}", profile.in_plain_words(), does(class))
            }
            Reason::ClientProfile { profile, class } => {
                let what = self.meant(action).map_or("this", |(tool, _)| &tool.name);
                format!("you let this client do no more than: {}; {what} {}", profile.in_plain_words(), does(class))
            }
            Reason::Lacks(permission) => {
                format!("your role does not hold {permission} ({})", permission.entry().title.to_lowercase())
            }
            Reason::Above(permission) => format!("this person holds {permission}, which you do not"),
            Reason::BeyondOwn(Permission::RolePromote) => {
                "this role manages others, which takes role.promote; you do not hold it".to_owned()
            }
            Reason::BeyondOwn(permission) => format!("this gives {permission}, which you do not hold, or not so far"),
            Reason::OwnUntil(Permission::RolePromote, end) => format!(
                "this role manages others, which takes role.promote; you hold it until {end} alone, and what is given stays"
            ),
            Reason::OwnUntil(permission, end) => {
                format!("this gives {permission}, which you hold until {end} alone, and what is given stays")
            }
            Reason::BeyondReach => "you may give no more of this than you have yourself, and for no longer".to_owned(),
            Reason::NotYours => "this is another person's own key; only they can give it a new secret".to_owned(),
            Reason::KeysManageNothing => "a workspace key without a role runs tools and manages nothing".to_owned(),
            Reason::KeyWithoutRole => "this workspace key has no role, and here a key needs one".to_owned(),
            Reason::Suspended => "it is suspended until somebody who manages it looks at it".to_owned(),
            Reason::MemberSuspended => "your membership is suspended; nothing of it is lost".to_owned(),
            Reason::OrganizationEnding => {
                "this organization is being deleted; unless it is restored, nothing is done in it any more".to_owned()
            }
            Reason::SponsorSuspended => "the person who answers for this agent is suspended".to_owned(),
            Reason::MayNotHaveKeys => "your role may not have personal keys, so this key is suspended".to_owned(),
            Reason::NoDelegation => "this person does not let the agent act for them (any more)".to_owned(),
            Reason::OutOfScope(permission, scope) => {
                let far = match scope {
                    Scope::Own => "what is your own",
                    Scope::Team => "what your teams have",
                    Scope::All => "everything",
                };
                format!("your role holds {permission} for {far}, and this is not")
            }
            Reason::OnlyOwners => format!("only {} may do this", self.top_role_title()),
            Reason::ObjectRule(verb) => format!("your role has an exception for this object: no {}", verb.as_str()),
            Reason::FieldRule(verb) => format!("your role has an exception for this field: no {}", verb.as_str()),
            Reason::NotInTeam => "you are not in this team".to_owned(),
            Reason::OnlyDefaultRole => "you may invite, but only with the role that newcomers get".to_owned(),
            Reason::NeedsApproval => "somebody who may add people has to agree to this invitation".to_owned(),
            Reason::DirectoryOnly => {
                "a directory connection lets people in with its own role, suspends and restores them, keeps its groups, and does \
                 nothing else"
                    .to_owned()
            }
            Reason::SuspendedByHand => {
                "somebody here suspended this person, and a directory restores only whom a directory suspended".to_owned()
            }
            Reason::MapperBelow => {
                "whoever said what this group gives could not say so any more, so that it gives nothing more".to_owned()
            }
            Reason::AboveConnection(permission) => {
                format!("this place in a team holds {permission}, and the connection looks after nobody who holds that")
            }
            Reason::MakerBelow => {
                "whoever had the secret of this connection made could not make it any more, so that it only deactivates"
                    .to_owned()
            }
        }
    }

    /// What smallest change would allow it, and which permission that change takes.
    fn remedy(&self, reason: Reason, action: Action<'_>) -> (Option<String>, Option<Permission>) {
        let say = |text: &str, needs| (Some(text.to_owned()), Some(needs));
        match reason {
            Reason::NotAssigned | Reason::GrantEnded => {
                say("ask for this integration to be assigned to you", Permission::GrantAssign)
            }
            Reason::Paused => say("ask for the integration to be resumed", Permission::IntegrationEdit),
            Reason::OffForAll(_) => say("ask for the tool to be switched on", Permission::ToolReview),
            Reason::HeldBack(_) => say("ask for the change to be looked at and approved", Permission::ToolReview),
            Reason::OffHere(_) => say("ask for the tool to be switched on for you", Permission::GrantAssign),
            Reason::Profile { class: ToolClass::Unclassified, .. } => {
                say("ask for the tool to be reviewed", Permission::ToolReview)
            }
            Reason::Profile { class, .. } => {
                let needed = Profile::needed_for(class);
                say(&format!("ask for the {needed} profile"), Permission::GrantAssign)
            }
            Reason::ClientProfile { .. } => {
                (Some("sign in again from your AI client, and let it do more".to_owned()), None)
            }
            Reason::Lacks(permission) => say(&format!("ask someone with {permission} to do it"), permission),
            Reason::Above(permission) | Reason::BeyondOwn(permission) => {
                say(&format!("ask someone who holds {permission}"), permission)
            }
            Reason::OwnUntil(permission, _) => {
                say(&format!("ask someone who holds {permission} without an end"), permission)
            }
            Reason::BeyondReach if gives_to_team(action) => {
                say("give less, or ask someone who assigns for all teams", Permission::TeamAssign)
            }
            Reason::BeyondReach if matches!(action, Action::Operate(Operation::EditDataModel { .. })) => {
                let text = "a role is denied some of what would go; ask someone to whom all of it is open";
                (Some(text.to_owned()), None)
            }
            Reason::BeyondReach => (Some("give less, or ask someone who has more of it".to_owned()), None),
            Reason::CredentialEnded => (Some("create a new key".to_owned()), None),
            Reason::SignInAgain => (Some(fresh::REMEDY.to_owned()), None),
            Reason::PasskeyNeeded => (Some(second_factor::REMEDY.to_owned()), None),
            Reason::NotYours => (Some("end the key, and let its holder create a new one".to_owned()), None),
            Reason::KeysManageNothing => (Some("use a personal key, or give the key a role".to_owned()), None),
            Reason::KeyWithoutRole => say("ask for the key to be given a role", Permission::KeyManageWorkspace),
            Reason::Suspended => (Some("ask for it to be given a role, or to be resumed".to_owned()), None),
            Reason::OrganizationEnding => say("ask for it to be restored", Permission::OrganizationDelete),
            Reason::MemberSuspended => say("ask for the membership to be restored", Permission::MemberRemove),
            Reason::SponsorSuspended => say(
                "ask for another person to answer for the agent, or for that one to be restored",
                Permission::AgentManage,
            ),
            Reason::MayNotHaveKeys => say("ask for a role that may have keys", Permission::RoleAssign),
            Reason::NoDelegation => (Some("ask this person to let the agent act for them".to_owned()), None),
            Reason::OutOfScope(permission, _) => match self.settings.grants_to.contains(&GrantsTo::Person) {
                true => say("ask for it to be shared with you", permission),
                false => say("ask for it to be given to a team of yours", permission),
            },
            Reason::OnlyOwners => (Some(format!("ask {}", self.top_role_title())), None),
            Reason::ObjectRule(_) | Reason::FieldRule(_) => {
                say("ask for the role's exception to be changed", Permission::RoleEdit)
            }
            Reason::NotInTeam => say("ask to be added to the team", Permission::TeamMembers),
            Reason::OnlyDefaultRole => say("ask somebody who adds members", Permission::MemberAdd),
            Reason::NeedsApproval => say("ask somebody who adds members to approve it", Permission::MemberAdd),
            Reason::DirectoryOnly => (Some("use a personal key".to_owned()), None),
            Reason::SuspendedByHand => say("ask for the membership to be restored here", Permission::MemberRemove),
            Reason::MapperBelow => {
                say("ask somebody who could to say once more what the group gives", Permission::SecurityEdit)
            }
            Reason::AboveConnection(_) => {
                let text =
                    "name a smaller role, or connect the directory anew so that it looks after roles that hold it";
                say(text, Permission::SecurityEdit)
            }
            Reason::MakerBelow => {
                say("ask somebody who could connect a directory to give it a new secret", Permission::SecurityEdit)
            }
            Reason::NotAMember | Reason::NoSuchTool | Reason::NoSuchTarget => (None, None),
        }
    }
}

/// What a tool of a class does, in words that stand behind its name.
fn does(class: ToolClass) -> &'static str {
    match class {
        ToolClass::Read => "reads",
        ToolClass::Write => "changes things",
        ToolClass::Delete => "deletes",
        ToolClass::Unclassified => "has not been reviewed, so it counts as deleting",
    }
}

/// Until when something is given, where it ends.
fn until(end: Option<Timestamp>) -> String {
    end.map_or_else(String::new, |end| format!(", until {end}"))
}

fn gives_to_team(action: Action<'_>) -> bool {
    matches!(
        action,
        Action::Operate(Operation::Assign { grantee: Grantee::Team(_), .. } | Operation::AssignResource { .. })
    )
}

fn wanted(action: Action<'_>) -> String {
    match action {
        Action::CallTool { integration, tool } => format!("{tool} at {integration}"),
        Action::CallExposed { name } => name.to_owned(),
        Action::Use { .. } | Action::Operate(_) => String::new(),
    }
}
