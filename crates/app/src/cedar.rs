//! The organization's permission model in Cedar's words.

use domain::organization::Organization;
use domain::permission::Permission;
use domain::time::Timestamp;
use serde_json::Value;
use verdict::cedar::CedarExport;
use verdict::{Operation, Snapshot};

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
    /// [`Problem::Denied`] where the caller may not do both, [`Problem::Busy`] while another question of the caller's that
    /// takes long is being answered.
    pub async fn export_cedar(&self, caller: &Caller) -> Result<CedarModel, Problem> {
        // Before anything else, so that nobody without the right to it costs anything.
        self.may_export(caller, &caller.live.snapshot()).await?;
        let alone = self.ask_at_length(caller)?;
        let (snapshot, state) = {
            let state = caller.live.state.lock().await;
            (caller.live.snapshot(), Organization::clone(&state))
        };
        // The right to it is one to this very state.
        self.may_export(caller, &snapshot).await?;
        let now = self.now();
        let exported = alone
            .work(move || {
                let export = verdict::cedar::export(&state, now);
                let entities = serde_json::to_value(&export.entities)?;
                let CedarExport { as_of, policies, schema, .. } = export;
                Ok::<_, serde_json::Error>(CedarModel { as_of, policies, schema, entities })
            })
            .await?;
        exported.map_err(|error| Problem::broken(&error))
    }

    async fn may_export(&self, caller: &Caller, snapshot: &Snapshot) -> Result<(), Problem> {
        for permission in [Permission::AccessExplain, Permission::AuditRead] {
            let _permit = self.permit(snapshot, &caller.actor, Operation::Use { permission }).await?;
        }
        Ok(())
    }
}
