//! What holds for all resources of a kind: read it, and change it.

use domain::command::Command;
use domain::resource::{Features, ResourceKind};
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem};

/// A kind of resources with what holds for all of it.
#[derive(Clone, Debug)]
pub struct KindView {
    /// The kind.
    pub kind: ResourceKind,
    /// What holds for all of it; nothing where nothing was said.
    pub settings: Features,
    /// Whether the caller may change it.
    pub may_change: bool,
    /// The number of the last change of the state that was asked.
    pub seq: u64,
}

impl App {
    /// The kinds of which the caller may read what holds for all.
    pub async fn list_kinds(&self, caller: &Caller) -> Vec<KindView> {
        let snapshot = caller.live.snapshot();
        let reads = |kind: &&ResourceKind| {
            self.asked(&snapshot, &caller.actor, Operation::ViewKind { kind: **kind }).is_allowed()
        };
        let read: Vec<ResourceKind> = ResourceKind::ALL.iter().filter(reads).copied().collect();
        let mut views = Vec::with_capacity(read.len());
        for kind in read {
            views.push(self.kind_view(caller, kind).await);
        }
        views
    }

    /// What holds for all resources of a kind.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller neither sees any of the kind nor configures it.
    pub async fn show_kind(&self, caller: &Caller, kind: ResourceKind) -> Result<KindView, Problem> {
        let _permit = self.permit(&caller.live.snapshot(), &caller.actor, Operation::ViewKind { kind }).await?;
        Ok(self.kind_view(caller, kind).await)
    }

    /// Changes what holds for all resources of a kind; what is not given is gone.
    ///
    /// # Errors
    /// [`Problem::Denied`] where the caller may not configure features.
    pub async fn configure_kind(
        &self,
        caller: &Caller,
        kind: ResourceKind,
        settings: Features,
    ) -> Result<KindView, Problem> {
        let command = |_: &_| Ok(Command::ConfigureKind { kind, settings: settings.clone() });
        self.change(caller, Operation::ConfigureKind { kind }, command, Along::default()).await?;
        Ok(self.kind_view(caller, kind).await)
    }

    async fn kind_view(&self, caller: &Caller, kind: ResourceKind) -> KindView {
        let asked = self.asked(&caller.live.snapshot(), &caller.actor, Operation::ConfigureKind { kind });
        let state = caller.live.state.lock().await;
        let settings = state.features.get(&kind).cloned().unwrap_or_default();
        KindView { kind, settings, may_change: asked.is_allowed(), seq: state.seq }
    }
}
