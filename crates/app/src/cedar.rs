//! The organization's permission model in Cedar's words.

use domain::permission::Permission;
use domain::time::Timestamp;
use serde_json::Value;
use verdict::Operation;

use crate::{App, Caller, Problem};

/// A permission model that Cedar can answer from.
#[derive(Clone, Debug)]
pub struct CedarModel {
    /// The moment as of which it is: what roles beside one's own come to was worked out for it.
    pub as_of: Timestamp,
    /// The policies, as text.
    pub policies: String,
    /// The schema, as text.
    pub schema: String,
    /// The entities, a list in Cedar's JSON form.
    pub entities: Value,
}

impl App {
    /// The whole permission model as of now, for who may ask why anybody may do something and read everybody's record: whoever has
    /// the model can answer all such questions, and half of it would answer wrongly.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not do both.
    pub async fn export_cedar(&self, caller: &Caller) -> Result<CedarModel, Problem> {
        for permission in [Permission::AccessExplain, Permission::AuditRead] {
            let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::Use { permission }).await?;
        }
        let export = verdict::cedar::export(&*caller.live.state.lock().await, self.now());
        let entities = serde_json::to_value(&export.entities).map_err(|error| Problem::broken(&error))?;
        Ok(CedarModel { as_of: export.as_of, policies: export.policies, schema: export.schema, entities })
    }
}
