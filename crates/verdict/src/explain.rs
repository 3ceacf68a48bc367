//! Every answer explained: on what a yes rests, and what smallest change would turn a no.

use domain::grant::Profile;
use domain::id::PersonId;
use domain::integration::ToolClass;
use domain::permission::Permission;

use crate::permit::Act;
use crate::question::{Action, Basis, Denial, Question, Reason, Verdict};
use crate::snapshot::Snapshot;

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
        let (remedy, needs) = self.remedy(denial.reason);
        Explanation {
            allowed: false,
            code: denial.reason.code(),
            because: self.because_denied(denial.reason, action),
            remedy,
            ask: needs.map_or_else(Vec::new, |permission| self.holders(permission, 3)),
        }
    }

    fn because_allowed(&self, act: Act, basis: Basis, question: &Question<'_>) -> String {
        let title = match act {
            Act::Call { integration, .. } => self.integration(integration).map_or("", |entry| &entry.title),
            _ => "",
        };
        match basis {
            Basis::Role(permission) => {
                let role = self.role_of(question.actor.subject).map_or("", |role| &role.title);
                format!("the role {role} holds {permission} ({})", permission.entry().title.to_lowercase())
            }
            Basis::Grant { profile, since_seq } => {
                format!("{title} is assigned: {} (change {since_seq})", profile.in_plain_words())
            }
            Basis::KeyScope => "this workspace key reaches every integration".to_owned(),
            Basis::Own => "it is your own".to_owned(),
        }
    }

    fn because_denied(&self, reason: Reason, action: Action<'_>) -> String {
        let named = |index| {
            self.tool(index)
                .map_or(("this tool", "this integration"), |(tool, integration)| (&*tool.name, &*integration.title))
        };
        match reason {
            Reason::NotAMember => "you are not a member of this organization".to_owned(),
            Reason::CredentialEnded => "the key was revoked, replaced or has expired".to_owned(),
            Reason::NoSuchTool => format!("there is no tool {}", wanted(action)),
            Reason::NoSuchTarget => "there is no such thing here".to_owned(),
            Reason::NotAssigned => "this integration is not assigned to you".to_owned(),
            Reason::GrantEnded => "your access to this integration has ended".to_owned(),
            Reason::Paused => "this integration is paused for everyone".to_owned(),
            Reason::OffForAll(tool) => {
                let (tool, integration) = named(tool);
                format!("{tool} of {integration} is switched off for everyone")
            }
            Reason::OffHere(tool) => {
                let (tool, integration) = named(tool);
                format!("{tool} of {integration} is switched off for you")
            }
            Reason::Profile { tool, profile, class } => {
                let (tool, integration) = named(tool);
                let what = match class {
                    ToolClass::Read => "reads",
                    ToolClass::Write => "changes things",
                    ToolClass::Delete => "deletes",
                    ToolClass::Unclassified => "has not been reviewed, so it counts as deleting",
                };
                format!("your access to {integration} is: {}; {tool} {what}", profile.in_plain_words())
            }
            Reason::Lacks(permission) => {
                format!("your role does not hold {permission} ({})", permission.entry().title.to_lowercase())
            }
            Reason::Above(permission) => format!("this person holds {permission}, which you do not"),
            Reason::BeyondOwn(Permission::RolePromote) => {
                "this role manages others, and your role does not hold role.promote".to_owned()
            }
            Reason::BeyondOwn(permission) => format!("this role holds {permission}, which you do not"),
            Reason::NotYours => "this is another person's own key; only they can give it a new secret".to_owned(),
            Reason::KeysManageNothing => "a workspace key runs tools and manages nothing".to_owned(),
        }
    }

    /// What smallest change would allow it, and which permission that change takes.
    fn remedy(&self, reason: Reason) -> (Option<String>, Option<Permission>) {
        let say = |text: &str, needs| (Some(text.to_owned()), Some(needs));
        match reason {
            Reason::NotAssigned | Reason::GrantEnded => {
                say("ask for this integration to be assigned to you", Permission::GrantAssign)
            }
            Reason::Paused => say("ask for the integration to be resumed", Permission::IntegrationEdit),
            Reason::OffForAll(_) => say("ask for the tool to be switched on", Permission::ToolReview),
            Reason::OffHere(_) => say("ask for the tool to be switched on for you", Permission::GrantAssign),
            Reason::Profile { class: ToolClass::Unclassified, .. } => {
                say("ask for the tool to be reviewed", Permission::ToolReview)
            }
            Reason::Profile { class, .. } => {
                let needed = Profile::ALL.into_iter().find(|profile| profile.admits(class)).unwrap_or(Profile::Full);
                say(&format!("ask for the {needed} profile"), Permission::GrantAssign)
            }
            Reason::Lacks(permission) => say(&format!("ask someone with {permission} to do it"), permission),
            Reason::Above(permission) | Reason::BeyondOwn(permission) => {
                say(&format!("ask someone who holds {permission}"), permission)
            }
            Reason::CredentialEnded => (Some("create a new key".to_owned()), None),
            Reason::NotYours => (Some("end the key, and let its holder create a new one".to_owned()), None),
            Reason::KeysManageNothing => (Some("use a personal key".to_owned()), None),
            Reason::NotAMember | Reason::NoSuchTool | Reason::NoSuchTarget => (None, None),
        }
    }
}

fn wanted(action: Action<'_>) -> String {
    match action {
        Action::CallTool { integration, tool } => format!("{tool} at {integration}"),
        Action::CallExposed { name } => name.to_owned(),
        Action::Operate(_) => String::new(),
    }
}
