//! Say what a document would change, and change it so.

use std::sync::Arc;

use super::Document;
use super::book::Book;
use super::change_all::{AllChanged, Planner, Tried};
use super::document::VERSION;
use super::steps::way;
use crate::impact::Impact;
use crate::{App, Caller, Problem};

/// One step of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedStep {
    /// Where it was asked for: the keys that lead there in the document.
    pub place: Vec<String>,
    /// What it does, in words.
    pub says: String,
}

/// What a document would change.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The steps, in the order in which they would be made; none where everything is so already.
    pub steps: Vec<PlannedStep>,
    /// What a document cannot do: keys that somebody must make, and what people must allow themselves.
    pub by_hand: Vec<PlannedStep>,
    /// What they come to together, and the state that was asked.
    pub impact: Impact,
}

/// What a document has changed.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The sequence number of the state that they led to.
    pub seq: u64,
    /// The steps that were made; none where everything was so already.
    pub steps: Vec<PlannedStep>,
    /// What is left to be done by hand.
    pub by_hand: Vec<PlannedStep>,
}

impl App {
    /// What a document would change; it changes nothing.
    ///
    /// # Errors
    /// What [`App::apply_document`] would answer.
    pub async fn plan_document(&self, caller: &Caller, document: &Document) -> Result<Plan, Problem> {
        self.is_readable(caller, document).await?;
        let alone = self.ask_at_length(caller)?;
        let planner = self.planner(caller, self.book(caller).await?, document);
        let Tried { rehearsed, by_hand, state, snapshot, alone } = self.tried((caller, &alone), &planner).await?;
        let changes = (rehearsed.events(), rehearsed.facts.as_slice());
        let impact = self.impact_of((caller, &alone), &snapshot, state, changes).await?;
        Ok(Plan { steps: rehearsed.steps, by_hand, impact })
    }

    /// Makes the organization what the document says, all of it or nothing.
    ///
    /// # Errors
    /// [`Problem::InStep`] for the first thing that is denied, refused or cannot be understood, [`Problem::Busy`] while
    /// another document of the caller's is worked on, or a question that takes long.
    pub async fn apply_document(&self, caller: &Caller, document: &Document) -> Result<Applied, Problem> {
        self.is_readable(caller, document).await?;
        let alone = self.ask_at_length(caller)?;
        let planner = self.planner(caller, self.book(caller).await?, document);
        let AllChanged { steps, by_hand, seq } = self.change_all((caller, &alone), &planner).await?;
        Ok(Applied { seq, steps, by_hand })
    }

    /// What plans aside: it holds all that it needs.
    fn planner(&self, caller: &Caller, book: Book, document: &Document) -> Planner {
        let (app, caller, document) = (self.clone(), caller.clone(), document.clone());
        Arc::new(move |state| way(&app, (&caller, &book), &document, state))
    }

    async fn is_readable(&self, caller: &Caller, document: &Document) -> Result<(), Problem> {
        if document.wardroom != VERSION {
            let message = format!("this Wardroom reads version {VERSION} of the document; write wardroom: {VERSION}");
            return Err(Problem::invalid("wardroom", message).in_step(&["wardroom"]));
        }
        self.sees_all_of(caller, document).await
    }
}
