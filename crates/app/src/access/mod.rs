//! Access: what somebody may do, and why or why not.

use domain::grant::Grant;
use domain::permission::Permission;
use verdict::{Action, Actor, Basis, Explanation, Operation, Question, Subject};

use crate::{App, Caller, Problem};

/// What somebody has of one integration.
#[derive(Clone, Debug)]
pub struct IntegrationAccess {
    /// The integration's slug.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// On what it rests.
    pub basis: Basis,
    /// In which measure, where it was given and not implied.
    pub grant: Option<Grant>,
    /// Tools that can be called now.
    pub callable: usize,
    /// Tools that the asker may know of.
    pub total: usize,
}

/// Everything somebody may do.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who.
    pub subject: Subject,
    /// Their role, unless they are a key.
    pub role: Option<String>,
    /// What the role holds.
    pub permissions: Vec<Permission>,
    /// What they have of each integration.
    pub integrations: Vec<IntegrationAccess>,
}

impl App {
    /// Whether somebody may call a tool, and why.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access.
    pub async fn check(
        &self,
        caller: &Caller,
        subject: Option<&str>,
        integration: &str,
        tool: &str,
    ) -> Result<(Explanation, Vec<String>), Problem> {
        let subject = self.subject_named(caller, subject).await?;
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::Explain { subject }).await?;
        let actor = Actor::about(subject);
        let question = Question { actor: &actor, action: Action::CallTool { integration, tool }, now: self.now() };
        let mut explanation = snapshot.explain(&question);
        if subject == caller.actor.subject {
            // Somebody who asks about themselves learns of a hidden thing what the gateway would tell them.
            if let verdict::Verdict::Denied(denial) = snapshot.evaluate(&question)
                && denial.hidden
            {
                let absent = verdict::Denial { reason: verdict::Reason::NoSuchTool, hidden: true };
                explanation = snapshot.explain_denial(absent, question.action);
            }
        }
        let ask = self.names(&explanation.ask).await;
        Ok((explanation, ask))
    }

    /// Everything somebody may do.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller asks about another and may not explain access.
    pub async fn show_access(&self, caller: &Caller, subject: Option<&str>) -> Result<Access, Problem> {
        let subject = self.subject_named(caller, subject).await?;
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::Explain { subject }).await?;
        let actor = Actor::about(subject);
        let now = self.now();
        let state = caller.live.state.lock().await;
        let grantee = domain::grant::Grantee::parse(subject.as_str()).ok();
        // How many tools there are beyond one's own is for those who may see the whole integration.
        let counts_all = snapshot
            .role_of(caller.actor.subject)
            .is_some_and(|role| role.permissions.holds(Permission::IntegrationView));
        let callable = |integration| snapshot.callable_tools_of(&actor, integration, now).count();
        let integrations = snapshot.reached_integrations(&actor, now).map(|(integration, basis)| IntegrationAccess {
            slug: integration.slug.to_string(),
            title: integration.title.to_string(),
            basis,
            grant: match basis {
                Basis::Grant { .. } => grantee.and_then(|to| state.grant(to, integration.id)).cloned(),
                _ => None,
            },
            callable: callable(integration.id),
            total: if counts_all { snapshot.tool_count(integration, None) } else { callable(integration.id) },
        });
        let role = snapshot.role_of(subject);
        Ok(Access {
            subject,
            role: role.map(|role| role.id.to_string()),
            permissions: role.map(|role| role.permissions.iter().collect()).unwrap_or_default(),
            integrations: integrations.collect(),
        })
    }

    /// Who is meant: the caller, a member by id or e-mail address, or a workspace key by id.
    async fn subject_named(&self, caller: &Caller, name: Option<&str>) -> Result<Subject, Problem> {
        match name {
            None => Ok(caller.actor.subject),
            Some(name) => match Subject::parse(name) {
                Some(subject @ Subject::Key(_)) => Ok(subject),
                _ => self.member_named(caller, name).await.map(Subject::Member),
            },
        }
    }
}
