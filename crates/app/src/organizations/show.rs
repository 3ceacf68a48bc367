//! See an organization, and the organizations one belongs to.

use domain::id::OrgId;
use domain::organization::Settings;
use domain::time::Timestamp;
use serde_json::{Map, Value};
use verdict::{Operation, Subject};

use crate::{App, Caller, Problem};

/// What a member sees of the organization.
#[derive(Clone, Debug)]
pub struct OrganizationView {
    /// Its id.
    pub id: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The preset it was made from.
    pub preset: String,
    /// Its settings by name: all for those who change settings, otherwise those that are for everybody.
    pub settings: Map<String, Value>,
    /// When it ends, where somebody set that.
    pub deletes_at: Option<Timestamp>,
    /// The caller's id in it.
    pub subject: String,
    /// The caller's role, unless they are a key.
    pub role: Option<String>,
    /// The caller's name or the key's label.
    pub called: String,
}

impl App {
    /// The caller's organization.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the role does not hold `organization.view`.
    pub async fn show_organization(&self, caller: &Caller) -> Result<OrganizationView, Problem> {
        let snapshot = caller.live.snapshot();
        let _permit = self.permit(&snapshot, &caller.actor, Operation::ViewOrganization).await?;
        let org = caller.live.org();
        let slug = self.inner.journal.slug_of(org).await?.unwrap_or_else(|| org.to_string());
        let subject = caller.actor.subject;
        let called = match subject {
            Subject::Member(person) => self.names(org, &[person]).await.pop().unwrap_or_default(),
            Subject::Key(key) => self.labels(org).await?.remove(key.as_str()).unwrap_or_default(),
            Subject::Agent(_) => String::new(),
        };
        let state = caller.live.state.lock().await;
        let called = match subject {
            Subject::Agent(agent) => state.agents.get(&agent).map(|agent| agent.title.clone()).unwrap_or_default(),
            Subject::Member(_) | Subject::Key(_) => called,
        };
        let all = self.asked(&snapshot, &caller.actor, Operation::ViewSettings).is_allowed();
        let told = |name: &String| all || Settings::FOR_EVERYBODY.contains(&name.as_str());
        let Ok(Value::Object(settings)) = serde_json::to_value(&state.settings) else {
            return Err(Problem::broken(&"settings have no JSON form"));
        };
        Ok(OrganizationView {
            id: org,
            slug,
            name: state.name.clone(),
            preset: state.preset.clone(),
            settings: settings.into_iter().filter(|(name, _)| told(name)).collect(),
            deletes_at: state.deletes_at,
            subject: subject.as_str().to_owned(),
            role: snapshot.role_of(subject).map(|role| role.id.to_string()),
            called,
        })
    }
}
