//! Put artifacts into collections, and take them out.

use domain::command::Command;
use domain::id::ResourceId;
use verdict::Operation;

use crate::change::Along;
use crate::{App, Caller, Problem};

impl App {
    /// Puts an artifact into a collection. Nobody gets a right to it by that.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of artifact or collection.
    pub async fn collect_artifact(&self, caller: &Caller, collection: &str, artifact: &str) -> Result<(), Problem> {
        let (artifact, collection) = (id(artifact)?, id(collection)?);
        let command = |_: &_| Ok(Command::CollectArtifact { artifact, collection });
        let operation = Operation::Collect { artifact, collection };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }

    /// Takes an artifact out of a collection.
    ///
    /// # Errors
    /// [`Problem::Missing`] where the caller may not know of artifact or collection, or the one is not in the other.
    pub async fn uncollect_artifact(&self, caller: &Caller, collection: &str, artifact: &str) -> Result<(), Problem> {
        let (artifact, collection) = (id(artifact)?, id(collection)?);
        let command = |_: &_| Ok(Command::UncollectArtifact { artifact, collection });
        let operation = Operation::Collect { artifact, collection };
        self.change(caller, operation, command, Along::default()).await.map(|_| ())
    }
}

fn id(text: &str) -> Result<ResourceId, Problem> {
    ResourceId::parse(text).map_err(|_| Problem::missing("artifact or collection"))
}
